"""What happens to a request on its way out and to a response on its way in: claim, robots, redirects, compression."""

from __future__ import annotations

from typing import NoReturn

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from twisted.internet.defer import Deferred

from crawler.outcomes import HeldElsewhereError, PutOffError, RefusedError, reason_of_status
from crawler.run import run_of
from mirqab.addresses import clean_url, host_of
from mirqab.types import FeedEntry, Reason

ROBOTS_MAX_BYTES = 500 * 1024
"""What RFC 9309 asks to read at least; the rest of a longer file is left."""


class ClaimMiddleware:
    """Claims an entry when its page's request leaves the queue, and gives every request the slot of its host."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ClaimMiddleware:
        """Build for a crawler whose spider carries a run."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let through what we hold; raises HeldElsewhereError for what somebody else does."""
        request.meta["download_slot"] = host_of(request.url)  # a redirect keeps the slot of the host it came from
        entry: FeedEntry | None = request.cb_kwargs.get("entry")
        if entry is None or request.meta.get("claimed"):
            return
        if not await run_of(self._crawler).intake.claim(entry):
            raise HeldElsewhereError(f"{entry.id} is held by another crawler, or no longer due")
        request.meta["claimed"] = True


class RobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's own robots.txt middleware, with a reason for every refusal and RFC 9309 for a robots.txt that is ill.

    Scrapy takes a robots.txt that answers 500 or not at all for a permission. RFC 9309 (2.3.1.4) takes it for a
    refusal until it can be read; we store what went wrong with it, a passing reason, so the page is tried again.
    """

    async def process_request(self, request: Request) -> None:  # type: ignore[override]
        """Raise RefusedError for what robots.txt forbids."""
        try:
            await super().process_request(request)
        except (RefusedError, PutOffError):  # robots.txt itself could not be asked
            raise
        except IgnoreRequest as error:
            raise RefusedError(Reason.REFUSED_BY_ROBOTS, "robots.txt forbids this address") from error

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        reason = reason_of_status(response.status)
        if response.status >= 500 or reason is Reason.TOO_MANY_REQUESTS:
            self._robots_error(
                RefusedError(reason or Reason.HTTP_ERROR, f"robots.txt answered {response.status}"), netloc
            )
            return
        # any other error is the web's way to say that there are no rules; an error page holds none
        body = response.body[:ROBOTS_MAX_BYTES] if reason is None else b""
        await super()._parse_robots(response.replace(body=body), netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        waiting = self._parsers[netloc]
        assert isinstance(waiting, Deferred)
        refused = exc if isinstance(exc, IgnoreRequest) else RefusedError(Reason.CONNECTION, str(exc))
        self._parsers[netloc] = rules = _NoRules(refused)
        waiting.callback(rules)


class _NoRules(RobotParser):
    """Stands for a robots.txt that could not be read: nothing is allowed, for that reason."""

    def __init__(self, refused: IgnoreRequest) -> None:
        self._refused = refused

    @classmethod
    def from_crawler(cls, crawler: Crawler, robotstxt_body: bytes) -> NoReturn:
        raise TypeError("made for one host, never by Scrapy")

    def allowed(self, url: str | bytes, user_agent: str | bytes) -> bool:
        if isinstance(self._refused, RefusedError):
            detail = self._refused.detail
            told = detail if detail.startswith("robots.txt") else f"robots.txt: {detail}"
            raise RefusedError(self._refused.reason, told)
        raise self._refused  # put off: the run is ending, or the host rests


class RedirectsMiddleware(RedirectMiddleware):
    """Scrapy's own redirects, kept to clean http(s) addresses; each goes through robots and the guard again."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Return the response or the request that follows it; raises RefusedError for a redirect that leads nowhere."""
        try:
            followed = super().process_response(request, response)
        except IgnoreRequest as error:
            raise RefusedError(Reason.TOO_MANY_REDIRECTS, f"more than {self.max_redirect_times} redirects") from error
        except ValueError as error:
            raise RefusedError(Reason.BAD_URL, f"redirects to what is no address ({error})") from error
        if not isinstance(followed, Request):
            return followed
        url = clean_url(followed.url)
        if url is None:
            raise RefusedError(Reason.BAD_URL, "redirects to what is no address")
        return followed.replace(url=url)

    def _engine_started(self) -> None:
        """Scrapy would warn here that no middleware sets a referer; we send none on purpose."""


class FeedCompressionMiddleware(HttpCompressionMiddleware):
    """Inflates robots.txt and feeds under the cap, and leaves pages as they came.

    A page is inflated by the worker that reads it: on the event loop it would cost half a millisecond of every page,
    and a bomb's memory would be the crawl's.
    """

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Return the response, inflated unless it is a page's; raises RefusedError for a bomb or broken bytes."""
        if "entry" in request.cb_kwargs:
            return response
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            raise RefusedError(Reason.TOO_LARGE, "larger than the limit when inflated") from error
        except Exception as error:  # zlib's, gzip's and their like: each library has its own
            raise RefusedError(Reason.BROKEN_ANSWER, f"cannot be inflated ({error})") from error

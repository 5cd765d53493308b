"""What happens to a request on its way out and to a response on its way in: claim, redirects, compression."""

from __future__ import annotations

import math
import zlib
from typing import Final

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Headers, Response
from scrapy.statscollectors import StatsCollector

from crawler.incoming import incoming_of
from crawler.outcomes import HeldElsewhereError, RefusedError
from crawler.run import run_of
from mirqab.addresses import clean_url, server_of
from mirqab.types import FeedEntry, Reason

PERMANENT: Final = frozenset({301, 308})
MOST_ENCODINGS: Final = 2
"""So many compressions in one another are opened: no server has a reason for more, and each costs time to open."""

USUAL: Final = 1024 * 1024
"""A feed that inflates to no more than this, as nearly all do, is inflated at once, whatever else is in memory."""


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
        request.meta["download_slot"] = server_of(request.url)
        entry: FeedEntry | None = request.cb_kwargs.get("entry")
        if entry is None or request.meta.get("claimed"):
            return
        if not await run_of(self._crawler).intake.claim(entry):
            raise HeldElsewhereError(f"{entry.id} is held by another crawler, or no longer due")
        request.meta["claimed"] = True


class RedirectsMiddleware(RedirectMiddleware):
    """Scrapy's own redirects, kept to clean http(s) addresses; each goes through robots and the guard again.

    `moved_to` in the meta of the request, and so of the answer, is where permanent redirects alone have led.
    """

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Return the response or the request that follows it; raises RefusedError for a redirect that leads nowhere."""
        try:
            followed = super().process_response(request, response)
        except IgnoreRequest as error:
            raise RefusedError(Reason.TOO_MANY_REDIRECTS, f"more than {self.max_redirect_times} redirects") from error
        except ValueError as error:
            raise RefusedError(Reason.BAD_URL, f"redirects to what is no address ({error})") from error
        if not isinstance(followed, Request):
            if response.status in (301, 302, 303, 307, 308) and "Location" in response.headers:
                raise RefusedError(Reason.BAD_URL, "redirects to what is no address of the web")
            return followed
        url = clean_url(followed.url)
        if url is None:
            raise RefusedError(Reason.BAD_URL, "redirects to what is no address")
        followed = followed.replace(url=url)
        followed.meta["download_slot"] = server_of(url)  # or it would queue for the host that it came from
        followed.meta["moved_to"] = url if PERMANENT.issuperset(followed.meta["redirect_reasons"]) else None
        return followed

    def _engine_started(self) -> None:
        """Scrapy would warn here that no middleware sets a referer; we send none on purpose."""


class FeedCompressionMiddleware(HttpCompressionMiddleware):
    """Inflates robots.txt and feeds under the cap, and leaves pages as they came.

    A page is inflated by the worker that reads it: on the event loop it would cost half a millisecond of every page,
    and a bomb's memory would be the crawl's. What is large when inflated waits until there is room for it.
    """

    def __init__(self, stats: StatsCollector | None = None, *, crawler: Crawler) -> None:
        super().__init__(stats, crawler=crawler)
        self._incoming = incoming_of(crawler)

    async def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        """Return the response, inflated unless it is a page's; raises RefusedError for a bomb or broken bytes."""
        encodings = response.headers.getlist("Content-Encoding")
        if not encodings or "entry" in request.cb_kwargs:
            return response
        if "poll" in request.cb_kwargs and encodings == [b"gzip"] and _says_size(response.body) <= self._max_size:
            return response
        told = b",".join(encodings).decode("latin-1")
        if told.count(",") >= MOST_ENCODINGS:
            raise RefusedError(Reason.BROKEN_ANSWER, f"compressed {told.count(',') + 1} times over")
        if "robots_bytes" in request.meta:
            request.meta["download_maxsize"] = self._max_size  # it was cut on its way in, and is bounded from here on
        if encodings == [b"gzip"] and (whole := self._inflated(response, USUAL)) is not None:
            return whole
        async with self._incoming.room():
            return self._large(request, response, told)

    def _large(self, request: Request, response: Response, told: str) -> Request | Response:
        most = request.meta.get("download_maxsize", self._max_size)
        if told == "gzip" and (whole := self._inflated(response, most)) is not None:
            return whole
        try:
            inflated = super().process_response(request, _of_bytes(response))
        except IgnoreRequest as error:
            raise RefusedError(Reason.TOO_LARGE, "larger than the limit when inflated") from error
        except Exception as error:  # zlib's, gzip's and their like: each library has its own
            raise RefusedError(Reason.BROKEN_ANSWER, f"cannot be inflated ({error})") from error
        if isinstance(inflated, Response) and _is_compressed(inflated):
            raise RefusedError(Reason.BROKEN_ANSWER, f"compressed as {told[:40]!r}, which we did not ask for")
        return inflated

    def _inflated(self, response: Response, most: int) -> Response | None:
        """Return a response that holds one whole gzip stream of `most` bytes, inflated at once; None for all else."""
        inflater = zlib.decompressobj(31)
        try:
            body = inflater.decompress(response.body, most)
        except (zlib.error, ValueError):
            return None
        if not inflater.eof or inflater.unused_data:
            return None
        headers = response.headers.copy()
        del headers["Content-Encoding"]
        return _of_bytes(response, body=body, headers=headers)


def _of_bytes(response: Response, *, body: bytes | None = None, headers: Headers | None = None) -> Response:
    """Return the response as one of bytes: of text, Scrapy would guess the encoding of the compressed bytes, 2 ms."""
    return Response(
        response.url,
        status=response.status,
        headers=response.headers if headers is None else headers,
        body=response.body if body is None else body,
        flags=response.flags,
        request=response.request,
        certificate=response.certificate,
        ip_address=response.ip_address,
        protocol=response.protocol,
    )


def _says_size(body: bytes) -> float:
    """Return what gzip says at its end of its size when inflated; infinite for what is no gzip."""
    return int.from_bytes(body[-4:], "little") if body.startswith(b"\x1f\x8b") else math.inf


def _is_compressed(response: Response) -> bool:
    left = b",".join(response.headers.getlist("Content-Encoding")).split(b",")
    return any(name.strip().lower() not in (b"", b"identity") for name in left)

"""The spiders that read feeds and the pages behind them: one for each outlet, and `feeds` for many together."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.deployment import Deployment, deployment_of
from crawler.outcomes import HeldElsewhereError, PutOffError, RefusedError, reason_of_status, retry_after_s
from crawler.run import CrawlRun
from mirqab.addresses import host_of
from mirqab.declarations import read_kind
from mirqab.documents import suggestion
from mirqab.errors import UsageError
from mirqab.types import FeedBody, FeedEntry, FeedSnapshot, Outlet, Page, PageHints, Reason, Validators

FEED_PRIORITY = 10  # what is new first, then the pages


class OutletSpider(Spider):
    """Reads the feeds of one outlet, its own name's, and the pages of all its pending entries.

    A class of one's own for an outlet derives from this one, has the outlet's id as its name, and overrides what that
    outlet needs.
    """

    arguments: ClassVar[tuple[str, ...]] = ()
    run: CrawlRun

    def __init__(self, *args: Any, **arguments: str) -> None:
        for given in arguments:
            if given not in self.arguments:
                raise UsageError(f"-a {given}=… is no argument of {self.name}{suggestion(given, self.arguments)}")
        super().__init__(*args)
        self.given = arguments

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> OutletSpider:
        """Make the spider with its run; raises UsageError and ConfigurationError before anything is opened."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        deployment = deployment_of(crawler.settings)
        outlets = spider.choose(deployment)
        given = [f"{name}={value}" for name, value in spider.given.items()]
        spider.run = CrawlRun(
            deployment, outlets, command=" ".join(["crawl", spider.name, *given]), hosts=spider.hosts(outlets)
        )
        return spider

    def choose(self, deployment: Deployment) -> Sequence[Outlet]:
        """Return the outlets to crawl."""
        if self.name not in deployment.outlets:
            raise UsageError(f"there is no outlet {self.name!r} in outlets.yaml for this spider")
        return [deployment.outlets[self.name]]

    def hosts(self, outlets: Sequence[Outlet]) -> list[str]:
        """Return the hosts that will be asked first: who asks others than our own must say who they are."""
        return [host_of(feed.url) for outlet in outlets for feed in outlet.feeds]

    async def start(self) -> AsyncIterator[Request]:
        """Ask every feed, each with the validators of its last answer."""
        for outlet in self.run.outlets:
            for feed in outlet.feeds:
                known = await self.run.feed_asked(outlet, feed.url)
                try:
                    yield self._feed_request(outlet, feed.url, known)
                except ValueError as error:
                    snapshot = _unanswered(outlet, feed.url, Reason.BAD_URL, str(error))
                    async for request in self._after_feed(outlet, snapshot):
                        yield request

    # ------------------------------------------------------------------------------------------- feeds

    def _feed_request(self, outlet: Outlet, url: str, known: Validators) -> Request:
        headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        return Request(
            url,
            headers={name: value for name, value in headers.items() if value},
            callback=self.parse_feed,
            errback=self.feed_unanswered,
            cb_kwargs={"outlet": outlet, "feed_url": url, "known": known},
            priority=FEED_PRIORITY,
            dont_filter=True,
        )

    async def parse_feed(
        self, response: Response, outlet: Outlet, feed_url: str, known: Validators
    ) -> AsyncIterator[Request]:
        """Admit what the feed says and ask for the pages of all that is pending."""
        snapshot = await self._snapshot(response, outlet, feed_url, known)
        async for request in self._after_feed(outlet, snapshot):
            yield request

    async def feed_unanswered(self, failure: Failure) -> AsyncIterator[Request]:
        """Store why the feed gave nothing; earlier entries of the outlet are asked for all the same."""
        outlet: Outlet = failure.request.cb_kwargs["outlet"]  # type: ignore[attr-defined]
        url: str = failure.request.cb_kwargs["feed_url"]  # type: ignore[attr-defined]
        match failure.value:
            case RefusedError() as refused:
                snapshot = _unanswered(outlet, url, refused.reason, refused.detail)
            case PutOffError(because=Reason() as because):
                snapshot = _unanswered(outlet, url, because, "its host gave no answer, or asked for patience, before")
            case PutOffError():
                self.run.feed_put_off()
                return
            case _:
                failure.raiseException()
        async for request in self._after_feed(outlet, snapshot):
            yield request

    async def _snapshot(self, response: Response, outlet: Outlet, feed_url: str, known: Validators) -> FeedSnapshot:
        now = datetime.now(UTC)
        reason = reason_of_status(response.status)
        if response.status == 304:
            return FeedSnapshot(
                outlet=outlet.id, url=feed_url, fetched_at=now, status=304, not_modified=True, validators=known
            )
        if reason is not None:
            detail = f"answered {response.status}"
            return FeedSnapshot(
                outlet=outlet.id, url=feed_url, fetched_at=now, status=response.status, problem=reason, detail=detail
            )
        validators = Validators(
            etag=_header(response, "ETag"),
            last_modified=_header(response, "Last-Modified"),
            body_hash=hashlib.blake2b(response.body, digest_size=16).hexdigest(),
        )
        if validators.body_hash == known.body_hash:
            return FeedSnapshot(
                outlet=outlet.id,
                url=feed_url,
                fetched_at=now,
                status=response.status,
                not_modified=True,
                validators=validators,
            )
        reading = await self.run.workers.read_feed(
            FeedBody(body=response.body, url=response.url, content_type=_header(response, "Content-Type"))
        )
        return FeedSnapshot(
            outlet=outlet.id,
            url=feed_url,
            fetched_at=now,
            status=response.status,
            validators=validators,
            reading=reading,
            problem=reading.problem,
            detail=reading.detail,
        )

    async def _after_feed(self, outlet: Outlet, snapshot: FeedSnapshot) -> AsyncIterator[Request]:
        await self.run.feed_ended(snapshot)
        for entry in await self.run.due(outlet):
            async for request in self.ask_page(entry, outlet):
                yield request

    # ------------------------------------------------------------------------------------------- pages

    async def ask_page(self, entry: FeedEntry, outlet: Outlet) -> AsyncIterator[Request]:
        """Yield the request for an entry's page, unless its address is none."""
        self.run.page_asked(entry)
        try:
            yield Request(
                entry.url,
                callback=self.parse_page,
                errback=self.page_unanswered,
                cb_kwargs={"entry": entry, "outlet": outlet},
                dont_filter=True,
            )
        except ValueError as error:
            await self.run.page_failed(entry, Reason.BAD_URL, str(error))

    async def parse_page(self, response: Response, entry: FeedEntry, outlet: Outlet) -> AsyncIterator[Page]:
        """Hand a page on with its bytes as they came."""
        reason = reason_of_status(response.status)
        if reason is not None:
            patience = retry_after_s(_header(response, "Retry-After"))
            await self.run.page_failed(entry, reason, f"answered {response.status}", retry_after_s=patience)
            return
        yield Page(
            entry=entry.id,
            outlet=outlet.id,
            url=entry.url,
            final_url=response.url,
            status=response.status,
            headers=headers_of(response),
            body=response.body,
            content_encoding=_encoding(response),
            fetched_at=datetime.now(UTC),
            hints=PageHints(
                title=entry.title or None,
                summary=entry.summary or None,
                authors=entry.authors,
                published=entry.published,
                published_raw=entry.published_raw,
                timezone=outlet.timezone,
            ),
        )

    async def page_unanswered(self, failure: Failure) -> None:
        """Write how a page's request ended without an answer."""
        entry: FeedEntry = failure.request.cb_kwargs["entry"]  # type: ignore[attr-defined]
        match failure.value:
            case RefusedError() as refused:
                await self.run.page_failed(entry, refused.reason, refused.detail)
            case PutOffError():
                await self.run.put_off(entry.id)
            case HeldElsewhereError():
                self.run.held_elsewhere(entry.id)
            case _:
                failure.raiseException()


class FeedsSpider(OutletSpider):
    """Reads the feeds of all enabled outlets, of one kind (`-a kind=wire`), or of those named (`-a outlet=a,b`)."""

    name = "feeds"
    arguments = ("kind", "outlet")

    def choose(self, deployment: Deployment) -> Sequence[Outlet]:
        """Return the outlets that the arguments name; one named by its id is taken even when it is disabled."""
        outlets: Sequence[Outlet] = list(deployment.outlets.values())
        if "outlet" in self.given:
            names = [name.strip() for name in self.given["outlet"].split(",") if name.strip()]
            for name in names:
                if name not in deployment.outlets:
                    hint = suggestion(name, deployment.outlets)
                    raise UsageError(f"there is no outlet {name!r}{hint}; `scrapy list` shows every outlet")
            outlets = [deployment.outlets[name] for name in dict.fromkeys(names)]
        else:
            outlets = [outlet for outlet in outlets if outlet.enabled]
        if "kind" in self.given:
            kind = read_kind(self.given["kind"])
            outlets = [outlet for outlet in outlets if outlet.kind is kind]
        if not outlets:
            raise UsageError("no outlet is left to crawl: none is enabled, or none fits the arguments")
        return outlets


def _unanswered(outlet: Outlet, url: str, reason: Reason, detail: str) -> FeedSnapshot:
    return FeedSnapshot(
        outlet=outlet.id, url=url, fetched_at=datetime.now(UTC), status=0, problem=reason, detail=detail
    )


def _header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def headers_of(response: Response) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    )


def _encoding(response: Response) -> str:
    """Return the page's content encoding, several of them joined: such a page is not readable, and says so."""
    encodings = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1").lower().split(",")
    return ",".join(name for one in encodings if (name := one.strip()) not in ("", "identity"))

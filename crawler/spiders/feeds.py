"""The spiders that read feeds and the pages behind them: one for each outlet, and `feeds` for many together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure
from twisted.web import http

from crawler.deployment import Deployment, deployment_of
from crawler.outcomes import HeldElsewhereError, PutOffError, RefusedError, header, reason_of_status, retry_after_s
from crawler.progress import LOG
from crawler.rounds import Poll
from crawler.run import CrawlRun, told
from mirqab.addresses import host_of
from mirqab.declarations import read_kind
from mirqab.documents import suggestion
from mirqab.errors import UsageError
from mirqab.types import FeedEntry, FeedSnapshot, Outlet, Page, PageHints, Reason

FEED_PRIORITY = 10  # what is new first, then the pages


class OutletSpider(Spider):
    """Reads the feeds of one outlet, its own name's, and the pages of all its pending entries.

    With `-a due=yes` a feed is asked only when its time has come.

    A class of one's own for an outlet derives from this one, has the outlet's id as its name, and overrides what that
    outlet needs.
    """

    arguments: ClassVar[tuple[str, ...]] = ("due",)
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
            deployment,
            outlets,
            command=" ".join(["crawl", spider.name, *given]),
            hosts=spider.hosts(outlets),
            only_due=_yes(spider.given.get("due", "no")),
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
        """Ask the feeds, each with the validators of its last answer, and for pages that wait where none is asked."""
        async for round_ in self.run.polls.rounds():
            for poll in round_.polls:
                await self.run.polls.room()
                async for request in self.ask_feed(poll):
                    yield request
            if round_.has_pages and not round_.polls:
                async for request in self.ask_pages(round_.outlet):
                    yield request

    # ------------------------------------------------------------------------------------------- feeds

    async def ask_feed(self, poll: Poll) -> AsyncIterator[Request]:
        """Yield the request for a feed, unless its address is none."""
        self.run.polls.begin(poll)
        try:
            yield Request(
                poll.feed.url,
                headers=poll.headers,
                callback=self.parse_feed,
                errback=self.feed_unanswered,
                cb_kwargs={"outlet": poll.outlet, "poll": poll},
                priority=FEED_PRIORITY,
                dont_filter=True,
            )
        except ValueError as error:
            async for request in self._after(poll, poll.snapshot(problem=Reason.BAD_URL, detail=str(error))):
                yield request

    async def parse_feed(self, response: Response, outlet: Outlet, poll: Poll) -> AsyncIterator[Request]:
        """Admit what the feed says, and ask for what follows from it."""
        try:
            snapshot = await self.run.polls.answer(poll, response)
        except Exception as error:
            async for request in self._after_fault(poll, error):
                yield request
            return
        async for request in self._after(poll, snapshot):
            yield request

    async def feed_unanswered(self, failure: Failure) -> AsyncIterator[Request]:
        """Store why the feed gave nothing; earlier entries of the outlet are asked for all the same."""
        asked: Request = failure.request  # type: ignore[attr-defined]
        poll: Poll = asked.cb_kwargs["poll"]
        match failure.value:
            case RefusedError() as refused:
                robots = asked.meta.get("robots")
                snapshot = poll.snapshot(problem=refused.reason, detail=refused.detail, robots=robots)
                async for request in self._after(poll, snapshot):
                    yield request
            case PutOffError(because=because):
                async for request in self._after(poll, None, put_off=because):
                    yield request
            case BaseException() as problem:
                async for request in self._after_fault(poll, problem):
                    yield request

    async def _after_fault(self, poll: Poll, problem: BaseException) -> AsyncIterator[Request]:
        """Go on after a fault of our own: what depends on this poll's end must not wait for it for ever."""
        LOG.error("reading %s failed", poll.feed.url, exc_info=problem)
        wants_pages = self.run.polls.crashed(poll, told(problem))
        async for request in self._what_follows(poll, None, wants_pages=wants_pages):
            yield request

    async def _after(
        self, poll: Poll, snapshot: FeedSnapshot | None, *, put_off: Reason | None = None
    ) -> AsyncIterator[Request]:
        """Admit what came of a poll (None: it was put off) and yield what is to be asked because of it."""
        polls = self.run.polls
        if snapshot is None:
            wants_pages = polls.put_off(poll, put_off)
        else:
            try:
                wants_pages = await polls.admit(poll, snapshot)
            except Exception as error:
                async for request in self._after_fault(poll, error):
                    yield request
                return
        async for request in self._what_follows(poll, snapshot, wants_pages=wants_pages):
            yield request

    async def _what_follows(
        self, poll: Poll, snapshot: FeedSnapshot | None, *, wants_pages: bool
    ) -> AsyncIterator[Request]:
        for further in await self.run.polls.follow(poll, snapshot):
            async for request in self.ask_feed(further):
                yield request
        if wants_pages:
            async for request in self.ask_pages(poll.outlet):
                yield request

    # ------------------------------------------------------------------------------------------- pages

    async def ask_pages(self, outlet: Outlet) -> AsyncIterator[Request]:
        """Yield the requests for all pages of an outlet that are due and not asked yet."""
        for entry in await self.run.due(outlet):
            async for request in self.ask_page(entry, outlet):
                yield request

    async def ask_page(self, entry: FeedEntry, outlet: Outlet) -> AsyncIterator[Request]:
        """Yield the request for an entry's page, unless its address is none."""
        self.run.page_asked(entry)
        try:
            yield Request(
                entry.url,
                headers=await self.run.validators(entry),
                callback=self.parse_page,
                errback=self.page_unanswered,
                cb_kwargs={"entry": entry, "outlet": outlet},
                dont_filter=True,
            )
        except ValueError as error:
            await self.run.page_failed(entry, Reason.BAD_URL, str(error))

    async def parse_page(self, response: Response, entry: FeedEntry, outlet: Outlet) -> AsyncIterator[Page]:
        """Hand a page on with its bytes as they came."""
        self.run.robots_said(entry, response.meta.get("robots"))
        if response.status == http.NOT_MODIFIED and entry.is_stored:
            await self.run.page_unchanged(entry)
            return
        reason = reason_of_status(response.status)
        if reason is not None:
            patience = retry_after_s(header(response, "Retry-After"))
            await self.run.page_failed(entry, reason, f"answered {response.status}", retry_after_s=patience)
            return
        if entry.is_stored and _is_front_page(response.url) and not _is_front_page(entry.url):
            # many sites send whoever asks for what they took down to their front page: its text must become nobody's
            await self.run.page_failed(entry, Reason.NOT_FOUND, f"leads to the front page, {response.url}")
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
            hints=PageHints.told_by(entry, timezone=outlet.timezone, keep=outlet.keep, prune=outlet.prune),
        )

    async def page_unanswered(self, failure: Failure) -> None:
        """Write how a page's request ended without an answer."""
        asked: Request = failure.request  # type: ignore[attr-defined]
        entry: FeedEntry = asked.cb_kwargs["entry"]
        self.run.robots_said(entry, asked.meta.get("robots"))
        match failure.value:
            case RefusedError() as refused:
                await self.run.page_failed(entry, refused.reason, refused.detail)
            case PutOffError(because=because, detail=detail):
                await self.run.put_off(entry, because, detail)
            case HeldElsewhereError():
                self.run.held_elsewhere(entry.id)
            case _:
                failure.raiseException()


class FeedsSpider(OutletSpider):
    """Reads the feeds of all enabled outlets, of one kind (`-a kind=wire`), or of those named (`-a outlet=a,b`)."""

    name = "feeds"
    arguments = ("kind", "outlet", "due")

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


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise UsageError(f"-a due={text}: say yes (ask only the feeds whose time has come) or no")
    return text == "yes"


def headers_of(response: Response) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    )


def _is_front_page(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def _encoding(response: Response) -> str:
    """Return the page's content encoding, several of them joined: such a page is not readable, and says so."""
    encodings = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1").lower().split(",")
    return ",".join(name for one in encodings if (name := one.strip()) not in ("", "identity"))

"""robots.txt (RFC 9309): asked once a day and host, obeyed, and every decision noted with its reason."""

from __future__ import annotations

import asyncio
import codecs
import logging
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured, StopDownload
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser

from crawler.outcomes import PutOffError, RefusedError, reason_of_status
from crawler.progress import log_event
from crawler.run import run_of
from crawler.tally import RobotsEnd
from mirqab.addresses import host_of, origin_of, server_of
from mirqab.types import HostState, Reason

MOST_BYTES: Final = 500 * 1024
"""What RFC 9309 asks to read at least; the rest of a longer file is left."""

FRESH: Final = timedelta(hours=24)
"""How long a copy is used without asking again, the longest that RFC 9309 allows."""

STALE: Final = timedelta(days=30)
"""How old a copy may be that stands in for a robots.txt which cannot be read now, and how long one that cannot be read
keeps everything shut (RFC 9309, 2.3.1.4); after that it counts as one that is not there, or its pages would wait for
ever."""

MOST_DELAY_S: Final = 60.0
"""The longest crawl-delay that is kept: a rule of an hour, meant for a search engine, would leave most pages unread."""

MOST_READ_BYTES: Final = 4 * 1024 * 1024
"""Of so many bytes of robots.txt the rules stay in memory, those of 2,500 usual hosts; Protego's take up to 27 times
as much. Of a host that was left out they are read from the archive again."""

LARGE: Final = 64 * 1024
"""A robots.txt over this size is read and asked in a thread: one made of wildcards costs 0.8 s for every address."""

_AMISS: Final = frozenset({Reason.BAD_URL, Reason.REFUSED_ADDRESS, Reason.TOO_LARGE})
"""Reasons of a robots.txt that say nothing lasting of the page: they are told as one that passes."""

_OWN_TROUBLE: Final = frozenset({Reason.HTTP_ERROR, Reason.TOO_MANY_REQUESTS, Reason.TIMED_OUT, Reason.BROKEN_ANSWER})
"""Reasons for which a robots.txt cannot be read although its host is there: pages wait, and none of their tries is
used up. Without the host itself a page would fail too, and that counts, or the pages of a dead one would wait for
ever."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What holds for one origin in this run.

    `told` is why everything is allowed or by which copy the rules are; `refusal` is why nothing is. `pace` is what is
    to be said of the crawl-delay. `is_own_trouble`: the host is there, and its robots.txt alone is amiss.
    """

    parser: ProtegoRobotParser | None = None
    told: str = ""
    refusal: RefusedError | PutOffError | None = None
    is_own_trouble: bool = False
    delay_s: float = 0.0
    pace: str = ""
    size: int = 0

    @property
    def is_large(self) -> bool:
        return self.size > LARGE


class RobotsMiddleware:
    """Lets through what robots.txt allows, and slows down for its crawl-delay.

    `robots` in the meta of the request, and so of its answer or failure, holds the decision: `allowed`,
    `allowed: no robots.txt (404)`, `refused: …`. A copy is remembered in the archive for a day. 429, 5xx and no answer
    refuse for now, with the reason of the trouble, unless an older copy is known; any other error, and more redirects
    than are followed, mean that there are no rules.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._learning: dict[str, asyncio.Task[_Rules]] = {}
        self._simple: dict[str, _Rules] = {}
        self._read: OrderedDict[str, _Rules] = OrderedDict()  # with a parser; the longest unused first
        self._read_bytes = 0
        self._asking = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        """Build for a crawler whose spider carries a run."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raise RefusedError for what robots.txt forbids, PutOffError when its host rests or the run is ending."""
        if "robots_bytes" in request.meta or request.meta.get("dont_obey_robotstxt"):
            return
        origin = origin_of(request.url)
        rules = self._known(origin) or await self._learnt(origin)
        try:
            request.meta["robots"] = await self._decide(rules, request.url)
        except RefusedError as refused:
            request.meta["robots"] = f"refused: {refused.detail}"
            if rules.is_own_trouble and "entry" in request.cb_kwargs:
                raise PutOffError(refused.reason, refused.detail) from refused  # the page was never asked for
            raise

    async def _decide(self, rules: _Rules, url: str) -> str:
        if rules.refusal is not None:
            raise _afresh(rules.refusal)
        if rules.parser is not None:
            ask = rules.parser.allowed
            if not (await asyncio.to_thread(ask, url, self._agent) if rules.is_large else ask(url, self._agent)):
                by = f" ({rules.told})" if rules.told else ""
                raise RefusedError(Reason.REFUSED_BY_ROBOTS, f"robots.txt forbids this address{by}")
        said = "; ".join(filter(None, (rules.told, rules.pace)))
        return f"allowed: {said}" if said else "allowed"

    # -------------------------------------------------------------------------------------- learning

    def _known(self, origin: str) -> _Rules | None:
        if origin in self._read:
            self._read.move_to_end(origin)
            return self._read[origin]
        return self._simple.get(origin)

    async def _learnt(self, origin: str) -> _Rules:
        """Return the rules of an origin that are not known; whoever asks meanwhile waits for the same answer."""
        if origin not in self._learning:
            self._learning[origin] = asyncio.ensure_future(self._take_in(origin))
        return await asyncio.shield(self._learning[origin])

    async def _take_in(self, origin: str) -> _Rules:
        try:
            rules = await self._learn(origin)
            if rules.parser is None:
                self._simple[origin] = rules
                return rules
            self._read[origin] = rules
            self._read_bytes += rules.size
            while self._read_bytes > MOST_READ_BYTES and len(self._read) > 1:
                _, left = self._read.popitem(last=False)
                self._read_bytes -= left.size
            return rules
        finally:
            del self._learning[origin]

    async def _learn(self, origin: str) -> _Rules:
        hosts = run_of(self._crawler).hosts
        known = await hosts.recall(origin)
        now = datetime.now(UTC)
        if is_fresh(known, now):
            return self._hold(origin, await _rules_of(known, self._agent))
        status = 0
        try:
            answer = await self._ask(origin)
            status, reason = answer.status, reason_of_status(answer.status)
            if answer.status >= 500 or reason is Reason.TOO_MANY_REQUESTS:
                raise RefusedError(reason or Reason.HTTP_ERROR, f"robots.txt answered {answer.status}")
        except (RefusedError, PutOffError) as error:
            if isinstance(error, RefusedError) and error.reason is Reason.TOO_MANY_REDIRECTS:
                return await self._remember(origin, b"", 302)
            if isinstance(error, PutOffError) and error.because is None:
                return _Rules(refusal=error)
            return self._hold(origin, await self._without(known, error, status=status, now=now))
        return await self._remember(origin, answer.body[:MOST_BYTES] if reason is None else b"", answer.status)

    async def _without(
        self, known: HostState, error: RefusedError | PutOffError, *, status: int, now: datetime
    ) -> _Rules:
        """Return what holds while a robots.txt cannot be read: an older copy, else nothing is asked, for 30 days."""
        age = now - known.robots_at if known.robots_at is not None else None
        if age is not None and age < STALE and not known.robots_unread:
            rules = await _rules_of(known, self._agent)
            return replace(rules, told=f"by the robots.txt of {known.robots_at:%Y-%m-%d}, which cannot be read now")
        if known.robots_unread and age is not None and age >= STALE:
            since = f"cannot be read since {known.robots_at:%Y-%m-%d}"
            return _Rules(told=f"robots.txt {since}, which counts as no rules after {STALE.days} days")
        if isinstance(error, RefusedError) and not known.robots_unread:
            unread = HostState(host=known.host, robots_status=status, robots_at=now)
            await run_of(self._crawler).hosts.keep_robots(unread)
        refusal = _ill(error, known.host)
        own = isinstance(refusal, RefusedError) and refusal.reason in _OWN_TROUBLE
        return _Rules(refusal=refusal, is_own_trouble=own)

    async def _remember(self, origin: str, body: bytes, status: int) -> _Rules:
        known = HostState(host=origin, robots=body, robots_status=status, robots_at=datetime.now(UTC))
        await run_of(self._crawler).hosts.keep_robots(known)
        return self._hold(origin, await _rules_of(known, self._agent))

    async def _ask(self, origin: str) -> Response:
        request = Request(
            f"{origin}/robots.txt",
            callback=NO_CALLBACK,
            priority=1000,
            # uncompressed, so that a file without end can be cut; and the cut is ours, not the cap for all answers
            headers={"Accept-Encoding": "identity"},
            meta={"robots_bytes": 0, "download_maxsize": 0},
            dont_filter=True,
        )
        assert self._crawler.engine is not None
        tally = run_of(self._crawler).tally
        tally.robots_asked += 1
        end: RobotsEnd = "crashed"
        if self._asking == 0:
            self._crawler.signals.connect(self._cut, signals.bytes_received)
        self._asking += 1
        try:
            answer = await self._crawler.engine.download_async(request)
            end = "answered"
            return answer
        except RefusedError:
            end = "failed"
            raise
        except (PutOffError, asyncio.CancelledError):
            end = "put_off"
            raise
        finally:
            tally.robots[end] += 1
            self._asking -= 1
            if self._asking == 0:  # or every piece of every page would pass by here
                self._crawler.signals.disconnect(self._cut, signals.bytes_received)

    def _cut(self, data: bytes, request: Request, **_: Any) -> None:
        if "robots_bytes" in request.meta:
            request.meta["robots_bytes"] += len(data)
            if request.meta["robots_bytes"] > MOST_BYTES:
                raise StopDownload(fail=False)

    # ------------------------------------------------------------------------------------ slowing down

    def _hold(self, origin: str, rules: _Rules) -> _Rules:
        """Keep the crawl-delay of `rules`, and say so in them."""
        if rules.delay_s <= 0:
            return rules
        assert self._crawler.engine is not None
        downloader, host = self._crawler.engine.downloader, server_of(origin)
        kept_s = min(rules.delay_s, MOST_DELAY_S)
        declared = downloader.per_slot_settings.get(host, {})
        own_s = declared.get("delay", self._crawler.settings.getfloat("DOWNLOAD_DELAY"))
        pace = f"crawl-delay {rules.delay_s:g} s" + (f", kept at {kept_s:g} s" if kept_s < rules.delay_s else "")
        if kept_s > own_s:
            downloader.per_slot_settings[host] = {"concurrency": 1, "jitter": 0, **declared, "delay": kept_s}
            if slot := downloader.slots.get(host):
                slot.delay = kept_s
            log_event("crawl-delay", host=host, asked_s=rules.delay_s, kept_s=kept_s, level=logging.INFO)
        return replace(rules, pace=pace)


def is_fresh(known: HostState, now: datetime) -> bool:
    """Tell whether a copy of a robots.txt is used without asking again, which one dated in the future is not."""
    return known.robots_at is not None and not known.robots_unread and timedelta() <= now - known.robots_at < FRESH


async def _rules_of(known: HostState, agent: str) -> _Rules:
    status = known.robots_status or 0
    if not 200 <= status < 300:
        if status in (404, 410):
            return _Rules(told=f"no robots.txt ({status})")
        return _Rules(told=f"robots.txt answered {status}, which counts as no rules")
    size = len(known.robots)
    parser = await asyncio.to_thread(_parsed, known.robots) if size > LARGE else _parsed(known.robots)
    return _Rules(parser=parser, delay_s=parser.crawl_delay(agent) or 0.0, size=size)


def _parsed(body: bytes) -> ProtegoRobotParser:
    return ProtegoRobotParser(decoded(body).encode("utf-8"), None)


def decoded(body: bytes) -> str:
    """Return the text of a robots.txt: UTF-8, or UTF-16 when it begins with that mark.

    Bytes that are neither become U+FFFD; left out, they would make `Disallow: /…` forbid everything.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    return body.decode("utf-8-sig", "replace")


def _afresh(error: RefusedError | PutOffError) -> RefusedError | PutOffError:
    """Return the same once more: what is raised again and again keeps the frames of every request it met."""
    return PutOffError(error.because) if isinstance(error, PutOffError) else RefusedError(error.reason, error.detail)


def _ill(error: RefusedError | PutOffError, origin: str) -> RefusedError | PutOffError:
    """Tell the trouble with a robots.txt as the reason to refuse its host's pages for now."""
    if isinstance(error, PutOffError):
        return error
    detail = error.detail if error.detail.startswith("robots.txt") else f"robots.txt: {error.detail}"
    if error.reason in _AMISS and not error.detail.startswith(f"{host_of(origin)} is "):
        return RefusedError(Reason.HTTP_ERROR, detail)
    return RefusedError(error.reason, detail)

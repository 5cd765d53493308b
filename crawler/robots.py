"""robots.txt (RFC 9309): asked once a day and host, obeyed, and every decision noted with its reason."""

from __future__ import annotations

import asyncio
import codecs
import logging
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
from mirqab.addresses import host_of, origin_of
from mirqab.types import HostState, Reason

MOST_BYTES: Final = 500 * 1024
"""What RFC 9309 asks to read at least; the rest of a longer file is left."""

FRESH: Final = timedelta(hours=24)
"""How long a copy is used without asking again, the longest that RFC 9309 allows."""

STALE: Final = timedelta(days=30)
"""How old a copy may be that stands in for a robots.txt which cannot be read now (RFC 9309, 2.3.1.4)."""

MOST_DELAY_S: Final = 60.0
"""The longest crawl-delay that is kept: a rule of an hour, meant for a search engine, would leave most pages unread."""

LARGE: Final = 64 * 1024
"""A robots.txt over this size is read and asked in a thread: one made of wildcards costs 0.8 s for every address."""

_AMISS: Final = frozenset({Reason.BAD_URL, Reason.REFUSED_ADDRESS, Reason.TOO_LARGE})
"""Reasons of a robots.txt that say nothing lasting of the page: they are told as one that passes."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What holds for one origin in this run.

    `told` is why everything is allowed or by which copy the rules are; `refusal` is why nothing is. `pace` is what is
    to be said of the crawl-delay.
    """

    parser: ProtegoRobotParser | None = None
    told: str = ""
    refusal: RefusedError | PutOffError | None = None
    delay_s: float = 0.0
    pace: str = ""
    is_large: bool = False


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
        self._rules: dict[str, asyncio.Task[_Rules]] = {}
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
        if origin not in self._rules:
            self._rules[origin] = asyncio.ensure_future(self._learn(origin))
        learning = self._rules[origin]
        rules = learning.result() if learning.done() else await asyncio.shield(learning)
        try:
            request.meta["robots"] = await self._decide(rules, request.url)
        except RefusedError as refused:
            request.meta["robots"] = f"refused: {refused.detail}"
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

    async def _learn(self, origin: str) -> _Rules:
        hosts = run_of(self._crawler).hosts
        known = await hosts.state(origin)
        now = datetime.now(UTC)
        age = now - known.robots_at if known.robots_at is not None else None
        if age is not None and timedelta() <= age < FRESH:
            return self._hold(origin, await _rules_of(known, self._agent))
        try:
            answer = await self._ask(origin)
            reason = reason_of_status(answer.status)
            if answer.status >= 500 or reason is Reason.TOO_MANY_REQUESTS:
                raise RefusedError(reason or Reason.HTTP_ERROR, f"robots.txt answered {answer.status}")
        except (RefusedError, PutOffError) as error:
            if isinstance(error, RefusedError) and error.reason is Reason.TOO_MANY_REDIRECTS:
                return await self._remember(origin, b"", 302)
            if age is None or age >= STALE or (isinstance(error, PutOffError) and error.because is None):
                return _Rules(refusal=_ill(error, origin))
            rules = await _rules_of(known, self._agent)
            copy = f"by the robots.txt of {known.robots_at:%Y-%m-%d}, which cannot be read now"
            return self._hold(origin, replace(rules, told=copy))
        return await self._remember(origin, answer.body[:MOST_BYTES] if reason is None else b"", answer.status)

    async def _remember(self, origin: str, body: bytes, status: int) -> _Rules:
        hosts = run_of(self._crawler).hosts
        # read again: what is known of the host may have changed while we waited
        known = await hosts.state(origin)
        known = replace(known, robots=body, robots_status=status, robots_at=datetime.now(UTC))
        await hosts.keep(known)
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
        downloader, host = self._crawler.engine.downloader, host_of(origin)
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


async def _rules_of(known: HostState, agent: str) -> _Rules:
    status = known.robots_status or 0
    if not 200 <= status < 300:
        if status in (404, 410):
            return _Rules(told=f"no robots.txt ({status})")
        return _Rules(told=f"robots.txt answered {status}, which counts as no rules")
    is_large = len(known.robots) > LARGE
    parser = await asyncio.to_thread(_parsed, known.robots) if is_large else _parsed(known.robots)
    return _Rules(parser=parser, delay_s=parser.crawl_delay(agent) or 0.0, is_large=is_large)


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

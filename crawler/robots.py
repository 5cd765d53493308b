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
from crawler.run import log_event, run_of
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

_AMISS: Final = frozenset({Reason.BAD_URL, Reason.REFUSED_ADDRESS, Reason.TOO_LARGE})
"""Reasons of a robots.txt that say nothing lasting of the page: they are told as one that passes."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What holds for one origin in this run.

    `told` is why everything is allowed or by which copy the rules are; `refusal` is why nothing is.
    """

    parser: ProtegoRobotParser | None = None
    told: str = ""
    refusal: RefusedError | PutOffError | None = None
    delay_s: float = 0.0


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
        if "robots_bytes" in request.meta:
            return
        origin = origin_of(request.url)
        if origin not in self._rules:
            self._rules[origin] = asyncio.ensure_future(self._learn(origin))
        learning = self._rules[origin]
        rules = learning.result() if learning.done() else await asyncio.shield(learning)
        try:
            request.meta["robots"] = self._decide(rules, request.url)
        except RefusedError as refused:
            request.meta["robots"] = f"refused: {refused.detail}"
            raise

    def _decide(self, rules: _Rules, url: str) -> str:
        if rules.refusal is not None:
            raise rules.refusal
        if rules.parser is not None and not rules.parser.allowed(url, self._agent):
            by = f" ({rules.told})" if rules.told else ""
            raise RefusedError(Reason.REFUSED_BY_ROBOTS, f"robots.txt forbids this address{by}")
        return f"allowed: {rules.told}" if rules.told else "allowed"

    # -------------------------------------------------------------------------------------- learning

    async def _learn(self, origin: str) -> _Rules:
        hosts = run_of(self._crawler).hosts
        known = await hosts.state(origin)
        now = datetime.now(UTC)
        age = now - known.robots_at if known.robots_at is not None else None
        if age is not None and timedelta() <= age < FRESH:
            return self._hold(origin, _rules_of(known, self._agent))
        try:
            answer = await self._ask(origin)
            reason = reason_of_status(answer.status)
            if answer.status >= 500 or reason is Reason.TOO_MANY_REQUESTS:
                raise RefusedError(reason or Reason.HTTP_ERROR, f"robots.txt answered {answer.status}")
        except (RefusedError, PutOffError) as error:
            if isinstance(error, RefusedError) and error.reason is Reason.TOO_MANY_REDIRECTS:
                return _Rules(told="robots.txt redirects too often, which counts as no rules")
            if age is None or age >= STALE or (isinstance(error, PutOffError) and error.because is None):
                return _Rules(refusal=_ill(error, origin))
            rules = _rules_of(known, self._agent)
            copy = f"by the robots.txt of {known.robots_at:%Y-%m-%d}, which cannot be read now"
            return self._hold(origin, replace(rules, told=copy))
        body = answer.body[:MOST_BYTES] if reason is None else b""
        # hosts.state again: what was known may have changed while we waited
        known = replace(await hosts.state(origin), robots=body, robots_status=answer.status, robots_at=now)
        await hosts.keep(known)
        return self._hold(origin, _rules_of(known, self._agent))

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
        if self._asking == 0:
            self._crawler.signals.connect(self._cut, signals.bytes_received)
        self._asking += 1
        try:
            return await self._crawler.engine.download_async(request)
        finally:
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
        asked = f"crawl-delay {rules.delay_s:g} s" + (f", kept at {kept_s:g} s" if kept_s < rules.delay_s else "")
        if kept_s > own_s:
            downloader.per_slot_settings[host] = {"concurrency": 1, "jitter": 0, **declared, "delay": kept_s}
            if slot := downloader.slots.get(host):
                slot.delay = kept_s
            log_event("crawl-delay", host=host, asked_s=rules.delay_s, kept_s=kept_s, level=logging.INFO)
        return replace(rules, told=f"{rules.told}; {asked}" if rules.told else asked)


def _rules_of(known: HostState, agent: str) -> _Rules:
    status = known.robots_status or 0
    if not 200 <= status < 300:
        if status in (404, 410):
            return _Rules(told=f"no robots.txt ({status})")
        return _Rules(told=f"robots.txt answered {status}, which counts as no rules")
    text = decoded(known.robots)
    parser = ProtegoRobotParser(text.encode("utf-8", "replace"), None)
    return _Rules(parser=parser, delay_s=parser.crawl_delay(agent) or 0.0)


def decoded(body: bytes) -> str:
    """Return the text of a robots.txt: UTF-8, or UTF-16 when it begins with that mark.

    Bytes that are neither become U+FFFD; left out, they would make `Disallow: /…` forbid everything.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    return body.decode("utf-8-sig", "replace")


def _ill(error: RefusedError | PutOffError, origin: str) -> RefusedError | PutOffError:
    """Tell the trouble with a robots.txt as the reason to refuse its host's pages for now."""
    if isinstance(error, PutOffError):
        return error
    detail = error.detail if error.detail.startswith("robots.txt") else f"robots.txt: {error.detail}"
    if error.reason in _AMISS and not error.detail.startswith(f"{host_of(origin)} is "):
        return RefusedError(Reason.HTTP_ERROR, detail)
    return RefusedError(error.reason, detail)

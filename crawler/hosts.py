"""Hosts under way in a run: whose turn it is across crawlers, who asked for patience, who does not answer."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from crawler.outcomes import PutOffError
from mirqab.addresses import origin_of, origins_of, server_of
from mirqab.polling import RETRY_AFTER_MOST_S
from mirqab.types import HostPart, HostState, Reason

SILENT: Final = frozenset({Reason.DNS, Reason.CONNECTION, Reason.TLS, Reason.TIMED_OUT})
FAILURES_TO_REST: Final = 3
"""So many requests in a row without an answer, and the run leaves the host alone: with the default time-out it costs
a minute to learn that a host is down, not a minute for every three of its entries."""

LONGEST_WAIT_S: Final = 60.0
"""A turn further away than this (and than four delays) is no queue of crawlers but a host that asked for patience."""

UNTOLD_PATIENCE_S: Final = 600.0
"""How long a host is left alone that answers 429 and does not say until when."""

Reserve = Callable[[str, float], Awaitable[float]]
Recall = Callable[[str], Awaitable[HostState | None]]
Keep = Callable[[HostState, HostPart], Awaitable[None]]


MOST_NOTED: Final = 500
"""Of so many hosts a run that stores nothing keeps what it met."""


class HostNotes:
    """What a run that stores nothing knows of hosts: what it met itself, else what others remember (`recall`)."""

    def __init__(self) -> None:
        self.recall: Recall | None = None
        self._met: dict[str, HostState] = {}

    async def get(self, origin: str) -> HostState | None:
        """Return what is known of a host."""
        if origin in self._met or self.recall is None:
            return self._met.get(origin)
        return await self.recall(origin)

    async def keep(self, state: HostState, part: HostPart) -> None:
        """Note a part of what is known of a host, in place of what was known of it before."""
        known = await self.get(state.host) or state
        if part == "robots":
            noted = replace(known, robots=state.robots, robots_status=state.robots_status, robots_at=state.robots_at)
        else:
            noted = replace(known, not_before=state.not_before, because=state.because)
        self._met.pop(state.host, None)
        self._met[state.host] = noted
        if len(self._met) > MOST_NOTED:
            del self._met[next(iter(self._met))]


@dataclass(slots=True)
class _Host:
    failures: int = 0
    because: Reason | None = None
    rest_until: float = 0.0  # time.monotonic()


class Hosts:
    """What the run knows of each host it asks.

    A host here is a server (`server_of`): a name or address, with its port where that is not the usual one.
    `reserve(host, delay_s)` takes the host's next turn among all crawlers and says how many seconds away it is.
    `recall(origin)` and `keep(state, part)` read and write what is remembered of a host between runs; nothing of it
    stays here, so that a run of ten thousand hosts does not carry their robots.txt.
    """

    def __init__(self, reserve: Reserve, recall: Recall, keep: Keep, stopping: asyncio.Event) -> None:
        self._reserve = reserve
        self._recall = recall
        self._keep = keep
        self._stopping = stopping
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)
        self._alone: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._recalled: set[str] = set()

    # --------------------------------------------------------------------------- between runs

    async def recall(self, origin: str) -> HostState:
        """Return what is remembered of `scheme://host:port`; a wish for patience of an earlier run holds from here."""
        recalled = await self._recall(origin) or HostState(host=origin)
        if origin not in self._recalled:
            self._recalled.add(origin)
            if recalled.not_before is not None:
                wait_s = (recalled.not_before - datetime.now(UTC)).total_seconds()
                # nobody is left alone for more than a day: such a wish was written while the clock was wrong
                if 0 < wait_s <= RETRY_AFTER_MOST_S:
                    self._rest(server_of(origin), wait_s, recalled.because)
        return recalled

    async def keep_robots(self, state: HostState) -> None:
        """Remember a host's robots.txt, for this run and the next ones."""
        await self._keep(state, "robots")

    # ------------------------------------------------------------------------------ in this run

    def alone(self, url: str) -> asyncio.Lock:
        """Return what is held while the host of `url` is asked: one request at a time."""
        return self._alone[server_of(url)]

    async def take_turn(self, url: str, delay_s: float) -> None:
        """Wait until the host of `url` may be asked; raises PutOffError when that is not to be in this run."""
        host = server_of(url)
        if origin_of(url) not in self._recalled:
            await self.recall(origin_of(url))
        self._check(host)
        wait_s = await self._reserve(host, delay_s)
        if wait_s > max(LONGEST_WAIT_S, 4 * delay_s):
            self._rest(host, wait_s, Reason.TOO_MANY_REQUESTS)
            self._check(host)
        if wait_s > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait_s)
            self._check(host)

    def _check(self, host: str) -> None:
        if self._stopping.is_set():
            raise PutOffError
        known = self._hosts[host]
        if known.failures >= FAILURES_TO_REST or known.rest_until > time.monotonic():
            raise PutOffError(known.because)

    async def answered(self, url: str, *, status: int, retry_after_s: float | None) -> None:
        """Note an answer; one that asks for patience closes the host: to this run, to other crawlers, to later runs.

        429 always does, 503 when it says for how long; one that does not counts as no answer.
        """
        host = server_of(url)
        if status == 503 and not retry_after_s:
            self._fail(host, Reason.HTTP_ERROR)
            return
        self._hosts[host].failures = 0
        if status == 429:
            because, wait_s = Reason.TOO_MANY_REQUESTS, UNTOLD_PATIENCE_S if retry_after_s is None else retry_after_s
        elif status == 503 and retry_after_s:
            because, wait_s = Reason.HTTP_ERROR, retry_after_s
        else:
            return
        if wait_s <= 0:
            return
        self._rest(host, wait_s, because)
        await self._reserve(host, wait_s)
        not_before = datetime.now(UTC) + timedelta(seconds=wait_s)
        for origin in origins_of(url):
            await self._keep(HostState(host=origin, not_before=not_before, because=because), "patience")

    def _rest(self, host: str, wait_s: float, because: Reason | None) -> None:
        known = self._hosts[host]
        known.because = because
        known.rest_until = time.monotonic() + wait_s

    def silent(self, url: str, reason: Reason) -> None:
        """Note a request that got no answer."""
        if reason in SILENT:
            self._fail(server_of(url), reason)

    def _fail(self, host: str, reason: Reason) -> None:
        known = self._hosts[host]
        known.failures += 1
        known.because = reason

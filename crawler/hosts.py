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

from crawler.outcomes import MOST_RETRY_AFTER_S, PutOffError
from mirqab.addresses import host_of, origin_of
from mirqab.types import HostState, Reason

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
Keep = Callable[[HostState], Awaitable[None]]


@dataclass(slots=True)
class _Host:
    failures: int = 0
    because: Reason | None = None
    rest_until: float = 0.0  # time.monotonic()


class Hosts:
    """What the run knows of each host it asks.

    `reserve(host, delay_s)` takes the host's next turn among all crawlers and says how many seconds away it is.
    `recall(origin)` and `keep(state)` read and write what is remembered of a host between runs.
    """

    def __init__(self, reserve: Reserve, recall: Recall, keep: Keep, stopping: asyncio.Event) -> None:
        self._reserve = reserve
        self._recall = recall
        self._keep = keep
        self._stopping = stopping
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)
        self._states: dict[str, HostState] = {}

    # --------------------------------------------------------------------------- between runs

    async def state(self, origin: str) -> HostState:
        """Return what is remembered of `scheme://host:port`; a wish for patience of an earlier run holds from here."""
        if origin not in self._states:
            recalled = await self._recall(origin) or HostState(host=origin)
            if origin not in self._states:  # nobody else was quicker, and may have changed it since
                self._states[origin] = recalled
                if recalled.not_before is not None:
                    wait_s = (recalled.not_before - datetime.now(UTC)).total_seconds()
                    # nobody is left alone for more than a day: such a wish was written while the clock was wrong
                    if 0 < wait_s <= MOST_RETRY_AFTER_S:
                        self._rest(host_of(origin), wait_s, recalled.because)
        return self._states[origin]

    async def keep(self, state: HostState) -> None:
        """Remember a host's state, for this run and the next ones."""
        self._states[state.host] = state
        await self._keep(state)

    # ------------------------------------------------------------------------------ in this run

    async def take_turn(self, url: str, delay_s: float) -> None:
        """Wait until the host of `url` may be asked; raises PutOffError when that is not to be in this run."""
        host = host_of(url)
        await self.state(origin_of(url))
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
        host = host_of(url)
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
        state = await self.state(origin_of(url))
        not_before = datetime.now(UTC) + timedelta(seconds=wait_s)
        await self.keep(replace(state, not_before=not_before, because=because))

    def _rest(self, host: str, wait_s: float, because: Reason | None) -> None:
        known = self._hosts[host]
        known.because = because
        known.rest_until = time.monotonic() + wait_s

    def silent(self, url: str, reason: Reason) -> None:
        """Note a request that got no answer."""
        if reason in SILENT:
            self._fail(host_of(url), reason)

    def _fail(self, host: str, reason: Reason) -> None:
        known = self._hosts[host]
        known.failures += 1
        known.because = reason

"""Hosts under way in a run: whose turn it is across crawlers, who asked for patience, who does not answer."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from crawler.outcomes import PutOffError
from mirqab.types import Reason

SILENT: Final = frozenset({Reason.DNS, Reason.CONNECTION, Reason.TLS, Reason.TIMED_OUT})
FAILURES_TO_REST: Final = 3
"""So many requests in a row without an answer, and the run leaves the host alone: with the default time-out it costs
a minute to learn that a host is down, not a minute for every three of its entries."""

LONGEST_WAIT_S: Final = 60.0
"""A turn further away than this (and than four delays) is no queue of crawlers but a host that asked for patience."""

Reserve = Callable[[str, float], Awaitable[float]]


@dataclass(slots=True)
class _Host:
    failures: int = 0
    because: Reason | None = None
    rest_until: float = 0.0  # time.monotonic()


class Hosts:
    """What the run knows of each host it asks.

    `reserve(host, delay_s)` takes the host's next turn among all crawlers and says how many seconds away it is.
    """

    def __init__(self, reserve: Reserve, stopping: asyncio.Event) -> None:
        self._reserve = reserve
        self._stopping = stopping
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)

    async def take_turn(self, host: str, delay_s: float) -> None:
        """Wait until `host` may be asked; raises PutOffError when that is not to be in this run."""
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

    async def answered(self, host: str, *, status: int, retry_after_s: float | None) -> None:
        """Note an answer; 429 and 503 with a wish for patience close the host for that long, to other crawlers too."""
        self._hosts[host].failures = 0
        if status in (429, 503) and retry_after_s:
            self._rest(host, retry_after_s, Reason.TOO_MANY_REQUESTS if status == 429 else Reason.HTTP_ERROR)
            await self._reserve(host, retry_after_s)

    def _rest(self, host: str, wait_s: float, because: Reason) -> None:
        known = self._hosts[host]
        known.because = because
        known.rest_until = time.monotonic() + wait_s

    def silent(self, host: str, reason: Reason) -> None:
        """Note a request that got no answer."""
        if reason in SILENT:
            known = self._hosts[host]
            known.failures += 1
            known.because = reason

"""What all answers under way hold in memory together: beyond a bound the next bytes stay on the line.

Each answer is bounded by itself, but many hosts may send their largest at once. So a connection that has brought much
is not read for a while when all of them together hold too much. The one that began first always goes on, so that
nothing waits for each other; and no wait outlasts the time that an answer has.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler

SMALL: Final = 256 * 1024
"""An answer of so many bytes never waits: 16 of them are no more than a quarter of one of the largest."""

ANSWERS: Final = 4
"""Of the largest answers so many are held at a time, from their first byte until what they say is stored."""

_TICK_S: Final = 0.02


class Connection(Protocol):
    """A connection that brings an answer."""

    def pause(self) -> None:
        """Read no more for now."""

    def resume(self) -> None:
        """Read on."""

    def abort_connection(self) -> None:
        """Hang up."""


@dataclass(slots=True)
class _Answer:
    begun_at: float
    size: int = 0
    is_paused: bool = False


class Incoming:
    """Bytes of answers that are being received (`took`, `ended`) or read; `kept()` counts those of the latter.

    At most about `most` bytes, and one answer more, are held. A connection that has not ended its answer after
    `longest_s` is hung up on: nobody waits for that answer any more.
    """

    def __init__(self, most: int, kept: Callable[[], int], *, longest_s: float) -> None:
        self._most = most
        self._kept = kept
        self._longest_s = longest_s
        self._answers: dict[Connection, _Answer] = {}  # those that began first come first
        self._received = 0
        self._ticking = False
        self._inflating = asyncio.Lock()

    def took(self, connection: Connection, size: int) -> None:
        """Count bytes that a connection brought, and pause it when it is to wait."""
        answer = self._answers.get(connection)
        if answer is None:
            answer = self._answers[connection] = _Answer(time.monotonic())
        answer.size += size
        self._received += size
        if answer.size > SMALL and not self._may_go_on(connection, answer):
            answer.is_paused = True
            connection.pause()
            self._tick_soon()

    def ended(self, connection: Connection) -> None:
        """Forget a connection's answer: it is whole, or will never be."""
        answer = self._answers.pop(connection, None)
        if answer is not None:
            self._received -= answer.size

    @contextlib.asynccontextmanager
    async def room(self) -> AsyncIterator[None]:
        """Wait until one large answer more may be made (by inflating it); one at a time is."""
        await self._inflating.acquire()
        try:
            while not self._has_room:
                self._tick_soon()
                await asyncio.sleep(_TICK_S)
            yield
        finally:
            # a moment later `kept` counts what was made
            asyncio.get_running_loop().call_later(_TICK_S, self._inflating.release)

    @property
    def _has_room(self) -> bool:
        return self._received + self._kept() <= self._most

    def _may_go_on(self, connection: Connection, answer: _Answer) -> bool:
        if self._has_room:
            return True
        return next(iter(self._answers)) is connection and self._kept() + answer.size <= self._most

    def _tick_soon(self) -> None:
        if not self._ticking:
            self._ticking = True
            asyncio.get_running_loop().call_later(_TICK_S, self._tick)

    def _tick(self) -> None:
        self._ticking = False
        too_old = time.monotonic() - self._longest_s
        for connection, answer in tuple(self._answers.items()):
            if answer.begun_at < too_old:
                self.ended(connection)
                connection.abort_connection()
            elif answer.is_paused and self._may_go_on(connection, answer):
                answer.is_paused = False
                connection.resume()
        if any(answer.is_paused for answer in self._answers.values()):
            self._tick_soon()


_OF: Final[WeakKeyDictionary[Crawler, Incoming]] = WeakKeyDictionary()


def incoming_of(crawler: Crawler) -> Incoming:
    """Return the count that all parts of a crawl share."""
    if crawler not in _OF:
        most, longest_s = crawler.settings.getint("DOWNLOAD_MAXSIZE"), crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        _OF[crawler] = Incoming(ANSWERS * most, lambda: _being_read(crawler), longest_s=longest_s)
    return _OF[crawler]


def _being_read(crawler: Crawler) -> int:
    slot = crawler.engine.scraper.slot if crawler.engine is not None else None
    return slot.active_size if slot is not None else 0

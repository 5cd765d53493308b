"""Feeds that are likely to hold little that is new are read some at a time: a worker's turn costs as much as one does.

Whatever befalls a worker meanwhile, each of them is read once more, alone, so that none pays for another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mirqab.types import FeedBody, FeedReading

if TYPE_CHECKING:
    from mirqab.workers import Workers

GATHER_S: Final = 0.1
"""So long a feed waits for others to be read with."""

AT_A_TIME: Final = 50
MOST_BYTES: Final = 128 * 1024
"""A larger body, as it came, is read alone: it may take as long as many others."""


class FeedReads:
    """Has feeds read in the workers. Lives on one event loop; whoever is cancelled meanwhile is forgotten."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._waiting: list[tuple[FeedBody, asyncio.Future[FeedReading | None]]] = []
        self._reading: set[asyncio.Task[None]] = set()

    async def read(self, feed: FeedBody) -> FeedReading:
        """Return what a feed says, its problem when the worker was killed or failed."""
        if feed.known and len(feed.body) <= MOST_BYTES:
            read: asyncio.Future[FeedReading | None] = asyncio.get_running_loop().create_future()
            self._waiting.append((feed, read))
            if len(self._waiting) == 1:
                self._reading.add(task := asyncio.create_task(self._read_waiting()))
                task.add_done_callback(self._reading.discard)
            if (reading := await read) is not None:
                return reading
        return await self._workers.read_feed(feed)

    async def _read_waiting(self) -> None:
        await asyncio.sleep(GATHER_S)
        waiting, self._waiting = self._waiting, []
        parts = [waiting[start : start + AT_A_TIME] for start in range(0, len(waiting), AT_A_TIME)]
        await asyncio.gather(*map(self._read_together, parts))

    async def _read_together(self, waiting: list[tuple[FeedBody, asyncio.Future[FeedReading | None]]]) -> None:
        readings: Sequence[FeedReading | None] = [None] * len(waiting)
        try:
            readings = await self._workers.read_feeds_together([feed for feed, _ in waiting]) or readings
        finally:
            for (_, read), reading in zip(waiting, readings, strict=True):
                if not read.done():
                    read.set_result(reading)

"""A task beside the crawl that ends when it is told to, between two steps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

_PATIENCE_S = 3.0
"""For a step that did not hear of its end: a little more than a question to Redis may take."""


class Background:
    """At most one running task.

    To be cancelled is not enough: redis-py sends under `asyncio.wait_for`, which in Python 3.11 swallows a
    cancellation that comes as the sending ends, and the task would go on for ever. So it is told, too.
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()

    def start(self, work: Callable[[], Awaitable[None]]) -> None:
        """Start the work, unless some is running."""
        if self._ending.is_set() or (self._task is not None and not self._task.done()):
            return

        async def run() -> None:
            await work()

        self._task = asyncio.create_task(run())

    async def sleep(self, seconds: float) -> bool:
        """Sleep within the work; False when it is to end now."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ending.wait()
        return not self._ending.is_set()

    async def end(self) -> None:
        """End the work, and wait until it has."""
        self._ending.set()
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait({self._task}, timeout=_PATIENCE_S)

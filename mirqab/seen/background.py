"""A task beside the crawl that ends when it is told to, between two steps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

_PATIENCE_S = 3.0
"""For a step that is under way: a little more than a question to Redis may take."""


class Background:
    """At most one running task.

    It is not cancelled in the middle of a question: redis-py sends under `asyncio.wait_for`, which in Python 3.11
    swallows a cancellation that comes as the sending ends, and the task would go on for ever.
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
        """Let the work end, and see that it does."""
        self._ending.set()
        if self._task is None:
            return
        _, late = await asyncio.wait({self._task}, timeout=_PATIENCE_S)
        for task in late:
            task.cancel()
            await asyncio.wait({task}, timeout=_PATIENCE_S)

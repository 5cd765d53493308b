"""One thread on which a process does all its archive calls, so that the event loop never waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from mirqab.archive.archive import Archive

_P = ParamSpec("_P")
_T = TypeVar("_T")


class ArchiveThread:
    """Runs archive calls one after the other, in the order in which they were made.

    What a call raises reaches the awaiting task. A call that has begun is finished even when its task is cancelled:
    a transaction is never left half done.
    """

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive")

    async def call(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Run `fn` on the thread and return what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, partial(fn, *args, **kwargs))

    async def close(self) -> None:
        """Wait for the calls that were made, and end the thread. The archive stays open."""
        await asyncio.to_thread(self._executor.shutdown)

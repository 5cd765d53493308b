"""Worker processes that can be killed one by one: hostile feeds and pages are read in them, never in the crawl itself.

Pebble pools whose processes are forked from a small server that has the libraries loaded once, so a second or a
replaced worker costs milliseconds. Feeds have a pool of their own until the first page comes. Three limits hold for
each task: a time-out (the pool kills the process), an address-space limit (the task gets MemoryError) and a CPU limit
set by the kernel, which also ends a process stuck in C code whose parent is gone. A process ends as soon as its parent
does.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import math
import multiprocessing
import os
import resource
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pebble import ProcessExpired, ProcessPool

from mirqab.errors import MirqabError
from mirqab.forking import start_fork_server
from mirqab.types import FeedBody, FeedReading, Page, Reason, StoredText, Verdict, Worked
from mirqab.work import WorkPlan, judge, no_article, prepare, work

if TYPE_CHECKING:
    from mirqab.grouping import Prepared, Told

_LOGGER: Final = logging.getLogger(__name__)
_R = TypeVar("_R")
_T = TypeVar("_T")
_K = TypeVar("_K")

# A pool breaks as a whole when a process dies outside a task (killed by hand, say); its tasks go to a new one.
_POOLS_PER_TASK: Final = 3
# CPU seconds a task may use beyond its time-out before the kernel ends the process itself.
_CPU_GRACE_S: Final = 5
# How a process ends that ran out of memory: its heap is full of holes, and the next page deserves a whole one.
_OUT_OF_MEMORY_EXIT: Final = 77
# Objects made before a worker looks for garbage; Python's own 700 suits programs that leave more behind.
_COLLECT_EVERY: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Task(Generic[_R]):
    """One call in a worker, and what its failure becomes."""

    call: Callable[..., _R]
    arguments: tuple[Any, ...]
    time_s: float
    failed: Callable[[Reason, str], _R]
    name: str
    of_feeds: bool = False  # it needs neither the plan nor what reads pages


class Workers:
    """The worker processes of one run; they start with the first task, so a run of 304s starts none.

    `count` processes; a page may take `page_time_s` seconds and `page_memory_mb` MB above what the process needs by
    itself, a feed `feed_time_s` seconds and the same memory. Use from one event loop or one thread. As with every
    use of multiprocessing, a script that makes one needs `if __name__ == "__main__"`. With no `plan` they read feeds
    alone.
    """

    def __init__(
        self, plan: WorkPlan | None, *, count: int, page_time_s: float, page_memory_mb: int, feed_time_s: float
    ) -> None:
        self._plan = plan
        self._count = count
        self._page_time_s = page_time_s
        self._feed_time_s = feed_time_s
        self._memory_bytes = page_memory_mb * 1024 * 1024
        self._pools: dict[bool, ProcessPool] = {}  # by whether it is for feeds alone
        self._under_way: set[Future[Any]] = set()
        self._closed = False
        self._lock = threading.Lock()

    # ------------------------------------------------------------------------------ one, on an event loop

    async def work(self, page: Page) -> Worked:
        """Return what `page` is; a worker that was killed or failed gives a Worked with the reason, never an exception.

        TIMED_OUT, OUT_OF_MEMORY, or WORKER_DIED with what is known of the death.
        """
        return await self._run(self._page_task(page))

    async def read_feed(self, feed: FeedBody) -> FeedReading:
        """Return what a feed says, read in a worker; its problem tells when the worker was killed or failed."""
        return await self._run(self._feed_task(feed.url, feed))

    async def read_feeds_together(self, feeds: Sequence[FeedBody]) -> list[FeedReading] | None:
        """Return what some feeds say, read one after another within the limits of one; None when that failed."""
        return await self._run(
            _Task(_read_feeds, (feeds,), self._feed_time_s, _not_read, f"{len(feeds)} feeds together", of_feeds=True)
        )

    # ----------------------------------------------------------------------------- many, without one

    def work_each(self, pages: Iterable[Page]) -> Iterator[Worked]:
        """Yield what each page is, in the order given, with only a few pages in memory at a time."""
        return self._each(self._page_task(page) for page in pages)

    def read_feeds(self, feeds: Iterable[tuple[str, FeedBody]]) -> Iterator[FeedReading]:
        """Yield what each feed, given with its name, says: in the order given, a few in memory at a time."""
        return self._each(self._feed_task(*feed) for feed in feeds)

    def judge_each(
        self, batches: Iterable[tuple[_K, Sequence[StoredText]]]
    ) -> Iterator[tuple[_K, list[tuple[Verdict, ...] | None]]]:
        """Yield each batch's name, whatever it is, with what the topics say of each of its texts, in the order given.

        None for a text that could not be judged within the limits of one page by itself. A few batches are in memory
        at a time.
        """
        return self._batches(judge, batches)

    def prepare_each(self, batches: Iterable[tuple[_K, Sequence[Told]]]) -> Iterator[tuple[_K, list[Prepared | None]]]:
        """Yield each batch's name with the signature and bands of each of its texts, as `judge_each` does."""
        return self._batches(_prepare, batches)

    def call(self, call: Callable[..., _R], *arguments: Any, name: str, failed: Callable[[Reason, str], _R]) -> _R:
        """Return what a function of a module makes of its arguments in a worker, within the limits of a page.

        `failed` makes the answer when the worker was killed or failed.
        """
        (answer,) = self._each([_Task(call, arguments, self._page_time_s, failed, name)])
        return answer

    # --------------------------------------------------------------------------------------------- end

    async def close(self) -> None:
        """End the processes without blocking the event loop; tasks under way come back as WORKER_DIED."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """End the processes, at once and for good; safe to call twice."""
        self._closed = True
        with self._lock:
            pools, self._pools = tuple(self._pools.values()), {}
        for pool in pools:
            _stop(pool)
        # the pool forgets what was under way; whoever waits for it must still hear of the end
        for future in tuple(self._under_way):
            future.cancel()

    # ----------------------------------------------------------------------------------------- inside

    def _page_task(self, page: Page) -> _Task[Worked]:
        return _Task(work, (page,), self._page_time_s, lambda why, detail: no_article(page, why, detail), page.url)

    def _feed_task(self, name: str, feed: FeedBody) -> _Task[FeedReading]:
        return _Task(_read_feed, (feed,), self._feed_time_s, _no_reading, name, of_feeds=True)

    async def _run(self, task: _Task[_R]) -> _R:
        for _ in range(_POOLS_PER_TASK):
            try:
                future = self._submit(task)
                return await asyncio.wrap_future(future)
            except BrokenProcessPool:
                continue
            except asyncio.CancelledError:
                current = asyncio.current_task()
                if not self._closed or (current is not None and current.cancelling()):
                    raise
                return task.failed(Reason.WORKER_DIED, "the workers were closed")
            except Exception as error:
                return self._failure(task, error)
        return task.failed(Reason.WORKER_DIED, "worker processes do not stay alive")

    def _each(self, tasks: Iterable[_Task[_R]]) -> Iterator[_R]:
        waiting: deque[tuple[_Task[_R], Future[_R]]] = deque()
        try:
            for task in tasks:
                waiting.append((task, self._submit(task)))
                while waiting and (len(waiting) >= 2 * self._count or waiting[0][1].done()):
                    yield self._settle(*waiting.popleft())
            while waiting:
                yield self._settle(*waiting.popleft())
        finally:
            for _, future in waiting:
                future.cancel()

    def _batches(
        self, call: Callable[[Sequence[_T]], list[_R]], batches: Iterable[tuple[_K, Sequence[_T]]]
    ) -> Iterator[tuple[_K, list[_R | None]]]:
        """Yield each batch's name with what a function of texts makes of each; they share the limits of one page.

        After a batch that failed each of its texts is done alone: one was too much, and the others must not go with it.
        """
        waiting: deque[tuple[_K, Sequence[_T]]] = deque()

        def task(texts: Sequence[_T]) -> _Task[list[_R] | None]:
            return _Task(call, (texts,), self._page_time_s, _nothing, f"{len(texts)} texts")

        def tasks() -> Iterator[_Task[list[_R] | None]]:
            for name, texts in batches:
                waiting.append((name, texts))
                yield task(texts)

        for answer in self._each(tasks()):
            name, texts = waiting.popleft()
            if answer is not None:
                yield name, [*answer]
            elif len(texts) == 1:
                yield name, [None]
            else:
                yield name, [None if one is None else one[0] for one in self._each(task([text]) for text in texts)]

    def _settle(self, task: _Task[_R], future: Future[_R]) -> _R:
        for _ in range(_POOLS_PER_TASK):
            try:
                return future.result()
            except BrokenProcessPool:
                future = self._submit(task)
            except CancelledError:
                return task.failed(Reason.WORKER_DIED, "the workers were closed")
            except Exception as error:
                return self._failure(task, error)
        return task.failed(Reason.WORKER_DIED, "worker processes do not stay alive")

    def _submit(self, task: _Task[_R]) -> Future[_R]:
        if self._closed:
            raise MirqabError("the workers are closed")
        with self._lock:
            cpu_s = math.ceil(task.time_s) + _CPU_GRACE_S
            arguments = (task.call, task.arguments, cpu_s, self._memory_bytes)
            try:
                pool = self._pool(of_feeds=task.of_feeds)
                future: Future[_R] = pool.schedule(_bounded, args=arguments, timeout=task.time_s)
            except BrokenProcessPool as error:  # processes cannot be started; whoever waits tries again
                future = Future()
                future.set_exception(error)
            self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return future

    def _pool(self, *, of_feeds: bool) -> ProcessPool:
        """Return the pool for a task, started when there is none: once there is one for pages, it takes feeds too."""
        of_feeds = self._plan is None or (of_feeds and False not in self._pools)
        pool = self._pools.get(of_feeds)
        if pool is not None and not pool.active:
            _stop(pool)
            pool = None
        if pool is None:
            # Ctrl-C interrupts the main thread alone: in the midst of telling a process what it is to do, that process
            # would end with a traceback of its own. So a start that was begun is finished, and whoever closes ends it.
            with ThreadPoolExecutor(1, "workers-start") as thread:
                pool = thread.submit(self._start, of_feeds=of_feeds).result()
        return pool

    def _start(self, *, of_feeds: bool) -> ProcessPool:
        """Start a pool with its processes."""
        start_fork_server(pages=not of_feeds)
        self._pools[of_feeds] = pool = ProcessPool(
            max_workers=self._count,
            initializer=_begin,
            initargs=(None if of_feeds else self._plan,),
            context=multiprocessing.get_context("forkserver"),
        )
        try:
            if not pool.active:  # the first look starts the processes
                raise BrokenProcessPool("the processes were stopped while they started")
        except BrokenProcessPool:
            self._pools.pop(of_feeds, None)
            _stop(pool)
            raise
        return pool

    def _failure(self, task: _Task[_R], error: Exception) -> _R:
        """Turn what became of a worker into the task's outcome."""
        if isinstance(error, TimeoutError):
            return task.failed(Reason.TIMED_OUT, f"took longer than {task.time_s:g} s")
        if isinstance(error, ProcessExpired):
            if error.exitcode == _OUT_OF_MEMORY_EXIT:
                return task.failed(Reason.OUT_OF_MEMORY, f"needed more than {self._memory_bytes >> 20} MB")
            return task.failed(Reason.WORKER_DIED, _death(error))
        _LOGGER.error("a worker failed on %s: %s", task.name, error)
        return task.failed(Reason.WORKER_DIED, str(error).strip().rpartition("\n")[2][:300])


def _death(error: ProcessExpired) -> str:
    code = error.exitcode
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"the process was ended by {signal.Signals(-code).name}"
    return f"the process ended with code {code}"


def _nothing(problem: Reason, detail: str) -> None:
    return None


def _not_read(problem: Reason, detail: str) -> None:
    return None


def _no_reading(problem: Reason, detail: str) -> FeedReading:
    return FeedReading(version="", encoding=None, title="", items=(), problem=problem, detail=detail)


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


# ------------------------------------------------------------------------------- in the worker process


_own_bytes: int | None = None


class WorkFailedError(Exception):
    """Our own code failed in a worker; the text is the traceback, because not every exception can be sent."""


def _begin(plan: WorkPlan | None) -> None:
    """Set a fresh worker process up: it dies with its parent, and at once when told to."""
    global _own_bytes
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a handler in Python would wait for C code to return
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    if plan is not None:
        prepare(plan)
    # what is there by now stays: to walk it again and again for garbage took a twentieth of a page's time
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _own_bytes = _address_space()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _address_space() -> int | None:
    """Return the bytes of address space in use, or None where the kernel does not say so (macOS)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return None
    return pages * resource.getpagesize()


def _bounded(call: Callable[..., _R], arguments: tuple[Any, ...], cpu_s: int, memory_bytes: int) -> _R:
    """Run one task under limits that the kernel enforces, whatever Python is doing.

    The memory limit holds for the task alone: receiving the next one must not fail for lack of it.
    """
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, math.ceil(usage.ru_utime + usage.ru_stime) + cpu_s)
    if _own_bytes is not None:
        _limit(resource.RLIMIT_AS, _own_bytes + memory_bytes)
    try:
        return call(*arguments)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY_EXIT)
    except Exception:
        raise WorkFailedError(traceback.format_exc()) from None
    finally:
        _limit(resource.RLIMIT_AS, resource.RLIM_INFINITY)


def _limit(which: int, soft: int) -> None:
    hard = resource.getrlimit(which)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(which, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _prepare(texts: Sequence[Told]) -> list[Prepared]:
    from mirqab.grouping import prepare

    return [prepare(told) for told in texts]


def _read_feed(feed: FeedBody) -> FeedReading:
    from mirqab.feeds import read_feed

    return read_feed(feed)


def _read_feeds(feeds: Sequence[FeedBody]) -> list[FeedReading]:
    return [_read_feed(feed) for feed in feeds]


__all__ = ["Workers"]

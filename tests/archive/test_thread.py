"""One thread for all archive calls: in order, off the event loop, errors and ends included."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from mirqab.archive import Archive, ArchiveThread
from mirqab.errors import ArchiveError


async def test_calls_run_in_order_on_one_thread_and_leave_the_loop_free(archive: Archive) -> None:
    thread = ArchiveThread(archive)
    done: list[tuple[int, int]] = []

    def work(number: int) -> int:
        time.sleep(0.02)
        done.append((number, threading.get_ident()))
        return number

    ticks = 0
    calls = asyncio.gather(*(thread.call(work, number) for number in range(5)))
    while not calls.done():
        ticks += 1
        await asyncio.sleep(0.001)
    assert await calls == [0, 1, 2, 3, 4]
    assert [number for number, _ in done] == [0, 1, 2, 3, 4]
    assert {ident for _, ident in done} != {threading.get_ident()}
    assert len({ident for _, ident in done}) == 1
    assert ticks > 20
    await thread.close()


async def test_what_a_call_raises_reaches_its_task(archive: Archive) -> None:
    thread = ArchiveThread(archive)
    with pytest.raises(ArchiveError, match="r000000000000000"):
        await thread.call(archive.end_run, "r000000000000000", exit_code=0, finish="finished")
    assert await thread.call(archive.runs) == []
    await thread.close()


async def test_a_call_that_has_begun_is_finished_though_its_task_is_cancelled(archive: Archive) -> None:
    thread = ArchiveThread(archive)
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(10)
        archive.start_run("crawl", topics=[])

    task = asyncio.create_task(thread.call(work))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    go_on.set()
    await thread.close()
    assert len(archive.runs()) == 1

"""One thread for all archive calls: in order, off the event loop, errors and ends included."""

from __future__ import annotations

import asyncio
import threading

import pytest

from mirqab.archive import Archive, ArchiveThread
from mirqab.errors import ArchiveError


async def test_calls_run_in_order_on_one_thread_and_leave_the_loop_free(archive: Archive) -> None:
    thread = ArchiveThread(archive)
    done: list[tuple[int, int]] = []
    loop_went_on = threading.Event()

    def work(number: int) -> int:
        assert loop_went_on.wait(60)
        done.append((number, threading.get_ident()))
        return number

    calls = asyncio.gather(*(thread.call(work, number) for number in range(5)))
    await asyncio.sleep(0.02)
    assert not calls.done()
    loop_went_on.set()
    assert await calls == [0, 1, 2, 3, 4]
    assert [number for number, _ in done] == [0, 1, 2, 3, 4]
    assert {ident for _, ident in done} != {threading.get_ident()}
    assert len({ident for _, ident in done}) == 1
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
        go_on.wait(60)
        archive.start_run("crawl", topics=[])

    task = asyncio.create_task(thread.call(work))
    await asyncio.to_thread(begun.wait, 60)
    task.cancel()
    go_on.set()
    await thread.close()
    assert len(archive.runs()) == 1

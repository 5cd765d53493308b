"""Worker processes: one hostile page costs that page and nothing else, and no process outlives its run."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mirqab.grouping import Told
from mirqab.types import FeedBody, Page, PageHints, Reason, Worked
from mirqab.work import WorkPlan
from mirqab.workers import Workers, _Task

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PARAGRAPH = (
    "قال المتحدث باسم الوزارة في مؤتمر صحفي إن اللجنة ستجتمع غدا لبحث موعد الجلسة المقبلة وجدول أعمالها الكامل. "
)


def page(body: str | bytes, name: str = "a") -> Page:
    return Page(
        entry=f"e{name}",
        outlet="noor",
        url=f"https://news.example/{name}",
        final_url=f"https://news.example/{name}",
        status=200,
        headers=(("Content-Type", "text/html; charset=utf-8"),),
        body=body.encode() if isinstance(body, str) else body,
        content_encoding="",
        fetched_at=NOW,
        hints=PageHints(),
    )


def article(number: int = 0) -> str:
    return f"<html><body><h1>اجتماع اللجنة رقم {number}</h1><p>{PARAGRAPH * 4}</p></body></html>"


SLOW = "<html><body>" + "<div>ن</div>" * 400_000 + "</body></html>"
"""Seconds of work (4.5 on one core of 2026), so that a limit of one second is over on a machine four times as fast."""

LARGE = "<html><body>" + "<p>نص عربي قصير هنا</p>" * 100_000 + "</body></html>"
"""About 150 MB as trees."""


@pytest.fixture
def workers() -> Iterator[Callable[..., Workers]]:
    made: list[Workers] = []

    def make(count: int = 1, page_time_s: float = 20, page_memory_mb: int = 500, feed_time_s: float = 20) -> Workers:
        made.append(
            Workers(
                WorkPlan(),
                count=count,
                page_time_s=page_time_s,
                page_memory_mb=page_memory_mb,
                feed_time_s=feed_time_s,
            )
        )
        return made[-1]

    yield make
    for each in made:
        each.close_now()


def _children(session: int) -> dict[int, str]:
    """Return the living processes of a session: id and command line."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found[int(folder.name)] = command
    return found


def _wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


async def test_a_page_comes_back_as_an_article(workers: Callable[..., Workers]) -> None:
    worked = await workers().work(page(article()))

    assert worked.problem is None
    assert worked.article is not None
    assert worked.article.headline == "اجتماع اللجنة رقم 0"


async def test_a_feed_is_read_in_a_worker(workers: Callable[..., Workers]) -> None:
    body = "<rss version='2.0'><channel><item><title>خبر</title><link>/1</link></item></channel></rss>".encode()

    reading = await workers().read_feed(FeedBody(body=body, url="https://news.example/feed"))

    assert [item.url for item in reading.items] == ["https://news.example/1"]


def test_a_worker_inherits_the_libraries_instead_of_loading_them(workers: Callable[..., Workers]) -> None:
    task = _Task(gc.get_freeze_count, (), 60, lambda why, detail: 0, "frozen objects")

    assert workers()._submit(task).result(timeout=120) > 10_000


async def test_a_page_over_its_time_is_timed_out_and_the_others_go_on(workers: Callable[..., Workers]) -> None:
    pool = workers(count=2, page_time_s=5)
    await pool.work(page(article()))  # processes are up

    working = asyncio.create_task(pool.work(page(SLOW)))
    os.kill(await _busy(pool), signal.SIGSTOP)  # or a fast machine would be done in time
    slow, *others = await asyncio.gather(working, *(pool.work(page(article(n), f"{n}")) for n in range(8)))

    assert slow.problem is Reason.TIMED_OUT
    assert slow.article is None
    assert slow.entry == "ea"
    assert [other.problem for other in others] == [None] * 8


async def test_a_page_over_its_memory_is_out_of_memory_and_the_next_is_read(workers: Callable[..., Workers]) -> None:
    pool = workers(page_memory_mb=60)

    assert (await pool.work(page(LARGE))).problem is Reason.OUT_OF_MEMORY
    assert (await pool.work(page(article()))).problem is None


async def test_a_feed_over_its_limits_says_so(workers: Callable[..., Workers]) -> None:
    items = "<item><title>خبر عاجل</title><link>https://news.example/1</link></item>" * 20_000
    body = f"<rss version='2.0'><channel>{items}</channel></rss>".encode()
    pool = workers(feed_time_s=0.1)

    reading = await pool.read_feed(FeedBody(body=body, url="https://news.example/feed", max_items=20_000))

    assert reading.problem is Reason.TIMED_OUT
    assert reading.items == ()


async def test_a_killed_worker_is_replaced_and_names_the_signal(workers: Callable[..., Workers]) -> None:
    pool = workers()
    await pool.work(page(article()))
    task = asyncio.create_task(pool.work(page(SLOW)))

    os.kill(await _busy(pool), signal.SIGKILL)
    worked = await task

    assert worked.problem is Reason.WORKER_DIED
    assert "SIGKILL" in (worked.detail or "")
    assert (await pool.work(page(article()))).problem is None


async def test_a_worker_killed_while_idle_costs_no_page(workers: Callable[..., Workers]) -> None:
    pool = workers()
    await pool.work(page(article()))

    for process in _pool_processes():
        os.kill(process, signal.SIGKILL)
    await asyncio.sleep(0.3)

    assert (await pool.work(page(article()))).problem is None


async def test_the_event_loop_goes_on_while_pages_are_worked(workers: Callable[..., Workers]) -> None:
    pool = workers(page_time_s=60)
    await pool.work(page(article()))
    task = asyncio.create_task(pool.work(page(SLOW)))
    steps = 0
    while not task.done():
        await asyncio.sleep(0.01)
        steps += 1

    assert steps > 20  # the page blocks its worker for seconds; a blocked loop would make one or two


async def test_closing_ends_tasks_under_way(workers: Callable[..., Workers]) -> None:
    pool = workers()
    await pool.work(page(article()))
    task = asyncio.create_task(pool.work(page(SLOW)))
    await _busy(pool)

    await pool.close()

    assert (await asyncio.wait_for(task, 60)).problem is Reason.WORKER_DIED


async def test_no_process_starts_before_the_first_task_and_none_is_left_after_close(
    workers: Callable[..., Workers],
) -> None:
    pool = workers(count=2)
    before = set(_pool_processes())
    assert not before

    await pool.work(page(article()))
    assert len(_pool_processes()) == 2

    await pool.close()
    assert _wait_until(lambda: not _pool_processes(), 60)


def test_pages_come_back_in_order_and_only_a_few_are_pulled_ahead(workers: Callable[..., Workers]) -> None:
    pulled = 0

    def pages() -> Iterator[Page]:
        nonlocal pulled
        for number in range(30):
            pulled += 1
            yield page(article(number), f"{number}")

    done: list[Worked] = []
    for worked in workers(count=2).work_each(pages()):
        done.append(worked)
        assert pulled - len(done) <= 4

    assert [worked.entry for worked in done] == [f"e{number}" for number in range(30)]


def test_texts_come_back_under_the_name_of_their_batch_and_one_that_is_too_much_costs_no_other(
    workers: Callable[..., Workers],
) -> None:
    def told(body: str) -> Told:
        return Told(id=1, headline="", body=body, outlet=None, published=None)

    short = told(PARAGRAPH)
    long = told(" ".join(f"كلمة{number}" for number in range(400_000)))
    pool = workers(count=2, page_memory_mb=60)
    batches = [("first", [short, short]), ("second", [short, long, short]), ("none", []), ("third", [long])]
    found = [(name, [made is None for made in answers]) for name, answers in pool.prepare_each(batches)]
    assert found == [
        ("first", [False, False]),
        ("second", [False, True, False]),
        ("none", []),
        ("third", [True]),
    ]


def test_feeds_come_back_in_order_and_a_bad_one_hides_no_other(workers: Callable[..., Workers]) -> None:
    good = b"<rss version='2.0'><channel><item><link>https://news.example/1</link></item></channel></rss>"
    feeds = [
        ("a", FeedBody(body=good, url="https://news.example/a")),
        ("b", FeedBody(body=b"", url="")),
        ("c", FeedBody(body=good, url="https://news.example/c")),
    ]

    readings = list(workers().read_feeds(feeds))

    assert [reading.problem for reading in readings] == [None, Reason.EMPTY, None]


# ------------------------------------------------------------------------- what a whole command does

SCRIPT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mirqab.types import Page, PageHints
from mirqab.work import WorkPlan
from mirqab.workers import Workers, _Task

def page(n, body):
    url = "https://news.example/"
    return Page(entry=f"e{n}", outlet="noor", url=url, final_url=url, status=200, headers=(), body=body.encode(),
                content_encoding="", fetched_at=datetime.now(UTC), hints=PageHints())

def main():
    raw = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    slow = "<html><body>" + "<div>ن</div>" * 400_000 + "</body></html>"
    good = "<html><body><h1>خبر قصير من هنا</h1><p>" + "كلمات من نص الخبر هنا " * 20 + "</p></body></html>"
    plan = WorkPlan(raw_folder=raw)
    workers = Workers(plan, count=2, page_time_s=60, page_memory_mb=500, feed_time_s=60)
    try:
        for number, worked in enumerate(workers.work_each(page(n, good if n < 4 else slow) for n in range(8))):
            print(number, flush=True)
    except KeyboardInterrupt:
        print("stopped", flush=True)
    workers.close_now()

if __name__ == "__main__":
    main()
"""


LOADING = """
from mirqab.work import WorkPlan
from mirqab.workers import Workers, _Task

def has_loaded(workers, of_feeds):
    call = ("'mirqab.extraction' in __import__('sys').modules",)
    return workers._submit(_Task(eval, call, 60, None, "modules", of_feeds=of_feeds)).result(60)

if __name__ == "__main__":
    workers = Workers(WorkPlan(), count=1, page_time_s=20, page_memory_mb=500, feed_time_s=20)
    print([has_loaded(workers, of_feeds) for of_feeds in (True, False, True)])
    workers.close_now()
"""


def test_what_pages_need_is_loaded_when_the_first_comes_and_inherited(
    tmp_path: Path, child_environ: Callable[..., dict[str, str]]
) -> None:
    script = tmp_path / "loading.py"
    script.write_text(LOADING, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, str(script)], env=child_environ(), capture_output=True, text=True, timeout=120, check=False
    )

    assert done.stdout.strip() == "[False, True, True]", done.stderr


INTERRUPTED = """
import os, signal, threading, time
from multiprocessing import forkserver
from mirqab.declarations import load_topic_documents
from mirqab.forking import start_fork_server
from mirqab.settings import load_settings
from mirqab.topics import compile_topics
from mirqab.work import WorkPlan
from mirqab.workers import Workers, _Task

def main():
    plan = WorkPlan(topics=tuple(compile_topics(load_topic_documents(load_settings()))))  # more than a pipe holds
    workers = Workers(plan, count=2, page_time_s=20, page_memory_mb=500, feed_time_s=20)
    start_fork_server(pages=False)
    server = forkserver._forkserver._forkserver_pid
    os.kill(server, signal.SIGSTOP)  # it reads no more, so the first process cannot be told all before SIGCONT

    def interrupt():
        time.sleep(1)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.5)
        os.kill(server, signal.SIGCONT)

    interrupting = threading.Thread(target=interrupt)
    try:
        interrupting.start()
        workers._submit(_Task(os.getpid, (), 20, None, "a task")).result()
        print("not interrupted")
    except KeyboardInterrupt:
        print("interrupted")
    interrupting.join()
    workers.close_now()

if __name__ == "__main__":
    main()
"""


REACHED = """
import os, signal
from multiprocessing import forkserver
from mirqab.forking import start_fork_server
from mirqab.work import WorkPlan
from mirqab.workers import Workers, _Task

def main():
    start_fork_server(pages=True)
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGINT)  # as the terminal sends it to all there is
    workers = Workers(WorkPlan(), count=1, page_time_s=60, page_memory_mb=500, feed_time_s=60)
    print(workers._submit(_Task(eval, ("1 + 2",), 60, None, "a sum")).result())
    workers.close_now()

if __name__ == "__main__":
    main()
"""


def _command(tmp_path: Path, environ: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    script = tmp_path / "crawl.py"
    script.write_text(SCRIPT, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, str(script), *arguments],
        env=environ,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _until_busy(process: subprocess.Popen[str]) -> None:
    """Wait until the four good pages are done and both workers sit on slow ones."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("3"):
            break
    time.sleep(0.5)


def _run_script(script: Path, text: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    script.write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(script)], env=environ, capture_output=True, text=True, timeout=120, check=False
    )


def test_ctrl_c_while_a_process_is_being_started_prints_nothing_from_it(
    tmp_path: Path, child_environ: Callable[..., dict[str, str]]
) -> None:
    done = _run_script(tmp_path / "interrupted.py", INTERRUPTED, child_environ())

    assert (done.returncode, done.stdout, done.stderr) == (0, "interrupted\n", "")


def test_ctrl_c_does_not_reach_the_server_of_the_workers_while_it_loads(
    tmp_path: Path, child_environ: Callable[..., dict[str, str]]
) -> None:
    done = _run_script(tmp_path / "reached.py", REACHED, child_environ())

    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_workers_end_with_their_parent_even_when_it_is_killed(
    tmp_path: Path, child_environ: Callable[..., dict[str, str]]
) -> None:
    process = _command(tmp_path, child_environ())
    try:
        _until_busy(process)
        assert len(_children(process.pid)) >= 4  # itself, the fork server, two workers
        process.kill()
        process.wait()

        assert _wait_until(lambda: not _children(process.pid), 60), _children(process.pid)
    finally:
        _end(process)


def test_ctrl_c_prints_nothing_from_the_workers(tmp_path: Path, child_environ: Callable[..., dict[str, str]]) -> None:
    process = _command(tmp_path, child_environ())
    try:
        _until_busy(process)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=100)

        assert "stopped" in out
        assert err == ""
        assert process.returncode == 0
    finally:
        _end(process)


def test_a_kill_in_the_worker_takes_the_run_down_after_the_raw_page_was_kept(
    tmp_path: Path, child_environ: Callable[..., dict[str, str]]
) -> None:
    raw = tmp_path / "raw"
    process = _command(tmp_path, child_environ(MIRQAB_TEST_KILL_AT="in_worker"), str(raw))
    try:
        process.wait(timeout=100)

        assert process.returncode == -signal.SIGKILL
        assert any(file.stat().st_size for file in raw.rglob("*.warc.gz"))
        assert _wait_until(lambda: not _children(process.pid), 60)
    finally:
        _end(process)


def test_the_kernel_ends_a_process_that_no_thread_of_its_own_can_end() -> None:
    # one call into C that holds the interpreter for hours: the watch on the parent would never run
    code = "from mirqab.workers import _bounded; _bounded(sum, (range(10**13),), 1, 1 << 30)"

    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=120)

    assert ended.returncode == -signal.SIGXCPU


def _end(process: subprocess.Popen[str]) -> None:
    for pid in _children(process.pid):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


# ---------------------------------------------------------------------------------------- hostile pages


def _hostile(folder: Path, names: set[str] | None = None) -> list[tuple[dict[str, str], Page]]:
    rows = [json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        (row, page((folder / row["file"]).read_bytes(), row["id"]))
        for row in rows
        if names is None or row["id"].removeprefix("synth__") in names
    ]


def test_heavy_hostile_pages_have_an_outcome_of_their_own(shared_data: Path, workers: Callable[..., Workers]) -> None:
    names = {"many_small_div_100k", "attr_100k", "nest_table_3000", "nest_div_1000", "soft404"}
    cases = _hostile(shared_data / "hostile" / "html", names)

    # a limit that no machine needs: how fast this one is must not decide what a page is
    pool = workers(count=2, page_time_s=60)
    outcomes = {
        row["id"].removeprefix("synth__"): worked
        for (row, _), worked in zip(cases, pool.work_each(page for _, page in cases), strict=True)
    }

    assert outcomes["many_small_div_100k"].problem is Reason.NO_ARTICLE
    assert "menus" in (outcomes["many_small_div_100k"].detail or "")
    assert outcomes["nest_table_3000"].problem is Reason.NO_ARTICLE
    assert outcomes["nest_div_1000"].problem is None  # deep, but an article
    assert outcomes["attr_100k"].problem is None
    assert outcomes["soft404"].problem is Reason.NO_ARTICLE


def test_a_hostile_page_over_its_limit_is_killed_and_the_pool_lives_on(
    shared_data: Path, workers: Callable[..., Workers]
) -> None:
    ((_, hostile),) = _hostile(shared_data / "hostile" / "html", {"many_small_div_100k"})
    longer = replace(hostile, body=hostile.body * 4)  # six seconds of work where the limit is a tenth of one
    good = b"<rss version='2.0'><channel><item><link>https://news.example/1</link></item></channel></rss>"
    pool = workers(page_time_s=0.1)  # one process, and what comes after has a limit of its own

    (worked,) = pool.work_each([longer])
    (reading,) = pool.read_feeds([("a", FeedBody(body=good, url="https://news.example/a"))])

    assert worked.problem is Reason.TIMED_OUT
    assert worked.detail == "took longer than 0.1 s"
    assert worked.article is None
    assert [item.url for item in reading.items] == ["https://news.example/1"]


@pytest.mark.full
def test_every_hostile_page_ends_within_ten_seconds_with_an_outcome(
    shared_data: Path, workers: Callable[..., Workers]
) -> None:
    cases = _hostile(shared_data / "hostile" / "html")
    pool = workers(page_time_s=10)
    wrong = []
    for row, hostile in cases:
        began = time.monotonic()
        (worked,) = pool.work_each([hostile])
        if time.monotonic() - began > 20 or (worked.article is None) == (worked.problem is None):
            wrong.append((row["id"], worked.problem, time.monotonic() - began))
        if "contains the Arabic paragraphs" in row["must"] and worked.article is None:
            wrong.append((row["id"], worked.problem, 0.0))

    assert not wrong


# ------------------------------------------------------------------------------------------ our processes


def _pool_processes() -> list[int]:
    """Return the worker processes of this test process: the children of its fork server."""
    servers = [pid for pid, command in _descendants(os.getpid()).items() if "forkserver" in command]
    return [pid for server in servers for pid in _descendants(server)]


def _descendants(parent: int) -> dict[int, str]:
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_text()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found[int(folder.name)] = command
    return found


async def _busy(workers: Workers) -> int:
    """Return the process that works on the one page there is, when it has worked for a while."""
    (pool,) = workers._pools.values()
    tasks = pool._pool_manager.task_manager.tasks
    async with asyncio.timeout(60):
        while not any(task.worker_id for task in list(tasks.values())):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
        (process,) = (task.worker_id for task in list(tasks.values()))
        before = _cpu_ticks(process)
        # it holds no lock any more that others need
        while _cpu_ticks(process) < before + 5:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    return process


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])

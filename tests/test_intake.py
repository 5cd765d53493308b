"""The ordered effects: facts before marks, and what a kill, an absent Redis or a failing archive leaves behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from mirqab.archive import Archive
from mirqab.errors import ArchiveError
from mirqab.intake import PASSES, RETRY_STEP_S, Intake, next_try
from mirqab.intake.looking import banded_of
from mirqab.polling import RETRY_AFTER_MOST_S
from mirqab.seen import Seen, open_seen
from mirqab.types import Admitted, EntryState, FlagState, Reason, Worked, make_id
from tests.archive.making import (
    NOON,
    TALKS,
    TOPIC,
    WEEK_S,
    body,
    entry_id,
    item,
    snapshot,
    unworked,
    verdict,
    worked,
)
from tests.seen.processes import pids_of, wait_until
from tests.wires import edited, signed, wire


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'archive.sqlite3'}"


@pytest.fixture
def archive(url: str) -> Iterator[Archive]:
    opened = Archive.open(url)
    yield opened
    opened.close()


@pytest.fixture
def redis_folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "redis"
    wait_until(lambda: not pids_of(tmp_path / "redis"))


@pytest.fixture
async def seen(redis_folder: Path) -> AsyncIterator[Seen]:
    async with open_seen(redis_url=None, folder=redis_folder) as opened:
        yield opened


@asynccontextmanager
async def an_intake(archive: Archive, seen: Seen, *, max_attempts: int = 3) -> AsyncIterator[Intake]:
    run = archive.start_run("crawl", topics=[TOPIC])
    intake = Intake(archive, seen, run=run, max_attempts=max_attempts, first_poll_max_age_s=WEEK_S)
    try:
        yield intake
    finally:
        await intake.close()


async def copy_of(intake: Intake, page: Worked) -> str | None:
    looked_up = await intake.look_up(page)
    assert looked_up is not None
    return looked_up.copy


EARLIER = NOON - timedelta(hours=1)

# ------------------------------------------------------------------------------------------------- admit


async def test_answers_that_come_together_are_written_together(archive: Archive, seen: Seen) -> None:
    commits: list[Connection] = []
    event.listen(archive._writer, "commit", commits.append)
    async with an_intake(archive, seen) as intake:
        before = len(commits)
        urls = [f"https://rasid.example/{number}.xml" for number in range(20)]
        told = [snapshot(item(str(number)), url=url) for number, url in enumerate(urls)]
        admitted = await asyncio.gather(*map(intake.admit, told))
        assert [one.new for one in admitted] == [1] * 20
        assert len(commits) - before == 1
        assert len(archive.feed_states()) == 20


async def test_an_answer_that_cannot_be_written_takes_no_other_along(archive: Archive, seen: Seen) -> None:
    good = [snapshot(item(str(number)), url=f"https://rasid.example/{number}.xml") for number in range(3)]
    bad = replace(snapshot(item("x"), url="https://rasid.example/x.xml"), fetched_at=datetime(2026, 1, 1))
    async with an_intake(archive, seen) as intake:
        ends = await asyncio.gather(*map(intake.admit, [good[0], bad, *good[1:]]), return_exceptions=True)
    assert isinstance(ends[1], Exception)
    assert [one.new for one in (ends[0], *ends[2:]) if isinstance(one, Admitted)] == [1, 1, 1]
    assert len(archive.feed_states()) == 3


# ---------------------------------------------------------------------------------------------- next_try


def test_every_reason_passes_or_does_not() -> None:
    assert set(PASSES) == set(Reason)


@pytest.mark.parametrize("reason", [reason for reason, passes in PASSES.items() if not passes])
def test_a_final_reason_is_not_tried_again(reason: Reason) -> None:
    assert next_try(reason, 1, NOON, retry_after_s=60.0) is None


def test_waits_grow_linearly_and_end() -> None:
    waits = [next_try(Reason.CONNECTION, attempts, NOON, max_attempts=4) for attempts in range(1, 6)]
    step = timedelta(seconds=RETRY_STEP_S)
    assert waits == [NOON + step, NOON + 2 * step, NOON + 3 * step, None, None]


def test_a_server_that_names_a_wait_is_heeded_within_reason() -> None:
    def wait_s(retry_after_s: float) -> float:
        at = next_try(Reason.TOO_MANY_REQUESTS, 1, NOON, retry_after_s=retry_after_s)
        assert at is not None
        return (at - NOON).total_seconds()

    assert [wait_s(s) for s in (-5.0, 1.0, 3_600.0, 1e9)] == [RETRY_STEP_S, RETRY_STEP_S, 3_600.0, RETRY_AFTER_MOST_S]


# ------------------------------------------------------------------------------------------------- steps


async def test_a_page_goes_from_feed_to_story_and_its_mark_is_made(archive: Archive, seen: Seen) -> None:
    text = TALKS + "\n" + body("المحادثات")
    page = worked("1", text, verdicts=[verdict(text)])
    assert page.article is not None
    async with an_intake(archive, seen) as intake:
        assert (await intake.admit(snapshot(item("2"), item("1", published=EARLIER), etag="e"))).new == 2
        (state,) = await intake.feed_states(["rasid"])
        assert state.validators.etag == "e"
        first, second = await intake.due("rasid")
        assert await intake.claim(first)
        assert not await intake.claim(first), "it is held"
        assert await copy_of(intake, page) is None
        stored = await intake.store(page, None)
        assert stored.raised == (TOPIC[0],)
        assert await copy_of(intake, page) == stored.article
        assert await seen.copy_of(page.article.fingerprint) == stored.article
        assert not await intake.claim(first), "it is no longer due"
        assert await intake.claim(second), "and a claim in vain is given back"
        assert archive.marks.unmade() != [], "the archive is told some pages at a time"
    assert archive.marks.unmade() == []
    assert (await seen.status())["held"] == 0


async def test_two_crawls_do_not_work_on_one_entry(archive: Archive, redis_folder: Path) -> None:
    async with (
        open_seen(redis_url=None, folder=redis_folder) as one,
        open_seen(redis_url=None, folder=redis_folder) as two,
        an_intake(archive, one) as first,
        an_intake(archive, two) as second,
    ):
        await first.admit(snapshot(item("1")))
        (entry,) = await first.due("rasid")
        assert await first.claim(entry)
        assert not await second.claim(entry)
        await first.release(entry.id)
        assert await second.claim(entry)
        await second.store(worked("1", body("1")))
        assert not await first.claim(entry)


async def test_a_page_without_an_article_is_a_failed_try_of_an_answered_request(archive: Archive, seen: Seen) -> None:
    async with an_intake(archive, seen) as intake:
        await intake.admit(snapshot(item("1"), item("2")))
        for slug, problem in (("1", Reason.NO_ARTICLE), ("2", Reason.TIMED_OUT)):
            stored = await intake.store(unworked(slug, problem))
            assert (stored.article, stored.placement) == (None, None)
    one, two = archive.entry(entry_id("1")), archive.entry(entry_id("2"))
    assert one is not None
    assert two is not None
    assert (one.state, one.reason) == (EntryState.FAILED, Reason.NO_ARTICLE)
    assert (two.state, two.attempts) == (EntryState.PENDING, 1)
    (row,) = archive.runs()
    assert (row.fetched, row.failed) == (2, 2)


async def test_an_entry_that_fails_again_and_again_is_given_up(archive: Archive, seen: Seen) -> None:
    async with an_intake(archive, seen) as intake:
        await intake.admit(snapshot(item("1"), item("2")))
        for reasons in zip([Reason.DNS] * 3, (Reason.DNS, Reason.CONNECTION, Reason.HTTP_ERROR), strict=True):
            for slug, reason in zip("12", reasons, strict=True):
                await intake.fail(entry_id(slug), reason, "503")
    one, two = archive.entry(entry_id("1")), archive.entry(entry_id("2"))
    assert one is not None
    assert two is not None
    assert (one.state, one.reason, one.attempts) == (EntryState.FAILED, Reason.DNS, 3)
    assert (two.state, two.reason) == (EntryState.FAILED, Reason.GAVE_UP)
    assert two.detail == "3 tries, the last: http_error (503)"


async def test_a_failed_try_ends_the_claim(archive: Archive, seen: Seen) -> None:
    async with an_intake(archive, seen) as intake:
        await intake.admit(snapshot(item("1")))
        (entry,) = await intake.due("rasid")
        assert await intake.claim(entry)
        await intake.fail(entry.id, Reason.TOO_MANY_REQUESTS, "429", retry_after_s=7_200)
        assert (await seen.status())["held"] == 0
        assert not await intake.claim(entry), "not before its time"
    after = archive.entry(entry.id)
    assert after is not None
    assert after.next_try_at is not None
    assert after.next_try_at - datetime.now(UTC) > timedelta(hours=1.9)


# ------------------------------------------------------------------------------------------------ faults


async def test_when_the_archive_fails_the_crawl_learns_it_and_nothing_is_marked(archive: Archive, seen: Seen) -> None:
    page = worked("1", body("1", sentences=500))
    assert page.article is not None
    async with an_intake(archive, seen) as intake:
        await intake.admit(snapshot(item("1")))
        (entry,) = await intake.due("rasid")
        assert await intake.claim(entry)
        full = "PRAGMA max_page_count = 1"

        def limit(conn: Connection) -> None:
            conn.exec_driver_sql(full)

        event.listen(archive._writer, "begin", limit)
        with pytest.raises(ArchiveError, match="the disk is full"):
            await intake.store(page)
        assert await seen.copy_of(page.article.fingerprint) is None
        full = "PRAGMA max_page_count = 1000000"
        assert await intake.claim(entry), "the claim was given back"
        assert (await intake.store(page)).article is not None


async def test_with_redis_gone_pages_are_stored_and_their_marks_made_the_next_time(
    archive: Archive, redis_folder: Path
) -> None:
    pages = [worked(slug, body(slug)) for slug in "123"]
    async with open_seen(redis_url=None, folder=redis_folder) as seen, an_intake(archive, seen) as intake:
        await intake.admit(snapshot(*(item(slug) for slug in "123")))
        await intake.store(pages[0])
        for pid in pids_of(redis_folder):
            os.kill(pid, signal.SIGKILL)
        for entry, page in zip(await intake.due("rasid"), pages[1:], strict=True):
            assert await intake.claim(entry)
            assert await copy_of(intake, page) is None
            await intake.store(page)
        assert await copy_of(intake, pages[0]) == make_id("a", entry_id("1")), "the archive knows as well"
        assert await intake.recover() == 0
    assert len(archive.marks.unmade()) == 2
    async with open_seen(redis_url=None, folder=redis_folder) as seen, an_intake(archive, seen) as intake:
        assert await intake.recover() >= 2
        for page in pages[1:]:
            assert page.article is not None
            assert await seen.copy_of(page.article.fingerprint) == page.article.id
    assert archive.marks.unmade() == []


async def test_a_redis_that_was_emptied_is_told_the_articles_again(archive: Archive, redis_folder: Path) -> None:
    page = worked("1", body("1"))
    assert page.article is not None
    async with open_seen(redis_url=None, folder=redis_folder) as seen, an_intake(archive, seen) as intake:
        await intake.admit(snapshot(item("1")))
        await intake.store(page)
    empty = redis_folder.with_name("redis2")
    async with open_seen(redis_url=None, folder=empty) as seen, an_intake(archive, seen) as intake:
        assert await intake.recover() == 1
        assert await seen.copy_of(page.article.fingerprint) == page.article.id
    wait_until(lambda: not pids_of(empty))


CRAWL = """
import asyncio, sys
from pathlib import Path
from mirqab.archive import Archive
from mirqab.intake import Intake
from mirqab.seen import open_seen
from tests.archive.making import TALKS, TOPIC, WEEK_S, item, snapshot, verdict
from tests.wires import edited, signed, wire

async def crawl(url, folder):
    archive = Archive.open(url)
    async with open_seen(redis_url=None, folder=Path(folder)) as seen:
        run = archive.start_run("crawl rasid", topics=[TOPIC])
        intake = Intake(archive, seen, run=run, max_attempts=5, first_poll_max_age_s=WEEK_S)
        await intake.recover()
        await intake.admit(snapshot(*(item(str(n)) for n in range(7)), etag="e"))
        for entry in await intake.due("rasid"):
            assert await intake.claim(entry), entry
            slug = entry.url.rsplit("/", 1)[1]
            text = TALKS + "\\n" + wire(int(slug) % 5)  # 5 is a copy of 0, 6 a near copy of 1
            text = edited(text) if slug == "6" else text
            page = signed(slug, text, verdicts=[verdict(text)])
            await intake.store(page, await intake.look_up(page))
        await intake.close()
        archive.end_run(run, exit_code=0, finish="finished")

asyncio.run(crawl(*sys.argv[1:]))
"""


def crawl(url: str, folder: Path, **environ: str) -> int:
    child = subprocess.run(
        [sys.executable, "-c", CRAWL, url, str(folder)],
        env=os.environ | environ,
        start_new_session=True,
        timeout=120,
    )
    return child.returncode


POINTS = ("after_admit", "after_store", "after_store:7", "before_confirm:3", "after_confirm:3")


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_step_the_next_run_completes_the_work(
    archive: Archive, url: str, redis_folder: Path, point: str
) -> None:
    assert crawl(url, redis_folder, MIRQAB_TEST_KILL_AT=point) == -signal.SIGKILL
    if point != "after_admit":
        assert archive.marks.unmade() != [], "stored, and not yet marked"
    assert crawl(url, redis_folder) == 0
    assert crawl(url, redis_folder) == 0
    assert archive.marks.unmade() == []
    assert archive.due("rasid", now=NOON) == []
    counts = archive.outlet_counts()["rasid"]
    assert (counts.stored, counts.articles, counts.entries) == (7, 6, 7)
    assert len(archive.flagged(states=tuple(FlagState))) == 5, "a story for each text, its copies in it"
    third, second, first = archive.runs()
    assert (first.state, second.state, third.state) == ("interrupted", "done", "done")
    assert first.stored + second.stored == 6
    assert first.duplicates + second.duplicates == 1
    assert (third.found, third.known, third.fetched) == (7, 7, 0)


@pytest.mark.parametrize("point", ["unconfirmed", "marked"])
async def test_killed_while_it_fills_redis_again_the_next_start_goes_on(
    archive: Archive, url: str, redis_folder: Path, point: str, tmp_path: Path
) -> None:
    assert crawl(url, redis_folder) == 0
    emptied = tmp_path / "emptied"
    assert crawl(url, emptied, MIRQAB_TEST_KILL_AT=point) == -signal.SIGKILL
    assert archive.marks.unmade() != []
    assert crawl(url, emptied) == 0
    assert archive.marks.unmade() == []
    async with open_seen(redis_url=None, folder=emptied) as seen:
        for number in range(5):
            page = signed("9", edited(TALKS + "\n" + wire(number), by=2))
            assert page.article is not None
            looked_up = await seen.look_up(page.article.fingerprint, banded_of(page.article))
            assert looked_up is not None
            assert make_id("a", entry_id(str(number))) in looked_up.shares
    wait_until(lambda: not pids_of(emptied))


@pytest.mark.parametrize("point", ["", "signed"])
async def test_an_archive_made_before_there_were_signatures_gets_them_at_the_first_crawl(
    archive: Archive, url: str, redis_folder: Path, point: str
) -> None:
    assert crawl(url, redis_folder) == 0
    with archive._writing() as conn:
        conn.exec_driver_sql("DELETE FROM signatures WHERE number <> 3")
        conn.exec_driver_sql("UPDATE signatures SET signature = zeroblob(12)")  # of another making
    since = datetime(2000, 1, 1, tzinfo=UTC)
    assert archive.signatures.count_unsigned(since=since) == 6
    if point:
        assert crawl(url, redis_folder, MIRQAB_TEST_KILL_AT=point) == -signal.SIGKILL
    assert crawl(url, redis_folder) == 0
    assert archive.signatures.count_unsigned(since=since) == 0
    assert archive.marks.unmade() == []
    near = signed("8", edited(TALKS + "\n" + wire(3), by=2), outlet="qabas")
    async with open_seen(redis_url=None, folder=redis_folder) as seen, an_intake(archive, seen) as intake:
        await intake.recover()
        looked_up = await intake.look_up(near)
    assert looked_up is not None
    assert looked_up.nearest is not None
    assert looked_up.nearest.article == make_id("a", entry_id("3"))

"""The ledger of runs adds up, and tells a run whose process died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from mirqab.archive import Archive
from mirqab.errors import ArchiveError
from mirqab.stories import place
from mirqab.types import Reason
from tests.archive.making import NOON, TOPIC, WEEK_S, body, entry_id, item, no_answer, snapshot, worked


def test_the_sums_are_those_of_the_single_rows(archive: Archive, run: str) -> None:
    old = NOON - timedelta(days=30)
    shot = snapshot(*(item(str(n)) for n in range(8)), item("old", published=old), item(None))
    archive.admit(run, shot, first_poll_max_age_s=WEEK_S)
    for poll in (no_answer(Reason.DNS), snapshot(item("0"), url="https://rasid.example/other.xml")):
        archive.admit(run, poll, first_poll_max_age_s=WEEK_S)
    archive.store(run, worked("0", body("0")), place=place)
    archive.store(run, worked("1", body("1")), place=place)
    archive.store(run, worked("2", body("0")), place=place)
    fails = {
        "3": Reason.NO_ARTICLE,
        "4": Reason.NO_ARTICLE,
        "5": Reason.CONNECTION,
        "6": Reason.REFUSED_BY_ROBOTS,
    }
    for slug, reason in fails.items():
        archive.fail(run, entry_id(slug), reason=reason, detail=None, next_try_at=None)
    # a worker's own time-out comes after an answer, which the caller knows
    archive.fail(run, entry_id("7"), reason=Reason.TIMED_OUT, detail=None, next_try_at=None, answered=True)
    archive.end_run(run, exit_code=3, finish="finished")
    (row,) = archive.runs()
    assert (row.id, row.command, row.topics) == (run, "crawl rasid", (TOPIC,))
    assert (row.state, row.exit_code, row.finish) == ("done", 3, "finished")
    assert (row.found, row.new, row.reopened, row.known, row.noted, row.unusable) == (11, 8, 0, 1, 1, 1)
    assert row.found == row.new + row.reopened + row.known + row.noted + row.unusable
    assert (row.stored, row.duplicates, row.failed, row.refused, row.fetched) == (2, 1, 4, 1, 6)
    assert row.reasons == {
        Reason.NO_ARTICLE: 2,
        Reason.CONNECTION: 1,
        Reason.REFUSED_BY_ROBOTS: 1,
        Reason.TIMED_OUT: 1,
    }
    # the feed was polled twice in the run: one row, its last outcome, the items of both
    assert (row.feeds_ok, row.feeds_not_modified, row.feeds_failed) == (1, 0, 1)
    assert row.feed_reasons == {Reason.DNS: 1}


def test_an_entry_tried_twice_in_a_run_has_one_outcome(archive: Archive, run: str) -> None:
    archive.admit(run, snapshot(item("1")), first_poll_max_age_s=WEEK_S)
    archive.fail(run, entry_id("1"), reason=Reason.DNS, detail=None, next_try_at=NOON)
    archive.store(run, worked("1", body("1")), place=place)
    (row,) = archive.runs()
    assert (row.fetched, row.stored, row.failed, row.reasons) == (1, 1, 0, {})


def test_what_was_put_off_for_a_reason_is_no_failure_with_that_reason(archive: Archive, run: str) -> None:
    archive.admit(run, snapshot(*(item(str(n)) for n in range(4))), first_poll_max_age_s=WEEK_S)
    for url in (f"https://rasid.example/{name}.xml" for name in "abc"):
        archive.put_off(run, feeds=[("rasid", url)], reason=Reason.TOO_MANY_REQUESTS)
    archive.admit(run, no_answer(Reason.TOO_MANY_REQUESTS), first_poll_max_age_s=WEEK_S)
    archive.fail(run, entry_id("0"), reason=Reason.TOO_MANY_REQUESTS, detail=None, next_try_at=NOON)
    archive.put_off(run, entries=[entry_id("1"), entry_id("2")], reason=Reason.TOO_MANY_REQUESTS)
    (row,) = archive.runs()
    assert (row.failed, row.put_off, row.reasons) == (1, 2, {Reason.TOO_MANY_REQUESTS: 3})
    assert (row.feeds_failed, row.feeds_put_off, row.feed_reasons) == (1, 3, {Reason.TOO_MANY_REQUESTS: 4})
    (sums,) = archive.run_outlets(run)
    assert (sums.failed, sums.put_off, sums.reasons) == (1, 2, {Reason.TOO_MANY_REQUESTS: 3})
    assert (sums.feeds_failed, sums.feeds_put_off, sums.feed_reasons) == (1, 3, {Reason.TOO_MANY_REQUESTS: 4})


def test_each_run_counts_its_own(archive: Archive, run: str) -> None:
    archive.admit(run, snapshot(item("1")), first_poll_max_age_s=WEEK_S)
    archive.end_run(run, exit_code=1, finish="start_error")
    second = archive.start_run("crawl", topics=[])
    archive.store(second, worked("1", body("1")), place=place)
    last, first = archive.runs()
    assert (last.id, last.stored, last.new, last.state) == (second, 1, 0, "running")
    assert (first.id, first.stored, first.new, first.state) == (run, 0, 1, "failed")
    assert [row.id for row in archive.runs(limit=1)] == [second]


def test_a_run_whose_process_died_is_interrupted(archive: Archive, archive_url: str) -> None:
    code = (
        "import sys, time; from mirqab.archive import Archive; "
        "print(Archive.open(sys.argv[1]).start_run('crawl', topics=[]), flush=True); time.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, archive_url], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    run = child.stdout.readline().strip()
    assert [(row.id, row.state) for row in archive.runs()] == [(run, "running")]
    os.kill(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet buried
    assert archive.runs()[0].state == "interrupted"
    child.communicate()
    assert archive.runs()[0].state == "interrupted"


def test_an_unknown_run_cannot_be_ended(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match="r000000000000000"):
        archive.end_run("r000000000000000", exit_code=0, finish="finished")

"""What is remembered between polls of feeds and hosts, and that it never runs ahead of the entries."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mirqab.archive import Archive
from mirqab.errors import ArchiveError
from mirqab.stories import place
from mirqab.types import (
    Admitted,
    FeedPace,
    FeedRole,
    FeedSnapshot,
    FeedState,
    HostState,
    Reason,
    Validators,
)
from tests.archive.making import FEED, NOON, WEEK_S, body, entry_id, item, no_answer, snapshot, worked

MINUTE = timedelta(minutes=1)
OTHER = "https://rasid.example/other.xml"


def admit(archive: Archive, run: str, shot: FeedSnapshot) -> Admitted:
    return archive.admit(run, shot, first_poll_max_age_s=WEEK_S)


def not_modified(url: str = FEED, *, outlet: str = "rasid", at: datetime = NOON) -> FeedSnapshot:
    return FeedSnapshot(outlet=outlet, url=url, fetched_at=at, status=304, not_modified=True)


def with_hashes(shot: FeedSnapshot, hashes: bytes) -> FeedSnapshot:
    assert shot.reading is not None
    return replace(shot, reading=replace(shot.reading, item_hashes=hashes))


def state_of(archive: Archive, url: str = FEED) -> FeedState:
    state = archive.feed_state("rasid", url)
    assert state is not None
    return state


# ------------------------------------------------------------------------------------------------- states


def test_a_state_comes_back_as_it_was_settled(archive: Archive, run: str) -> None:
    full = FeedState(
        outlet="rasid",
        url=FEED,
        failure_weight=0.25,
        interval_s=1234.5,
        next_poll_at=NOON + MINUTE,
        rhythm=(1.0, 2.5, 0.0),
        pace=FeedPace(ttl_s=60.0, skip_hours=(1, 2), skip_days=(4,)),
        moved_to=OTHER,
        moved_times=2,
        gone_at=NOON,
        trusts_304=False,
        distrusted_at=NOON,
    )
    archive.admit(run, snapshot(item("1"), etag="e"), first_poll_max_age_s=WEEK_S, settle=lambda *_: full)
    facts = dict.fromkeys(("first_success_at", "last_polled_at", "last_answered_at", "last_success_at"), NOON)
    facts |= {"last_new_at": NOON, "last_full_at": NOON}
    expected = replace(full, validators=Validators(etag="e"), window=1, **facts)  # type: ignore[arg-type]
    assert state_of(archive) == expected
    assert archive.feed_states() == archive.feed_states(["rasid"]) == [expected]
    assert archive.feed_states(["other"]) == []
    assert archive.feed_states([*(f"o{n}" for n in range(600)), "rasid"]) == [expected]
    assert archive.feed_state("rasid", OTHER) is None


def test_what_is_settled_starts_from_the_state_before_the_answer(archive: Archive, run: str) -> None:
    seen: list[tuple[FeedState, Admitted]] = []

    def settle(state: FeedState, snapshot: FeedSnapshot, admitted: Admitted) -> FeedState:
        seen.append((state, admitted))
        return replace(state, interval_s=(state.interval_s or 0) + 1)

    for minutes in range(2):
        shot = snapshot(item("1"), at=NOON + minutes * MINUTE)
        archive.admit(run, shot, first_poll_max_age_s=WEEK_S, settle=settle)
    (first, brought), (second, again) = seen
    assert (first, brought.new) == (FeedState(outlet="rasid", url=FEED), 1)
    assert (second.last_success_at, second.interval_s, again.known) == (NOON, 1.0, 1)


def test_many_unchanged_answers_are_written_at_once(archive: Archive, run: str) -> None:
    urls = [f"https://rasid.example/{number}.xml" for number in range(700)]
    for url in urls[:2]:
        admit(archive, run, snapshot(item("1"), url=url, etag="e"))
    later = NOON + MINUTE
    second = archive.start_run("crawl", topics=[])
    archive.admit_each(second, [not_modified(url, at=later) for url in urls])
    archive.admit_each(second, [])
    assert {state.last_success_at for state in archive.feed_states()} == {later}
    assert state_of(archive, urls[0]).validators == Validators(etag="e")
    assert state_of(archive, urls[0]).last_full_at == NOON
    row = archive.runs()[0]
    assert (row.feeds_not_modified, row.found) == (700, 0)


def test_answers_of_one_feed_in_one_batch_follow_each_other(archive: Archive, run: str) -> None:
    admit(archive, run, snapshot(item("1")))
    archive.admit_each(run, [no_answer(Reason.DNS, at=NOON + n * MINUTE) for n in (1, 2, 3)])
    assert state_of(archive).failures == 3
    archive.admit_each(run, [not_modified(at=NOON + 4 * MINUTE)])
    assert (state_of(archive).failures, state_of(archive).last_error) == (0, Reason.DNS)


def test_the_same_bytes_are_a_whole_body_and_a_304_is_none(archive: Archive, run: str) -> None:
    admit(archive, run, snapshot(item("1"), item("2")))
    archive.admit_each(run, [not_modified(at=NOON + MINUTE)])
    assert (state_of(archive).last_full_at, state_of(archive).window) == (NOON, 2)
    archive.admit_each(run, [replace(not_modified(at=NOON + 2 * MINUTE), status=200)])
    assert state_of(archive).last_full_at == NOON + 2 * MINUTE


# ---------------------------------------------------------------------------------------- hashes of items


def test_item_hashes_are_kept_of_whole_answers_only(archive: Archive, run: str) -> None:
    assert archive.item_hashes(["rasid"]) == {}
    admit(archive, run, with_hashes(snapshot(item("1"), etag="one"), b"\x00one"))
    assert archive.item_hashes(["rasid"]) == {("rasid", FEED): b"\x00one"}
    cut = with_hashes(snapshot(item("2"), etag="cut", problem=Reason.TRUNCATED_FEED), b"cut")
    admitted = admit(archive, run, cut)
    assert admitted.new == 1, "case 11: the items of a cut feed are kept"
    assert archive.item_hashes(["rasid"]) == {("rasid", FEED): b"\x00one"}
    assert state_of(archive).validators == Validators(etag="one")
    archive.admit_each(run, [not_modified()])
    assert archive.item_hashes(["rasid"]) == {("rasid", FEED): b"\x00one"}
    admit(archive, run, with_hashes(snapshot(item("3")), b""))
    assert archive.item_hashes(["rasid"]) == {}


KILLED = """
import itertools, json, os, signal, sys
from dataclasses import replace
from sqlalchemy import event
from mirqab.archive import Archive
from tests.archive.making import FEED, NOON, WEEK_S, item, snapshot

def admit(kill_at):
    archive = Archive.open(sys.argv[1])
    run = archive.start_run("crawl", topics=[])
    steps = itertools.count(1)
    def die(*_):
        if next(steps) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
    event.listen(archive._reader, "before_cursor_execute", die)
    event.listen(archive._reader, "commit", die)
    shot = snapshot(item("2", "ثان"), item("3", "ثالث"), etag="two")
    shot = replace(shot, reading=replace(shot.reading, item_hashes=b"two"))
    archive.admit(run, shot, first_poll_max_age_s=WEEK_S)
    os._exit(0)

for kill_at in itertools.count(1):
    child = os.fork()
    if child == 0:
        admit(kill_at)
    _, status = os.waitpid(child, 0)
    archive = Archive.open(sys.argv[1])
    state = archive.feed_state("rasid", FEED)
    hashes = archive.item_hashes(["rasid"])["rasid", FEED].decode()
    due = len(archive.due("rasid", now=NOON))
    print(json.dumps([due, state.validators.etag, hashes, state.gaps, archive.runs()[0].found]))
    archive.close()
    if not os.WIFSIGNALED(status):
        break
"""


def test_killed_at_any_statement_items_and_marks_come_or_stay_away_together(
    archive: Archive, run: str, archive_url: str
) -> None:
    """Validators, item hashes, the gap and the run's row are marks of the items: none may be there without them."""
    admit(archive, run, with_hashes(snapshot(item("1", "أول"), etag="one"), b"one"))
    archive.close()
    child = subprocess.run(
        [sys.executable, "-c", KILLED, archive_url], timeout=120, stdout=subprocess.PIPE, text=True, check=True
    )
    *killed, done = [json.loads(line) for line in child.stdout.splitlines()]
    assert len(killed) >= 9, "at each statement and before the end"
    assert all(stood == [1, "one", "one", 0, 0] for stood in killed), killed
    assert done == [3, "two", "two", 1, 2]


# ------------------------------------------------------------------------------------- entries told anew


def reopening(archive: Archive, run: str, at: datetime, *, text: str = "نص", **told: object) -> bool:
    """Tell entry 1 anew, store it when it is due now, and say whether it was."""
    admit(archive, run, snapshot(item("1", **told), at=at))  # type: ignore[arg-type]
    if not archive.is_due(entry_id("1"), at):
        return False
    archive.store(run, worked("1", body(text)), place=place)
    return True


def test_a_feed_that_dates_its_items_anew_at_every_poll_costs_a_few_fetches_a_day(archive: Archive, run: str) -> None:
    fetched = [minute for minute in range(0, 3 * 1440, 10) if _told_anew(archive, run, minute)]
    assert fetched[:3] == [0, 10, 130], "the second time at once, then two hours later"
    assert len([minute for minute in fetched if minute < 1440]) <= 7
    assert len([minute for minute in fetched if minute >= 1440]) <= 3


def _told_anew(archive: Archive, run: str, minute: int) -> bool:
    at = NOON + minute * MINUTE
    return reopening(archive, run, at, updated=at)


def test_an_update_that_must_wait_is_not_forgotten_when_the_feed_tells_no_other(archive: Archive, run: str) -> None:
    assert reopening(archive, run, NOON)
    for minute in (1, 2):
        reopening(archive, run, NOON + minute * MINUTE, updated=NOON + minute * MINUTE)
    at = NOON + 3 * MINUTE
    assert not archive.is_due(entry_id("1"), at)
    assert archive.is_due(entry_id("1"), at + timedelta(hours=2)), "the feed need not tell it once more"


def test_a_new_title_is_fetched_at_once_and_another_text_ends_the_waiting(archive: Archive, run: str) -> None:
    reopening(archive, run, NOON)
    for minute in (1, 2):
        reopening(archive, run, NOON + minute * MINUTE, updated=NOON + minute * MINUTE)
    assert not archive.is_due(entry_id("1"), NOON + 2 * MINUTE)
    later = NOON + timedelta(hours=3)
    archive.store(run, worked("1", body("نص ثان")), place=place)
    assert reopening(archive, run, later, updated=later), "its text had changed"
    assert reopening(archive, run, later + MINUTE, title="عنوان آخر", updated=later)


def test_a_running_count_in_the_summary_is_braked_too(archive: Archive, run: str) -> None:
    fetched = [
        minute
        for minute in range(0, 1440, 10)
        if reopening(archive, run, NOON + minute * MINUTE, summary=f"شوهد {minute} مرة")
    ]
    assert fetched[:4] == [0, 10, 20, 30]
    assert len(fetched) <= 8


# -------------------------------------------------------------------------------------------------- hosts


def test_a_host_is_remembered_with_its_robots_txt(archive: Archive) -> None:
    host = "https://rasid.example:443"
    assert archive.host(host) is None
    robots = "User-agent: *\nDisallow: /إدارة\n".encode() * 5_000
    known = HostState(
        host=host,
        not_before=NOON,
        because=Reason.TOO_MANY_REQUESTS,
        robots=robots,
        robots_status=200,
        robots_at=NOON,
    )
    archive.keep_host(known)
    assert archive.host(host) == known
    with archive._reading() as conn:
        assert conn.exec_driver_sql("SELECT length(robots) FROM hosts").scalar_one() < len(robots) / 50
    none = HostState(host=host, robots_status=404, robots_at=NOON + MINUTE)
    archive.keep_host(none)
    assert archive.host(host) == none
    resting = HostState(host=host, not_before=NOON, because=Reason.HTTP_ERROR)
    archive.keep_host(resting, "patience")
    archive.keep_host(replace(known, not_before=None, because=None), "robots")
    assert archive.host(host) == replace(known, because=Reason.HTTP_ERROR)


# --------------------------------------------------------------------------------------------- the ledger


def test_the_sums_of_an_outlet_add_up_with_their_reasons(archive: Archive, run: str) -> None:
    shot = snapshot(*(item(str(n), f"عنوان {n}") for n in range(6)))
    assert shot.reading is not None
    admit(archive, run, replace(shot, reading=replace(shot.reading, left_out=7), robots="allowed"))
    archive.admit_each(run, [not_modified(OTHER)])
    refused = replace(no_answer(Reason.REFUSED_BY_ROBOTS), url="https://rasid.example/r.xml", robots="refused: /r.xml")
    failed = replace(no_answer(Reason.DNS), url="https://rasid.example/f.xml")
    archive.admit_each(run, [refused, failed])
    resting = ("rasid", "https://rasid.example/late.xml")
    archive.put_off(run, feeds=[resting, ("rasid", FEED)], reason=Reason.TOO_MANY_REQUESTS, detail="until 13:00")
    archive.store(run, worked("0", body("0")), place=place, robots="allowed")
    archive.store(run, worked("1", body("0")), place=place)
    archive.fail(run, entry_id("2"), reason=Reason.REFUSED_BY_ROBOTS, detail=None, next_try_at=None, robots="refused")
    archive.fail(run, entry_id("3"), reason=Reason.NO_ARTICLE, detail=None, next_try_at=None)
    archive.put_off(run, entries=[entry_id("4"), entry_id("0")])
    admit(archive, run, snapshot(item("a", host="qabas.example"), outlet="qabas", url="https://qabas.example/rss"))
    qabas, rasid = archive.run_outlets(run)
    assert (qabas.outlet, qabas.feeds_ok, qabas.new) == ("qabas", 1, 1)
    assert (rasid.feeds_ok, rasid.feeds_not_modified, rasid.feeds_failed) == (1, 1, 1), "what was done stands"
    assert (rasid.feeds_refused, rasid.feeds_put_off) == (1, 1)
    assert rasid.feed_reasons == {Reason.DNS: 1, Reason.REFUSED_BY_ROBOTS: 1, Reason.TOO_MANY_REQUESTS: 1}
    assert (rasid.found, rasid.new, rasid.left_out) == (6, 6, 7)
    assert (rasid.fetched, rasid.stored, rasid.duplicates) == (3, 1, 1)
    assert (rasid.failed, rasid.refused, rasid.put_off) == (1, 1, 1)
    assert rasid.reasons == {Reason.REFUSED_BY_ROBOTS: 1, Reason.NO_ARTICLE: 1}
    assert state_of(archive).last_polled_at == NOON
    assert archive.feed_state(*resting) is None, "what was put off is as due as it was"
    assert archive.is_due(entry_id("4"), NOON)
    (row,) = archive.runs()
    assert (row.feeds_ok, row.feeds_not_modified, row.feeds_failed, row.feeds_refused) == (2, 1, 1, 1)
    assert (row.stored, row.duplicates, row.failed, row.refused) == (1, 1, 1, 1)
    assert (row.feeds_put_off, row.put_off) == (qabas.feeds_put_off + rasid.feeds_put_off, rasid.put_off)
    assert archive.run_outlets("r000000000000000") == []


def test_what_was_put_off_and_then_done_counts_as_done(archive: Archive, run: str) -> None:
    archive.put_off(run, feeds=[("rasid", FEED)], reason=Reason.TOO_MANY_REQUESTS)
    admit(archive, run, snapshot(item("1")))
    archive.put_off(run, entries=[entry_id("1")])
    archive.store(run, worked("1", body("1")), place=place)
    (sums,) = archive.run_outlets(run)
    assert (sums.feeds_ok, sums.feeds_put_off, sums.stored, sums.put_off) == (1, 0, 1, 0)
    assert sums.feed_reasons == {}


def test_a_poll_keeps_its_role_what_robots_txt_said_and_the_next_turn(archive: Archive, run: str) -> None:
    shot = replace(snapshot(item("1")), role=FeedRole.BACKFILL, robots="allowed: no robots.txt (404)")
    archive.admit(
        run, shot, first_poll_max_age_s=WEEK_S, settle=lambda state, *_: replace(state, next_poll_at=NOON + MINUTE)
    )
    with archive._reading() as conn:
        row = conn.exec_driver_sql("SELECT role, robots, next_poll_at, gap FROM polls").one()
    assert tuple(row) == ("backfill", "allowed: no robots.txt (404)", "2026-11-22 12:01:00.000000", 0)


def test_states_are_not_written_for_a_run_that_is_not_there(archive: Archive) -> None:
    with pytest.raises(ArchiveError):
        archive.admit_each("r000000000000000", [not_modified()])
    assert archive.feed_states() == []


def test_that_was_looked_elsewhere_to_the_end_is_remembered_of_the_feeds_that_lost_something(
    archive: Archive, run: str
) -> None:
    child = replace(snapshot(item("1"), url="https://rasid.example/child.xml"), role=FeedRole.CHILD)
    for shot in (snapshot(item("1")), child, replace(snapshot(item("1")), role=FeedRole.BACKFILL)):
        archive.admit(run, shot, first_poll_max_age_s=WEEK_S)
    assert {state.looked_at for state in archive.feed_states(["rasid"])} == {None}, "one place is not all of them"
    archive.looked_elsewhere("rasid", [FEED], NOON)
    archive.admit(run, snapshot(item("2")), first_poll_max_age_s=WEEK_S)
    assert {state.url: state.looked_at for state in archive.feed_states(["rasid"])} == {FEED: NOON, child.url: None}

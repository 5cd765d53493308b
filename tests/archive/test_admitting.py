"""What feeds say becomes entries, once; the order in which entries and validators are written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mirqab.archive import Archive
from mirqab.errors import ArchiveError
from mirqab.stories import place
from mirqab.types import Admitted, EntryState, FeedItem, FeedSnapshot, Reason, Validators
from tests.archive.making import FEED, NOON, WEEK_S, body, entry_id, item, no_answer, snapshot, worked


def admit(archive: Archive, run: str, shot: FeedSnapshot) -> Admitted:
    return archive.admit(run, shot, first_poll_max_age_s=WEEK_S)


def state(archive: Archive, slug: str) -> EntryState:
    entry = archive.entry(entry_id(slug))
    assert entry is not None
    return entry.state


def validators(archive: Archive) -> Validators:
    known = archive.feed_state("rasid", FEED)
    return Validators() if known is None else known.validators


def test_a_feeds_items_become_pending_entries_in_the_order_in_which_they_were_seen(archive: Archive, run: str) -> None:
    assert admit(archive, run, snapshot(item("1", "أول"))) == Admitted(found=1, new=1)
    later = NOON + timedelta(minutes=5)
    assert admit(archive, run, snapshot(item("2", "ثان"), item("1", "أول"), at=later)) == Admitted(
        found=2, new=1, known=1
    )
    due = archive.due("rasid", now=later)
    assert [(entry.title, entry.state, entry.attempts) for entry in due] == [
        ("أول", EntryState.PENDING, 0),
        ("ثان", EntryState.PENDING, 0),
    ]
    assert due[0].published == NOON
    assert archive.due("other", now=later) == []
    assert [entry.title for entry in archive.due("rasid", now=later, limit=1)] == ["أول"]


def test_items_without_a_link_are_counted_as_unusable(archive: Archive, run: str) -> None:
    assert admit(archive, run, snapshot(item(None), item("1"))) == Admitted(found=2, new=1, unusable=1)


def test_two_spellings_of_one_address_are_one_entry(archive: Archive, run: str) -> None:
    shot = snapshot(item("a?id=5"), item("a?id=5&utm_source=x"), item("a?id=6"))
    assert admit(archive, run, shot) == Admitted(found=3, new=2, known=1)
    # the twin with another title must not open the entry again at every poll
    shot = snapshot(item("a?id=5", "س"), item("a?id=5&utm_source=x", "ص"))
    assert admit(archive, run, shot) == Admitted(found=2, known=2)
    assert admit(archive, run, shot) == Admitted(found=2, known=2)


def test_old_items_of_a_feeds_first_success_are_noted_and_not_fetched(archive: Archive, run: str) -> None:
    admit(archive, run, no_answer(Reason.CONNECTION))
    old, young = NOON - timedelta(days=8), NOON - timedelta(days=6)
    shot = snapshot(
        item("old", published=old),
        item("young", published=young),
        item("undated", published=None),
        item("revived", published=old, updated=young),
    )
    assert admit(archive, run, shot) == Admitted(found=4, new=3, noted=1)
    assert {entry.url.rsplit("/", 1)[1] for entry in archive.due("rasid", now=NOON)} == {"young", "undated", "revived"}
    # from the second poll on an old date is no reason
    assert admit(archive, run, snapshot(item("old", published=old), item("late", published=old))) == Admitted(
        found=2, new=1, known=1
    )


def test_an_entry_that_the_feed_tells_otherwise_is_opened_again(archive: Archive, run: str) -> None:
    changes: list[tuple[str, FeedItem]] = [
        ("title", item("title", "عنوان آخر")),
        ("summary", item("summary", summary="ملخص آخر")),
        ("updated", item("updated", updated=NOON)),
        ("same", item("same", " خبر ")),
        ("failed", item("failed", "عنوان آخر")),
    ]
    admit(archive, run, snapshot(*(item(slug) for slug, _ in changes)))
    for slug, _ in changes[:-1]:
        archive.store(run, worked(slug, body(slug)), place=place)
    archive.fail(run, entry_id("failed"), reason=Reason.NOT_FOUND, detail=None, next_try_at=None)
    assert archive.due("rasid", now=NOON) == []
    again = snapshot(*(told for _, told in changes))
    assert admit(archive, run, again) == Admitted(found=5, reopened=4, known=1)
    assert {entry.id for entry in archive.due("rasid", now=NOON)} == {
        entry_id(slug) for slug in ("title", "summary", "updated", "failed")
    }
    entry = archive.entry(entry_id("failed"))
    assert entry is not None
    assert (entry.title, entry.attempts, entry.reason) == ("عنوان آخر", 0, None)
    assert admit(archive, run, again) == Admitted(found=5, known=5)


def test_a_noted_entry_stays_noted_and_a_pending_one_pending_but_their_words_are_kept(
    archive: Archive, run: str
) -> None:
    old = NOON - timedelta(days=30)
    admit(archive, run, snapshot(item("old", published=old), item("new")))
    shot = snapshot(item("old", "صيغة ثانية", published=old), item("new", "صيغة ثانية"))
    assert admit(archive, run, shot) == Admitted(found=2, known=2)
    for slug, expected in (("old", EntryState.NOTED), ("new", EntryState.PENDING)):
        entry = archive.entry(entry_id(slug))
        assert entry is not None
        assert (entry.state, entry.title) == (expected, "صيغة ثانية")


def test_two_feeds_that_word_one_entry_differently_do_not_open_it_for_ever(archive: Archive, run: str) -> None:
    other = "https://rasid.example/politics.xml"
    admit(archive, run, snapshot(item("1", summary="ملخص طويل")))
    archive.store(run, worked("1", body("1")), place=place)
    for _ in range(2):
        assert admit(archive, run, snapshot(item("1", summary="ملخص"), url=other)) == Admitted(found=1, known=1)
        assert admit(archive, run, snapshot(item("1", summary="ملخص طويل"))) == Admitted(found=1, known=1)
    assert admit(archive, run, snapshot(item("1", summary="خبر جديد"), url=other)).reopened == 1


def test_validators_are_kept_of_good_answers_only(archive: Archive, run: str) -> None:
    assert validators(archive) == Validators()
    admit(archive, run, snapshot(item("1"), etag="one"))
    assert validators(archive) == Validators(etag="one")
    admit(archive, run, snapshot(item("2"), etag="cut", problem=Reason.TRUNCATED_FEED))
    assert validators(archive) == Validators(etag="one")
    assert state(archive, "2") is EntryState.PENDING, "the items of a cut feed are kept"
    not_modified = FeedSnapshot(
        outlet="rasid",
        url=FEED,
        fetched_at=NOON,
        status=304,
        not_modified=True,
        validators=Validators(last_modified="Sun, 22 Nov 2026 12:00:00 GMT"),
    )
    admit(archive, run, not_modified)
    assert validators(archive) == Validators(etag="one", last_modified="Sun, 22 Nov 2026 12:00:00 GMT")
    admit(archive, run, snapshot(item("1")))
    assert validators(archive) == Validators(), "a full answer without validators has none"


def test_entries_and_validators_come_or_stay_away_together(archive: Archive, run: str) -> None:
    with pytest.raises(ArchiveError):  # the run's row for the feed is written last, and there is no such run
        admit(archive, "r000000000000000", snapshot(item("1"), etag="one"))
    assert validators(archive) == Validators()
    assert archive.due("rasid", now=NOON) == []


def test_a_large_feed_is_admitted_at_once(archive: Archive, run: str) -> None:
    items = [item(str(number)) for number in range(2_500)]
    assert admit(archive, run, snapshot(*items)) == Admitted(found=2500, new=2500)
    assert admit(archive, run, snapshot(*items)) == Admitted(found=2500, known=2500)


def test_nul_and_lone_surrogates_are_stored_as_replacement_characters(archive: Archive, run: str) -> None:
    admit(archive, run, snapshot(item("1", "خبر\x00 \ud83d", summary="\udfff")))
    entry = archive.entry(entry_id("1"))
    assert entry is not None
    assert (entry.title, entry.summary) == ("خبر\ufffd \ufffd", "\ufffd")


def test_a_feeds_state_remembers_the_last_error_and_counts_failures_in_a_row(archive: Archive, run: str) -> None:
    minute = timedelta(minutes=1)
    admit(archive, run, snapshot(item("1")))
    admit(archive, run, no_answer(Reason.CONNECTION, at=NOON + minute))
    admit(archive, run, snapshot(at=NOON + 2 * minute, problem=Reason.NOT_A_FEED))
    (health,) = archive.feed_states()
    assert (health.outlet, health.url, health.failures, health.last_error) == ("rasid", FEED, 2, Reason.NOT_A_FEED)
    assert health.last_success_at == health.last_new_at == NOON
    assert health.last_answered_at == health.last_polled_at == NOON + 2 * minute
    admit(archive, run, snapshot(item("1"), at=NOON + 3 * minute))
    (health,) = archive.feed_states()
    assert (health.failures, health.last_error, health.last_error_at) == (0, Reason.NOT_A_FEED, NOON + 2 * minute)


def test_a_page_by_hand_is_due_whatever_was_known(archive: Archive, run: str) -> None:
    added = archive.add_entry("rasid", "https://rasid.example/x")
    assert (added.state, added.title, added.url) == (EntryState.PENDING, "", "https://rasid.example/x")
    archive.fail(run, added.id, reason=Reason.GONE, detail=None, next_try_at=None)
    assert not archive.is_due(added.id, NOON)
    assert archive.add_entry("rasid", "https://rasid.example/x?utm_medium=rss").id == added.id
    assert archive.is_due(added.id, NOON)


def test_a_failed_try_waits_or_ends_the_entry(archive: Archive, run: str) -> None:
    admit(archive, run, snapshot(item("1"), item("2")))
    one = entry_id("1")
    archive.fail(run, one, reason=Reason.TIMED_OUT, detail="20 s", next_try_at=NOON + timedelta(minutes=10))
    assert not archive.is_due(one, NOON)
    assert archive.is_due(one, NOON + timedelta(minutes=10))
    entry = archive.entry(one)
    assert entry is not None
    assert (entry.state, entry.attempts, entry.reason, entry.detail) == (
        EntryState.PENDING,
        1,
        Reason.TIMED_OUT,
        "20 s",
    )
    archive.fail(run, one, reason=Reason.NOT_FOUND, detail=None, next_try_at=None)
    assert state(archive, "1") is EntryState.FAILED
    with pytest.raises(ArchiveError, match="e000000000000000"):
        archive.fail(run, "e000000000000000", reason=Reason.GONE, detail=None, next_try_at=None)


def test_a_late_failure_does_not_undo_what_another_crawl_stored(archive: Archive, run: str) -> None:
    admit(archive, run, snapshot(item("1")))
    archive.store(run, worked("1", body("1")), place=place)
    archive.fail(run, entry_id("1"), reason=Reason.TIMED_OUT, detail=None, next_try_at=NOON)
    assert state(archive, "1") is EntryState.STORED


def test_an_article_whose_page_went_away_stays_an_article(archive: Archive, run: str) -> None:
    admit(archive, run, snapshot(item("1")))
    archive.store(run, worked("1", body("1")), place=place)
    admit(archive, run, snapshot(item("1", "عنوان آخر")))
    archive.fail(run, entry_id("1"), reason=Reason.NOT_FOUND, detail=None, next_try_at=None)
    entry = archive.entry(entry_id("1"))
    assert entry is not None
    assert (entry.state, entry.reason) == (EntryState.STORED, Reason.NOT_FOUND)
    assert entry.article is not None


def test_a_time_given_while_the_clock_was_wrong_makes_no_entry_wait(archive: Archive, run: str) -> None:
    admit(archive, run, snapshot(item("1")))
    one = entry_id("1")
    archive.fail(run, one, reason=Reason.TIMED_OUT, detail=None, next_try_at=NOON + timedelta(days=365))
    assert archive.is_due(one, NOON)
    assert [entry.id for entry in archive.due("rasid", now=NOON)] == [one]
    assert not archive.is_due(one, NOON + timedelta(days=364)), "a day is a wait like others"


def test_answers_written_together_come_to_what_they_come_to_one_by_one(tmp_path: Path) -> None:
    """Two feeds of an outlet that tell the same entry, one feed twice, a feed that rolled over, one that failed."""
    other = "https://rasid.example/second.xml"
    later = NOON + timedelta(hours=1)
    first = [snapshot(item("1"), item("2")), snapshot(item("2"), item("3"), url=other)]
    second = [
        snapshot(item("1", "عنوان آخر"), item("4"), at=later),
        snapshot(item("4"), item("5"), url=other, at=later),
        snapshot(item("6", "سادس"), item("7", "سابع"), at=NOON + timedelta(hours=2)),
        replace(no_answer(Reason.DNS, at=NOON + timedelta(hours=3)), url=other),
    ]
    outcomes = []
    for together in (True, False):
        archive = Archive.open(f"sqlite:///{tmp_path / str(together)}.sqlite")
        run = archive.start_run("crawl", topics=[])
        admitted: list[Admitted] = []
        for answers in (first, second):
            for batch in [answers] if together else [[one] for one in answers]:
                admitted += archive.admit_each(run, batch, first_poll_max_age_s=WEEK_S)
        due = archive.due("rasid", now=NOON + timedelta(days=1))
        polls = [replace(row, id="", started_at=NOON) for row in archive.runs()]
        outcomes.append((admitted, archive.feed_states(), {entry.id: entry for entry in due}, polls))
        archive.close()
    assert outcomes[0] == outcomes[1]
    assert [one.new for one in outcomes[0][0]] == [2, 1, 1, 1, 2, 0]
    assert outcomes[0][0][4].gap

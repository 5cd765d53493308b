"""When a feed rolled over between two answers, and what only looks like it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mirqab.archive import Archive
from mirqab.types import Admitted, EntryState, FeedItem, FeedRole, FeedSnapshot, Reason
from tests.archive.making import FEED, NOON, WEEK_S, entry_id, item, no_answer, reading, snapshot

LATER = NOON + timedelta(hours=2)


def admit(archive: Archive, run: str, shot: FeedSnapshot) -> Admitted:
    return archive.admit(run, shot, first_poll_max_age_s=WEEK_S)


def told(*slugs: str, at: datetime = NOON) -> FeedSnapshot:
    return snapshot(*(item(slug, f"عنوان {slug}") for slug in slugs), at=at)


def test_an_answer_of_which_nothing_is_known_is_a_gap_and_its_entries_say_so(archive: Archive, run: str) -> None:
    assert not admit(archive, run, told("1", "2", "3")).gap, "a first poll"
    assert not admit(archive, run, told("2", "3", "4", at=NOON + timedelta(hours=1))).gap
    assert admit(archive, run, told("7", "8", at=LATER)) == Admitted(found=2, new=2, gap=True)
    after = [archive.entry(entry_id(slug)) for slug in ("4", "7", "8")]
    assert [entry and entry.after_gap for entry in after] == [None, *[NOON + timedelta(hours=1)] * 2]
    state = archive.feed_state("rasid", FEED)
    assert state is not None
    assert (state.gaps, state.last_gap_at, state.gap_since) == (1, LATER, NOON + timedelta(hours=1))
    assert not admit(archive, run, told("8", "9", at=LATER + timedelta(hours=1))).gap
    state = archive.feed_state("rasid", FEED)
    assert state is not None
    assert (state.gaps, state.last_gap_at) == (1, LATER), "it is remembered"
    (sums,) = archive.run_outlets(run)
    assert sums.gaps == 1


def test_a_gap_is_counted_from_the_last_good_answer(archive: Archive, run: str) -> None:
    admit(archive, run, told("1"))
    admit(archive, run, no_answer(Reason.TIMED_OUT, at=NOON + timedelta(hours=1)))
    assert admit(archive, run, told("7", at=LATER)).gap
    entry = archive.entry(entry_id("7"))
    assert entry is not None
    assert entry.after_gap == NOON


def test_one_known_item_is_an_overlap_also_when_another_feed_told_it(archive: Archive, run: str) -> None:
    admit(archive, run, told("1", "2"))
    admit(archive, run, replace(told("7"), url="https://rasid.example/all.xml"))
    assert not admit(archive, run, told("7", "8", "9", at=LATER)).gap


@pytest.mark.parametrize("problem", [None, Reason.TRUNCATED_FEED])
def test_items_passed_over_as_unchanged_are_known(archive: Archive, run: str, problem: Reason | None) -> None:
    admit(archive, run, told("1", "2", "3"))
    part = replace(reading(item("7", "سابع"), problem=problem), unchanged=2)
    shot = replace(told(at=LATER), reading=part)
    assert admit(archive, run, shot) == Admitted(found=3, new=1, known=2)


def test_a_feed_that_was_empty_was_no_overlap_to_lose(archive: Archive, run: str) -> None:
    admit(archive, run, told("1"))
    admit(archive, run, told(at=NOON + timedelta(hours=1)))
    assert not admit(archive, run, told("7", "8", at=LATER)).gap
    assert not admit(archive, run, told(at=LATER)).gap, "nor is an empty answer a gap"


def test_items_without_links_are_no_gap(archive: Archive, run: str) -> None:
    admit(archive, run, told("1"))
    assert admit(archive, run, snapshot(item(None), item(None), at=LATER)) == Admitted(found=2, unusable=2)


def test_a_cut_answer_is_no_gap_for_the_rest_may_be_known(archive: Archive, run: str) -> None:
    admit(archive, run, told("1", "2"))
    cut = replace(told(at=LATER), reading=reading(item("7", "سابع"), problem=Reason.TRUNCATED_FEED))
    assert admit(archive, run, cut) == Admitted(found=1, new=1)


@pytest.mark.parametrize("role", [FeedRole.CHILD, FeedRole.BACKFILL])
def test_what_is_asked_beside_the_feeds_has_no_gaps(archive: Archive, run: str, role: FeedRole) -> None:
    admit(archive, run, replace(told("1"), role=role))
    assert not admit(archive, run, replace(told("7", at=LATER), role=role)).gap


def with_guids(*parts: tuple[str, str | None, str], at: datetime, dated: bool = True) -> FeedSnapshot:
    """Return an answer of items (slug, guid, title)."""
    items: list[FeedItem] = []
    for slug, guid, title in parts:
        published = at - timedelta(minutes=3) if dated else None
        items.append(replace(item(slug, title, published=published), guid=guid))
    return snapshot(*items, at=at)


def test_new_addresses_of_known_items_are_no_gap(archive: Archive, run: str) -> None:
    """A feed with a session in every link: the address decides what is an entry, guid and title what is a gap."""
    admit(archive, run, with_guids(("1?s=a", "g1", "أول"), ("2?s=a", "g2", "ثان"), at=NOON))
    again = admit(archive, run, with_guids(("1?s=b", "g1", "أول"), ("2?s=b", "g2", "ثان آخر"), at=LATER))
    assert (again.new, again.gap) == (2, False)
    undated = [("5?s=a", None, "خامس"), ("6?s=a", None, "سادس")]
    shot = snapshot(*(replace(item(slug, title), guid=None) for slug, _, title in undated), at=LATER)
    admit(archive, run, shot)
    moved = snapshot(replace(item("5?s=b", "خامس"), guid=None), at=LATER + timedelta(hours=1))
    assert not admit(archive, run, moved).gap, "title and date are those of a known one"


def test_guids_that_prove_nothing_do_not_hide_a_gap(archive: Archive, run: str) -> None:
    # one for all items
    admit(archive, run, with_guids(("1", "same", "أول"), ("2", "same", "ثان"), at=NOON))
    one = admit(archive, run, with_guids(("3", "same", "أول"), ("4", "same", "رابع"), at=LATER))
    assert (one.new, one.gap) == (2, True), "items of one guid are not taken for one either"
    # numbered by place: the same guids under other titles
    numbered = LATER + timedelta(hours=1)
    assert admit(archive, run, with_guids(("5", "1", "خامس"), ("6", "2", "سادس"), at=numbered)).gap
    assert admit(archive, run, with_guids(("7", "1", "سابع"), ("8", "2", "ثامن"), at=numbered + timedelta(hours=1))).gap


def test_another_guid_at_every_poll_makes_no_new_entry(archive: Archive, run: str) -> None:
    for number in range(3):
        at = NOON + timedelta(hours=number)
        shot = snapshot(replace(item("1"), guid=f"g{number}"), replace(item("2"), guid=None), at=at)
        admitted = admit(archive, run, shot)
        assert (admitted.new, admitted.gap) == ((2, False) if number == 0 else (0, False))
    assert archive.outlet_counts()["rasid"].entries == 2


def test_backfill_notes_what_is_older_than_the_gap_and_is_counted_as_found_again(archive: Archive, run: str) -> None:
    since = NOON - timedelta(hours=2)
    admit(archive, run, told("1", at=since))
    assert archive.found_again() == {}
    assert admit(archive, run, told("7", at=NOON)).gap
    places = replace(
        snapshot(
            item("old", published=since - timedelta(minutes=1)),
            item("lost", published=since + timedelta(minutes=1)),
            item("undated", published=None),
            item("7", "عنوان 7"),
            url="https://rasid.example/sitemap.xml",
            at=NOON + timedelta(minutes=1),
        ),
        role=FeedRole.BACKFILL,
        since=since,
    )
    assert admit(archive, run, places) == Admitted(found=4, new=2, known=1, noted=1)
    old = archive.entry(entry_id("old"))
    assert old is not None
    assert old.state is EntryState.NOTED
    assert archive.found_again() == {"rasid": 2}


def test_what_was_noted_after_a_gap_is_opened_when_a_feed_tells_it(archive: Archive, run: str) -> None:
    since = NOON - timedelta(hours=2)
    places = replace(
        snapshot(
            item("young", published=since - timedelta(hours=1)),
            item("undated", published=None),
            item("old", published=NOON - timedelta(days=8)),
            url="https://rasid.example/sitemap.xml",
        ),
        role=FeedRole.BACKFILL,
        since=since,
    )
    assert admit(archive, run, places) == Admitted(found=3, new=1, noted=2)
    again = replace(places, fetched_at=NOON + timedelta(minutes=1))
    assert admit(archive, run, again) == Admitted(found=3, known=3), "its second look is at what it noted itself"
    feed = snapshot(
        item("young", published=since - timedelta(hours=1)),
        item("old", published=NOON - timedelta(days=8)),
        url="https://rasid.example/politics.xml",
        at=LATER,
    )
    assert admit(archive, run, feed) == Admitted(found=2, reopened=1, known=1)
    standings = {slug: archive.entry(entry_id(slug)) for slug in ("young", "old")}
    assert {slug: entry.state for slug, entry in standings.items() if entry} == {
        "young": EntryState.PENDING,
        "old": EntryState.NOTED,
    }
    assert archive.is_due(entry_id("young"), LATER)
    assert admit(archive, run, replace(feed, fetched_at=LATER + timedelta(minutes=1))).known == 2


def test_an_old_entry_that_was_changed_today_is_no_old_news(archive: Archive, run: str) -> None:
    old = item("live", published=NOON - timedelta(days=9))
    assert admit(archive, run, snapshot(old)).noted == 1
    assert admit(archive, run, snapshot(replace(old, title="عنوان آخر"), at=LATER)).known == 1, "its date is as old"
    assert admit(archive, run, snapshot(replace(old, updated=LATER), at=LATER)).reopened == 1


def test_a_day_without_a_time_may_be_its_last_minute(archive: Archive, run: str) -> None:
    places = replace(
        snapshot(
            replace(item("today", published=NOON.replace(hour=0)), published_raw=f"{NOON:%Y-%m-%d}"),
            replace(item("before", published=NOON.replace(hour=0)), published_raw=f"{NOON:%Y-%m-%d}T00:00:00Z"),
            at=LATER,
        ),
        role=FeedRole.BACKFILL,
        since=NOON,
    )
    assert admit(archive, run, places) == Admitted(found=2, new=1, noted=1)

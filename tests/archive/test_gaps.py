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


def test_what_another_feed_told_is_no_overlap_but_not_lost_either(archive: Archive, run: str) -> None:
    admit(archive, run, told("1", "2"))
    everything = replace(told("7", "8"), url="https://rasid.example/all.xml")
    admit(archive, run, everything)
    assert admit(archive, run, told("7", "8", "9", at=LATER)) == Admitted(found=3, new=1, known=2, gap=True)
    entries = [archive.entry(entry_id(slug)) for slug in ("7", "8", "9")]
    assert [entry and entry.after_gap for entry in entries] == [None, None, NOON]
    admit(archive, run, replace(told("12", "13", at=LATER), url=everything.url))
    hour_later = LATER + timedelta(hours=1)
    assert not admit(archive, run, told("12", "13", at=hour_later)).gap, "the other feed brought all of it"


def dated(*hours: float | None, at: datetime, updated: datetime | None = None) -> FeedSnapshot:
    """Return an answer of items that are called and dated by the hours before or after noon; None has no date."""
    items: list[FeedItem] = []
    for hour in hours:
        published = None if hour is None else NOON + timedelta(hours=hour)
        items.append(replace(item(f"at{hour}", f"عنوان {hour}", published=published), updated=updated))
    return snapshot(*items, at=at)


PINNED = -900.0


@pytest.mark.parametrize("pinned", [(PINNED,), (PINNED, PINNED - 1)])
def test_what_stays_on_top_hides_no_gap(archive: Archive, run: str, pinned: tuple[float, ...]) -> None:
    assert not admit(archive, run, dated(*pinned, 0, -1, -2, -3, at=NOON)).gap
    assert not admit(archive, run, dated(*pinned, 1, 0, -1, -2, at=NOON + timedelta(hours=1))).gap
    rolled = admit(archive, run, dated(*pinned, 9, 8, 7, 6, at=NOON + timedelta(hours=9)))
    assert (rolled.new, rolled.known, rolled.gap) == (4, len(pinned), True)
    assert not admit(archive, run, dated(*pinned, 12, 11, 10, 9, at=NOON + timedelta(hours=12))).gap
    assert admit(archive, run, dated(*pinned, 19, 18, 17, 16, at=NOON + timedelta(hours=19))).gap, "not only once"


def test_what_is_told_anew_on_top_hides_no_gap(archive: Archive, run: str) -> None:
    admit(archive, run, dated(PINNED, 0, -1, -2, at=NOON))
    shot = dated(PINNED, 9, 8, 7, at=NOON + timedelta(hours=9), updated=NOON)
    assert admit(archive, run, shot).gap


def test_what_stays_on_top_without_dates_is_known_by_what_came_since(archive: Archive, run: str) -> None:
    for number in range(3):
        names = [f"{one}" for one in range(number + 3, number, -1)]
        items = [replace(item(name, f"عنوان {name}", published=None)) for name in ("pinned", *names)]
        assert not admit(archive, run, snapshot(*items, at=NOON + timedelta(hours=number))).gap
    items = [item(name, f"عنوان {name}", published=None) for name in ("pinned", "9", "8", "7")]
    assert admit(archive, run, snapshot(*items, at=NOON + timedelta(hours=9))).gap


def test_the_last_newest_item_in_a_long_answer_is_an_overlap(archive: Archive, run: str) -> None:
    admit(archive, run, dated(*range(0, -20, -1), at=NOON))
    for hour, last in ((19, 19.0), (38, 38.0)):
        shot = dated(*range(hour, hour - 20, -1), at=NOON + timedelta(hours=last))
        assert not admit(archive, run, shot).gap, "one in twenty is left, the newest"
    withdrawn = dated(*range(57, 38, -1), 37, at=NOON + timedelta(hours=57))
    assert not admit(archive, run, withdrawn).gap, "the newest was taken back, the next is left"


def test_items_that_come_oldest_first_roll_over_alike(archive: Archive, run: str) -> None:
    admit(archive, run, dated(*range(-9, 1), at=NOON))
    assert not admit(archive, run, dated(*range(10), at=NOON + timedelta(hours=9))).gap
    assert admit(archive, run, dated(*range(12, 22), at=NOON + timedelta(hours=21))).gap


def test_a_feed_that_shrinks_to_old_items_has_lost_nothing(archive: Archive, run: str) -> None:
    admit(archive, run, dated(*range(0, -20, -1), at=NOON))
    assert not admit(archive, run, dated(-18, -19, at=LATER)).gap
    admit(archive, run, dated(*range(2, -18, -1), at=LATER))
    assert not admit(archive, run, dated(-15, 3, 4, 5, at=LATER + timedelta(hours=3))).gap


def test_a_pinned_item_with_a_session_in_its_link_hides_no_gap(archive: Archive, run: str) -> None:
    def sessions(session: str, *hours: float, at: datetime) -> FeedSnapshot:
        shot = dated(*hours, at=at)
        assert shot.reading is not None
        items = [replace(one, url=f"{one.url}?s={session}", guid=one.title) for one in shot.reading.items]
        return snapshot(*items, at=at)

    admit(archive, run, sessions("a", PINNED, 0, -1, -2, at=NOON))
    assert not admit(archive, run, sessions("b", PINNED, 2, 1, 0, at=LATER)).gap
    assert admit(archive, run, sessions("c", PINNED, 9, 8, 7, at=NOON + timedelta(hours=9))).gap


def test_another_feed_s_item_under_another_address_is_no_overlap(archive: Archive, run: str) -> None:
    admit(archive, run, dated(0, -1, at=NOON))
    other = replace(item("elsewhere", "عنوان 7", published=NOON + timedelta(hours=7)), guid="at7")
    admit(archive, run, snapshot(other, url="https://rasid.example/all.xml", at=LATER))
    assert admit(archive, run, dated(8, 7, at=NOON + timedelta(hours=8))).gap


def test_an_archive_that_did_not_write_the_newest_down_sees_what_it_can(archive: Archive, run: str) -> None:
    admit(archive, run, replace(dated(PINNED, 0, -1, -2, at=NOON), role=FeedRole.BACKFILL))
    assert not admit(archive, run, dated(PINNED, 5, 4, 3, at=NOON + timedelta(hours=5))).gap
    assert admit(archive, run, dated(PINNED, 9, 8, 7, at=NOON + timedelta(hours=9))).gap


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


def test_the_first_answer_under_another_declaration_is_no_gap(archive: Archive, run: str) -> None:
    admit(archive, run, told("1", "2"))
    assert not admit(archive, run, replace(told("7", "8", at=LATER), redeclared=True)).gap
    assert admit(archive, run, told("9", at=LATER + timedelta(hours=1))).gap

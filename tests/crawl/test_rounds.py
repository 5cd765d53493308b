"""Where an answer leads, decided without a network: children of an index, places to look after a gap."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawler.leads import LATENESS, MOST_CHILDREN, MOST_PLACES, newest_children
from crawler.rounds import Poll, Round
from mirqab.types import ChildSitemap, Feed, FeedKind, FeedRole, FeedState, Outlet, OutletKind, Validators

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOME = "https://nahr.example/"
RSS = HOME + "rss"


def outlet(*feeds: str, backfill: tuple[str, ...] = ()) -> Outlet:
    return Outlet(
        id="nahr",
        name="نهر",
        name_en="Nahr",
        country="iq",
        kind=OutletKind.NEWSPAPER,
        timezone="Asia/Baghdad",
        home=HOME,
        feeds=tuple(Feed(url=url) for url in feeds),
        backfill=tuple(Feed(url=url, kind=FeedKind.SITEMAP) for url in backfill),
    )


def state(url: str, **more: object) -> FeedState:
    return FeedState(outlet="nahr", url=url, **more)  # type: ignore[arg-type]


def child(name: str, hours_ago: float | None = None) -> ChildSitemap:
    modified = None if hours_ago is None else NOW - timedelta(hours=hours_ago)
    return ChildSitemap(url=HOME + name, modified=modified)


def begun(*states: FeedState, only_due: bool = False, **more: tuple[str, ...]) -> Round:
    round_ = Round(outlet=outlet(RSS, **more), states={one.url: one for one in states})
    round_.begin(NOW, only_due=only_due)
    return round_


def names(children: list[ChildSitemap]) -> list[str]:
    return [one.url.removeprefix(HOME) for one in children]


# -------------------------------------------------------------------------------------------- children


def test_the_newest_children_come_first_and_the_rest_is_counted() -> None:
    named = [child("old", 90), child("none"), child("new", 1), *(child(f"day{day}", 24 * day) for day in range(2, 8))]
    children, left = newest_children(named, known={}, now=NOW)
    assert (names(children), left) == (["new", "day2", "day3", "old", "day4"], len(named) - MOST_CHILDREN)


def test_children_that_have_not_changed_since_they_were_read_are_passed_over() -> None:
    named = [child("read", 48), child("changed", 2), child("failed", 48), child("undated")]
    read = {"last_success_at": NOW - timedelta(hours=12)}
    known = {HOME + name: state(HOME + name, **read) for name in ("read", "changed", "undated")}
    known[HOME + "failed"] = state(HOME + "failed", failures=1, **read)
    assert names(newest_children(named, known=known, now=NOW)[0]) == ["changed", "failed", "undated"]
    since = NOW - timedelta(hours=5)
    assert names(newest_children(named, known={}, now=NOW, since=since)[0]) == ["changed", "undated"]


def test_busy_children_take_turns_so_that_none_is_left_out_for_ever() -> None:
    named = [child(f"section{number}", 0.1 + number / 10) for number in range(9)]
    known: dict[str, FeedState] = {}
    for minute, rest in enumerate((["section3", "section4"], ["section5", "section6"], ["section7", "section8"])):
        children, left = newest_children(named, known=known, now=NOW)
        assert (names(children), left) == (["section0", "section1", "section2", *rest], 4)
        for one in children:
            known[one.url] = state(one.url, last_success_at=NOW + timedelta(minutes=minute))
    assert names(newest_children(named, known=known, now=NOW)[0])[3:] == ["section3", "section4"]


def test_the_child_of_today_is_asked_before_those_of_days_never_read() -> None:
    named = [child("today", 0.1), *(child(f"day{day}", 24 * day) for day in range(3, 12))]
    known = {HOME + "today": state(HOME + "today", last_success_at=NOW - timedelta(minutes=5))}
    assert names(newest_children(named, known=known, now=NOW)[0])[0] == "today"


def test_a_child_that_failed_rests_until_it_is_due_again() -> None:
    gone = {"failures": 1, "last_polled_at": NOW - timedelta(hours=1)}
    known = {
        HOME + name: state(HOME + name, next_poll_at=NOW + timedelta(hours=hours), **gone)
        for name, hours in (("gone", 100), ("due", -0.1))
    }
    assert names(newest_children([child("gone", 1), child("due", 2)], known=known, now=NOW)[0]) == ["due"]


def test_children_of_children_and_declared_feeds_are_left_alone() -> None:
    round_ = begun()
    (poll,) = round_.polls
    (asked,), left = round_.children(poll, [child("rss"), child("a"), child("a")], NOW)
    assert (asked.feed.url, asked.role, left) == (HOME + "a", FeedRole.CHILD, 0)
    assert round_.children(asked, [child("b")], NOW) == ([], 0)
    assert round_.children(poll, [child("a")], NOW) == ([], 0), "asked once in a run"


# ------------------------------------------------------------------------------------------- validators


def test_both_validators_are_sent_and_none_when_the_server_is_not_believed() -> None:
    known = Validators(etag='"one"', last_modified="Sun, 22 Nov 2026 10:00:00 GMT")
    believed = begun(state(RSS, validators=known)).polls[0]
    assert believed.headers == {"If-None-Match": '"one"', "If-Modified-Since": "Sun, 22 Nov 2026 10:00:00 GMT"}
    doubted = begun(state(RSS, validators=known, trusts_304=False, distrusted_at=NOW)).polls[0]
    assert (doubted.unconditional, doubted.headers) == (True, {})


def test_only_due_feeds_are_asked() -> None:
    resting = state(RSS, last_polled_at=NOW - timedelta(minutes=1), next_poll_at=NOW + timedelta(minutes=4))
    assert begun(resting, only_due=True).polls == []
    assert len(begun(resting).polls) == 1
    assert len(begun(only_due=True).polls) == 1, "a feed never asked is due"


# ------------------------------------------------------------------------------------------- after a gap


def test_declared_places_before_those_of_robots_and_the_home_page_when_they_had_nothing() -> None:
    sitemaps = [f"{HOME}map{number}.xml" for number in range(5)]
    round_ = begun(backfill=(HOME + "archive.xml",))
    assert not round_.looks_elsewhere
    round_.gaps[RSS] = NOW - timedelta(hours=3)
    (declared,) = round_.elsewhere(sitemaps)
    assert (declared.feed.url, declared.role) == (HOME + "archive.xml", FeedRole.BACKFILL)
    assert declared.since == NOW - timedelta(hours=3) - LATENESS
    (home,) = round_.elsewhere(sitemaps)
    assert (home.feed.url, home.feed.kind) == (HOME, FeedKind.SECTION)
    assert round_.elsewhere(sitemaps) == []

    round_ = begun()
    round_.gaps[RSS] = NOW
    assert [poll.feed.url for poll in round_.elsewhere(sitemaps)] == sitemaps[:MOST_PLACES]
    assert round_.elsewhere(sitemaps) == [], "three addresses are enough"


def test_the_children_of_all_places_together_are_few() -> None:
    round_ = begun()
    round_.gaps[RSS] = NOW - timedelta(days=9)
    first, second = round_.elsewhere([HOME + "one.xml", HOME + "two.xml"])
    of_first, _ = round_.children(first, [child(f"a{number}", number) for number in range(4)], NOW)
    of_second, left = round_.children(second, [child(f"b{number}", number) for number in range(4)], NOW)
    assert (len(of_first), len(of_second), left) == (4, 1, 3)
    assert {poll.role for poll in (*of_first, *of_second)} == {FeedRole.BACKFILL}


def test_a_gap_after_which_was_not_looked_to_the_end_is_owed_a_look_for_a_week() -> None:
    gap = {"last_gap_at": NOW - timedelta(hours=1), "gap_since": NOW - timedelta(hours=5)}
    owed = {RSS: NOW - timedelta(hours=5)}
    assert begun(state(RSS, **gap)).gaps == owed
    assert begun(state(RSS, **gap, looked_at=NOW - timedelta(minutes=59))).gaps == {}
    assert begun(state(RSS, **gap, looked_at=NOW - timedelta(days=2))).gaps == owed, "that was for an earlier gap"
    elsewhere = state(HOME, last_polled_at=NOW - timedelta(minutes=5))
    assert begun(state(RSS, **gap), elsewhere).gaps == owed, "one place was asked, and there may be others"
    assert begun(state(RSS, **gap | {"last_gap_at": NOW - timedelta(days=8)})).gaps == {}


# -------------------------------------------------------------------------------- a changed declaration


@pytest.mark.parametrize(
    "changed",
    [{"timezone": "UTC"}, {"max_items": 10}, {"kind": FeedKind.SECTION}, {"links": "/news/*"}],
)
def test_what_is_known_of_a_feed_does_not_hide_another_declaration(changed: dict[str, Any]) -> None:
    first = Poll(outlet=outlet(RSS), feed=Feed(url=RSS))
    known = state(RSS, validators=Validators(etag="one", body_hash=first.body_hash(b"body")))
    assert replace(first, known=known).headers == {"If-None-Match": "one"}
    feed = replace(first.feed, **{key: value for key, value in changed.items() if key in ("kind", "links")})
    place = replace(first.outlet, timezone=changed.get("timezone", first.outlet.timezone))
    again = replace(first, known=known, feed=feed, outlet=place, max_items=changed.get("max_items", 2000))
    assert (again.headers, again.redeclared, again.snapshot().redeclared) == ({}, True, True)
    assert again.body_hash(b"body") != first.body_hash(b"body")
    old = state(RSS, validators=Validators(etag="one", body_hash="of an older archive"))
    assert replace(again, known=old).headers == {"If-None-Match": "one"}


def test_when_a_body_was_compressed_does_not_tell_it_from_itself() -> None:
    poll = Poll(outlet=outlet(RSS), feed=Feed(url=RSS))
    early, late = (poll.body_hash(gzip.compress(b"body", mtime=moment)) for moment in (1, 2))
    assert early == late != poll.body_hash(gzip.compress(b"another", mtime=1))

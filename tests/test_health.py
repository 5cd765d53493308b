"""The health of outlets: a pure decision over what the archive knows of their feeds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mirqab.health import SLACK_S, UNSCHEDULED_LIMIT_S, Condition, FeedHealth, limit_s, outlet_health
from mirqab.types import Feed, FeedState, HostState, Outlet, OutletKind, Reason

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR_S = 3600.0


def outlet(name: str, *feeds: str, enabled: bool = True) -> Outlet:
    return Outlet(
        id=name,
        name="راصد",
        name_en=name,
        country="iq",
        kind=OutletKind.WIRE,
        timezone="Asia/Baghdad",
        home=f"https://{name}.example/",
        feeds=tuple(Feed(url=f"https://{name}.example/{feed}") for feed in feeds or ("rss",)),
        enabled=enabled,
        reason=None if enabled else "closed its feed",
    )


def record(name: str, *, feed: str = "rss", success_h: float | None = None, failures: int = 0) -> FeedState:
    success = None if success_h is None else NOW - timedelta(hours=success_h)
    return FeedState(
        outlet=name,
        url=f"https://{name}.example/{feed}",
        last_polled_at=NOW,
        last_answered_at=success,
        last_success_at=success,
        last_new_at=success,
        last_error=Reason.TLS if failures else None,
        last_error_at=NOW if failures else None,
        last_error_detail="certificate has expired" if failures else None,
        failures=failures,
    )


def conditions(outlets: list[Outlet], records: list[FeedState], turn_s: float = HOUR_S) -> dict[str, Condition]:
    found = outlet_health(outlets, records, turns_s={one.id: turn_s for one in outlets}, now=NOW)
    return {one.outlet: one.condition for one in found}


def test_an_outlet_is_well_until_it_missed_its_second_turn() -> None:
    outlets = [outlet("early"), outlet("late")]
    just_in_time = (2 * HOUR_S + SLACK_S) / HOUR_S
    records = [record("early", success_h=just_in_time), record("late", success_h=just_in_time + 0.01)]
    assert conditions(outlets, records) == {"late": Condition.OVERDUE, "early": Condition.WELL}


def test_without_a_job_an_outlet_is_overdue_after_a_day() -> None:
    (found,) = outlet_health([outlet("rasid")], [record("rasid", success_h=25)], turns_s={}, now=NOW)
    assert found.condition is Condition.OVERDUE
    assert found.limit_s == limit_s(None) == UNSCHEDULED_LIMIT_S


def test_a_declared_outlet_that_was_never_asked_is_said_to_have_never_answered() -> None:
    assert conditions([outlet("rasid")], []) == {"rasid": Condition.NEVER}


def test_the_worst_feed_decides_and_its_reason_is_told() -> None:
    records = [record("rasid", feed="a", success_h=0), record("rasid", feed="b", success_h=3, failures=4)]
    (found,) = outlet_health([outlet("rasid", "a", "b")], records, turns_s={}, now=NOW)
    assert found.condition is Condition.FAILING
    assert (found.last_error, found.detail) == (Reason.TLS, "certificate has expired")
    assert found.last_success_at == NOW, "the latest success of any feed"
    assert [feed.failures for feed in found.feeds] == [0, 4]


def test_an_error_that_has_passed_is_told_with_its_time_and_worries_nobody() -> None:
    error_at = NOW - timedelta(hours=5)
    healed = replace(record("rasid", success_h=0), last_error=Reason.TLS, last_error_at=error_at)
    (found,) = outlet_health([outlet("rasid")], [healed], turns_s={}, now=NOW)
    assert found.condition is Condition.WELL
    assert (found.last_error, found.last_error_at, found.feeds[0].failures) == (Reason.TLS, error_at, 0)


def test_an_error_that_stands_is_told_before_a_later_one_that_has_passed() -> None:
    stands = replace(record("rasid", feed="a", success_h=9, failures=2), last_error_at=NOW - timedelta(hours=2))
    passed = replace(record("rasid", feed="b", success_h=0), last_error=Reason.DNS, last_error_at=NOW)
    (found,) = outlet_health([outlet("rasid", "b", "a")], [stands, passed], turns_s={}, now=NOW)
    assert (found.last_error, found.last_error_at) == (Reason.TLS, NOW - timedelta(hours=2))


def test_what_the_declaration_says_stands_until_the_feed_answers_us() -> None:
    said = datetime(2026, 3, 1, tzinfo=UTC)
    declared = replace(outlet("rasid"), feeds=(Feed(url="https://rasid.example/rss", last_answered=said),))
    (before,) = outlet_health([declared], [], turns_s={}, now=NOW)
    (after,) = outlet_health([declared], [record("rasid", success_h=1)], turns_s={}, now=NOW)
    assert (before.feeds[0].last_answered_at, before.condition) == (said, Condition.NEVER)
    assert after.feeds[0].last_answered_at == NOW - timedelta(hours=1)


def test_an_outlet_that_is_off_says_why_and_comes_last() -> None:
    outlets = [outlet("off", enabled=False), outlet("rasid")]
    found = outlet_health(outlets, [record("rasid", success_h=0)], turns_s={}, now=NOW)
    assert [(one.outlet, one.condition, one.why_off) for one in found] == [
        ("rasid", Condition.WELL, None),
        ("off", Condition.OFF, "closed its feed"),
    ]


def state(name: str, *, feed: str = "rss", **known: Any) -> FeedState:
    """Return the state of a feed that answered an hour ago, with this known of it."""
    told: dict[str, Any] = {"last_success_at": NOW - timedelta(hours=1), "last_polled_at": NOW} | known
    return FeedState(outlet=name, url=f"https://{name}.example/{feed}", **told)


def feed_health(known: FeedState, **more: Any) -> FeedHealth:
    (found,) = outlet_health([outlet(known.outlet)], [known], turns_s={known.outlet: 300.0}, now=NOW, **more)
    return found.feeds[0]


def test_a_feed_is_overdue_only_after_it_was_due() -> None:
    """A feed that is asked every six hours is not late after one, however often the timetable looks."""
    due = NOW - timedelta(seconds=limit_s(300.0))
    long_ago = NOW - timedelta(hours=7)
    assert feed_health(state("rasid", last_success_at=long_ago)).condition is Condition.OVERDUE
    just = state("rasid", last_success_at=long_ago, next_poll_at=due)
    assert feed_health(just).condition is Condition.WELL
    late = replace(just, next_poll_at=due - timedelta(seconds=1))
    assert feed_health(late).condition is Condition.OVERDUE
    resting = HostState(
        host="https://rasid.example:443", not_before=NOW + timedelta(hours=1), because=Reason.TOO_MANY_REQUESTS
    )
    found = feed_health(late, resting={resting.host: resting})
    assert (found.condition, found.resting_until) == (Condition.WELL, resting.not_before)
    assert found.resting_because is Reason.TOO_MANY_REQUESTS


def test_a_gap_is_told_for_a_week_with_what_was_found_again() -> None:
    at, since = NOW - timedelta(days=6), NOW - timedelta(days=6, hours=2)
    rolled = state("rasid", gaps=1, last_gap_at=at, gap_since=since)
    (found,) = outlet_health([outlet("rasid")], [rolled], turns_s={}, now=NOW, found_again={"rasid": 3})
    assert (found.feeds[0].lost, found.found_again, found.condition) == ((since, at), 3, Condition.WELL)
    assert feed_health(replace(rolled, last_gap_at=NOW - timedelta(days=8))).lost is None


def test_moves_ends_and_untruths_are_told() -> None:
    there = "https://rasid.example/feed"
    assert feed_health(state("rasid", moved_to=there, moved_times=1)).declare_instead is None
    assert feed_health(state("rasid", moved_to=there, moved_times=2)).declare_instead == there
    gone = feed_health(state("rasid", gone_at=NOW, failures=1, last_error=Reason.GONE))
    assert (gone.gone_since, gone.condition) == (NOW, Condition.FAILING)
    assert feed_health(state("rasid", trusts_304=False, distrusted_at=NOW)).distrusted_at == NOW
    assert feed_health(state("rasid")).distrusted_at is None

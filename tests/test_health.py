"""The health of outlets: a pure decision over what the archive knows of their feeds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mirqab.archive import FeedHealth
from mirqab.health import SLACK_S, UNSCHEDULED_LIMIT_S, Condition, limit_s, outlet_health
from mirqab.types import Feed, Outlet, OutletKind, Reason

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


def record(name: str, *, feed: str = "rss", success_h: float | None = None, streak: int = 0) -> FeedHealth:
    success = None if success_h is None else NOW - timedelta(hours=success_h)
    return FeedHealth(
        outlet=name,
        url=f"https://{name}.example/{feed}",
        last_polled_at=NOW,
        last_answered_at=success,
        last_success_at=success,
        last_new_at=success,
        last_error=Reason.TLS if streak else None,
        last_error_at=NOW if streak else None,
        last_error_detail="certificate has expired" if streak else None,
        streak=streak,
    )


def conditions(outlets: list[Outlet], records: list[FeedHealth], turn_s: float = HOUR_S) -> dict[str, Condition]:
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
    records = [record("rasid", feed="a", success_h=0), record("rasid", feed="b", success_h=3, streak=4)]
    (found,) = outlet_health([outlet("rasid", "a", "b")], records, turns_s={}, now=NOW)
    assert found.condition is Condition.FAILING
    assert (found.last_error, found.detail) == (Reason.TLS, "certificate has expired")
    assert found.last_success_at == NOW, "the latest success of any feed"
    assert [feed.failures for feed in found.feeds] == [0, 4]


def test_an_error_that_has_passed_is_no_longer_told() -> None:
    healed = record("rasid", success_h=0)
    (found,) = outlet_health([outlet("rasid")], [healed], turns_s={}, now=NOW)
    assert (found.condition, found.last_error) == (Condition.WELL, None)


def test_an_outlet_that_is_off_says_why_and_comes_last() -> None:
    outlets = [outlet("off", enabled=False), outlet("rasid")]
    found = outlet_health(outlets, [record("rasid", success_h=0)], turns_s={}, now=NOW)
    assert [(one.outlet, one.condition, one.why_off) for one in found] == [
        ("rasid", Condition.WELL, None),
        ("off", Condition.OFF, "closed its feed"),
    ]

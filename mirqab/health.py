"""How the outlets do: answered lately, failing, overdue, never answered, or switched off.

A pure decision over the archive's record of each feed and how often the timetable asks; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mirqab.types import Feed, FeedState, Outlet, Reason

# An outlet that no job of the timetable reads is overdue after a day.
UNSCHEDULED_LIMIT_S = 24 * 3600.0
# A scheduled one may miss one turn and be a little late before anybody is told.
TURNS = 2
SLACK_S = 600.0


class Condition(StrEnum):
    """How one outlet does, the worst of its feeds deciding."""

    FAILING = "failing"  # the last answer of a feed was none, or unusable
    OVERDUE = "overdue"  # no success for longer than the timetable allows
    NEVER = "never answered"  # declared, but no feed of it has answered yet
    WELL = "well"
    OFF = "off"


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedHealth:
    """One feed: its last success, and its last error, which stands while `failures` (in a row) is above 0.

    `last_answered_at` is what the declaration says of a feed that never answered us.
    """

    url: str
    condition: Condition
    last_success_at: datetime | None
    last_answered_at: datetime | None
    reason: Reason | None
    detail: str | None
    last_error_at: datetime | None
    failures: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OutletHealth:
    """One outlet: the worst of its feeds, and the last error of any. It may stay without success for `limit_s`."""

    outlet: str
    name: str
    condition: Condition
    last_success_at: datetime | None
    last_error: Reason | None
    last_error_at: datetime | None
    detail: str | None
    limit_s: float
    why_off: str | None
    feeds: tuple[FeedHealth, ...]


def limit_s(turn_s: float | None) -> float:
    """Return how many seconds an outlet may stay without success, asked every `turn_s` seconds (None: by no job)."""
    return UNSCHEDULED_LIMIT_S if turn_s is None else TURNS * turn_s + SLACK_S


def outlet_health(
    outlets: Sequence[Outlet],
    records: Iterable[FeedState],
    *,
    turns_s: Mapping[str, float],
    now: datetime,
) -> list[OutletHealth]:
    """Return every declared outlet's health, the ones that need a look first.

    `turns_s` maps an outlet to the longest time between two turns that the timetable gives it.
    """
    known = {(record.outlet, record.url): record for record in records}
    health = [_outlet(outlet, known, limit_s(turns_s.get(outlet.id)), now) for outlet in outlets]
    order = list(Condition)
    return sorted(health, key=lambda one: order.index(one.condition))


def _outlet(outlet: Outlet, known: Mapping[tuple[str, str], FeedState], limit: float, now: datetime) -> OutletHealth:
    feeds = tuple(_feed(feed, known.get((outlet.id, feed.url)), limit, now) for feed in outlet.feeds)
    order = list(Condition)
    worst = min(feeds, key=lambda feed: order.index(feed.condition), default=None)
    successes = [feed.last_success_at for feed in feeds if feed.last_success_at is not None]
    # one that stands goes before one that has passed, however late
    erring = max(
        (feed for feed in feeds if feed.last_error_at is not None),
        key=lambda feed: (feed.failures > 0, feed.last_error_at),
        default=None,
    )
    return OutletHealth(
        outlet=outlet.id,
        name=outlet.name,
        condition=Condition.OFF if not outlet.enabled else worst.condition if worst else Condition.NEVER,
        last_success_at=max(successes, default=None),
        last_error=erring.reason if erring else None,
        last_error_at=erring.last_error_at if erring else None,
        detail=erring.detail if erring else None,
        limit_s=limit,
        why_off=None if outlet.enabled else outlet.reason,
        feeds=feeds,
    )


def _feed(declared: Feed, record: FeedState | None, limit: float, now: datetime) -> FeedHealth:
    if record is None:
        return FeedHealth(
            url=declared.url,
            condition=Condition.NEVER,
            last_success_at=None,
            last_answered_at=declared.last_answered,
            reason=None,
            detail=None,
            last_error_at=None,
            failures=0,
        )
    if record.failures > 0:
        condition = Condition.FAILING
    elif record.last_success_at is None:
        condition = Condition.NEVER
    elif now - record.last_success_at > timedelta(seconds=limit):
        condition = Condition.OVERDUE
    else:
        condition = Condition.WELL
    return FeedHealth(
        url=declared.url,
        condition=condition,
        last_success_at=record.last_success_at,
        last_answered_at=record.last_answered_at or declared.last_answered,
        reason=record.last_error,
        detail=record.last_error_detail,
        last_error_at=record.last_error_at,
        failures=record.failures,
    )

"""How the outlets do: answered lately, failing, overdue, never answered, or switched off.

A pure decision over what the archive remembers of each feed and how often the timetable looks; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mirqab.addresses import origin_of
from mirqab.polling import suggestion
from mirqab.types import Feed, FeedState, HostState, Outlet, Reason

# An outlet that no job of the timetable reads is overdue after a day.
UNSCHEDULED_LIMIT_S = 24 * 3600.0
# A scheduled one may miss one turn and be a little late, from when it was due, before anybody is told.
TURNS = 2
SLACK_S = 600.0
# So long a gap is told of.
GAP_TOLD = timedelta(days=7)


class Condition(StrEnum):
    """How one outlet does, the worst of its feeds deciding."""

    FAILING = "failing"  # the last answer of a feed was none, or unusable
    OVERDUE = "overdue"  # due for longer than the timetable allows
    NEVER = "never answered"  # declared, but no feed of it has answered yet
    WELL = "well"
    OFF = "off"


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedHealth:
    """One feed: its last success, and its last error, which stands while `failures` (in a row) is above 0.

    `last_answered_at` is what the declaration says of a feed that never answered us. `lost` are the two moments
    between which items may have been lost, for a week after. `declare_instead` is where the feed has moved for good.
    `gone_since` is when it said that it is gone; `resting_until` how long its host asked to be left alone, and why;
    `distrusted_at` when its server said "not modified" untruly, `overdue_at` from when it is overdue (None: it fails).
    """

    url: str
    condition: Condition
    last_success_at: datetime | None
    last_answered_at: datetime | None
    reason: Reason | None
    detail: str | None
    last_error_at: datetime | None
    failures: int
    next_poll_at: datetime | None = None
    lost: tuple[datetime, datetime] | None = None
    declare_instead: str | None = None
    gone_since: datetime | None = None
    resting_until: datetime | None = None
    resting_because: Reason | None = None
    distrusted_at: datetime | None = None
    overdue_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OutletHealth:
    """One outlet: the worst of its feeds, and the last error of any.

    A feed may stay without success for `limit_s` after it was due. `found_again` counts the entries that were found
    elsewhere since items may have been lost. Of the hosts `unread` the robots.txt cannot be read, so that nothing is
    asked there for now.
    """

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
    found_again: int = 0
    unread: tuple[HostState, ...] = ()


def limit_s(turn_s: float | None) -> float:
    """Return how many seconds an outlet may stay without success, asked every `turn_s` seconds (None: by no job)."""
    return UNSCHEDULED_LIMIT_S if turn_s is None else TURNS * turn_s + SLACK_S


def outlet_health(
    outlets: Sequence[Outlet],
    records: Iterable[FeedState],
    *,
    turns_s: Mapping[str, float],
    now: datetime,
    found_again: Mapping[str, int] | None = None,
    resting: Mapping[str, HostState] | None = None,
    unread: Mapping[str, HostState] | None = None,
) -> list[OutletHealth]:
    """Return every declared outlet's health, the ones that need a look first.

    `turns_s` maps an outlet to the longest time between two turns that the timetable gives it, `found_again` to the
    entries found after a gap; `resting` are the hosts (`scheme://host:port`) that asked to be left alone, `unread`
    those whose robots.txt cannot be read.
    """
    known = {(record.outlet, record.url): record for record in records}
    again, hosts = found_again or {}, resting or {}
    health = [
        _outlet(outlet, known, limit_s(turns_s.get(outlet.id)), now, again.get(outlet.id, 0), hosts, unread or {})
        for outlet in outlets
    ]
    order = list(Condition)
    return sorted(health, key=lambda one: order.index(one.condition))


def _outlet(
    outlet: Outlet,
    known: Mapping[tuple[str, str], FeedState],
    limit: float,
    now: datetime,
    found_again: int,
    resting: Mapping[str, HostState],
    unread: Mapping[str, HostState],
) -> OutletHealth:
    feeds = tuple(
        _feed(feed, known.get((outlet.id, feed.url)), limit, now, resting.get(origin_of(feed.url)))
        for feed in outlet.feeds
    )
    origins = dict.fromkeys(origin_of(url) for url in (outlet.home, *(feed.url for feed in outlet.feeds)))
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
        found_again=found_again,
        unread=tuple(unread[origin] for origin in origins if origin in unread),
    )


def _feed(declared: Feed, record: FeedState | None, limit: float, now: datetime, host: HostState | None) -> FeedHealth:
    until = host.not_before if host else None
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
            resting_until=until,
            resting_because=host.because if host else None,
        )
    if record.failures > 0:
        condition = Condition.FAILING
    elif record.last_success_at is None:
        condition = Condition.NEVER
    elif now > _due_since(record, until, record.last_success_at) + timedelta(seconds=limit):
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
        next_poll_at=record.next_poll_at,
        lost=_lost(record, now),
        declare_instead=suggestion(record),
        gone_since=record.gone_at,
        resting_until=until,
        resting_because=host.because if host else None,
        distrusted_at=None if record.trusts_304 else record.distrusted_at,
        overdue_at=(
            _due_since(record, until, record.last_success_at) + timedelta(seconds=limit)
            if record.last_success_at is not None and record.failures == 0
            else None
        ),
    )


def _due_since(record: FeedState, resting_until: datetime | None, last_success_at: datetime) -> datetime:
    """Return since when the feed should have been asked: its interval and its host's wish are no lateness."""
    return max(at for at in (last_success_at, record.next_poll_at, resting_until) if at is not None)


def _lost(record: FeedState, now: datetime) -> tuple[datetime, datetime] | None:
    if record.last_gap_at is None or record.gap_since is None or now - record.last_gap_at > GAP_TOLD:
        return None
    return record.gap_since, record.last_gap_at

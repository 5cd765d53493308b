"""The policy: what follows from one answer of a feed, and what to ask for the next time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from mirqab.polling.rhythm import Rhythm
from mirqab.types import Admitted, FeedPace, FeedSnapshot, FeedState, Outlet, Reason

# ----------------------------------------------------------------------------------------------- constants

EXPECTED_SHARE: Final = 1 / 3
"""Not more than this share of a feed's window is expected to be new at a poll: two polls may fail before an item is
lost."""

GUARD_SHARE: Final = 1 / 2
"""A poll that brought more than this share of the window came too late: the next burst may be twice as large. With a
third, a broadcaster whose bulletins fill half of its window is asked five times as often and nothing more is found
(benchmarks/polling_policy.py)."""

GUARD_DOUBLES_S: Final = 3 * 86_400.0
"""What a full window taught wears off this slowly: bursts come back within days."""

LONGER_ABOVE: Final = 0.67
SHORTER_BELOW: Final = 0.33
LONGER_S: Final = 600.0
LONGER_SILENT_S: Final = 3600.0
SILENT_AFTER: Final = timedelta(days=31)
OFF_TIME_S: Final = 1200.0
STEADY: Final = 2
"""Media Cloud's rule, until the rhythm is known: after two successes in a row that came within 20 minutes of their
time, 10 minutes longer when more than 67 % were known (an hour when nothing new came for a month), shorter below
33 %."""

HARD: Final = 1.0
SOFT: Final = 0.5
TEMPORARY: Final = 0.25
WEIGHTS: Final[Mapping[Reason, float]] = {
    Reason.BAD_URL: HARD,
    Reason.REFUSED_ADDRESS: HARD,
    Reason.REFUSED_BY_ROBOTS: HARD,
    Reason.DNS: SOFT,
    Reason.CONNECTION: TEMPORARY,
    Reason.TLS: SOFT,
    Reason.TIMED_OUT: TEMPORARY,
    Reason.TOO_LARGE: HARD,
    Reason.TOO_MANY_REDIRECTS: SOFT,
    Reason.NOT_FOUND: HARD,
    Reason.GONE: HARD,
    Reason.FORBIDDEN: SOFT,
    Reason.TOO_MANY_REQUESTS: SOFT,
    Reason.HTTP_ERROR: SOFT,
    Reason.BROKEN_ANSWER: TEMPORARY,
    Reason.EMPTY: SOFT,
    Reason.NOT_A_FEED: HARD,
    Reason.UNREADABLE_FEED: HARD,
    Reason.TRUNCATED_FEED: TEMPORARY,
    Reason.NOT_HTML: HARD,
    Reason.NO_ARTICLE: HARD,
    Reason.WRONG_LANGUAGE: HARD,
    Reason.OUT_OF_MEMORY: SOFT,
    Reason.WORKER_DIED: TEMPORARY,
    Reason.OUR_FAULT: TEMPORARY,
    Reason.GAVE_UP: HARD,
}
"""How much a failure weighs: hard ones seldom pass by themselves, soft ones in hours, temporary ones in minutes."""

BACKOFF_LEAST_S: Final = 600.0
BACKOFF_MOST_S: Final = 1800.0
"""The step of the back-off: the feed's own interval, within these limits."""

REVIVAL_S: Final = 3 * 86_400.0
"""A feed that seems dead is asked this often all the same: many come back."""

GONE_S: Final = 7 * 86_400.0
"""A feed that said 410 is asked again after a week."""

RETRY_AFTER_MOST_S: Final = 86_400.0
"""A server may ask for patience, of feeds and pages, but not for ever."""

TOO_MANY_EXTRA_S: Final = 3600.0

CHECK_S: Final = 86_400.0
"""So long a server's "not modified" is believed before the whole body is asked for once."""
MANY: Final = 5.0
"""And so many items by the feed's rhythm: that none of five comes by chance happens in seven of a thousand cases."""
DISTRUST_S: Final = 30 * 86_400.0
"""A server that said "not modified" untruly is believed again after a month, and checked within a day."""
LATE_S: Final = 3600.0
"""An item dated so long before a "not modified" should have been in the answer; caches keep feeds for minutes."""

MOVED_TIMES: Final = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How often a feed may and must be asked, in seconds, and the share by which the time varies at random."""

    floor_s: float = 300.0
    ceiling_s: float = 6 * 3600.0
    default_s: float = 1800.0
    jitter: float = 0.1

    def of(self, outlet: Outlet) -> Limits:
        """Return the limits of one outlet, whose declaration may have its own; the floor wins over the ceiling."""
        floor_s = self.floor_s if outlet.poll_floor_s is None else outlet.poll_floor_s
        ceiling_s = self.ceiling_s if outlet.poll_ceiling_s is None else outlet.poll_ceiling_s
        return replace(self, floor_s=floor_s, ceiling_s=max(ceiling_s, floor_s))

    def within(self, seconds: float) -> float:
        """Return the seconds, not below the floor and not above the ceiling."""
        return max(self.floor_s, min(seconds, self.ceiling_s))


# ------------------------------------------------------------------------------------------ before a poll


def is_due(state: FeedState | None, now: datetime) -> bool:
    """Tell whether a feed is to be asked now. One whose last poll lies in the future is: the clock was wrong then."""
    if state is None or state.next_poll_at is None or state.last_polled_at is None:
        return True
    return now >= state.next_poll_at or now < state.last_polled_at


def unconditional(state: FeedState, now: datetime) -> bool:
    """Tell whether to ask without validators: the server's "not modified" proved untrue, or is to be checked.

    It is checked about once a day while nothing else comes, and sooner when by the feed's rhythm many items should
    have come meanwhile.
    """
    if not state.trusts_304:
        return state.distrusted_at is None or now - state.distrusted_at < timedelta(seconds=DISTRUST_S)
    if state.last_full_at is not None and state.last_full_at > now:
        return True  # the clock was wrong then
    if not _said_not_modified(state):
        return False
    assert state.last_full_at is not None
    if (now - state.last_full_at).total_seconds() >= CHECK_S:
        return True
    return Rhythm.of(state.rhythm).expected(state.last_full_at, now) >= MANY


def _said_not_modified(state: FeedState) -> bool:
    """Tell whether the last success was a "not modified" of the server."""
    full_at, success_at = state.last_full_at, state.last_success_at
    return full_at is not None and success_at is not None and success_at > full_at


def suggestion(state: FeedState) -> str | None:
    """Return the address to declare instead, once the feed moved there for good twice in a row."""
    return state.moved_to if state.moved_times >= MOVED_TIMES else None


# ------------------------------------------------------------------------------------------- after a poll


def after(
    state: FeedState, snapshot: FeedSnapshot, admitted: Admitted, *, limits: Limits, timezone: str, random: float
) -> FeedState:
    """Return the state with the decisions that follow from one answer; facts are the archive's to write.

    `state` is how the feed stood before the answer, `timezone` the outlet's, `random` a number from 0 to 1.
    """
    problem = snapshot.problem or (snapshot.reading.problem if snapshot.reading else None)
    if problem is None or (problem is Reason.TRUNCATED_FEED and admitted.found > 0):
        return _after_success(state, snapshot, admitted, limits, ZoneInfo(timezone), random)
    return _after_failure(state, snapshot, problem, limits, random)


def _after_failure(
    state: FeedState, snapshot: FeedSnapshot, problem: Reason, limits: Limits, random: float
) -> FeedState:
    weight = state.failure_weight + WEIGHTS[problem]
    step_s = max(BACKOFF_LEAST_S, min(state.interval_s or limits.default_s, BACKOFF_MOST_S), limits.floor_s)
    wait_s = min(step_s * max(1.0, 2.0 * weight), REVIVAL_S) * (1.0 + limits.jitter * random)
    gone_at = state.gone_at
    if problem is Reason.GONE:
        gone_at, wait_s = gone_at or snapshot.fetched_at, GONE_S
    wait_s = max(wait_s, min(snapshot.patience_s or 0.0, RETRY_AFTER_MOST_S))
    if problem is Reason.TOO_MANY_REQUESTS:
        wait_s += random * TOO_MANY_EXTRA_S
    steady = Rhythm.of(state.rhythm).interrupted()
    return replace(
        state,
        failure_weight=weight,
        gone_at=gone_at,
        rhythm=steady.record(),
        next_poll_at=snapshot.fetched_at + timedelta(seconds=wait_s),
    )


def _after_success(
    state: FeedState, snapshot: FeedSnapshot, admitted: Admitted, limits: Limits, zone: tzinfo, random: float
) -> FeedState:
    at, reading = snapshot.fetched_at, snapshot.reading
    whole = reading is not None and reading.problem is None
    window = admitted.found if whole else state.window
    before = Rhythm.of(state.rhythm)
    dates = _dates(snapshot)
    rhythm = before.watched(at, admitted.new, dates, zone, gap=admitted.gap)
    elapsed_s = before.since_s(at)
    rhythm = _guarded(rhythm, state, admitted, window, elapsed_s, limits)
    rhythm, interval_s = _interval(rhythm, state, snapshot, admitted, window, elapsed_s, limits)
    pace = state.pace if reading is None else reading.pace
    wait_s = _varied(interval_s, limits, random)
    heed_gap = admitted.gap or (state.last_gap_at is not None and at - state.last_gap_at < SILENT_AFTER)
    wish_s = min(pace.ttl_s or 0.0, rhythm.guard_s) if heed_gap and rhythm.guard_s else pace.ttl_s or 0.0
    wait_s = max(wait_s, min(max(wish_s, snapshot.patience_s or 0.0), limits.ceiling_s))
    lied = _lied(state, snapshot, admitted)
    healed = not state.trusts_304 and state.distrusted_at is not None and not unconditional(state, at)
    return replace(
        state,
        failure_weight=0.0,
        gone_at=None,
        interval_s=interval_s,
        next_poll_at=_next(at, wait_s, pace, limits),
        rhythm=rhythm.record(),
        pace=pace,
        moved_to=snapshot.moved_to,
        moved_times=_moved_times(state, snapshot.moved_to),
        trusts_304=False if lied else state.trusts_304 or healed,
        distrusted_at=at if lied else None if healed else state.distrusted_at,
    )


def _moved_times(state: FeedState, moved_to: str | None) -> int:
    if moved_to is None:
        return 0
    return state.moved_times + 1 if moved_to == state.moved_to else 1


def _dates(snapshot: FeedSnapshot) -> list[datetime]:
    items = snapshot.reading.items if snapshot.reading else ()
    return sorted(item.published for item in items if item.published and item.published <= snapshot.fetched_at)


def _guarded(
    rhythm: Rhythm, state: FeedState, admitted: Admitted, window: int | None, elapsed_s: float, limits: Limits
) -> Rhythm:
    """Return the rhythm with the interval that the fullest polls of the last days teach not to exceed.

    A poll that brought more than half of the window was that much too late; after a gap the interval is at least
    halved.
    """
    guard_s = rhythm.guard_s * 2.0 ** (elapsed_s / GUARD_DOUBLES_S)
    if state.first_success_at is not None and window and elapsed_s > 0:
        share = min(1.0, admitted.new / window)
        taught_s = elapsed_s * GUARD_SHARE / share if share > GUARD_SHARE else 0.0
        if admitted.gap:
            taught_s = min(elapsed_s * GUARD_SHARE, (state.interval_s or limits.default_s) / 2)
        if taught_s:
            guard_s = min(taught_s, guard_s or taught_s)
    if guard_s:
        guard_s = 0.0 if guard_s >= limits.ceiling_s else max(guard_s, limits.floor_s)
    return replace(rhythm, guard_s=guard_s)


def _interval(
    rhythm: Rhythm,
    state: FeedState,
    snapshot: FeedSnapshot,
    admitted: Admitted,
    window: int | None,
    elapsed_s: float,
    limits: Limits,
) -> tuple[Rhythm, float]:
    """Return the time to the next poll as such, and the rhythm with its count of polls on time."""
    planned_s = limits.within(state.interval_s or limits.default_s)
    if rhythm.is_known:
        most = window * EXPECTED_SHARE if window else None
        interval_s = rhythm.interval_s(snapshot.fetched_at, most=most, ceiling_s=limits.ceiling_s)
    else:
        interval_s = planned_s
        if state.first_success_at is not None and abs(elapsed_s - planned_s) <= OFF_TIME_S:
            rhythm = replace(rhythm, steady=rhythm.steady + 1)
            if rhythm.steady >= STEADY:
                interval_s = _by_share(planned_s, state, snapshot, admitted, limits)
    if rhythm.guard_s:
        interval_s = min(interval_s, rhythm.guard_s)
    return rhythm, limits.within(interval_s)


def _by_share(interval_s: float, state: FeedState, snapshot: FeedSnapshot, admitted: Admitted, limits: Limits) -> float:
    share = admitted.known / admitted.found if admitted.found else 1.0
    if share > LONGER_ABOVE:
        silent = state.last_new_at is None or snapshot.fetched_at - state.last_new_at > SILENT_AFTER
        return interval_s + (LONGER_SILENT_S if silent else LONGER_S)
    if share < SHORTER_BELOW:
        return min(interval_s / 2, limits.default_s)
    return interval_s


def _varied(interval_s: float, limits: Limits, random: float) -> float:
    """Return the interval varied at random, mirrored at floor and ceiling so that idle feeds are spread as well."""
    varied_s = interval_s * (1.0 + limits.jitter * (2.0 * random - 1.0))
    if varied_s > limits.ceiling_s:
        varied_s = 2 * limits.ceiling_s - varied_s
    if varied_s < limits.floor_s:
        varied_s = 2 * limits.floor_s - varied_s
    return limits.within(varied_s)


def _next(at: datetime, wait_s: float, pace: FeedPace, limits: Limits) -> datetime:
    """Return when to ask next: after the hours and days that the feed wants to be left alone, within the ceiling."""
    then = (at + timedelta(seconds=wait_s)).astimezone(UTC)
    last = at + timedelta(seconds=limits.ceiling_s)
    while then < last and (then.hour in pace.skip_hours or then.weekday() in pace.skip_days):
        then = (then + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    return min(then, last)


def _lied(state: FeedState, snapshot: FeedSnapshot, admitted: Admitted) -> bool:
    """Tell whether a whole body, asked for as a check, shows that the last "not modified" was untrue."""
    if not snapshot.unconditional or not state.trusts_304 or not _said_not_modified(state):
        return False
    if not admitted.new and not admitted.reopened:
        return False
    known, said = state.validators, snapshot.validators
    same = known.etag == said.etag if known.etag or said.etag else known.last_modified == said.last_modified
    if admitted.gap or (same and (said.etag or said.last_modified)):
        return True
    assert state.last_full_at is not None
    assert state.last_success_at is not None
    until = state.last_success_at - timedelta(seconds=LATE_S)
    # a whole hour is what feeds write that know the day alone
    late = [date for date in _dates(snapshot) if state.last_full_at < date <= until and (date.minute or date.second)]
    return len(late) >= 2

"""When a feed's items come: how many in which hour of the outlet's day, remembered for some days.

Pure; the polling policy keeps it with the feed's state as a row of numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Final, Self

HALF_LIFE_S: Final = 7 * 86_400.0
"""Half of what was seen is forgotten in a week, so that each day of the week counts alike."""

MEMORY_S: Final = 7 * 86_400.0
"""Dates further back than this say nothing on a first poll."""

PRIOR_H: Final = 0.5
"""An hour of the day counts as if it had been watched for half an hour more, at the rate of the whole day."""

KNOWN_ITEMS: Final = 10.0
KNOWN_H: Final = 24.0
"""The rhythm is known after ten items, or a day without them."""

LEAST_SPAN_S: Final = 600.0
"""Items of a first poll that are all this young got their date from the server's clock, not from an editor."""

_FORMAT: Final = 1.0
_HOURS: Final = 24
_HEAD: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Rhythm:
    """How many items came (`items`) in how many hours of watching (`watched_h`), by hour of the outlet's day.

    `seen_at` is the last poll that counted, in seconds since 1970, 0 for none; `guard_s` an interval not to exceed,
    0 for none; `steady` counts polls on time in a row; `offset_s` is how far the outlet's clock is ahead of UTC.
    """

    seen_at: float = 0.0
    guard_s: float = 0.0
    steady: int = 0
    offset_s: float = 0.0
    items: tuple[float, ...] = (0.0,) * _HOURS
    watched_h: tuple[float, ...] = (0.0,) * _HOURS

    @classmethod
    def of(cls, record: Sequence[float]) -> Self:
        """Read a record; one that is empty or of another kind is an unknown rhythm."""
        if len(record) != _HEAD + 2 * _HOURS or record[0] != _FORMAT:
            return cls()
        _, seen_at, guard_s, steady, offset_s, *counts = record
        return cls(
            seen_at=seen_at,
            guard_s=guard_s,
            steady=int(steady),
            offset_s=offset_s,
            items=tuple(counts[:_HOURS]),
            watched_h=tuple(counts[_HOURS:]),
        )

    def record(self) -> tuple[float, ...]:
        """Return the row of numbers to keep."""
        head = (_FORMAT, round(self.seen_at), round(self.guard_s), self.steady, round(self.offset_s))
        return (*head, *(round(value, 3) for value in (*self.items, *self.watched_h)))

    # --------------------------------------------------------------------------------------- watching

    def since_s(self, at: datetime) -> float:
        """Return how many seconds ago the last poll that counted was; 0 when there was none."""
        return max(0.0, at.timestamp() - self.seen_at) if self.seen_at else 0.0

    def watched(self, at: datetime, new: int, dates: Sequence[datetime], zone: tzinfo, *, gap: bool) -> Rhythm:
        """Return the rhythm after a poll that brought `new` items; `dates` are those of the answer's items, in order.

        New items dated since the last poll count in their hour, the others evenly in all hours since. After a gap only
        the time that the answer covers was watched. On a first poll the dates tell the rhythm by themselves.
        """
        now = at.timestamp()
        offset = at.astimezone(zone).utcoffset() or timedelta()
        here = replace(self, seen_at=now, offset_s=offset.total_seconds())
        stamps = [date.timestamp() for date in dates]
        if not self.seen_at:
            return here._seeded(stamps, now)
        start = max(self.seen_at, now - MEMORY_S)
        if gap and stamps:
            start = max(start, stamps[0])
        if start >= now:
            return here
        inside = [stamp for stamp in stamps if stamp > start][-new:] if new else []
        kept = 0.5 ** ((now - self.seen_at) / HALF_LIFE_S)
        return here._added(start, now, inside, new - len(inside), kept)

    def interrupted(self) -> Rhythm:
        """Return the rhythm after a failed poll."""
        return replace(self, steady=0)

    def _seeded(self, stamps: Sequence[float], now: float) -> Rhythm:
        recent = stamps[len(stamps) // 10 :]  # what is pinned on top for months says nothing
        if not recent or recent[-1] - recent[0] < LEAST_SPAN_S:
            return self
        start = max(recent[0], now - MEMORY_S)
        return self._added(start, now, [stamp for stamp in recent if stamp > start], 0, 1.0)

    def _added(self, start: float, now: float, stamps: Sequence[float], spread: int, kept: float) -> Rhythm:
        items, watched = [value * kept for value in self.items], [value * kept for value in self.watched_h]
        for hour, seconds in self._pieces(start, now):
            watched[hour] += seconds / 3600
            items[hour] += spread * seconds / (now - start)
        for stamp in stamps:
            items[self._hour(stamp)] += 1
        return replace(self, items=tuple(items), watched_h=tuple(watched))

    # ------------------------------------------------------------------------------------ looking ahead

    @property
    def is_known(self) -> bool:
        """Whether enough was seen to go by it."""
        return sum(self.items) >= KNOWN_ITEMS or sum(self.watched_h) >= KNOWN_H

    def rates(self) -> tuple[list[float], float]:
        """Return the items an hour in each hour of the outlet's day, and over the whole day."""
        watched = sum(self.watched_h)
        day = sum(self.items) / watched if watched else 0.0
        hours = [
            (came + PRIOR_H * day) / (seen + PRIOR_H) for came, seen in zip(self.items, self.watched_h, strict=True)
        ]
        return hours, sum(hours) / _HOURS

    def expected(self, start: datetime, end: datetime) -> float:
        """Return how many items should have come between two moments; 0 while the rhythm is not known."""
        if not self.is_known:
            return 0.0
        hours, _ = self.rates()
        pieces = self._pieces(max(start.timestamp(), end.timestamp() - MEMORY_S), end.timestamp())
        return sum(hours[hour] * seconds / 3600 for hour, seconds in pieces)

    def interval_s(self, at: datetime, *, most: float | None, ceiling_s: float) -> float:
        """Return how long to wait from `at`: until about one item came, not until more than `most` did.

        With r items an hour now and d over the day, the interval is 1 / √(r·d) hours: one item at the day's mean, more
        in busy hours. No other way to spread as many polls has items found sooner on average (the delay of an item
        is half an interval; by Lagrange intervals must go as 1 / √r).
        """
        hours, day = self.rates()
        now = at.timestamp()
        waited = polls = came = 0.0
        for hour, seconds in self._pieces(now, now + ceiling_s):
            rate = hours[hour] / 3600
            urge = math.sqrt(rate * day / 3600)
            left = min((1.0 - polls) / urge if urge else math.inf, (most - came) / rate if most and rate else math.inf)
            if left <= seconds:
                return waited + left
            waited, polls, came = waited + seconds, polls + urge * seconds, came + rate * seconds
        return ceiling_s

    # --------------------------------------------------------------------------------- the outlet's day

    def _hour(self, stamp: float) -> int:
        return int((stamp + self.offset_s) // 3600) % _HOURS

    def _pieces(self, start: float, end: float) -> Iterator[tuple[int, float]]:
        """Yield the time between two moments cut by the hours of the outlet's day: (hour, seconds)."""
        while start < end:
            local = start + self.offset_s
            until = min(end, (local // 3600 + 1) * 3600 - self.offset_s)
            yield int(local // 3600) % _HOURS, until - start
            start = until

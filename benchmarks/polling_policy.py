"""How many items polling policies lose, how late they find the others, and how often they ask, on simulated outlets.

    python -m benchmarks.polling_policy [--days N] [--seeds N]

Each outlet publishes for some weeks in its own way into a feed that holds its last items. Policies: every 30 minutes;
Media Cloud's rule by itself; Mirqab's. The last column is how often a fixed interval would have to ask to find items as
early on average as Mirqab's does. Exits with 1 when Mirqab's loses more than the others.
"""

from __future__ import annotations

import argparse
import math
import random
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from mirqab.archive.feedstates import recorded
from mirqab.polling import Limits, after
from mirqab.types import Admitted, FeedItem, FeedReading, FeedSnapshot, FeedState

START = datetime(2026, 11, 1, tzinfo=UTC)
ZONE = "Asia/Baghdad"
DAY_S = 86_400.0
# the share of a day's items in each hour of the outlet's day: night, morning rise, two peaks, evening
WIRE_DAY = (1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 9, 8, 8, 7, 6, 6, 7, 8, 8, 7, 5, 4, 3, 2)
PAPER_DAY = (1, 0, 0, 0, 0, 0, 1, 3, 6, 6, 5, 4, 4, 3, 3, 2, 2, 3, 4, 5, 6, 5, 3, 2)


@dataclass(frozen=True)
class Published:
    """What an outlet publishes, in seconds from the start, in order; whether its feed dates the items."""

    name: str
    window: int
    times: Sequence[float]
    dated: bool = True


@dataclass(frozen=True)
class Result:
    """What a policy made of an outlet."""

    published: int
    lost: int
    delay_s: float  # mean, of the items that were found
    polls_a_day: float


def by_hours(rate_a_day: float, shape: Sequence[float], days: int, dice: random.Random) -> list[float]:
    """Return times of a Poisson process whose rate follows the hours of the outlet's day (three hours before UTC)."""
    times: list[float] = []
    for hour in range(days * 24):
        mean = rate_a_day * shape[(hour + 3) % 24] / sum(shape)
        at = dice.expovariate(1.0) / mean if mean else math.inf
        while at < 1:
            times.append((hour + at) * 3600)
            at += dice.expovariate(1.0) / mean
    return times


def in_bursts(hours: Sequence[int], size: int, minutes: float, days: int, dice: random.Random) -> list[float]:
    """Return times of bulletins: about `size` items within some minutes after each of some hours of the day."""
    times = []
    for day in range(days):
        for hour in hours:
            start = day * DAY_S + hour * 3600 + dice.uniform(-600, 600)
            count = max(1, round(dice.gauss(size, size / 5)))
            times += [start + dice.uniform(0, minutes * 60) for _ in range(count)]
    return sorted(time for time in times if time > 0)


def weekly(size: int, days: int, dice: random.Random) -> list[float]:
    """Return times of a magazine: an issue on one day of the week, within two hours."""
    issues = range(4, days, 7)
    return sorted(day * DAY_S + 8 * 3600 + dice.uniform(0, 7200) for day in issues for _ in range(size))


def outlets(days: int, seed: int) -> list[Published]:
    """Return the outlets of one seed."""
    dice = random.Random(seed)
    wire = by_hours(300, WIRE_DAY, days, dice)
    paper = by_hours(40, PAPER_DAY, days, dice)
    broadcaster = in_bursts((3, 7, 10, 14, 18), 12, 15, days, dice)
    magazine = weekly(10, days, dice)
    return [
        *(Published(f"wire, 300 a day, last {window}", window, wire) for window in (50, 20, 10)),
        Published("wire without dates, last 20", 20, wire, dated=False),
        *(Published(f"newspaper, 40 a day, last {window}", window, paper) for window in (20, 10)),
        *(Published(f"broadcaster, 5 bulletins of 12, last {window}", window, broadcaster) for window in (50, 20)),
        Published("weekly magazine, 10 an issue, last 20", 20, magazine),
        Published("silent portal, 1 in ten days, last 10", 10, [day * DAY_S for day in range(5, days, 10)]),
    ]


Next = Callable[[float, int, int, bool], float]
"""Takes the time of a poll, how many items it found and how many were new, and whether it was a gap: the next time."""


def fixed(interval_s: float) -> Next:
    """Ask at a fixed interval."""
    return lambda now, found, new, gap: now + interval_s


def media_cloud(default_s: float = 1800.0) -> Next:
    """Ask by Media Cloud's rule by itself: floor 10 minutes, no ceiling below a day."""
    interval_s, last_new, polls = default_s, 0.0, 0

    def rule(now: float, found: int, new: int, gap: bool) -> float:
        nonlocal interval_s, last_new, polls
        polls += 1
        last_new = now if new else last_new
        known = 1 - new / found if found else 1.0
        if polls > 2 and known > 0.67:
            interval_s += 600 if now - last_new < 31 * DAY_S else 3600
        elif polls > 2 and known < 0.33:
            interval_s = default_s if interval_s > DAY_S / 2 else interval_s - 3600
        interval_s = max(600.0, min(interval_s, DAY_S))
        return now + interval_s

    return rule


def mirqab(outlet: Published, dice: random.Random, limits: Limits) -> Next:
    """Ask as Mirqab does: the same code."""
    state = FeedState(outlet="simulated", url="https://simulated.example/rss")

    def rule(now: float, found: int, new: int, gap: bool) -> float:
        nonlocal state
        at = START + timedelta(seconds=now)
        stop = bisect_right(outlet.times, now)
        items = tuple(
            FeedItem(
                guid=None,
                url=None,
                title="",
                summary="",
                content=None,
                published=START + timedelta(seconds=time) if outlet.dated else None,
            )
            for time in outlet.times[max(0, stop - outlet.window) : stop]
        )
        reading = FeedReading(version="rss20", encoding="utf-8", title="", items=items)
        snapshot = FeedSnapshot(outlet=state.outlet, url=state.url, fetched_at=at, status=200, reading=reading)
        if found and not new:
            snapshot = replace(snapshot, status=304, not_modified=True, reading=None)
        admitted = Admitted(found=found, new=new, known=found - new, gap=gap)
        state = recorded(
            after(state, snapshot, admitted, limits=limits, timezone=ZONE, random=dice.random()), snapshot, admitted
        )
        assert state.next_poll_at is not None
        return (state.next_poll_at - START).total_seconds()

    return rule


def simulate(outlet: Published, rule: Next, days: int, tick_s: float = 0.0, warm_s: float = DAY_S) -> Result:
    """Poll an outlet until its days are over. What was published on the first day is history; then watching begins.

    `tick_s` is how often the timetable looks what is due; 0 asks at the very moment.
    """
    now, seen, lost, delays, polls = warm_s, bisect_right(outlet.times, warm_s), 0, 0.0, 0
    first = max(0, seen - outlet.window)
    now, watched_from, before = rule(now, seen - first, seen - first, False), seen, seen
    while now < days * DAY_S:
        if tick_s:
            now = math.ceil(now / tick_s) * tick_s
        polls += 1
        stop = bisect_right(outlet.times, now)
        oldest = max(before, stop - outlet.window)
        lost += oldest - before
        delays += sum(now - time for time in outlet.times[oldest:stop])
        gap = oldest > before or (stop - before == outlet.window and stop > before)
        new, before = stop - oldest, stop
        now = rule(now, min(stop, outlet.window), new, gap)
    published = before - watched_from
    found = published - lost
    return Result(published, lost, delays / found if found else 0.0, polls / (days - warm_s / DAY_S))


def compare(days: int, seeds: int, tick_s: float, limits: Limits) -> list[tuple[str, dict[str, Result]]]:
    """Return for each outlet what each policy made of it, summed over the seeds."""
    rows: list[tuple[str, dict[str, Result]]] = []
    for kinds in zip(*(outlets(days, seed) for seed in range(seeds)), strict=True):
        made: dict[str, list[Result]] = {"fixed": [], "media cloud": [], "mirqab": []}
        for seed, outlet in enumerate(kinds):
            dice = random.Random(seed)
            made["fixed"].append(simulate(outlet, fixed(1800), days, tick_s))
            made["media cloud"].append(simulate(outlet, media_cloud(), days, tick_s))
            made["mirqab"].append(simulate(outlet, mirqab(outlet, dice, limits), days, tick_s))
        rows.append((kinds[0].name, {policy: total(results) for policy, results in made.items()}))
    return rows


def total(results: Sequence[Result]) -> Result:
    """Return one result for several seeds."""
    found = sum(one.published - one.lost for one in results)
    late = sum(one.delay_s * (one.published - one.lost) for one in results)
    return Result(
        published=sum(one.published for one in results),
        lost=sum(one.lost for one in results),
        delay_s=late / found if found else 0.0,
        polls_a_day=sum(one.polls_a_day for one in results) / len(results),
    )


def main() -> int:
    """Print the comparison."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--days", type=int, default=29)
    arguments.add_argument("--seeds", type=int, default=3)
    arguments.add_argument("--tick", type=float, default=60.0, help="how often is looked what is due, in seconds")
    given = arguments.parse_args()
    rows = compare(given.days, given.seeds, given.tick, Limits())
    heads = [f"{policy:>29}" for policy in ("every 30 minutes", "Media Cloud's rule", "Mirqab's")]
    print(f"{'outlet':<44}{''.join(heads)}{'fixed, as':>12}")
    print(" " * 44 + f"{'lost':>9}{'delay':>9}{'polls/d':>11}" * 3 + f"{'early':>12}")
    sums = {"fixed": [0, 0.0], "media cloud": [0, 0.0], "mirqab": [0, 0.0]}
    for name, results in rows:
        line = f"{name:<44}"
        for policy, one in results.items():
            line += f"{100 * one.lost / max(1, one.published):8.2f}%{one.delay_s / 60:7.1f} m{one.polls_a_day:11.1f}"
            sums[policy][0] += one.lost
            sums[policy][1] += one.polls_a_day
        delay_s = results["mirqab"].delay_s
        line += f"{DAY_S / (2 * delay_s):12.1f}" if delay_s else f"{'-':>12}"
        print(line)
    for policy, (lost, polls) in sums.items():
        print(f"{policy}: {lost} items lost, {polls:.0f} polls a day")
    return 0 if sums["mirqab"][0] <= min(sums["fixed"][0], sums["media cloud"][0]) else 1


if __name__ == "__main__":
    raise SystemExit(main())

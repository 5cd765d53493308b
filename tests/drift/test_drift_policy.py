"""When an outlet left its norm: never in years of news as usual, within ten pages of a change of its layout."""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from datetime import datetime, timedelta

import pytest

from mirqab.archive import PageFact
from mirqab.drift import Departure, Measure, Norm, departures, is_over, make_norm
from mirqab.drift.policy import NORM_SPAN, RECENT_SPAN, Side
from tests.drift.simulating import CALM, CHANGES, HABITS, START, Habit, pages

CHANGED_ON = 37


def norm_before(facts: list[PageFact], at: datetime) -> Norm:
    """Return the norm that holds at a moment."""
    end = at - RECENT_SPAN
    begin, stop = (bisect_left(facts, at, key=lambda fact: fact.at) for at in (end - NORM_SPAN, end))
    norm = make_norm(facts[begin:stop])
    assert norm is not None
    return norm


def is_odd(norm: Norm, fact: PageFact) -> bool:
    """Tell whether a page may raise the sum of any measure."""
    if fact.refused or not fact.dated or fact.extractor != norm.extractor:
        return True
    assert fact.length is not None
    assert fact.quality is not None
    length, quality = norm.usual[Measure.LENGTH], norm.usual[Measure.QUALITY]
    return (
        not length[Side.BELOW].limit <= math.log1p(fact.length) <= length[Side.ABOVE].limit
        or fact.quality < quality[Side.BELOW].limit
    )


def false_alarms(habit: Habit, days: int, seed: int) -> list[tuple[int, Departure]]:
    """Look after each page of a normal time, with a norm made anew each day; return what was alarmed of."""
    facts = list(pages(habit, days, seed=seed))
    alarms: list[tuple[int, Departure]] = []
    going_on: set[Measure] = set()
    norm: Norm | None = None
    day = -1
    first = 0
    for number, fact in enumerate(facts):
        today = (fact.at - START).days
        if today < 31:
            continue
        if today != day:
            day, norm = today, norm_before(facts, fact.at)
        assert norm is not None
        odd = is_odd(norm, fact)
        if not odd and not going_on:
            continue  # the sums fell, so whatever is to be alarmed of was so before
        while facts[first].at < fact.at - RECENT_SPAN:
            first += 1
        recent = facts[first : number + 1]
        going_on -= {measure for measure in going_on if is_over(norm, measure, recent)}
        for departure in departures(norm, recent):
            if departure.measure not in going_on:
                going_on.add(departure.measure)
                alarms.append((today, departure))
    return alarms


@pytest.mark.parametrize("habit", [*CALM[:2], *HABITS[:2], HABITS[3]], ids=str)
def test_news_as_usual_alarms_nobody(habit: Habit) -> None:
    assert false_alarms(habit, 75, seed=1) == []


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("habit", [*CALM, *HABITS], ids=str)
def test_in_two_years_there_is_at_most_one_false_alarm(habit: Habit) -> None:
    assert sum(len(false_alarms(habit, 365 + 31, seed=100 + year)) for year in range(2)) <= 1


def pages_until_seen(habit: Habit, change: str, seed: int) -> int:
    """Change an outlet's layout one morning; return how many changed pages it takes until some measure shows it."""
    facts = list(pages(habit, CHANGED_ON + 10, seed=seed))
    begin = next(number for number, fact in enumerate(facts) if fact.at >= START + timedelta(days=CHANGED_ON, hours=7))
    norm = norm_before(facts, facts[begin].at)
    for number in range(begin, len(facts)):
        if not facts[number].refused:
            facts[number] = CHANGES[change](facts[number])
        now = facts[number].at
        recent = [fact for fact in facts[max(0, number - 400) : number + 1] if fact.at > now - RECENT_SPAN]
        found = departures(norm, recent)
        if found:
            assert change in {one.measure for one in found} or change in ("length", "quality")
            assert found[0].since > facts[begin].at - RECENT_SPAN
            assert found[0].example in {fact.entry for fact in recent}
            return number - begin + 1
    return len(facts)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("habit", CALM, ids=str)
def test_a_change_of_layout_is_seen_within_ten_pages(habit: Habit, change: str) -> None:
    assert max(pages_until_seen(habit, change, seed) for seed in range(5)) <= 10


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("habit", HABITS[1:], ids=str)
def test_where_odd_pages_come_in_bursts_it_takes_some_more(habit: Habit, change: str) -> None:
    assert max(pages_until_seen(habit, change, seed) for seed in range(3)) <= 60


def test_a_look_costs_little_however_many_pages_a_day_brings() -> None:
    facts = list(pages(Habit(pages=4000), CHANGED_ON + 1, seed=1))
    norm = norm_before(facts, START + timedelta(days=CHANGED_ON))
    recent = facts[-3000:]

    began = time.process_time()
    for _ in range(5):
        departures(norm, recent)
    assert time.process_time() - began < 5 * 0.5  # 0.015 s each; with the square of the pages it would be seconds

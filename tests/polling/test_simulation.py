"""Policies on simulated outlets: nothing lost, and not more polls than a fixed interval needs to be as early."""

from __future__ import annotations

import pytest

from benchmarks.polling_policy import DAY_S, Result, compare, fixed, outlets, simulate
from mirqab.polling import Limits

DAYS = 12


@pytest.fixture(scope="module")
def compared() -> dict[str, dict[str, Result]]:
    return dict(compare(DAYS, 1, 60.0, Limits()))


def test_nothing_is_lost_where_the_others_lose(compared: dict[str, dict[str, Result]]) -> None:
    assert {name: made["mirqab"].lost for name, made in compared.items() if made["mirqab"].lost} == {}
    assert sum(made["fixed"].lost for made in compared.values()) > 0
    assert sum(made["media cloud"].lost for made in compared.values()) > 0


def test_a_fixed_interval_that_is_as_early_asks_as_often_or_more(compared: dict[str, dict[str, Result]]) -> None:
    ours = theirs = 0.0
    for name, made in compared.items():
        if made["mirqab"].published < 50:
            continue  # a handful of items is chance
        as_early = DAY_S / (2 * made["mirqab"].delay_s)
        assert made["mirqab"].polls_a_day <= 1.1 * as_early, name
        ours, theirs = ours + made["mirqab"].polls_a_day, theirs + as_early
    assert ours < 0.95 * theirs


def test_quiet_outlets_are_left_alone(compared: dict[str, dict[str, Result]]) -> None:
    assert compared["weekly magazine, 10 an issue, last 20"]["mirqab"].polls_a_day < 7
    assert compared["silent portal, 1 in ten days, last 10"]["mirqab"].polls_a_day < 7


def test_the_simulation_itself_counts_right() -> None:
    wire = outlets(DAYS, 0)[0]
    often, seldom = simulate(wire, fixed(600), DAYS), simulate(wire, fixed(6 * 3600), DAYS)
    assert often.delay_s == pytest.approx(300, rel=0.05)
    assert often.polls_a_day == pytest.approx(144, rel=0.01)
    assert often.lost == 0
    assert seldom.lost > 0.2 * seldom.published

"""Counts and labels from decisions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mirqab.archive import Decided
from mirqab.feedback import By, Tally, tallies
from mirqab.proportions import share, wilson
from mirqab.types import Decision
from tests.archive.making import NOON


def decided(
    decision: Decision, *, rules: tuple[str, ...] = ("طلب",), outlet: str = "rasid", flagged: bool = True
) -> Decided:
    return Decided(
        story="s1",
        topic="talks",
        decision=decision,
        decided_at=NOON,
        decided_by="سلمى",
        note=None,
        article="a1",
        outlet=outlet,
        topic_version="v1",
        flagged=flagged,
        score=4.0,
        rules=rules,
        terms=tuple((rule + "_كلام", "محادثات") for rule in rules),
    )


def of(found: list[Tally], by: By) -> list[Tally]:
    return [one for one in found if one.by is by]


def test_the_interval_is_wilson_s() -> None:
    # R. G. Newcombe, Stat. Med. 17, 1998, table I: 81 of 263
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert share(0, 0).value is None


def test_flags_are_counted_by_what_raised_them_the_worst_first() -> None:
    told = [decided(Decision.RELEVANT)] * 6 + [decided(Decision.IRRELEVANT, rules=("رفض", "طلب"))] * 4
    told += [decided(Decision.IRRELEVANT, rules=("نفي",))]
    found = tallies(told)
    (whole,) = of(found, By.TOPIC)
    assert (whole.relevant, whole.irrelevant, whole.precision.value) == (6, 5, 6 / 11)
    rules = of(found, By.RULE)
    assert [one.name for one in rules] == ["رفض", "نفي", "طلب"], "four wrong of four tell more than one of one"
    assert (rules[2].relevant, rules[2].irrelevant) == (6, 4)
    assert {one.name for one in of(found, By.CONCEPT)} == {"طلب_كلام", "رفض_كلام", "نفي_كلام"}
    assert [one.name for one in of(found, By.OUTLET)] == ["rasid"]


def test_terms_are_counted_once_a_flag_and_under_one_spelling() -> None:
    told = [
        replace(decided(Decision.RELEVANT), terms=(("كلام", "محادثاتٍ"), ("لقاء", "محـادثات"))),
        replace(decided(Decision.IRRELEVANT), terms=(("كلام", "محادثات"), ("قوة", "قوة"))),
        replace(decided(Decision.RELEVANT), terms=(("كلام", "محادثات"),)),
    ]
    terms = {one.name: (one.relevant, one.irrelevant) for one in of(tallies(told), By.TERM)}
    assert terms == {"محادثات": (2, 1), "قوة": (0, 1)}


def test_what_is_to_be_checked_enters_no_share_and_what_was_missed_no_precision() -> None:
    found = tallies([decided(Decision.TO_CHECK), decided(Decision.RELEVANT, flagged=False), decided(Decision.RELEVANT)])
    (whole,) = of(found, By.TOPIC)
    assert (whole.relevant, whole.to_check, whole.missed) == (1, 1, 1)
    assert (whole.precision.part, whole.precision.of) == (1, 1)
    (rule,) = of(found, By.RULE)
    assert rule.missed == 0, "what fired without flagging did not miss the story"


def test_each_topic_is_counted_apart() -> None:
    found = tallies([decided(Decision.RELEVANT), replace(decided(Decision.IRRELEVANT), topic="exchange")])
    assert [(one.topic, one.relevant) for one in of(found, By.TOPIC)] == [("exchange", 0), ("talks", 1)]

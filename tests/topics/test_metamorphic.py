"""Spelling is no meaning: what newsrooms write differently changes no verdict."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirqab.topics import Judge, Topic
from mirqab.types import Verdict

TASHKEEL = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670"
HIDDEN = "\u200b\u200c\u200e\u200f\u202a\u202c\u2067\u2069\ufeff\u00ad"
FORMS = {"ا": "\ufe8d", "ل": "\ufedd", "ب": "\ufe8f", "ق": "\ufed5", "و": "\ufeed", "ن": "\ufee5", "ه": "\ufee9"}


def sprinkle(text: str, marks: str, choose: random.Random) -> str:
    return "".join(c + (choose.choice(marks) if c.isalpha() and choose.random() < 0.4 else "") for c in text)


def swap(table: dict[str, str]) -> Callable[[str, random.Random], str]:
    translation = str.maketrans(table)
    return lambda text, _: text.translate(translation)


CHANGES: dict[str, Callable[[str, random.Random], str]] = {
    "tashkeel": lambda text, choose: sprinkle(text, TASHKEEL, choose),
    "tatweel": lambda text, choose: sprinkle(text, "ـ", choose),
    "hidden characters": lambda text, choose: sprinkle(text, HIDDEN, choose),
    "hamza dropped": swap({"أ": "ا", "إ": "ا", "آ": "ا"}),
    "hamza seats": swap({"ؤ": "ئ", "ئ": "ؤ"}),
    "Egyptian ya": lambda text, _: "".join(
        "ى" if c == "ي" and not text[i + 1 : i + 2].isalpha() else c for i, c in enumerate(text)
    ),
    "ta marbuta": swap({"ة": "ه"}),
    "Farsi letters": swap({"ي": "ی", "ك": "ک"}),
    "Arabic digits": swap({str(digit): chr(0x660 + digit) for digit in range(10)}),
    "presentation forms": swap(FORMS),
    "no-break spaces": swap({" ": "\u00a0"}),
    "more spaces": lambda text, choose: "".join(c * choose.randint(1, 3) if c == " " else c for c in text),
    "American": lambda text, _: text.replace("أميركي", "أمريكي").replace("أميركا", "أمريكا"),
}


@pytest.fixture(scope="module")
def judge(topic: Topic) -> Judge:
    return Judge([topic])


@pytest.fixture(scope="module")
def examples(topic: Topic) -> list[str]:
    return [example.text for example in topic.examples]


def outcome(verdict: Verdict) -> tuple[object, ...]:
    sentences = [(sentence.parts, [item.concept for item in sentence.evidence]) for sentence in verdict.sentences]
    return verdict.flagged, verdict.sum, verdict.grade, verdict.facets, sentences


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), change=st.sampled_from(sorted(CHANGES)), other=st.sampled_from(sorted(CHANGES)))
def test_spelling_changes_no_verdict(judge: Judge, examples: list[str], seed: int, change: str, other: str) -> None:
    choose = random.Random(seed)
    text = choose.choice(examples)
    changed = CHANGES[other](CHANGES[change](text, choose), choose)
    (before,) = judge.judge(title=text, text=text, published=None)
    (after,) = judge.judge(title=changed, text=changed, published=None)
    assert outcome(after) == outcome(before)
    assert all(item.text == changed[item.span.start : item.span.stop] for item in after.evidence)


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_each_change_on_every_example(judge: Judge, examples: list[str], change: str) -> None:
    choose = random.Random(change)
    for text in examples:
        changed = CHANGES[change](text, choose)
        (before,) = judge.judge(title="", text=text, published=None)
        (after,) = judge.judge(title="", text=changed, published=None)
        assert outcome(after) == outcome(before), changed

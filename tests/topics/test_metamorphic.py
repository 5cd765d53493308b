"""Spelling is no meaning: what newsrooms write differently changes no verdict."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirqab.arabic import fold
from mirqab.topics import Judge, Topic
from mirqab.types import Verdict

TASHKEEL = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670"
HIDDEN = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2067\u2069\ufeff\u00ad\u061c\u2060"
SPACES = "\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u205f\u3000\t"
PRESENTATION = {"ا": "\ufe8d", "ل": "\ufedd", "ب": "\ufe8f", "ق": "\ufed5", "و": "\ufeed", "ن": "\ufee5", "ه": "\ufee9"}
LAM_ALEF = {"لا": "\ufefb", "لأ": "\ufef7", "لإ": "\ufef9", "لآ": "\ufef5"}

Change = Callable[[str, random.Random], str]


def sprinkle(marks: str, share: float = 0.4) -> Change:
    """Put marks behind letters, inside words and at their ends."""
    return lambda text, choose: "".join(
        c + (choose.choice(marks) if c.isalpha() and choose.random() < share else "") for c in text
    )


def at_edges(text: str, choose: random.Random) -> str:
    """Put hidden characters before and behind words."""
    return re.sub(r"\b", lambda _: choose.choice(HIDDEN) if choose.random() < 0.5 else "", text)


def swap(table: dict[str, str]) -> Change:
    """Replace letters, or groups of them, everywhere."""
    pattern = re.compile("|".join(map(re.escape, sorted(table, key=len, reverse=True))))
    return lambda text, _: pattern.sub(lambda match: table[match.group()], text)


def final(before: str, after: str) -> Change:
    """Replace a letter at the end of words."""
    return lambda text, _: re.sub(rf"{before}\b", after, text)


def spaces(kinds: str, most: int) -> Change:
    """Write each space as one to `most` spaces of these kinds."""
    return lambda text, choose: "".join(
        "".join(choose.choice(kinds) for _ in range(choose.randint(1, most))) if c == " " else c for c in text
    )


def at_line_ends(text: str, choose: random.Random) -> str:
    """Leave spaces at the ends of lines."""
    return re.sub(r"$", lambda _: " " * choose.randint(0, 3), text, flags=re.MULTILINE)


CHANGES: dict[str, Change] = {
    "tashkeel": sprinkle(TASHKEEL),
    "tatweel": sprinkle("ـ"),
    "hidden characters": sprinkle(HIDDEN),
    "hidden characters at word edges": at_edges,
    "hamza dropped": swap({"أ": "ا", "إ": "ا", "آ": "ا"}),
    "hamza seats": swap({"ؤ": "ئ", "ئ": "ؤ"}),
    "Egyptian ya": final("ي", "ى"),
    "dotted alef maqsura": final("ى", "ي"),
    "ta marbuta": swap({"ة": "ه"}),
    "Farsi letters": swap({"ي": "ی", "ك": "ک"}),
    "Arabic digits": swap({str(digit): chr(0x660 + digit) for digit in range(10)}),
    "Farsi digits": swap({str(digit): chr(0x6F0 + digit) for digit in range(10)}),
    "presentation forms": swap(PRESENTATION),
    "lam-alef": swap(LAM_ALEF),
    "no-break spaces": swap({" ": "\u00a0"}),
    "other spaces": spaces(" " + SPACES, 1),
    "more spaces": spaces(" ", 3),
    "more spaces of all kinds": spaces(" " + SPACES, 3),
    "spaces at line ends": at_line_ends,
    "line ends of Windows": swap({"\n": "\r\n"}),
    "NFC": lambda text, _: normalize("NFC", text),
    "NFD": lambda text, _: normalize("NFD", text),
    "NFD with hidden characters": lambda text, choose: sprinkle(HIDDEN)(normalize("NFD", text), choose),
    "American": swap({"أميركي": "أمريكي", "أميركا": "أمريكا", "الأميركان": "الأمريكان"}),
}


class Story(NamedTuple):
    """What the judge is given."""

    title: str
    text: str
    published: datetime | None = None

    def changed(self, change: Change, choose: random.Random) -> Story:
        return Story(change(self.title, choose), change(self.text, choose), self.published)


@pytest.fixture(scope="module")
def judge(topic: Topic) -> Judge:
    return Judge([topic])


@pytest.fixture(scope="module")
def examples(topic: Topic) -> list[Story]:
    return [Story(example.text, example.text) for example in topic.examples]


def verdict_on(judge: Judge, story: Story) -> Verdict:
    (verdict,) = judge.judge(title=story.title, text=story.text, published=story.published)
    return verdict


def outcome(verdict: Verdict) -> tuple[object, ...]:
    sentences = [
        (sentence.parts, [(item.concept, words(item.text)) for item in sentence.evidence])
        for sentence in verdict.sentences
    ]
    return verdict.flagged, verdict.score, verdict.sum, verdict.grade, verdict.facets, verdict.missing, sentences


def words(text: str) -> str:
    """Return what was matched, in the spelling that all newsrooms share."""
    return " ".join(fold(text).replace("امريك", "اميرك").split())


def differences(judge: Judge, stories: list[Story], name: str) -> list[str]:
    """Return the stories whose verdict a change of spelling changes."""
    choose = random.Random(name)
    found = []
    for story in stories:
        changed = story.changed(CHANGES[name], choose)
        before, after = verdict_on(judge, story), verdict_on(judge, changed)
        if outcome(after) != outcome(before) or not cut_exactly(after, changed):
            found.append(f"{story.title or story.text[:80]}: {before.score} became {after.score}")
    return found


def cut_exactly(verdict: Verdict, story: Story) -> bool:
    fields = {"title": story.title, "text": story.text}
    return all(item.text == fields[item.span.field][item.span.start : item.span.stop] for item in verdict.evidence)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), change=st.sampled_from(sorted(CHANGES)), other=st.sampled_from(sorted(CHANGES)))
def test_spelling_changes_no_verdict(judge: Judge, examples: list[Story], seed: int, change: str, other: str) -> None:
    choose = random.Random(seed)
    story = choose.choice(examples)
    changed = story.changed(CHANGES[change], choose).changed(CHANGES[other], choose)
    after = verdict_on(judge, changed)
    assert outcome(after) == outcome(verdict_on(judge, story))
    assert cut_exactly(after, changed)


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_each_change_on_every_example(judge: Judge, examples: list[Story], change: str) -> None:
    assert differences(judge, examples, change) == []


def labelled(shared_data: Path, *labels: str) -> Iterator[Story]:
    for row in map(json.loads, (shared_data / "labelled" / "dev.jsonl").open(encoding="utf-8")):
        if row["label"] in labels:
            yield story_of(row)


def stream(shared_data: Path) -> Iterator[Story]:
    with gzip.open(shared_data / "stream" / "stream.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(story_of, map(json.loads, lines))


def story_of(row: dict[str, str | None]) -> Story:
    try:
        published = datetime.fromisoformat((row.get("date") or "")[:10]).replace(tzinfo=UTC)
    except ValueError:
        published = None
    return Story(row["title"] or "", row["text"] or "", published)


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_each_change_on_some_real_stories(judge: Judge, shared_data: Path, change: str) -> None:
    stories = [*labelled(shared_data, "positive")][::4] + [*labelled(shared_data, "hard_negative")][::40]
    assert differences(judge, stories, change) == []


@pytest.mark.full
@pytest.mark.parametrize("change", sorted(CHANGES))
def test_each_change_on_many_real_stories(judge: Judge, shared_data: Path, change: str) -> None:
    stories = [*labelled(shared_data, "positive", "hard_negative"), *islice(stream(shared_data), 0, 13_500, 27)]
    assert differences(judge, stories, change) == []

"""Counts, intervals and theatres of a topic on labelled texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirqab.errors import UsageError
from mirqab.proportions import share, wilson
from mirqab.workbench import (
    Labelled,
    Outcome,
    Place,
    Side,
    Story,
    Text,
    ValueNames,
    figures,
    judge_stories,
    read_groupings,
    read_names,
    score,
)
from mirqab.workers import Workers
from tests.workbench import bridges


def no_workers() -> Workers:
    raise AssertionError("few texts need no workers")


# from the closed formula, as tables of the score interval print it
@pytest.mark.parametrize(
    ("part", "of", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 10, 0.0179, 0.4042),
        (56, 59, 0.8608, 0.9826),
        (5, 10, 0.2366, 0.7634),
    ],
)
def test_the_interval_is_wilsons(part: int, of: int, low: float, high: float) -> None:
    assert list(wilson(part, of)) == pytest.approx([low, high], abs=5e-5)


def test_an_empty_share_has_no_number() -> None:
    nothing = share(0, 0)
    assert (nothing.value, nothing.low, nothing.high) == (None, None, None)


LINES = [
    # text, side, theatres, source, what becomes of it
    (bridges.DECIDED, Side.POSITIVE, ("valley",), "rasid", Outcome.HIT, Place.RIGHT),
    (bridges.COAST, Side.POSITIVE, ("valley",), "rasid", Outcome.HIT, Place.WRONG),
    (bridges.COAST, Side.POSITIVE, ("الساحل", "valley"), "sadeem", Outcome.HIT, Place.RIGHT),
    ("قررت اللجنة إغلاق الجسر.", Side.POSITIVE, ("الساحل",), "sadeem", Outcome.HIT, Place.NONE),
    (bridges.DECIDED, Side.POSITIVE, ("mountain",), "sadeem", Outcome.HIT, Place.UNKNOWN),
    (bridges.DECIDED, Side.POSITIVE, (), "sadeem", Outcome.HIT, None),
    (bridges.ALONE, Side.POSITIVE, ("valley",), "rasid", Outcome.MISS, None),
    (bridges.COAST, Side.NEGATIVE, ("valley",), "rasid", Outcome.FALSE_FLAG, None),
    (bridges.OTHER, Side.NEGATIVE, (), "rasid", Outcome.PASSED_OVER, None),
    (bridges.DECIDED, Side.ASIDE, (), "rasid", Outcome.ASIDE, None),
    (bridges.OTHER, Side.ASIDE, (), "rasid", Outcome.ASIDE, None),
]


def test_texts_are_counted_by_what_becomes_of_them(tmp_path: Path) -> None:
    topic = bridges.compiled(tmp_path, bridges.BRIDGES)
    lines = [
        Labelled(
            line=number,
            story=Story(id=number, texts=(Text(title="", text=text),)),
            label=side.value,
            side=side,
            theatres=theatres,
            source=source,
            group=str(number),
        )
        for number, (text, side, theatres, source, _, _) in enumerate(LINES)
    ]
    judged = judge_stories((line.story for line in lines), [topic], no_workers)
    scored, unjudged = score(lines, judged, names=ValueNames(topic, "theatre", {"valley": "الوادي"}))
    assert unjudged == 0
    assert [(one.outcome, one.place) for one in scored] == [(outcome, place) for *_, outcome, place in LINES]

    rows = {row.group: row for row in figures(scored, ["theatre", "source"])}
    whole = rows["all"]
    assert (whole.lines, whole.hits, whole.false_flags, whole.misses, whole.passed_over) == (9, 6, 1, 1, 1)
    assert (whole.aside, whole.aside_flagged) == (2, 1)
    assert [whole.precision.value, whole.recall.value] == pytest.approx([6 / 7, 6 / 7])
    assert whole.f1.value == pytest.approx(6 / 7)
    assert whole.f1.low is not None
    assert whole.f1.high is not None
    assert whole.f1.low < 6 / 7 < whole.f1.high
    assert (whole.theatre.part, whole.theatre.of) == (2, 4)
    assert (rows["source:rasid"].hits, rows["source:sadeem"].hits) == (2, 4)
    assert (rows["theatre:valley"].hits, rows["theatre:الساحل"].hits, rows["theatre:-"].aside) == (3, 2, 2)


def test_what_the_options_say() -> None:
    assert read_groupings("theatre, source") == ["theatre", "source"]
    assert read_groupings("") == []
    assert read_names(["Iraq=العراق, Syria = سوريا", "Sahel=الساحل"]) == {
        "Iraq": "العراق",
        "Syria": "سوريا",
        "Sahel": "الساحل",
    }
    with pytest.raises(UsageError, match="country"):
        read_groupings("country")
    for wrong in ("Iraq", "=العراق", "Iraq="):
        with pytest.raises(UsageError, match="--names"):
            read_names([wrong])

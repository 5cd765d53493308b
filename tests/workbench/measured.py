"""What the bench measures of a topic on the labelled stories, for the floors that tests hold it to."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mirqab.topics import Topic
from mirqab.workbench import Figures, figures, judge_stories, read_labelled, score
from mirqab.workers import Workers

THEATRES: Final = {
    "Iraq": "العراق",
    "Syria": "سوريا",
    "Gaza": "غزة",
    "Lebanon": "لبنان",
    "Sahel": "الساحل",
    "Somalia": "الصومال",
    "Western Sahara": "الصحراء الغربية",
}
"""What the labels call the theatres of the topic."""


def measured(topic: Topic, path: Path) -> Figures:
    """Return the figures of all labelled stories of a file, in which no line may be wrong."""
    lines = read_labelled(str(path), _no_wrong_line)
    judged = judge_stories((line.story for line in lines), [topic], _no_workers)
    known = frozenset(name for facet in topic.facets if facet.id == "theatre" for name in facet.values)
    scored, unjudged = score(lines, judged, known=known, names=THEATRES)
    assert unjudged == 0
    return figures(scored)[0]


def _no_wrong_line(line: int, why: str) -> None:
    raise AssertionError(f"line {line}: {why}")


def _no_workers() -> Workers:
    raise AssertionError("so few texts need no workers")

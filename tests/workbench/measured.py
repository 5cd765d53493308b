"""What the bench measures of a topic on the labelled stories, for the floors that tests hold it to."""

from __future__ import annotations

from pathlib import Path

from mirqab.topics import Topic
from mirqab.workbench import THEATRE, Figures, ValueNames, figures, judge_stories, read_labelled, score
from mirqab.workers import Workers


def measured(topic: Topic, path: Path) -> Figures:
    """Return the figures of all labelled stories of a file, in which no line may be wrong."""
    lines = read_labelled(str(path), _no_wrong_line)
    judged = judge_stories((line.story for line in lines), [topic], _no_workers)
    scored, unjudged = score(lines, judged, names=ValueNames(topic, THEATRE, {}))
    assert unjudged == 0
    return figures(scored)[0]


def _no_wrong_line(line: int, why: str) -> None:
    raise AssertionError(f"line {line}: {why}")


def _no_workers() -> Workers:
    raise AssertionError("so few texts need no workers")

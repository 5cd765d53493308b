"""A verdict in short, as the commands that try a topic print it: its sums, and its strongest sentence."""

from __future__ import annotations

from typing import Any, Final

from mirqab.cli.paper import Paper
from mirqab.cli.terminal import one_line
from mirqab.topics import verdict_to_json
from mirqab.types import Verdict
from mirqab.workbench import THEATRE, Text

BEGINNING: Final = 90
"""Letters of a text without a headline that name it: as long as a headline."""


def named(text: Text) -> str:
    """Return what a person knows a text by: its headline, or the beginning where it has none."""
    if title := one_line(text.title):
        return title
    beginning = one_line(text.text)
    return beginning if len(beginning) <= BEGINNING else beginning[: BEGINNING - 1] + "…"


def print_strongest(paper: Paper, verdict: Verdict, *, title: str, text: str) -> None:
    """Print the strongest sentence with its evidence marked, where one counted."""
    sentence = verdict.strongest
    if sentence is not None:
        where = "headline: " if sentence.span.field == "title" else ""
        paper.line(f"  {where}", paper.sentence(sentence, title=title, text=text))


def print_points(paper: Paper, verdict: Verdict) -> None:
    """Print the arithmetic: that of the strongest sentence, then what the others and the story add."""
    sentence = verdict.strongest
    for name, points in (*(sentence.parts if sentence else ()), *verdict.sum[1:]):
        paper.line(f"    {points:+g}  {one_line(name)}")


def print_missing(paper: Paper, verdict: Verdict) -> None:
    """Print what would have been needed."""
    for what in verdict.missing:
        paper.line(f"    missing: {one_line(what)}")


def brief(verdict: Verdict) -> dict[str, Any]:
    """Return what a verdict comes to, as JSON values."""
    return {
        "flagged": verdict.flagged,
        "score": verdict.score,
        "threshold": verdict.threshold,
        "grade": verdict.grade.value,
        "theatres": list(verdict.facets.get(THEATRE, ())),
        "sum": [list(part) for part in verdict.sum],
    }


def strongest_json(verdict: Verdict, *, title: str, text: str) -> dict[str, Any] | None:
    """Return the strongest sentence with its words, its points and its evidence, as JSON values."""
    sentence = verdict.strongest
    if sentence is None:
        return None
    told: dict[str, Any] = verdict_to_json(verdict)["sentences"][verdict.sentences.index(sentence)]
    return {"words": sentence.span.cut(title=title, text=text), **told}

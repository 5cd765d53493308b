"""A verdict in short, as the commands that try a topic print it: its sums, and its strongest sentence."""

from __future__ import annotations

from typing import Any, Final

from mirqab.cli.terminal import one_line
from mirqab.topics import verdict_to_json
from mirqab.types import Sentence, Verdict
from mirqab.workbench import THEATRE, Text

BEGINNING: Final = 90
"""Letters of a text without a headline that name it: as long as a headline."""


def named(text: Text) -> str:
    """Return what a person knows a text by: its headline, or the beginning where it has none."""
    if title := one_line(text.title):
        return title
    beginning = one_line(text.text)
    return beginning if len(beginning) <= BEGINNING else beginning[: BEGINNING - 1] + "…"


def strongest(verdict: Verdict) -> Sentence | None:
    """Return the sentence with the most points; None when none counted."""
    return max(verdict.sentences, key=lambda sentence: sentence.points, default=None)


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
    sentence = strongest(verdict)
    if sentence is None:
        return None
    told: dict[str, Any] = verdict_to_json(verdict)["sentences"][verdict.sentences.index(sentence)]
    original = title if sentence.span.field == "title" else text
    return {"words": original[sentence.span.start : sentence.span.stop], **told}

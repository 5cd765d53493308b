"""A verdict in short, as the commands that try a topic print it: its sums, and its strongest sentence."""

from __future__ import annotations

from typing import Any

from mirqab.topics import verdict_to_json
from mirqab.types import Sentence, Verdict
from mirqab.workbench import THEATRE


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

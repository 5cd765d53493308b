"""A text cut into pieces at the borders of its evidence, so that every marked letter can be shown in its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from mirqab.types import Evidence


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text and the evidence that lies on it: none for plain text, several where evidence overlaps."""

    text: str
    evidence: tuple[Evidence, ...]


def pieces(
    text: str, evidence: Iterable[Evidence], *, field: Literal["title", "text"], start: int = 0, stop: int | None = None
) -> list[Piece]:
    """Cut `text[start:stop]` into pieces; joined again they are that text.

    Spans are code points of `text` as stored. What lies outside of the text (a page that changed since) is left out.
    """
    stop = len(text) if stop is None else min(stop, len(text))
    clipped = (
        (max(start, item.span.start), min(stop, item.span.stop), item)
        for item in dict.fromkeys(evidence)  # one span may serve one rule in two ways
        if item.span.field == field
    )
    spans = [span for span in clipped if span[0] < span[1]]
    borders = sorted({start, stop, *(begin for begin, _, _ in spans), *(end for _, end, _ in spans)})
    return [
        Piece(text[begin:end], tuple(item for first, last, item in spans if first <= begin and end <= last))
        for begin, end in pairwise(borders)
    ]


def paragraphs(text: str, evidence: Iterable[Evidence]) -> Iterator[list[Piece]]:
    """Yield the pieces of each paragraph (line) of an article's body."""
    evidence = tuple(evidence)
    start = 0
    for line in text.split("\n"):
        stop = start + len(line)
        if line.strip():
            yield pieces(text, evidence, field="text", start=start, stop=stop)
        start = stop + 1

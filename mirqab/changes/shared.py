"""The passages that two texts share: why one is taken for a copy of the other one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from mirqab.changes.cutting import Side, Unit
from mirqab.changes.told import Range

LEAST: Final = 6
"""Words of a passage: fewer are a turn of phrase that any two reports may share."""
_STARTS: Final = 16
"""Places at which a run of six words is looked for, where it stands more often."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """A run of words that stands in both bodies, as the second one prints it; the spans are in code points."""

    text: str
    words: int
    one: Range
    other: Range


def shared_passages(one: str, other: str, *, limit: int | None = None) -> tuple[Passage, ...]:
    """Return the longest passages that two bodies share, the longest first; `limit` keeps so many."""
    mine, theirs = _units(one), _units(other)
    starts: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    keys = [unit.key for unit in mine]
    for place in range(len(keys) - LEAST + 1):
        starts[tuple(keys[place : place + LEAST])].append(place)
    found: list[Passage] = []
    said = [unit.key for unit in theirs]
    at = 0
    while at <= len(said) - LEAST:
        length, start = 0, 0
        for place in starts.get(tuple(said[at : at + LEAST]), ())[:_STARTS]:
            run = LEAST
            while place + run < len(keys) and at + run < len(said) and keys[place + run] == said[at + run]:
                run += 1
            if run > length:
                length, start = run, place
        if length:
            span = theirs[at].start, theirs[at + length - 1].stop
            origin = mine[start].start, mine[start + length - 1].stop
            found.append(Passage(text=other[slice(*span)], words=length, one=origin, other=span))
        at += length or 1
    found.sort(key=lambda passage: (-passage.words, passage.other))
    return tuple(found[:limit])


def _units(text: str) -> list[Unit]:
    return [unit for sentence in Side(text).sentences for unit in sentence.units]

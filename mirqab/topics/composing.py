"""Composed hits of one sentence: which concepts touch, and what deletes a hit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from mirqab.topics.language import Drop, Pair, Topic

MOST_HITS = 40
"""Places of one concept or composition in one sentence that are looked at: composing costs the square of them."""

Span = tuple[int, int]
Piece = tuple[str, int, int]  # concept, first token, token after the last


class Hit(NamedTuple):
    """One composed hit in token indices: its whole span, its anchor, and the pieces it is made of."""

    start: int
    stop: int
    anchor: Span
    pieces: tuple[Piece, ...]


class Found:
    """What one sentence names: hits of concepts, and of compositions once they are composed."""

    def __init__(self, concepts: Mapping[str, Sequence[Span]], is_number: Callable[[int], bool]) -> None:
        self.concepts = concepts
        self.composed: dict[str, list[Hit]] = {}
        self.anaphoric: dict[str, list[Hit]] = {}
        self._bare: dict[str, list[Hit]] = {}
        self._is_number = is_number

    def hits(self, name: str) -> Sequence[Hit]:
        """Return the hits of a concept or a composition."""
        if name in self.composed:
            return self.composed[name]
        if name not in self._bare:
            self._bare[name] = [
                Hit(start, stop, (start, stop), ((name, start, stop),)) for start, stop in self.concepts.get(name, ())
            ]
        return self._bare[name]

    def compose(self, topic: Topic) -> None:
        """Find the hits of every composition of the topic, in the file's order, and delete the dropped ones."""
        for composition in topic.compositions:
            found: dict[Hit, None] = {}
            for pair in composition.pairs:
                for hit in self._pair(pair, topic.filler):
                    found[hit] = None
            drops = [drop for drop in topic.drops if composition.name in drop.compositions]
            kept = [hit for hit in found if not any(map(self._dropper(hit), drops))]
            self.composed[composition.name] = kept[:MOST_HITS]
            if composition.anaphora:
                bare = self.hits(composition.anaphora)
                self.anaphoric[composition.name] = [hit for hit in bare if not any(map(self._dropper(hit), drops))]

    def _pair(self, pair: Pair, filler: str | None) -> list[Hit]:
        firsts = self.hits(pair.first)
        if pair.second is None:
            return list(firsts)
        seconds = self.hits(pair.second) if firsts else ()
        found = []
        for first in firsts:
            near: tuple[int, Hit] | None = None
            for second in seconds:
                if not pair.before and second.start >= first.stop:
                    gap, between = second.start - first.stop, range(first.stop, second.start)
                elif not pair.after and second.stop <= first.start:
                    gap, between = first.start - second.stop, range(second.stop, first.start)
                else:
                    continue
                if gap <= pair.gap and (near is None or gap < near[0]):
                    if pair.filled and not self._filled(between, filler):
                        continue
                    near = gap, second
            if near is not None:
                second = near[1]
                found.append(
                    Hit(
                        min(first.start, second.start),
                        max(first.stop, second.stop),
                        first.anchor,
                        (*first.pieces, *second.pieces),
                    )
                )
        return found

    def _filled(self, between: range, filler: str | None) -> bool:
        spans = self.concepts.get(filler, ()) if filler else ()
        return all(self._is_number(at) or any(start <= at < stop for start, stop in spans) for at in between)

    def _dropper(self, hit: Hit) -> Callable[[Drop], bool]:
        return lambda drop: any(
            0 <= start - hit.anchor[1] <= drop.gap for start, _ in self.concepts.get(drop.concept, ())
        )


def distance(one: Span, other: Span) -> int:
    """Return the number of tokens between two spans, -1 when they share one."""
    if one[1] <= other[0]:
        return other[0] - one[1]
    if other[1] <= one[0]:
        return one[0] - other[1]
    return -1

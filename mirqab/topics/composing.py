"""Composed hits of one sentence: which concepts touch, and what deletes a hit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from mirqab.topics.language import Drop, Pair, Topic

MOST_HITS = 40
"""Places of one concept or composition in one sentence that are looked at: composing costs the square of them."""

MOST_COMPARED = 5_000_000
"""Comparisons of places that one topic may make in one story: some seconds."""

Span = tuple[int, int]
Piece = tuple[str, int, int]  # concept, first token, token after the last


class Hit(NamedTuple):
    """One composed hit in token indices: its whole span, its anchor, and the pieces it is made of."""

    start: int
    stop: int
    anchor: Span
    pieces: tuple[Piece, ...]


class Effort:
    """What composing and scoring one story may cost: a topic that is all pitfalls on a text that is made for it.

    The costliest of 13,594 stories takes some thousand comparisons; when the effort is spent, what follows is not read.
    """

    def __init__(self, left: int = MOST_COMPARED) -> None:
        self.left = left

    def spend(self, comparisons: int) -> bool:
        """Say whether so many comparisons may still be made, and count them."""
        self.left -= comparisons
        return self.left >= 0


class Step(NamedTuple):
    """One composition as it is looked for: what its lines begin with, and what deletes its hits."""

    name: str
    firsts: frozenset[str]
    pairs: tuple[Pair, ...]
    anaphora: str | None
    drops: tuple[Drop, ...]


class Plan:
    """How the sentences of a story are read for one topic: worked out once, for a story has hundreds of them."""

    def __init__(self, topic: Topic, numbers: Mapping[str, int]) -> None:
        self.topic, self.numbers = topic, numbers
        self.names: dict[int, list[str]] = {}
        """Concept → its names in the topic: two that have the same words are one."""
        for name, number in numbers.items():
            self.names.setdefault(number, []).append(name)
        self.steps = tuple(
            Step(
                name=composition.name,
                firsts=frozenset(pair.first for pair in composition.pairs),
                pairs=composition.pairs,
                anaphora=composition.anaphora,
                drops=tuple(drop for drop in topic.drops if composition.name in drop.compositions),
            )
            for composition in topic.compositions
        )
        self.leading = frozenset(rule.together[0] for rule in topic.rules)
        """The compositions with which a rule begins."""
        self.values: dict[str, dict[int, list[tuple[int, str]]]] = {}
        """Facet → concept → the values that it tells, with their places in the topic file."""
        for facet in topic.facets:
            told = self.values.setdefault(facet.name, {})
            for place, (value, concept) in enumerate(facet.values.items()):
                told.setdefault(numbers[concept], []).append((place, value))


class Found:
    """What one sentence names: hits of concepts, and of compositions once they are composed.

    `composed` and `anaphoric` hold the compositions that have any.
    """

    def __init__(
        self, named: Mapping[int, Sequence[Span]], plan: Plan, is_number: Callable[[int], bool], effort: Effort
    ) -> None:
        self._named, self._plan = named, plan
        self.effort = effort
        self._filling: frozenset[int] | None = None
        self.composed: dict[str, list[Hit]] = {}
        self.anaphoric: dict[str, list[Hit]] = {}
        self._bare: dict[str, list[Hit]] = {}
        self._is_number = is_number

    def places(self, name: str | None) -> Sequence[Span]:
        """Return the places of a concept; of None, none."""
        number = None if name is None else self._plan.numbers.get(name)
        return () if number is None else self._named.get(number, ())

    def told(self, facet: str) -> list[tuple[str, Sequence[Span]]]:
        """Return the values of a facet that are named, in the file's order, with their places."""
        values = self._plan.values[facet]
        found = sorted(
            (place, value, number) for number in values.keys() & self._named.keys() for place, value in values[number]
        )
        return [(value, self._named[number]) for _, value, number in found]

    def hits(self, name: str) -> Sequence[Hit]:
        """Return the hits of a concept or a composition."""
        if name in self.composed:
            return self.composed[name]
        if name not in self._bare:
            self._bare[name] = [
                Hit(start, stop, (start, stop), ((name, start, stop),)) for start, stop in self.places(name)
            ]
        return self._bare[name]

    def compose(self) -> None:
        """Find the hits of every composition of the topic, in the file's order, and delete the dropped ones."""
        # a topic has hundreds of pairs, and a sentence the words of a few
        there = {name for number in self._named for name in self._plan.names.get(number, ())}
        filler = self._plan.topic.filler
        for step in self._plan.steps:
            if not step.firsts.isdisjoint(there):
                found: dict[Hit, None] = {}
                for pair in step.pairs:
                    if pair.first in there and (pair.second is None or pair.second in there):
                        found.update(dict.fromkeys(self._pair(pair, filler)))
                if found and (hits := self._kept(step, found)[:MOST_HITS]):
                    self.composed[step.name] = hits
                    there.add(step.name)
            if step.anaphora in there and (hits := self._kept(step, self.hits(step.anaphora))):
                self.anaphoric[step.name] = hits

    def _kept(self, step: Step, hits: Iterable[Hit]) -> list[Hit]:
        return [hit for hit in hits if not any(self._drops(drop, hit) for drop in step.drops)]

    def _drops(self, drop: Drop, hit: Hit) -> bool:
        return any(0 <= start - hit.anchor[1] <= drop.gap for start, _ in self.places(drop.concept))

    def _pair(self, pair: Pair, filler: str | None) -> list[Hit]:
        firsts = self.hits(pair.first)
        if pair.second is None:
            return list(firsts)
        seconds = self.hits(pair.second)
        if not self.effort.spend(len(firsts) * len(seconds)):
            return []
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
        if self._filling is None:
            self._filling = frozenset(at for start, stop in self.places(filler) for at in range(start, stop))
        self.effort.spend(len(between))
        return all(at in self._filling or self._is_number(at) for at in between)


def distance(one: Span, other: Span) -> int:
    """Return the number of tokens between two spans, -1 when they share one."""
    if one[1] <= other[0]:
        return other[0] - one[1]
    if other[1] <= one[0]:
        return one[0] - other[1]
    return -1

"""The gate of a topic, derived from its rules.

A list of gate words kept by hand would silently switch off the rules it forgot; this one cannot: it opens exactly when
the concepts found in a text could fulfil some rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_

from mirqab.topics import missing
from mirqab.topics.language import Composition, Rule, Topic

_MOST_WAYS = 2_000
"""Ways to fulfil a composition that are told apart: those of compositions of compositions multiply."""

_MOST_RULE_WAYS = 500
"""The same of a rule; beyond, the rule opens where its composition could."""


class Gate:
    """Says which concepts a text must name to score."""

    def __init__(self, topic: Topic, numbers: Mapping[str, int]) -> None:
        composed: dict[str, list[frozenset[str]]] = {}
        firsts: dict[str, set[str]] = {}
        for composition in topic.compositions:
            composed[composition.name], firsts[composition.name] = _ways(composition, composed, firsts)
        leading = dict.fromkeys(rule.together[0] for rule in topic.rules)
        self._composed = {name: composed[name] for name in leading}
        self._firsts = tuple(dict.fromkeys(first for name in leading for first in sorted(firsts[name])))
        self._numbers = numbers
        self._bits = {number: 1 << place for place, number in enumerate(sorted(set(numbers.values())))}
        self._masks = {
            name: [self._mask(map(numbers.__getitem__, way)) for way in ways] for name, ways in self._composed.items()
        }
        """The ways of a composition as bits of their concepts."""
        self._all = {name: reduce(or_, masks) for name, masks in self._masks.items()}
        self.ways = frozenset(
            frozenset(map(numbers.__getitem__, way)) for rule in topic.rules for way in _rule_ways(rule, composed)
        )
        """Sets of concepts: a text or sentence that names all of one can fulfil a rule, any other cannot."""
        anaphora = {composition.anaphora for composition in topic.compositions if composition.anaphora}
        self.begins = frozenset(numbers[name] for name in (*self._firsts, *anaphora))
        """The concepts that begin a composed hit: a sentence without any of them cannot score."""
        counted = {rule.together[0] for rule in topic.rules if rule.times > 1}
        self.around = frozenset(
            numbers[name] for name in anaphora.union(*(firsts[composition] for composition in counted))
        )
        """The concepts by which sentences bear on a verdict that do not fulfil a rule by words of their own."""

    def composes(self, present: set[int]) -> bool:
        """Say whether a text that names these concepts may hold a composition with which a rule begins."""
        if self.begins.isdisjoint(present):
            return False
        has = self._has(present)
        return any(way <= has for ways in self._composed.values() for way in ways)

    def missing(self, present: set[int], threshold: float) -> tuple[str, ...]:
        """Say what a text lacks that names these concepts and has no evidence."""
        if self.begins.isdisjoint(present):
            return missing.nothing_begins(self._firsts, threshold)
        return missing.incomplete(self._nearest(present), self._has(present), threshold)

    def _nearest(self, present: set[int]) -> dict[str, list[frozenset[str]]]:
        """Return the ways of the compositions that these concepts begin and that lack least: most texts end here."""
        has = self._mask(present)
        nearest: list[tuple[int, str]] = []
        complete = 0
        lacking = ~has
        for name, masks in self._masks.items():
            if self._all[name] & has:
                least = min((mask & lacking).bit_count() for mask in masks)
                nearest.append((least, name))
                complete += least == 0
                if complete == missing.NEAREST:
                    break
        nearest.sort(key=lambda item: item[0])
        return {name: self._composed[name] for _, name in nearest[: missing.NEAREST]}

    def _mask(self, concepts: Iterable[int]) -> int:
        mask = 0
        for number in concepts:
            mask |= self._bits.get(number, 0)
        return mask

    def _has(self, present: set[int]) -> frozenset[str]:
        return frozenset(name for name, number in self._numbers.items() if number in present)


def _ways(
    composition: Composition, composed: Mapping[str, list[frozenset[str]]], firsts: Mapping[str, set[str]]
) -> tuple[list[frozenset[str]], set[str]]:
    found: dict[frozenset[str], None] = {}
    first = set().union(*(firsts.get(pair.first, {pair.first}) for pair in composition.pairs))
    for pair in composition.pairs:
        ones = composed.get(pair.first, [frozenset({pair.first})])
        others = composed.get(pair.second, [frozenset({pair.second})]) if pair.second else [frozenset[str]()]
        if len(ones) * len(others) <= 4 * _MOST_WAYS:
            found |= dict.fromkeys(one | other for one in ones for other in others)
        if len(found) > _MOST_WAYS or len(ones) * len(others) > 4 * _MOST_WAYS:
            # less is asked of a text then, and it is read more often than needed
            return [frozenset({name}) for name in sorted(first)], first
    return list(found), first


def _rule_ways(rule: Rule, composed: Mapping[str, list[frozenset[str]]]) -> list[frozenset[str]]:
    """Return the sets of concepts of which a sentence must name one to fulfil a rule."""
    found = composed[rule.together[0]]
    for name in rule.together[1:]:
        others = composed.get(name, [frozenset({name})])
        if len(found) * len(others) <= _MOST_RULE_WAYS:
            found = list(dict.fromkeys(one | other for one in found for other in others))
    return found

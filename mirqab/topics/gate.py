"""The gate of a topic, derived from its rules, and what it says of a text that is not flagged.

A list of gate words kept by hand would silently switch off the rules it forgot; this one cannot: it opens exactly when
the concepts found in a text could fulfil some rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mirqab.topics.language import Composition, Rule, Topic
from mirqab.topics.scoring import Scored

_MOST_WAYS = 500
"""Ways to fulfil a composition that are told apart: those of compositions of compositions multiply."""
_SHOWN = 6
"""Names listed before the rest is only counted."""


class _Way(NamedTuple):
    """One way to fulfil a composition: the concepts it needs, by name and by number."""

    names: frozenset[str]
    numbers: frozenset[int]


class Gate:
    """Says which concepts a text must name to score, and in plain words what it lacks."""

    def __init__(self, topic: Topic, numbers: Mapping[str, int]) -> None:
        composed: dict[str, list[frozenset[str]]] = {}
        firsts: dict[str, set[str]] = {}
        for composition in topic.compositions:
            composed[composition.name], firsts[composition.name] = _ways(composition, composed, firsts)
        self._leading = list(dict.fromkeys(rule.together[0] for rule in topic.rules))
        self._ways = {
            name: [_Way(way, frozenset(numbers[concept] for concept in way)) for way in composed[name]]
            for name in self._leading
        }
        self._firsts = {name: firsts[name] for name in self._leading}
        anaphora = {c.anaphora for c in topic.compositions if c.anaphora}
        self.anchors = frozenset(set().union(*(firsts[name] for name in self._leading)) | anaphora)
        """The concepts that begin a composed hit: a sentence without any of them cannot score."""
        self.ways = frozenset(
            frozenset(map(numbers.__getitem__, way)) for rule in topic.rules for way in _rule_ways(rule, composed)
        )
        """Sets of concepts: a text or sentence that names all of one can fulfil a rule, any other cannot."""
        self.begins = frozenset(map(numbers.__getitem__, self.anchors))
        """The anchors by number."""
        self.looks_around = bool(anaphora) or any(rule.times > 1 for rule in topic.rules)
        """Whether sentences bear on a verdict that fulfil no rule by themselves."""
        self._topic, self._numbers = topic, numbers

    def missing(self, present: set[int], threshold: float, *, rejected: Sequence[Scored] = ()) -> tuple[str, ...]:
        """Say what a text without evidence has and lacks."""
        if rejected:
            best = max(rejected, key=lambda scored: scored.points)
            sums = "، ".join(f"{name} {points:+g}" for name, points in best.parts)
            return (f"أقوى جملة لم تكسب نقاطاً: {sums}",)
        sums = f"النقاط 0 والعتبة {threshold:g}"
        if self.begins.isdisjoint(present):
            anchors = dict.fromkeys(name for leading in self._leading for name in sorted(self._firsts[leading]))
            return (f"لم ترد أي كلمة مما يبدأ به الموضوع: {_list(list(anchors))}", sums)
        lines = []
        for name in self._leading:
            if not any(self._numbers[first] in present for first in self._firsts[name]):
                continue  # what has not even begun tells an analyst nothing
            ways = self._ways[name]
            if any(way.numbers <= present for way in ways):
                lines.append(f"«{name}»: وُجدت كلماته لكن متباعدة أو في غير ترتيبها")
                continue
            wanted = dict.fromkeys(concept for way in ways for concept in sorted(way.names))
            has = [concept for concept in wanted if self._numbers[concept] in present]
            lacks = [concept for concept in wanted if self._numbers[concept] not in present]
            lines.append(f"«{name}»: وُجد {_list(has)}؛ ولم يوجد {_list(lacks)}")
        return (*(lines or ["أُحيل إلى الموضوع ولم يُذكر ما يُحال إليه"]), sums)

    def short(
        self, score: float, threshold: float, parts: Sequence[tuple[str, float]], best: Scored
    ) -> tuple[str, ...]:
        """Say what a text with too little evidence lacks."""
        lines = [f"ينقص {round(threshold - score, 4):g} من النقاط لبلوغ العتبة {threshold:g}"]
        better = [rule for rule in self._topic.rules if rule.points > best.rule.points]
        wanted = dict.fromkeys(name for rule in better for name in rule.together[1:])
        if wanted:
            lines.append(
                f"تحققت قاعدة «{best.rule.name}» ({best.rule.points:+g})؛ ولم يوجد قربها {_list(list(wanted))}"
            )
        taken = [(name, points) for name, points in (*best.parts, *parts) if points < 0]
        lines += [f"خُصم: {name} {points:+g}" for name, points in taken]
        return tuple(lines)


def _ways(
    composition: Composition, composed: Mapping[str, list[frozenset[str]]], firsts: Mapping[str, set[str]]
) -> tuple[list[frozenset[str]], set[str]]:
    found: dict[frozenset[str], None] = {}
    first = set().union(*(firsts.get(pair.first, {pair.first}) for pair in composition.pairs))
    for pair in composition.pairs:
        for one in composed.get(pair.first, [frozenset({pair.first})]):
            for other in composed.get(pair.second, [frozenset({pair.second})]) if pair.second else [frozenset[str]()]:
                found[one | other] = None
                if len(found) > _MOST_WAYS:  # less is asked of a text then, and it is read more often than needed
                    return [frozenset({name}) for name in sorted(first)], first
    return list(found), first


def _rule_ways(rule: Rule, composed: Mapping[str, list[frozenset[str]]]) -> list[frozenset[str]]:
    """Return the sets of concepts of which a sentence must name one to fulfil a rule."""
    found = composed[rule.together[0]]
    for name in rule.together[1:]:
        others = composed.get(name, [frozenset({name})])
        if len(found) * len(others) <= _MOST_WAYS:
            found = list(dict.fromkeys(one | other for one in found for other in others))
    return found


def _list(names: Sequence[str]) -> str:
    if not names:
        return "شيء"
    more = f" وغيرها ({len(names) - _SHOWN})" if len(names) > _SHOWN else ""
    return "، ".join(name.replace("_", " ") for name in names[:_SHOWN]) + more

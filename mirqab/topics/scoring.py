"""The points of one sentence: the best rule, and the penalties that apply to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mirqab.topics.composing import Found, Hit, Piece, Plan, Span, distance
from mirqab.topics.language import Penalty, Rule, Scope

_YEAR = re.compile(r"(?:19|20)\d\d")


class Scored(NamedTuple):
    """What a sentence earned: the rule, the pieces that fulfil it, and each named amount."""

    rule: Rule
    pieces: tuple[Piece, ...]
    parts: tuple[tuple[str, float], ...]
    hits: tuple[Hit, ...]

    @property
    def points(self) -> float:
        """The sum of the parts."""
        return round(sum(points for _, points in self.parts), 4)


def score_sentence(
    plan: Plan,
    found: Found,
    words: Sequence[str],
    *,
    confirmed: frozenset[str],
    times: Mapping[str, int],
    year: int | None,
) -> Scored | None:
    """Return what a sentence earns, or None when no rule is fulfilled.

    `confirmed` names the compositions of which a full hit stands earlier in the story: their anaphora count. `times`
    says how often the whole story holds those that a rule wants several times.
    """
    composed = {name: [*hits, *found.anaphoric.get(name, ())] for name, hits in found.composed.items()}
    composed |= {name: hits for name, hits in found.anaphoric.items() if name not in composed and name in confirmed}
    best: tuple[float, int, Rule, tuple[Piece, ...]] | None = None
    for rule in plan.topic.rules:
        hits = composed.get(rule.together[0])
        if not hits or (rule.times > 1 and times[rule.together[0]] < rule.times):
            continue
        for hit in hits:
            fulfilled = _fulfil(rule, hit, found, composed)
            if fulfilled is not None and (best is None or (rule.points, -fulfilled[0]) > (best[0], -best[1])):
                best = (rule.points, fulfilled[0], rule, fulfilled[1])
    if best is None:
        return None
    leading = tuple(dict.fromkeys(hit for name in composed if name in plan.leading for hit in composed[name]))
    parts = [(best[2].name, best[2].points)]
    parts += [
        (penalty.name, penalty.points)
        for penalty in plan.topic.penalties
        if penalty.scope is Scope.SENTENCE and _applies(penalty, found, leading, words, year)
    ]
    return Scored(best[2], tuple(dict.fromkeys(best[3])), tuple(parts), leading)


def _fulfil(rule: Rule, hit: Hit, found: Found, composed: dict[str, list[Hit]]) -> tuple[int, tuple[Piece, ...]] | None:
    """Return how far the parts of a rule lie from its first, and their pieces; None when one is missing."""
    span, pieces = 0, hit.pieces
    for name in rule.together[1:]:
        near: tuple[int, Hit] | None = None
        others = composed.get(name) or found.hits(name)
        if not found.effort.spend(len(others) * len(hit.pieces)):
            return None
        for other in others:
            if any(distance((start, stop), (other.start, other.stop)) < 0 for _, start, stop in hit.pieces):
                continue
            gap = max(0, distance((hit.start, hit.stop), (other.start, other.stop)))
            if (rule.gap is None or gap <= rule.gap) and (near is None or gap < near[0]):
                near = gap, other
        if near is None:
            return None
        span, pieces = span + near[0], (*pieces, *near[1].pieces)
    return span, pieces


def _applies(penalty: Penalty, found: Found, hits: Sequence[Hit], words: Sequence[str], year: int | None) -> bool:
    if penalty.past_year:
        years = [int(word) for word in words if _YEAR.fullmatch(word)]
        is_past = year is not None and bool(years) and max(years) < year
        return is_past and not _lifted(penalty, found)
    name = penalty.concept
    spans = [(hit.start, hit.stop) for hit in found.hits(name)] if name in found.composed else found.places(name)
    return bool(spans) and _stands_against(penalty, spans, hits) and not _lifted(penalty, found)


def _lifted(penalty: Penalty, found: Found) -> bool:
    return any(found.hits(name) for name in penalty.unless)


def _stands_against(penalty: Penalty, spans: Sequence[Span], hits: Sequence[Hit]) -> bool:
    """Say whether what a penalty looks for stands where it bears on the hits of a sentence."""
    if penalty.before:
        # only when every hit is so preceded: «بعد انسحاب الجيش طالبت بانسحاب القوات» is current news
        return all(
            any(
                stop <= hit.anchor[0] and (penalty.gap is None or hit.anchor[0] - stop <= penalty.gap)
                for _, stop in spans
            )
            for hit in hits
        )
    return any(
        penalty.gap is None or distance(span, (hit.start, hit.stop)) <= penalty.gap for span in spans for hit in hits
    )

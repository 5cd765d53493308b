"""Likeness: how much of one event two texts tell, decided on the terms that both have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mirqab.events.terms import Terms
from mirqab.events.weights import Weighed

SHOWN: Final = 8
"""Shared terms that are shown."""

# What makes one event; docs/events.md has the sweep of each.
EVIDENCE: Final = 75.0
SCORE: Final = 0.36
SCORE_COUNTED: Final = 0.28
COUNTED: Final = 8.0
AGAINST: Final = 0.2
TOLD: Final = 0.55
OPENING_TOLD: Final = 0.3
FORM_FIGURES: Final = 3
AGREEING_EVIDENCE: Final = 40.0
AGREEING_SCORE: Final = 0.22
SCORE_FEW: Final = 0.7

_FORBIDDING: Final = frozenset({"tolls", "forms", "openings", "weekdays", "nations"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Likeness:
    """How much of one event two texts tell, and why.

    `score` is the cosine of their weighted terms, from 0 to 1; `evidence` the weight of the terms that both have, of
    which `shared` are the strongest, the strongest first. `against` names what speaks against one event: `tolls` (the
    headlines have figures, and none in common), `headlines` (neither text tells the other's), `openings` (one of the
    texts does not tell the other's first sentence), `forms` (the leads are full of figures, and most are others), and
    in the leads other `weekdays`, `figures` or `nations`. `is_counted`: both leads have rare figures with the same
    nouns.
    """

    score: float
    evidence: float
    shared: tuple[tuple[str, float], ...]
    against: tuple[str, ...]
    is_counted: bool
    is_of_few: bool

    @property
    def is_same_event(self) -> bool:
        """Whether the two tell of one event.

        Never when the headlines have other figures, as those of another day's toll; when one text does not tell what
        the other begins with, as when two reports share their background; when both are one form that a bourse or a
        ministry fills in anew («يبحث هاتفيا مع نظيره»), by the leads' figures and countries; or on another weekday.
        """
        if not _FORBIDDING.isdisjoint(self.against):
            return False
        score = SCORE_COUNTED if self.is_counted and not self.against else SCORE
        if self.is_of_few:
            score = SCORE_FEW
        return self.evidence >= EVIDENCE and self.score >= score + AGAINST * len(self.against)

    @property
    def agrees(self) -> bool:
        """Whether a text of the story does not object, the lower bar."""
        return self.evidence >= AGREEING_EVIDENCE and self.score >= AGREEING_SCORE


def alike(one: Weighed, other: Weighed) -> Likeness:
    """Return how much of one event two texts tell. Times, outlets and theatres are not looked at (`join`).

    Why, and what speaks against it, is told only of two that score enough to agree.
    """
    mine, others = one.weights, other.weights
    shared = {term: mine[term] for term in mine.keys() & others.keys()}
    product = sum(weight * others[term] for term, weight in shared.items())
    norms = one.norm * other.norm
    score = product / norms if norms else 0.0
    against: tuple[str, ...] = ()
    strongest: list[tuple[float, str]] = []
    if score >= AGREEING_SCORE:
        against = _against(one, other)
        strongest = sorted(zip(shared.values(), shared, strict=True), reverse=True)[:SHOWN]
    return Likeness(
        score=score,
        evidence=sum(shared.values()),
        shared=tuple((term, round(weight, 2)) for weight, term in strongest),
        against=against,
        is_counted=_counted(one.terms, other.terms, shared) >= COUNTED,
        is_of_few=one.is_of_few or other.is_of_few,
    )


def _counted(one: Terms, other: Terms, shared: Mapping[str, float]) -> float:
    """Return the weight of the counted nouns that both have, with figures of both leads."""
    figures = one.figures & other.figures
    return sum(shared[term] for term in shared if " " in term and term.partition(" ")[0] in figures)


def _against(one: Weighed, other: Weighed) -> tuple[str, ...]:
    mine, others = one.terms, other.terms
    against = []
    if _are_apart(mine.headline_figures, others.headline_figures):
        against.append("tolls")
    if max(_told(one, mine.headline, others), _told(other, others.headline, mine)) < TOLD:
        against.append("headlines")
    if min(_told(one, mine.opening, others), _told(other, others.opening, mine)) < OPENING_TOLD:
        against.append("openings")
    if _are_apart(mine.weekdays, others.weekdays):
        against.append("weekdays")
    nouns = mine.counted.keys() & others.counted.keys()
    same = sum(not mine.counted[noun].isdisjoint(others.counted[noun]) for noun in nouns)
    fewer, both = min(len(mine.figures), len(others.figures)), len(mine.figures & others.figures)
    if fewer >= FORM_FIGURES and 2 * both < fewer:
        against.append("forms")
    if (fewer and not both) or len(nouns) - same > same:
        against.append("figures")
    # each names in its lead a country of which the other one says nothing at all
    if not mine.nations <= others.all and not others.nations <= mine.all:
        against.append("nations")
    return tuple(against)


def _told(one: Weighed, part: frozenset[str], other: Terms) -> float:
    """Return how much of a part of one text the other one tells, from 0 to 1."""
    weights, told = one.weights, other.all
    whole = sum(weights.get(term, 0.0) for term in part)
    return sum(weights.get(term, 0.0) for term in part & told) / whole if whole else 0.0


def _are_apart(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and one.isdisjoint(other)

"""The parts of a topic, as plain values: words, concepts, compositions, rules, penalties, facets.

`docs/topics.md` explains each from the author's side.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from mirqab.arabic import Kind

JUDGE_VERSION = "2"
"""Changes whenever the same topic file could judge some text otherwise: it is part of every topic's version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One word of a term as `mirqab.arabic.read_word` gives it."""

    text: str
    kind: Kind


Term = tuple[Word, ...]


@dataclass(frozen=True, kw_only=True)
class Concept:
    """Named terms; a term is one word or several adjacent ones.

    `struck` are folded forms that do not count, neither of its own terms nor of those of the concepts that it includes;
    these keep what is struck out of them.
    """

    name: str
    terms: tuple[Term, ...]
    struck: frozenset[str] = frozenset()
    included: tuple[Concept, ...] = ()

    @cached_property
    def worded(self) -> Mapping[frozenset[str], tuple[Term, ...]]:
        """All terms, its own and those it includes, by the forms that are struck out of them."""
        found: dict[frozenset[str], dict[Term, None]] = {self.struck: dict.fromkeys(self.terms)}
        for concept in self.included:
            for struck, terms in concept.worded.items():
                found.setdefault(struck | self.struck, {}).update(dict.fromkeys(terms))
        return {struck: tuple(terms) for struck, terms in found.items() if terms}

    @cached_property
    def digest(self) -> str:
        """A fingerprint of all its words."""
        words = sorted(
            (sorted(struck), sorted(tuple((word.text, word.kind.value) for word in term) for term in terms))
            for struck, terms in self.worded.items()
        )
        return hashlib.blake2b(repr(words).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One way to make a composition: `first` alone, or with `second` at most `gap` words away.

    `first` and `second` name concepts or earlier compositions; the anchor of the hit is that of `first`. `after` wants
    `second` after it, `before` before it; `filled` lets only filler words and numbers stand between.
    """

    first: str
    second: str | None = None
    gap: int = 0
    after: bool = False
    before: bool = False
    filled: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Composition:
    """Concepts that touch. `anaphora` names a concept that counts once a full hit stands earlier in the story."""

    name: str
    pairs: tuple[Pair, ...]
    anaphora: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Drop:
    """A concept that, at most `gap` words after the anchor of a hit, deletes the hit."""

    name: str
    concept: str
    gap: int
    compositions: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Points for a sentence in which all of `together` are found, each within `gap` words of the first.

    It counts only in a story that holds the first at least `times` times.
    """

    name: str
    together: tuple[str, ...]
    points: float
    gap: int | None = None
    times: int = 1


class Scope(StrEnum):
    """Where a penalty looks."""

    SENTENCE = "sentence"
    TITLE = "title"
    STORY = "story"


@dataclass(frozen=True, kw_only=True, slots=True)
class Penalty:
    """Points taken away.

    In a sentence: `concept`, or the composition of that name, within `gap` words of a composed hit (anywhere when
    None), or only left of its anchor (`before`), or a year before the publication (`past_year`). In the title: the
    concept stands there. In the story: `density` or more hits of the concept per 100 words, or more than `words` words
    with at most `evidence` evidence sentences, none of them in the headline or the lead. A concept of `unless` in the
    same scope lifts it.
    """

    name: str
    points: float
    scope: Scope = Scope.SENTENCE
    concept: str | None = None
    gap: int | None = None
    before: bool = False
    past_year: bool = False
    unless: tuple[str, ...] = ()
    density: float | None = None
    words: int | None = None
    evidence: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Facet:
    """A label read from the evidence sentences; `gap` limits the distance to a composed hit.

    A value weaker than `share` of the strongest one is left out. With `fallback`, evidence that names no value so near
    is read whole, and then the headline and the lead. `names` are what else a value is called, in labels for instance;
    they find nothing in a text.
    """

    id: str
    name: str
    values: Mapping[str, str]  # value → the concept that holds its terms
    gap: int | None = None
    share: float = 0.0
    fallback: bool = False
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grading:
    """What makes a flagged story one whose main subject is the topic.

    Evidence in the headline; or evidence within the first `lead` words of the text, and at least `sentences` evidence
    sentences or the `share` of the story's words in them.
    """

    lead: int = 60
    sentences: int = 2
    share: float = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A text that the author wrote down as a test of the topic."""

    text: str
    flagged: bool
    facets: Mapping[str, str]
    why: str | None
    line: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """One compiled topic. A plain value: it pickles in a few kilobytes and needs no more work in a worker process."""

    id: str
    name: str
    version: str
    file: str
    threshold: float
    title_weight: float
    rest_weight: float
    rest_cap: float
    concepts: Mapping[str, Concept]
    filler: str | None
    compositions: tuple[Composition, ...]
    drops: tuple[Drop, ...]
    rules: tuple[Rule, ...]
    penalties: tuple[Penalty, ...]
    facets: tuple[Facet, ...]
    examples: tuple[Example, ...]
    grading: Grading = Grading()
    active_from: date | None = None
    active_to: date | None = None
    outlet_thresholds: Mapping[str, float] = field(default_factory=dict)

    def is_active(self, day: date) -> bool:
        """Say whether stories published on a day (UTC) are judged by the topic."""
        return (self.active_from is None or self.active_from <= day) and (
            self.active_to is None or day <= self.active_to
        )

    @property
    def named_concepts(self) -> frozenset[str]:
        """The concepts that anything in the topic looks at; the others bear on no verdict."""
        names: set[str | None] = {self.filler}
        names |= {name for way in self.compositions for pair in way.pairs for name in (pair.first, pair.second)}
        names |= {way.anaphora for way in self.compositions}
        names |= {name for rule in self.rules for name in rule.together}
        names |= {name for penalty in self.penalties for name in (penalty.concept, *penalty.unless)}
        names |= {drop.concept for drop in self.drops}
        names |= {concept for facet in self.facets for concept in facet.values.values()}
        return frozenset(name for name in self.concepts if name in names)

    @property
    def facet_names(self) -> tuple[str, ...]:
        """The ids of the facets, in the file's order."""
        return tuple(facet.id for facet in self.facets)

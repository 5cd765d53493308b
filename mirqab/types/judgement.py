"""What a topic says of a text, on which evidence, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mirqab.types.words import Grade


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A piece of the stored text: `text[start:stop]` in code points of the field `title` or `text`."""

    field: Literal["title", "text"]
    start: int
    stop: int

    def cut(self, *, title: str, text: str) -> str:
        """Return the piece itself; `title` and `text` are the fields of the stored text."""
        return (title if self.field == "title" else text)[self.start : self.stop]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """One marked piece of text, what it matched, and the rule it served.

    `points` is what the rule gave to the sentence; it stands on every span of that rule. `repaired` marks a word that
    was cut out of two printed without a space.
    """

    span: Span
    text: str
    concept: str
    rule: str
    points: float
    repaired: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """One sentence that counted, with its arithmetic: `points` is the sum of `parts`."""

    span: Span
    points: float
    parts: tuple[tuple[str, float], ...]  # (name of the rule or penalty, points)
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FacetEvidence:
    """One piece of text for which a facet has a value: `facet` is the facet's id."""

    facet: str
    value: str
    span: Span
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a topic says of one text. A pure function of the text and the topic version."""

    topic: str
    version: str
    flagged: bool
    score: float
    threshold: float
    grade: Grade
    sum: tuple[tuple[str, float], ...]  # the score's visible arithmetic, by story: name and points
    sentences: tuple[Sentence, ...]
    facets: Mapping[str, tuple[str, ...]]  # facet id → values, strongest first
    # where flagged: a few pieces for each value, in the order of `facets`, those of the strongest sentence first
    facet_evidence: tuple[FacetEvidence, ...] = ()
    missing: tuple[str, ...] = ()  # for a text that is not flagged: what would have been needed

    @property
    def strongest(self) -> Sentence | None:
        """The sentence with the most points, the first of several; None when none counted."""
        return max(self.sentences, key=lambda sentence: sentence.points, default=None)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Every marked piece of the sentences that counted."""
        return tuple(item for sentence in self.sentences for item in sentence.evidence)

    def words_for(self, facet: str, value: str) -> tuple[str, ...]:
        """Return the words of the text for which a facet has a value; none in a verdict kept before they were told."""
        return tuple(item.text for item in self.facet_evidence if (item.facet, item.value) == (facet, value))


DevelopmentKind = Literal["act", "theatre", "date", "number", "speaker"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Development:
    """Something that a story tells since a person decided on it: the article that told it, and the sentence.

    `value` is what the facet says of an act or theatre, or as printed an act that is denied now, or no more; a date as
    in ISO 8601 as far as it is told (`2027-06-30`, `2027-06`, `2027`, `2027-W26`, and without the year `--06-30`,
    `--06`); a number in plain digits, or a share (`1/2`); a speaker as printed.
    """

    kind: DevelopmentKind
    value: str
    article: str
    sentence: str


def encode_facets(facets: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return facets as plain JSON values, strongest first."""
    return {name: list(values) for name, values in facets.items()}

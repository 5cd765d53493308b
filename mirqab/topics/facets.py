"""Facets: which of its values the evidence of a story names, and with which words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mirqab.topics.composing import Found, Span, distance
from mirqab.topics.fields import Field, StoryField
from mirqab.topics.language import Facet, Topic
from mirqab.topics.scoring import Scored
from mirqab.types import FacetEvidence

Fields = Sequence[StoryField]
"""Headline and text."""

MOST_TOLD = 3
"""Pieces of text that are told for one value of a facet, each of other words."""


class Counted(NamedTuple):
    """One sentence that counted, still in token indices."""

    field: StoryField
    bounds: Span
    scored: Scored
    found: Found
    points: float
    leads: bool  # it stands in the headline or the lead


class _Mention(NamedTuple):
    """One place that names a value, with the points of its sentence."""

    points: float
    field: Field
    start: int
    stop: int


_Votes = dict[str, tuple[float, int]]  # value → points, mentions
_Mentions = dict[str, list[_Mention]]


class FacetsRead(NamedTuple):
    """The values of each facet, strongest first, and the places that name them."""

    values: dict[str, tuple[str, ...]]
    mentions: Mapping[str, _Mentions]

    def evidence(self, fields: Fields) -> tuple[FacetEvidence, ...]:
        """Return a few pieces of text for each value, those of the strongest sentence first."""
        by_name = {field.name: field for field in fields}
        found = []
        for facet, values in self.values.items():
            for value in values:
                told: dict[tuple[str, ...], _Mention] = {}
                # the longest of those that begin at one place
                for mention in sorted(
                    self.mentions[facet][value],
                    key=lambda one: (-one.points, one.field == "text", one.start, -one.stop),
                ):
                    words = tuple(by_name[mention.field].words[mention.start : mention.stop])
                    if not any(_overlap(mention, other) for other in told.values()):
                        told.setdefault(words, mention)
                    if len(told) == MOST_TOLD:
                        break
                for mention in told.values():
                    field = by_name[mention.field]
                    span = field.span(mention.start, mention.stop)
                    text = field.original[span.start : span.stop]
                    found.append(FacetEvidence(facet=facet, value=value, span=span, text=text))
        return tuple(found)


def read_facets(topic: Topic, numbers: Mapping[str, int], evidence: Sequence[Counted], fields: Fields) -> FacetsRead:
    """Read the facets from the evidence: each sentence votes with its points, and mentions decide a tie."""
    values: dict[str, tuple[str, ...]] = {}
    mentions: dict[str, _Mentions] = {}
    for facet in topic.facets:
        votes, places = _votes(facet, evidence, facet.gap)
        if not votes and facet.fallback:
            votes, places = _votes(facet, evidence, None)
            if not votes:
                votes, places = _named_at_the_top(topic, facet, numbers, fields)
        ranked = sorted(votes, key=lambda value: votes[value], reverse=True)
        least = facet.share * votes[ranked[0]][0] if ranked else 0.0
        values[facet.id] = tuple(value for value in ranked if votes[value][0] >= least)
        mentions[facet.id] = places
    return FacetsRead(values, mentions)


def _votes(facet: Facet, evidence: Sequence[Counted], gap: int | None) -> tuple[_Votes, _Mentions]:
    votes: _Votes = {}
    mentions: _Mentions = {}
    for item in evidence:
        for value, spans in item.found.told(facet.name):
            near = [
                span
                for span in spans
                if gap is None or any(distance(span, (hit.start, hit.stop)) <= gap for hit in item.scored.hits)
            ]
            if near:
                points, before = votes.get(value, (0.0, 0))
                votes[value] = points + item.points, before + len(near)
                mentions.setdefault(value, []).extend(_Mention(item.points, item.field.name, *span) for span in near)
    return votes, mentions


def _named_at_the_top(
    topic: Topic, facet: Facet, numbers: Mapping[str, int], fields: Fields
) -> tuple[_Votes, _Mentions]:
    """Return the one value that headline and lead name most: evidence without a name speaks of what they speak of."""
    asked = [numbers[concept] for concept in facet.values.values()]
    places = [
        (field, field.places(asked, before=None if field.name == "title" else topic.grading.lead)) for field in fields
    ]
    mentions: _Mentions = {}
    for value, concept in facet.values.items():
        named = [
            _Mention(0.0, field.name, start, stop)
            for field, spans in places
            for start, stop in spans.get(numbers[concept], ())
        ]
        if named:
            mentions[value] = named
    best = max(mentions, key=lambda value: len(mentions[value]), default=None)
    if best is None:
        return {}, {}
    times = len(mentions[best])
    return {best: (float(times), times)}, mentions


def _overlap(one: _Mention, other: _Mention) -> bool:
    return one.field == other.field and distance((one.start, one.stop), (other.start, other.stop)) < 0

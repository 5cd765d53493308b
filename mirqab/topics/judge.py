"""The judge: one text, all topics, one verdict each.

A text is folded once and its distinct words looked up once for all topics. The gate, derived from the rules, asks
whether the concepts found can fulfil any rule at all; most texts end there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from mirqab.arabic import Folded, fold, fold_with_offsets, sentences, tokens, words
from mirqab.topics.composing import Found, Span, distance
from mirqab.topics.gate import Gate
from mirqab.topics.language import Penalty, Scope, Topic
from mirqab.topics.lexicon import Lexicon
from mirqab.topics.related import related_lines
from mirqab.topics.scoring import Scored, score_sentence
from mirqab.types import Evidence, Grade, Sentence, Verdict
from mirqab.types import Span as TextSpan

_LEAD_TOKENS = 60
"""Words of the text that count as its lead: evidence there, or in the headline, makes it the main subject."""

_LONGEST_SENTENCE = 300
"""Words after which a sentence is cut: news writes 40 to 90, and composing costs the square of a sentence."""

Field = Literal["title", "text"]


class _Field:
    """One field of a story, folded: the headline is one sentence, the text several."""

    def __init__(self, name: Field, original: str, folded: str, spans: Sequence[Span]) -> None:
        self.name: Field = name
        self.original, self.folded = original, folded
        self.tokens = tokens(folded)
        self._map: Folded | None = None
        skipped = related_lines(folded)
        self.sentences: list[Span] = []
        at = 0
        for start, stop in spans:
            while at < len(self.tokens) and self.tokens[at].start < start:
                at += 1
            first = at
            while at < len(self.tokens) and self.tokens[at].start < stop:
                at += 1
            if first < at and not _inside(self.tokens[first].start, skipped):
                self.sentences += [
                    (begin, min(begin + _LONGEST_SENTENCE, at)) for begin in range(first, at, _LONGEST_SENTENCE)
                ]

    def span(self, first: int, after: int) -> TextSpan:
        """Return the span of tokens in the original text."""
        if self._map is None:
            self._map = fold_with_offsets(self.original)
        start, stop = self._map.span(self.tokens[first].start, self.tokens[after - 1].stop)
        return TextSpan(field=self.name, start=start, stop=stop)

    def spelled(self, at: int) -> str:
        """Return a token as it stands in the original text."""
        span = self.span(at, at + 1)
        return self.original[span.start : span.stop]


def _inside(position: int, spans: Sequence[Span]) -> bool:
    at = bisect_right(spans, (position, position)) - 1
    # a span that begins at the position itself sorts after it
    return any(start <= position < stop for start, stop in spans[max(at, 0) : at + 2])


class _Evidence:
    """One sentence that counted, still in token indices."""

    def __init__(self, field: _Field, bounds: Span, scored: Scored, found: Found, points: float) -> None:
        self.field, self.bounds, self.scored, self.found, self.points = field, bounds, scored, found, points

    @property
    def leads(self) -> bool:
        """Whether it stands in the headline or the lead."""
        return self.field.name == "title" or self.bounds[0] < _LEAD_TOKENS


class Judge:
    """Judges texts by several topics over one lexicon. Not for several threads at once."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        self.topics = tuple(topics)
        self._lexicon = Lexicon()
        self._numbers = [
            {name: self._lexicon.add(topic.concepts[name]) for name in sorted(topic.named_concepts)}
            for topic in self.topics
        ]
        self._gates = [Gate(topic, numbers) for topic, numbers in zip(self.topics, self._numbers, strict=True)]

    def judge(self, *, title: str, text: str, published: datetime | None) -> tuple[Verdict, ...]:
        """Return the verdict of every topic, in their order.

        `published` tells a past year from a present one; without it no year is past.
        """
        folded_title, folded_text = fold(title), fold(text)
        known = self._lexicon.known([*words(folded_title), *words(folded_text)])
        present = self._lexicon.present(known)
        in_title, in_text = [(0, len(folded_title))], list[Span]()
        nearby: list[set[int]] | None = None
        fields: list[tuple[_Field, dict[int, list[Span]]]] | None = None
        verdicts = []
        for topic, gate, numbers in zip(self.topics, self._gates, self._numbers, strict=True):
            opens = gate.opens(present)
            if opens:
                # a rule is fulfilled inside one sentence: most long texts hold its words, but far apart
                if nearby is None:
                    in_text = sentences(folded_text)
                    pieces = [folded_title, *(folded_text[start:stop] for start, stop in in_text)]
                    nearby = [self._lexicon.present(known.intersection(words(piece))) for piece in pieces]
                opens = any(gate.opens(together) for together in nearby)
            if not opens:
                verdicts.append(_empty(topic, gate.missing(present)))
                continue
            if fields is None:
                fields = [
                    (field, self._lexicon.hits(field.tokens, field.spelled))
                    for field in (
                        _Field("title", title, folded_title, in_title),
                        _Field("text", text, folded_text, in_text),
                    )
                ]
            verdicts.append(_judge(topic, gate, numbers, present, fields, published.year if published else None))
        return tuple(verdicts)


def _empty(topic: Topic, missing: tuple[str, ...]) -> Verdict:
    return Verdict(
        topic=topic.id,
        version=topic.version,
        flagged=False,
        score=0.0,
        threshold=topic.threshold,
        grade=Grade.BACKGROUND,
        sum=(),
        sentences=(),
        facets={},
        missing=missing,
    )


def _judge(
    topic: Topic,
    gate: Gate,
    numbers: Mapping[str, int],
    present: set[int],
    fields: Sequence[tuple[_Field, Mapping[int, Sequence[Span]]]],
    year: int | None,
) -> Verdict:
    evidence: list[_Evidence] = []
    rejected: list[Scored] = []
    confirmed: frozenset[str] = frozenset()
    for field, hits in fields:
        for bounds, named in _by_sentence(field, hits, numbers, gate.anchors):
            first, after = bounds
            found = Found(named, lambda at, field=field: field.tokens[at].text[0].isdigit())  # type: ignore[misc]
            found.compose(topic)
            scored = score_sentence(topic, found, field.tokens[first:after], confirmed=confirmed, year=year)
            if scored is None:
                continue
            if scored.points <= 0:
                rejected.append(scored)
                continue
            confirmed |= {name for name, composed in found.composed.items() if composed}
            points = scored.points
            if field.name == "title":
                points = round(points * topic.title_weight, 4)
            evidence.append(_Evidence(field, bounds, scored, found, points))
    if not evidence:
        return _empty(topic, gate.missing(present, rejected=[scored.parts for scored in rejected]))
    parts = _story_parts(topic, numbers, evidence, fields)
    score = round(sum(points for _, points in parts), 4)
    flagged = score >= topic.threshold
    return Verdict(
        topic=topic.id,
        version=topic.version,
        flagged=flagged,
        score=score,
        threshold=topic.threshold,
        grade=_grade(flagged, evidence),
        sum=parts,
        sentences=tuple(_sentence(item) for item in evidence),
        facets=_facets(topic, evidence),
        missing=() if flagged else gate.short(topic.threshold - score, parts, _best(evidence).scored),
    )


def _by_sentence(
    field: _Field, hits: Mapping[int, Sequence[Span]], numbers: Mapping[str, int], anchors: frozenset[str]
) -> Iterator[tuple[Span, dict[str, list[Span]]]]:
    """Yield the sentences that name an anchor, each with the hits of every concept inside it."""
    starts = [first for first, _ in field.sentences]
    named: dict[int, dict[str, list[Span]]] = {}
    anchored: set[int] = set()
    for name, number in numbers.items():
        for span in hits.get(number, ()):
            at = bisect_right(starts, span[0]) - 1
            if at >= 0 and span[1] <= field.sentences[at][1]:
                named.setdefault(at, {}).setdefault(name, []).append(span)
                if name in anchors:
                    anchored.add(at)
    for at in sorted(anchored):
        yield field.sentences[at], named[at]


def _best(evidence: Sequence[_Evidence]) -> _Evidence:
    return max(evidence, key=lambda item: item.points)


def _grade(flagged: bool, evidence: Sequence[_Evidence]) -> Grade:
    if not flagged:
        return Grade.BACKGROUND
    return Grade.MAIN if any(item.leads for item in evidence) else Grade.PASSING


def _story_parts(
    topic: Topic,
    numbers: Mapping[str, int],
    evidence: Sequence[_Evidence],
    fields: Sequence[tuple[_Field, Mapping[int, Sequence[Span]]]],
) -> tuple[tuple[str, float], ...]:
    best = _best(evidence)
    parts = [("أقوى جملة", best.points)]
    rest = round(min(topic.rest_cap, topic.rest_weight * sum(item.points for item in evidence if item is not best)), 4)
    if rest:
        parts.append((f"بقية الجمل ×{topic.rest_weight:g}", rest))
    for penalty in topic.penalties:
        if penalty.scope is not Scope.SENTENCE and _story_penalty(penalty, numbers, evidence, fields):
            parts.append((penalty.name, penalty.points))
    return tuple(parts)


def _story_penalty(
    penalty: Penalty,
    numbers: Mapping[str, int],
    evidence: Sequence[_Evidence],
    fields: Sequence[tuple[_Field, Mapping[int, Sequence[Span]]]],
) -> bool:
    if any(item.found.hits(name) for name in penalty.unless for item in evidence):
        return False
    length = sum(len(field.tokens) for field, _ in fields)
    if penalty.words is not None:
        return length > penalty.words and len(evidence) <= penalty.evidence and not any(item.leads for item in evidence)
    number = numbers[penalty.concept] if penalty.concept else -1
    if penalty.scope is Scope.TITLE:
        return bool(fields[0][1].get(number))
    times = sum(len(hits.get(number, ())) for _, hits in fields)
    return times > 0 and times * 100 >= (penalty.density or 0.0) * length


def _sentence(item: _Evidence) -> Sentence:
    field, scored = item.field, item.scored
    parts = list(scored.parts)
    if item.points != scored.points:
        parts.append(("وزن العنوان", round(item.points - scored.points, 4)))
    marked = []
    for concept, start, stop in sorted(set(scored.pieces), key=lambda piece: piece[1:]):
        span = field.span(start, stop)
        marked.append(
            Evidence(
                span=span,
                text=field.original[span.start : span.stop],
                concept=concept,
                rule=scored.rule.name,
                points=scored.rule.points,
            )
        )
    return Sentence(span=field.span(*item.bounds), points=item.points, parts=tuple(parts), evidence=tuple(marked))


def _facets(topic: Topic, evidence: Sequence[_Evidence]) -> dict[str, tuple[str, ...]]:
    """Read the facets from the evidence: each sentence votes with its points, and mentions decide a tie."""
    facets = {}
    for facet in topic.facets:
        votes: dict[str, tuple[float, int]] = {}
        for item in evidence:
            for value, concept in facet.values.items():
                times = sum(
                    facet.gap is None
                    or any(distance(span, (hit.start, hit.stop)) <= facet.gap for hit in item.scored.hits)
                    for span in item.found.concepts.get(concept, ())
                )
                if times:
                    points, before = votes.get(value, (0.0, 0))
                    votes[value] = points + item.points, before + times
        ranked = sorted(votes, key=lambda value: votes[value], reverse=True)
        least = facet.share * votes[ranked[0]][0] if ranked else 0.0
        facets[facet.id] = tuple(value for value in ranked if votes[value][0] >= least)
    return facets

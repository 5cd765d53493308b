"""From the sentences of one story to the verdict of one topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from mirqab.topics import missing
from mirqab.topics.composing import Effort, Found, Plan, Span
from mirqab.topics.facets import Counted, Fields, read_facets
from mirqab.topics.fields import StoryField
from mirqab.topics.gate import Gate
from mirqab.topics.language import Penalty, Scope, Topic
from mirqab.topics.scoring import Scored, score_sentence
from mirqab.types import Evidence, Grade, Sentence, Verdict

Place = tuple[str, int]
"""A sentence: the name of the field, and its number there."""


def sum_up(
    topic: Topic,
    gate: Gate,
    plan: Plan,
    present: set[int],
    fields: Fields,
    opened: Set[Place],
    *,
    year: int | None,
    threshold: float,
) -> Verdict:
    """Return the verdict of a topic on a story whose words may fulfil one of its rules.

    `present` are the concepts that the story can name, `opened` the sentences in which all concepts of a rule may
    stand; `year` is that of publication.
    """
    evidence: list[Counted] = []
    rejected: list[Scored] = []
    confirmed: frozenset[str] = frozenset()
    # where no sentence is opened, all that begin a composition are looked at, to tell what the nearest one lacks
    composed = list(_worth_composing(plan, fields, opened, gate.around if opened else gate.begins))
    times = _times(topic, composed)
    for field, bounds, found in composed:
        words = field.words[bounds[0] : bounds[1]]
        scored = score_sentence(plan, found, words, confirmed=confirmed, times=times, year=year)
        if scored is None:
            continue
        if scored.points <= 0:
            rejected.append(scored)
            continue
        confirmed |= found.composed.keys()
        in_title = field.name == "title"
        points = round(scored.points * topic.title_weight, 4) if in_title else scored.points
        leads = in_title or bounds[0] < topic.grading.lead
        evidence.append(Counted(field, bounds, scored, found, points, leads))
    if not evidence:
        if rejected:
            return empty(topic, missing.without_points(rejected, threshold), threshold)
        if opened and gate.around:
            composed = list(_worth_composing(plan, fields, opened, gate.begins))
        held = missing.without_rule(topic, [found for _, _, found in composed], threshold)
        return empty(topic, held or gate.missing(present, threshold), threshold)
    parts = _story_parts(topic, plan.numbers, present, evidence, fields)
    score = round(sum(points for _, points in parts), 4)
    flagged = score >= threshold
    read = read_facets(topic, plan.numbers, evidence, fields)
    return Verdict(
        topic=topic.id,
        version=topic.version,
        flagged=flagged,
        score=score,
        threshold=threshold,
        grade=_grade(topic, evidence, fields, threshold) if flagged else Grade.BACKGROUND,
        sum=parts,
        sentences=tuple(_sentence(item) for item in evidence),
        facets=read.values,
        facet_evidence=read.evidence(fields) if flagged else (),
        missing=() if flagged else _too_little(topic, score, threshold, parts, _best(evidence)),
    )


def _too_little(
    topic: Topic, score: float, threshold: float, parts: Sequence[tuple[str, float]], best: Counted
) -> tuple[str, ...]:
    return missing.too_little(topic, score, threshold, parts, best.scored, best.found)


def empty(topic: Topic, lacks: tuple[str, ...], threshold: float) -> Verdict:
    """Return the verdict on a story without evidence."""
    return Verdict(
        topic=topic.id,
        version=topic.version,
        flagged=False,
        score=0.0,
        threshold=threshold,
        grade=Grade.BACKGROUND,
        sum=(),
        sentences=(),
        facets=dict.fromkeys(topic.facet_names, ()),
        missing=lacks,
    )


def _worth_composing(
    plan: Plan, fields: Fields, opened: Set[Place], around: Set[int]
) -> Iterator[tuple[StoryField, Span, Found]]:
    """Yield the opened sentences and those that name a concept of `around`, with what is composed in them."""
    effort = Effort()
    for field in fields:
        for at, (bounds, origin) in enumerate(zip(field.sentences, field.origins, strict=True)):
            if effort.left < 0:
                return
            if (field.name, origin) in opened or (
                field.may_name(around, at) and not around.isdisjoint(field.named(at))
            ):
                found = Found(field.named(at), plan, field.is_number, effort)
                found.compose()
                yield field, bounds, found


def _times(topic: Topic, composed: Sequence[tuple[StoryField, Span, Found]]) -> dict[str, int]:
    """Return how often the story holds the compositions that a rule wants several times, by distinct anchors."""
    wanted = {rule.together[0] for rule in topic.rules if rule.times > 1}
    return {name: sum(len({hit.anchor for hit in found.hits(name)}) for _, _, found in composed) for name in wanted}


def _best(evidence: Sequence[Counted]) -> Counted:
    return max(evidence, key=lambda item: item.points)


def _grade(topic: Topic, evidence: Sequence[Counted], fields: Fields, threshold: float) -> Grade:
    """Say how much of a flagged story is about the topic, from where its evidence stands and how much there is."""
    grading = topic.grading
    # a sentence that a penalty speaks against tells of what was, unless it would be enough by itself all the same
    current = [
        item
        for item in evidence
        if item.scored.points >= threshold or all(points > 0 for _, points in item.scored.parts)
    ]
    if not current:
        return Grade.BACKGROUND
    if any(item.field.name == "title" for item in current):
        return Grade.MAIN
    length = sum(after - first for field in fields for first, after in field.sentences)
    share = sum(item.bounds[1] - item.bounds[0] for item in evidence) / length
    enough = len(evidence) >= grading.sentences or share >= grading.share
    return Grade.MAIN if enough and any(item.leads for item in current) else Grade.PASSING


def _story_parts(
    topic: Topic, numbers: Mapping[str, int], present: set[int], evidence: Sequence[Counted], fields: Fields
) -> tuple[tuple[str, float], ...]:
    best = _best(evidence)
    parts = [("أقوى جملة", best.points)]
    rest = round(min(topic.rest_cap, topic.rest_weight * sum(item.points for item in evidence if item is not best)), 4)
    if rest:
        parts.append((f"بقية الجمل ×{topic.rest_weight:g}", rest))
    for penalty in topic.penalties:
        if penalty.scope is not Scope.SENTENCE and _story_penalty(penalty, numbers, present, evidence, fields):
            parts.append((penalty.name, penalty.points))
    return tuple(parts)


def _story_penalty(
    penalty: Penalty, numbers: Mapping[str, int], present: set[int], evidence: Sequence[Counted], fields: Fields
) -> bool:
    if any(item.found.hits(name) for name in penalty.unless for item in evidence):
        return False
    length = sum(len(field.words) for field in fields)
    if penalty.words is not None:
        return length > penalty.words and len(evidence) <= penalty.evidence and not any(item.leads for item in evidence)
    number = numbers[penalty.concept] if penalty.concept else -1
    if number not in present:
        return False
    if penalty.scope is Scope.TITLE:
        return bool(fields[0].places([number]))
    times = sum(len(field.places([number]).get(number, ())) for field in fields)
    return times > 0 and times * 100 >= (penalty.density or 0.0) * length


def _sentence(item: Counted) -> Sentence:
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
                repaired=field.is_repaired(start, stop),
            )
        )
    return Sentence(span=field.span(*item.bounds), points=item.points, parts=tuple(parts), evidence=tuple(marked))

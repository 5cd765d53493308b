"""What a text that is not flagged lacks, in plain Arabic: the part of a rule that it came nearest to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mirqab.topics.composing import Found, distance
from mirqab.topics.language import Rule, Topic
from mirqab.topics.scoring import Scored

_SHOWN = 6
"""Names listed before the rest is only counted."""
_SENTENCES = 50
"""Sentences that are asked."""
NEAREST = 2
"""Compositions that are told of: those that lack least."""

_LOOKED_AT = 4
"""Hits of a sentence that are asked what they lack."""

Ways = Mapping[str, Sequence[frozenset[str]]]
"""Composition → the sets of concepts of which it needs one."""


def nothing_begins(firsts: Iterable[str], threshold: float) -> tuple[str, ...]:
    """Tell of a text that has none of the words with which the topic begins."""
    return (f"لم ترد أي كلمة مما يبدأ به الموضوع: {_list(list(firsts))}", _sums(0, threshold))


def incomplete(ways: Ways, has: frozenset[str], threshold: float) -> tuple[str, ...]:
    """Tell of a text that names the concepts `has`: which compositions it began, and what they lack."""
    lines: list[tuple[int, str]] = []
    for name, alternatives in ways.items():
        if not any(way & has for way in alternatives):
            continue
        least = min(len(way - has) for way in alternatives)
        if least == 0:
            lines.append((0, f"«{_plain(name)}»: وُجدت كلماته لكن متباعدة أو في غير ترتيبها"))
            continue
        near = [way for way in alternatives if len(way - has) == least and (way & has or least == 1)]
        found = dict.fromkeys(concept for way in near for concept in sorted(way & has))
        lacks = dict.fromkeys(_join(sorted(way - has)) for way in near)
        lines.append((least, f"«{_plain(name)}»: وُجد {_list(list(found))}؛ ولم يوجد {_list(list(lacks), ' أو ')}"))
    told = [line for _, line in sorted(lines, key=lambda line: line[0])[:NEAREST]]
    return (*(told or ["أُحيل إلى الموضوع ولم يُذكر ما يُحال إليه"]), _sums(0, threshold))


def without_rule(topic: Topic, sentences: Sequence[Found], threshold: float) -> tuple[str, ...] | None:
    """Tell of sentences that hold a composition and fulfil no rule; None when none holds one."""
    nearest: tuple[tuple[float, ...], str] | None = None
    for found in sentences[:_SENTENCES]:
        for rule in topic.rules:
            if found.composed.get(rule.together[0]):
                held = f"«{_plain(rule.together[0])}»"
                lacks = _lacks(rule, found)
                if lacks:
                    line = f"تحقق {held}؛ وينقص قاعدة «{rule.name}» ({rule.points:+g}): {_list(lacks)}"
                elif rule.times > 1:
                    wanted = f"قاعدة «{rule.name}» ({rule.points:+g})"
                    line = f"تحقق {held} أقل من {rule.times} مرات في المقال، كما تريد {wanted}"
                else:
                    continue
                rank = (max(1, len(lacks)), len(lacks), -rule.points)
                nearest = (rank, line) if nearest is None or rank < nearest[0] else nearest
    return None if nearest is None else (nearest[1], _sums(0, threshold))


def without_points(rejected: Sequence[Scored], threshold: float) -> tuple[str, ...]:
    """Tell of sentences that fulfilled a rule and lost what it gave."""
    best = max(rejected, key=lambda scored: scored.points)
    parts = " ".join(f"[{name} {points:+g}]" for name, points in best.parts)
    return (f"أقوى جملة لم تكسب نقاطاً: {parts} = {best.points:g}", _sums(0, threshold))


def too_little(
    topic: Topic, score: float, threshold: float, parts: Sequence[tuple[str, float]], best: Scored, found: Found
) -> tuple[str, ...]:
    """Tell of a text with evidence: how much is short, from what the score is made, and which rule is next."""
    lines = [_sums(score, threshold)]
    if best.rule.points < threshold:
        better = [(_lacks(rule, found), rule) for rule in topic.rules if rule.points > best.rule.points]
        near = [(lacks, rule) for lacks, rule in better if lacks and found.composed.get(rule.together[0])]
        if near:
            lacks, rule = min(near, key=lambda item: (len(item[0]), -item[1].points))
            lines.append(
                f"تحققت قاعدة «{best.rule.name}» ({best.rule.points:+g})؛ وتنقص قاعدة «{rule.name}» "
                f"({rule.points:+g}): {_list(lacks)}"
            )
        else:
            lines.append(f"تحققت قاعدة «{best.rule.name}» ({best.rule.points:+g})")
    taken = [(name, points) for name, points in (*best.parts, *parts) if points < 0]
    lines += [f"خُصم: {name} {points:+g}" for name, points in taken]
    return tuple(lines)


def _lacks(rule: Rule, found: Found) -> list[str]:
    """Return the parts of a rule that a sentence lacks near the nearest hit of its first part."""
    fewest: list[str] | None = None
    for hit in found.composed.get(rule.together[0], ())[:_LOOKED_AT]:
        lacks = []
        for name in rule.together[1:]:
            gaps = [
                max(0, distance((hit.start, hit.stop), (other.start, other.stop)))
                for other in found.hits(name)[:_LOOKED_AT]
                if all(distance((start, stop), (other.start, other.stop)) >= 0 for _, start, stop in hit.pieces)
            ]
            if not gaps:
                lacks.append(f"{_plain(name)} في الجملة نفسها")
            elif rule.gap is not None and min(gaps) > rule.gap:
                lacks.append(f"{_plain(name)} ضمن {rule.gap} كلمات لا على بعد {min(gaps)}")
        if fewest is None or len(lacks) < len(fewest):
            fewest = lacks
    return fewest or []


def _sums(score: float, threshold: float) -> str:
    short = f": ينقص {round(threshold - score, 4):g}" if score else ""
    return f"النقاط {score:g} والعتبة {threshold:g}{short}"


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _join(names: Iterable[str]) -> str:
    return " مع ".join(map(_plain, names))


def _list(names: Sequence[str], between: str = "، ") -> str:
    if not names:
        return "شيء"
    more = f" وغيرها ({len(names) - _SHOWN})" if len(names) > _SHOWN else ""
    return between.join(map(_plain, names[:_SHOWN])) + more

"""What persons' decisions tell of the topics: how many flags were right, by rule, term and outlet, and labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from mirqab.arabic import fold
from mirqab.proportions import Share, share
from mirqab.types import Decision

if TYPE_CHECKING:
    from mirqab.archive import Archive, Decided


class By(StrEnum):
    """What flags are counted by."""

    TOPIC = "topic"
    VERSION = "version"
    RULE = "rule"
    CONCEPT = "concept"
    TERM = "term"
    OUTLET = "outlet"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """The decisions on flags of one topic that share something: `name` is a rule, concept, term, outlet or version.

    `to_check` are undecided. `missed` are stories that the topic had not flagged and a person called relevant.
    """

    topic: str
    by: By
    name: str
    relevant: int
    irrelevant: int
    to_check: int
    missed: int

    @property
    def precision(self) -> Share:
        """Of the flags that were decided, those that are relevant."""
        return share(self.relevant, self.relevant + self.irrelevant)


def tallies(decisions: Iterable[Decided]) -> list[Tally]:
    """Return the counts by topic, then by version, rule, concept, term and outlet, those likeliest to be bad first.

    A flag counts for every rule that fired, and every concept and term that was found in its evidence when it was
    decided. Terms are the words as printed; spellings that are one to the topic are one here, under the most frequent.
    """
    decisions = list(decisions)
    spelt = _spellings(decisions)
    counts: defaultdict[tuple[str, By, str], Counter[str]] = defaultdict(Counter)
    for one in decisions:
        for by, name in _groups(one):
            count = counts[one.topic, by, name]
            if one.flagged:
                count[one.decision] += 1
            elif one.decision is Decision.RELEVANT:
                count["missed"] += 1
    found = [
        Tally(
            topic=topic,
            by=by,
            name=spelt[name] if by is By.TERM else name,
            relevant=count[Decision.RELEVANT],
            irrelevant=count[Decision.IRRELEVANT],
            to_check=count[Decision.TO_CHECK],
            missed=count["missed"],
        )
        for (topic, by, name), count in counts.items()
        if count
    ]
    return sorted(found, key=_worst_first)


def _groups(one: Decided) -> Iterator[tuple[By, str]]:
    yield By.TOPIC, one.topic
    yield By.VERSION, one.topic_version
    yield By.OUTLET, one.outlet
    if one.flagged:  # what fired without flagging is not what missed the story
        yield from ((By.RULE, rule) for rule in one.rules)
        yield from ((By.CONCEPT, concept) for concept in dict.fromkeys(concept for concept, _ in one.terms))
        yield from ((By.TERM, term) for term in dict.fromkeys(fold(words) for _, words in one.terms))


def _spellings(decisions: Iterable[Decided]) -> dict[str, str]:
    """Return the spelling under which a folded term is shown: the most frequent one, of several the first in order."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in decisions:
        for _, words in one.terms:
            found[fold(words)][" ".join(words.split())] += 1
    return {term: min(spelt, key=lambda words: (-spelt[words], words)) for term, spelt in found.items()}


def _worst_first(tally: Tally) -> tuple[Any, ...]:
    """One wrong flag of one says little, nine of ten much: what even the interval's upper end calls bad comes first."""
    high = tally.precision.high
    order = list(By).index(tally.by)
    return (tally.topic, order, 2.0 if high is None else high, -tally.irrelevant, -tally.missed, tally.name)


LABELS: Final = {
    Decision.RELEVANT: "positive",
    Decision.IRRELEVANT: "hard_negative",
    Decision.TO_CHECK: "unsure",
}


def labels(archive: Archive, decisions: Sequence[Decided]) -> Iterator[dict[str, Any]]:
    """Yield each decision as a labelled text (docs/feedback.md): the article that was decided upon, as it stands now.

    The theatre is told of relevant stories alone, and as the flag has it.
    """
    for one in decisions:
        detail = archive.article(one.article)
        story = archive.story(one.story)
        if detail is None or story is None:
            continue
        article = detail.article
        facets = next((flag.facets for flag in story.flags if flag.topic == one.topic), {})
        theatres = facets.get("theatre", ()) if one.decision is Decision.RELEVANT else ()
        yield {
            "id": article.id,
            "title": article.headline,
            "text": article.body,
            "label": LABELS[one.decision],
            "source": article.outlet,
            "theatre": ", ".join(theatres[:1]),
            "published": None if article.published is None else article.published.isoformat(),
            "note": one.note,
            "story_group": one.story,
            "topic": one.topic,
            "topic_version": one.topic_version,
            "flagged": one.flagged,
            "decided_by": one.decided_by,
            "decided_at": one.decided_at.isoformat(),
        }

"""What an edit of a topic does: flags gained, lost and changed, and which points did it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mirqab.types import FlagState, Sentence, Span, Verdict
from mirqab.workbench.judging import JudgedStory
from mirqab.workbench.texts import Story, Text

THEATRE = "theatre"


class Kind(StrEnum):
    """What an edit makes of a story's flag."""

    GAINED = "gained"
    LOST = "lost"
    CHANGED = "changed"


@dataclass(frozen=True, kw_only=True, slots=True)
class PointChange:
    """One line of the arithmetic that is not what it was: its points before and after, None where it is not there.

    `span` is the sentence's, None for the sum of the story.
    """

    span: Span | None
    name: str
    before: float | None
    after: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A story whose flag an edit changes. `text` is the one of its texts that speaks for it.

    `before` and `after` are the verdicts on that text; `before` is None when there is no saved topic to compare with.
    """

    kind: Kind
    story: Story
    text: Text
    before: Verdict | None
    after: Verdict

    @property
    def grades(self) -> tuple[str, str] | None:
        """The grades of a flag that has another one now."""
        if self.kind is not Kind.CHANGED or self.before is None or self.before.grade is self.after.grade:
            return None
        return self.before.grade.value, self.after.grade.value

    @property
    def theatres(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The theatres of a flag that has others now."""
        if self.kind is not Kind.CHANGED or self.before is None:
            return None
        before, after = self.before.facets.get(THEATRE, ()), self.after.facets.get(THEATRE, ())
        return None if before == after else (before, after)

    @property
    def against_a_person(self) -> bool:
        """Whether it takes the flag of a story that a person found relevant."""
        return self.kind is Kind.LOST and self.story.decision is FlagState.RELEVANT


@dataclass(kw_only=True, slots=True)
class Totals:
    """The sums of a comparison. `decided` counts stories by (decision, what becomes of the flag).

    What becomes of it is gained, lost, flagged (as before) or unflagged (as before). Stories that are looked at for
    their decision alone are in `decided` and nowhere else.
    """

    stories: int = 0
    texts: int = 0
    unjudged: int = 0
    flagged_before: int = 0
    flagged_after: int = 0
    gained: int = 0
    lost: int = 0
    changed: int = 0
    regraded: int = 0
    moved: int = 0
    newest: datetime | None = None
    oldest: datetime | None = None
    decided: Counter[tuple[FlagState, str]] = field(default_factory=Counter)

    def per_10_000(self, count: int) -> float | None:
        """Return a count for 10,000 stories; None when there are none."""
        return round(10_000 * count / self.stories, 1) if self.stories else None


def compare(judged: Iterable[JudgedStory], totals: Totals, *, with_base: bool) -> Iterator[Change]:
    """Yield the stories whose flag changes, counting all of them into `totals`.

    With a base the first verdict of each text is the saved topic's and the last the edit's, else there is one verdict.
    """
    for one in judged:
        story, said = one.story, one.verdicts
        if not said:
            totals.unjudged += said is None
            continue
        after = _speaking([verdicts[-1] for verdicts in said])
        before = _speaking([verdicts[0] for verdicts in said]) if with_base else None
        was, now = before is not None and before[1].flagged, after[1].flagged
        change = None
        if was and before is not None and not now:
            at = before[0]
            change = _change(Kind.LOST, story, at, before[1], said[at][-1])
        elif now and not was:
            at = after[0]
            change = _change(Kind.GAINED, story, at, said[at][0] if with_base else None, after[1])
        elif was and now and before is not None:
            change = _change(Kind.CHANGED, story, after[0], before[1], after[1])
            if change.grades is None and change.theatres is None:
                change = None
        _count(totals, story, was, now, change)
        if change is not None:
            yield change


def _speaking(verdicts: list[Verdict]) -> tuple[int, Verdict]:
    """Return the verdict that speaks for a story: a flagged one before others, then the highest, then the first."""
    return max(enumerate(verdicts), key=lambda pair: (pair[1].flagged, pair[1].score, -pair[0]))


def _change(kind: Kind, story: Story, at: int, before: Verdict | None, after: Verdict) -> Change:
    return Change(kind=kind, story=story, text=story.texts[at], before=before, after=after)


def _count(totals: Totals, story: Story, was: bool, now: bool, change: Change | None) -> None:
    if story.decision is not None:
        same = "flagged" if now else "unflagged"
        totals.decided[story.decision, same if was == now else "gained" if now else "lost"] += 1
    if not story.counted:
        return
    totals.stories += 1
    totals.texts += len(story.texts)
    totals.flagged_before += was
    totals.flagged_after += now
    totals.gained += now and not was
    totals.lost += was and not now
    if change is not None:
        totals.changed += change.kind is Kind.CHANGED
        totals.regraded += change.grades is not None
        totals.moved += change.theatres is not None
    if story.first_seen_at is not None:
        totals.newest = max(totals.newest or story.first_seen_at, story.first_seen_at)
        totals.oldest = min(totals.oldest or story.first_seen_at, story.first_seen_at)


# ---------------------------------------------------------------------------------------------- which points


def point_changes(before: Verdict, after: Verdict) -> list[PointChange]:
    """Return the lines of the arithmetic that differ: of the strongest sentence first, of the whole story last."""
    then, now = _by_span(before), _by_span(after)
    spans = sorted({**then, **now}, key=lambda span: -max(_points(then, span), _points(now, span)))
    changes: list[PointChange] = []
    for span in spans:
        parts = [tuple(side[span].parts) if span in side else () for side in (then, now)]
        changes += _differing(span, *parts)
    return changes + _differing(None, before.sum, after.sum)


def _by_span(verdict: Verdict) -> dict[Span, Sentence]:
    return {sentence.span: sentence for sentence in verdict.sentences}


def _points(side: dict[Span, Sentence], span: Span) -> float:
    return side[span].points if span in side else 0.0


def _differing(
    span: Span | None, before: tuple[tuple[str, float], ...], after: tuple[tuple[str, float], ...]
) -> list[PointChange]:
    then, now = dict(before), dict(after)
    return [
        PointChange(span=span, name=name, before=then.get(name), after=now.get(name))
        for name in {**then, **now}
        if then.get(name) != now.get(name)
    ]


# --------------------------------------------------------------------------------------------------- to show


class Shown:
    """Keeps the changes that a person will see: all that go against a decision, and so many of each kind, the first.

    Iterating yields those against a decision, then the lost, the gained, the changed.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: dict[Kind, list[Change]] = {kind: [] for kind in Kind}
        self._against: list[Change] = []

    def keep(self, change: Change) -> None:
        """Take one more change."""
        if change.against_a_person:
            self._against.append(change)
        elif change.story.counted and len(self._kept[change.kind]) < self._limit:
            self._kept[change.kind].append(change)

    def against_persons(self) -> list[Change]:
        """Return the stories that a person found relevant and that lose their flag."""
        return self._against

    def of(self, kind: Kind) -> list[Change]:
        """Return the others of a kind, in the order in which they came."""
        return self._kept[kind]

    def __iter__(self) -> Iterator[Change]:
        yield from self._against
        for kind in (Kind.LOST, Kind.GAINED, Kind.CHANGED):
            yield from self._kept[kind]

"""Judging stored articles anew, by the topics as they are now: which flags open, which are withdrawn, which stay.

Flags of topics that are declared no more are withdrawn too: nothing would ever judge them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mirqab.archive import Archive, Chosen, FlagChange, StaleBatch
from mirqab.killpoints import kill_point
from mirqab.types import HELD, FlagState, StoredText, Verdict
from mirqab.workers import Workers

BATCH: Final = 100
"""Stories judged in one task of a worker and written in one transaction: some milliseconds of the archive's writer."""


class Kind(StrEnum):
    """What becomes of a flag."""

    OPENED = "opened"
    WITHDRAWN = "withdrawn"
    KEPT = "kept"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one flag; `verdict` is what the topic says now of the article that `change` names.

    None when no article of the story that was judged now is that one. `undeclared` tells that the topic is declared no
    more, and judges nothing.
    """

    kind: Kind
    change: FlagChange
    verdict: Verdict | None
    undeclared: bool = False

    @property
    def against_a_person(self) -> bool:
        """Whether the verdict turned and only a person's decision keeps the flag as it was."""
        return self.change.after in HELD and self.change.earned != self.change.earned_before


@dataclass(kw_only=True, slots=True)
class Progress:
    """How far it is: articles to judge, judged, left because they changed meanwhile, not judged within the limits."""

    total: int = 0
    judged: int = 0
    left: int = 0
    unjudged: int = 0
    kinds: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))


def rejudge(
    archive: Archive, workers: Workers, chosen: Chosen, progress: Progress, *, keep: bool
) -> Iterator[list[Outcome]]:
    """Judge the chosen articles anew, and yield what becomes of the flags, some stories at a time.

    With `keep` each step is written, in a transaction of its own; without it nothing is. What was written is marked by
    the topics' versions, so that the next call goes on where this one ended.
    """
    progress.total = archive.count_stale(chosen)

    def batches() -> Iterator[tuple[StaleBatch, list[StoredText]]]:
        after = ""
        while (batch := archive.stale(chosen, after=after, limit=BATCH)) is not None:
            after = batch.last
            if batch.articles:
                yield batch, [article.text for article in batch.articles]

    for batch, answers in workers.judge_each(batches()):
        said = zip(batch.articles, answers, strict=True)
        verdicts = {article.id: answer for article, answer in said if answer is not None}
        progress.unjudged += len(answers) - len(verdicts)
        done = archive.rejudge(chosen, batch, verdicts, keep=keep)
        kill_point("rejudged")
        progress.judged += len(verdicts) - done.left
        progress.left += done.left
        outcomes = [_outcome(change, verdicts) for change in done.changes]
        for outcome in outcomes:
            progress.kinds[outcome.kind] += 1
        yield outcomes


def withdraw(archive: Archive, topics: Iterable[str], progress: Progress, *, keep: bool) -> Iterator[list[Outcome]]:
    """Withdraw the open flags of topics that are declared no more, and yield them, some stories at a time.

    With `keep` each step is written, in a transaction of its own; without it nothing is. When such a topic is declared
    again, `rejudge` finds the articles of these stories among those to be judged anew.
    """
    for topic in topics:
        after = ""
        while changes := archive.withdraw(topic, after=after, limit=BATCH, keep=keep):
            after = changes[-1].story
            progress.kinds[Kind.WITHDRAWN] += len(changes)
            yield [Outcome(kind=Kind.WITHDRAWN, change=change, verdict=None, undeclared=True) for change in changes]


def _outcome(change: FlagChange, verdicts: dict[str, tuple[Verdict, ...]]) -> Outcome:
    if change.after is FlagState.OPEN and change.before is not FlagState.OPEN:
        kind = Kind.OPENED
    elif change.after is FlagState.WITHDRAWN:
        kind = Kind.WITHDRAWN
    else:
        kind = Kind.KEPT
    said = verdicts.get(change.article, ())
    return Outcome(kind=kind, change=change, verdict=next((one for one in said if one.topic == change.topic), None))

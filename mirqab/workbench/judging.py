"""Judging many stories: here when they are few, in worker processes when they are not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from mirqab.topics import Judge, Topic
from mirqab.types import StoredText, Verdict
from mirqab.workbench.texts import Story

if TYPE_CHECKING:
    from mirqab.workers import Workers

FEW: Final = 1_500
"""Stories that are judged in this process: about two seconds, which is what starting workers costs."""

BATCH: Final = 50
"""Stories that go to a worker at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedStory:
    """A story and what each topic says of each of its texts; None when that takes more than a worker may."""

    story: Story
    verdicts: tuple[tuple[Verdict, ...], ...] | None = None


def judge_stories(
    stories: Iterable[Story], topics: Sequence[Topic], workers: Callable[[], Workers]
) -> Iterator[JudgedStory]:
    """Yield every story with its verdicts, in the order given; few stories are in memory at a time.

    `workers` gives worker processes whose plan holds the same topics in the same order; whoever gives them closes
    them. They are asked for only when there are many stories.
    """
    coming = iter(stories)
    few = list(islice(coming, FEW))
    more = list(islice(coming, 1))
    if more:
        yield from _by_workers(chain(few, more, coming), workers())
        return
    judge = Judge(topics)
    for story in few:
        verdicts = tuple(
            judge.judge(title=text.title, text=text.text, published=text.published, outlet=text.outlet)
            for text in story.texts
        )
        yield JudgedStory(story=story, verdicts=verdicts)


def _by_workers(stories: Iterator[Story], workers: Workers) -> Iterator[JudgedStory]:
    def batches() -> Iterator[tuple[list[Story], list[StoredText]]]:
        while batch := list(islice(stories, BATCH)):
            yield batch, _texts(batch)

    for batch, answers in workers.judge_each(batches()):
        left = iter(answers)
        for story in batch:
            said = list(islice(left, len(story.texts)))
            verdicts = tuple(one for one in said if one is not None)
            # of a story with a text that takes too much nothing is known
            yield JudgedStory(story=story, verdicts=verdicts if len(verdicts) == len(said) else None)


def _texts(stories: Iterable[Story]) -> list[StoredText]:
    return [
        StoredText(headline=text.title, body=text.text, published=text.published, outlet=text.outlet or "", whole=True)
        for story in stories
        for text in story.texts
    ]

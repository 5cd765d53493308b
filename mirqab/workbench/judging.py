"""Judging many stories: here when they are few, in worker processes when they are not."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from mirqab.topics import Judge, Topic
from mirqab.types import Reason, Verdict
from mirqab.workbench.texts import Story

if TYPE_CHECKING:
    from mirqab.workers import Workers

FEW: Final = 1_500
"""Stories that are judged in this process: about two seconds, which is what starting workers costs."""

BATCH: Final = 50
"""Stories that go to a worker at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedStory:
    """A story and what each topic says of each of its texts; no verdicts, and a problem, when they cannot be judged."""

    story: Story
    verdicts: tuple[tuple[Verdict, ...], ...] = ()
    problem: Reason | None = None


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
            judge.judge(title=text.title, text=text.text, published=text.published) for text in story.texts
        )
        yield JudgedStory(story=story, verdicts=verdicts)


def _by_workers(stories: Iterator[Story], workers: Workers) -> Iterator[JudgedStory]:
    waiting: deque[list[Story]] = deque()

    def batches() -> Iterator[list[tuple[str, str, datetime | None]]]:
        while batch := list(islice(stories, BATCH)):
            waiting.append(batch)
            yield [(text.title, text.text, text.published) for story in batch for text in story.texts]

    for judged in workers.judge_each(batches()):
        verdicts = iter(judged.verdicts)
        for story in waiting.popleft():
            if judged.problem is not None:
                yield JudgedStory(story=story, problem=judged.problem)
            else:
                yield JudgedStory(story=story, verdicts=tuple(islice(verdicts, len(story.texts))))

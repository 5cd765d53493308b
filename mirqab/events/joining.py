"""Joining: which story, of those of the last days, a text belongs to by its event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from mirqab.events.likeness import Likeness, alike
from mirqab.events.weights import Weighed

Name = TypeVar("Name")
"""What an article is called by whoever asks."""

Story = TypeVar("Story")

WINDOW: Final = timedelta(hours=72)
"""The time between two articles on one event."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report(Generic[Name]):
    """A text on an event as it is placed: who published it and when, and the theatres that its topic names.

    `name` is the article's, `published` aware. No theatres: nothing is known of them.
    """

    name: Name
    weighed: Weighed
    outlet: str | None
    published: datetime
    theatres: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Joining(Generic[Story, Name]):
    """The story that a text belongs to, the article that it is most alike, and how much."""

    story: Story
    nearest: Report[Name]
    likeness: Likeness


def join(
    report: Report[Name], stories: Mapping[Story, Sequence[Report[Name]]], *, window: timedelta = WINDOW
) -> Joining[Story, Name] | None:
    """Return the story whose event a text tells, None when it tells another one. Pure.

    `stories` has of each story the texts that are no copies of each other, the story's first text first, whether that
    is within the window or not. Deciding is the most alike of them that another outlet published within the window;
    the first text or half of all must then agree.
    """
    best: Joining[Story, Name] | None = None
    for story, texts in stories.items():
        for text in texts:
            if not _may_be_one(report, text, window):
                continue
            likeness = alike(report.weighed, text.weighed)
            if likeness.is_same_event and (best is None or likeness.score > best.likeness.score):
                best = Joining(story=story, nearest=text, likeness=likeness)
    if best is None or not _agree(report, stories[best.story]):
        return None
    return best


def _may_be_one(report: Report[Name], text: Report[Name], window: timedelta) -> bool:
    if not report.outlet or not text.outlet or report.outlet == text.outlet:
        return False
    if abs(report.published - text.published) > window:
        return False
    return not (report.theatres and text.theatres) or not report.theatres.isdisjoint(text.theatres)


def _agree(report: Report[Name], texts: Sequence[Report[Name]]) -> bool:
    """Say whether the first text of a story agrees, or half of them do."""
    first, *others = (alike(report.weighed, text.weighed).agrees for text in texts)
    return first or 2 * sum(others) >= len(texts)

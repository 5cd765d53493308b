"""What is judged on the bench: stories, each of one or several texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from mirqab.types import FlagState

if TYPE_CHECKING:
    from mirqab.archive import Archive, StoredStory

Identity = str | int | float | None

PAGE: Final = 200
"""Stories that are read from the archive at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """One text to be judged. `article` and `url` are those of a stored one."""

    title: str
    text: str
    published: datetime | None = None
    outlet: str | None = None
    article: str | None = None
    url: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """A story: flagged when one of its texts is.

    `decision` is what a person made of its flag. `counted` is false for one that is looked at for its decision alone,
    being older than what is counted.
    """

    id: Identity
    texts: tuple[Text, ...]
    first_seen_at: datetime | None = None
    decision: FlagState | None = None
    counted: bool = True


def stored_stories(archive: Archive, topic: str, last: int) -> Iterator[Story]:
    """Yield the newest `last` stories of the archive, then the older ones on whose flag a person has decided.

    A page of them is in memory at a time, and no transaction stays open between two.
    """
    place: tuple[datetime, str] | None = None
    left = last
    while left > 0:
        page = archive.newest_stories(topic=topic, after=place, limit=min(PAGE, left))
        yield from map(_story, page)
        if len(page) < min(PAGE, left):
            return
        place, left = page[-1].place, left - len(page)
    while page := archive.newest_stories(topic=topic, after=place, decided_only=True, limit=PAGE):
        for stored in page:
            yield _story(stored, counted=False)
        place = page[-1].place


def _story(stored: StoredStory, counted: bool = True) -> Story:
    return Story(
        id=stored.id,
        texts=tuple(
            Text(
                title=text.headline,
                text=text.body,
                published=text.published,
                outlet=text.outlet,
                article=text.article,
                url=text.url,
            )
            for text in stored.texts
        ),
        first_seen_at=stored.stored_at,
        decision=stored.decision,
        counted=counted,
    )

"""Stories with their texts, the newest first, a page at a time: for whoever judges many of them and keeps none.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select

from mirqab.archive import decisions, tables
from mirqab.archive.entries import chunks, is_article
from mirqab.types import DECIDED, HELD, FlagState

_articles = tables.articles
_flags = tables.flags


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryText:
    """What is judged of an article, and what a person knows it by."""

    article: str
    outlet: str
    url: str
    headline: str
    body: str
    published: datetime | None


TEXT_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    _articles.c.id,
    _articles.c.outlet,
    _articles.c.url,
    _articles.c.headline,
    _articles.c.body,
    _articles.c.published,
)


def story_text(row: Row[Any]) -> StoryText:
    """Return the text of a row that has the `TEXT_COLUMNS`."""
    return StoryText(
        article=row.id,
        outlet=row.outlet,
        url=row.url,
        headline=row.headline,
        body=row.body,
        published=row.published,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredStory:
    """A story with the texts of its articles, the lead first. `stored_at` is its lead's.

    `decision` is what a person made of its flag of the topic that was asked about, None when nobody decided.
    """

    id: str
    stored_at: datetime
    texts: tuple[StoryText, ...]
    decision: FlagState | None
    lead: str

    @property
    def place(self) -> tuple[datetime, str]:
        """Where it stands in the order: what to go on after."""
        return self.stored_at, self.lead


def newest_stories(
    conn: Connection,
    *,
    topic: str,
    after: tuple[datetime, str] | None,
    since: datetime | None,
    decided_only: bool,
    limit: int,
) -> list[StoredStory]:
    """Return stories in the order in which their leads were stored, the last first, that follow on `after`.

    A lead never changes, so a page that comes while others are looked at moves no story. A page that is no article
    any more keeps its text in the archive and is left out here.
    """
    older = _articles.alias()
    query = (
        select(_articles.c.story, _articles.c.stored_at, _articles.c.id)
        .where(
            ~exists().where(
                older.c.story == _articles.c.story,
                or_(
                    older.c.stored_at < _articles.c.stored_at,
                    and_(older.c.stored_at == _articles.c.stored_at, older.c.id < _articles.c.id),
                ),
            )
        )
        .order_by(_articles.c.stored_at.desc(), _articles.c.id.desc())
        .limit(limit)
    )
    if after is not None:
        at, article = after
        query = query.where(
            _articles.c.stored_at <= at,
            or_(_articles.c.stored_at < at, _articles.c.id < article),
        )
    if since is not None:
        query = query.where(_articles.c.stored_at >= since)
    if decided_only:
        query = query.where(
            exists().where(_flags.c.story == _articles.c.story, _flags.c.topic == topic, _flags.c.state.in_(HELD))
        )
    leads = conn.execute(query).all()
    stories = [row.story for row in leads]
    texts, decided = _texts(conn, stories), _decisions(conn, stories, topic)
    return [
        StoredStory(
            id=row.story,
            stored_at=row.stored_at,
            texts=tuple(texts[row.story]),
            decision=decided.get(row.story),
            lead=row.id,
        )
        for row in leads
    ]


def _texts(conn: Connection, stories: Iterable[str]) -> defaultdict[str, list[StoryText]]:
    entries = tables.entries
    found: defaultdict[str, list[StoryText]] = defaultdict(list)
    for chunk in chunks(stories):
        rows = conn.execute(
            select(_articles.c.story, *TEXT_COLUMNS)
            .join(entries, entries.c.id == _articles.c.entry)
            .where(
                _articles.c.story.in_(chunk),
                is_article,
            )
            .order_by(_articles.c.story, _articles.c.stored_at, _articles.c.id)
        )
        for row in rows:
            found[row.story].append(story_text(row))
    return found


def _decisions(conn: Connection, stories: Iterable[str], topic: str) -> dict[str, FlagState]:
    """Return what persons made of stories; something new in one since then leaves that as it was."""
    found: dict[str, FlagState] = {}
    for chunk in chunks(stories):
        rows = conn.execute(
            select(_flags.c.story, _flags.c.state).where(
                _flags.c.story.in_(chunk), _flags.c.topic == topic, _flags.c.state.in_(DECIDED)
            )
        )
        found |= {row.story: FlagState(row.state) for row in rows}
        developing = conn.execute(
            select(_flags.c.story).where(
                _flags.c.story.in_(chunk), _flags.c.topic == topic, _flags.c.state == FlagState.DEVELOPING
            )
        ).scalars()
        told = decisions.last_of(decisions.of_stories(conn, developing))
        found |= {story: FlagState(one.decision) for (story, of), one in told.items() if of == topic}
    return found

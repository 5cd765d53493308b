"""The list of flagged stories, the newest first, with what persons decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, exists, func, select

from mirqab.archive import decisions, tables
from mirqab.archive.decisions import Decided
from mirqab.archive.entries import chunks
from mirqab.telling import Member, carried_at, first_agency, texts
from mirqab.types import HELD, Development, FlagState, Grade, RaisedBy, Relation

_articles = tables.articles
_flags = tables.flags
_sightings = tables.sightings


@dataclass(frozen=True, kw_only=True, slots=True)
class FlaggedStory:
    """A line of the list of flagged stories: the flag, and the article whose verdict is the best.

    `earned` tells whether the topic flags the story now, whatever a person decided; `decided` is the last decision,
    when one stands. `facets` are strongest first; `outlets` are all that carried the story, the first to carry it
    first; `texts` counts those of its texts that are independent, `agency` is the one that was credited first;
    `top_evidence` is the sentence with the most points. `development` is what is new since a decision, last told at
    `developed_at`.
    """

    story: str
    topic: str
    topic_version: str
    state: FlagState
    raised_by: RaisedBy
    earned: bool
    score: float
    grade: Grade
    headline: str
    outlet: str
    url: str
    published: datetime | None
    first_seen_at: datetime
    raised_at: datetime
    article: str
    theatres: tuple[str, ...]
    facets: Mapping[str, tuple[str, ...]]
    outlets: tuple[str, ...]
    texts: int
    agency: str | None
    top_evidence: str
    decided: Decided | None = None
    developed_at: datetime | None = None
    development: tuple[Development, ...] = ()


def open_flags(conn: Connection) -> dict[str, int]:
    """Return how many flags of each topic are open: raised by a topic, and not decided upon."""
    query = (
        select(_flags.c.topic, func.count().label("open"))
        .where(_flags.c.state == FlagState.OPEN)
        .group_by(_flags.c.topic)
        .order_by(_flags.c.topic)
    )
    return {row.topic: row.open for row in conn.execute(query)}


def flagged(
    conn: Connection,
    *,
    since: datetime | None,
    topic: str | None,
    theatre: str | None,
    limit: int | None,
    states: Collection[FlagState],
) -> list[FlaggedStory]:
    """Return flagged stories, those first seen last on top."""
    query = (
        select(_flags, _articles.c.headline, _articles.c.outlet, _articles.c.url, _articles.c.published)
        # a story whose articles all went to another one keeps a flag that speaks of none of its own
        .join(_articles, (_articles.c.id == _flags.c.article) & (_articles.c.story == _flags.c.story))
        .order_by(_flags.c.first_seen_at.desc(), _flags.c.story, _flags.c.topic)
    )
    if since is not None:
        query = query.where(_flags.c.first_seen_at >= since)
    if topic is not None:
        query = query.where(_flags.c.topic == topic)
    if theatre is not None:
        facets = tables.flag_facets
        query = query.where(
            exists().where(
                facets.c.story == _flags.c.story,
                facets.c.topic == _flags.c.topic,
                facets.c.facet == "theatre",
                facets.c.value == theatre,
            )
        )
    query = query.where(_flags.c.state.in_(states))
    rows = conn.execute(query.limit(limit)).all()
    tellings = _tellings(conn, {row.story for row in rows})
    decided = decisions.last_of(decisions.of_stories(conn, {row.story for row in rows if row.state in HELD}))
    return [_flagged_story(row, tellings[row.story], decided.get((row.story, row.topic))) for row in rows]


def _flagged_story(row: Row[Any], told: _Telling, decided: Decided | None) -> FlaggedStory:
    facets = {name: tuple(values) for name, values in row.facets.items()}
    return FlaggedStory(
        story=row.story,
        topic=row.topic,
        topic_version=row.topic_version,
        state=FlagState(row.state),
        raised_by=RaisedBy(row.raised_by),
        earned=row.earned,
        score=row.score,
        grade=Grade(row.grade),
        headline=row.headline,
        outlet=row.outlet,
        url=row.url,
        published=row.published,
        first_seen_at=row.first_seen_at,
        raised_at=row.raised_at,
        article=row.article,
        theatres=facets.get("theatre", ()),
        facets=facets,
        outlets=told.outlets,
        texts=told.texts,
        agency=told.agency,
        top_evidence=row.top_evidence,
        decided=decided,
        developed_at=row.developed_at,
        development=tuple(Development(**one) for one in row.development),
    )


class _Telling(NamedTuple):
    """Who carried a story, the first first, in how many independent texts, and the agency first credited."""

    outlets: tuple[str, ...]
    texts: int
    agency: str | None


def _tellings(conn: Connection, stories: Iterable[str]) -> dict[str, _Telling]:
    carried: defaultdict[str, list[Any]] = defaultdict(list)
    for chunk in chunks(stories):
        rows = conn.execute(
            select(
                _articles.c.story,
                _articles.c.id,
                _articles.c.relation,
                _articles.c.nearest,
                _articles.c.agencies,
                _sightings.c.outlet,
                _sightings.c.seen_at,
                _sightings.c.published,
            )
            .join(_sightings, _sightings.c.article == _articles.c.id)
            .where(_articles.c.story.in_(chunk))
            .order_by(_sightings.c.seen_at, _sightings.c.outlet)
        )
        for row in rows:
            carried[row.story].append(row)
    return {story: _telling(rows) for story, rows in carried.items()}


def _telling(rows: Iterable[Any]) -> _Telling:
    outlets: dict[str, None] = {}
    members: dict[str, Member] = {}
    for at, row in sorted(((carried_at(row.published, row.seen_at), row) for row in rows), key=lambda one: one[0]):
        outlets.setdefault(row.outlet)
        if row.id not in members:
            members[row.id] = Member(
                article=row.id,
                relation=Relation(row.relation),
                nearest=row.nearest,
                agencies=tuple(row.agencies),
                at=at,
            )
    told = tuple(members.values())
    return _Telling(tuple(outlets), len(texts(told)), first_agency(told))

"""Articles of flagged stories, as they are asked whether they tell of the event that another one tells; and weights.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, or_, select

from mirqab.archive import tables
from mirqab.archive.columns import UtcTime
from mirqab.archive.dialect import insert_or_update
from mirqab.archive.entries import chunks
from mirqab.archive.moments import moment_of
from mirqab.archive.signing import Begin
from mirqab.events import WINDOW
from mirqab.topics import verdict_from_json
from mirqab.types import FlagState, Relation

_articles = tables.articles
_flags = tables.flags
_verdicts = tables.verdicts
_weights = tables.weights

LONGEST_STORY: Final = timedelta(days=30)
"""A story whose first article is older than this is joined by no other for the sake of its event."""

THEATRE: Final = "theatre"
"""The facet that tells where an event is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FlaggedReport:
    """An article of a flagged story, a copy of none there. `published` is no later than it was fetched."""

    article: str
    story: str
    fingerprint: str
    outlet: str
    published: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportText:
    """The text of such an article, and the theatres that its verdicts name."""

    headline: str
    body: str
    theatres: frozenset[str]


ReadTexts = Callable[[Collection[str]], Mapping[str, ReportText]]
"""Returns the texts of articles by their ids."""


def _is_between(first: ColumnElement[datetime], last: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return what `moment_of` says of an article's columns."""
    published, fetched_at = _articles.c.published, _articles.c.fetched_at
    return or_(
        and_(published <= fetched_at, published.between(first, last)),
        and_(or_(published.is_(None), published > fetched_at), fetched_at.between(first, last)),
    )


_near = _articles.alias("near")
_TOLD: Final[Select[Any]] = (
    select(
        _articles.c.id,
        _articles.c.story,
        _articles.c.fingerprint,
        _articles.c.outlet,
        _articles.c.published,
        _articles.c.fetched_at,
    )
    .where(
        or_(
            _articles.c.relation.in_([Relation.NEW, Relation.SAME_EVENT]),
            # what it is a copy of has gone to another story, or it has
            select(_near.c.id).where(_near.c.id == _articles.c.nearest, _near.c.story != _articles.c.story).exists(),
        )
    )
    .order_by(_articles.c.stored_at, _articles.c.id)
)
_AROUND: Final = _TOLD.where(
    _articles.c.story.in_(
        select(_flags.c.story).where(
            _flags.c.first_seen_at >= bindparam("oldest"), _flags.c.state != FlagState.WITHDRAWN
        )
    ),
    _is_between(bindparam("first", type_=UtcTime), bindparam("last", type_=UtcTime)),
)
_FIRSTS: Final = _TOLD.where(_articles.c.story.in_(bindparam("stories", expanding=True)))


def around(conn: Connection, published: datetime) -> list[FlaggedReport]:
    """Return the articles of the flagged stories that may be told of then, the first one of each story first.

    These are the articles published within the window of that moment, and the first article of each of their stories.
    """
    days = {"first": published - WINDOW, "last": published + WINDOW}
    near = conn.execute(_AROUND, {"oldest": published - LONGEST_STORY} | days).all()
    firsts: dict[str, FlaggedReport] = {}
    for chunk in chunks({row.story for row in near}):
        for row in conn.execute(_FIRSTS, {"stories": chunk}):
            firsts.setdefault(row.story, _report(row))
    named = {report.article for report in firsts.values()}
    return [*firsts.values(), *(_report(row) for row in near if row.id not in named)]


def _report(row: Row[Any]) -> FlaggedReport:
    return FlaggedReport(
        article=row.id,
        story=row.story,
        fingerprint=row.fingerprint,
        outlet=row.outlet,
        published=moment_of(row.published, row.fetched_at),
    )


def texts(conn: Connection, articles: Collection[str]) -> dict[str, ReportText]:
    """Return the texts of some articles, with the theatres of their verdicts, by id."""
    found: dict[str, ReportText] = {}
    for chunk in chunks(articles):
        theatres: dict[str, set[str]] = {}
        flagged = select(_verdicts.c.article, _verdicts.c.verdict).where(
            _verdicts.c.article.in_(chunk), _verdicts.c.flagged
        )
        for article, verdict in conn.execute(flagged).all():
            named = verdict_from_json(verdict).facets.get(THEATRE, ())
            theatres.setdefault(article, set()).update(named)
        rows = conn.execute(
            select(_articles.c.id, _articles.c.headline, _articles.c.body).where(_articles.c.id.in_(chunk))
        )
        for row in rows:
            found[row.id] = ReportText(
                headline=row.headline, body=row.body, theatres=frozenset(theatres.get(row.id, ()))
            )
    return found


# ------------------------------------------------------------------------------------------------- weights


def weights(conn: Connection, name: str) -> tuple[datetime, bytes] | None:
    """Return when weights were made, and what they are."""
    row = conn.execute(select(_weights.c.made_at, _weights.c.weights).where(_weights.c.name == name)).one_or_none()
    return None if row is None else (row.made_at, bytes(row.weights))


def keep_weights(conn: Connection, name: str, made: bytes, *, texts: int, now: datetime) -> None:
    """Write weights in place of the former ones."""
    statement = insert_or_update(_weights, keys=("name",), replace=("made_at", "texts", "weights"))
    conn.execute(statement, {"name": name, "made_at": now, "texts": texts, "weights": made})


def sample(conn: Connection, *, since: datetime, count: int) -> list[str]:
    """Return articles stored since a moment, drawn at random, at most so many."""
    ids = conn.execute(select(_articles.c.id).where(_articles.c.stored_at >= since)).scalars().all()
    return random.sample(ids, min(len(ids), count))


def plain_texts(conn: Connection, articles: Sequence[str]) -> list[tuple[str, str]]:
    """Return headline and body of some articles."""
    query = select(_articles.c.headline, _articles.c.body)
    return [
        (row.headline, row.body)
        for chunk in chunks(articles)
        for row in conn.execute(query.where(_articles.c.id.in_(chunk)))
    ]


class Reports:
    """What the archive gives and takes of events; each method is one transaction or one look."""

    def __init__(self, reading: Begin, writing: Begin) -> None:
        self._reading = reading
        self._writing = writing

    def around(self, published: datetime) -> list[FlaggedReport]:
        """Return the articles of the flagged stories that may be told of then, the first one of each story first."""
        with self._reading() as conn:
            return around(conn, published)

    def texts(self, articles: Collection[str]) -> dict[str, ReportText]:
        """Return the texts of some articles, with the theatres of their verdicts, by id."""
        with self._reading() as conn:
            return texts(conn, articles)

    def weights(self, name: str) -> tuple[datetime, bytes] | None:
        """Return when weights were made, and what they are."""
        with self._reading() as conn:
            return weights(conn, name)

    def keep_weights(self, name: str, made: bytes, *, texts: int) -> None:
        """Write weights in place of the former ones."""
        with self._writing() as conn:
            keep_weights(conn, name, made, texts=texts, now=datetime.now(UTC))

    def sample(self, *, since: datetime, count: int) -> list[str]:
        """Return articles stored since a moment, drawn at random, at most so many."""
        with self._reading() as conn:
            return sample(conn, since=since, count=count)

    def plain_texts(self, articles: Sequence[str]) -> list[tuple[str, str]]:
        """Return headline and body of some articles."""
        with self._reading() as conn:
            return plain_texts(conn, articles)

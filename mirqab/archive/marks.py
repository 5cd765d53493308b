"""Which articles are not known to have their marks in Redis: that they have their text, and the bands of it.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select

from mirqab.archive import tables
from mirqab.archive.dialect import insert_or_update
from mirqab.archive.moments import day_of
from mirqab.archive.signing import Begin

_articles = tables.articles
_signatures = tables.signatures
_unconfirmed = tables.unconfirmed


@dataclass(frozen=True, kw_only=True, slots=True)
class Unmarked:
    """An article whose marks in Redis are not known to be made."""

    article: str
    fingerprint: str
    signature: bytes
    day: date


def unmade(conn: Connection, limit: int) -> list[Unmarked]:
    """Return articles whose marks in Redis are not known to be made, at most so many."""
    query = (
        select(
            _articles.c.id,
            _articles.c.fingerprint,
            _articles.c.published,
            _articles.c.fetched_at,
            _signatures.c.signature,
        )
        .outerjoin(_signatures, _signatures.c.article == _articles.c.id)
        .where(_articles.c.id.in_(select(_unconfirmed.c.article)))
        .order_by(_articles.c.id)
        .limit(limit)
    )
    return [
        Unmarked(
            article=row.id,
            fingerprint=row.fingerprint,
            signature=bytes(row.signature or b""),
            day=day_of(row.published, row.fetched_at),
        )
        for row in conn.execute(query)
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Marked:
    """An article whose marks were made, with the number of its signature and when it was stored."""

    number: int
    stored_at: datetime
    marks: Unmarked


def newest(conn: Connection, *, before: int | None, limit: int) -> list[Marked]:
    """Return articles whose marks were made, those signed last first, of numbers below `before` (None: of all)."""
    query = (
        select(
            _signatures.c.number,
            _signatures.c.signature,
            _signatures.c.day,
            _articles.c.id,
            _articles.c.fingerprint,
            _articles.c.stored_at,
        )
        .join(_articles, _articles.c.id == _signatures.c.article)
        .where(_signatures.c.article.not_in(select(_unconfirmed.c.article)))
        .order_by(_signatures.c.number.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(_signatures.c.number < before)
    return [
        Marked(
            number=row.number,
            stored_at=row.stored_at,
            marks=Unmarked(
                article=row.id,
                fingerprint=row.fingerprint,
                signature=bytes(row.signature),
                day=date.fromisoformat(row.day),
            ),
        )
        for row in conn.execute(query)
    ]


_CONFIRMED: Final = delete(_unconfirmed).where(
    _unconfirmed.c.article == bindparam("of_article"),
    select(_articles.c.id)
    .where(_articles.c.id == bindparam("of_article"), _articles.c.fingerprint == bindparam("of_text"))
    .exists(),
)


def made(conn: Connection, marked: Mapping[str, str]) -> None:
    """Note that the marks of these articles are made: article → fingerprint of the text that was marked.

    An article whose text has changed meanwhile stays unconfirmed.
    """
    if marked:
        conn.execute(_CONFIRMED, [{"of_article": article, "of_text": text} for article, text in marked.items()])


def lost_since(conn: Connection, moment: datetime) -> int:
    """Note that the marks of all articles stored since that moment are gone; return how many articles that are."""
    ids = conn.execute(select(_articles.c.id).where(_articles.c.stored_at >= moment)).scalars().all()
    lost(conn, ids)
    return len(ids)


def lost(conn: Connection, articles: Collection[str]) -> None:
    """Note that the marks of some articles are gone."""
    if articles:
        conn.execute(insert_or_update(_unconfirmed, keys=("article",)), [{"article": article} for article in articles])


class Marks:
    """What the archive gives and takes of marks; each method is one transaction or one look."""

    def __init__(self, reading: Begin, writing: Begin) -> None:
        self._reading = reading
        self._writing = writing

    def unmade(self, limit: int = 1000) -> list[Unmarked]:
        """Return articles whose marks in Redis are not known to be made."""
        with self._reading() as conn:
            return unmade(conn, limit)

    def made(self, marked: Mapping[str, str]) -> None:
        """Note that the marks of these articles are made: article → fingerprint of the text that was marked."""
        with self._writing() as conn:
            made(conn, marked)

    def newest(self, *, before: int | None, limit: int) -> list[Marked]:
        """Return articles whose marks were made, those signed last first, of numbers below `before` (None: of all)."""
        with self._reading() as conn:
            return newest(conn, before=before, limit=limit)

    def lost(self, articles: Collection[str]) -> None:
        """Note that the marks of some articles are gone."""
        with self._writing() as conn:
            lost(conn, articles)

    def lost_since(self, moment: datetime) -> int:
        """Note that the marks of all articles stored since are gone, as after Redis was emptied; return how many."""
        with self._writing() as conn:
            return lost_since(conn, moment)

"""Articles that founded a story though they are copies of one before them: they were stored before copies were told.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select

from mirqab.archive import signatures, tables
from mirqab.archive.columns import UtcTime
from mirqab.archive.entries import chunks
from mirqab.archive.later import Later
from mirqab.archive.signatures import Compare, Nearest
from mirqab.archive.signing import Begin
from mirqab.types import Article, Placement, Relation

if TYPE_CHECKING:
    from mirqab.archive import reads, regrouping
    from mirqab.archive.regrouping import Regrouped
else:
    reads, regrouping = Later("reads"), Later("regrouping")

_articles = tables.articles
_signatures = tables.signatures


@dataclass(frozen=True, kw_only=True, slots=True)
class Founder:
    """An article that is a copy of none before it, as the archive has it, with its signature."""

    article: Article
    stored_at: datetime


_is_founder = and_(
    _articles.c.relation == Relation.NEW,
    _articles.c.placed_by.is_(None),
    _signatures.c.article == _articles.c.id,
    func.length(_signatures.c.signature) > 0,
)
_FOUNDERS: Final = (
    select(_articles, _signatures.c.signature)
    .where(_is_founder)
    .order_by(_articles.c.stored_at, _articles.c.id)
    .limit(bindparam("most"))
)
_this_moment = bindparam("stored_at", type_=UtcTime)
_AFTER: Final = _FOUNDERS.where(
    _articles.c.stored_at >= _this_moment,
    or_(_articles.c.stored_at > _this_moment, _articles.c.id > bindparam("this_article")),
)
_FOUNDER: Final = select(_articles, _signatures.c.signature).where(
    _is_founder, _articles.c.id == bindparam("this_article")
)
_BEFORE: Final = select(_articles.c.id).where(
    _articles.c.id.in_(bindparam("articles", expanding=True)),
    or_(
        _articles.c.stored_at < _this_moment,
        and_(_articles.c.stored_at == _this_moment, _articles.c.id < bindparam("this_article")),
    ),
)


def count(conn: Connection) -> int:
    """Return how many articles founded the story that they are in."""
    return int(conn.execute(select(func.count()).select_from(_articles, _signatures).where(_is_founder)).scalar_one())


def following(conn: Connection, after: Founder | None, limit: int) -> list[Founder]:
    """Return the founders that were stored next after one, the first of all after None."""
    if after is None:
        rows = conn.execute(_FOUNDERS, {"most": limit})
    else:
        rows = conn.execute(_AFTER, {"stored_at": after.stored_at, "this_article": after.article.id, "most": limit})
    return [_founder(row) for row in rows]


def nearest_before(conn: Connection, founder: Founder, names: Collection[str], compare: Compare) -> Nearest | None:
    """Return of which of some articles a founder is a copy, when that was stored before it."""
    moment = {"stored_at": founder.stored_at, "this_article": founder.article.id}
    before = [name for chunk in chunks(names) for name in conn.execute(_BEFORE, {"articles": chunk} | moment).scalars()]
    _, candidates = signatures.close_to(conn, founder.article, before) if before else ({}, [])
    return compare(founder.article, candidates) if candidates else None


def join(conn: Connection, founder: Founder, nearest: str, *, compare: Compare, now: datetime) -> Regrouped | None:
    """Put a founder, with its story, into the story of the article of which it is a copy.

    None when either of them is another one by now, or where persons have spoken: see `regrouping.join_copy`.
    """
    row = conn.execute(_FOUNDER, {"this_article": founder.article.id}).one_or_none()
    if row is None:
        return None
    article = _founder(row).article
    candidates = signatures.candidates(conn, [nearest])
    found = compare(article, candidates)
    if found is None or candidates[0].story == row.story:
        return None
    to = Placement(
        story=candidates[0].story, relation=found.relation, nearest=found.article, similarity=found.similarity
    )
    return regrouping.join_copy(conn, article.id, to, now=now)


def _founder(row: Row[Any]) -> Founder:
    article = replace(reads.article_of(row), signature=bytes(row.signature))
    return Founder(article=article, stored_at=row.stored_at)


class Founders:
    """What the archive gives and takes of founders; each method is one transaction or one look."""

    def __init__(self, reading: Begin, writing: Begin) -> None:
        self._reading = reading
        self._writing = writing

    def count(self) -> int:
        """Return how many articles founded the story that they are in."""
        with self._reading() as conn:
            return count(conn)

    def following(self, after: Founder | None, limit: int) -> list[Founder]:
        """Return the founders that were stored next after one, the first of all after None."""
        with self._reading() as conn:
            return following(conn, after, limit)

    def join(self, founder: Founder, names: Collection[str], compare: Compare) -> Regrouped | None:
        """Put a founder into the story of the one of some articles of which it is a copy; None when it stays.

        Only articles that were stored before it count. Looked for outside of the transaction that writes.
        """
        with self._reading() as conn:
            nearest = nearest_before(conn, founder, names, compare)
        if nearest is None:
            return None
        with self._writing() as conn:
            return join(conn, founder, nearest.article, compare=compare, now=datetime.now(UTC))

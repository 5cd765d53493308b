"""Signatures, by which copies of an article are found: kept for every article, and what has come since a look.

Numbers rise with every signature that is written, and writers go one after another: whoever looked at all up to a
number misses nothing by looking, later and inside the writer's transaction, at those of higher numbers alone. An
article whose text changes gets a new number.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, not_, or_, select, update

from mirqab.archive import tables
from mirqab.archive.dialect import insert_or_update
from mirqab.archive.entries import CHUNK, chunks
from mirqab.archive.moments import day_of
from mirqab.copies import SIGNATURE_BYTES, SIGNATURE_VERSION, bands, is_current, similarity, worth_comparing
from mirqab.types import Article, Relation

_articles = tables.articles
_signatures = tables.signatures
_unconfirmed = tables.unconfirmed


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """A stored article's signature, empty for a text too short to have one, and the day that the article is of."""

    number: int
    article: str
    day: date
    signature: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A stored text that another one may be a copy of. `published` is when it was fetched where nobody said it."""

    article: str
    story: str
    outlet: str
    published: datetime
    day: date
    headline: str
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Nearest:
    """The stored article to which a text is nearest, and what the text is to it: EXACT, NEAR, UPDATE."""

    article: str
    relation: Relation
    similarity: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LookedUp:
    """What was found of a text before it is stored.

    All signatures up to the number `mark` were looked at. Those of the numbers and articles `close` are so alike that
    the texts were compared, and `nearest` is the article of which the text is a copy. `copy` is an article with the
    same text, a hint for those who watch.
    """

    mark: int
    close: Mapping[int, str] = field(default_factory=dict)
    nearest: Nearest | None = None
    copy: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsigned:
    """An article without a signature, or with one of another making."""

    article: str
    headline: str
    body: str
    authors: tuple[str, ...]
    day: date
    stored_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """What was made of such an article's text: its signature, and the ids of the agencies that it is credited to."""

    text: Unsigned
    signature: bytes
    agencies: tuple[str, ...]


MOST_COMPARED: Final = 12
"""Texts that one is compared with, the most alike by their signatures: a form that is filled in anew every hour has
hundreds that look like it, and a copy is nearer than any of them."""

Compare = Callable[[Article, Sequence[Candidate]], Nearest | None]
"""Says which of some stored texts an article is a copy of; pure, called inside the transaction too."""


def may_be_copies(one: bytes, other: bytes) -> bool:
    """Tell whether the texts of two signatures are worth comparing: whether Redis would name one for the other."""
    if not one or not worth_comparing(one, other):
        return False
    return not set(bands(one)).isdisjoint(bands(other))


# ------------------------------------------------------------------------------------------------- reading

_MARK: Final = select(func.coalesce(func.max(_signatures.c.number), 0))
# not as a join: without statistics SQLite would go through all signatures to find the few unconfirmed ones
_UNCONFIRMED: Final = (
    select(_articles.c.id, _articles.c.fingerprint)
    .where(
        _articles.c.id.in_(select(_unconfirmed.c.article)),
        select(_signatures.c.number)
        .where(_signatures.c.article == _articles.c.id, func.length(_signatures.c.signature) > 0)
        .exists(),
    )
    .limit(bindparam("most"))
)
_AFTER: Final = select(_signatures).where(_signatures.c.number > bindparam("mark")).order_by(_signatures.c.number)
_OF: Final = (
    select(_signatures)
    .where(_signatures.c.article.in_(bindparam("articles", expanding=True)))
    .order_by(_signatures.c.number)
)
_BETWEEN: Final = _AFTER.where(_signatures.c.day.between(bindparam("first"), bindparam("last")))
_COPY: Final = select(_articles.c.id).where(_articles.c.fingerprint == bindparam("fingerprint"))
_CANDIDATES: Final = (
    select(
        _articles.c.id,
        _articles.c.story,
        _articles.c.outlet,
        _articles.c.headline,
        _articles.c.body,
        _articles.c.published,
        _articles.c.fetched_at,
    )
    .join(_signatures, _signatures.c.article == _articles.c.id)
    .where(_articles.c.id.in_(bindparam("articles", expanding=True)))
    .order_by(_signatures.c.number)
)


def copy_of(conn: Connection, fingerprint: str) -> str | None:
    """Return the article that has this text."""
    found: str | None = conn.execute(_COPY, {"fingerprint": fingerprint}).scalar_one_or_none()
    return found


def close_to(conn: Connection, article: Article, names: Iterable[str]) -> tuple[dict[int, str], list[Candidate]]:
    """Return those of some articles that a text may be a copy of: their signatures' numbers, and their texts."""
    alike = [
        signed
        for signed in of(conn, names)
        if signed.article != article.id and may_be_copies(article.signature, signed.signature)
    ]
    close = {signed.number: signed.article for signed in _most_alike(article, alike)}
    return close, candidates(conn, close.values()) if close else []


def _most_alike(article: Article, alike: list[Signed]) -> list[Signed]:
    if len(alike) > MOST_COMPARED:
        alike.sort(key=lambda signed: (-similarity(article.signature, signed.signature), signed.number))
    return alike[:MOST_COMPARED]


def mark(conn: Connection) -> int:
    """Return the highest number there is."""
    return int(conn.execute(_MARK).scalar_one())


def unconfirmed(conn: Connection, most: int) -> list[tuple[str, str]]:
    """Return articles whose bands are not known to lie in Redis, with their texts' fingerprints, at most so many."""
    return [(row.id, row.fingerprint) for row in conn.execute(_UNCONFIRMED, {"most": most})]


def of(conn: Connection, articles: Iterable[str]) -> list[Signed]:
    """Return the signatures of some articles, in the order in which they were written."""
    found = [_signed(row) for chunk in chunks(articles) for row in conn.execute(_OF, {"articles": chunk})]
    return sorted(found, key=lambda signed: signed.number)


def between(conn: Connection, first: date, last: date, *, after: int = 0) -> list[Signed]:
    """Return the signatures of articles of some days, of those with higher numbers than one."""
    days = {"first": first.isoformat(), "last": last.isoformat(), "mark": after}
    return list(map(_signed, conn.execute(_BETWEEN, days)))


def candidates(conn: Connection, articles: Iterable[str]) -> list[Candidate]:
    """Return the texts of some articles, in the order in which their signatures were written."""
    return [candidate_of(row) for chunk in chunks(articles) for row in conn.execute(_CANDIDATES, {"articles": chunk})]


def candidate_of(row: Any) -> Candidate:
    """Return an article as others are compared with it, from a row with its text, former or present, and its times."""
    return Candidate(
        article=row.id,
        story=row.story,
        outlet=row.outlet,
        published=row.published or row.fetched_at,
        day=day_of(row.published, row.fetched_at),
        headline=row.headline,
        body=row.body,
    )


def nearest_since(
    conn: Connection, article: Article, looked_up: LookedUp, compare: Compare
) -> tuple[Nearest, str] | None:
    """Return of which article a text is a copy, with its story, by what was found before and what came since."""
    if not article.signature:
        return None
    came = [
        row
        for row in conn.execute(_AFTER, {"mark": looked_up.mark}).all()
        if row.article != article.id and row.number not in looked_up.close
    ]
    alike = [_signed(row) for row in came if may_be_copies(article.signature, bytes(row.signature))]
    fresh = [signed.article for signed in _most_alike(article, alike)]
    best = looked_up.nearest
    changed = best is not None and any(row.article == best.article for row in came)
    if fresh or changed:
        best = compare(article, candidates(conn, {*looked_up.close.values(), *fresh}))
    if best is None:
        return None
    story = conn.execute(_STORY, {"article": best.article}).scalar_one_or_none()
    return None if story is None else (best, story)


_STORY: Final = select(_articles.c.story).where(_articles.c.id == bindparam("article"))


def _signed(row: Row[Any]) -> Signed:
    return Signed(
        number=row.number, article=row.article, day=date.fromisoformat(row.day), signature=bytes(row.signature)
    )


# ------------------------------------------------------------------------------------------------- writing

_PUT: Final = insert(_signatures)
_REMOVE: Final = delete(_signatures).where(_signatures.c.article == bindparam("of_article"))
_ONE: Final = select(_signatures.c.day, _signatures.c.signature).where(_signatures.c.article == bindparam("article"))


_CREDIT: Final = (
    update(_articles).where(_articles.c.id == bindparam("of_article")).values(agencies=bindparam("credited"))
)


def add(conn: Connection, article: str, day: date, made: bytes) -> None:
    """Write the signature of a new article."""
    conn.execute(_PUT, {"article": article, "day": day.isoformat(), "signature": made})


def put(conn: Connection, article: str, day: date, made: bytes) -> bool:
    """Write an article's signature under a new number, unless it is the same; return whether it was written."""
    row = conn.execute(_ONE, {"article": article}).one_or_none()
    if row is not None:
        if (row.day, bytes(row.signature)) == (day.isoformat(), made):
            return False
        conn.execute(_REMOVE, {"of_article": article})
    add(conn, article, day, made)
    return True


def replace(conn: Connection, article: str, day: date, made: bytes) -> None:
    """Write an article's signature as `put` does, with its marks to be made when it is another one."""
    if put(conn, article, day, made):
        conn.execute(insert_or_update(_unconfirmed, keys=("article",)), {"article": article})


def void(conn: Connection, article: str) -> None:
    """Let an article be found by no text: its own was none."""
    row = conn.execute(_ONE, {"article": article}).one_or_none()
    if row is not None:
        replace(conn, article, date.fromisoformat(row.day), b"")


# ------------------------------------------------------------------------------- archives made without them


_of_today = (func.length(_signatures.c.signature) == 0) | (
    (func.length(_signatures.c.signature) == SIGNATURE_BYTES)
    & (func.substr(_signatures.c.signature, 1, 1) == bytes([SIGNATURE_VERSION]))
)
"""What `is_current` says of a signature."""

_UNSIGNED: Final = (
    select(
        _articles.c.id,
        _articles.c.headline,
        _articles.c.body,
        _articles.c.authors,
        _articles.c.published,
        _articles.c.fetched_at,
        _articles.c.stored_at,
    )
    .outerjoin(_signatures, _signatures.c.article == _articles.c.id)
    .where(_articles.c.stored_at >= bindparam("since"), _signatures.c.article.is_(None) | not_(_of_today))
)
_OLDEST: Final = (
    select(_signatures.c.signature)
    .select_from(_articles.outerjoin(_signatures, _signatures.c.article == _articles.c.id))
    .where(_articles.c.stored_at >= bindparam("since"))
    .order_by(_articles.c.stored_at)
    .limit(1)
)


def all_signed(conn: Connection, since: datetime) -> bool:
    """Tell whether all articles stored since a moment have signatures of today's making.

    It is the oldest that tells: signatures are made from the newest article on.
    """
    row = conn.execute(_OLDEST, {"since": since}).one_or_none()
    return row is None or (row.signature is not None and is_current(bytes(row.signature)))


def unsigned(conn: Connection, *, since: datetime, limit: int, after: Unsigned | None = None) -> list[Unsigned]:
    """Return articles stored since a moment that have no signature of today's making, the newest first.

    Those that follow on the last one of the batch before, `after`.
    """
    query = _UNSIGNED.order_by(_articles.c.stored_at.desc(), _articles.c.id.desc()).limit(limit)
    if after is not None:
        same_moment = and_(_articles.c.stored_at == after.stored_at, _articles.c.id < after.article)
        query = query.where(
            _articles.c.stored_at <= after.stored_at, or_(_articles.c.stored_at < after.stored_at, same_moment)
        )
    return [
        Unsigned(
            article=row.id,
            headline=row.headline,
            body=row.body,
            authors=tuple(row.authors),
            day=day_of(row.published, row.fetched_at),
            stored_at=row.stored_at,
        )
        for row in conn.execute(query, {"since": since})
    ]


def count_unsigned(conn: Connection, *, since: datetime) -> int:
    """Return how many articles stored since a moment have no signature of today's making."""
    query = select(func.count()).select_from(_UNSIGNED.with_only_columns(_articles.c.id).subquery())
    return int(conn.execute(query, {"since": since}).scalar_one())


def write_missing(conn: Connection, signed: Collection[Made]) -> None:
    """Write signatures made for articles that had none, or another, unless they have got one meanwhile.

    With them the agencies, which older archives did not have either.
    """
    missing = {made.text.article: made for made in signed}
    for chunk in chunks(list(missing)):
        for row in conn.execute(_OF, {"articles": chunk}):
            if is_current(bytes(row.signature)):
                del missing[row.article]
    for article, made in missing.items():
        replace(conn, article, made.text.day, made.signature)
        conn.execute(_CREDIT, {"of_article": article, "credited": made.agencies})


def sample(conn: Connection, *, first: date, count: int) -> list[Signed]:
    """Return up to so many signatures of articles from a day on, drawn at random among those with marks made."""
    of_window = _signatures.c.day >= first.isoformat()
    low, high = conn.execute(
        select(func.min(_signatures.c.number), func.max(_signatures.c.number)).where(of_window)
    ).one()
    if low is None:
        return []
    drawn = range(low, high + 1)
    numbers = random.sample(drawn, min(len(drawn), 2 * count, CHUNK))
    query = (
        select(_signatures)
        .outerjoin(_unconfirmed, _unconfirmed.c.article == _signatures.c.article)
        .where(_signatures.c.number.in_(numbers), of_window, _unconfirmed.c.article.is_(None))
        .where(func.length(_signatures.c.signature) > 0)
    )
    found = list(map(_signed, conn.execute(query)))
    return random.sample(found, min(len(found), count))

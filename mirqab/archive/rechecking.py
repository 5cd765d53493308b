"""Flagged pages looked at again: when each one is, and what was found, a change, nothing new, or no page any more.

Each page that carries the text of a flagged article is looked at, those of its copies to the letter too. What became of
a page stands with its sightings.

Every function takes the connection of a transaction that its caller began. An entry whose page is to be looked at
again is `STORED` like any other; its `check_at` alone makes it due.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, case, func, not_, or_, select, update

from mirqab.archive import tables
from mirqab.archive.columns import UtcTime
from mirqab.types import LISTED, EntryState, RawLocation, Reason

DISAPPEARED: Final = frozenset({Reason.NOT_FOUND, Reason.GONE})
"""How a server says that there is no such page. All else (5xx, 403, no answer in time) says nothing of the page."""

_articles = tables.articles
_entries = tables.entries
_flags = tables.flags
_outcomes = tables.outcomes
_sightings = tables.sightings
_verdicts = tables.verdicts

_this_entry = _entries.c.id == bindparam("this_entry")
_UPDATE: Final = update(_entries).where(_this_entry)
_is_own = _articles.c.entry == _entries.c.id
# an entry that led to the article's own page is looked at with that one
_is_by_itself = or_(_is_own, _sightings.c.url_key != _articles.c.url_key)
_STANDS: Final = (
    select(
        _articles.c.story,
        _entries.c.checks,
        case((_is_own, _articles.c.stored_at), else_=_sightings.c.seen_at).label("first_at"),
    )
    .join(_entries, _entries.c.article == _articles.c.id)
    .join(_sightings, and_(_sightings.c.entry == _entries.c.id, _sightings.c.article == _articles.c.id))
    .where(_this_entry, _is_by_itself)
)
_of_entry = _sightings.c.entry == bindparam("this_entry")
_CARRIES: Final = (
    update(_sightings)
    .where(_of_entry)
    .values(
        gone_at=None,
        changed_at=case(
            (_sightings.c.article.in_([bindparam("this_article"), bindparam("its_twin")]), None),
            else_=func.coalesce(_sightings.c.changed_at, bindparam("now", type_=UtcTime)),
        ),
    )
)
_IS_THERE: Final = update(_sightings).where(_of_entry, _sightings.c.gone_at.is_not(None)).values(gone_at=None)
_DISAPPEARED: Final = (
    update(_sightings)
    .where(_of_entry, _sightings.c.gone_at.is_(None), _sightings.c.changed_at.is_(None))
    .values(gone_at=bindparam("now"))
)


def is_look(entry: Any, now: datetime) -> bool:
    """Tell whether what was just fetched of an entry, a row with its `state` and `check_at`, is a look at it again."""
    return entry.state == EntryState.STORED and entry.check_at is not None and entry.check_at <= now


def plan(conn: Connection, entry: str, *, hours: Sequence[float], now: datetime, looked: bool = False) -> None:
    """Write when the page of a stored entry is looked at next: while its story has a flag that calls for a look.

    `hours` are counted from when its article was stored, those of a copy's page from when that was fetched; those that
    have passed are over. `looked` counts a look.
    """
    stands = conn.execute(_STANDS, {"this_entry": entry}).one_or_none()
    values: dict[str, Any] = {"check_at": None}
    if stands is not None:
        values["checks"] = stands.checks + looked
        if conn.execute(_CALLS, {"this_story": stands.story}).first() is not None:
            values["check_at"] = next_look(stands.first_at, hours, now)
    conn.execute(_UPDATE.values(values | {"attempts": 0}), {"this_entry": entry})


_CALLS: Final = (
    select(_flags.c.topic).where(_flags.c.story == bindparam("this_story"), _flags.c.state.in_(LISTED)).limit(1)
)


def next_look(first_at: datetime, hours: Sequence[float], now: datetime) -> datetime | None:
    """Return the first of the looks, so many hours after a page was first stored, that is still to come."""
    return min((at for hour in hours if (at := first_at + timedelta(hours=hour)) > now), default=None)


_YOUNG: Final = (
    select(_articles.c.id)
    .join(_flags, _flags.c.story == _articles.c.story)
    .where(
        _articles.c.stored_at > bindparam("since", type_=UtcTime),
        _flags.c.state.in_(LISTED),
        or_(
            _flags.c.article == _articles.c.id,
            select(_verdicts.c.topic)
            .where(_verdicts.c.article == _articles.c.id, _verdicts.c.topic == _flags.c.topic, _verdicts.c.flagged)
            .exists(),
        ),
    )
    .correlate(None)
)
_UNPLANNED: Final = (
    select(_entries.c.id)
    .join(_sightings, _sightings.c.entry == _entries.c.id)
    .join(_articles, and_(_articles.c.id == _sightings.c.article, _articles.c.id == _entries.c.article))
    .where(
        _articles.c.id.in_(_YOUNG),
        _entries.c.state == EntryState.STORED,
        case((_entries.c.check_at.is_(None), 1), else_=0) == 1,  # that index would lead through nearly all entries
        _is_by_itself,
    )
)


def unplanned(conn: Connection, *, hours: Sequence[float], now: datetime) -> list[str]:
    """Return stored entries of young flagged articles without a look to come: they were flagged after they came."""
    since = now - timedelta(hours=max(hours, default=0.0))
    return list(conn.execute(_UNPLANNED, {"since": since}).scalars())


def carries(conn: Connection, entry: str, article: str, now: datetime, *, twin: str | None = None) -> None:
    """Note that a page is there, and has the text of an article, and of its `twin`, and no more those it had before."""
    conn.execute(_CARRIES, {"this_entry": entry, "this_article": article, "its_twin": twin or article, "now": now})


def is_there(conn: Connection, entry: str) -> None:
    """Note that a page is there, as it was."""
    conn.execute(_IS_THERE, {"this_entry": entry})


def disappeared(conn: Connection, entry: str, now: datetime) -> None:
    """Note that a page is no more, unless that was noted before; what it carried before it changed is not concerned."""
    conn.execute(_DISAPPEARED, {"this_entry": entry, "now": now})


def failed(
    conn: Connection,
    entry: str,
    reason: Reason,
    *,
    next_try_at: datetime | None,
    hours: Sequence[float],
    now: datetime,
) -> None:
    """Write a look that brought no text: the article stays, and so does its entry.

    A page that disappeared is looked at when it would have been anyway; what failed for another reason is tried again
    at `next_try_at`, or when that is None at the next of the looks.
    """
    if reason in DISAPPEARED:
        disappeared(conn, entry, now)
        plan(conn, entry, hours=hours, now=now, looked=True)
    elif next_try_at is not None:
        conn.execute(_UPDATE.values(check_at=next_try_at, attempts=_entries.c.attempts + 1), {"this_entry": entry})
    else:
        plan(conn, entry, hours=hours, now=now)


# -------------------------------------------------------------------------------------------------- due

_due_look = (_entries.c.check_at <= bindparam("now")) & (_entries.c.state == EntryState.STORED)
# of the few looks that are due the outlet's: an index on the outlet would lead through all that it ever published
_LOOKS: Final = (
    select(_entries)
    .where(_due_look, (_entries.c.outlet + "") == bindparam("outlet"))
    .order_by(_entries.c.check_at, _entries.c.id)
    .limit(bindparam("most"))
)
_WITH_LOOKS: Final = select(_entries.c.outlet).where(_due_look)  # not distinct, for which SQLite would read every entry
_IS_DUE: Final = select(_entries.c.id).where(_this_entry, _due_look)


def due(conn: Connection, outlet: str, *, now: datetime, limit: int) -> list[Row[Any]]:
    """Return the rows of the outlet's entries whose pages are to be looked at again now."""
    return list(conn.execute(_LOOKS, {"outlet": outlet, "now": now, "most": limit}))


def with_due(conn: Connection, outlets: Iterable[str], *, now: datetime) -> set[str]:
    """Return those of the outlets that have such entries."""
    return {row.outlet for row in conn.execute(_WITH_LOOKS, {"now": now})}.intersection(outlets)


def is_due(conn: Connection, entry: str, now: datetime) -> bool:
    """Tell whether an entry's page is to be looked at again now."""
    return conn.execute(_IS_DUE, {"this_entry": entry, "now": now}).first() is not None


def kept_page(conn: Connection, entry: str) -> RawLocation | None:
    """Return where the page lies from which an entry's article was taken, or the copy of one."""
    asked = {"this_entry": entry}
    row = conn.execute(_KEPT, asked).one_or_none() or conn.execute(_KEPT_OF_COPY, asked).one_or_none()
    return None if row is None else RawLocation(file=row.raw_file, offset=row.raw_offset, length=row.raw_length)


_KEPT: Final = (
    select(_articles.c.raw_file, _articles.c.raw_offset, _articles.c.raw_length)
    .join(_entries, _entries.c.article == _articles.c.id)
    .where(_this_entry, _is_own, _articles.c.raw_file.is_not(None))
)
_KEPT_OF_COPY: Final = (
    select(_outcomes.c.raw_file, _outcomes.c.raw_offset, _outcomes.c.raw_length)
    .join(_entries, and_(_entries.c.id == _outcomes.c.entry, _entries.c.article == _outcomes.c.article))
    .join(_articles, _articles.c.id == _entries.c.article)
    .where(_this_entry, not_(_is_own), _outcomes.c.raw_file.is_not(None))
    .order_by(_outcomes.c.finished_at.desc())
    .limit(1)
)

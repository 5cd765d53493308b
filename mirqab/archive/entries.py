"""Where each entry stands, from the day it is told until it is stored or given up, and what each run made of it.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, or_, select, update

from mirqab.addresses import url_key
from mirqab.archive import rechecking, tables
from mirqab.archive.dialect import insert_or_update
from mirqab.errors import ArchiveError
from mirqab.types import NO_ANSWER, Article, EntryState, FeedEntry, RawLocation, Reason, make_id

CHUNK: Final = 500
"""How many ids one statement names; every SQLite build allows 999 parameters."""

REOPENED: Final[dict[str, Any]] = {
    "state": EntryState.PENDING,
    "attempts": 0,
    "next_try_at": None,
    "reason": None,
    "detail": None,
}
"""What an entry that is to be fetched again forgets."""

LONGEST_WAIT: Final = timedelta(days=2)
"""No entry waits for so long; one that would was given its time while the clock was wrong, and is due."""

_entries = tables.entries

is_article = or_(_entries.c.state != EntryState.STORED, _entries.c.reason.is_(None))
"""Whether what the entry became is an article still: a page found to be none keeps its text, with the reason."""

# Statements that a crawl runs for every feed or page are built once: building one costs more than running it.
_this_entry = _entries.c.id == bindparam("this_entry")


_due_now = (_entries.c.state == EntryState.PENDING) & or_(
    _entries.c.next_try_at.is_(None),
    _entries.c.next_try_at <= bindparam("now"),
    _entries.c.next_try_at > bindparam("beyond"),
)
_DUE: Final = (
    select(_entries)
    .where(_entries.c.outlet == bindparam("outlet"), _due_now)
    .order_by(_entries.c.first_seen_at, _entries.c.published, _entries.c.id)
    .limit(bindparam("most"))
)
_WITH_DUE: Final = (
    select(_entries.c.outlet).where(_entries.c.outlet.in_(bindparam("outlets", expanding=True)), _due_now).distinct()
)
_IS_DUE: Final = select(_entries.c.id).where(_this_entry, _due_now)
_ENTRY: Final = select(_entries).where(_this_entry)


def due(conn: Connection, outlet: str, *, now: datetime, limit: int, looks: bool = True) -> list[FeedEntry]:
    """Return the outlet's entries to be fetched now, the longest known first; of one answer the oldest first.

    Behind them stand those, stored before, whose pages are to be looked at again, unless `looks` is false.
    """
    rows = list(conn.execute(_DUE, _at(now) | {"outlet": outlet, "most": limit}))
    if looks and len(rows) < limit:
        rows += rechecking.due(conn, outlet, now=now, limit=limit - len(rows))
    return [entry_of(row) for row in rows]


def _at(now: datetime) -> dict[str, Any]:
    return {"now": now, "beyond": now + LONGEST_WAIT}


def with_due(conn: Connection, outlets: Iterable[str], *, now: datetime, looks: bool = True) -> set[str]:
    """Return those of the outlets that have entries to be fetched now."""
    asked = list(outlets)
    found = rechecking.with_due(conn, asked, now=now) if looks else set()
    for chunk in chunks(asked):
        found.update(row.outlet for row in conn.execute(_WITH_DUE, _at(now) | {"outlets": chunk}))
    return found


def is_due(conn: Connection, entry: str, now: datetime) -> bool:
    """Tell whether the entry should still be fetched now."""
    pending = conn.execute(_IS_DUE, _at(now) | {"this_entry": entry}).first() is not None
    return pending or rechecking.is_due(conn, entry, now)


def entry(conn: Connection, entry_id: str) -> FeedEntry | None:
    """Return one entry."""
    row = conn.execute(_ENTRY, {"this_entry": entry_id}).one_or_none()
    return None if row is None else entry_of(row)


def add_entry(conn: Connection, outlet: str, url: str, *, now: datetime) -> FeedEntry:
    """Make a page given by hand an entry that is due; a known one is opened again, whatever its state."""
    key = url_key(url)
    entry_id = make_id("e", outlet, key)
    row = {"id": entry_id, "outlet": outlet, "url": url, "url_key": key, "first_seen_at": now} | REOPENED
    row |= {"authors": (), "title": "", "summary": ""}
    conn.execute(insert_or_update(_entries, keys=("outlet", "url_key"), replace=tuple(REOPENED)), row)
    found = entry(conn, entry_id)
    assert found is not None
    return found


def fail(
    conn: Connection,
    run: str,
    entry_id: str,
    *,
    reason: Reason,
    detail: str | None,
    next_try_at: datetime | None,
    answered: bool | None,
    raw: RawLocation | None,
    robots: str | None,
    now: datetime,
    recheck_hours: Sequence[float] = (),
) -> bool:
    """Write a failed try. Only a pending entry changes: what another crawl stored meanwhile stays stored.

    A final failure of an entry that had been an article before leaves it one: the page went, the article stays. So
    does a failed look at a stored page again. Returns whether such a look found that there is no page any more.
    """
    row = conn.execute(_TRIED, {"this_entry": entry_id}).one_or_none()
    if row is None:
        raise ArchiveError(f"entry {entry_id} is not in the archive")
    looked = rechecking.is_look(row, now)
    gone = looked and reason in rechecking.DISAPPEARED
    if looked:
        rechecking.failed(conn, entry_id, reason, next_try_at=next_try_at, hours=recheck_hours, now=now)
    elif row.state == EntryState.PENDING:
        if row.article is not None and reason in rechecking.DISAPPEARED:
            rechecking.disappeared(conn, entry_id, now)
        final = EntryState.FAILED if row.article is None else EntryState.STORED
        conn.execute(
            update(_entries)
            .where(_entries.c.id == entry_id)
            .values(
                state=final if next_try_at is None else EntryState.PENDING,
                attempts=_entries.c.attempts + 1,
                reason=reason,
                detail=detail,
                next_try_at=next_try_at,
            )
        )
    if answered is None:
        answered = reason not in NO_ANSWER
    write_outcome(
        conn,
        run,
        entry_id,
        outcome="disappeared" if gone else "failed",
        answered=answered,
        reason=reason,
        detail=detail,
        raw=raw,
        article=row.article if gone else None,
        robots=robots,
        now=now,
    )
    return gone


def unchanged(
    conn: Connection, run: str, entry_id: str, *, robots: str | None, now: datetime, recheck_hours: Sequence[float]
) -> None:
    """Write that the server says of a page that was looked at again that it is what it was."""
    row = conn.execute(_TRIED, {"this_entry": entry_id}).one_or_none()
    if row is None:
        raise ArchiveError(f"entry {entry_id} is not in the archive")
    if rechecking.is_look(row, now):
        rechecking.is_there(conn, entry_id)
        rechecking.plan(conn, entry_id, hours=recheck_hours, now=now, looked=True)
    write_outcome(conn, run, entry_id, outcome="unchanged", answered=True, article=row.article, robots=robots, now=now)


_TRIED: Final = select(_entries.c.state, _entries.c.article, _entries.c.check_at).where(_this_entry)


def write_outcome(
    conn: Connection,
    run: str,
    entry_id: str,
    *,
    outcome: str,
    answered: bool,
    now: datetime,
    reason: Reason | None = None,
    detail: str | None = None,
    article: str | None = None,
    raw: RawLocation | None = None,
    robots: str | None = None,
    text: Article | None = None,
) -> None:
    """Write what the run made of an entry, `text` being what was taken out of its page.

    A second try in one run replaces the first.
    """
    row = {
        "run": run,
        "entry": entry_id,
        "outcome": outcome,
        "answered": answered,
        "reason": reason,
        "detail": detail,
        "article": article,
        "finished_at": now,
        "robots": robots,
        "length": None if text is None else len(text.body),
        "quality": None if text is None else text.quality,
        "extractor": None if text is None else text.extractor,
        "dated": None if text is None else text.published is not None,
    } | raw_columns(raw)
    replace = tuple(name for name in row if name not in ("run", "entry"))
    conn.execute(insert_or_update(tables.outcomes, keys=("run", "entry"), replace=replace), row)


# --------------------------------------------------------------------------------------------- shapes


def entry_of(row: Row[Any]) -> FeedEntry:
    """Return the entry that a full row of the table `entries` holds."""
    return FeedEntry(
        id=row.id,
        outlet=row.outlet,
        url=row.url,
        url_key=row.url_key,
        title=row.title,
        summary=row.summary,
        content=row.content,
        authors=tuple(row.authors),
        published=row.published,
        published_raw=row.published_raw,
        updated=row.updated,
        updated_raw=row.updated_raw,
        state=EntryState(row.state),
        attempts=row.attempts,
        first_seen_at=row.first_seen_at,
        reason=Reason(row.reason) if row.reason else None,
        detail=row.detail,
        next_try_at=row.next_try_at,
        article=row.article,
        after_gap=row.after_gap,
    )


def raw_columns(raw: RawLocation | None) -> dict[str, Any]:
    """Return the three columns that say where a kept page lies."""
    if raw is None:
        return {"raw_file": None, "raw_offset": None, "raw_length": None}
    return {"raw_file": raw.file, "raw_offset": raw.offset, "raw_length": raw.length}


def chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield the ids in lists that fit into one statement."""
    every = list(ids)
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]

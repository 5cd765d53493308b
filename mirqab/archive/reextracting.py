"""Pages worked anew from their kept bytes: which there are, and writing what came of one.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from mirqab.archive import reads, storing, tables
from mirqab.archive.entries import entry_of, write_outcome
from mirqab.archive.placing import Place, SameEvent
from mirqab.archive.signatures import Compare, LookedUp
from mirqab.types import Article, EntryState, FeedEntry, RawLocation, Verdict, Worked, make_id

_entries = tables.entries


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptEntry:
    """An entry whose page is kept: what stands for it now.

    `article` is its own, another page's of which it is a copy (`is_own` is false then), or None for a page that was
    no article. `fetched_at` is None where only the record of the page tells it.
    """

    entry: FeedEntry
    raw: RawLocation
    article: Article | None
    is_own: bool
    story: str | None
    fetched_at: datetime | None
    verdicts: tuple[Verdict, ...]


def kept_entries(
    conn: Connection, *, outlets: Sequence[str] | None, since: datetime | None, after: str, limit: int
) -> tuple[list[KeptEntry], str | None]:
    """Return kept pages of entries whose id follows on `after`, and the last id looked at (None: there are no more).

    Only pages fetched since a moment, when one is given.
    """
    query = (
        select(_entries)
        .where(_entries.c.id > after, _entries.c.state != EntryState.NOTED)
        .order_by(_entries.c.id)
        .limit(limit)
    )
    if outlets is not None:
        query = query.where(_entries.c.outlet.in_(outlets))
    rows = conn.execute(query).all()
    found = [kept for row in rows if (kept := _kept(conn, entry_of(row), since)) is not None]
    return found, rows[-1].id if rows else None


def kept_entry(conn: Connection, entry_id: str) -> KeptEntry | None:
    """Return one kept page as it stands now."""
    row = conn.execute(select(_entries).where(_entries.c.id == entry_id)).one_or_none()
    return None if row is None else _kept(conn, entry_of(row), None)


def write(
    conn: Connection,
    run: str,
    kept: KeptEntry,
    worked: Worked,
    *,
    place: Place,
    compare: Compare | None,
    looked_up: LookedUp | None,
    same_event: SameEvent | None,
    now: datetime,
) -> tuple[str, ...] | None:
    """Write what a kept page was worked into; return the topics newly raised, None when the page changed meanwhile.

    A changed text is a new version; a page that is no article any more loses its verdicts and keeps its text, as one
    that went away does. What waits to be fetched goes on waiting.
    """
    current = kept_entry(conn, kept.entry.id)
    if current is None or _state(current) != _state(kept):
        return None
    if worked.article is None:
        _refuse(conn, run, current, worked, now)
        return ()
    raised: tuple[str, ...] = ()
    stored = storing.store(
        conn,
        run,
        replace(worked, raw=current.raw),  # the place as it is now: the record may have been moved since it was read
        place=place,
        compare=compare,
        looked_up=looked_up,
        same_event=same_event,
        now=now,
        fetched=False,
    )
    own = current.article if current.is_own else None
    if own is not None and stored.placement is not None:
        raised = storing.rewrite(conn, worked, own.id, stored.placement.story, now)
    return (*stored.raised, *raised)


def _state(kept: KeptEntry) -> tuple[Any, ...]:
    article = kept.article
    return (article and (article.id, article.fingerprint, article.fetched_at), kept.entry.state, kept.entry.reason)


def _refuse(conn: Connection, run: str, kept: KeptEntry, worked: Worked, now: datetime) -> None:
    assert worked.problem is not None
    if kept.is_own and kept.article is not None and kept.story is not None:
        storing.void(conn, kept.article.id, kept.story, now)
    if kept.entry.state is not EntryState.PENDING:
        conn.execute(
            update(_entries).where(_entries.c.id == kept.entry.id).values(reason=worked.problem, detail=worked.detail)
        )
    write_outcome(
        conn,
        run,
        kept.entry.id,
        outcome="failed",
        answered=False,
        reason=worked.problem,
        detail=worked.detail,
        raw=kept.raw,
        now=now,
    )


def _kept(conn: Connection, entry: FeedEntry, since: datetime | None) -> KeptEntry | None:
    detail = None if entry.article is None else reads.article(conn, entry.article)
    is_own = detail is not None and entry.article == make_id("a", entry.id)
    if is_own and detail is not None:
        raw, fetched_at = detail.raw, detail.article.fetched_at
        if since is not None and fetched_at < since:
            return None
    else:
        if entry.state is EntryState.PENDING:
            return None
        raw, fetched_at = _last_record(conn, entry.id, since), None
    if raw is None:
        return None
    return KeptEntry(
        entry=entry,
        raw=raw,
        article=None if detail is None else detail.article,
        is_own=is_own,
        story=None if detail is None else detail.story,
        fetched_at=fetched_at,
        verdicts=() if detail is None else detail.verdicts,
    )


def _last_record(conn: Connection, entry_id: str, since: datetime | None) -> RawLocation | None:
    outcomes = tables.outcomes
    query = (
        select(outcomes.c.raw_file, outcomes.c.raw_offset, outcomes.c.raw_length)
        .where(outcomes.c.entry == entry_id, outcomes.c.raw_file.is_not(None))
        .order_by(outcomes.c.finished_at.desc())
        .limit(1)
    )
    if since is not None:
        query = query.where(outcomes.c.finished_at >= since)
    row = conn.execute(query).one_or_none()
    return None if row is None else RawLocation(file=row.raw_file, offset=row.raw_offset, length=row.raw_length)

"""The admitting transaction: what one answer of a feed brings, with the feed's own row and validators.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from mirqab.addresses import url_key
from mirqab.archive import tables
from mirqab.archive.dialect import insert_or_update
from mirqab.archive.entries import REOPENED, chunks
from mirqab.types import Admitted, EntryState, FeedItem, FeedSnapshot, Reason, Validators, make_id

_entries = tables.entries
_feeds = tables.feeds
_carried = tables.carried

# Statements that a crawl runs for every feed or page are built once: building one costs more than running it.
_this_feed = (_feeds.c.outlet == bindparam("outlet")) & (_feeds.c.url == bindparam("url"))


@dataclass(frozen=True, slots=True)
class _Item:
    """One item of a feed with the id of the entry it tells of."""

    id: str
    key: str
    item: FeedItem
    url: str

    @property
    def digest(self) -> str:
        """What must change for a known entry to be fetched again; white space does not count."""
        updated = self.item.updated.isoformat() if self.item.updated else self.item.updated_raw or ""
        parts = (" ".join(self.item.title.split()), " ".join(self.item.summary.split()), updated)
        return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


_FEED: Final = select(_feeds.c.id, _feeds.c.first_success_at).where(_this_feed)
_INSERT_FEED: Final = insert(_feeds)


def admit(conn: Connection, run: str, snapshot: FeedSnapshot, *, first_poll_max_age_s: float) -> Admitted:
    """Write one answer of a feed: its entries, its row with the validators, and the run's row for it."""
    reading = snapshot.reading
    problem = snapshot.problem or (reading.problem if reading else None)
    named = {"outlet": snapshot.outlet, "url": snapshot.url}
    feed = conn.execute(_FEED, named).one_or_none()
    if feed is None:
        made = conn.execute(_INSERT_FEED, named | {"last_polled_at": snapshot.fetched_at, "streak": 0})
        assert made.inserted_primary_key is not None
        feed_id, first_poll = int(made.inserted_primary_key[0]), True
    else:
        feed_id, first_poll = int(feed.id), feed.first_success_at is None
    oldest = snapshot.fetched_at - timedelta(seconds=first_poll_max_age_s) if first_poll else None
    admitted = _admit_items(conn, snapshot, feed_id, reading.items if reading else (), oldest)
    _write_feed(conn, feed_id, snapshot, problem, first_poll=first_poll, brought=admitted.new > 0)
    _write_poll(conn, run, snapshot, problem, admitted)
    return admitted


_INSERT_ENTRY: Final = insert(_entries)
_UPDATE_ENTRY: Final = update(_entries).where(_entries.c.id == bindparam("this_entry"))


def _admit_items(
    conn: Connection, snapshot: FeedSnapshot, feed: int, items: Sequence[FeedItem], oldest: datetime | None
) -> Admitted:
    """Write the items as entries. Of two items with one address in one answer the first counts, the second is known."""
    told: dict[str, _Item] = {}
    unusable = 0
    for item in items:
        if item.url is None:
            unusable += 1
            continue
        key = url_key(item.url)
        entry = make_id("e", snapshot.outlet, key)
        told.setdefault(entry, _Item(entry, key, item, item.url))
    states, digests = _states(conn, told), _digests(conn, feed, told)
    fresh: list[dict[str, Any]] = []
    new_digests: list[dict[str, Any]] = []
    reopened = noted = 0
    for entry, one in told.items():
        if digests.get(entry) == one.digest:
            continue
        new_digests.append({"entry": entry, "feed": feed, "digest": one.digest})
        state = states.get(entry)
        if state is None:
            first = EntryState.NOTED if oldest and _latest(one.item, oldest) < oldest else EntryState.PENDING
            noted += first is EntryState.NOTED
            fresh.append(
                _told(one)
                | {"id": entry, "outlet": snapshot.outlet, "url": one.url, "url_key": one.key, "state": first}
                | {"guid": one.item.guid, "attempts": 0, "first_seen_at": snapshot.fetched_at}
            )
        elif entry in digests:  # this feed told it otherwise before
            values = _told(one)
            if state in (EntryState.STORED, EntryState.FAILED):
                values |= REOPENED
                reopened += 1
            conn.execute(_UPDATE_ENTRY, values | {"this_entry": entry})
    if fresh:
        conn.execute(_INSERT_ENTRY, fresh)
    if new_digests:
        conn.execute(insert_or_update(_carried, keys=("entry", "feed"), replace=("digest",)), new_digests)
    new = len(fresh) - noted
    known = len(items) - new - noted - reopened - unusable
    return Admitted(found=len(items), new=new, reopened=reopened, known=known, noted=noted, unusable=unusable)


def _told(one: _Item) -> dict[str, Any]:
    item = one.item
    return {
        "title": item.title,
        "summary": item.summary,
        "content": item.content,
        "authors": item.authors,
        "published": item.published,
        "published_raw": item.published_raw,
        "updated": item.updated,
        "updated_raw": item.updated_raw,
    }


def _latest(item: FeedItem, unknown: datetime) -> datetime:
    """Return the later of the item's dates; an item without any is taken for young."""
    return max((date for date in (item.published, item.updated) if date is not None), default=unknown)


_STATES: Final = select(_entries.c.id, _entries.c.state).where(_entries.c.id.in_(bindparam("ids", expanding=True)))


def _states(conn: Connection, ids: Iterable[str]) -> dict[str, EntryState]:
    found: dict[str, EntryState] = {}
    for chunk in chunks(ids):
        found.update((row.id, EntryState(row.state)) for row in conn.execute(_STATES, {"ids": chunk}))
    return found


_DIGESTS: Final = select(_carried.c.entry, _carried.c.digest).where(
    _carried.c.entry.in_(bindparam("ids", expanding=True)), _carried.c.feed == bindparam("feed")
)


def _digests(conn: Connection, feed: int, ids: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for chunk in chunks(ids):
        rows = conn.execute(_DIGESTS, {"ids": chunk, "feed": feed})
        found.update((row.entry, row.digest) for row in rows)
    return found


_UPDATE_FEED: Final = update(_feeds).where(_feeds.c.id == bindparam("feed"))
_UPDATE_FAILED_FEED: Final = _UPDATE_FEED.values(streak=_feeds.c.streak + 1)


def _write_feed(
    conn: Connection, feed: int, snapshot: FeedSnapshot, problem: Reason | None, *, first_poll: bool, brought: bool
) -> None:
    at = snapshot.fetched_at
    values: dict[str, Any] = {"last_polled_at": at}
    if snapshot.status > 0:
        values["last_answered_at"] = at
    if brought:
        values["last_new_at"] = at
    if problem is None:
        values |= {"last_success_at": at, "streak": 0}
        if first_poll:
            values["first_success_at"] = at
        validators = asdict(snapshot.validators)
        # a 304 need not repeat what it confirms
        values |= {k: v for k, v in validators.items() if v is not None} if snapshot.not_modified else validators
    else:
        values |= {"last_error": problem, "last_error_at": at}
        values["last_error_detail"] = snapshot.detail or (snapshot.reading.detail if snapshot.reading else None)
    conn.execute(_UPDATE_FEED if problem is None else _UPDATE_FAILED_FEED, values | {"feed": feed})


def _write_poll(conn: Connection, run: str, snapshot: FeedSnapshot, problem: Reason | None, admitted: Admitted) -> None:
    counts = {name: value for name, value in asdict(admitted).items() if name != "gap"}
    row = counts | {
        "run": run,
        "outlet": snapshot.outlet,
        "url": snapshot.url,
        "outcome": "failed" if problem else "not_modified" if snapshot.not_modified else "ok",
        "reason": problem,
        "detail": snapshot.detail or (snapshot.reading.detail if snapshot.reading else None),
        "status": snapshot.status,
        "polled_at": snapshot.fetched_at,
    }
    keys = ("run", "outlet", "url")
    settled = tuple(name for name in row if name not in counts and name not in keys)
    conn.execute(insert_or_update(tables.polls, keys=keys, replace=settled, add=tuple(counts)), row)


_VALIDATORS: Final = select(_feeds.c.etag, _feeds.c.last_modified, _feeds.c.body_hash).where(_this_feed)


def validators(conn: Connection, outlet: str, url: str) -> Validators:
    """Return what the feed's last good answer gave to ask conditionally with; empty for an unknown feed."""
    row = conn.execute(_VALIDATORS, {"outlet": outlet, "url": url}).one_or_none()
    return Validators() if row is None else Validators(**row._mapping)

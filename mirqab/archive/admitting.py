"""The admitting transaction: what one answer of a feed brings, with the feed's own row and validators.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from mirqab.addresses import url_key
from mirqab.arabic.dates import names_time
from mirqab.archive import tables
from mirqab.archive.dialect import insert_or_update
from mirqab.archive.entries import REOPENED, chunks
from mirqab.archive.feedstates import (
    Settle,
    add_feed,
    detail_of,
    feed_row,
    feed_rows,
    problem_of,
    recorded,
    write_feeds,
    write_item_hashes,
)
from mirqab.archive.overlap import remember_newest, rolled_over
from mirqab.types import Admitted, EntryState, FeedItem, FeedRole, FeedSnapshot, FeedState, Reason, make_id

REOPEN_STEP_S: Final = 2 * 3600.0
REOPEN_MOST_S: Final = 86_400.0
"""After the n-th time in a row that an entry was opened again and brought the same text, it waits for
2, 4, 8, 16, 24, 24, … hours, counted from the last time: five fetches in the first day in place of one at each poll."""

FREE_WORDINGS: Final = 2
"""A changed title or summary is news, so that the waiting begins only when it was none two times more often."""

_entries = tables.entries
_carried = tables.carried

# Statements that a crawl runs for every feed or page are built once: building one costs more than running it.


@dataclass(frozen=True, slots=True)
class _Item:
    """One item of a feed with the id of the entry it tells of."""

    id: str
    key: str
    item: FeedItem
    url: str

    @property
    def words(self) -> str:
        """Title and summary in short; white space does not count."""
        return _short(" ".join(self.item.title.split()), " ".join(self.item.summary.split()))

    @property
    def digest(self) -> str:
        """What must change for a known entry to be fetched again."""
        updated = self.item.updated.isoformat() if self.item.updated else self.item.updated_raw or ""
        return _short(" ".join(self.item.title.split()), " ".join(self.item.summary.split()), updated)


def _short(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def admit(
    conn: Connection, run: str, snapshot: FeedSnapshot, *, first_poll_max_age_s: float, settle: Settle
) -> Admitted:
    """Write one answer of a feed: its entries, its row with validators and next poll, and the run's row for it."""
    reading, problem = snapshot.reading, problem_of(snapshot)
    found = feed_row(conn, snapshot.outlet, snapshot.url)
    if found is None:
        feed, before = add_feed(conn, snapshot), FeedState(outlet=snapshot.outlet, url=snapshot.url)
    else:
        feed, before = found
    youth = snapshot.fetched_at - timedelta(seconds=first_poll_max_age_s)
    oldest = snapshot.since
    if oldest is None and before.first_success_at is None:
        oldest = youth
    admitted = Admitted()
    if reading is not None:
        admitted = _admit_items(conn, snapshot, feed, before, reading.items, reading.unchanged, oldest, youth)
    after = recorded(settle(before, snapshot, admitted), snapshot, admitted)
    write_feeds(conn, [(feed, after)])
    if reading is not None and problem is None and not snapshot.not_modified:
        write_item_hashes(conn, feed, reading.item_hashes)
    _write_polls(conn, [_poll(run, snapshot, problem, admitted, after)])
    return admitted


def admit_unchanged(conn: Connection, run: str, snapshots: Sequence[FeedSnapshot], *, settle: Settle) -> None:
    """Write answers that hold no items: each feed's row and the run's row for it."""
    for start in range(0, len(snapshots), _BATCH):
        batch = snapshots[start : start + _BATCH]
        known = feed_rows(conn, (snapshot.outlet for snapshot in batch))
        polls: list[dict[str, Any]] = []
        for snapshot in batch:
            if snapshot.reading is not None:
                raise ValueError(f"{snapshot.url}: an answer with items is admitted by itself")
            key = (snapshot.outlet, snapshot.url)
            if key not in known:
                known[key] = (add_feed(conn, snapshot), FeedState(outlet=snapshot.outlet, url=snapshot.url))
            feed, before = known[key]
            after = recorded(settle(before, snapshot, _NOTHING), snapshot, _NOTHING)
            known[key] = (feed, after)
            polls.append(_poll(run, snapshot, problem_of(snapshot), _NOTHING, after))
        asked = {(snapshot.outlet, snapshot.url) for snapshot in batch}
        write_feeds(conn, [known[key] for key in sorted(asked)])
        _write_polls(conn, polls)


_BATCH: Final = 500
_NOTHING: Final = Admitted()
_A_DAY: Final = timedelta(days=1)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

_INSERT_ENTRY: Final = insert(_entries)
_UPDATE_ENTRY: Final = update(_entries).where(_entries.c.id == bindparam("this_entry"))


def _admit_items(
    conn: Connection,
    snapshot: FeedSnapshot,
    feed: int,
    before: FeedState,
    items: Sequence[FeedItem],
    unchanged: int,
    oldest: datetime | None,
    youth: datetime,
) -> Admitted:
    """Write the items as entries. Of two items with one address in one answer the first counts, the second is known.

    Items dated before `oldest` are noted, and opened once a feed tells them anew with a date after that and after
    `youth`; `unchanged` more stood in the answer and need no look.
    """
    wakes_from = max(youth, oldest or youth)
    told: dict[str, _Item] = {}
    unusable = 0
    for item in items:
        if item.url is None:
            unusable += 1
            continue
        key = url_key(item.url)
        entry = make_id("e", snapshot.outlet, key)
        told.setdefault(entry, _Item(entry, key, item, item.url))
    standings, digests = _standings(conn, told), _digests(conn, feed, told)
    by_entry = {entry: one.item for entry, one in told.items()}
    # what other feeds of the outlet brought in full meanwhile is not lost
    gap = len(standings) < len(told) and rolled_over(
        conn, snapshot, feed, before, by_entry, carried=digests, unchanged=unchanged
    )
    if snapshot.role is FeedRole.FEED:
        remember_newest(conn, feed, by_entry, carried=digests, unchanged=unchanged)
    fresh: list[dict[str, Any]] = []
    new_digests: list[dict[str, Any]] = []
    reopened = noted = 0
    for entry, one in told.items():
        last = digests.get(entry)
        if last is not None and last.digest == one.digest:
            continue
        words = one.words
        new_digests.append({"entry": entry, "feed": feed, "digest": one.digest, "words": words})
        standing = standings.get(entry)
        if standing is None:
            first = EntryState.NOTED if oldest and _latest(one.item, oldest) < oldest else EntryState.PENDING
            noted += first is EntryState.NOTED
            fresh.append(
                _told(one)
                | {"id": entry, "outlet": snapshot.outlet, "url": one.url, "url_key": one.key, "state": first}
                | {"guid": one.item.guid, "attempts": 0, "first_seen_at": snapshot.fetched_at}
                | {"after_gap": before.last_success_at if gap else None}
            )
            continue
        wakes = standing.state == EntryState.NOTED and _latest(one.item, _LONG_AGO) >= wakes_from
        if wakes or last is not None:  # this feed told it otherwise before
            values = _told(one)
            if wakes or standing.state in (EntryState.STORED, EntryState.FAILED):
                reworded = last is None or last.words != words
                values |= REOPENED | _braked(standing, snapshot.fetched_at, reworded=reworded)
                reopened += 1
            conn.execute(_UPDATE_ENTRY, values | {"this_entry": entry})
    if fresh:
        conn.execute(_INSERT_ENTRY, fresh)
    if new_digests:
        keep = insert_or_update(_carried, keys=("entry", "feed"), replace=("digest", "words"))
        conn.execute(keep, new_digests)
    found, new = len(items) + unchanged, len(fresh) - noted
    known = found - new - noted - reopened - unusable
    return Admitted(found=found, new=new, reopened=reopened, known=known, noted=noted, unusable=unusable, gap=gap)


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
    """Return the latest moment that the item's dates may mean; an item without any is taken for young.

    Sitemaps give days: what changed on a day may have changed in its last minute, anywhere.
    """
    told = ((item.published, item.published_raw), (item.updated, item.updated_raw))
    moments = [date + _A_DAY if raw and not names_time(raw) else date for date, raw in told if date is not None]
    return max(moments, default=unknown)


def _braked(standing: Any, now: datetime, *, reworded: bool) -> dict[str, Any]:
    """Return when an entry that the feed tells otherwise is fetched again: now, or later when that was in vain lately.

    Some feeds write another `updated`, or a running count, into every item at every poll. The entry is opened all the
    same, for its text may have changed this time; `store` ends the row of vain ones when it did.
    """
    vain = standing.reopenings - (FREE_WORDINGS if reworded else 0)
    at = now
    if vain > 0 and standing.reopened_at is not None:
        wait_s = min(REOPEN_STEP_S * 2.0 ** min(vain - 1, 10), REOPEN_MOST_S)
        at = max(now, min(standing.reopened_at, now) + timedelta(seconds=wait_s))  # the clock may have been wrong then
    return {
        "next_try_at": at if at > now else None,
        "reopened_at": at,
        "reopenings": standing.reopenings + 1,
    }


_STANDINGS: Final = select(_entries.c.id, _entries.c.state, _entries.c.reopened_at, _entries.c.reopenings).where(
    _entries.c.id.in_(bindparam("ids", expanding=True))
)


def _standings(conn: Connection, ids: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for chunk in chunks(ids):
        for row in conn.execute(_STANDINGS, {"ids": chunk}):
            found[row.id] = row
    return found


_DIGESTS: Final = select(_carried.c.entry, _carried.c.digest, _carried.c.words).where(
    _carried.c.entry.in_(bindparam("ids", expanding=True)), _carried.c.feed == bindparam("feed")
)


def _digests(conn: Connection, feed: int, ids: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for chunk in chunks(ids):
        for row in conn.execute(_DIGESTS, {"ids": chunk, "feed": feed}):
            found[row.entry] = row
    return found


# ------------------------------------------------------------------------------------------ the run's row


_COUNTS: Final = ("found", "new", "reopened", "known", "noted", "unusable", "gap")


def _poll(
    run: str, snapshot: FeedSnapshot, problem: Reason | None, admitted: Admitted, after: FeedState
) -> dict[str, Any]:
    return asdict(admitted) | {
        "run": run,
        "outlet": snapshot.outlet,
        "url": snapshot.url,
        "outcome": "failed" if problem else "not_modified" if snapshot.not_modified else "ok",
        "reason": problem,
        "detail": detail_of(snapshot),
        "status": snapshot.status,
        "polled_at": snapshot.fetched_at,
        "role": snapshot.role,
        "left_out": snapshot.reading.left_out if snapshot.reading else 0,
        "robots": snapshot.robots,
        "next_poll_at": after.next_poll_at,
    }


def _write_polls(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write what the run got from feeds; of a feed asked twice the last end, and the items of both."""
    keys = ("run", "outlet", "url")
    settled = tuple(name for name in rows[0] if name not in _COUNTS and name not in keys)
    conn.execute(insert_or_update(tables.polls, keys=keys, replace=settled, add=_COUNTS), list(rows))

"""The admitting transaction: what answers of feeds bring, with each feed's own row and validators.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final, NamedTuple

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
    newest_told,
    problem_of,
    recorded,
    write_feeds,
    write_item_hashes,
    write_newest_told,
)
from mirqab.archive.overlap import newest_of, rolled_over
from mirqab.types import (
    Admitted,
    EntryState,
    FeedItem,
    FeedReading,
    FeedRole,
    FeedSnapshot,
    FeedState,
    Reason,
    make_id,
)

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
    """One item of a feed with the id of the entry it tells of.

    `words` is title and summary in short; white space does not count. `digest` is what must change for a known entry
    to be fetched again.
    """

    id: str
    key: str
    item: FeedItem
    url: str
    words: str
    digest: str


class _Standing(NamedTuple):
    """How far an entry has come, as far as that decides what telling it anew does."""

    state: str
    reopened_at: datetime | None
    reopenings: int


class _Carried(NamedTuple):
    """How a feed told an entry the last time."""

    digest: str
    words: str


def _item(outlet: str, item: FeedItem, url: str) -> _Item:
    key = url_key(url)
    title, summary = " ".join(item.title.split()), " ".join(item.summary.split())
    updated = item.updated.isoformat() if item.updated else item.updated_raw or ""
    return _Item(make_id("e", outlet, key), key, item, url, _short(title, summary), _short(title, summary, updated))


def _short(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def admit(
    conn: Connection, run: str, snapshots: Sequence[FeedSnapshot], *, first_poll_max_age_s: float, settle: Settle
) -> list[Admitted]:
    """Write answers of feeds: the entries, each feed's row with validators and next poll, and the run's row for it.

    What comes of it is what would come of writing them one by one. Returns what each brought.
    """
    admitted: list[Admitted] = []
    for start in range(0, len(snapshots), _BATCH):
        batch = _Batch(conn, run, snapshots[start : start + _BATCH], first_poll_max_age_s, settle)
        admitted += batch.admit()
    return admitted


_BATCH: Final = 500
_A_DAY: Final = timedelta(days=1)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

_INSERT_ENTRY: Final = insert(_entries)
_UPDATE_ENTRY: Final = update(_entries).where(_entries.c.id == bindparam("this_entry"))


class _Batch:
    """Some answers that are written together: few statements for all cost a fraction of a few for each.

    What is known of their feeds and entries is read at once and kept up to date here; what is new of them is written
    in the end.
    """

    def __init__(
        self,
        conn: Connection,
        run: str,
        snapshots: Sequence[FeedSnapshot],
        first_poll_max_age_s: float,
        settle: Settle,
    ) -> None:
        self._conn = conn
        self._run = run
        self._snapshots = snapshots
        self._first_poll_max_age = timedelta(seconds=first_poll_max_age_s)
        self._settle = settle
        self._told = [_items_of(snapshot) for snapshot in snapshots]
        self._feeds = _feeds_of(conn, snapshots)
        self._newest = newest_told(conn, (feed for feed, _ in self._feeds.values())) if any(self._told) else {}
        self._newer: dict[int, bytes] = {}
        entries = {entry for told in self._told for entry in told}
        self._standings = _standings(conn, entries)
        self._carried = _carried_before(conn, entries)
        self._fresh: list[dict[str, Any]] = []
        self._retold: list[dict[str, Any]] = []
        self._digests: list[dict[str, Any]] = []

    def admit(self) -> list[Admitted]:
        """Write everything, and return what each answer brought."""
        admitted, polls = [], []
        hashes: dict[int, bytes] = {}
        for snapshot, told in zip(self._snapshots, self._told, strict=True):
            key = (snapshot.outlet, snapshot.url)
            if key not in self._feeds:
                number = add_feed(self._conn, snapshot)
                self._feeds[key] = (number, FeedState(outlet=snapshot.outlet, url=snapshot.url))
            feed, before = self._feeds[key]
            reading, problem = snapshot.reading, problem_of(snapshot)
            brought = Admitted() if reading is None else self._admit_items(snapshot, reading, feed, before, told)
            after = recorded(self._settle(before, snapshot, brought), snapshot, brought)
            self._feeds[key] = (feed, after)
            if reading is not None and problem is None and not snapshot.not_modified:
                hashes[feed] = reading.item_hashes
            admitted.append(brought)
            polls.append(_poll(self._run, snapshot, problem, brought, after))
        self._write_entries()
        asked = {(snapshot.outlet, snapshot.url) for snapshot in self._snapshots}
        write_feeds(self._conn, [self._feeds[key] for key in sorted(asked)])
        write_item_hashes(self._conn, hashes)
        write_newest_told(self._conn, self._newer)
        _write_polls(self._conn, polls)
        return admitted

    def _admit_items(
        self, snapshot: FeedSnapshot, reading: FeedReading, feed: int, before: FeedState, told: Mapping[str, _Item]
    ) -> Admitted:
        """Take up the items as entries.

        Those dated before the feed was followed are noted, and opened once a feed tells them anew with a date after
        that and young enough for a first poll.
        """
        youth = snapshot.fetched_at - self._first_poll_max_age
        oldest = snapshot.since
        if oldest is None and before.first_success_at is None:
            oldest = youth
        wakes_from = max(youth, oldest or youth)
        gap = self._has_rolled_over(snapshot, feed, before, told, reading.unchanged)
        new = reopened = noted = 0
        for entry, one in told.items():
            last = self._carried.get((entry, feed))
            if last is not None and last.digest == one.digest:
                continue
            self._carried[entry, feed] = _Carried(one.digest, one.words)
            self._digests.append({"entry": entry, "feed": feed, "digest": one.digest, "words": one.words})
            standing = self._standings.get(entry)
            if standing is None:
                first = EntryState.NOTED if oldest and _latest(one.item, oldest) < oldest else EntryState.PENDING
                noted += first is EntryState.NOTED
                new += first is EntryState.PENDING
                self._standings[entry] = _Standing(first, None, 0)
                self._fresh.append(
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
                    reworded = last is None or last.words != one.words
                    braked = _braked(standing, snapshot.fetched_at, reworded=reworded)
                    values |= REOPENED | braked
                    self._standings[entry] = _Standing(EntryState.PENDING, braked["reopened_at"], braked["reopenings"])
                    reopened += 1
                self._retold.append(values | {"this_entry": entry})
        found, unusable = len(reading.items) + reading.unchanged, sum(item.url is None for item in reading.items)
        known = found - new - noted - reopened - unusable
        return Admitted(found=found, new=new, reopened=reopened, known=known, noted=noted, unusable=unusable, gap=gap)

    def _has_rolled_over(
        self, snapshot: FeedSnapshot, feed: int, before: FeedState, told: Mapping[str, _Item], unchanged: int
    ) -> bool:
        """Tell whether items were lost before this answer, and remember its newest for the next one."""
        items = {entry: one.item for entry, one in told.items()}
        carried = {entry for entry in told if (entry, feed) in self._carried}
        newest = self._newest.get(feed)
        if not unchanged and before.last_success_at is not None:
            self._write_entries()  # the archive is asked, which must know of the answers before this one
        # what other feeds of the outlet brought in full meanwhile is not lost
        gap = any(entry not in self._standings for entry in told) and rolled_over(
            self._conn, snapshot, feed, before, items, carried=carried, newest=newest, unchanged=unchanged
        )
        if snapshot.role is FeedRole.FEED:
            newer = newest_of(items, carried=carried, newest=newest, unchanged=unchanged)
            if newer is not None:
                self._newest[feed] = self._newer[feed] = newer
        return gap

    def _write_entries(self) -> None:
        if self._fresh:
            self._conn.execute(_INSERT_ENTRY, self._fresh)
        for _, alike in groupby(self._retold, key=dict.keys):  # in order: feeds may tell one entry differently
            self._conn.execute(_UPDATE_ENTRY, list(alike))
        if self._digests:
            keep = insert_or_update(_carried, keys=("entry", "feed"), replace=("digest", "words"))
            self._conn.execute(keep, self._digests)
        self._fresh, self._retold, self._digests = [], [], []


def _items_of(snapshot: FeedSnapshot) -> dict[str, _Item]:
    """Return an answer's items by entry. Of two with one address the first counts; one without has no entry."""
    told: dict[str, _Item] = {}
    for item in snapshot.reading.items if snapshot.reading is not None else ():
        if item.url is not None:
            one = _item(snapshot.outlet, item, item.url)
            told.setdefault(one.id, one)
    return told


def _feeds_of(conn: Connection, snapshots: Sequence[FeedSnapshot]) -> dict[tuple[str, str], tuple[int, FeedState]]:
    if len(snapshots) > 1:
        return feed_rows(conn, ((snapshot.outlet, snapshot.url) for snapshot in snapshots))
    (one,) = snapshots
    found = feed_row(conn, one.outlet, one.url)
    return {} if found is None else {(one.outlet, one.url): found}


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


def _braked(standing: _Standing, now: datetime, *, reworded: bool) -> dict[str, Any]:
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


def _standings(conn: Connection, ids: Iterable[str]) -> dict[str, _Standing]:
    found: dict[str, _Standing] = {}
    for chunk in chunks(ids):
        for entry, *standing in conn.execute(_STANDINGS, {"ids": chunk}):
            found[entry] = _Standing(*standing)
    return found


_CARRIED: Final = select(_carried.c.entry, _carried.c.feed, _carried.c.digest, _carried.c.words).where(
    _carried.c.entry.in_(bindparam("ids", expanding=True))
)


def _carried_before(conn: Connection, ids: Iterable[str]) -> dict[tuple[str, int], _Carried]:
    """Return how feeds, these and others, told the entries the last time."""
    found: dict[tuple[str, int], _Carried] = {}
    for chunk in chunks(ids):
        for entry, feed, digest, words in conn.execute(_CARRIED, {"ids": chunk}):
            found[entry, feed] = _Carried(digest, words)
    return found


# ------------------------------------------------------------------------------------------ the run's row


_COUNTS: Final = ("found", "new", "reopened", "known", "noted", "unusable", "gap")


def _poll(
    run: str, snapshot: FeedSnapshot, problem: Reason | None, admitted: Admitted, after: FeedState
) -> dict[str, Any]:
    return {name: getattr(admitted, name) for name in _COUNTS} | {
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

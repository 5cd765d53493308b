"""Whether an answer of a feed overlaps with the same feed's last one, or the feed rolled over in between.

What another feed of the outlet told is no overlap. Nor is what stays on top of a feed for months: as items scroll by,
the last to go are the newest, so that a feed of which only old ones are left has lost what came after them. Which
entries a feed was the last to begin to tell is written down for this, eight bytes each.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Final

from sqlalchemy import Connection, bindparam, select

from mirqab.archive import tables
from mirqab.archive.feedstates import problem_of
from mirqab.types import EntryState, FeedItem, FeedRole, FeedSnapshot, FeedState

PINNED_SHARE: Final = 1 / 3
"""An answer of which more than this was told before does overlap; of less it matters how old that is."""

NEWEST_SHARE: Final = 1 / 2
"""This share of a feed's window counts as its newest: editors also take single items back."""

NEWEST_MOST: Final = 200
ID_BYTES: Final = 8

_LOOK_BACK: Final = timedelta(days=7)
_UNDATED: Final = datetime.max.replace(tzinfo=UTC)

_entries = tables.entries
_carried = tables.carried


def may_be_pinned(unchanged: int, found: int) -> bool:
    """Tell whether so few of the items found are as in the last answer that it matters which, so all must be read."""
    return 0 < unchanged <= found * PINNED_SHARE


def rolled_over(
    conn: Connection,
    snapshot: FeedSnapshot,
    feed: int,
    before: FeedState,
    told: Mapping[str, FeedItem],
    *,
    carried: Container[str],
    newest: bytes | None,
    unchanged: int,
) -> bool:
    """Tell whether nothing shows that this answer follows on the feed's last one without a gap.

    `told` are its items by entry, `carried` the entries that this feed told before, `newest` what `newest_of` said of
    its last answers (None: nothing was written down); `unchanged` more items are the same
    as in the last answer, and whoever read them made sure that there are not so few of them (`may_be_pinned`). Never on
    a first poll, after an empty answer, for a cut one (what is known may stand in the part that is missing), for one
    that is read otherwise than the last, and for a sitemap or a page that is asked beside the feeds.
    """
    if (
        snapshot.role is not FeedRole.FEED
        or snapshot.redeclared
        or before.last_success_at is None
        or not before.window
        or problem_of(snapshot) is not None
        or unchanged
        or not told
    ):
        return False
    most = len(told) * PINNED_SHARE
    left = {entry for entry in told if entry in carried}
    if len(left) > most:
        return False
    moved = _under_former_addresses(
        conn, feed, before.outlet, before.last_success_at, [item for entry, item in told.items() if entry not in left]
    )
    if not left and not moved:
        return True
    if len(left) + len(moved) > most or len(told) < before.window * NEWEST_SHARE:
        return False  # the latter has shrunk to what stays on top
    if newest is None:
        return False
    known = {newest[at : at + ID_BYTES] for at in range(0, len(newest), ID_BYTES)}
    return not any(_short(entry) in known for entries in (left, *moved) for entry in entries)


def newest_of(
    told: Mapping[str, FeedItem], *, carried: Container[str], newest: bytes | None, unchanged: int
) -> bytes | None:
    """Return which entries the feed was the last to begin to tell: about the newer half of its window.

    `newest` is what was so before this answer; None is returned when that stays. What came with one answer goes by
    date, and items of one date are kept or dropped together.
    """
    came = {entry: _date(item) for entry, item in told.items() if entry not in carried}
    if not came:
        return None
    most = min(max(1, round((len(told) + unchanged) * NEWEST_SHARE)), NEWEST_MOST)
    ordered = sorted(came, key=came.__getitem__, reverse=True)
    same = takewhile(lambda entry: came[entry] == came[ordered[most - 1]], ordered[most:])
    kept = [*ordered[:most], *same][:NEWEST_MOST]
    written = b"".join(_short(entry) for entry in kept)
    if len(kept) < most:
        written = (written + (newest or b""))[: most * ID_BYTES]
    return written


def _date(item: FeedItem) -> datetime:
    return item.published or item.updated or _UNDATED


def _short(entry: str) -> bytes:
    """Return the digits of an entry's id as bytes."""
    return int(entry[1:], 16).to_bytes(ID_BYTES, "big")


def _under_former_addresses(
    conn: Connection, feed: int, outlet: str, last_success_at: datetime, items: list[FeedItem]
) -> list[set[str]]:
    """Return for each item that this feed told before under other addresses which entries these were.

    Some feeds write a session into every link. Their items are known by guid and title: a guid alone is no proof, for
    feeds give one to all items, or number them by place; nor is one that stands twice in this answer. Where the guid
    is the link, or there is none, title and date are the same.
    """
    by_guid: dict[object, set[str]] = {}
    by_date: dict[object, set[str]] = {}
    since = last_success_at - _LOOK_BACK
    for state in EntryState:
        for row in conn.execute(_LATELY, {"outlet": outlet, "feed": feed, "state": state, "since": since}):
            if row.guid:
                by_guid.setdefault((row.guid, row.title), set()).add(row.id)
            if row.published and row.title:
                by_date.setdefault((row.published, row.title), set()).add(row.id)
    guids = [item.guid for item in items]
    found = []
    for item in items:
        entries: set[str] = set()
        if item.guid and guids.count(item.guid) == 1:
            entries |= by_guid.get((item.guid, item.title), set())
        if item.published and item.title:
            entries |= by_date.get((item.published, item.title), set())
        if entries:
            found.append(entries)
    return found


_LATELY: Final = (
    select(_entries.c.id, _entries.c.guid, _entries.c.title, _entries.c.published)
    .join(_carried, (_carried.c.entry == _entries.c.id) & (_carried.c.feed == bindparam("feed")))
    .where(
        _entries.c.outlet == bindparam("outlet"),
        _entries.c.state == bindparam("state"),
        _entries.c.first_seen_at >= bindparam("since"),
    )
    .order_by(_entries.c.first_seen_at.desc())
    .limit(1000)
)

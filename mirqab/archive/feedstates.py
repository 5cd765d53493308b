"""What is remembered of feeds and hosts between polls: the rows of `feeds`, `item_hashes` and `hosts`.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from mirqab.archive import tables
from mirqab.archive.dialect import insert_or_update
from mirqab.types import (
    Admitted,
    FeedPace,
    FeedRole,
    FeedSnapshot,
    FeedState,
    HostPart,
    HostState,
    Reason,
    Validators,
)

NOT_MODIFIED: Final = 304

_feeds = tables.feeds
_hosts = tables.hosts
_item_hashes = tables.item_hashes

Settle = Callable[[FeedState, FeedSnapshot, Admitted], FeedState]
"""Decides when the feed is asked again: takes the state before an answer, returns it with the decisions changed.
Pure, called inside the transaction."""


def unsettled(state: FeedState, snapshot: FeedSnapshot, admitted: Admitted) -> FeedState:
    """Decide nothing: the feed stays due."""
    return state


def problem_of(snapshot: FeedSnapshot) -> Reason | None:
    """Return what was wrong with an answer, on its way or in its content."""
    return snapshot.problem or (snapshot.reading.problem if snapshot.reading else None)


def detail_of(snapshot: FeedSnapshot) -> str | None:
    """Return what more is known of that."""
    return snapshot.detail or (snapshot.reading.detail if snapshot.reading else None)


def recorded(state: FeedState, snapshot: FeedSnapshot, admitted: Admitted) -> FeedState:
    """Return the state with the facts of one answer written into it; what is decided about them stays as it was."""
    at, problem = snapshot.fetched_at, problem_of(snapshot)
    facts: dict[str, Any] = {"last_polled_at": at}
    if snapshot.status > 0:
        facts["last_answered_at"] = at
    if admitted.new:
        facts["last_new_at"] = at
    if admitted.gap:
        facts |= {"gaps": state.gaps + 1, "last_gap_at": at, "gap_since": state.last_success_at}
    if problem is not None:
        facts |= {"last_error": problem, "last_error_at": at, "last_error_detail": detail_of(snapshot)}
        facts["failures"] = state.failures + 1
        return replace(state, **facts)
    facts |= {"last_success_at": at, "failures": 0}
    if state.first_success_at is None:
        facts["first_success_at"] = at
    if snapshot.status != NOT_MODIFIED:
        facts["last_full_at"] = at
    if snapshot.not_modified:
        facts["validators"] = _confirmed(state.validators, snapshot.validators)
    else:
        facts |= {"validators": snapshot.validators, "window": admitted.found}
    return replace(state, **facts)


def _confirmed(known: Validators, said: Validators) -> Validators:
    """Return the validators after a "not modified", which need not repeat what it confirms."""
    return Validators(
        etag=said.etag or known.etag,
        last_modified=said.last_modified or known.last_modified,
        body_hash=said.body_hash or known.body_hash,
    )


# ------------------------------------------------------------------------------------------------ feeds

_this_feed = (_feeds.c.outlet == bindparam("outlet")) & (_feeds.c.url == bindparam("url"))

# Statements that a crawl runs for every feed are built once: building one costs more than running it.
_FEED: Final = select(_feeds).where(_this_feed)
_FEEDS: Final = select(_feeds).order_by(_feeds.c.outlet, _feeds.c.url)
_FEEDS_OF: Final = _FEEDS.where(_feeds.c.outlet.in_(bindparam("outlets", expanding=True)))
_FEEDS_NAMED: Final = _FEEDS_OF.where(_feeds.c.url.in_(bindparam("urls", expanding=True)))
_NAMED: Final = 500
"""So many outlets are named to the database; of more all feeds are read and chosen from here."""


def feed_states(conn: Connection, outlets: Iterable[str] | None = None) -> list[FeedState]:
    """Return what is remembered of every feed, or of those of some outlets, by outlet and address."""
    if outlets is None:
        return [state_of(row) for row in conn.execute(_FEEDS)]
    wanted = set(outlets)
    if len(wanted) > _NAMED:
        return [state_of(row) for row in conn.execute(_FEEDS) if row.outlet in wanted]
    return [state_of(row) for row in conn.execute(_FEEDS_OF, {"outlets": sorted(wanted)})]


def feed_rows(conn: Connection, feeds: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, FeedState]]:
    """Return the row's number and the state of each of some feeds (at most 500), given by outlet and address."""
    wanted = set(feeds)
    outlets, urls = {outlet for outlet, _ in wanted}, {url for _, url in wanted}
    rows = conn.execute(_FEEDS_NAMED, {"outlets": sorted(outlets), "urls": sorted(urls)})
    return {(row.outlet, row.url): (int(row.id), state_of(row)) for row in rows if (row.outlet, row.url) in wanted}


def feed_row(conn: Connection, outlet: str, url: str) -> tuple[int, FeedState] | None:
    """Return the row's number and the state of one feed."""
    row = conn.execute(_FEED, {"outlet": outlet, "url": url}).one_or_none()
    return None if row is None else (int(row.id), state_of(row))


_INSERT_FEED: Final = insert(_feeds)
_UPDATE_FEED: Final = update(_feeds).where(_feeds.c.id == bindparam("this_feed"))


def add_feed(conn: Connection, snapshot: FeedSnapshot) -> int:
    """Make the row of a feed that was never polled before, and return its number."""
    row = {"outlet": snapshot.outlet, "url": snapshot.url, "last_polled_at": snapshot.fetched_at, "failures": 0}
    made = conn.execute(_INSERT_FEED, row)
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


def write_feeds(conn: Connection, rows: Sequence[tuple[int, FeedState]]) -> None:
    """Write the states of feeds whose rows are there."""
    conn.execute(_UPDATE_FEED, [_columns(state) | {"this_feed": feed} for feed, state in rows])


_SAME: Final = (
    "first_success_at",
    "last_polled_at",
    "last_answered_at",
    "last_success_at",
    "last_new_at",
    "last_full_at",
    "last_error_at",
    "last_error_detail",
    "failures",
    "failure_weight",
    "interval_s",
    "next_poll_at",
    "window",
    "moved_to",
    "moved_times",
    "gone_at",
    "trusts_304",
    "distrusted_at",
    "last_gap_at",
    "gap_since",
    "gaps",
    "looked_at",
)
"""What a row and a state call and hold alike."""


def state_of(row: Row[Any]) -> FeedState:
    """Return the state that a full row of the table `feeds` holds."""
    return FeedState(
        outlet=row.outlet,
        url=row.url,
        validators=Validators(etag=row.etag, last_modified=row.last_modified, body_hash=row.body_hash),
        last_error=Reason(row.last_error) if row.last_error else None,
        rhythm=tuple(row.rhythm or ()),
        pace=_pace_of(row.pace),
        **{name: getattr(row, name) for name in _SAME},
    )


def _columns(state: FeedState) -> dict[str, Any]:
    known = state.validators
    return {name: getattr(state, name) for name in _SAME} | {
        "etag": known.etag,
        "last_modified": known.last_modified,
        "body_hash": known.body_hash,
        "last_error": state.last_error,
        "rhythm": state.rhythm or None,
        "pace": _pace_columns(state.pace),
    }


_NO_PACE: Final = FeedPace()


def _pace_of(stored: Any) -> FeedPace:
    if stored is None:
        return _NO_PACE
    ttl_s, hours, days = stored
    return FeedPace(ttl_s=ttl_s, skip_hours=tuple(hours), skip_days=tuple(days))


def _pace_columns(pace: FeedPace) -> Any:
    return None if pace == _NO_PACE else [pace.ttl_s, pace.skip_hours, pace.skip_days]


def looked_elsewhere(conn: Connection, outlet: str, urls: Iterable[str], at: datetime) -> None:
    """Write that what these feeds may have lost was looked for in every place that there is."""
    conn.execute(update(_feeds).where(_feeds.c.outlet == outlet, _feeds.c.url.in_(list(urls))).values(looked_at=at))


# ----------------------------------------------------------------------------------- hashes of the items

_HASHES: Final = (
    select(_feeds.c.outlet, _feeds.c.url, _item_hashes.c.hashes)
    .join(_feeds, _feeds.c.id == _item_hashes.c.feed)
    .where(_feeds.c.outlet.in_(bindparam("outlets", expanding=True)))
)


def item_hashes(conn: Connection, outlets: Iterable[str]) -> dict[tuple[str, str], bytes]:
    """Return what the last good answer of each feed of some outlets (at most 500) left to tell unchanged items by."""
    rows = conn.execute(_HASHES, {"outlets": sorted(set(outlets))})
    return {(row.outlet, row.url): row.hashes for row in rows if row.hashes}


def write_item_hashes(conn: Connection, hashes: Mapping[int, bytes]) -> None:
    """Keep what the next reading of each feed, by its row's number, needs."""
    _keep(conn, "hashes", [{"feed": feed, "hashes": held} for feed, held in hashes.items()])


_NEWEST: Final = select(_item_hashes.c.feed, _item_hashes.c.newest).where(
    _item_hashes.c.feed.in_(bindparam("feeds", expanding=True))
)


def newest_told(conn: Connection, feeds: Iterable[int]) -> dict[int, bytes | None]:
    """Return which entries each feed (of at most 500) began to tell last; None when that was not yet written down."""
    return {row.feed: row.newest for row in conn.execute(_NEWEST, {"feeds": list(feeds)})}


def write_newest_told(conn: Connection, newest: Mapping[int, bytes]) -> None:
    """Keep which entries each feed began to tell last."""
    _keep(conn, "newest", [{"feed": feed, "hashes": b"", "newest": held} for feed, held in newest.items()])


def _keep(conn: Connection, column: str, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        conn.execute(insert_or_update(_item_hashes, keys=("feed",), replace=(column,)), rows)


# ------------------------------------------------------------------------------------------ found again


def found_again(conn: Connection) -> dict[str, int]:
    """Return for each outlet how many entries were brought by asking elsewhere since its last gap."""
    polls = tables.polls
    last = (
        select(_feeds.c.outlet, func.max(_feeds.c.last_gap_at).label("at"))
        .where(_feeds.c.gaps > 0)
        .group_by(_feeds.c.outlet)
        .subquery()
    )
    rows = conn.execute(
        select(polls.c.outlet, func.sum(polls.c.new).label("new"))
        .join(last, last.c.outlet == polls.c.outlet)
        .where(polls.c.role == FeedRole.BACKFILL, polls.c.polled_at >= last.c.at)
        .group_by(polls.c.outlet)
    )
    return {row.outlet: row.new for row in rows}


# ------------------------------------------------------------------------------------------------ hosts

_HOST: Final = select(_hosts).where(_hosts.c.host == bindparam("this_host"))


def host(conn: Connection, name: str) -> HostState | None:
    """Return what is remembered of a host."""
    row = conn.execute(_HOST, {"this_host": name}).one_or_none()
    if row is None:
        return None
    return HostState(
        host=row.host,
        not_before=row.not_before,
        because=Reason(row.because) if row.because else None,
        robots=zlib.decompress(row.robots) if row.robots else b"",
        robots_status=row.robots_status,
        robots_at=row.robots_at,
    )


def resting_hosts(conn: Connection, now: datetime) -> list[HostState]:
    """Return the hosts that may not be asked now, without what their robots.txt say."""
    asked = select(_hosts.c.host, _hosts.c.not_before, _hosts.c.because).where(_hosts.c.not_before > now)
    return [
        HostState(host=row.host, not_before=row.not_before, because=Reason(row.because) if row.because else None)
        for row in conn.execute(asked.order_by(_hosts.c.host))
    ]


def hosts_unread(conn: Connection) -> list[HostState]:
    """Return the hosts whose robots.txt cannot be read, with the status of the first failure and its time."""
    status = _hosts.c.robots_status
    asked = select(_hosts.c.host, status, _hosts.c.robots_at).where((status >= 500) | status.in_((0, 429)))
    return [
        HostState(host=row.host, robots_status=row.robots_status, robots_at=row.robots_at)
        for row in conn.execute(asked.order_by(_hosts.c.host))
    ]


_PARTS: Final[Mapping[HostPart, tuple[str, ...]]] = {
    "patience": ("not_before", "because"),
    "robots": ("robots", "robots_status", "robots_at"),
}


def keep_host(conn: Connection, state: HostState, part: HostPart | None = None) -> None:
    """Remember this of a host, in place of what was remembered before; a `part` of it leaves the rest as it is."""
    row = {
        "host": state.host,
        "not_before": state.not_before,
        "because": state.because,
        "robots": zlib.compress(state.robots) if state.robots else None,
        "robots_status": state.robots_status,
        "robots_at": state.robots_at,
    }
    replaced = _PARTS[part] if part is not None else tuple(name for name in row if name != "host")
    conn.execute(insert_or_update(_hosts, keys=("host",), replace=replaced), row)

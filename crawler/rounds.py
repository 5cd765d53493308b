"""One outlet's part in a run: what is asked of it and why, and where that leads. Decisions alone, no effects."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from scrapy.http import Response

from crawler.leads import LATENESS, MOST_CHILDREN, MOST_PLACES, OWED, home_page, newest_children, places
from crawler.outcomes import patience_s
from mirqab import polling
from mirqab.types import ChildSitemap, Feed, FeedKind, FeedRole, FeedSnapshot, FeedState, Outlet


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Poll:
    """One address that a run asks for items: what for, and what is remembered of it.

    `item_hashes` tell which items it had the last time. `unconditional` leaves the validators out. `since` goes into
    the snapshot. `child` is true for what a sitemap index named: its own children are left alone.
    """

    outlet: Outlet
    feed: Feed
    role: FeedRole = FeedRole.FEED
    known: FeedState | None = None
    item_hashes: bytes = b""
    unconditional: bool = False
    since: datetime | None = None
    child: bool = False
    max_items: int = 2000

    def body_hash(self, body: bytes) -> str:
        """Return what tells a body, as it came, from others, and from itself when it is to be read otherwise.

        The time at which gzip was made does not count.
        """
        if body.startswith(b"\x1f\x8b"):
            body = body[:4] + body[8:]
        return f"{self._way()}:{hashlib.blake2b(body, digest_size=16).hexdigest()}"

    def _way(self) -> str:
        return _way(self.feed.kind, self.feed.links or "", self.outlet.timezone, str(self.max_items))

    @property
    def redeclared(self) -> bool:
        """Whether the declaration has it read otherwise than the last time, so that what is known must not hide it."""
        last = self.known.validators.body_hash if self.known is not None else None
        way, colon, _ = (last or "").partition(":")
        return bool(colon) and way != self._way()

    @property
    def headers(self) -> dict[str, str]:
        """The validators to ask with: both, since there are servers that understand but one of them."""
        if self.known is None or self.unconditional or self.redeclared:
            return {}
        known = self.known.validators
        headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        return {name: value for name, value in headers.items() if value}

    def snapshot(self, response: Response | None = None, **more: object) -> FeedSnapshot:
        """Return what came of it; `response` is None when nothing did."""
        now = datetime.now(UTC)
        meta = {} if response is None else response.meta
        told: dict[str, object] = {
            "status": 0 if response is None else response.status,
            "moved_to": meta.get("moved_to"),
            "robots": meta.get("robots"),
            "patience_s": None if response is None else patience_s(response, now),
        }
        return FeedSnapshot(
            outlet=self.outlet.id,
            url=self.feed.url,
            fetched_at=now,
            role=self.role,
            unconditional=self.unconditional,
            since=self.since,
            redeclared=self.redeclared,
            **{**told, **more},  # type: ignore[arg-type]
        )


@lru_cache(maxsize=1000)
def _way(*declared: str) -> str:
    return hashlib.blake2b("\x1f".join(declared).encode(), digest_size=4).hexdigest()


@dataclass(kw_only=True, slots=True)
class Round:
    """What one outlet is asked in a run, how much of that is open, and what follows when the last poll has ended."""

    outlet: Outlet
    states: Mapping[str, FeedState]  # of every address ever polled for it
    item_hashes: Mapping[str, bytes] = field(default_factory=dict)  # of its last answer, by address
    polls: Sequence[Poll] = ()  # the declared feeds that this run asks
    max_items: int = 2000
    has_pages: bool = False  # entries of earlier runs wait to be fetched
    open: int = 0
    asked: set[str] = field(default_factory=set)  # addresses that lead here were followed to
    gaps: dict[str, datetime] = field(default_factory=dict)  # of each feed that rolled over: when it was read before
    places: int = 0  # addresses asked after a gap
    place_children: int = 0
    found: bool = False  # one of them gave items
    cut_short: bool = False  # one of them could not be asked in this run

    def begin(self, now: datetime, *, only_due: bool) -> None:
        """Decide which feeds this run asks, and whether an earlier one owes a look elsewhere."""
        self.asked.update(feed.url for feed in self.outlet.feeds)
        due = [feed for feed in self.outlet.feeds if not only_due or polling.is_due(self.states.get(feed.url), now)]
        self.polls = [self._poll(feed, now) for feed in due]
        self.open = len(self.polls)
        self.gaps = _owed(self.outlet, self.states, now)

    def _poll(self, feed: Feed, now: datetime, *, role: FeedRole = FeedRole.FEED) -> Poll:
        state = self.states.get(feed.url)
        return Poll(
            outlet=self.outlet,
            feed=feed,
            role=role,
            known=state,
            item_hashes=self.item_hashes.get(feed.url, b""),
            unconditional=state is not None and polling.unconditional(state, now),
            child=role is FeedRole.CHILD,
            max_items=self.max_items,
        )

    def children(self, poll: Poll, named: Sequence[ChildSitemap], now: datetime) -> tuple[list[Poll], int]:
        """Return the polls of the newest sitemaps that an index names, and how many more would have been worth one."""
        if poll.child:
            return [], 0
        backfill = poll.role is FeedRole.BACKFILL
        children, left = newest_children(
            [child for child in named if child.url not in self.asked],
            known={} if backfill else self.states,
            now=now,
            since=poll.since,
            most=MOST_CHILDREN - self.place_children if backfill else MOST_CHILDREN,
        )
        self.asked.update(child.url for child in children)
        feeds = [Feed(url=child.url, kind=FeedKind.SITEMAP) for child in children]
        if not backfill:
            return [self._poll(feed, now, role=FeedRole.CHILD) for feed in feeds], left
        self.place_children += len(children)
        return [self._look(feed, child=True) for feed in feeds], left

    @property
    def has_looked(self) -> bool:
        """Whether what may have been lost was looked for to the end."""
        return bool(self.gaps) and not self.cut_short

    @property
    def looks_elsewhere(self) -> bool:
        """Whether something may have been lost that was not found yet."""
        return bool(self.gaps) and not self.found

    def elsewhere(self, sitemaps: Sequence[str]) -> list[Poll]:
        """Return where to look for what the feeds have dropped: known places; when they had nothing, the home page.

        `sitemaps` are those that the outlet's robots.txt names.
        """
        feeds = [] if self.places else [feed for feed in places(self.outlet, sitemaps) if feed.url not in self.asked]
        home = home_page(self.outlet)
        if not feeds and self.places < MOST_PLACES and home.url not in self.asked:
            feeds = [home]
        self.places += len(feeds)
        self.asked.update(feed.url for feed in feeds)
        return [self._look(feed) for feed in feeds]

    def _look(self, feed: Feed, *, child: bool = False) -> Poll:
        return Poll(
            outlet=self.outlet,
            feed=feed,
            role=FeedRole.BACKFILL,
            known=self.states.get(feed.url),
            unconditional=True,
            since=min(self.gaps.values()) - LATENESS,
            child=child,
            max_items=self.max_items,
        )


def _owed(outlet: Outlet, states: Mapping[str, FeedState], now: datetime) -> dict[str, datetime]:
    """Return the gaps after which was not looked elsewhere to the end: the run was killed, or a host rested."""
    feeds = {feed.url for feed in outlet.feeds}
    return {
        url: state.gap_since
        for url, state in states.items()
        if url in feeds
        and state.last_gap_at
        and state.gap_since
        and now - state.last_gap_at < OWED
        and (state.looked_at is None or state.looked_at < state.last_gap_at)
    }

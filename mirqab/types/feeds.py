"""From an answer of a feed to an entry, and what is remembered of feeds and hosts between polls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from mirqab.types.words import EntryState, FeedKind, FeedRole, Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Validators:
    """What lets a server answer "not modified", and us see an unchanged body."""

    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedItem:
    """One item as a feed gives it: not yet tied to an outlet.

    `url` is absolute and http(s), or None when the item has no usable link. `published` and `updated` are
    None when the raw text is missing or no believable date.
    """

    guid: str | None
    url: str | None
    title: str
    summary: str
    content: str | None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    published_raw: str | None = None
    updated: datetime | None = None
    updated_raw: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedBody:
    """The bytes of one answer of a feed, inflated, and how to read them.

    `url` is where they came from, after redirects. At most the first `max_items` items are read. `known` is the
    `item_hashes` of the feed's last reading: items that are the same as then are passed over. Dates that name no zone
    are taken in `timezone`, without that in UTC.
    """

    body: bytes
    url: str
    content_type: str | None = None
    kind: FeedKind = FeedKind.FEED
    links: str | None = None
    max_items: int = 2000
    known: bytes = b""
    timezone: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedPace:
    """How often a feed wishes to be asked; lower bounds, which a poll may exceed but not undercut."""

    ttl_s: float | None = None  # <ttl>, or the period of sy:updatePeriod ÷ sy:updateFrequency
    skip_hours: tuple[int, ...] = ()  # hours of the day, UTC, 0 to 23
    skip_days: tuple[int, ...] = ()  # weekdays, 0 is Monday


@dataclass(frozen=True, kw_only=True, slots=True)
class ChildSitemap:
    """One sitemap that a sitemap index names."""

    url: str
    modified: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedReading:
    """What the bytes of one feed say.

    `version` is feedparser's word (`rss20`, …), `json1`, `json11`, `sitemap`, `news-sitemap`, `sitemap-index` or
    `section`; empty when it is no feed. `items` are those that were read; `unchanged` more were the same as in the
    last answer and were passed over, `left_out` more stood beyond the most items that are read.
    """

    version: str
    encoding: str | None
    title: str
    items: tuple[FeedItem, ...]
    problem: Reason | None = None
    detail: str | None = None
    pace: FeedPace = field(default_factory=FeedPace)
    children: tuple[ChildSitemap, ...] = ()
    unchanged: int = 0
    left_out: int = 0
    item_hashes: bytes = b""  # what the next reading needs to tell which items are unchanged; opaque


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedSnapshot:
    """One answer of one feed, ready to be admitted to the archive.

    `status` is 0 when there was no answer. `not_modified` is true for a 304 and for a body whose hash is known.
    `unconditional` is true when it was asked without validators. `moved_to` is where permanent redirects alone led.
    `patience_s` is the longest wait that the answer's headers ask for (Cache-Control, Expires, Retry-After). Items
    dated before `since` are noted, not fetched; None leaves that to the rule of a feed's first poll.
    """

    outlet: str
    url: str
    fetched_at: datetime
    status: int
    not_modified: bool = False
    validators: Validators = field(default_factory=Validators)
    reading: FeedReading | None = None
    problem: Reason | None = None
    detail: str | None = None
    role: FeedRole = FeedRole.FEED
    unconditional: bool = False
    moved_to: str | None = None
    patience_s: float | None = None
    since: datetime | None = None
    robots: str | None = None  # what robots.txt said of it, and why
    redeclared: bool = False  # the declaration has it read otherwise than the last time


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedState:
    """What is remembered of one feed between polls: its validators, how it did, and when it is due again.

    `failures` counts failed polls in a row, `failure_weight` weighs them by class; both are 0 after a success.
    `rhythm` is the polling policy's own record of when items come, `pace` what the last reading wished for. `window` is
    how many items the last whole answer held. `moved_to` was the target of permanent redirects `moved_times` polls in
    a row. `gone_at` is set by a 410 until the feed answers again. `trusts_304` is false once a "not modified" proved
    untrue, which was at `distrusted_at`. `last_gap_at` is when an answer had nothing in common with the one before, so
    that items may have been lost; the last good answer before that came at `gap_since`. `looked_at` is when they
    were last looked for elsewhere, in every place that there is.
    """

    outlet: str
    url: str
    validators: Validators = field(default_factory=Validators)
    first_success_at: datetime | None = None
    last_polled_at: datetime | None = None
    last_answered_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    last_full_at: datetime | None = None  # a whole body came, not a 304
    last_error: Reason | None = None
    last_error_at: datetime | None = None
    last_error_detail: str | None = None
    failures: int = 0
    failure_weight: float = 0.0
    interval_s: float | None = None
    next_poll_at: datetime | None = None
    rhythm: tuple[float, ...] = ()
    pace: FeedPace = field(default_factory=FeedPace)
    window: int | None = None
    moved_to: str | None = None
    moved_times: int = 0
    gone_at: datetime | None = None
    trusts_304: bool = True
    distrusted_at: datetime | None = None
    last_gap_at: datetime | None = None
    gap_since: datetime | None = None
    gaps: int = 0
    looked_at: datetime | None = None


HostPart = Literal["patience", "robots"]
"""What of a host is written at a time: until when it rests and why, or its robots.txt."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostState:
    """What is remembered of one host (`scheme://host:port`) between runs.

    It may not be asked before `not_before`, for the reason `because`. `robots` is the body of its robots.txt as it
    was at `robots_at`, empty when there is none. One that could not be read (`robots_unread`) has the status of its
    first failure, 0 for no answer, and its time.
    """

    host: str
    not_before: datetime | None = None
    because: Reason | None = None
    robots: bytes = b""
    robots_status: int | None = None
    robots_at: datetime | None = None

    @property
    def robots_unread(self) -> bool:
        """Whether the robots.txt could not be read since `robots_at`: no answer, 429, or a server's error."""
        return self.robots_status is not None and (self.robots_status in (0, 429) or self.robots_status >= 500)


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedEntry:
    """One entry of an outlet as the archive knows it."""

    id: str
    outlet: str
    url: str
    url_key: str
    title: str
    summary: str
    content: str | None
    authors: tuple[str, ...]
    published: datetime | None
    published_raw: str | None
    updated: datetime | None
    updated_raw: str | None
    state: EntryState
    attempts: int
    first_seen_at: datetime
    reason: Reason | None = None
    detail: str | None = None
    next_try_at: datetime | None = None
    article: str | None = None
    after_gap: datetime | None = None  # the poll before the one that brought it: items in between may be lost

    @property
    def is_stored(self) -> bool:
        """Whether its page was stored, so that a fetch of it now is a look at it again."""
        return self.state is EntryState.STORED


@dataclass(frozen=True, kw_only=True, slots=True)
class Admitted:
    """What one snapshot brought: the counts add up to the items of the reading, those passed over as unchanged too.

    found = new + reopened + known + noted + unusable, where `unusable` are items without a usable link. `gap` is true
    when an answer has nothing in common with the feed's last one: it rolled over, and items may be lost.
    """

    found: int = 0
    new: int = 0
    reopened: int = 0
    known: int = 0
    noted: int = 0
    unusable: int = 0
    gap: bool = False

"""What a user declares: documents, outlets with their feeds, jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mirqab.types.words import FeedKind, OutletKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One YAML file as read: plain values, and the line of every key and item.

    `lines` maps the path of keys and indices to a line counted from 1; the path `()` is the file itself. `imports`
    holds the files that a topic file imports, under the names it writes.
    """

    path: str
    content: Any
    lines: Mapping[tuple[str | int, ...], int]
    digest: str
    imports: Mapping[str, Document] = field(default_factory=dict)

    def line(self, *path: str | int) -> int | None:
        """Return the line of the value at `path`, or of the nearest parent whose line is known."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """One declared address of an outlet."""

    url: str
    note: str | None = None
    last_answered: datetime | None = None  # as far as whoever declared it knows
    kind: FeedKind = FeedKind.FEED
    links: str | None = None  # of a section: the CSS selector of its article links; None finds them by link density


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlet:
    """Who publishes, and how we read them."""

    id: str
    name: str
    name_en: str
    country: str  # ISO 3166-1 alpha-2 of the newsroom, lower case
    kind: OutletKind
    timezone: str
    home: str
    feeds: tuple[Feed, ...]
    enabled: bool = True
    reason: str | None = None  # why it is off
    delay_s: float | None = None  # None: the setting crawl.delay_s
    backfill: tuple[Feed, ...] = ()  # asked only when a feed may have lost items
    verify_tls: bool = True
    poll_floor_s: float | None = None  # None: the setting poll.floor_s
    poll_ceiling_s: float | None = None  # None: the setting poll.ceiling_s
    keep: tuple[str, ...] = ()  # CSS selectors of what holds the text of an article
    prune: tuple[str, ...] = ()  # CSS selectors of what is no part of it


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One line of the timetable: what runs when."""

    id: str
    cron: str  # five fields, weekdays by name
    timezone: str
    command: tuple[str, ...]  # what a person would type after `mirqab`

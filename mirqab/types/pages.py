"""From the bytes of a page to a stored article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from mirqab.types.feeds import FeedEntry, FeedItem
from mirqab.types.judgement import Verdict
from mirqab.types.words import Reason, Relation


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """The bytes of one fetched page, still compressed as they came (`content_encoding` gzip, deflate or empty)."""

    entry: str
    outlet: str
    url: str  # asked for
    final_url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    content_encoding: str
    fetched_at: datetime
    hints: PageHints


@dataclass(frozen=True, kw_only=True, slots=True)
class PageHints:
    """What the feed and the declaration already say about a page; every field may be unknown.

    `content` is the feed's own text of the article, with its markup. `keep` and `prune` are the outlet's CSS selectors
    of what holds the text of an article, and of what is no part of it.
    """

    title: str | None = None
    summary: str | None = None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    published_raw: str | None = None
    timezone: str | None = None
    fetched_at: datetime | None = None  # relative times on the page are counted from it
    content: str | None = None
    keep: tuple[str, ...] = ()
    prune: tuple[str, ...] = ()

    @classmethod
    def told_by(
        cls,
        told: FeedEntry | FeedItem,
        *,
        timezone: str | None,
        keep: tuple[str, ...] = (),
        prune: tuple[str, ...] = (),
    ) -> PageHints:
        """Return what a feed's entry says of its page, with what the outlet's declaration adds."""
        return cls(
            title=told.title or None,
            summary=told.summary or None,
            authors=told.authors,
            published=told.published,
            published_raw=told.published_raw,
            content=told.content,
            timezone=timezone,
            keep=keep,
            prune=prune,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Embed:
    """A post of a social network that an article shows: who said it, what, and when as the page tells it.

    `handle` starts with @ where the page shows one, else it is the account's name, or empty; `text` is empty where
    only a script would draw it.
    """

    handle: str
    text: str
    date_raw: str | None
    url: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Extraction:
    """What was taken out of one page: text exactly as published, white space normalised.

    `body` has one paragraph a line and does not repeat the headline. `quality` is 0 to 1. When `problem` is set the
    page is not an article and `body` is empty; `detail` tells why, or what an article lacks.
    """

    headline: str
    body: str
    authors: tuple[str, ...]
    published: datetime | None
    published_raw: str | None
    updated: datetime | None
    updated_raw: str | None
    language: str | None
    extractor: str
    quality: float
    problem: Reason | None = None
    detail: str | None = None
    quality_parts: Mapping[str, float] = field(default_factory=dict)
    embeds: tuple[Embed, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class RawLocation:
    """Where the kept page lies: a WARC file relative to the raw folder, and the byte span of its record."""

    file: str
    offset: int
    length: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Article:
    """One extracted article, its text exactly as published."""

    id: str
    entry: str
    outlet: str
    url: str
    headline: str
    body: str
    authors: tuple[str, ...]
    published: datetime | None
    published_raw: str | None
    updated: datetime | None
    updated_raw: str | None
    language: str | None
    extractor: str
    quality: float
    fetched_at: datetime
    fingerprint: str  # of the folded text: equal means exact copy
    quality_parts: Mapping[str, float] = field(default_factory=dict, compare=False)  # not stored
    embeds: tuple[Embed, ...] = ()
    signature: bytes = field(default=b"", compare=False)  # by what its copies are found; empty for a short text
    agencies: tuple[str, ...] = ()  # ids of the news agencies that it is credited to


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredText:
    """A stored article as the topics see it.

    Verdicts worth keeping come back; those of the topics `asked` in any case, and with `whole` every one.
    """

    headline: str
    body: str
    published: datetime | None
    outlet: str
    whole: bool = False
    asked: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Worked:
    """What a worker process makes of a page: an article with its verdicts, or the reason why there is none."""

    page_url: str
    final_url: str
    entry: str
    outlet: str
    fetched_at: datetime
    status: int
    article: Article | None
    verdicts: tuple[Verdict, ...] = ()
    judged: tuple[tuple[str, str], ...] = ()  # (topic id, topic version) of every topic that judged it
    raw: RawLocation | None = None
    problem: Reason | None = None
    detail: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Which story an article belongs to, and why."""

    story: str
    relation: Relation
    nearest: str | None = None  # the article it resembles
    similarity: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """What the storing transaction settled: the article that stands for the entry, its place, the flags raised."""

    article: str | None
    placement: Placement | None
    raised: tuple[str, ...] = ()  # topics for which this article raised a new flag
    already: bool = False  # the entry had been stored before (a replay)
    look: Literal["unchanged", "changed"] | None = None  # what a look at a stored page again found
    developed: tuple[str, ...] = ()  # topics whose decided flag it opened again

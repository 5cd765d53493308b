"""The values that cross a boundary of Mirqab: frozen, keyword-only, with aware UTC datetimes.

The type changes when the meaning changes: Outlet → FeedSnapshot → FeedEntry → Page → Worked → Placement → Flag.
Ids carry a prefix that says what they are: `e…` entry, `a…` article, `s…` story, `r…` run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, Final, Literal


class OutletKind(StrEnum):
    """Who publishes."""

    WIRE = "wire"
    NEWSPAPER = "newspaper"
    BROADCASTER = "broadcaster"
    PORTAL = "portal"


class Reason(StrEnum):
    """Why something that the world sent did not become an article, or a feed gave no entries.

    One vocabulary for feeds and pages: it is stored, counted by `mirqab runs` and `health`, and printed by
    `mirqab feed` and `extract`, so a value is never renamed.
    """

    # the way there
    BAD_URL = "bad_url"
    REFUSED_ADDRESS = "refused_address"  # not a public address
    REFUSED_BY_ROBOTS = "refused_by_robots"
    DNS = "dns"
    CONNECTION = "connection"
    TLS = "tls"
    TIMED_OUT = "timed_out"
    TOO_LARGE = "too_large"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    # the answer
    NOT_FOUND = "not_found"  # 404
    GONE = "gone"  # 410
    FORBIDDEN = "forbidden"  # 401, 403, 451
    TOO_MANY_REQUESTS = "too_many_requests"  # 429
    HTTP_ERROR = "http_error"  # any other status that is not a success
    BROKEN_ANSWER = "broken_answer"  # cut short, bad chunks, bad compression
    # the content
    EMPTY = "empty"
    NOT_A_FEED = "not_a_feed"
    UNREADABLE_FEED = "unreadable_feed"
    TRUNCATED_FEED = "truncated_feed"  # its items are kept, its validators are not
    NOT_HTML = "not_html"
    NO_ARTICLE = "no_article"
    WRONG_LANGUAGE = "wrong_language"
    # our own limits
    OUT_OF_MEMORY = "out_of_memory"
    WORKER_DIED = "worker_died"
    GAVE_UP = "gave_up"  # too many attempts, each with another passing reason


NO_ANSWER: Final = frozenset(
    {
        Reason.BAD_URL,
        Reason.REFUSED_ADDRESS,
        Reason.REFUSED_BY_ROBOTS,
        Reason.DNS,
        Reason.CONNECTION,
        Reason.TLS,
        Reason.TIMED_OUT,
    }
)
"""Reasons for which, unless the caller knows better, no answer of the server came in."""


class ExitCode(IntEnum):
    """How a command ended, for whoever started it: a script, the clock, another command."""

    WELL = 0
    FAILED = 1  # the run itself failed
    USAGE = 2  # wrong usage or configuration; nothing was done
    SOME_FAILED = 3  # done, but some outlets or inputs failed


class EntryState(StrEnum):
    """Where an entry of a feed stands."""

    PENDING = "pending"  # to be fetched, now or at `next_try_at`
    STORED = "stored"  # became an article, or a sighting of one
    NOTED = "noted"  # older than the first poll's limit: known, not fetched
    FAILED = "failed"  # will not be tried again; `reason` says why


class Relation(StrEnum):
    """How an article relates to what was stored before it."""

    NEW = "new"
    EXACT = "exact"
    NEAR = "near"
    UPDATE = "update"
    SAME_EVENT = "same_event"


class FlagState(StrEnum):
    """Where a flag stands; all but `OPEN` and `WITHDRAWN` are a person's decision."""

    OPEN = "open"
    RELEVANT = "relevant"
    IRRELEVANT = "irrelevant"
    TO_CHECK = "to_check"
    WITHDRAWN = "withdrawn"


class Grade(StrEnum):
    """How much of a story is about the topic."""

    MAIN = "main"  # the main subject
    PASSING = "passing"  # a current claim in passing
    BACKGROUND = "background"  # background, or nothing


# ---------------------------------------------------------------------------------------------- ids


def make_id(prefix: Literal["e", "a", "s", "r"], *parts: str) -> str:
    """Return the id that always belongs to these parts: the prefix and 15 hexadecimal digits.

    60 bits: with ten million ids of one kind the chance of any collision is below one in 20,000.
    Deterministic, so that a replay after a crash meets the same row.
    """
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return prefix + digest[:15]


# ----------------------------------------------------------------------------------------- declarations


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One YAML file as read: plain values, and the line of every key and item.

    `lines` maps the path of keys and indices to a line counted from 1; the path `()` is the file itself.
    """

    path: str
    content: Any
    lines: Mapping[tuple[str | int, ...], int]
    digest: str

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One line of the timetable: what runs when."""

    id: str
    cron: str  # five fields, weekdays by name
    timezone: str
    command: tuple[str, ...]  # what a person would type after `mirqab`


# -------------------------------------------------------------------------------------------- feeds


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
class FeedReading:
    """What the bytes of one feed say. `version` is feedparser's word (`rss20`, …), empty when it is no feed."""

    version: str
    encoding: str | None
    title: str
    items: tuple[FeedItem, ...]
    problem: Reason | None = None
    detail: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedSnapshot:
    """One answer of one feed, ready to be admitted to the archive.

    `status` is 0 when there was no answer. `not_modified` is true for a 304 and for a body whose hash is known.
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Admitted:
    """What one snapshot brought: the counts add up to the items of the reading.

    found = new + reopened + known + noted + unusable, where `unusable` are items without a usable link.
    """

    found: int = 0
    new: int = 0
    reopened: int = 0
    known: int = 0
    noted: int = 0
    unusable: int = 0


# -------------------------------------------------------------------------------------------- pages


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
    """What the feed and the declaration already say about a page; every field may be unknown."""

    title: str | None = None
    summary: str | None = None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    published_raw: str | None = None
    timezone: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Extraction:
    """What was taken out of one page: text exactly as published, white space normalised.

    `body` has one paragraph a line and does not repeat the headline. `quality` is 0 to 1. When `problem` is set the
    page is not an article and `body` is empty.
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


# ---------------------------------------------------------------------------------------- judgement


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A piece of the stored text: `text[start:stop]` in code points of the field `title` or `text`."""

    field: Literal["title", "text"]
    start: int
    stop: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """One marked piece of text, what it matched, and the rule it served.

    `points` is what the rule gave to the sentence; it stands on every span of that rule.
    """

    span: Span
    text: str
    concept: str
    rule: str
    points: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """One sentence that counted, with its arithmetic: `points` is the sum of `parts`."""

    span: Span
    points: float
    parts: tuple[tuple[str, float], ...]  # (name of the rule or penalty, points)
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a topic says of one text. A pure function of the text and the topic version."""

    topic: str
    version: str
    flagged: bool
    score: float
    threshold: float
    grade: Grade
    sum: tuple[tuple[str, float], ...]  # the score's visible arithmetic, by story: name and points
    sentences: tuple[Sentence, ...]
    facets: Mapping[str, tuple[str, ...]]  # facet id → values, strongest first
    missing: tuple[str, ...] = ()  # for a text that is not flagged: what would have been needed

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Every marked piece of the sentences that counted."""
        return tuple(item for sentence in self.sentences for item in sentence.evidence)


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


def encode_facets(facets: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return facets as plain JSON values, strongest first."""
    return {name: list(values) for name, values in facets.items()}

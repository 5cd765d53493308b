"""The vocabularies: reasons, states, kinds and exit codes, and the ids that follow from what they name."""

from __future__ import annotations

import hashlib
from enum import IntEnum, StrEnum
from typing import Final, Literal


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
    OUR_FAULT = "our_fault"  # an exception of our own code that nobody foresaw
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

REFUSALS: Final = frozenset({Reason.REFUSED_BY_ROBOTS, Reason.REFUSED_ADDRESS})
"""Reasons for which we did not ask at all; the others are failures."""


class FeedKind(StrEnum):
    """What a declared address of an outlet holds."""

    FEED = "feed"  # RSS, Atom or JSON Feed
    SITEMAP = "sitemap"  # a sitemap, a news sitemap, or an index of them
    SECTION = "section"  # a page with links to articles, where there is no feed


class FeedRole(StrEnum):
    """Why an address was asked in a run."""

    FEED = "feed"  # declared
    CHILD = "child"  # named by a sitemap index
    BACKFILL = "backfill"  # asked because another feed of the outlet may have lost items


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
    """Where a flag stands."""

    OPEN = "open"
    RELEVANT = "relevant"
    IRRELEVANT = "irrelevant"
    TO_CHECK = "to_check"
    DEVELOPING = "developing"  # decided, then something new was told
    WITHDRAWN = "withdrawn"


DECIDED: Final = (FlagState.RELEVANT, FlagState.IRRELEVANT, FlagState.TO_CHECK)
"""The states of a flag that a person gave."""

HELD: Final = (*DECIDED, FlagState.DEVELOPING)
"""The states of a flag on which a person's decision stands: no verdict changes them."""

LISTED: Final = (FlagState.OPEN, FlagState.DEVELOPING, FlagState.RELEVANT, FlagState.TO_CHECK)
"""The states of flags that are listed unless others are asked for."""


class Decision(StrEnum):
    """What a person said of a story for a topic; `UNDONE` takes the last word back."""

    RELEVANT = "relevant"
    IRRELEVANT = "irrelevant"
    TO_CHECK = "to_check"
    UNDONE = "undone"


class RaisedBy(StrEnum):
    """What first raised a flag: only those that a crawl raised are news."""

    CRAWL = "crawl"
    REEXTRACT = "reextract"  # kept pages worked anew
    REMATCH = "rematch"  # stored articles judged anew
    PERSON = "person"  # a decision on a story that no topic had flagged


class Grade(StrEnum):
    """How much of a story is about the topic."""

    MAIN = "main"  # the main subject
    PASSING = "passing"  # a current claim in passing
    BACKGROUND = "background"  # background, or nothing


def make_id(prefix: Literal["e", "a", "s", "r"], *parts: str) -> str:
    """Return the id that always belongs to these parts: the prefix and 15 hexadecimal digits.

    60 bits: with ten million ids of one kind the chance of any collision is below one in 20,000.
    Deterministic, so that a replay after a crash meets the same row.
    """
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return prefix + digest[:15]

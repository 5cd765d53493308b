"""The values that cross a boundary of Mirqab: frozen, keyword-only, with aware UTC datetimes.

The type changes when the meaning changes: Outlet → FeedSnapshot → FeedEntry → Page → Worked → Placement → Flag.
Ids carry a prefix that says what they are: `e…` entry, `a…` article, `s…` story, `r…` run.
"""

from mirqab.types.declared import Document, Feed, Job, Outlet
from mirqab.types.feeds import (
    Admitted,
    ChildSitemap,
    FeedBody,
    FeedEntry,
    FeedItem,
    FeedPace,
    FeedReading,
    FeedSnapshot,
    FeedState,
    HostPart,
    HostState,
    Validators,
)
from mirqab.types.judgement import Evidence, Sentence, Span, Verdict, encode_facets
from mirqab.types.pages import Article, Embed, Extraction, Page, PageHints, Placement, RawLocation, Stored, Worked
from mirqab.types.words import (
    NO_ANSWER,
    REFUSALS,
    EntryState,
    ExitCode,
    FeedKind,
    FeedRole,
    FlagState,
    Grade,
    OutletKind,
    Reason,
    Relation,
    make_id,
)

__all__ = [
    "NO_ANSWER",
    "REFUSALS",
    "Admitted",
    "Article",
    "ChildSitemap",
    "Document",
    "Embed",
    "EntryState",
    "Evidence",
    "ExitCode",
    "Extraction",
    "Feed",
    "FeedBody",
    "FeedEntry",
    "FeedItem",
    "FeedKind",
    "FeedPace",
    "FeedReading",
    "FeedRole",
    "FeedSnapshot",
    "FeedState",
    "FlagState",
    "Grade",
    "HostPart",
    "HostState",
    "Job",
    "Outlet",
    "OutletKind",
    "Page",
    "PageHints",
    "Placement",
    "RawLocation",
    "Reason",
    "Relation",
    "Sentence",
    "Span",
    "Stored",
    "Validators",
    "Verdict",
    "Worked",
    "encode_facets",
    "make_id",
]

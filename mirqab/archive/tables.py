"""The tables. docs/archive.md tells who writes which, and in what order.

Column order matters in SQLite: long text stands last, so that a list of headlines does not read the bodies.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    true,
)

from mirqab.archive.columns import CleanText, Json, UtcTime
from mirqab.types import FeedRole, RaisedBy

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

# ------------------------------------------------------------------------------------------- the ledger

runs = Table(
    "runs",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("command", CleanText, nullable=False),
    Column("topics", Json, nullable=False),  # [[id, version], …] pinned for the run
    Column("started_at", UtcTime, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_start", CleanText),  # tells the process from a later one with the same pid
    Column("ended_at", UtcTime),
    Column("exit_code", Integer),
    Column("finish", CleanText),
    Index("ix_runs_started_at", "started_at"),
)

polls = Table(  # what a run got from a feed
    "polls",
    metadata,
    Column("run", CleanText, ForeignKey("runs.id"), primary_key=True),
    Column("outlet", CleanText, primary_key=True),
    Column("url", CleanText, primary_key=True),
    Column("outcome", CleanText, nullable=False),  # ok, not_modified, failed, put_off
    Column("reason", CleanText),
    Column("detail", CleanText),
    Column("status", Integer, nullable=False),
    Column("polled_at", UtcTime, nullable=False),
    Column("found", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("reopened", Integer, nullable=False),
    Column("known", Integer, nullable=False),
    Column("noted", Integer, nullable=False),
    Column("unusable", Integer, nullable=False),
    Column("role", CleanText, nullable=False, server_default=FeedRole.FEED),
    Column("gap", Integer, nullable=False, server_default="0"),  # 1: it rolled over
    Column("left_out", Integer, nullable=False, server_default="0"),
    Column("robots", CleanText),
    Column("next_poll_at", UtcTime),
)

outcomes = Table(  # what a run made of an entry
    "outcomes",
    metadata,
    Column("run", CleanText, ForeignKey("runs.id"), primary_key=True),
    Column("entry", CleanText, ForeignKey("entries.id"), primary_key=True),
    Column("outcome", CleanText, nullable=False),  # stored, duplicate, failed, put_off
    Column("answered", Boolean, nullable=False),  # the server gave an answer
    Column("reason", CleanText),
    Column("detail", CleanText),
    Column("article", CleanText),
    Column("finished_at", UtcTime, nullable=False),
    Column("raw_file", CleanText),
    Column("raw_offset", Integer),
    Column("raw_length", Integer),
    Column("robots", CleanText),
    # what its text was like: for the outlet's norms, which are not to read bodies
    Column("length", Integer),
    Column("quality", Float),
    Column("extractor", CleanText),
    Column("dated", Boolean),
    Index("ix_outcomes_entry", "entry"),
    Index("ix_outcomes_raw_file", "raw_file", "raw_offset"),
)

# --------------------------------------------------------------------------------------- what feeds said

feeds = Table(
    "feeds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("outlet", CleanText, nullable=False),
    Column("url", CleanText, nullable=False),
    Column("etag", CleanText),
    Column("last_modified", CleanText),
    Column("body_hash", CleanText),
    Column("first_success_at", UtcTime),
    Column("last_polled_at", UtcTime, nullable=False),
    Column("last_answered_at", UtcTime),
    Column("last_success_at", UtcTime),
    Column("last_new_at", UtcTime),
    Column("last_error", CleanText),
    Column("last_error_at", UtcTime),
    Column("last_error_detail", CleanText),
    Column("failures", Integer, nullable=False),  # in a row; 0 after a success
    Column("failure_weight", Float, nullable=False, server_default="0"),
    Column("last_full_at", UtcTime),
    Column("interval_s", Float),
    Column("next_poll_at", UtcTime),
    Column("rhythm", Json),
    Column("pace", Json),
    Column("window", Integer),
    Column("moved_to", CleanText),
    Column("moved_times", Integer, nullable=False, server_default="0"),
    Column("gone_at", UtcTime),
    Column("trusts_304", Boolean, nullable=False, server_default=true()),
    Column("distrusted_at", UtcTime),
    Column("last_gap_at", UtcTime),
    Column("gap_since", UtcTime),
    Column("gaps", Integer, nullable=False, server_default="0"),
    Column("looked_at", UtcTime),  # what it may have lost was looked for elsewhere, to the end
    UniqueConstraint("outlet", "url"),
)

item_hashes = Table(  # what tells unchanged items from others; apart, for a look at all feeds must not read it
    "item_hashes",
    metadata,
    Column("feed", Integer, ForeignKey("feeds.id"), primary_key=True),
    Column("hashes", LargeBinary, nullable=False),
    Column("newest", LargeBinary),  # the entries that the feed was the last to begin to tell, eight bytes each
)

hosts = Table(
    "hosts",
    metadata,
    Column("host", CleanText, primary_key=True),  # scheme://host:port
    Column("not_before", UtcTime),
    Column("because", CleanText),
    Column("robots_status", Integer),
    Column("robots_at", UtcTime),
    Column("robots", LargeBinary),  # compressed
)

entries = Table(
    "entries",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("outlet", CleanText, nullable=False),
    Column("url", CleanText, nullable=False),
    Column("url_key", CleanText, nullable=False),
    Column("guid", CleanText),
    Column("state", CleanText, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_seen_at", UtcTime, nullable=False),
    Column("next_try_at", UtcTime),
    Column("reason", CleanText),
    Column("detail", CleanText),
    Column("article", CleanText),  # what it became; no key, since an article points at its entry
    Column("published", UtcTime),
    Column("published_raw", CleanText),
    Column("updated", UtcTime),
    Column("updated_raw", CleanText),
    Column("authors", Json, nullable=False),
    Column("title", CleanText, nullable=False),
    Column("summary", CleanText, nullable=False),
    Column("content", CleanText),
    Column("after_gap", UtcTime),
    Column("reopened_at", UtcTime),
    Column("reopenings", Integer, nullable=False, server_default="0"),  # in a row that brought the same text
    Column("check_at", UtcTime),  # when to look at the stored page again
    Column("checks", Integer, nullable=False, server_default="0"),
    UniqueConstraint("outlet", "url_key"),
    Index("ix_entries_outlet_state_first_seen_at", "outlet", "state", "first_seen_at", "published", "id"),
    Index("ix_entries_url_key", "url_key"),
    Index("ix_entries_check_at", "check_at"),
)

carried = Table(  # how a feed last told an entry: two feeds of an outlet may word one entry differently for ever
    "carried",
    metadata,
    Column("entry", CleanText, ForeignKey("entries.id"), primary_key=True),
    Column("feed", Integer, ForeignKey("feeds.id"), primary_key=True),
    Column("digest", CleanText, nullable=False),  # of title, summary and updated
    Column("words", CleanText),  # of title and summary alone
    sqlite_with_rowid=False,
)

# ------------------------------------------------------------------------------------- articles, stories

stories = Table(
    "stories",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("first_seen_at", UtcTime, nullable=False),
)

articles = Table(
    "articles",
    metadata,
    Column("id", CleanText, primary_key=True),
    Column("entry", CleanText, ForeignKey("entries.id"), nullable=False),
    Column("story", CleanText, ForeignKey("stories.id"), nullable=False),
    Column("relation", CleanText, nullable=False),
    Column("nearest", CleanText),
    Column("similarity", Float),
    Column("outlet", CleanText, nullable=False),
    Column("url", CleanText, nullable=False),
    Column("url_key", CleanText, nullable=False),  # of the address that the page ended at
    Column("fingerprint", CleanText, nullable=False),
    Column("headline", CleanText, nullable=False),
    Column("published", UtcTime),
    Column("published_raw", CleanText),
    Column("updated", UtcTime),
    Column("updated_raw", CleanText),
    Column("authors", Json, nullable=False),
    Column("language", CleanText),
    Column("extractor", CleanText, nullable=False),
    Column("quality", Float, nullable=False),
    Column("fetched_at", UtcTime, nullable=False),
    Column("stored_at", UtcTime, nullable=False),
    Column("raw_file", CleanText),
    Column("raw_offset", Integer),
    Column("raw_length", Integer),
    Column("body", CleanText, nullable=False),
    Column("embeds", Json, nullable=False, server_default="[]"),
    Column("agencies", Json, nullable=False, server_default="[]"),  # ids of those that the text is credited to
    Column("placed_by", CleanText),  # the person who put it into its story
    UniqueConstraint("url_key"),
    UniqueConstraint("fingerprint"),
    Index("ix_articles_story", "story"),
    Index("ix_articles_outlet", "outlet"),
    Index("ix_articles_stored_at", "stored_at"),
    Index("ix_articles_raw_file", "raw_file", "raw_offset"),
)

versions = Table(  # former texts of an article
    "versions",
    metadata,
    Column("article", CleanText, ForeignKey("articles.id"), primary_key=True),
    Column("number", Integer, primary_key=True),  # counted from 1, the oldest text
    Column("fingerprint", CleanText, nullable=False),
    Column("headline", CleanText, nullable=False),
    Column("published", UtcTime),
    Column("updated", UtcTime),
    Column("fetched_at", UtcTime, nullable=False),
    Column("replaced_at", UtcTime, nullable=False),
    Column("raw_file", CleanText),
    Column("raw_offset", Integer),
    Column("raw_length", Integer),
    Column("body", CleanText, nullable=False),
    Index("ix_versions_fingerprint", "fingerprint"),
    Index("ix_versions_raw_file", "raw_file", "raw_offset"),
)

sightings = Table(  # an outlet carried this article then, under its own headline
    "sightings",
    metadata,
    Column("entry", CleanText, ForeignKey("entries.id"), primary_key=True),
    Column("article", CleanText, ForeignKey("articles.id"), primary_key=True),
    Column("outlet", CleanText, nullable=False),
    Column("url", CleanText, nullable=False),
    Column("url_key", CleanText, nullable=False),
    Column("relation", CleanText, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("published", UtcTime),
    Column("headline", CleanText, nullable=False),
    Column("gone_at", UtcTime),  # the page is no longer there
    Column("changed_at", UtcTime),  # it carries another text since
    Index("ix_sightings_article", "article"),
    Index("ix_sightings_url_key", "url_key"),
)

signatures = Table(  # by what copies of an article are found; another text has another number
    "signatures",
    metadata,
    Column("number", Integer, primary_key=True),  # rises with every one stored
    Column("article", CleanText, ForeignKey("articles.id"), nullable=False),
    Column("day", CleanText, nullable=False),  # of which the article is, ISO 8601
    Column("signature", LargeBinary, nullable=False),
    UniqueConstraint("article"),
    Index("ix_signatures_day", "day"),
    sqlite_autoincrement=True,
)

weights = Table(  # in how many recent texts a term stands
    "weights",
    metadata,
    Column("name", CleanText, primary_key=True),
    Column("made_at", UtcTime, nullable=False),
    Column("texts", Integer, nullable=False),
    Column("weights", LargeBinary, nullable=False),
)

regroupings = Table(  # articles that a person moved from one story to another
    "regroupings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("decision", CleanText, nullable=False),  # merge, split
    Column("story", CleanText, ForeignKey("stories.id"), nullable=False),  # where they are now
    Column("other", CleanText, ForeignKey("stories.id"), nullable=False),  # where they were
    Column("articles", Json, nullable=False),
    Column("decided_at", UtcTime, nullable=False),
    Column("decided_by", CleanText, nullable=False),
    Column("note", CleanText),
    Column("undone_at", UtcTime),
    Index("ix_regroupings_story", "story"),
    Index("ix_regroupings_other", "other"),
)

unconfirmed = Table(  # stored, its mark in Redis not yet known to be made
    "unconfirmed",
    metadata,
    Column("article", CleanText, ForeignKey("articles.id"), primary_key=True),
    sqlite_with_rowid=False,
)

# -------------------------------------------------------------------------------------- verdicts, flags

topic_sets = Table(  # topics, each in one version, that articles were judged by
    "topic_sets",
    metadata,
    Column("id", CleanText, primary_key=True),  # follows from the topics
    Column("topics", Json, nullable=False),  # [[id, version], …] by id
)

judged = Table(
    "judged",
    metadata,
    Column("article", CleanText, ForeignKey("articles.id"), primary_key=True),
    Column("topics", CleanText, ForeignKey("topic_sets.id"), nullable=False),
    sqlite_with_rowid=False,
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("article", CleanText, ForeignKey("articles.id"), primary_key=True),
    Column("topic", CleanText, primary_key=True),
    Column("version", CleanText, nullable=False),
    Column("flagged", Boolean, nullable=False),
    Column("score", Float, nullable=False),
    Column("grade", CleanText, nullable=False),
    Column("judged_at", UtcTime, nullable=False),
    Column("verdict", Json, nullable=False),
)

flags = Table(
    "flags",
    metadata,
    Column("story", CleanText, ForeignKey("stories.id"), primary_key=True),
    Column("topic", CleanText, primary_key=True),
    Column("state", CleanText, nullable=False),
    Column("article", CleanText, ForeignKey("articles.id"), nullable=False),  # whose verdict is the best
    Column("topic_version", CleanText, nullable=False),
    Column("score", Float, nullable=False),
    Column("grade", CleanText, nullable=False),
    Column("first_seen_at", UtcTime, nullable=False),  # the story's
    Column("raised_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("facets", Json, nullable=False),
    Column("top_evidence", CleanText, nullable=False),
    Column("raised_by", CleanText, nullable=False, server_default=RaisedBy.CRAWL),
    Column("earned", Boolean, nullable=False, server_default=true()),  # the topic flags it now, whoever decided what
    Column("developed_at", UtcTime),
    Column("development", Json, nullable=False, server_default="[]"),  # what was new then
    Index("ix_flags_first_seen_at", "first_seen_at"),
    Index("ix_flags_topic_first_seen_at", "topic", "first_seen_at"),
)

flag_facets = Table(
    "flag_facets",
    metadata,
    Column("story", CleanText, primary_key=True),
    Column("topic", CleanText, primary_key=True),
    Column("facet", CleanText, primary_key=True),
    Column("value", CleanText, primary_key=True),
    ForeignKeyConstraint(["story", "topic"], ["flags.story", "flags.topic"]),
    Index("ix_flag_facets_facet_value", "facet", "value"),
    sqlite_with_rowid=False,
)

decisions = Table(  # what a person said of a story, and the verdict as it stood then; the last one counts
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("story", CleanText, ForeignKey("stories.id"), nullable=False),
    Column("topic", CleanText, nullable=False),
    Column("decision", CleanText, nullable=False),
    Column("decided_at", UtcTime, nullable=False),
    Column("decided_by", CleanText, nullable=False),
    Column("note", CleanText),
    Column("article", CleanText, ForeignKey("articles.id"), nullable=False),  # whose verdict stood
    Column("outlet", CleanText, nullable=False),
    Column("topic_version", CleanText, nullable=False),
    Column("flagged", Boolean, nullable=False),
    Column("score", Float, nullable=False),
    Column("rules", Json, nullable=False),  # names
    Column("terms", Json, nullable=False),  # [[concept, words], …]
    Index("ix_decisions_story_topic", "story", "topic"),
)

# ------------------------------------------------------------------------------------------------ drift

norms = Table(  # what an outlet's pages are usually like
    "norms",
    metadata,
    Column("outlet", CleanText, primary_key=True),
    Column("made_at", UtcTime, nullable=False),
    Column("since", UtcTime),  # older pages do not count: they were read by another program
    Column("program", CleanText, nullable=False),  # the version of Mirqab
    Column("norm", Json),  # null: too few pages
)

drifts = Table(  # an outlet's pages left the norm
    "drifts",
    metadata,
    Column("outlet", CleanText, primary_key=True),
    Column("measure", CleanText, primary_key=True),
    Column("since", UtcTime, primary_key=True),
    Column("ended_at", UtcTime),
    Column("ending", CleanText),  # fixed, or accepted as the new norm
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
)

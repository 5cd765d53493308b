"""Stored articles judged anew: which there are, and writing what the topics say of them now.

Stories are dealt with whole, in the order of their ids: whether a flag stands depends on all articles of its story.
Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select

from mirqab.archive import flags, tables, topicsets
from mirqab.archive.entries import chunks
from mirqab.archive.flags import FlagChange
from mirqab.archive.storing import verdict_row
from mirqab.archive.topicsets import Versions
from mirqab.killpoints import kill_point
from mirqab.topics import worth_keeping
from mirqab.types import RaisedBy, StoredText, Verdict

_articles = tables.articles
_flags = tables.flags
_judged = tables.judged
_stories = tables.stories
_verdicts = tables.verdicts


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """Which articles are judged anew, by which topics in which versions.

    Those of some outlets, of stories first seen since a moment; with `everything` also those that were judged at
    these versions before.
    """

    topics: Versions
    outlets: Collection[str] | None = None
    since: datetime | None = None
    everything: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class StaleArticle:
    """An article to be judged anew by `topics`; `fingerprint` and `judged` are as it was read."""

    id: str
    story: str
    text: StoredText
    topics: tuple[str, ...]
    fingerprint: str
    judged: Versions


@dataclass(frozen=True, kw_only=True, slots=True)
class StaleBatch:
    """The articles to be judged anew of the stories whose ids follow on `after`, up to `last`."""

    after: str
    last: str
    articles: tuple[StaleArticle, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejudged:
    """What a batch came to: each flag that stood or stands, and how many articles were left as they are.

    Left are those that changed, or that another process judged, after they were read: a later call finds them.
    """

    changes: tuple[FlagChange, ...] = ()
    left: int = 0


def count(conn: Connection, chosen: Chosen) -> int:
    """Return how many articles are to be judged anew."""
    query = _narrowed(select(func.count()).select_from(_WITH_SETS), chosen)
    if not chosen.everything:
        current = [identity for identity, at in topicsets.every(conn).items() if not _wanted(chosen, at)]
        query = query.where(_judged.c.topics.is_(None) | _judged.c.topics.not_in(current))
    found: int = conn.execute(query).scalar_one()
    return found


def read(conn: Connection, chosen: Chosen, *, after: str, limit: int) -> StaleBatch | None:
    """Return the articles to be judged anew of the next `limit` stories; None when there are no more stories."""
    stories = conn.execute(_STORIES, {"after": after, "most": limit}).scalars().all()
    if not stories:
        return None
    span = {"after": after, "last": stories[-1]}
    sets = topicsets.every(conn)
    wanted: dict[str, tuple[tuple[str, ...], Versions]] = {}
    for row in conn.execute(_narrowed(_MARKS, chosen), span):
        at = sets.get(row.topics, {})
        if topics := _wanted(chosen, at):
            wanted[row.id] = (topics, at)
    flagged = set(conn.execute(_FLAGS, span).scalars()) if wanted else set()
    articles = []
    for ids in chunks(wanted):
        for row in conn.execute(_TEXTS, {"ids": ids}):
            topics, at = wanted[row.id]
            text = StoredText(
                headline=row.headline,
                body=row.body,
                published=row.published,
                outlet=row.outlet,
                whole=row.story in flagged,
            )
            articles.append(
                StaleArticle(
                    id=row.id, story=row.story, text=text, topics=topics, fingerprint=row.fingerprint, judged=at
                )
            )
    return StaleBatch(after=after, last=stories[-1], articles=tuple(articles))


def write(
    conn: Connection, chosen: Chosen, batch: StaleBatch, verdicts: Mapping[str, Sequence[Verdict]], *, now: datetime
) -> Rejudged:
    """Replace the verdicts of a batch by new ones (article → what the topics say), and settle its stories' flags.

    An article without an answer stays as it is.
    """
    span = {"after": batch.after, "last": batch.last}
    sets = topicsets.every(conn)
    present = {row.id: (row.fingerprint, sets.get(row.topics, {})) for row in conn.execute(_PRESENT, span)}
    fresh = []
    for article in batch.articles:
        fingerprint, at = present.get(article.id, ("", {}))
        if article.id in verdicts and fingerprint == article.fingerprint and _same(at, article):
            fresh.append((article, verdicts[article.id], at))
    _replace(conn, chosen, fresh, span, now)
    kill_point("rejudging")
    standing = {(row.story, row.topic) for row in conn.execute(_FLAGS, span)}
    unsettled: defaultdict[str, set[str]] = defaultdict(set)
    for article, said, _ in fresh:
        earned = {verdict.topic for verdict in said if verdict.flagged}
        unsettled[article.story].update(
            topic for topic in article.topics if topic in earned or (article.story, topic) in standing
        )
    changes = [
        change
        for story, topics in sorted(unsettled.items())
        for change in flags.settle(conn, story, sorted(topics), now=now, raised_by=RaisedBy.REMATCH)
    ]
    left = sum(article.id in verdicts for article in batch.articles) - len(fresh)
    return Rejudged(changes=tuple(changes), left=left)


# --------------------------------------------------------------------------------------------------- steps

_WITH_SETS: Final = _articles.outerjoin(_judged, _judged.c.article == _articles.c.id)
_within = (_articles.c.story > bindparam("after")) & (_articles.c.story <= bindparam("last"))
_STORIES: Final = (
    select(_stories.c.id).where(_stories.c.id > bindparam("after")).order_by(_stories.c.id).limit(bindparam("most"))
)
_MARKS: Final = select(_articles.c.id, _judged.c.topics).select_from(_WITH_SETS).where(_within)
_PRESENT: Final = _MARKS.add_columns(_articles.c.fingerprint)
_TEXTS: Final = (
    select(
        _articles.c.id,
        _articles.c.story,
        _articles.c.outlet,
        _articles.c.fingerprint,
        _articles.c.headline,
        _articles.c.published,
        _articles.c.body,
    )
    .where(_articles.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_articles.c.id)
)
_FLAGS: Final = select(_flags.c.story, _flags.c.topic).where(
    _flags.c.story > bindparam("after"), _flags.c.story <= bindparam("last")
)
_KEPT: Final = (
    select(_verdicts.c.article, _verdicts.c.topic)
    .join_from(_articles, _verdicts, _verdicts.c.article == _articles.c.id)
    .where(_within)
)
_DROP: Final = delete(_verdicts).where(
    _verdicts.c.article == bindparam("this_article"), _verdicts.c.topic == bindparam("this_topic")
)
_INSERT: Final = insert(_verdicts)


def _wanted(chosen: Chosen, at: Versions) -> tuple[str, ...]:
    """Return the topics that are to judge an article which was judged by others, or at other versions."""
    return tuple(topic for topic, version in chosen.topics.items() if chosen.everything or at.get(topic) != version)


def _same(at: Versions, article: StaleArticle) -> bool:
    return all(at.get(topic) == article.judged.get(topic) for topic in article.topics)


def _narrowed(query: Select[Any], chosen: Chosen) -> Select[Any]:
    if chosen.outlets is not None:
        query = query.where(_articles.c.outlet.in_(chosen.outlets))
    if chosen.since is not None:
        query = query.join(_stories, _stories.c.id == _articles.c.story)
        query = query.where(_stories.c.first_seen_at >= chosen.since)
    return query


def _replace(
    conn: Connection,
    chosen: Chosen,
    fresh: Sequence[tuple[StaleArticle, Sequence[Verdict], Versions]],
    span: Mapping[str, str],
    now: datetime,
) -> None:
    kept = {(row.article, row.topic) for row in conn.execute(_KEPT, span)}
    gone = [
        {"this_article": article.id, "this_topic": topic}
        for article, _, _ in fresh
        for topic in article.topics
        if (article.id, topic) in kept
    ]
    if gone:
        conn.execute(_DROP, gone)
    rows = [
        verdict_row(article.id, verdict, now)
        for article, said, _ in fresh
        for verdict in said
        if verdict.topic in article.topics and worth_keeping(verdict)
    ]
    if rows:
        conn.execute(_INSERT, rows)
    judged: defaultdict[tuple[tuple[str, str], ...], list[str]] = defaultdict(list)
    for article, _, at in fresh:
        judged[tuple({**at, **{topic: chosen.topics[topic] for topic in article.topics}}.items())].append(article.id)
    for pairs, articles in judged.items():
        topicsets.mark(conn, articles, dict(pairs))

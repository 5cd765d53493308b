"""Stored articles judged anew: which there are, and writing what the topics say of them now.

Stories are dealt with whole, in the order of their ids: whether a flag stands depends on all articles of its story.
Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select

from mirqab.archive import flags, tables, topicsets
from mirqab.archive.entries import chunks, is_article
from mirqab.archive.flags import FlagChange
from mirqab.archive.topicsets import Versions
from mirqab.archive.verdicts import verdict_row
from mirqab.killpoints import kill_point
from mirqab.topics import worth_keeping
from mirqab.types import RaisedBy, StoredText, Verdict

_articles = tables.articles
_entries = tables.entries
_flags = tables.flags
_judged = tables.judged
_stories = tables.stories
_verdicts = tables.verdicts


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """Which articles are judged anew, by which topics in which versions.

    Those of some outlets, of stories first seen since a moment; with `everything` also those that were judged at
    these versions before. A page that is no article any more keeps its text in the archive, and is none of them.
    """

    topics: Versions
    outlets: Collection[str] | None = None
    since: datetime | None = None
    everything: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class StaleArticle:
    """An article to be judged anew by `topics`; `fingerprint` and `judged_by`, a set of topics, are as it was read."""

    id: str
    story: str
    text: StoredText
    topics: frozenset[str]
    fingerprint: str
    judged_by: str | None


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
    query = _narrowed(select(func.count()).select_from(_WITH_SETS).where(is_article), chosen)
    if not chosen.everything:
        sets = topicsets.every(conn)
        wanted_of = _Wanted(chosen, sets)
        current = [identity for identity in sets if not wanted_of[identity]]
        query = query.where(_judged.c.topics.is_(None) | _judged.c.topics.not_in(current))
    found: int = conn.execute(query).scalar_one()
    return found


def read(conn: Connection, chosen: Chosen, *, after: str, limit: int) -> StaleBatch | None:
    """Return the articles to be judged anew of the next `limit` stories; None when there are no more stories."""
    stories = conn.execute(_STORIES, {"after": after, "most": limit}).scalars().all()
    if not stories:
        return None
    span = {"after": after, "last": stories[-1]}
    wanted_of = _Wanted(chosen, topicsets.every(conn))
    wanted = {row.id: row.topics for row in conn.execute(_narrowed(_MARKS, chosen), span) if wanted_of[row.topics]}
    flagged: defaultdict[str, set[str]] = defaultdict(set)
    if wanted:
        for flag in conn.execute(_FLAGS, span):
            flagged[flag.story].add(flag.topic)
    articles = []
    for ids in chunks(wanted):
        for row in conn.execute(_TEXTS, {"ids": ids}):
            text = StoredText(
                headline=row.headline,
                body=row.body,
                published=row.published,
                outlet=row.outlet,
                asked=frozenset(flagged.get(row.story, ())),
            )
            judged_by = wanted[row.id]
            articles.append(
                StaleArticle(
                    id=row.id,
                    story=row.story,
                    text=text,
                    topics=wanted_of[judged_by],
                    fingerprint=row.fingerprint,
                    judged_by=judged_by,
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
    present = {row.id: (row.fingerprint, row.topics, row.story) for row in conn.execute(_PRESENT, span)}
    fresh: list[_Fresh] = []
    for article in batch.articles:
        fingerprint, judged_by, story = present.get(article.id, ("", None, article.story))
        said = verdicts.get(article.id)
        if said is None or fingerprint != article.fingerprint:
            continue
        if judged_by == article.judged_by or _same(sets, judged_by, article):
            at = replace(article, story=story)  # a person may have moved it to another story of the batch
            fresh.append((at, [one for one in said if one.topic in article.topics], judged_by))
    _replace(conn, chosen, fresh, sets, span, now)
    kill_point("rejudging")
    standing: defaultdict[str, set[str]] = defaultdict(set)
    for row in conn.execute(_FLAGS, span):
        standing[row.story].add(row.topic)
    unsettled: defaultdict[str, set[str]] = defaultdict(set)
    for article, said, _ in fresh:
        unsettled[article.story].update(verdict.topic for verdict in said if verdict.flagged)
        unsettled[article.story].update(standing.get(article.story, set()) & article.topics)
    changes = [
        change
        for story, topics in sorted(unsettled.items())
        for change in flags.settle(conn, story, sorted(topics), now=now, raised_by=RaisedBy.REMATCH)
    ]
    left = sum(article.id in verdicts for article in batch.articles) - len(fresh)
    return Rejudged(changes=tuple(changes), left=left)


# --------------------------------------------------------------------------------------------------- steps

_WITH_SETS: Final = _articles.join(_entries, _entries.c.id == _articles.c.entry).outerjoin(
    _judged, _judged.c.article == _articles.c.id
)
_within = (_articles.c.story > bindparam("after")) & (_articles.c.story <= bindparam("last"))
_STORIES: Final = (
    select(_stories.c.id).where(_stories.c.id > bindparam("after")).order_by(_stories.c.id).limit(bindparam("most"))
)
_MARKS: Final = select(_articles.c.id, _judged.c.topics).select_from(_WITH_SETS).where(_within, is_article)
_PRESENT: Final = _MARKS.add_columns(_articles.c.fingerprint, _articles.c.story)
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


class _Wanted(dict[str | None, frozenset[str]]):
    """The topics that are to judge what a set of topics judged; computed once a set, for there may be thousands."""

    def __init__(self, chosen: Chosen, sets: Mapping[str, Versions]) -> None:
        self._chosen, self._sets = chosen, sets

    def __missing__(self, judged_by: str | None) -> frozenset[str]:
        chosen, at = self._chosen, self._sets.get(judged_by or "", {})
        self[judged_by] = wanted = frozenset(
            topic for topic, version in chosen.topics.items() if chosen.everything or at.get(topic) != version
        )
        return wanted


def _same(sets: Mapping[str, Versions], judged_by: str | None, article: StaleArticle) -> bool:
    """Tell whether another set of topics that judged an article meanwhile is the same in the topics that are to."""
    now, then = sets.get(judged_by or "", {}), sets.get(article.judged_by or "", {})
    return all(now.get(topic) == then.get(topic) for topic in article.topics)


def _narrowed(query: Select[Any], chosen: Chosen) -> Select[Any]:
    if chosen.outlets is not None:
        query = query.where(_articles.c.outlet.in_(chosen.outlets))
    if chosen.since is not None:
        query = query.join(_stories, _stories.c.id == _articles.c.story)
        query = query.where(_stories.c.first_seen_at >= chosen.since)
    return query


_Fresh = tuple[StaleArticle, Sequence[Verdict], str | None]
"""An article with the text that was read, in the story where it is now; what its topics say; who judged it last."""


def _replace(
    conn: Connection,
    chosen: Chosen,
    fresh: Sequence[_Fresh],
    sets: Mapping[str, Versions],
    span: Mapping[str, str],
    now: datetime,
) -> None:
    topics = {article.id: article.topics for article, _, _ in fresh}
    gone = [
        {"this_article": row.article, "this_topic": row.topic}
        for row in conn.execute(_KEPT, span)
        if row.topic in topics.get(row.article, ())
    ]
    if gone:
        conn.execute(_DROP, gone)
    rows = [
        verdict_row(article.id, verdict, now)
        for article, said, _ in fresh
        for verdict in said
        if worth_keeping(verdict)
    ]
    if rows:
        conn.execute(_INSERT, rows)
    groups: defaultdict[tuple[str | None, frozenset[str]], list[str]] = defaultdict(list)
    for article, _, judged_by in fresh:
        groups[judged_by, article.topics].append(article.id)
    for (judged_by, judged_now), articles in groups.items():
        versions = {topic: chosen.topics[topic] for topic in judged_now}
        topicsets.mark(conn, articles, {**sets.get(judged_by or "", {}), **versions})

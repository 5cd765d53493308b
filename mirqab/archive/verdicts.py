"""The verdicts on an article: what the topics say of its text, written with the flags that follow.

Every function takes the connection of a transaction that its caller began as a writer.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from mirqab.archive import flags, tables, topicsets
from mirqab.topics import verdict_to_json
from mirqab.types import RaisedBy, Verdict, Worked

_verdicts = tables.verdicts


def is_judged_otherwise(conn: Connection, worked: Worked, article: str) -> bool:
    """Tell whether a topic judged the text at another version than the archive holds, or for the first time."""
    return not set(worked.judged) <= topicsets.of_article(conn, article).items()


def topics_of(conn: Connection, article: str) -> set[str]:
    """Return the topics of which the archive holds a verdict on the article."""
    return set(conn.execute(select(_verdicts.c.topic).where(_verdicts.c.article == article)).scalars())


def judge(
    conn: Connection,
    worked: Worked,
    article: str,
    story: str,
    now: datetime,
    raised_by: RaisedBy,
    *,
    former: Collection[str],
    afresh: bool = False,
) -> tuple[str, ...]:
    """Replace the article's verdicts by the page's, and settle the story's flags; return the topics newly raised.

    `former` are the topics of the verdicts that it has. `afresh`: the text is another one, so that verdicts of topics
    that did not judge it now are void too.
    """
    by_topics = {topic for topic, _ in worked.judged} | {verdict.topic for verdict in worked.verdicts}
    void = set(former) if afresh else by_topics.intersection(former)
    if void:
        conn.execute(delete(_verdicts).where(_verdicts.c.article == article, _verdicts.c.topic.in_(void)))
    judged = dict(worked.judged) if afresh else {**topicsets.of_article(conn, article), **dict(worked.judged)}
    topicsets.mark(conn, [article], judged)
    if worked.verdicts:
        conn.execute(insert(_verdicts), [verdict_row(article, verdict, now) for verdict in worked.verdicts])
    flagged = {verdict.topic for verdict in worked.verdicts if verdict.flagged}
    return flags.raised(flags.settle(conn, story, sorted(void | flagged), now=now, raised_by=raised_by))


def take_back(conn: Connection, article: str, story: str, now: datetime, raised_by: RaisedBy) -> None:
    """Remove the article's verdicts and settle the story's flags; it stays judged."""
    topics = topics_of(conn, article)
    conn.execute(delete(_verdicts).where(_verdicts.c.article == article))
    flags.settle(conn, story, sorted(topics), now=now, raised_by=raised_by)


def verdict_row(article: str, verdict: Verdict, now: datetime) -> dict[str, Any]:
    """Return the row that keeps an article's verdict."""
    return {
        "article": article,
        "topic": verdict.topic,
        "version": verdict.version,
        "flagged": verdict.flagged,
        "score": verdict.score,
        "grade": verdict.grade,
        "judged_at": now,
        "verdict": verdict_to_json(verdict),
    }

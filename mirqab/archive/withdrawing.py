"""Flags of topics that are declared no more: withdrawn where nobody has decided, so that none stays open for ever.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from mirqab.archive import flags, tables, topicsets
from mirqab.archive.flags import FlagChange
from mirqab.types import FlagState, RaisedBy

_articles = tables.articles
_flags = tables.flags
_judged = tables.judged
_verdicts = tables.verdicts


def withdraw(conn: Connection, topic: str, *, after: str, limit: int, now: datetime) -> tuple[FlagChange, ...]:
    """Withdraw a topic's open flags on the next `limit` stories after one; return them, none when there are no more.

    The topic's verdicts on these stories' articles go, and so does the note that it has judged them: when it is
    declared again, a rematch judges them anew, in whatever version it comes. What persons decided on is not touched.
    """
    query = select(_flags.c.story).where(_flags.c.topic == topic, _flags.c.state == FlagState.OPEN)
    query = query.where(_flags.c.story > after).order_by(_flags.c.story).limit(limit)
    stories = conn.execute(query).scalars().all()
    if not stories:
        return ()
    _forget(conn, topic, stories)
    changes: list[FlagChange] = []
    for story in stories:
        changes += flags.settle(conn, story, [topic], now=now, raised_by=RaisedBy.REMATCH)
    return tuple(changes)


def _forget(conn: Connection, topic: str, stories: Sequence[str]) -> None:
    """Make it as if a topic had never judged the articles of some stories."""
    within = select(_articles.c.id).where(_articles.c.story.in_(stories))
    conn.execute(delete(_verdicts).where(_verdicts.c.topic == topic, _verdicts.c.article.in_(within)))
    judged_by: defaultdict[str, list[str]] = defaultdict(list)
    for row in conn.execute(select(_judged).where(_judged.c.article.in_(within))):
        judged_by[row.topics].append(row.article)
    sets = topicsets.every(conn)
    for identity, articles in judged_by.items():
        if topic in sets[identity]:
            topicsets.mark(conn, articles, {one: at for one, at in sets[identity].items() if one != topic})

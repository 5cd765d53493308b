"""Flags and decisions of stories whose articles go from one to another.

Every function takes the connection of a transaction that its caller began as a writer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from mirqab.archive import flags, tables
from mirqab.types import Decision, FlagState, RaisedBy

_articles = tables.articles
_decisions = tables.decisions
_flags = tables.flags
_stories = tables.stories


def members_of(conn: Connection, story: str) -> dict[str, str | None]:
    """Return article → nearest of a story, in the order in which they were stored."""
    rows = conn.execute(
        select(_articles.c.id, _articles.c.nearest)
        .where(_articles.c.story == story)
        .order_by(_articles.c.stored_at, _articles.c.id)
    )
    return {row.id: row.nearest for row in rows}


def flags_of(conn: Connection, story: str) -> dict[str, Row[Any]]:
    """Return topic → flag of a story, as they are stored."""
    rows = conn.execute(select(_flags).where(_flags.c.story == story).order_by(_flags.c.topic))
    return {row.topic: row for row in rows}


def states_of(conn: Connection, *stories: str) -> dict[tuple[str, str], FlagState]:
    """Return (story, topic) → where its flag stands."""
    return {(story, topic): FlagState(flag.state) for story in stories for topic, flag in flags_of(conn, story).items()}


def last_word(conn: Connection, story: str, topic: str) -> Row[Any] | None:
    """Return the decision that stands on a story."""
    row = conn.execute(
        select(_decisions)
        .where(_decisions.c.story == story, _decisions.c.topic == topic)
        .order_by(_decisions.c.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None or row.decision == Decision.UNDONE else row


def spoken_of(conn: Connection, *stories: str) -> list[tuple[str, str]]:
    """Return the (story, topic) of which a person has ever said anything."""
    rows = conn.execute(
        select(_decisions.c.story, _decisions.c.topic).distinct().where(_decisions.c.story.in_(stories))
    )
    return sorted((row.story, row.topic) for row in rows)


def is_same_word(one: Row[Any] | None, other: Row[Any] | None) -> bool:
    """Tell whether two decisions are one word of a person, though it was carried from story to story."""
    if one is None or other is None:
        return one is other
    names = ("decision", "decided_at", "decided_by", "article")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def decision_row(conn: Connection, number: int) -> Row[Any]:
    """Return one decision as it is stored."""
    return conn.execute(select(_decisions).where(_decisions.c.id == number)).one()


def carry_word(conn: Connection, word: Row[Any], story: str, **otherwise: Any) -> int:
    """Write a decision anew as one on another story; returns its number."""
    values = word._asdict() | {"story": story} | otherwise
    del values["id"]
    number: int = conn.execute(insert(_decisions).values(values).returning(_decisions.c.id)).scalar_one()
    return number


def copy_flag(conn: Connection, flag: Row[Any], story: str, state: str) -> None:
    """Give a story the flag that another one has; a flag left behind there when it was empty is replaced."""
    flags.remove(conn, story, flag.topic)
    conn.execute(insert(_flags).values(flag._asdict() | {"story": story, "state": state}))
    flags.write_facets(conn, story, flag.topic, flag.facets)


def write_flag(conn: Connection, story: str, topic: str, values: Mapping[str, Any]) -> None:
    """Write some columns of a flag."""
    conn.execute(update(_flags).where(_flags.c.story == story, _flags.c.topic == topic).values(values))


def settle(conn: Connection, stories: Sequence[str], topics: Iterable[str], now: datetime) -> None:
    """Bring the two stories' flags, first sight and evidence in line with the articles that they have now, if any."""
    named = set(topics)
    for story in stories:
        first = conn.execute(
            select(func.min(_articles.c.stored_at)).where(_articles.c.story == story)
        ).scalar_one_or_none()
        if first is None:
            _leave_behind(conn, story)
            continue
        conn.execute(update(_stories).where(_stories.c.id == story).values(first_seen_at=first))
        conn.execute(update(_flags).where(_flags.c.story == story).values(first_seen_at=first))
        flags.settle(conn, story, sorted(named | set(flags_of(conn, story))), now=now, raised_by=RaisedBy.PERSON)
        _stand_as_decided(conn, story)
        _speak_for_itself(conn, story)


def _leave_behind(conn: Connection, story: str) -> None:
    """Withdraw the flags of a story that has no articles any more; they are what it takes up when it has some again."""
    conn.execute(update(_flags).where(_flags.c.story == story).values(state=FlagState.WITHDRAWN, earned=False))


def _stand_as_decided(conn: Connection, story: str) -> None:
    """Let flags that were left behind for a time stand where a person's last word on the story puts them."""
    for topic, flag in flags_of(conn, story).items():
        told = last_word(conn, story, topic)
        if told is not None and flag.state in (FlagState.OPEN, FlagState.WITHDRAWN):
            write_flag(conn, story, topic, {"state": FlagState(told.decision)})


def _speak_for_itself(conn: Connection, story: str) -> None:
    """Let a flag that names an article of another story name one of its own: the first, when no verdict is kept."""
    strange = [flag for flag in flags_of(conn, story).values() if not _is_in(conn, flag.article, story)]
    for flag in strange:
        found = flags.best(conn, story, flag.topic)
        article = next(iter(members_of(conn, story))) if found is None else found.article
        headline = conn.execute(select(_articles.c.headline).where(_articles.c.id == article)).scalar_one()
        write_flag(conn, story, flag.topic, {"article": article, "top_evidence": headline, "facets": {}})
        flags.write_facets(conn, story, flag.topic, {})


def _is_in(conn: Connection, article: str, story: str) -> bool:
    found: str = conn.execute(select(_articles.c.story).where(_articles.c.id == article)).scalar_one()
    return found == story

"""Flags: a topic raised on a story by the best verdict among its articles, or by a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from mirqab.archive import tables, topicsets
from mirqab.topics import verdict_from_json
from mirqab.types import FlagState, Grade, RaisedBy, Verdict, encode_facets

_flags = tables.flags


@dataclass(frozen=True, kw_only=True, slots=True)
class FlagChange:
    """What settling a flag came to; `before` and `after` are its states, `before` None for a new one.

    `earned` tells whether the topic flags the story now, `score` and `article` whose verdict says so. `evidence` is
    the sentence with the most points; of a flag that is not earned any more, the one that once earned it.
    """

    story: str
    topic: str
    article: str
    before: FlagState | None
    after: FlagState
    earned_before: bool
    earned: bool
    score_before: float
    score: float
    evidence: str


@dataclass(frozen=True, slots=True)
class Best:
    """The verdict that speaks for a story, and the article that it is about."""

    article: str
    headline: str
    body: str
    verdict: Verdict


_this_flag = (_flags.c.story == bindparam("this_story")) & (_flags.c.topic == bindparam("this_topic"))
_FLAG: Final = select(_flags).where(_this_flag)
_UPDATE: Final = update(_flags).where(_this_flag)
_BEST: Final = (
    select(tables.articles.c.id, tables.articles.c.headline, tables.articles.c.body, tables.verdicts.c.verdict)
    .join(tables.verdicts, tables.verdicts.c.article == tables.articles.c.id)
    .where(tables.articles.c.story == bindparam("this_story"), tables.verdicts.c.topic == bindparam("this_topic"))
    .order_by(
        tables.verdicts.c.flagged.desc(),
        tables.verdicts.c.score.desc(),
        tables.articles.c.stored_at,
        tables.articles.c.id,
    )
    .limit(1)
)


def settle(
    conn: Connection, story: str, topics: Iterable[str], *, now: datetime, raised_by: RaisedBy
) -> tuple[FlagChange, ...]:
    """Bring the story's flags in line with its articles' verdicts; return what became of each flag that stands.

    A person's decision is never changed, only the verdict beside it. An open flag that no member earns any more is
    withdrawn, and opened again when one does.
    """
    changes = (_settle(conn, story, topic, now, raised_by) for topic in topics)
    return tuple(change for change in changes if change is not None)


def raised(changes: Iterable[FlagChange]) -> tuple[str, ...]:
    """Return the topics whose flag is new."""
    return tuple(change.topic for change in changes if change.before is None)


def _settle(conn: Connection, story: str, topic: str, now: datetime, raised_by: RaisedBy) -> FlagChange | None:
    flag, found = flag_row(conn, story, topic), best(conn, story, topic)
    earned = found if found is not None and found.verdict.flagged else None
    if flag is None:
        if earned is None:
            return None
        values = raise_flag(conn, story, topic, earned, FlagState.OPEN, now=now, raised_by=raised_by)
        return _change(story, topic, None, values)
    state = FlagState(flag.state)
    if earned is not None:
        values = _values(earned, now)
        if state is FlagState.WITHDRAWN:
            values["state"] = FlagState.OPEN
        write_facets(conn, story, topic, earned.verdict.facets)
    elif state is FlagState.WITHDRAWN:  # stays so, though it may have the score of articles that went elsewhere
        conn.execute(_UPDATE.values(_unearned(conn, flag, found)), {"this_story": story, "this_topic": topic})
        return None
    else:
        values = _unearned(conn, flag, found) | {"changed_at": now}
        if state is FlagState.OPEN:
            values["state"] = FlagState.WITHDRAWN
    conn.execute(_UPDATE.values(values), {"this_story": story, "this_topic": topic})
    return _change(story, topic, flag, values)


def flag_row(conn: Connection, story: str, topic: str) -> Row[Any] | None:
    """Return a story's flag of one topic as it is stored."""
    return conn.execute(_FLAG, {"this_story": story, "this_topic": topic}).one_or_none()


def best(conn: Connection, story: str, topic: str) -> Best | None:
    """Return the verdict that speaks for a story: flagged before not, then the highest, then the one stored first."""
    row = conn.execute(_BEST, {"this_story": story, "this_topic": topic}).one_or_none()
    return None if row is None else Best(row.id, row.headline, row.body, verdict_from_json(row.verdict))


def raise_flag(
    conn: Connection, story: str, topic: str, by: Best, state: FlagState, *, now: datetime, raised_by: RaisedBy
) -> dict[str, Any]:
    """Write a new flag, and return its columns."""
    seen = conn.execute(select(tables.stories.c.first_seen_at).where(tables.stories.c.id == story)).scalar_one()
    new = {"story": story, "topic": topic, "state": state, "raised_at": now, "raised_by": raised_by}
    values = _values(by, now) | new | {"first_seen_at": seen}
    conn.execute(insert(_flags), values)
    write_facets(conn, story, topic, by.verdict.facets)
    return values


def set_state(conn: Connection, story: str, topic: str, state: FlagState, *, now: datetime) -> None:
    """Write where a flag stands, by a person's word: what was new until then is known with it."""
    values = {"state": state, "changed_at": now, "developed_at": None, "development": []}
    conn.execute(_UPDATE.values(values), {"this_story": story, "this_topic": topic})


def write_facets(conn: Connection, story: str, topic: str, facets: Mapping[str, Iterable[str]]) -> None:
    """Write the values by which a flag is found, in place of the former ones."""
    table = tables.flag_facets
    conn.execute(delete(table).where(table.c.story == story, table.c.topic == topic))
    rows = [
        {"story": story, "topic": topic, "facet": facet, "value": value}
        for facet, values in facets.items()
        for value in dict.fromkeys(values)
    ]
    if rows:
        conn.execute(insert(table), rows)


def remove(conn: Connection, story: str, topic: str) -> None:
    """Take a flag away that nothing but a person's word had raised."""
    for table in (tables.flag_facets, _flags):
        conn.execute(delete(table).where(table.c.story == story, table.c.topic == topic))


def _change(story: str, topic: str, flag: Row[Any] | None, values: dict[str, Any]) -> FlagChange:
    before = None if flag is None else FlagState(flag.state)
    stands: Mapping[str, Any] = values if flag is None else flag._asdict() | values
    return FlagChange(
        story=story,
        topic=topic,
        article=stands["article"],
        before=before,
        after=FlagState(stands["state"]),
        earned_before=flag is not None and flag.earned,
        earned=values["earned"],
        score_before=0.0 if flag is None else flag.score,
        score=values["score"],
        evidence=stands["top_evidence"],
    )


def _values(by: Best, now: datetime) -> dict[str, Any]:
    verdict = by.verdict
    return {
        "article": by.article,
        "topic_version": verdict.version,
        "score": verdict.score,
        "grade": verdict.grade,
        "changed_at": now,
        "facets": encode_facets(verdict.facets),
        "top_evidence": _top_sentence(by),
        "earned": verdict.flagged,
    }


def _unearned(conn: Connection, flag: Row[Any], found: Best | None) -> dict[str, Any]:
    """Return the columns of a flag that the topic does not raise now; facets and evidence tell what once raised it."""
    if found is not None:
        verdict = found.verdict
        return {"earned": False, "topic_version": verdict.version, "score": verdict.score, "grade": verdict.grade}
    version = topicsets.of_article(conn, flag.article).get(flag.topic, flag.topic_version)
    return {"earned": False, "score": 0.0, "grade": Grade.BACKGROUND, "topic_version": version}


def _top_sentence(by: Best) -> str:
    """Return the text of the sentence with the most points, the headline when no single sentence counted."""
    top = by.verdict.strongest
    return by.headline if top is None else top.span.cut(title=by.headline, text=by.body).strip()

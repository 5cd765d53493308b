"""What persons said of stories: their decisions, none of which is ever lost, and the flags that follow them.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, insert, select

from mirqab.archive import flags, tables
from mirqab.archive.entries import chunks
from mirqab.archive.flags import Best
from mirqab.types import Decision, FlagState, RaisedBy, Verdict

_decisions = tables.decisions


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """One decision, with the verdict as it stood then.

    `article` is the one whose verdict spoke for the story, `outlet` its outlet. `flagged` tells whether the topic
    flagged the story, `score` its points, `rules` the rules that fired, `terms` what they found: (concept, words).
    """

    story: str
    topic: str
    decision: Decision
    decided_at: datetime
    decided_by: str
    note: str | None
    article: str
    outlet: str
    topic_version: str
    flagged: bool
    score: float
    rules: tuple[str, ...]
    terms: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Marked:
    """What a decision changed: the state before and after, None where there was, or is, no flag."""

    decided: Decided
    before: FlagState | None
    after: FlagState | None


def decide(
    conn: Connection,
    story: str,
    decision: Decision,
    *,
    by: str,
    note: str | None,
    fallback: tuple[str, Verdict],
    now: datetime,
) -> Marked:
    """Write a person's decision, and bring the flag in line with it.

    `fallback` is an article of the story with the topic's verdict on it, for when no verdict is kept. A story that no
    topic flagged gets a flag that a person raised, and undoing the decision takes that away again.
    """
    article, verdict = fallback
    topic = verdict.topic
    found = flags.best(conn, story, topic) or _fallback(conn, article, verdict)
    flag = flags.flag_row(conn, story, topic)
    decided = _insert(conn, story, decision, found, by=by, note=note, now=now)
    before = None if flag is None else FlagState(flag.state)
    after: FlagState | None
    if decision is not Decision.UNDONE:
        after = FlagState(decision)
        if flag is None:
            flags.raise_flag(conn, story, topic, found, after, now=now, raised_by=RaisedBy.PERSON)
        else:
            flags.set_state(conn, story, topic, after, now=now)
    elif flag is None:
        after = None
    elif found.verdict.flagged:
        after = FlagState.OPEN
        flags.set_state(conn, story, topic, after, now=now)
    elif flag.raised_by == RaisedBy.PERSON:
        after = None
        flags.remove(conn, story, topic)
    else:
        after = FlagState.WITHDRAWN
        flags.set_state(conn, story, topic, after, now=now)
    return Marked(decided=decided, before=before, after=after)


def standing(conn: Connection, *, topic: str | None, since: datetime | None) -> list[Decided]:
    """Return the last decision of every story and topic, unless it was undone, in the order in which they were made.

    A story whose articles all went to another one has given that its decision.
    """
    holds = exists().where(tables.articles.c.story == _decisions.c.story)
    query = select(_decisions).where(holds).order_by(_decisions.c.id)
    if topic is not None:
        query = query.where(_decisions.c.topic == topic)
    last = last_of(decided_of(row) for row in conn.execute(query))
    return [one for one in last.values() if since is None or one.decided_at >= since]


def last_of(told: Iterable[Decided]) -> dict[tuple[str, str], Decided]:
    """Return of some decisions, the first first, those that stand: the last of each story and topic, if not undone."""
    last: dict[tuple[str, str], Decided] = {}
    for one in told:
        last.pop((one.story, one.topic), None)  # its place is that of the last word
        last[one.story, one.topic] = one
    return {key: one for key, one in last.items() if one.decision is not Decision.UNDONE}


def of_stories(conn: Connection, stories: Iterable[str]) -> list[Decided]:
    """Return every decision on some stories, the first first."""
    rows: list[Row[Any]] = []
    for chunk in chunks(stories):
        rows += conn.execute(select(_decisions).where(_decisions.c.story.in_(chunk)).order_by(_decisions.c.id))
    return [decided_of(row) for row in rows]


def _fallback(conn: Connection, article: str, verdict: Verdict) -> Best:
    articles = tables.articles
    row = conn.execute(select(articles.c.headline, articles.c.body).where(articles.c.id == article)).one()
    return Best(article, row.headline, row.body, verdict)


def _insert(
    conn: Connection, story: str, decision: Decision, found: Best, *, by: str, note: str | None, now: datetime
) -> Decided:
    articles, verdict = tables.articles, found.verdict
    outlet = conn.execute(select(articles.c.outlet).where(articles.c.id == found.article)).scalar_one()
    evidence = verdict.evidence
    row: dict[str, Any] = {
        "story": story,
        "topic": verdict.topic,
        "decision": decision,
        "decided_at": now,
        "decided_by": by,
        "note": note,
        "article": found.article,
        "outlet": outlet,
        "topic_version": verdict.version,
        "flagged": verdict.flagged,
        "score": verdict.score,
        "rules": tuple(dict.fromkeys(item.rule for item in evidence)),
        "terms": tuple(dict.fromkeys((item.concept, item.text) for item in evidence)),
    }
    conn.execute(insert(_decisions), row)
    return Decided(**row)


def decided_of(row: Row[Any]) -> Decided:
    """Return the decision that a full row of the table `decisions` holds."""
    values = row._asdict()
    del values["id"]
    return Decided(
        **values
        | {
            "decision": Decision(row.decision),
            "rules": tuple(row.rules),
            "terms": tuple((concept, words) for concept, words in row.terms),
        }
    )

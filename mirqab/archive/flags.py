"""Flags: a topic raised on a story by the best verdict among its articles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mirqab.archive import tables
from mirqab.topics import verdict_from_json
from mirqab.types import FlagState, Verdict, encode_facets

_flags = tables.flags


@dataclass(frozen=True, slots=True)
class _Best:
    """The verdict that speaks for a story."""

    article: str
    headline: str
    body: str
    verdict: Verdict


def settle(conn: Connection, story: str, topics: Iterable[str], *, now: datetime) -> tuple[str, ...]:
    """Bring the story's flags in line with its articles' verdicts; return the topics whose flag is new.

    A person's decision is never changed. An open flag that no member earns any more is withdrawn, and opened again
    when one does.
    """
    raised = []
    for topic in topics:
        best = _best(conn, story, topic)
        state = conn.execute(
            select(_flags.c.state).where(_flags.c.story == story, _flags.c.topic == topic)
        ).scalar_one_or_none()
        if best is not None:
            values = _values(best, now)
            if state is None:
                seen = select(tables.stories.c.first_seen_at).where(tables.stories.c.id == story).scalar_subquery()
                new = {"story": story, "topic": topic, "state": FlagState.OPEN, "raised_at": now}
                conn.execute(insert(_flags).values(values | new | {"first_seen_at": seen}))
                raised.append(topic)
            else:
                if state == FlagState.WITHDRAWN:
                    values["state"] = FlagState.OPEN
                conn.execute(update(_flags).where(_flags.c.story == story, _flags.c.topic == topic).values(values))
            _write_facets(conn, story, topic, best.verdict)
        elif state == FlagState.OPEN:
            conn.execute(
                update(_flags)
                .where(_flags.c.story == story, _flags.c.topic == topic)
                .values(state=FlagState.WITHDRAWN, changed_at=now)
            )
    return tuple(raised)


def _best(conn: Connection, story: str, topic: str) -> _Best | None:
    """Return the story's highest flagged verdict; among equals the one stored first."""
    articles, verdicts = tables.articles, tables.verdicts
    row = conn.execute(
        select(articles.c.id, articles.c.headline, articles.c.body, verdicts.c.verdict)
        .join(verdicts, verdicts.c.article == articles.c.id)
        .where(articles.c.story == story, verdicts.c.topic == topic, verdicts.c.flagged.is_(True))
        .order_by(verdicts.c.score.desc(), articles.c.stored_at, articles.c.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else _Best(row.id, row.headline, row.body, verdict_from_json(row.verdict))


def _values(best: _Best, now: datetime) -> dict[str, Any]:
    verdict = best.verdict
    return {
        "article": best.article,
        "topic_version": verdict.version,
        "score": verdict.score,
        "grade": verdict.grade,
        "changed_at": now,
        "facets": encode_facets(verdict.facets),
        "top_evidence": _top_sentence(best),
    }


def _top_sentence(best: _Best) -> str:
    """Return the text of the sentence with the most points, the headline when no single sentence counted."""
    top = max(best.verdict.sentences, key=lambda sentence: sentence.points, default=None)
    if top is None:
        return best.headline
    text = best.headline if top.span.field == "title" else best.body
    return text[top.span.start : top.span.stop].strip()


def _write_facets(conn: Connection, story: str, topic: str, verdict: Verdict) -> None:
    facets = tables.flag_facets
    conn.execute(delete(facets).where(facets.c.story == story, facets.c.topic == topic))
    rows = [
        {"story": story, "topic": topic, "facet": facet, "value": value}
        for facet, values in verdict.facets.items()
        for value in dict.fromkeys(values)
    ]
    if rows:
        conn.execute(insert(facets), rows)

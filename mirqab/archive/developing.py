"""Decided flags that something new opens again: what was known when the person decided, and what came since.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, or_, select, update

from mirqab.archive import decisions, tables
from mirqab.archive.decisions import Decided
from mirqab.topics import verdict_from_json
from mirqab.types import HELD, Decision, Development, FlagState, Worked

_articles = tables.articles
_decisions = tables.decisions
_flags = tables.flags
_verdicts = tables.verdicts
_versions = tables.versions


@dataclass(frozen=True, slots=True)
class Held:
    """A person's decision on a story, and the values of facets that the topic read in its texts so far."""

    decided: Decided
    facets: Mapping[str, frozenset[str]]
    told: tuple[Development, ...]


def held(conn: Connection, story: str, worked: Worked) -> list[Held]:
    """Return the decisions on a story that what a page tells may touch, before its verdicts replace any.

    Nearly every page is of a story on which nobody has decided: then this is one look at an index.
    """
    topics = {verdict.topic for verdict in worked.verdicts}
    if not topics:
        return []
    found = []
    for flag in conn.execute(_HELD, {"this_story": story}):
        if flag.topic in topics:
            decided = _standing(conn, story, flag.topic)
            if decided is not None:
                told = tuple(Development(**one) for one in flag.development)
                found.append(Held(decided, _facets(conn, story, flag.topic, flag.facets), told))
    return found


def reopen(
    conn: Connection, story: str, article: str, held: Sequence[Held], worked: Worked, now: datetime
) -> tuple[str, ...]:
    """Set the flags developing of which the page's evidence tells something new; return their topics.

    `article` is a member of the story whose text is the page's. A story called irrelevant is opened again only when
    what is new would flag it by itself.
    """
    from mirqab.developments import KnownText, NewText, developments, merged  # few runs meet a decided story

    assert worked.article is not None
    opened = []
    for one in held:
        decided = one.decided
        (verdict,) = (verdict for verdict in worked.verdicts if verdict.topic == decided.topic)
        new = developments(
            [
                KnownText(headline=row.headline, body=row.body, published=row.published)
                for row in _known_texts(conn, story, decided.decided_at, besides=article)
            ],
            one.facets,
            NewText(
                article=article,
                headline=worked.article.headline,
                body=worked.article.body,
                published=worked.article.updated or worked.article.published,
                verdict=verdict,
            ),
            must_flag=decided.decision is Decision.IRRELEVANT,
        )
        if new:
            values = {
                "state": FlagState.DEVELOPING,
                "developed_at": now,
                "changed_at": now,
                "development": [asdict(part) for part in merged(one.told, new)],
            }
            conn.execute(_SET.values(values), {"this_story": story, "this_topic": decided.topic})
            opened.append(decided.topic)
    return tuple(opened)


# ------------------------------------------------------------------------------------------------ steps

_HELD: Final = select(_flags.c.topic, _flags.c.facets, _flags.c.development).where(
    _flags.c.story == bindparam("this_story"), _flags.c.state.in_(HELD)
)
_SET: Final = update(_flags).where(_flags.c.story == bindparam("this_story"), _flags.c.topic == bindparam("this_topic"))
_MEMBERS: Final = select(_articles.c.id).where(_articles.c.story == bindparam("this_story"))


def _standing(conn: Connection, story: str, topic: str) -> Decided | None:
    """Return the decision that stands on a story: made on it, or on one whose article has come into it since."""
    rows = conn.execute(
        select(_decisions)
        .where(
            or_(_decisions.c.story == story, _decisions.c.article.in_(_MEMBERS)),
            _decisions.c.topic == topic,
        )
        .order_by(_decisions.c.id.desc()),
        {"this_story": story},
    )
    last = next((decisions.decided_of(row) for row in rows), None)
    return None if last is None or last.decision is Decision.UNDONE else last


def _facets(conn: Connection, story: str, topic: str, shown: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """Return the values that the topic read in the story: in its articles as they are, and when the flag was earned."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for facet, values in shown.items():
        found[facet].update(values)
    kept = select(_verdicts.c.verdict).where(_verdicts.c.article.in_(_MEMBERS), _verdicts.c.topic == topic)
    for verdict in conn.execute(kept, {"this_story": story}).scalars():
        for facet, values in verdict_from_json(verdict).facets.items():
            found[facet].update(values)
    return {facet: frozenset(values) for facet, values in found.items()}


def _known_texts(conn: Connection, story: str, at: datetime, *, besides: str) -> list[Row[Any]]:
    """Return every text that the story's articles had, then or before, when a person decided.

    The text that an article has now is not asked of `besides`: it is the new one.
    """
    articles, versions = (
        select(table.c.headline, table.c.body, table.c.published).where(table.c.fetched_at <= at)
        for table in (_articles, _versions)
    )
    members = {"this_story": story}
    present = articles.where(
        _articles.c.story == bindparam("this_story"), _articles.c.id != besides, _articles.c.stored_at <= at
    )
    return [*conn.execute(present, members), *conn.execute(versions.where(_versions.c.article.in_(_MEMBERS)), members)]

"""Which stored article a text is tied to, and where an article goes whose text is another one now.

Every function takes the connection of a transaction that its caller began as a writer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from mirqab.archive import carrying, reports, signatures, tables
from mirqab.archive.moments import moment_of
from mirqab.archive.reports import FlaggedReport, ReadTexts
from mirqab.archive.signatures import MOST_COMPARED, Compare, LookedUp, candidate_of
from mirqab.copies import TINY
from mirqab.types import Article, Placement, Relation, Worked, make_id

_articles = tables.articles
_stories = tables.stories
_versions = tables.versions


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """An article of the archive that a worked page is tied to, and how.

    `EXACT` the same text or the same address; `UPDATE` another text of the same article, a text that the article had
    before, or a copy of it that its outlet carries at another address; `NEAR` a copy of another outlet's;
    `SAME_EVENT` another text on its event. `similarity` is known of copies and of texts on one event.
    """

    article: str
    story: str
    relation: Relation
    similarity: float | None = None


Place = Callable[[Worked, Known | None], Placement]
"""Says which story a page belongs to; pure, called inside the transaction."""

SameEvent = Callable[[Worked, Sequence[FlaggedReport], ReadTexts], Known | None]
"""Says which article of the flagged stories tells of the event of a flagged page; called inside the transaction."""


def tied_to(
    conn: Connection,
    worked: Worked,
    article: Article,
    *,
    looked_up: LookedUp | None,
    compare: Compare | None,
    same_event: SameEvent | None,
) -> Known | None:
    """Return the article whose story a text belongs to: by a former text, as a copy, or, flagged, by its event."""
    known = _former(conn, article, compare)
    if known is None and compare is not None:
        found = signatures.nearest_since(conn, article, looked_up or LookedUp(mark=0), compare)
        if found is not None:
            nearest, story = found
            similarity = nearest.similarity
            known = Known(article=nearest.article, story=story, relation=nearest.relation, similarity=similarity)
    if known is None and same_event is not None and any(verdict.flagged for verdict in worked.verdicts):
        flagged = reports.around(conn, moment_of(article.published, article.fetched_at))
        others = [report for report in flagged if report.article != article.id]
        known = same_event(worked, others, partial(reports.texts, conn))
    return known


def anew(
    conn: Connection,
    there: Row[Any],
    worked: Worked,
    *,
    twin: Row[Any] | None,
    place: Place,
    looked_up: LookedUp | None,
    compare: Compare | None,
    same_event: SameEvent | None,
) -> Placement | None:
    """Return where a stored article, a row, goes whose text is another one now; None when it stays.

    It goes when its text is no copy any more of the article that it is in its story for: a placeholder that many
    events begin with joins none of them. It goes too when its text is that of another article, `twin`. It stays where
    a person put it, where others are there because of it, and when its new text is too short to say anything.
    """
    assert worked.article is not None
    article = replace(worked.article, id=there.id)
    if there.placed_by is not None or not _tells(article):
        return None
    if twin is not None:
        relation = Relation.UPDATE if twin.outlet == there.outlet else Relation.NEAR
        known: Known | None = Known(article=twin.id, story=twin.story, relation=relation, similarity=1.0)
    elif there.nearest is None or compare is None or _is_still_tied(conn, there, article, compare, same_event):
        return None
    else:
        known = tied_to(conn, worked, article, looked_up=looked_up, compare=compare, same_event=same_event)
    if (known is not None and known.story == there.story) or not _may_leave(conn, there, to_another=known is not None):
        return None
    if known is None:
        return Placement(story=_free_story(conn, there.id), relation=Relation.NEW)
    return place(worked, known)


def move(conn: Connection, article: str, to: Placement, now: datetime) -> None:
    """Write the story that an article is in from now on; the flags of both stories are still to be settled."""
    if to.relation is Relation.NEW:
        conn.execute(insert(_stories), {"id": to.story, "first_seen_at": now})
    values = {"story": to.story, "relation": to.relation, "nearest": to.nearest, "similarity": to.similarity}
    conn.execute(update(_articles).where(_articles.c.id == article).values(values))


# ------------------------------------------------------------------------------------------------ steps


def _tells(article: Article) -> bool:
    """Tell whether a text is long enough that repeating it says which event it is about; the second byte counts."""
    return bool(article.signature) and article.signature[1] >= TINY


_FORMER_TEXTS: Final = (
    select(
        _articles.c.id,
        _articles.c.story,
        _articles.c.outlet,
        _versions.c.headline,
        _versions.c.body,
        _versions.c.published,
        _versions.c.fetched_at,
    )
    .join(_versions, _versions.c.article == _articles.c.id)
    .order_by(_articles.c.stored_at, _articles.c.id, _versions.c.number)
)
_FORMER: Final = _FORMER_TEXTS.where(
    _versions.c.fingerprint == bindparam("fingerprint"), _articles.c.id != bindparam("besides")
).limit(MOST_COMPARED)
_FORMER_OF: Final = _FORMER_TEXTS.where(_articles.c.id == bindparam("article"))


def _former(conn: Connection, article: Article, compare: Compare | None) -> Known | None:
    """Return another article that had this text before it changed, within the window of days that `compare` knows."""
    if not _tells(article):
        return None
    rows = conn.execute(_FORMER, {"fingerprint": article.fingerprint, "besides": article.id}).all()
    if rows and compare is not None:
        nearest = compare(article, [candidate_of(row) for row in rows])
        rows = [row for row in rows if nearest is not None and row.id == nearest.article]
    if not rows:
        return None
    return Known(article=rows[0].id, story=rows[0].story, relation=Relation.UPDATE)


def _is_still_tied(
    conn: Connection, there: Row[Any], article: Article, compare: Compare, same_event: SameEvent | None
) -> bool:
    """Tell whether an article's new text is a copy of the one it is tied to, as that is or was.

    One that tells of its event in other words never was: it stays when its own text was merely edited.
    """
    if there.relation == Relation.SAME_EVENT:
        own = replace(candidate_of(there), article="")
        return same_event is None or compare(article, [own]) is not None
    former = [candidate_of(row) for row in conn.execute(_FORMER_OF, {"article": there.nearest})]
    return compare(article, [*signatures.candidates(conn, [there.nearest]), *former]) is not None


def _may_leave(conn: Connection, there: Row[Any], *, to_another: bool) -> bool:
    """Tell whether an article may leave its story, for another one that there is or for one of its own.

    It may not when the story is there because of it, or is empty without it and a person has spoken of it; alone in a
    story it has one of its own.
    """
    members = carrying.members_of(conn, there.story)
    if len(members) == 1:
        return to_another and not carrying.spoken_of(conn, there.story)
    return next(iter(members)) != there.id or there.id not in members.values()


def _free_story(conn: Connection, article: str) -> str:
    """Return the id of a story that never was: what was said of a former one is not said of what comes now."""
    story, number = make_id("s", article), 0
    while conn.execute(select(_stories.c.id).where(_stories.c.id == story)).first() is not None:
        number += 1
        story = make_id("s", article, "anew", str(number))
    return story

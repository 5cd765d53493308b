"""What runs took out of an outlet's pages, without reading a text; the norms made of it; when pages left them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, or_, select

from mirqab.archive import tables
from mirqab.archive.dialect import insert_or_update
from mirqab.types import Reason

_RUN_LASTS: Final = timedelta(days=1)
"""No run lasts longer, so that pages of a time are found by the starts of runs."""

_NEVER_READ: Final = frozenset(
    {
        Reason.TOO_MANY_REDIRECTS,
        Reason.NOT_FOUND,
        Reason.GONE,
        Reason.FORBIDDEN,
        Reason.TOO_MANY_REQUESTS,
        Reason.HTTP_ERROR,
        Reason.BROKEN_ANSWER,
        Reason.GAVE_UP,
    }
)
"""Reasons for which the server answered, yet with no page that could have been an article."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PageFact:
    """What became of one page: its text's length in characters, quality, extractor, whether it has a date.

    `refused` when it was no article, for `reason`; then all of these are unknown.
    """

    entry: str
    outlet: str
    at: datetime
    length: int | None = None
    quality: float | None = None
    extractor: str | None = None
    dated: bool | None = None
    reason: Reason | None = None

    @property
    def refused(self) -> bool:
        """Whether the page was no article."""
        return self.reason is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class NormRow:
    """An outlet's norm as it is kept: when it was made and by which version of Mirqab; pages before `since` are not
    in it. `norm` is None when there were too few."""

    outlet: str
    made_at: datetime
    since: datetime | None
    program: str
    norm: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DriftRow:
    """A time in which an outlet's pages were not what they used to be, in one measure.

    `before` and `after` hold the measure's value and a page that shows it. `ending` is `fixed` or `accepted`.
    """

    outlet: str
    measure: str
    since: datetime
    ended_at: datetime | None
    ending: str | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class PageShown:
    """A page as it is shown to a person: what was made of it; the lines are those of the text."""

    entry: str
    article: str | None
    url: str
    headline: str
    lines: tuple[str, ...]
    published_raw: str | None
    extractor: str | None
    reason: str | None
    detail: str | None


def page_facts(
    conn: Connection, *, since: datetime, until: datetime | None, outlets: Sequence[str] | None
) -> dict[str, list[PageFact]]:
    """Return what became of the pages of a time, by outlet, the oldest first; of an entry only the last."""
    runs, outcomes, entries = tables.runs, tables.outcomes, tables.entries
    query = (
        select(outcomes, entries.c.outlet)
        .join(runs, runs.c.id == outcomes.c.run)
        .join(entries, entries.c.id == outcomes.c.entry)
        .where(
            runs.c.started_at >= since - _RUN_LASTS,
            outcomes.c.finished_at >= since,
            outcomes.c.answered.is_(True),
            or_(outcomes.c.length.is_not(None), outcomes.c.outcome == "failed"),
        )
        .order_by(outcomes.c.finished_at)
    )
    if until is not None:
        query = query.where(outcomes.c.finished_at < until)
    if outlets is not None:
        query = query.where(entries.c.outlet.in_(outlets))
    last: dict[str, PageFact] = {}
    for row in conn.execute(query):
        reason = Reason(row.reason) if row.reason else None
        if reason in _NEVER_READ:
            continue
        last.pop(row.entry, None)
        last[row.entry] = PageFact(
            entry=row.entry,
            outlet=row.outlet,
            at=row.finished_at,
            length=row.length,
            quality=row.quality,
            extractor=row.extractor,
            dated=row.dated,
            reason=reason,
        )
    found: defaultdict[str, list[PageFact]] = defaultdict(list)
    for fact in last.values():
        found[fact.outlet].append(fact)
    return dict(found)


def norms(conn: Connection) -> dict[str, NormRow]:
    """Return the norms that are kept, by outlet."""
    return {row.outlet: NormRow(**row._mapping) for row in conn.execute(select(tables.norms))}


def drifts(conn: Connection, *, since: datetime) -> list[DriftRow]:
    """Return the drifts that go on, and those that ended since a moment, by outlet and time."""
    table = tables.drifts
    rows = conn.execute(
        select(table)
        .where(or_(table.c.ended_at.is_(None), table.c.ended_at >= since))
        .order_by(table.c.outlet, table.c.since, table.c.measure)
    )
    return [DriftRow(**row._mapping) for row in rows]


def keep(conn: Connection, norms: Sequence[NormRow], drifts: Sequence[DriftRow]) -> None:
    """Write norms in place of the former ones, and drifts as they stand now."""
    if norms:
        conn.execute(
            insert_or_update(tables.norms, keys=("outlet",), replace=("made_at", "since", "program", "norm")),
            [{name: getattr(row, name) for name in ("outlet", "made_at", "since", "program", "norm")} for row in norms],
        )
    if drifts:
        names = ("outlet", "measure", "since", "ended_at", "ending", "before", "after")
        conn.execute(
            insert_or_update(tables.drifts, keys=("outlet", "measure", "since"), replace=("ended_at", "ending")),
            [{name: getattr(row, name) for name in names} for row in drifts],
        )


def page_shown(conn: Connection, entry_id: str, *, lines: int, width: int) -> PageShown | None:
    """Return a page as it is shown: at most so many of its first and as many of its last lines, cut to a width."""
    entries, articles = tables.entries, tables.articles
    row = conn.execute(
        select(
            entries.c.url,
            entries.c.title,
            entries.c.reason,
            entries.c.detail,
            articles.c.id,
            articles.c.headline,
            articles.c.body,
            articles.c.published_raw,
            articles.c.extractor,
        )
        .outerjoin(articles, articles.c.id == entries.c.article)
        .where(entries.c.id == entry_id)
    ).one_or_none()
    if row is None:
        return None
    every = [line if len(line) <= width else line[: width - 1] + "…" for line in (row.body or "").split("\n") if line]
    return PageShown(
        entry=entry_id,
        article=row.id,
        url=row.url,
        headline=row.headline or row.title,
        lines=tuple(every if len(every) <= 2 * lines else [*every[:lines], "…", *every[-lines:]]),
        published_raw=row.published_raw,
        extractor=row.extractor,
        reason=row.reason,
        detail=row.detail,
    )

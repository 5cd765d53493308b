"""The ledger of runs: every number is a sum over what was written for single feeds and entries."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Column, Connection, Row, Select, case, func, insert, select, update

from mirqab.archive import tables
from mirqab.archive.dialect import insert_or_update
from mirqab.errors import ArchiveError
from mirqab.processes import boot, exists, process_start
from mirqab.types import REFUSALS, ExitCode, FeedRole, Reason, Relation, make_id

RunState = Literal["running", "done", "failed", "interrupted"]
_CUT_SHORT: Final = frozenset({"interrupted", "shutdown"})  # told to end; the latter is Scrapy's word, in older ledgers


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """What a run got, from one outlet or from all.

    Feeds, the sitemaps that an index names among them: asked = ok + not modified + failed + refused + put off;
    `feed_reasons` adds up to the failed, the refused and those put off for a reason. Back-fills, the addresses asked
    because a feed rolled over, are counted apart in the same way, `backfills_failed` being those without an answer for
    whatever reason. Items of both: found = new + reopened + known + noted + unusable; `found_again` are the new ones of
    back-fills. Pages: stored + duplicates + looked + failed + refused + put off are the entries that the run touched:
    `looked` those stored before that were looked at again, some of which had `changed` or were `gone`; `fetched` those
    for which the server answered; `near_copies` those stored that are near copies of other articles; `reasons` is to
    them what `feed_reasons` is to feeds. `gaps` counts feeds that rolled over, `left_out` the items beyond the most
    that are read.
    """

    feeds_ok: int = 0
    feeds_not_modified: int = 0
    feeds_failed: int = 0
    feeds_refused: int = 0
    feeds_put_off: int = 0
    feed_reasons: Mapping[Reason, int] = field(default_factory=dict)
    backfills: int = 0
    backfills_failed: int = 0
    backfill_reasons: Mapping[Reason, int] = field(default_factory=dict)
    gaps: int = 0
    left_out: int = 0
    found: int = 0
    new: int = 0
    reopened: int = 0
    known: int = 0
    noted: int = 0
    unusable: int = 0
    found_again: int = 0
    fetched: int = 0
    stored: int = 0
    near_copies: int = 0
    duplicates: int = 0
    looked: int = 0
    changed: int = 0
    gone: int = 0
    failed: int = 0
    refused: int = 0
    put_off: int = 0
    reasons: Mapping[Reason, int] = field(default_factory=dict)

    @property
    def feeds(self) -> int:
        """How many feeds the run was to ask."""
        answered = self.feeds_ok + self.feeds_not_modified
        return answered + self.feeds_failed + self.feeds_refused + self.feeds_put_off


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRow(Sums):
    """One run with its sums over all outlets.

    State: `done` with exit code 0 or 3, `failed` with another, `interrupted` when it was told to end, or the process
    went without a word.
    """

    id: str
    command: str
    topics: tuple[tuple[str, str], ...]
    started_at: datetime
    ended_at: datetime | None
    state: RunState
    exit_code: int | None
    finish: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class OutletSums(Sums):
    """What one run got from one outlet."""

    outlet: str


def start(conn: Connection, command: str, *, topics: Sequence[tuple[str, str]], now: datetime) -> str:
    """Open a run of this process and return its id."""
    pid = os.getpid()
    run = make_id("r", command, now.isoformat(), str(pid))
    conn.execute(
        insert(tables.runs).values(
            id=run, command=command, topics=topics, started_at=now, pid=pid, process_start=_started(pid)
        )
    )
    return run


def end(conn: Connection, run: str, *, exit_code: int, finish: str, now: datetime) -> None:
    """Close a run."""
    done = conn.execute(
        update(tables.runs).where(tables.runs.c.id == run).values(ended_at=now, exit_code=exit_code, finish=finish)
    )
    if done.rowcount != 1:
        raise ArchiveError(f"run {run} is not in the archive")


def under_way_since(conn: Connection) -> datetime | None:
    """Return when the first of the runs that are under way began; None when there is none."""
    open_runs = conn.execute(select(tables.runs).where(tables.runs.c.ended_at.is_(None)))
    return min((run.started_at for run in open_runs if _state(run) == "running"), default=None)


def latest(conn: Connection, limit: int) -> list[RunRow]:
    """Return the latest runs, the last first."""
    runs = conn.execute(select(tables.runs).order_by(tables.runs.c.started_at.desc()).limit(limit)).all()
    ids = [run.id for run in runs]
    found: defaultdict[str, _Adding] = defaultdict(_Adding)
    for row in conn.execute(_polls_by(_polls.c.run).where(_polls.c.run.in_(ids))):
        found[row.of].take_feeds(row)
    for row in conn.execute(_outcomes_by(_outcomes.c.run).where(_outcomes.c.run.in_(ids))):
        found[row.of].take_pages(row)
    return [
        RunRow(
            id=run.id,
            command=run.command,
            topics=tuple((topic, version) for topic, version in run.topics),
            started_at=run.started_at,
            ended_at=run.ended_at,
            state=_state(run),
            exit_code=run.exit_code,
            finish=run.finish,
            **found[run.id].sums,
        )
        for run in runs
    ]


def outlets(conn: Connection, run: str) -> list[OutletSums]:
    """Return for each outlet of a run its sums, by outlet."""
    entries = tables.entries
    found: defaultdict[str, _Adding] = defaultdict(_Adding)
    for row in conn.execute(_polls_by(_polls.c.outlet).where(_polls.c.run == run)):
        found[row.of].take_feeds(row)
    pages = _outcomes_by(entries.c.outlet).join(entries, entries.c.id == _outcomes.c.entry)
    for row in conn.execute(pages.where(_outcomes.c.run == run)):
        found[row.of].take_pages(row)
    return [OutletSums(outlet=outlet, **adding.sums) for outlet, adding in sorted(found.items())]


_polls, _outcomes = tables.polls, tables.outcomes
_ITEM_COUNTS: Final = ("found", "new", "reopened", "known", "noted", "unusable")


def _polls_by(of: Column[str]) -> Select[Any]:
    sums = [func.sum(_polls.c[name]).label(name) for name in (*_ITEM_COUNTS, "left_out")]
    gaps = func.sum(case((_polls.c.gap > 0, 1), else_=0)).label("gaps")
    by = (of.label("of"), _polls.c.outcome, _polls.c.reason, _polls.c.role)
    return select(*by, func.count().label("rows"), gaps, *sums).group_by(of, *by[1:])


def _outcomes_by(of: Column[str]) -> Select[Any]:
    answered = func.sum(case((_outcomes.c.answered, 1), else_=0)).label("answered")
    near = func.sum(case((tables.articles.c.relation.in_([Relation.NEAR, Relation.UPDATE]), 1), else_=0)).label("near")
    by = (of.label("of"), _outcomes.c.outcome, _outcomes.c.reason)
    # of a page that was stored the article that it became, of any other none
    became = (tables.articles.c.id == _outcomes.c.article) & (_outcomes.c.outcome == "stored")
    rows = _outcomes.outerjoin(tables.articles, became)
    return select(*by, func.count().label("rows"), answered, near).select_from(rows).group_by(of, *by[1:])


class _Adding:
    """Sums being added up."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._reasons: dict[str, Counter[Reason]] = {
            name: Counter() for name in ("feed_reasons", "backfill_reasons", "reasons")
        }

    @property
    def sums(self) -> dict[str, Any]:
        """The fields of `Sums`."""
        return {**self._counts, **{name: dict(reasons) for name, reasons in self._reasons.items()}}

    def take_feeds(self, row: Row[Any]) -> None:
        """Add polls of one outcome, reason and role."""
        if row.role == FeedRole.BACKFILL:
            self._counts["backfills"] += row.rows
            self._counts["backfills_failed"] += row.rows if row.outcome in ("failed", "put_off") else 0
            self._counts["found_again"] += row.new
        else:
            self._counts["feeds_" + _end(row)] += row.rows
        self._counts.update({name: getattr(row, name) for name in (*_ITEM_COUNTS, "left_out", "gaps")})
        self._because("backfill_reasons" if row.role == FeedRole.BACKFILL else "feed_reasons", row)

    def take_pages(self, row: Row[Any]) -> None:
        """Add entries of one outcome and reason."""
        end = _end(row)
        self._counts["fetched"] += row.answered
        self._counts["near_copies"] += row.near
        if end in _LOOKS:
            self._counts.update({name: row.rows for name in ("looked", _LOOKS[end]) if name})
            return
        self._counts["duplicates" if end == "duplicate" else end] += row.rows
        self._because("reasons", row)

    def _because(self, name: str, row: Row[Any]) -> None:
        if row.reason:
            self._reasons[name][Reason(row.reason)] += row.rows


_LOOKS: Final = {"unchanged": "", "changed": "changed", "disappeared": "gone"}
"""Outcome of a look at a stored page again → what it counts as besides."""


def _end(row: Row[Any]) -> str:
    return "refused" if row.outcome == "failed" and row.reason in REFUSALS else str(row.outcome)


def put_off(
    conn: Connection,
    run: str,
    *,
    feeds: Iterable[tuple[str, str]],
    entries: Iterable[str],
    end: Mapping[str, str | None],
    role: FeedRole,
    now: datetime,
) -> None:
    """Write what a run did not come to (`end`: outcome, reason and detail), where it made nothing of it before."""
    end = {"run": run, **end}
    nothing = dict.fromkeys(_ITEM_COUNTS, 0) | {"status": 0, "polled_at": now, "role": role}
    feed_rows = [end | nothing | {"outlet": outlet, "url": url} for outlet, url in feeds]
    if feed_rows:
        conn.execute(insert_or_update(tables.polls, keys=("run", "outlet", "url")), feed_rows)
    entry_rows = [end | {"entry": entry, "answered": False, "finished_at": now} for entry in entries]
    if entry_rows:
        conn.execute(insert_or_update(tables.outcomes, keys=("run", "entry")), entry_rows)


def _state(run: Row[Any]) -> RunState:
    if run.finish in _CUT_SHORT:
        return "interrupted"
    if run.ended_at is not None:
        return "done" if run.exit_code in (ExitCode.WELL, ExitCode.SOME_FAILED) else "failed"
    return "running" if _started(run.pid) == run.process_start and exists(run.pid) else "interrupted"


def _started(pid: int) -> str | None:
    """Return what tells this process from a later one with the same number: the boot and the tick it started at."""
    ticks = process_start(pid)
    return None if ticks is None else f"{boot()}:{ticks}"

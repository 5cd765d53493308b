"""The ledger of runs: every number is a sum over what was written for single feeds and entries."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, case, func, insert, select, update

from mirqab.archive import tables
from mirqab.archive.dialect import insert_or_update
from mirqab.errors import ArchiveError
from mirqab.processes import boot, exists, process_start
from mirqab.types import ExitCode, FeedRole, Reason, make_id

RunState = Literal["running", "done", "failed", "interrupted"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRow:
    """One run with its sums.

    found = new + reopened + known + noted + unusable counts items of feeds; stored + duplicates + failed is the number
    of entries that the run touched, `fetched` those of them for which the server answered. `reasons` adds up to
    `failed`, `feed_reasons` to `feeds_failed`; what was put off is counted by outlet alone. State: `done` with exit
    code 0 or 3, `failed` with another, `interrupted` when the process went without a word.
    """

    id: str
    command: str
    topics: tuple[tuple[str, str], ...]
    started_at: datetime
    ended_at: datetime | None
    state: RunState
    exit_code: int | None
    finish: str | None
    found: int
    new: int
    reopened: int
    known: int
    noted: int
    unusable: int
    fetched: int
    stored: int
    duplicates: int
    failed: int
    reasons: Mapping[Reason, int]
    feeds_ok: int
    feeds_not_modified: int
    feeds_failed: int
    feed_reasons: Mapping[Reason, int]


REFUSED: Final = frozenset({Reason.REFUSED_BY_ROBOTS, Reason.REFUSED_ADDRESS})
"""Reasons for which we did not ask at all; the others are failures."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutletSums:
    """What one run got from one outlet.

    The five counts of feeds add up to the feeds that the run was to ask, the items as in a `RunRow`; stored +
    duplicates + failed + refused + put_off are the entries that it touched. `feed_reasons` adds up to the failed and
    refused feeds and those put off for a reason, `reasons` so for entries. `gaps` counts feeds that rolled over.
    """

    outlet: str
    feeds_ok: int = 0
    feeds_not_modified: int = 0
    feeds_failed: int = 0
    feeds_refused: int = 0
    feeds_put_off: int = 0
    feed_reasons: Mapping[Reason, int] = field(default_factory=dict)
    gaps: int = 0
    left_out: int = 0
    found: int = 0
    new: int = 0
    reopened: int = 0
    known: int = 0
    noted: int = 0
    unusable: int = 0
    fetched: int = 0
    stored: int = 0
    duplicates: int = 0
    failed: int = 0
    refused: int = 0
    put_off: int = 0
    reasons: Mapping[Reason, int] = field(default_factory=dict)


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
    entries: defaultdict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    reasons: defaultdict[str, dict[Reason, int]] = defaultdict(dict)
    outcomes = tables.outcomes
    answered = func.sum(case((outcomes.c.answered, 1), else_=0)).label("answered")
    for row in conn.execute(
        select(outcomes.c.run, outcomes.c.outcome, outcomes.c.reason, func.count().label("rows"), answered)
        .where(outcomes.c.run.in_(ids))
        .group_by(outcomes.c.run, outcomes.c.outcome, outcomes.c.reason)
    ):
        entries[row.run][row.outcome] += row.rows
        entries[row.run]["fetched"] += row.answered
        if row.reason and row.outcome == "failed":
            reasons[row.run][Reason(row.reason)] = row.rows
    feeds: defaultdict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    feed_reasons: defaultdict[str, dict[Reason, int]] = defaultdict(dict)
    polls = tables.polls
    sums = [func.sum(polls.c[name]).label(name) for name in _ITEM_COUNTS]
    for row in conn.execute(
        select(polls.c.run, polls.c.outcome, polls.c.reason, func.count().label("rows"), *sums)
        .where(polls.c.run.in_(ids))
        .group_by(polls.c.run, polls.c.outcome, polls.c.reason)
    ):
        feeds[row.run][row.outcome] += row.rows
        for name in _ITEM_COUNTS:
            feeds[row.run][name] += getattr(row, name)
        if row.reason and row.outcome == "failed":
            feed_reasons[row.run][Reason(row.reason)] = row.rows
    return [_row(run, entries[run.id], reasons[run.id], feeds[run.id], feed_reasons[run.id]) for run in runs]


_ITEM_COUNTS = ("found", "new", "reopened", "known", "noted", "unusable")


def outlets(conn: Connection, run: str) -> list[OutletSums]:
    """Return for each outlet of a run its sums, by outlet."""
    polls, outcomes, entries = tables.polls, tables.outcomes, tables.entries
    sums: defaultdict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    feed_reasons: defaultdict[str, dict[Reason, int]] = defaultdict(dict)
    reasons: defaultdict[str, dict[Reason, int]] = defaultdict(dict)
    added = [func.sum(polls.c[name]).label(name) for name in (*_ITEM_COUNTS, "left_out")]
    gaps = func.sum(case((polls.c.gap > 0, 1), else_=0)).label("gaps")
    for row in conn.execute(
        select(polls.c.outlet, polls.c.outcome, polls.c.reason, func.count().label("rows"), gaps, *added)
        .where(polls.c.run == run)
        .group_by(polls.c.outlet, polls.c.outcome, polls.c.reason)
    ):
        outlet = sums[row.outlet]
        outlet["feeds_" + _end(row)] += row.rows
        for name in (*_ITEM_COUNTS, "left_out", "gaps"):
            outlet[name] += getattr(row, name)
        if row.reason:
            seen = feed_reasons[row.outlet]
            seen[Reason(row.reason)] = seen.get(Reason(row.reason), 0) + row.rows
    answered = func.sum(case((outcomes.c.answered, 1), else_=0)).label("answered")
    for row in conn.execute(
        select(entries.c.outlet, outcomes.c.outcome, outcomes.c.reason, func.count().label("rows"), answered)
        .join(entries, entries.c.id == outcomes.c.entry)
        .where(outcomes.c.run == run)
        .group_by(entries.c.outlet, outcomes.c.outcome, outcomes.c.reason)
    ):
        outlet, end = sums[row.outlet], _end(row)
        outlet["duplicates" if end == "duplicate" else end] += row.rows
        outlet["fetched"] += row.answered
        if row.reason:
            seen = reasons[row.outlet]
            seen[Reason(row.reason)] = seen.get(Reason(row.reason), 0) + row.rows
    return [
        OutletSums(outlet=outlet, feed_reasons=feed_reasons[outlet], reasons=reasons[outlet], **found)
        for outlet, found in sorted(sums.items())
    ]


def _end(row: Row[Any]) -> str:
    return "refused" if row.outcome == "failed" and row.reason in REFUSED else str(row.outcome)


def put_off(
    conn: Connection,
    run: str,
    *,
    feeds: Iterable[tuple[str, str]],
    entries: Iterable[str],
    reason: Reason | None,
    detail: str | None,
    now: datetime,
) -> None:
    """Write what a run did not come to, where it made nothing of it before."""
    end = {"run": run, "outcome": "put_off", "reason": reason, "detail": detail}
    nothing = dict.fromkeys(_ITEM_COUNTS, 0) | {"status": 0, "polled_at": now, "role": FeedRole.FEED}
    feed_rows = [end | nothing | {"outlet": outlet, "url": url} for outlet, url in feeds]
    if feed_rows:
        conn.execute(insert_or_update(tables.polls, keys=("run", "outlet", "url")), feed_rows)
    entry_rows = [end | {"entry": entry, "answered": False, "finished_at": now} for entry in entries]
    if entry_rows:
        conn.execute(insert_or_update(tables.outcomes, keys=("run", "entry")), entry_rows)


def _row(
    run: Row[Any],
    entries: Mapping[str, int],
    reasons: Mapping[Reason, int],
    feeds: Mapping[str, int],
    feed_reasons: Mapping[Reason, int],
) -> RunRow:
    return RunRow(
        id=run.id,
        command=run.command,
        topics=tuple((topic, version) for topic, version in run.topics),
        started_at=run.started_at,
        ended_at=run.ended_at,
        state=_state(run),
        exit_code=run.exit_code,
        finish=run.finish,
        fetched=entries["fetched"],
        stored=entries["stored"],
        duplicates=entries["duplicate"],
        failed=entries["failed"],
        reasons=reasons,
        feeds_ok=feeds["ok"],
        feeds_not_modified=feeds["not_modified"],
        feeds_failed=feeds["failed"],
        feed_reasons=feed_reasons,
        **{name: feeds[name] for name in _ITEM_COUNTS},
    )


def _state(run: Row[Any]) -> RunState:
    if run.ended_at is not None:
        return "done" if run.exit_code in (ExitCode.WELL, ExitCode.SOME_FAILED) else "failed"
    return "running" if _started(run.pid) == run.process_start and exists(run.pid) else "interrupted"


def _started(pid: int) -> str | None:
    """Return what tells this process from a later one with the same number: the boot and the tick it started at."""
    ticks = process_start(pid)
    return None if ticks is None else f"{boot()}:{ticks}"

"""The ledger of runs: every number is a sum over what was written for single feeds and entries."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, case, func, insert, select, update

from mirqab.archive import tables
from mirqab.errors import ArchiveError
from mirqab.processes import boot, exists, process_start
from mirqab.types import ExitCode, Reason, make_id

RunState = Literal["running", "done", "failed", "interrupted"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRow:
    """One run with its sums.

    found = new + reopened + known + noted + unusable counts items of feeds; stored + duplicates + failed is the number
    of entries that the run touched, `fetched` those of them for which the server answered. `reasons` adds up to
    `failed`, `feed_reasons` to `feeds_failed`. State: `done` with exit code 0 or 3, `failed` with another,
    `interrupted` when the process went without a word.
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
        if row.reason:
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
        if row.reason:
            feed_reasons[row.run][Reason(row.reason)] = row.rows
    return [_row(run, entries[run.id], reasons[run.id], feeds[run.id], feed_reasons[run.id]) for run in runs]


_ITEM_COUNTS = ("found", "new", "reopened", "known", "noted", "unusable")


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

"""Keeping the raw pages within their budget: the oldest unflagged records are dropped, whole files where possible.

No row ever points at nothing, whenever the process is killed. The files of a day that lose records are dealt with
together: what stays of them is copied to one new file; one transaction brings every row to the new places, and those
of dropped records to none; then the old files are removed. A journal beside them names old and new, so that whoever
prunes next removes those to which no row points. Only closed files are touched: a file that was written since the
first of the runs under way began may hold a page whose row is still to come.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import json
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, func, literal, null, select, union_all, update

from mirqab.archive import runs, tables
from mirqab.archive.raw import copy_records, sync_folder
from mirqab.errors import ArchiveError
from mirqab.killpoints import kill_point
from mirqab.types import FlagState

Transaction = Callable[[], AbstractContextManager[Connection]]

MB: Final = 1_000_000
_SLACK: Final = 0.95
"""What is over the budget is brought down to this share of it, so that not every look rewrites files."""
_BATCH: Final = 200
_CLOCK_S: Final = 2.0
_LOCK: Final = "prune.lock"
_JOURNAL: Final = "prune.json"
_PLACED: Final[tuple[Table, ...]] = (tables.articles, tables.versions, tables.outcomes)
"""The tables whose rows say where a kept page lies."""


@dataclass(frozen=True, slots=True)
class RawSpace:
    """How much the raw pages take: bytes and files, and the bytes that the disk still has."""

    bytes: int
    files: int
    free_bytes: int
    disk_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FlaggedRecord:
    """The kept page of a flagged story's article, to be told before it is dropped."""

    article: str
    story: str
    headline: str
    url: str
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PrunePlan:
    """Which records are to go.

    `drop` maps a file to the offsets of its records to drop; an empty set means a file to which no row points.
    `bytes` is what that frees at least, `since` and `until` when the first and the last of them were fetched.
    `over_bytes` is by how much the budget stays exceeded, `in_use` counts files of runs under way, `lost` records
    whose file is gone. `flagged` are among the dropped.
    """

    space: RawSpace
    max_bytes: int
    drop: Mapping[str, frozenset[int]]
    records: int
    bytes: int
    since: datetime | None
    until: datetime | None
    over_bytes: int
    kept_flagged: int
    in_use: int
    lost: int
    flagged: tuple[FlaggedRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a pruning did: records dropped, files removed or rewritten, bytes freed, files left because they changed."""

    records: int = 0
    files: int = 0
    bytes: int = 0
    left: int = 0

    def __add__(self, other: Pruned) -> Pruned:
        return Pruned(
            self.records + other.records,
            self.files + other.files,
            self.bytes + other.bytes,
            self.left + other.left,
        )


class PrunedElsewhereError(ArchiveError):
    """Another process prunes the same folder now."""


def space(folder: Path) -> RawSpace:
    """Return how much the raw pages under a folder take."""
    sizes = {name: status.st_size for name, status in _files(folder)}
    there = next((one for one in (folder, *folder.parents) if one.exists()), Path("/"))
    disk = os.statvfs(there)
    return RawSpace(sum(sizes.values()), len(sizes), disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize)


@contextmanager
def pruning(folder: Path, reading: Transaction) -> Iterator[None]:
    """Hold the folder for pruning, and finish first what a kill left; PrunedElsewhereError when another holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PrunedElsewhereError(f"the raw pages in {folder} are being pruned by another process") from None
        _finish(folder, reading)
        os.utime(folder / _LOCK)
        yield


def pruned_at(folder: Path) -> datetime | None:
    """Return when the raw pages were last looked over; None for never."""
    try:
        return datetime.fromtimestamp((folder / _LOCK).stat().st_mtime, UTC)
    except OSError:
        return None


# ----------------------------------------------------------------------------------------------- the plan


@dataclass(slots=True)
class _Choice:
    """What was chosen so far."""

    to_free: int
    before: datetime | None
    drop: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    records: int = 0
    bytes: int = 0
    since: datetime | None = None
    until: datetime | None = None

    def wants(self, at: datetime) -> bool:
        return self.bytes < self.to_free or (self.before is not None and at < self.before)

    def take(self, file: str, offset: int | None, length: int, at: datetime) -> None:
        offsets = self.drop[file]
        if offset is not None:
            offsets.add(offset)
            self.records += 1
        self.bytes += length
        self.since = min(at, self.since or at)
        self.until = max(at, self.until or at)


def plan(
    conn: Connection,
    folder: Path,
    *,
    max_bytes: int,
    keep_days: int | None,
    flagged_too: bool,
    now: datetime,
) -> PrunePlan:
    """Return which records are to go: unflagged ones beyond their days, then the oldest until the budget is met.

    With `flagged_too` those of flagged stories follow when all others are gone and the budget is still exceeded.
    """
    taken = space(folder)
    found = dict(_files(folder))
    busy_since = runs.under_way_since(conn)
    closed = {
        name: status
        for name, status in found.items()
        if busy_since is None or status.st_mtime < busy_since.timestamp() - _CLOCK_S
    }
    to_free = taken.bytes - int(max_bytes * _SLACK) if taken.bytes > max_bytes else 0
    choice = _Choice(to_free, None if keep_days is None else now - timedelta(days=keep_days))
    records, lost, protected = 0, 0, []
    if to_free or choice.before is not None:
        pointed = set(conn.execute(_ALL_FILES).scalars())
        strays = sorted(
            (datetime.fromtimestamp(status.st_mtime, UTC), name, None, status.st_size, False)
            for name, status in closed.items()
            if name not in pointed
        )
        rows = ((row.at, row.raw_file, row.raw_offset, row.raw_length, row.flagged) for row in conn.execute(_RECORDS))
        for at, file, offset, length, flagged in heapq.merge(rows, strays, key=lambda unit: unit[0]):
            if offset is not None:
                records += 1
                lost += file not in found
            if file in closed:
                if flagged:
                    protected.append((at, file, offset, length))
                elif choice.wants(at):
                    choice.take(file, offset, length, at)
    told: list[FlaggedRecord] = []
    if flagged_too:
        for at, file, offset, length in protected:
            if choice.bytes < choice.to_free:
                choice.take(file, offset, length, at)
                told += _flagged_records(conn, file, offset, length)
    return PrunePlan(
        space=taken,
        max_bytes=max_bytes,
        drop={file: frozenset(offsets) for file, offsets in sorted(choice.drop.items())},
        records=choice.records,
        bytes=choice.bytes,
        since=choice.since,
        until=choice.until,
        over_bytes=max(taken.bytes - choice.bytes - max_bytes, 0),
        kept_flagged=len(protected) - len(told),
        in_use=len(found) - len(closed),
        lost=lost,
        flagged=tuple(told),
    )


_FLAGGED: Final = (
    select(tables.articles.c.id)
    .join(tables.flags, tables.flags.c.story == tables.articles.c.story)
    .where(tables.flags.c.state != FlagState.WITHDRAWN)
)
"""The articles of flagged stories. What a person decided stays evidence, also when the decision was `irrelevant`."""


def _placed(table: Table) -> Any:
    at = table.c.finished_at if table is tables.outcomes else table.c.fetched_at
    owner = table.c.id if table is tables.articles else table.c.article
    flagged = func.coalesce(owner, "").in_(_FLAGGED)
    places = (table.c.raw_file, table.c.raw_offset, table.c.raw_length)
    return select(*places, at.label("at"), flagged.label("flagged")).where(table.c.raw_file.is_not(None))


def _of_places(rows: Any) -> Any:
    """Return one row a record, whoever points at it: flagged when one of them is."""
    every = rows.subquery()
    at = func.min(every.c.at).label("at")  # an outcome is written a little after the page came
    return (
        select(
            every.c.raw_file,
            every.c.raw_offset,
            func.max(every.c.raw_length).label("raw_length"),
            at,
            func.max(every.c.flagged).label("flagged"),
        )
        .group_by(every.c.raw_file, every.c.raw_offset)
        .order_by(at, every.c.raw_file, every.c.raw_offset)
    )


_ALL_FILES: Final = union_all(*(select(table.c.raw_file).where(table.c.raw_file.is_not(None)) for table in _PLACED))
_RECORDS: Final = _of_places(union_all(*(_placed(table) for table in _PLACED)))
_RECORDS_OF_FILES: Final = _of_places(
    union_all(*(_placed(table).where(table.c.raw_file.in_(bindparam("files", expanding=True))) for table in _PLACED))
)


def _flagged_records(conn: Connection, file: str, offset: int, length: int) -> list[FlaggedRecord]:
    articles, outcomes, versions = tables.articles, tables.outcomes, tables.versions
    here = {"file": file, "offset": offset}

    def at_place(table: Table) -> Any:
        return (table.c.raw_file == bindparam("file")) & (table.c.raw_offset == bindparam("offset"))

    owners = union_all(
        select(articles.c.id).where(at_place(articles)),
        select(versions.c.article).where(at_place(versions)),
        select(outcomes.c.article).where(at_place(outcomes)),
    )
    rows = conn.execute(
        select(articles.c.id, articles.c.story, articles.c.headline, articles.c.url).where(
            articles.c.id.in_(owners), articles.c.id.in_(_FLAGGED)
        ),
        here,
    )
    return [
        FlaggedRecord(article=row.id, story=row.story, headline=row.headline, url=row.url, bytes=length) for row in rows
    ]


# ------------------------------------------------------------------------------------------------ doing it


def prune(
    reading: Transaction, writing: Transaction, folder: Path, planned: PrunePlan, done: Callable[[Pruned], None]
) -> Pruned:
    """Drop what was planned, a batch of one day's files at a time; `done` hears of each. To be called in `pruning`.

    A record whose story was flagged since the plan stays, with the others of its batch, for the next time.
    """
    spared = not planned.flagged
    days: defaultdict[str, list[str]] = defaultdict(list)
    for file in planned.drop:
        days[file.rpartition("/")[0]].append(file)
    whole = Pruned()
    for day, files in sorted(days.items()):
        for start in range(0, len(files), _BATCH):
            drop = {file: planned.drop[file] for file in files[start : start + _BATCH]}
            result = _drop(reading, writing, folder, drop, day=day, spared=spared)
            whole += result
            done(result)
        with contextlib.suppress(OSError):  # files are left in it
            if day:
                (folder / day).rmdir()
    return whole


def _drop(
    reading: Transaction,
    writing: Transaction,
    folder: Path,
    drop: Mapping[str, Collection[int]],
    *,
    day: str,
    spared: bool,
) -> Pruned:
    with reading() as conn:
        rows = conn.execute(_RECORDS_OF_FILES, {"files": list(drop)}).all()
    stay = [(row.raw_file, row.raw_offset, row.raw_length) for row in rows if row.raw_offset not in drop[row.raw_file]]
    known = {(row.raw_file, row.raw_offset) for row in rows}
    new = f"{day}/{os.getpid()}-{datetime.now(UTC):%Y%m%d%H%M%S%f}.warc.gz".lstrip("/") if stay else None
    before = sum(_size(folder / file) for file in drop)
    _write_journal(folder, [*drop, *([new] if new else [])])
    try:
        moved = {} if new is None else copy_records(folder, stay, new)
        kill_point("pruned_copied")
        with writing() as conn:
            settled = _move(conn, drop, known, new, moved, spared=spared)
        kill_point("pruned_moved")
    finally:
        _finish(folder, reading)  # which files no row needs any more is asked, whatever happened
    if not settled:
        return Pruned(left=len(drop))
    after = _size(folder / new) if new else 0
    return Pruned(len(rows) - len(moved), len(drop), before - after)


def _move(
    conn: Connection,
    drop: Mapping[str, Collection[int]],
    known: Collection[tuple[str, int]],
    new: str | None,
    moved: Mapping[tuple[str, int], int],
    *,
    spared: bool,
) -> bool:
    """Bring every row to the new places; False, with nothing written, when the rows are not those that were copied."""
    for row in conn.execute(_RECORDS_OF_FILES, {"files": list(drop)}):
        if (row.raw_file, row.raw_offset) not in known:
            return False
        if spared and row.flagged and row.raw_offset in drop[row.raw_file]:
            return False
    places = [{"file": file, "offset": offset, "there": there} for (file, offset), there in moved.items()]
    for table in _PLACED:
        if places:
            conn.execute(
                update(table)
                .where(table.c.raw_file == bindparam("file"), table.c.raw_offset == bindparam("offset"))
                .values(raw_file=literal(new), raw_offset=bindparam("there")),
                places,
            )
        conn.execute(  # what is dropped, and what was torn
            update(table)
            .where(table.c.raw_file.in_(list(drop)))
            .values(raw_file=null(), raw_offset=null(), raw_length=null())
        )
    return True


# -------------------------------------------------------------------------------------- journal and files


def _finish(folder: Path, reading: Transaction) -> None:
    """Remove what the journal names and no row points at, then the journal."""
    journal = folder / _JOURNAL
    try:
        names = json.loads(journal.read_bytes())
    except FileNotFoundError:
        return
    except ValueError:  # torn by a power cut: then nothing was begun
        names = []
    with reading() as conn:
        needed = set(conn.execute(_FILES_IN_USE, {"files": names}).scalars())
    for name in names:
        if name not in needed:
            (folder / name).unlink(missing_ok=True)
    journal.unlink()


_FILES_IN_USE: Final = union_all(
    *(select(table.c.raw_file).where(table.c.raw_file.in_(bindparam("files", expanding=True))) for table in _PLACED)
)


def _write_journal(folder: Path, names: Iterable[str]) -> None:
    new = folder / f"{_JOURNAL}.new"
    with new.open("w", encoding="utf-8") as file:
        json.dump(list(names), file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / _JOURNAL)
    sync_folder(folder)


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the WARC files with their place under the folder."""
    for root, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".warc.gz"):
                path = Path(root, name)
                with contextlib.suppress(FileNotFoundError):
                    yield path.relative_to(folder).as_posix(), path.stat()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0

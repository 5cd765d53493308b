"""All that the archive says differently from one database to the next; a second one is added here.

SQLite: write-ahead log, so that readers and the writer do not wait for each other. Every transaction that will write
starts with `BEGIN IMMEDIATE`: a plain `BEGIN` that reads first and writes later fails at once, whatever the busy
time-out, when another process wrote in between (900 of 1,200 transactions with four writers; 0 with IMMEDIATE).

`synchronous` is FULL: after a commit we mark in Redis that an article is known, and a mark must not survive a power
cut that its fact did not. It costs 0.1 ms of CPU and one flush of the log a page, which a polite crawl does not feel.
"""

from __future__ import annotations

import sqlite3
import time
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert

from mirqab.errors import ArchiveError

BUSY_TIMEOUT_S: Final = 30.0
"""How long a transaction waits for another process's; ours are a few milliseconds long."""

DriverError = sqlite3.Error
"""What the driver raises where SQLAlchemy does not stand between."""

_WRITES: Final = "mirqab_writes"
_WAL_LIMIT_BYTES: Final = 64 * 1024 * 1024


def make_engine(url: URL) -> tuple[Engine, Engine]:
    """Return (reader, writer): two faces of one pool, the second of which begins each transaction as a writer."""
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine, engine.execution_options(**{_WRITES: True})


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the module's own BEGIN is deferred and comes too late; ours is below
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    cursor = connection.connection.cursor()  # the driver's own: SQLAlchemy's way to it costs more than a short read
    cursor.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    cursor.close()


def use_write_ahead_log(engine: Engine) -> None:
    """Switch the file to the write-ahead log, once for its life.

    The switch needs the file for itself and does not honour the busy time-out, so processes that open a new archive
    at the same moment take turns here.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        raw = engine.raw_connection()
        try:
            cursor = raw.cursor()
            mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
            if mode != "wal":
                cursor.execute("PRAGMA journal_mode = WAL")
            cursor.close()
            return
        except sqlite3.OperationalError as error:
            if _name_of(error) not in ("SQLITE_BUSY", "SQLITE_LOCKED") or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        finally:
            raw.close()


def database_file(url: URL) -> Path:
    """Return the file that holds the archive; ArchiveError for an archive that would live in memory."""
    if not url.database or url.database == ":memory:":
        raise ArchiveError("archive.url names no file; SQLite's is sqlite:////absolute/path")
    return Path(url.database)


@cache  # building one costs more than running it
def insert_or_update(
    table: Table, *, keys: tuple[str, ...], replace: tuple[str, ...] = (), add: tuple[str, ...] = ()
) -> Insert:
    """Return an INSERT that meets a row with the same `keys` by updating it, or by leaving it when nothing is named.

    Columns in `replace` take the new row's value, those in `add` grow by it. There are only a few such statements.
    """
    statement = sqlite_insert(table)
    if not replace and not add:
        return statement.on_conflict_do_nothing(index_elements=list(keys))
    values: dict[str, Any] = {name: statement.excluded[name] for name in replace}
    values |= {name: table.c[name] + statement.excluded[name] for name in add}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=values)


def explain(error: Exception, place: str) -> ArchiveError:
    """Return what went wrong with the archive at `place`, in words for a person."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    name = _name_of(cause)
    for start, text in _TEXTS:
        if name.startswith(start):
            return ArchiveError(f"archive {place}: {text}")
    return ArchiveError(f"archive {place}: {str(cause).strip() or type(cause).__name__}")


def _name_of(error: BaseException) -> str:
    return str(getattr(error, "sqlite_errorname", ""))


_TEXTS: Final = (
    ("SQLITE_FULL", "the disk is full; nothing was lost, make room and run again"),
    ("SQLITE_BUSY", f"another process kept it locked for more than {BUSY_TIMEOUT_S:.0f} s; run again later"),
    ("SQLITE_LOCKED", f"another process kept it locked for more than {BUSY_TIMEOUT_S:.0f} s; run again later"),
    ("SQLITE_NOTADB", "the file is not a database; move it away or name another one in archive.url"),
    ("SQLITE_CORRUPT", "the file is damaged; restore a copy, or move it away to start afresh"),
    ("SQLITE_READONLY", "the file or its folder cannot be written; check who owns it"),
    ("SQLITE_CANTOPEN", "the file cannot be opened or made; check that its folder exists and can be written"),
    ("SQLITE_PERM", "the file may not be used; check who owns it"),
    ("SQLITE_IOERR", "reading or writing the file failed; check the disk"),
)

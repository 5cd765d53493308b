"""Opening the archive: the folder, the file, the schema; every way in which that fails has its own words."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, Engine, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from mirqab.archive import dialect, tables
from mirqab.errors import ArchiveError

HEAD: Final = "0008"
"""The revision of `tables.py`, so that an archive of today is made and opened without loading Alembic, which takes
0.15 s; tests compare with the migrations."""

_VERSION: Final = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Alembic's own table, as it makes it."""

_MIGRATIONS: Final = Path(__file__).with_name("migrations")


def read_url(url: str) -> URL:
    """Return the archive's address, checked."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ArchiveError("archive.url is no database address; SQLite's is sqlite:////absolute/path") from None
    if parsed.get_backend_name() != "sqlite":
        raise ArchiveError(f"archive.url: {parsed.get_backend_name()} is not supported; use sqlite:////absolute/path")
    dialect.database_file(parsed)
    return parsed


def open_engine(url: URL, *, create: bool) -> tuple[Engine, Engine]:
    """Return (reader, writer) of an archive whose schema is up to date, made when `create`."""
    place = place_of(url)
    path = dialect.database_file(url)
    if not _exists(path):
        if not create:
            raise ArchiveError(f"nothing crawled yet: there is no archive at {path}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArchiveError(f"archive {place}: its folder cannot be made: {error.strerror}") from error
    reader, writer = dialect.make_engine(url)
    try:
        with errors_of(place):
            if not _is_current(reader, place):
                dialect.use_write_ahead_log(writer)
                with writer.begin() as conn:  # whoever comes second finds it done
                    _bring_up_to_date(conn, place)
    except BaseException:
        reader.dispose()
        raise
    return reader, writer


def place_of(url: URL) -> str:
    """Return how messages name the archive: its file, without any secret."""
    return str(dialect.database_file(url))


@contextmanager
def errors_of(place: str) -> Iterator[None]:
    """Turn every failure of the database into an `ArchiveError` that a person can act on."""
    try:
        yield
    except (DBAPIError, dialect.DriverError) as error:
        raise dialect.explain(error, place) from error


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise ArchiveError(f"archive {path}: cannot be looked at: {error.strerror}") from error


def _is_current(engine: Engine, place: str) -> bool:
    with engine.connect() as conn:
        return _revision(conn, place) == HEAD


def _revision(conn: Connection, place: str) -> str | None:
    """Return the schema's revision, None for an empty database."""
    names = inspect(conn).get_table_names()
    if "alembic_version" in names:
        found: str | None = conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
        return found
    if names:
        raise ArchiveError(f"archive {place}: the database belongs to another program; name another one in archive.url")
    return None


def _bring_up_to_date(conn: Connection, place: str) -> None:
    """Make the tables of an empty database, or change those of a former schema; one transaction."""
    revision = _revision(conn, place)
    if revision is None:
        tables.metadata.create_all(conn, checkfirst=False)
        _VERSION.create(conn, checkfirst=False)
        conn.execute(insert(_VERSION), {"version_num": HEAD})
    elif revision != HEAD:
        _migrate(conn, place, revision)


def _migrate(conn: Connection, place: str, revision: str | None) -> None:
    """Run the migrations from a revision (None: from nothing) to the head."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    logging.getLogger("alembic").setLevel(logging.WARNING)  # what it tells at INFO is its own business
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise ArchiveError(f"archive {place}: written by a newer Mirqab (schema {revision}); update the program")
    config.attributes["connection"] = conn
    command.upgrade(config, "head")

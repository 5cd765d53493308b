"""Opening an archive: made, brought up to date, or refused in words that say what to do."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from mirqab.addresses import url_key
from mirqab.archive import Archive, Chosen, opening
from mirqab.archive.dialect import explain, make_engine
from mirqab.archive.tables import metadata
from mirqab.errors import ArchiveError
from mirqab.stories import place
from mirqab.types import Admitted, FlagState, RaisedBy, Reason, Validators, make_id
from tests.archive.making import FEED, NOON, WEEK_S, body, entry_id, item, snapshot, worked

OPEN = "import sys; from mirqab.archive import Archive; Archive.open(sys.argv[1]).close()"


def schema(url: str) -> dict[str, list[str]]:
    """Return what a database says it was made by: name → the lines of its statement, in no order."""
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as conn:
        made = conn.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
    engine.dispose()
    return {name: lines(sql) for name, sql in made}


def lines(sql: str) -> list[str]:
    """Return the parts of a statement, split where commas part columns: SQLite writes added ones into one line."""
    parts = re.split(r",(?![^(]*\))|\n", sql.replace("(\n", "\n", 1))
    return sorted(part.strip(" \t") for part in parts if part.strip(" \t)"))


@pytest.fixture
def migrated_url(tmp_path: Path) -> str:
    """Return a database that the migrations alone made."""
    url = f"sqlite:///{tmp_path / 'migrated.sqlite3'}"
    _, writer = make_engine(make_url(url))
    with writer.begin() as conn:
        opening._migrate(conn, "migrated", None)
    writer.dispose()
    return url


def test_the_migrations_make_the_tables_that_the_code_uses(migrated_url: str) -> None:
    engine = sqlalchemy.create_engine(migrated_url)
    with engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
    engine.dispose()
    made = schema(migrated_url)
    for name, table in metadata.tables.items():
        assert made[name] == lines(str(sqlalchemy.schema.CreateTable(table).compile(dialect=engine.dialect)))


def test_an_archive_of_the_first_schema_keeps_what_it_holds(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    _, writer = make_engine(make_url(url))
    config = Config()
    config.set_main_option("script_location", str(Path(opening.__file__).with_name("migrations")))
    told = item("1", summary="ملخص", updated=NOON)
    digest = hashlib.blake2b("\x1f".join(("خبر", "ملخص", NOON.isoformat())).encode(), digest_size=8).hexdigest()
    entry = entry_id("1")
    with writer.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
        for statement in (
            "INSERT INTO runs VALUES ('r1', 'crawl', '[]', '2026-11-22 11:00:00', 7, NULL, NULL, NULL, NULL)",
            f"INSERT INTO feeds VALUES (1, 'rasid', '{FEED}', 'one', NULL, 'h', '2026-11-01 11:00:00',"
            " '2026-11-22 11:00:00', '2026-11-22 11:00:00', '2026-11-22 10:00:00', NULL, 'dns',"
            " '2026-11-22 11:00:00', 'x', 2)",
            f"INSERT INTO polls VALUES ('r1', 'rasid', '{FEED}', 'ok', NULL, NULL, 200, '2026-11-22 11:00:00',"
            " 1, 1, 0, 0, 0, 0)",
            "INSERT INTO entries (id, outlet, url, url_key, state, attempts, first_seen_at, authors, title, summary)"
            f" VALUES ('{entry}', 'rasid', 'https://rasid.example/1', '{url_key('https://rasid.example/1')}',"
            " 'stored', 0, '2026-11-22 11:00:00', '[]', 'خبر', 'ملخص')",
            f"INSERT INTO carried VALUES ('{entry}', 1, '{digest}')",
            f"INSERT INTO outcomes (run, entry, outcome, answered, finished_at)"
            f" VALUES ('r1', '{entry}', 'stored', 1, '2026-11-22 11:00:00')",
        ):
            conn.exec_driver_sql(statement)
    writer.dispose()
    archive = Archive.open(url)
    state = archive.feed_state("rasid", FEED)
    assert state is not None
    assert (state.validators, state.failures, state.last_error) == (
        Validators(etag="one", body_hash="h"),
        2,
        Reason.DNS,
    )
    assert (state.gaps, state.moved_times, state.trusts_304, state.next_poll_at, state.rhythm) == (0, 0, True, None, ())
    (row,) = archive.runs()
    assert (row.found, row.stored, row.feeds_ok) == (1, 1, 1)
    run = archive.start_run("crawl", topics=[])
    # what was told is still known: nothing is fetched again because of the change, and no gap is seen
    assert archive.admit(run, snapshot(told), first_poll_max_age_s=WEEK_S) == Admitted(found=1, known=1)
    assert archive.admit(run, snapshot(item("1", "آخر")), first_poll_max_age_s=WEEK_S).reopened == 1
    archive.close()


def test_what_judged_an_article_is_known_after_it_moved_to_one_row(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    _, writer = make_engine(make_url(url))
    config = Config()
    config.set_main_option("script_location", str(Path(opening.__file__).with_name("migrations")))
    at = "'2026-11-22 11:00:00'"
    with writer.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0005")
        for number in (1, 2):
            for statement in (
                "INSERT INTO entries (id, outlet, url, url_key, state, attempts, first_seen_at, authors, title,"
                f" summary) VALUES ('e{number}', 'rasid', 'u{number}', 'u{number}', 'stored', 0, {at}, '[]', '', '')",
                f"INSERT INTO stories VALUES ('s{number}', {at})",
                "INSERT INTO articles (id, entry, story, relation, outlet, url, url_key, fingerprint, headline,"
                " authors, extractor, quality, fetched_at, stored_at, body)"
                f" VALUES ('a{number}', 'e{number}', 's{number}', 'new', 'rasid',"
                f" 'u{number}', 'u{number}', 'f{number}', 'خبر', '[]', '', 1, {at}, {at}, '')",
                "INSERT INTO sightings (entry, article, outlet, url, url_key, relation, seen_at, headline)"
                f" VALUES ('e{number}', 'a{number}', 'rasid', 'u{number}', 'u{number}', 'new', {at}, 'خبر')",
                f"INSERT INTO judged VALUES ('a{number}', 'talks', 'v1')",
                f"INSERT INTO judged VALUES ('a{number}', 'exchange', 'v{number}')",
                "INSERT INTO flags (story, topic, state, article, topic_version, score, grade, first_seen_at,"
                " raised_at, changed_at, facets, top_evidence)"
                f" VALUES ('s{number}', 'talks', '{('open', 'withdrawn')[number - 1]}',"
                f" 'a{number}', 'v1', 4, 'main', {at}, {at}, {at}, '{{}}', '')",
            ):
                conn.exec_driver_sql(statement)
    writer.dispose()
    archive = Archive.open(url)
    first, second = archive.article("a1"), archive.article("a2")
    assert first is not None
    assert second is not None
    assert first.judged == (("exchange", "v1"), ("talks", "v1"))
    assert second.judged == (("exchange", "v2"), ("talks", "v1"))
    assert {line.story: (line.state, line.earned, line.raised_by) for line in archive.flagged(states=[*FlagState])} == {
        "s1": (FlagState.OPEN, True, RaisedBy.CRAWL),
        "s2": (FlagState.WITHDRAWN, False, RaisedBy.CRAWL),
    }
    assert archive.count_stale(Chosen(topics={"talks": "v1", "exchange": "v1"})) == 1
    archive.close()


def test_what_is_gone_is_known_after_it_moved_to_the_page(archive: Archive, run: str, archive_url: str) -> None:
    archive.admit(run, snapshot(item("1"), item("2")), first_poll_max_age_s=WEEK_S)
    for minutes, slug in enumerate("12"):
        archive.store(run, worked(slug, body("1"), minutes=minutes), place=place)
    archive.close()
    path = archive_url.removeprefix("sqlite:///")
    with contextlib.closing(sqlite3.connect(path)) as db, db:  # as it was before
        for statement in (
            "ALTER TABLE articles ADD gone_at DATETIME",
            "UPDATE articles SET gone_at = '2026-11-22 11:00:00'",
            "ALTER TABLE sightings DROP gone_at",
            "ALTER TABLE sightings DROP changed_at",
            "UPDATE alembic_version SET version_num = '0007'",
        ):
            db.execute(statement)
    again = Archive.open(archive_url)
    article = again.article(make_id("a", entry_id("1")))
    assert article is not None
    assert article.gone_at == NOON.replace(hour=11)
    story = again.story(article.story)
    assert story is not None
    assert [one.gone_at for one in story.sightings] == [article.gone_at, None], "the copy's page was not looked at"
    again.close()


def test_a_fresh_archive_is_what_the_migrations_make(archive: Archive, archive_url: str, migrated_url: str) -> None:
    assert schema(archive_url) == schema(migrated_url)


def test_the_known_head_is_that_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(opening.__file__).with_name("migrations")))
    assert ScriptDirectory.from_config(config).get_current_head() == opening.HEAD


@pytest.mark.parametrize("folder", ["two words", "مرقاب", "100%d", "a'b"])
def test_an_archive_is_made_wherever_it_is_asked_for(tmp_path: Path, folder: str) -> None:
    url = f"sqlite:///{tmp_path / folder / 'deeper' / 'archive.sqlite3'}"
    Archive.open(url).close()
    assert (tmp_path / folder / "deeper" / "archive.sqlite3").is_file()
    again = Archive.open(url, create=False)
    assert again.runs() == []
    again.close()


def test_what_was_written_is_there_when_opened_again(archive: Archive, run: str, archive_url: str) -> None:
    archive.admit(run, snapshot(item("1")), first_poll_max_age_s=WEEK_S)
    archive.close()
    again = Archive.open(archive_url)
    assert again.entry(entry_id("1")) is not None
    again.close()


def test_the_log_is_written_ahead_and_foreign_keys_hold(archive: Archive) -> None:
    with archive._reading() as conn:
        pragmas = [
            conn.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert pragmas == ["wal", 2, 1, 30_000]


def test_nothing_crawled_yet_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="nothing crawled yet"):
        Archive.open(f"sqlite:///{tmp_path / 'none.sqlite3'}", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite3"
    path.write_text("هذه ليست قاعدة بيانات\n" * 100, encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(ArchiveError, match=r"archive\.sqlite3: the file is not a database"):
        Archive.open(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "archive.sqlite3"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE invoices (id INTEGER)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(ArchiveError, match="belongs to another program"):
        Archive.open(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_newer_schema_is_refused(archive: Archive, archive_url: str) -> None:
    archive.close()
    db = sqlite3.connect(archive_url.removeprefix("sqlite:///"))
    db.execute("UPDATE alembic_version SET version_num = '9001'")
    db.commit()
    db.close()
    with pytest.raises(ArchiveError, match=r"written by a newer Mirqab \(schema 9001\)"):
        Archive.open(archive_url)


def test_a_damaged_file_is_said_so(archive: Archive, run: str, archive_url: str) -> None:
    archive.admit(run, snapshot(*(item(str(n)) for n in range(500))), first_poll_max_age_s=WEEK_S)
    archive.close()
    path = Path(archive_url.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    with pytest.raises(ArchiveError, match=r"archive\.sqlite3: the file is damaged"):
        Archive.open(archive_url)


@pytest.mark.parametrize(
    "url", ["postgresql://watch:secret@db.example/mirqab", "no address: secret", "sqlite://", "sqlite:///:memory:"]
)
def test_what_is_no_file_of_sqlite_is_refused_without_naming_secrets(url: str) -> None:
    with pytest.raises(ArchiveError, match="sqlite:////absolute/path") as refused:
        Archive.open(url)
    assert "secret" not in str(refused.value)


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for below in ("file/archive.sqlite3", "file/deeper/archive.sqlite3"):
        with pytest.raises(ArchiveError, match=r"archive\.sqlite3: .*(folder cannot be made|cannot be looked at)"):
            Archive.open(f"sqlite:///{tmp_path / below}")


def test_a_folder_in_place_of_the_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="cannot be opened"):
        Archive.open(f"sqlite:///{tmp_path}")


def test_four_processes_make_one_archive(archive_url: str) -> None:
    children = [
        subprocess.Popen([sys.executable, "-c", OPEN, archive_url], stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for child in children:
        _, errors = child.communicate(timeout=120)
        assert child.returncode == 0, errors
    Archive.open(archive_url, create=False).close()


def test_every_failure_of_the_database_has_words_of_its_own() -> None:
    error = sqlite3.OperationalError("whatever")
    error.sqlite_errorname = "SQLITE_IOERR_WRITE"
    assert str(explain(error, "/x")) == "archive /x: reading or writing the file failed; check the disk"
    assert str(explain(sqlite3.OperationalError("odd"), "/x")) == "archive /x: odd"


# ------------------------------------------------------------------------------------- a file system of its own


def in_own_mounts(*lines: str) -> subprocess.CompletedProcess[str]:
    """Run shell lines where mounts are private, as a pretended root; skip where the system does not allow it."""
    unshare = shutil.which("unshare")
    probe = unshare and subprocess.run([unshare, "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True)
    if not probe or probe.returncode:
        pytest.skip("no private mounts here (unshare -rm)")
    script = "\n".join(("set -e", *lines))
    return subprocess.run([str(unshare), "-rm", "sh", "-c", script], capture_output=True, text=True, timeout=120)


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path, archive: Archive, archive_url: str) -> None:
    archive.close()
    home = Path(archive_url.removeprefix("sqlite:///")).parent
    child = in_own_mounts(
        f"mount --bind '{home}' '{home}' && mount -o remount,ro,bind '{home}'",
        f"'{sys.executable}' -c '{OPEN}' 'sqlite:///{home}/new.sqlite3' || true",
        f"'{sys.executable}' -c '{OPEN}' 'sqlite:///{home}/deeper/new.sqlite3' || true",
        f"'{sys.executable}' -c '{OPEN}; Archive.open(sys.argv[1]).start_run(\"x\", topics=[])' '{archive_url}'",
    )
    last = [line for line in child.stderr.splitlines() if line.startswith("mirqab.errors.ArchiveError")]
    assert len(last) == 3, child.stderr
    assert "cannot be opened or made" in last[0]
    assert "folder cannot be made" in last[1]
    assert "cannot be" in last[2]


FILL = """
import os, sys
from mirqab.archive import Archive
from mirqab.errors import ArchiveError
from mirqab.stories import place
from mirqab.types import Admitted, FlagState, RaisedBy, Reason, Validators, make_id
from tests.archive.making import FEED, NOON, WEEK_S, body, item, snapshot, worked

archive = Archive.open(sys.argv[1])
run = archive.start_run("crawl", topics=[])
archive.admit(run, snapshot(*(item(str(n)) for n in range(400))), first_poll_max_age_s=WEEK_S)
stored = 0
try:
    for n in range(400):
        archive.store(run, worked(str(n), body(f"الخبر {n}", sentences=200)), place=place)
        stored += 1
except ArchiveError as error:
    print(error)
(row,) = archive.runs()
assert (row.stored, row.new) == (stored, 400), row
assert len(archive.due("rasid", now=NOON)) == 400 - stored
assert archive.by_url(f"https://rasid.example/{stored}").entry.state == "pending"
print(f"consistent after {stored > 0}")
"""


def test_a_full_disk_is_said_so_and_nothing_is_half_written(tmp_path: Path) -> None:
    fill = tmp_path / "fill.py"
    fill.write_text(FILL, encoding="utf-8")
    (tmp_path / "small").mkdir()
    child = in_own_mounts(
        f"mount -t tmpfs -o size=4m none '{tmp_path}/small'",
        f"PYTHONPATH='{Path.cwd()}' '{sys.executable}' '{fill}' 'sqlite:///{tmp_path}/small/archive.sqlite3'",
    )
    assert child.returncode == 0, child.stderr
    assert child.stdout.splitlines() == [
        f"archive {tmp_path}/small/archive.sqlite3: the disk is full; nothing was lost, make room and run again",
        "consistent after True",
    ]


def test_an_archive_that_may_not_grow_raises_and_goes_on_reading(archive: Archive, run: str) -> None:
    archive.admit(run, snapshot(item("1")), first_poll_max_age_s=WEEK_S)

    @sqlalchemy.event.listens_for(archive._writer, "begin")
    def limit(conn: sqlalchemy.Connection) -> None:
        conn.exec_driver_sql("PRAGMA max_page_count = 1")

    with pytest.raises(ArchiveError, match="the disk is full"):
        archive.store(run, worked("1", body("1", sentences=500)), place=place)
    assert archive.is_due(entry_id("1"), NOON)

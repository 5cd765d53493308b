"""Several processes at one archive, and processes that are killed in the middle."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mirqab.archive import Archive
from tests.archive.making import NOON

WRITE = """
import sys
from mirqab.archive import Archive
from mirqab.stories import place
from tests.archive.making import NOON, TALKS, TOPIC, WEEK_S, body, item, snapshot, verdict, worked

url, outlet, pages = sys.argv[1], sys.argv[2], int(sys.argv[3])
archive = Archive.open(url)
run = archive.start_run(f"crawl {outlet}", topics=[TOPIC])
host = f"{outlet}.example"
print("ready", flush=True)
for start in range(0, pages, 10):
    numbers = range(start, start + 10)
    shot = snapshot(*(item(str(n), host=host) for n in numbers), outlet=outlet, url=f"https://{host}/rss.xml")
    archive.admit(run, shot, first_poll_max_age_s=WEEK_S)
    for n in numbers:
        sys.stdin.readline()
        # every second text is carried by all outlets; every fourth is about the topic
        text = TALKS + "\\n" + body(f"الخبر {n} " + ("" if n % 2 else outlet))
        verdicts = [verdict(text)] if n % 4 == 1 else []
        archive.store(run, worked(str(n), text, outlet=outlet, host=host, verdicts=verdicts), place=place)
        assert archive.runs(limit=5)
archive.end_run(run, exit_code=0, finish="finished")
"""


def writer(url: str, outlet: str, pages: int) -> subprocess.Popen[str]:
    """Start a process that admits and stores that many pages of the outlet; returns when it is ready.

    It reads a line before each page and takes no line for one, once its input is closed.
    """
    child = subprocess.Popen(
        [sys.executable, "-c", WRITE, url, outlet, str(pages)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n", child.communicate()[1]
    return child


def check(url: str) -> sqlite3.Connection:
    """Check all that must hold in any archive, and return a connection for more."""
    db = sqlite3.connect(url.removeprefix("sqlite:///"))

    def count(query: str) -> object:
        return db.execute(query).fetchone()[0]

    assert count("PRAGMA integrity_check") == "ok"
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    broken = {
        "stored without an article": "SELECT count(*) FROM entries WHERE state = 'stored' AND article NOT IN "
        "(SELECT id FROM articles)",
        "pending though stored": "SELECT count(*) FROM entries JOIN articles ON articles.entry = entries.id "
        "WHERE entries.state != 'stored'",
        "articles without a sighting": "SELECT count(*) FROM articles WHERE id NOT IN (SELECT article FROM sightings)",
        "sightings without an outcome": "SELECT count(*) FROM sightings WHERE entry NOT IN "
        "(SELECT entry FROM outcomes)",
        "articles not judged": "SELECT count(*) FROM articles WHERE id NOT IN (SELECT article FROM judged)",
        "flagged verdicts without a flag": "SELECT count(*) FROM verdicts JOIN articles ON articles.id = "
        "verdicts.article WHERE flagged AND story NOT IN (SELECT story FROM flags)",
        "stories without articles": "SELECT count(*) FROM stories WHERE id NOT IN (SELECT story FROM articles)",
        "new items in the ledger less entries": "SELECT (SELECT sum(new) FROM polls) - (SELECT count(*) FROM entries)",
        "validators without entries": "SELECT count(*) FROM feeds WHERE first_success_at IS NULL",
    }
    assert {name: count(query) for name, query in broken.items() if count(query)} == {}
    return db


def test_four_processes_write_and_none_is_locked_out(archive: Archive, archive_url: str) -> None:
    pages = 40
    children = [writer(archive_url, f"outlet{n}", pages) for n in range(4)]
    for child in children:
        _, errors = child.communicate(timeout=120)
        assert child.returncode == 0, errors
    db = check(archive_url)
    # 20 texts of every outlet's own, 20 that all carry; of these, 10 are flagged
    assert db.execute("SELECT count(*) FROM articles").fetchone() == (4 * 20 + 20,)
    assert db.execute("SELECT count(*), count(DISTINCT entry) FROM sightings").fetchone() == (160, 160)
    db.close()
    assert [len(one.outlets) for one in archive.flagged()] == [4] * 10
    rows = archive.runs()
    assert {row.state for row in rows} == {"done"}
    assert sum(row.stored for row in rows) == 100
    assert sum(row.duplicates for row in rows) == 60


def kill_while_it_writes(archive_url: str, *, kills: int, pages: int, seed: int) -> None:
    moments = random.Random(seed)
    for _ in range(kills):
        child = writer(archive_url, "rasid", pages)
        # as many lines as it may store, fewer than all: on a fast machine it would else be done before it is killed
        assert child.stdin is not None
        child.stdin.write("\n" * moments.randrange(pages))
        child.stdin.flush()
        time.sleep(moments.uniform(0.0, 0.12))
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        check(archive_url).close()
    child = writer(archive_url, "rasid", pages)
    _, errors = child.communicate(timeout=120)
    assert child.returncode == 0, errors
    db = check(archive_url)
    assert db.execute("SELECT count(*) FROM articles").fetchone() == (pages,)
    assert db.execute("SELECT count(*) FROM versions").fetchone() == (0,)
    assert db.execute("SELECT count(*) FROM sightings").fetchone() == (pages,)
    assert db.execute("SELECT count(*), count(DISTINCT story) FROM flags").fetchone() == (pages // 4, pages // 4)
    db.close()
    archive = Archive.open(archive_url)
    assert archive.due("rasid", now=NOON) == []
    rows = archive.runs(limit=kills + 1)
    assert [row.state for row in rows] == ["done"] + ["interrupted"] * kills
    for row in rows:
        assert row.found == row.new + row.known
        assert row.fetched == row.stored
    assert sum(row.new for row in rows) == pages
    archive.close()


def test_killed_at_any_moment_the_archive_is_whole_and_a_replay_completes_it(
    archive: Archive, archive_url: str
) -> None:
    kill_while_it_writes(archive_url, kills=3, pages=40, seed=1)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(5))
def test_killed_many_times_the_archive_is_whole(archive: Archive, archive_url: str, seed: int) -> None:
    kill_while_it_writes(archive_url, kills=30, pages=200, seed=seed)


def test_a_long_reader_hinders_no_writer(archive: Archive, archive_url: str) -> None:
    path = Path(archive_url.removeprefix("sqlite:///"))
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM articles").fetchone() == (0,)
    child = writer(archive_url, "rasid", 20)
    _, errors = child.communicate(timeout=120)
    assert child.returncode == 0, errors
    assert reader.execute("SELECT count(*) FROM articles").fetchone() == (0,)
    reader.close()
    check(archive_url).close()

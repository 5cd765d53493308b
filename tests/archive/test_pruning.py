"""The budget of the raw pages: what goes and in which order, and that no row ever points at nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mirqab.archive import Archive, PrunedElsewhereError, PrunePlan, RawWriter, read_raw
from mirqab.archive.pruning import pruning
from mirqab.processes import boot, process_start
from mirqab.stories import place
from mirqab.types import Page, PageHints, RawLocation, Reason, Worked
from tests.archive.making import NOON, WEEK_S, body, item, snapshot, unworked, verdict, worked

LONG_AGO = (NOON - timedelta(days=3)).timestamp()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'archive.sqlite3'}"


@pytest.fixture
def archive(tmp_path: Path, url: str) -> Iterator[Archive]:
    opened = Archive.open(url, raw_folder=tmp_path / "raw")
    yield opened
    opened.close()


class Newsroom:
    """Stores pages with their raw bytes, one process's file after another."""

    def __init__(self, archive: Archive, folder: Path) -> None:
        self.archive, self.folder = archive, folder
        self.writer = RawWriter(folder)
        self.run = archive.start_run("crawl", topics=[])
        self.count = 0

    def new_file(self) -> None:
        self.writer.close()

    def keep(self, outcome: Worked, *, size: int = 1000) -> RawLocation:
        """Write a page of random bytes, and what was made of it."""
        page = Page(
            entry=outcome.entry,
            outlet=outcome.outlet,
            url=outcome.page_url,
            final_url=outcome.final_url,
            status=200,
            headers=(("Content-Type", "text/html"), ("Content-Encoding", "gzip")),
            body=outcome.entry.encode() + os.urandom(size),
            content_encoding="gzip",
            fetched_at=outcome.fetched_at,
            hints=PageHints(),
        )
        raw = self.writer.append(page)
        slug = outcome.page_url.rpartition("/")[2]
        self.archive.admit(self.run, snapshot(item(slug, slug)), first_poll_max_age_s=WEEK_S)
        if outcome.article is None:
            self.archive.fail(
                self.run, outcome.entry, reason=Reason.NO_ARTICLE, detail=None, next_try_at=None, raw=raw, answered=True
            )
        else:
            self.archive.store(self.run, replace(outcome, raw=raw), place=place)
        return raw

    def article(self, slug: str, *, flagged: bool = False, minutes: int | None = None, size: int = 1000) -> RawLocation:
        self.count += 1
        text = body(slug)
        verdicts = [verdict(text)] if flagged else []
        minutes = self.count if minutes is None else minutes
        return self.keep(worked(slug, text, verdicts=verdicts, minutes=minutes), size=size)

    def close(self) -> None:
        """End the run, and make its files old."""
        self.writer.close()
        self.archive.end_run(self.run, exit_code=0, finish="finished")


@pytest.fixture
def newsroom(archive: Archive) -> Newsroom:
    assert archive.raw_folder is not None
    return Newsroom(archive, archive.raw_folder)


def planned(archive: Archive, max_bytes: int, *, keep_days: int | None = None, flagged_too: bool = False) -> PrunePlan:
    return archive.plan_pruning(max_bytes=max_bytes, keep_days=keep_days, flagged_too=flagged_too)


def places(url: str) -> dict[str, list[tuple[str, RawLocation | None]]]:
    """Return for each table the owners of its rows with their places."""
    db = sqlite3.connect(url.removeprefix("sqlite:///"))
    found = {}
    owner = {"articles": "entry", "versions": "article", "outcomes": "entry"}
    for table, name in owner.items():
        rows = db.execute(f"SELECT {name}, raw_file, raw_offset, raw_length FROM {table}").fetchall()
        found[table] = [
            (row[0], None if row[1] is None else RawLocation(file=row[1], offset=row[2], length=row[3])) for row in rows
        ]
    db.close()
    return found


def check_places(url: str, folder: Path) -> int:
    """Assert that every row's place holds the page of its entry; return how many rows have one."""
    count = 0
    for table, rows in places(url).items():
        for owner, raw in rows:
            if raw is not None:
                content = read_raw(folder, raw)[2]
                assert table == "versions" or content.startswith(owner.encode()), (table, owner)
                count += 1
    return count


def test_below_the_budget_nothing_goes(archive: Archive, newsroom: Newsroom) -> None:
    newsroom.article("1")
    newsroom.close()
    plan = planned(archive, 10**9)
    assert (plan.drop, plan.bytes, plan.over_bytes) == ({}, 0, 0)
    assert plan.space.files == 1
    assert plan.space.bytes > 1000


def test_the_oldest_unflagged_pages_go_first(archive: Archive, newsroom: Newsroom, url: str) -> None:
    assert archive.raw_folder is not None
    newsroom.article("2", minutes=20)
    newsroom.article("flagged", minutes=5, flagged=True)
    newsroom.new_file()
    newsroom.article("1", minutes=10)
    newsroom.keep(unworked("none"))
    newsroom.article("3", minutes=30)
    newsroom.close()
    total = archive.raw_space().bytes
    plan = planned(archive, total - 2000)
    assert (plan.records, plan.kept_flagged, plan.over_bytes, plan.flagged) == (2, 1, 0, ())
    result = archive.prune(lambda: plan)
    assert (result.records, result.files, result.left) == (2, 2, 0)
    kept = {name for name, raw in places(url)["articles"] if raw is not None}
    assert kept == {worked(slug, "x").entry for slug in ("3", "flagged")}
    check_places(url, archive.raw_folder)
    assert archive.raw_space().bytes == total - result.bytes


def test_flagged_pages_go_only_when_asked_for_and_are_told_one_by_one(
    archive: Archive, newsroom: Newsroom, url: str
) -> None:
    assert archive.raw_folder is not None
    newsroom.article("flagged", flagged=True)
    newsroom.article("1")
    newsroom.close()
    plan = planned(archive, 0, keep_days=1)
    archive.prune(lambda: plan)
    assert plan.over_bytes > 1000
    assert check_places(url, archive.raw_folder) == 2, "the article's row and the outcome's"
    again = planned(archive, 0, flagged_too=True)
    assert [(one.headline, one.url) for one in again.flagged] == [("عنوان الخبر", "https://rasid.example/flagged")]
    archive.prune(lambda: again)
    assert check_places(url, archive.raw_folder) == 0
    assert archive.raw_space().files == 0
    assert [one.name for one in archive.raw_folder.iterdir()] == ["prune.lock"]


def test_pages_beyond_their_days_go_within_the_budget_too(archive: Archive, newsroom: Newsroom, url: str) -> None:
    ago = int((datetime.now(UTC) - NOON).total_seconds() // 60)
    newsroom.article("old", minutes=ago - 3 * 24 * 60)
    newsroom.article("young", minutes=ago - 60)
    newsroom.close()
    plan = planned(archive, 10**9, keep_days=2)
    assert plan.records == 1
    archive.prune(lambda: plan)
    kept = [owner for owner, raw in places(url)["articles"] if raw is not None]
    assert kept == [worked("young", "x").entry]


def test_files_of_a_run_under_way_are_left_alone(archive: Archive, newsroom: Newsroom) -> None:
    newsroom.article("1")
    assert planned(archive, 0).drop == {}
    assert planned(archive, 0).in_use == 1
    assert (process_start(os.getpid()), bool(boot())) != (None, False)
    newsroom.close()
    assert planned(archive, 0).records == 1


def test_a_former_text_s_page_and_a_copy_s_page_are_evidence_too(
    archive: Archive, newsroom: Newsroom, url: str
) -> None:
    assert archive.raw_folder is not None
    newsroom.article("1", flagged=True)
    text = body("1") + " زيادة"
    archive.add_entry("rasid", "https://rasid.example/1")
    newsroom.keep(worked("1", text, verdicts=[verdict(text)], minutes=50))
    newsroom.keep(worked("2", text, minutes=60))
    newsroom.article("3")
    newsroom.close()
    archive.prune(lambda: planned(archive, 0))
    assert check_places(url, archive.raw_folder) == 4
    assert [raw is not None for _, raw in places(url)["versions"]] == [True]


def test_a_story_flagged_after_the_plan_stays(archive: Archive, newsroom: Newsroom, url: str) -> None:
    assert archive.raw_folder is not None
    newsroom.article("1")
    newsroom.close()
    plan = planned(archive, 0)
    run = archive.start_run("crawl", topics=[])
    later = worked("1", body("1"), verdicts=[verdict(body("1"))], version="v2")
    archive.store(run, replace(later, raw=None), place=place)
    archive.end_run(run, exit_code=0, finish="finished")
    before = places(url)["articles"]
    assert archive.prune(lambda: plan).left == 1
    assert places(url)["articles"] == before
    check_places(url, archive.raw_folder)


def test_a_torn_record_leaves_no_place_behind(archive: Archive, newsroom: Newsroom, url: str) -> None:
    assert archive.raw_folder is not None
    newsroom.article("1")
    newsroom.article("2", flagged=True)
    raw = newsroom.article("3", flagged=True)
    newsroom.close()
    os.truncate(archive.raw_folder / raw.file, raw.offset + raw.length // 2)
    archive.prune(lambda: planned(archive, 0))
    assert check_places(url, archive.raw_folder) == 2


def test_files_to_which_no_row_points_go_in_their_turn(archive: Archive, newsroom: Newsroom) -> None:
    assert archive.raw_folder is not None
    newsroom.article("1", flagged=True)
    newsroom.close()
    stray = archive.raw_folder / "2026-01-01" / "7-1.warc.gz"
    stray.parent.mkdir()
    stray.write_bytes(b"x" * 5000)
    os.utime(stray, (LONG_AGO, LONG_AGO))
    plan = planned(archive, archive.raw_space().bytes - 10)
    assert plan.drop == {"2026-01-01/7-1.warc.gz": frozenset()}
    archive.prune(lambda: plan)
    assert not stray.parent.exists()


def test_only_one_prunes_at_a_time(archive: Archive, newsroom: Newsroom) -> None:
    assert archive.raw_folder is not None
    assert archive.raw_pruned_at() is None
    with pruning(archive.raw_folder, archive._reading), pytest.raises(PrunedElsewhereError):
        archive.prune(lambda: planned(archive, 0))
    assert archive.raw_pruned_at() is not None


PRUNE = """
import sys
from pathlib import Path
from mirqab.archive import Archive
archive = Archive.open(sys.argv[1], raw_folder=Path(sys.argv[2]))
archive.prune(lambda: archive.plan_pruning(max_bytes=0, keep_days=None))
"""


@pytest.mark.parametrize("point", ["pruned_copied", "pruned_moved"])
def test_a_kill_between_the_steps_leaves_every_place_true(
    archive: Archive, newsroom: Newsroom, url: str, point: str, child_environ: Callable[..., dict[str, str]]
) -> None:
    folder = archive.raw_folder
    assert folder is not None
    for number in range(6):
        newsroom.article(str(number), flagged=number % 2 == 0)
    newsroom.close()
    command = [sys.executable, "-c", PRUNE, url, str(folder)]
    killed = subprocess.run(
        command, env=child_environ(MIRQAB_TEST_KILL_AT=point), capture_output=True, start_new_session=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(list(folder.glob("*/*.warc.gz"))) == 2, "the old file and the new one"
    assert check_places(url, folder) == (12 if point == "pruned_copied" else 6)
    done = subprocess.run(command, env=child_environ(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert check_places(url, folder) == 6
    assert len(list(folder.glob("*/*.warc.gz"))) == 1
    assert not (folder / "prune.json").exists()

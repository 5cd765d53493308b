"""Stories of copies that were stored before copies were told: joined as a crawl would have, never against a person."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url

from mirqab.archive import Archive, StoryDetail, opening
from mirqab.archive.dialect import make_engine
from mirqab.cli.app import main
from mirqab.intake import join_founders, nearest_copy
from mirqab.settings import Settings, load_settings
from mirqab.stories import place
from mirqab.types import Decision, FlagState, Relation
from tests.archive.making import TALKS, verdict
from tests.bringing import OUTLETS, archive_with_entries, article_id, story_id
from tests.seen.processes import pids_of, wait_until
from tests.wires import edited, signed, wire

FLAGGED, OTHER = f"{TALKS}\n{wire(1)}", wire(2)


def put(archive: Archive, slug: str, text: str, *, outlet: str = "rasid", days: int = 0, minutes: int = 0) -> None:
    """Store a page as it was stored before copies were told: whose text is not the same has a story of its own."""
    verdicts = [verdict(text)] if TALKS in text else []
    page = signed(slug, text, outlet=outlet, verdicts=verdicts, days=days, minutes=minutes)
    archive.store(archive.runs(1)[0].id, page, place=place)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """An archive with a flagged text, its copies in two other outlets, and another text with a copy."""
    opened = archive_with_entries(tmp_path)
    for number, outlet in enumerate(OUTLETS):
        put(opened, "1", f"{TALKS}\n{edited(wire(1), by=number)}" if number else FLAGGED, outlet=outlet)
    put(opened, "2", OTHER)
    put(opened, "2", edited(OTHER), outlet="qabas")
    put(opened, "3", wire(3))
    yield opened
    opened.close()


def join(archive: Archive) -> int:
    """Join what can be joined; return how many stories were."""
    return sum(done is not None for done in join_founders(archive))


def story(archive: Archive, slug: str, outlet: str = "rasid") -> StoryDetail:
    found = archive.article(article_id(slug, outlet))
    assert found is not None
    told = archive.story(found.story)
    assert told is not None
    return told


def state(archive: Archive, slug: str, outlet: str = "rasid") -> FlagState:
    (flag,) = story(archive, slug, outlet).flags
    return flag.state


def decide(archive: Archive, outlet: str, decision: Decision) -> None:
    known = (article_id("1", outlet), verdict(FLAGGED))
    archive.decide(story_id("1", outlet), decision, by="سلمى", note=None, fallback=known)


def everything(archive: Archive) -> list[object]:
    """Return all that a joined story could have changed."""
    tables = ("articles", "stories", "flags", "decisions", "regroupings", "sightings")
    with archive._reading() as conn:
        return [conn.exec_driver_sql(f"SELECT * FROM {name} ORDER BY 1, 2").all() for name in tables]


# ------------------------------------------------------------------------------------------------- joining


def test_copies_come_to_the_story_of_the_one_stored_first(archive: Archive) -> None:
    assert len(archive.flagged()) == 3
    assert join(archive) == 3
    joined = story(archive, "1")
    assert [(one.article.outlet, one.relation, one.placed_by) for one in joined.articles] == [
        ("rasid", Relation.NEW, None),
        ("qabas", Relation.NEAR, None),
        ("sahil", Relation.NEAR, None),
    ]
    assert all(one.nearest is not None and one.similarity is not None for one in joined.articles[1:])
    assert [flag.story for flag in archive.flagged()] == [joined.id], "one story, one flag"
    assert len(story(archive, "2").articles) == 2
    assert len(story(archive, "3").articles) == 1
    former = archive.story(story_id("1", "sahil"))
    assert former is not None
    assert former.id == joined.id, "its id leads there"


def test_joining_again_changes_nothing(archive: Archive) -> None:
    join(archive)
    before = everything(archive)
    assert join(archive) == 0
    assert everything(archive) == before


def test_copies_of_another_month_stay_apart(archive: Archive) -> None:
    put(archive, "4", wire(4), days=40)
    put(archive, "4", edited(wire(4)), outlet="qabas")
    join(archive)
    assert len(story(archive, "4").articles) == 1


def test_what_came_to_a_copy_meanwhile_goes_with_it(archive: Archive) -> None:
    twin = article_id("1", "sahil")
    with archive._writing() as conn:
        conn.exec_driver_sql(
            "UPDATE articles SET story = ?, relation = 'near', nearest = ? WHERE id = ?",
            (story_id("1", "sahil"), twin, article_id("3")),
        )
    join(archive)
    assert story(archive, "3").id == story(archive, "1").id


def test_a_copy_that_has_gone_elsewhere_meanwhile_stays_what_it_is_there(archive: Archive) -> None:
    join(archive)
    (number,) = (one.id for one in archive.regroupings() if one.other == story_id("2", "qabas"))
    page = signed("2", edited(wire(3)), outlet="qabas", minutes=9)
    archive.store(archive.runs(1)[0].id, page, place=place, compare=nearest_copy)
    archive.undo_regrouping(number or 0)
    copy, own = story(archive, "3").articles
    assert (own.relation, copy.article.id) == (Relation.NEW, article_id("2", "qabas"))
    assert (copy.relation, copy.nearest) == (Relation.NEAR, own.article.id)


# ------------------------------------------------------------------------------------------- what persons said


@pytest.mark.parametrize("outlet", ["rasid", "qabas"])
def test_a_decision_on_one_copy_holds_for_the_story(archive: Archive, outlet: str) -> None:
    decide(archive, outlet, Decision.IRRELEVANT)
    assert join(archive) == 3
    assert state(archive, "1") is FlagState.IRRELEVANT
    assert archive.flagged(states=(FlagState.OPEN,)) == []


def test_where_persons_said_different_things_nothing_is_joined(archive: Archive) -> None:
    decide(archive, "rasid", Decision.RELEVANT)
    decide(archive, "qabas", Decision.IRRELEVANT)
    join(archive)
    assert state(archive, "1") is FlagState.RELEVANT
    assert state(archive, "1", "qabas") is FlagState.IRRELEVANT


def test_what_a_person_put_apart_stays_apart(archive: Archive) -> None:
    for slug in "13":
        archive.merge_stories(story(archive, "2").id, story(archive, slug).id, by="سلمى", note=None)
    archive.split_story(story(archive, "2").id, [article_id("1")], by="سلمى", note=None)
    before = story(archive, "1").id
    join(archive)
    assert [one.article.id for one in story(archive, "1").articles if one.placed_by] == [article_id("1")]
    assert story(archive, "1").id == before
    assert story(archive, "3").id == story(archive, "2").id


def test_what_was_joined_is_listed_and_can_be_taken_back_for_good(archive: Archive) -> None:
    apart = everything(archive)
    join(archive)
    listed = archive.regroupings()
    assert {(one.decision, one.decided_by) for one in listed} == {("merge", "reindex")}
    for one in listed:
        archive.undo_regrouping(one.id or 0)
    again = everything(archive)
    assert again[:2] == apart[:2], "articles and stories"
    assert len(archive.flagged()) == 3
    assert join(archive) == 0, "a person took it back"
    assert everything(archive)[:2] == apart[:2]


# ------------------------------------------------------------------------------------------ an older archive


@pytest.fixture
def older(archive: Archive, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A deployment whose archive is of the schema before there were signatures, with what the other one holds."""
    archive.close()
    monkeypatch.setenv("MIRQAB_HOME", str(home))
    monkeypatch.delenv("REDIS_URL", raising=False)
    settings = load_settings()
    config = Config()
    config.set_main_option("script_location", str(Path(opening.__file__).with_name("migrations")))
    reader, writer = make_engine(make_url(settings.archive_url))
    with writer.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0006")
    writer.dispose()
    reader.dispose()
    with contextlib.closing(sqlite3.connect(settings.archive_url.removeprefix("sqlite:///"))) as db, db:
        db.execute("ATTACH ? AS told", (str(tmp_path / "archive.sqlite3"),))
        names = [name for (name,) in db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
        assert "signatures" not in names
        for name in set(names) - {"alembic_version", "sqlite_sequence"}:
            columns = ", ".join(row[1] for row in db.execute(f"PRAGMA main.table_info({name})"))
            db.execute(f"INSERT INTO main.{name} ({columns}) SELECT {columns} FROM told.{name}")
        db.commit()
    yield settings
    wait_until(lambda: not pids_of(settings.redis_folder))


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Archive]:
    archive = Archive.open(settings.archive_url)
    try:
        yield archive
    finally:
        archive.close()


def stories(settings: Settings) -> set[str]:
    with opened(settings) as archive:
        return {story(archive, "1", outlet).id for outlet in OUTLETS}


def test_an_older_archive_has_one_story_after_it_and_not_before_it_is_asked(
    older: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reindex", "--stories", "--dry-run"]) == 0
    assert "0 articles would be compared" in capsys.readouterr().out
    assert main(["reindex"]) == 0
    assert "./run reindex --stories joins them" in capsys.readouterr().out
    assert len(stories(older)) == 3
    assert main(["reindex", "--stories"]) == 0
    told = capsys.readouterr().out
    assert "3 stories joined" in told
    assert "./run story undo" in told
    assert len(stories(older)) == 1
    assert main(["reindex", "--stories"]) == 0
    assert "No story joined." in capsys.readouterr().out


def test_what_a_kill_left_is_joined_by_the_next_call(
    older: Settings, child_environ: Callable[..., dict[str, str]]
) -> None:
    reindex = [sys.executable, "-m", "mirqab", "reindex", "--stories"]
    environ = child_environ(MIRQAB_TEST_KILL_AT="regrouping:2")
    killed = subprocess.run(reindex, env=environ, start_new_session=True, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(stories(older)) == 2, "one of them was joined, and the second left whole"
    subprocess.run(reindex, env=child_environ(), capture_output=True, check=True)
    assert len(stories(older)) == 1

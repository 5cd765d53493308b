"""`reindex`, as a person types it: signatures and marks made again, of an archive that lost them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mirqab.archive import Archive
from mirqab.cli.app import main
from mirqab.intake import Intake, nearest_copy
from mirqab.intake.looking import banded_of
from mirqab.seen import open_seen
from mirqab.settings import load_settings
from mirqab.stories import place
from mirqab.types import Relation, make_id
from tests.archive.making import TOPIC, WEEK_S, entry_id, item, snapshot
from tests.seen.processes import pids_of, wait_until
from tests.wires import edited, signed, wire

COUNT = 7


@pytest.fixture
def archive(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    """Seven stored articles, of which Redis was never told."""
    monkeypatch.setenv("MIRQAB_HOME", str(home))
    monkeypatch.delenv("REDIS_URL", raising=False)
    settings = load_settings()
    opened = Archive.open(settings.archive_url)
    run = opened.start_run("crawl", topics=[TOPIC])
    slugs = [str(number) for number in range(COUNT + 1)]
    opened.admit(run, snapshot(*map(item, slugs)), first_poll_max_age_s=WEEK_S)
    for number in range(COUNT):
        opened.store(run, signed(str(number), wire(number)), place=place, compare=nearest_copy)
    yield opened
    opened.close()
    wait_until(lambda: not pids_of(settings.redis_folder))


def forget_signatures(archive: Archive, *, but: int) -> None:
    with archive._writing() as conn:
        conn.exec_driver_sql("DELETE FROM signatures WHERE number > ?", (but,))


async def candidates(archive: Archive, number: int) -> set[str]:
    page = signed("7", edited(wire(number)))
    assert page.article is not None
    settings = load_settings()
    async with open_seen(redis_url=None, folder=settings.redis_folder) as seen:
        found = await seen.look_up(page.article.fingerprint, banded_of(page.article))
    assert found is not None
    return set(found.shares)


def test_signatures_and_marks_are_made_again(archive: Archive, capsys: pytest.CaptureFixture[str]) -> None:
    forget_signatures(archive, but=2)
    assert main(["reindex", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "5 articles have no signature of today's making." in said
    assert "7 articles would be marked in Redis again." in said
    assert len(archive.marks.unmade()) == COUNT, "nothing was written"
    assert main(["reindex"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "5 signatures made.",
        "7 articles marked in Redis.",
        "Terms weighed in 7 texts.",
        "Copies among them are in stories of their own; ./run reindex --stories joins them.",
    ]
    assert archive.marks.unmade() == []
    for number in range(COUNT):
        assert asyncio.run(candidates(archive, number)) == {make_id("a", entry_id(str(number)))}
    assert main(["reindex"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["0 signatures made.", "7 articles marked in Redis."]


def test_agencies_are_made_where_signatures_are(archive: Archive) -> None:
    told = f"النخيل (رويترز) - {wire(1)}"
    with archive._writing() as conn:
        conn.exec_driver_sql("UPDATE articles SET body = ? WHERE id <> ?", (told, make_id("a", entry_id("0"))))
    forget_signatures(archive, but=3)
    assert main(["reindex"]) == 0
    with archive._reading() as conn:
        rows = conn.exec_driver_sql(
            "SELECT agencies FROM articles JOIN signatures ON article = articles.id ORDER BY number"
        )
        assert rows.scalars().all() == ["[]"] * 3 + ['["reuters"]'] * 4


def test_each_batch_begins_where_the_one_before_it_ended(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mirqab.intake.marking._BATCH", 2)
    forget_signatures(archive, but=0)
    with archive._writing() as conn:  # as those of one transaction
        conn.exec_driver_sql("UPDATE articles SET stored_at = (SELECT min(stored_at) FROM articles) WHERE id > 'a8'")
    since = datetime(2000, 1, 1, tzinfo=UTC)
    last = None
    looks: list[int] = []
    found: list[str] = []
    while texts := archive.signatures.unsigned(since=since, limit=2, after=last):
        last = texts[-1]
        found += [text.article for text in texts]
        looks.append(len(texts))
    assert looks == [2, 2, 2, 1], "though none was signed"
    assert sorted(found) == sorted(make_id("a", entry_id(str(number))) for number in range(COUNT))
    assert main(["reindex"]) == 0
    assert archive.signatures.count_unsigned(since=since) == 0


def test_an_article_stays_in_its_story(archive: Archive) -> None:
    with archive._writing() as conn:
        conn.exec_driver_sql(
            "UPDATE articles SET story = (SELECT min(story) FROM articles), placed_by = 'a person' WHERE id <> ?",
            (make_id("a", entry_id("0")),),
        )
        before = conn.exec_driver_sql("SELECT id, story, placed_by FROM articles ORDER BY id").all()
    assert main(["reindex"]) == 0
    with archive._reading() as conn:
        assert conn.exec_driver_sql("SELECT id, story, placed_by FROM articles ORDER BY id").all() == before


def test_a_crawl_after_it_finds_the_copies(archive: Archive) -> None:
    forget_signatures(archive, but=0)
    assert main(["reindex"]) == 0

    async def crawl() -> None:
        settings = load_settings()
        async with open_seen(redis_url=None, folder=settings.redis_folder) as seen:
            run = archive.start_run("crawl", topics=[TOPIC])
            intake = Intake(archive, seen, run=run, max_attempts=3, first_poll_max_age_s=WEEK_S)
            assert await intake.recover() == 0, "there is nothing left to mark"
            stored = await intake.store(signed("7", edited(wire(3))))
            await intake.close()
        assert stored.placement is not None
        assert (stored.placement.relation, stored.placement.nearest) == (Relation.UPDATE, make_id("a", entry_id("3")))

    asyncio.run(crawl())


def test_without_redis_signatures_are_made_and_the_rest_is_said(
    archive: Archive, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_signatures(archive, but=0)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert main(["reindex"]) == 1
    told = capsys.readouterr()
    assert "7 signatures made." in told.out
    assert "run ./run reindex again" in told.err
    assert archive.signatures.count_unsigned(since=datetime(2000, 1, 1, tzinfo=UTC)) == 0


def test_before_the_first_crawl_there_is_nothing_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MIRQAB_HOME", str(home))
    assert main(["reindex"]) == 0
    assert "Nothing crawled yet" in capsys.readouterr().out

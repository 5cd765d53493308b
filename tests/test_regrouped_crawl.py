"""A crawl after a person has parted or joined stories: what comes joins its nearest where a person put that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mirqab.archive import Archive
from mirqab.intake import Intake
from mirqab.seen import open_seen
from mirqab.types import Relation, Worked, make_id
from tests.archive.making import TALKS, TOPIC, WEEK_S, entry_id, item, snapshot, verdict
from tests.seen.processes import pids_of, wait_until
from tests.wires import edited, signed, wire

TEXT = TALKS + "\n" + wire(1)
OTHER = TALKS + "\n" + wire(2)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive.open(f"sqlite:///{tmp_path / 'archive.sqlite3'}")
    yield opened
    opened.close()
    wait_until(lambda: not pids_of(tmp_path / "redis"))


def page(slug: str, outlet: str, text: str) -> Worked:
    return signed(slug, text, outlet=outlet, verdicts=[verdict(text)])


def article(slug: str, outlet: str) -> str:
    return make_id("a", entry_id(slug, outlet=outlet, host=f"{outlet}.example"))


async def crawl(archive: Archive, folder: Path, *pages: Worked) -> list[tuple[Relation, str]]:
    """Store pages one after the other as a crawl does; return how each is related, and its story."""
    found = []
    run = archive.start_run("crawl", topics=[TOPIC])
    async with open_seen(redis_url=None, folder=folder) as seen:
        intake = Intake(archive, seen, run=run, max_attempts=3, first_poll_max_age_s=WEEK_S)
        await intake.recover()
        for one in pages:
            slug = one.page_url.rpartition("/")[2]
            feed = f"https://{one.outlet}.example/rss.xml"
            told = snapshot(item(slug, host=f"{one.outlet}.example"), outlet=one.outlet, url=feed)
            await intake.admit(told)
            stored = await intake.store(one, await intake.look_up(one))
            assert stored is not None
            assert stored.placement is not None
            found.append((stored.placement.relation, stored.placement.story))
        await intake.close()
    archive.end_run(run, exit_code=0, finish="finished")
    return found


async def test_a_copy_joins_the_part_in_which_its_nearest_is(archive: Archive, tmp_path: Path) -> None:
    first, copy = edited(TEXT, by=1), edited(TEXT, by=2)
    (_, whole), (near, also) = await crawl(
        archive, tmp_path / "redis", page("1", "rasid", first), page("2", "qabas", copy)
    )
    assert (near, also) == (Relation.NEAR, whole)
    part = archive.split_story(whole, [article("2", "qabas")], by="سلمى", note=None).regrouping.story
    later = [page("3", "nabaa", edited(copy, by=11)), page("4", "wasl", edited(first, by=12))]
    assert await crawl(archive, tmp_path / "redis", *later) == [(Relation.NEAR, part), (Relation.NEAR, whole)]


async def test_a_page_that_is_fetched_again_or_has_changed_stays(archive: Archive, tmp_path: Path) -> None:
    first, copy = edited(TEXT, by=1), edited(TEXT, by=2)
    (_, whole), _ = await crawl(archive, tmp_path / "redis", page("1", "rasid", first), page("2", "qabas", copy))
    part = archive.split_story(whole, [article("2", "qabas")], by="سلمى", note=None).regrouping.story
    again = page("2", "qabas", copy)
    changed = page("2", "qabas", edited(first, by=5))  # nearer to the other one now
    twin = replace(page("5", "nabaa", copy))
    for one in (again, twin, changed):
        await crawl(archive, tmp_path / "redis", one)
        detail = archive.article(article("2", "qabas"))
        assert detail is not None
        assert (detail.story, detail.placed_by) == (part, "سلمى")
    whole_now = archive.story(whole)
    assert whole_now is not None
    assert [one.article.outlet for one in whole_now.articles] == ["rasid"]


async def test_a_copy_of_what_was_joined_joins_it(archive: Archive, tmp_path: Path) -> None:
    (_, one), (_, other) = await crawl(archive, tmp_path / "redis", page("1", "rasid", TEXT), page("2", "qabas", OTHER))
    assert one != other
    archive.merge_stories(one, other, by="سلمى", note=None)
    found = await crawl(archive, tmp_path / "redis", page("3", "nabaa", edited(OTHER)), page("4", "wasl", OTHER))
    assert [story for _, story in found] == [one, one]
    assert archive.open_flags() == {TOPIC[0]: 1}

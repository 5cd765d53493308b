"""Bringing pages into an archive by the real steps, and where they came to be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from mirqab.archive import Archive
from mirqab.intake import Intake
from mirqab.seen import Seen
from mirqab.types import Relation, Stored, Worked, make_id
from tests.archive.making import TOPIC, WEEK_S, entry_id, item, snapshot

OUTLETS = ("rasid", "qabas", "sahil")
SLUGS = "1234"


def archive_with_entries(folder: Path) -> Archive:
    """Open an archive to which each of three outlets has told four pages."""
    opened = Archive.open(f"sqlite:///{folder / 'archive.sqlite3'}")
    run = opened.start_run("crawl", topics=[TOPIC])
    for outlet in OUTLETS:
        items = [item(slug, host=f"{outlet}.example") for slug in SLUGS]
        shot = snapshot(*items, outlet=outlet, url=f"https://{outlet}.example/rss.xml")
        opened.admit(run, shot, first_poll_max_age_s=WEEK_S)
    return opened


@asynccontextmanager
async def an_intake(archive: Archive, seen: Seen, *, recovers: bool = True) -> AsyncIterator[Intake]:
    run = archive.start_run("crawl", topics=[TOPIC])
    intake = Intake(archive, seen, run=run, max_attempts=3, first_poll_max_age_s=WEEK_S)
    if recovers:
        await intake.recover()
    try:
        yield intake
    finally:
        await intake.close()


async def bring(intake: Intake, page: Worked) -> Stored:
    return await intake.store(page, await intake.look_up(page))


def place_of(stored: Stored) -> tuple[str, Relation, str | None]:
    assert stored.placement is not None
    return stored.placement.story, stored.placement.relation, stored.placement.nearest


def article_id(slug: str, outlet: str = "rasid") -> str:
    return make_id("a", entry_id(slug, outlet=outlet, host=f"{outlet}.example"))


def story_id(slug: str, outlet: str = "rasid") -> str:
    return make_id("s", article_id(slug, outlet))

"""Drift in a real archive: alarmed of with a page of before and after, told since when, and over when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mirqab.archive import Archive, DriftRow
from mirqab.archive import archive as archive_module
from mirqab.drift import look
from mirqab.stories import place
from mirqab.types import Reason
from tests.archive.making import NOON, WEEK_S, body, item, snapshot, unworked, worked

Clock = list[datetime]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The archive's clock, in the hands of the test."""
    now = [NOON - timedelta(days=12)]
    monkeypatch.setattr(archive_module, "_now", lambda: now[0])
    return now


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = Archive.open(f"sqlite:///{tmp_path / 'archive.sqlite3'}")
    yield opened
    opened.close()


def read(archive: Archive, clock: Clock, first: int, count: int, *, sentences: int = 12, refused: bool = False) -> None:
    """Store pages, one every two hours, each in a run of its own."""
    for number in range(first, first + count):
        clock[0] += timedelta(hours=2)
        run = archive.start_run("crawl", topics=[])
        slug = str(number)
        archive.admit(run, snapshot(item(slug, slug)), first_poll_max_age_s=WEEK_S)
        if refused:
            page = unworked(slug)
            archive.fail(run, page.entry, reason=Reason.NO_ARTICLE, detail="menu", next_try_at=None, answered=True)
        else:
            archive.store(run, worked(slug, body(slug, sentences=sentences + number % 3)), place=place)
        archive.end_run(run, exit_code=0, finish="finished")


def open_drifts(rows: list[DriftRow]) -> list[str]:
    return [row.measure for row in rows if row.ended_at is None]


def test_pages_that_lose_their_text_are_alarmed_of_until_they_have_it_again(archive: Archive, clock: Clock) -> None:
    read(archive, clock, 0, 60)
    assert look(archive, now=clock[0]) == []
    changed_at = clock[0]
    read(archive, clock, 60, 10, sentences=1)
    (row,) = look(archive, now=clock[0])
    assert (row.outlet, row.measure, row.ended_at) == ("rasid", "length", None)
    assert abs(row.since - changed_at) <= timedelta(hours=3)
    assert row.before["value"] > 3 * row.after["value"]
    assert row.before["page"]["article"].startswith("a")
    assert len(row.before["page"]["lines"]) == 5, "two lines, a mark of what was left out, two lines"
    assert "الفقرة 1 من خبر" in row.after["page"]["lines"][0]
    read(archive, clock, 70, 12, sentences=1)
    assert [(one.measure, one.since) for one in look(archive, now=clock[0])] == [("length", row.since)], "told once"
    read(archive, clock, 82, 10)
    (over,) = look(archive, now=clock[0])
    assert (over.since, over.ended_at, over.ending) == (row.since, clock[0], "fixed")
    read(archive, clock, 92, 40)
    assert open_drifts(look(archive, now=clock[0])) == [], "the bad days are no part of the new norm"
    assert archive.norms()["rasid"].made_at > row.since


def test_pages_that_are_no_article_any_more_are_shown_with_the_reason(archive: Archive, clock: Clock) -> None:
    read(archive, clock, 0, 60)
    look(archive, now=clock[0])
    read(archive, clock, 60, 10, refused=True)
    (row,) = look(archive, now=clock[0])
    assert (row.measure, row.before["value"], row.after["value"]) == ("refused", 0.0, 1.0)
    assert (row.after["page"]["reason"], row.after["page"]["detail"]) == ("no_article", "menu")


def test_what_lasts_a_month_becomes_the_norm(archive: Archive, clock: Clock) -> None:
    read(archive, clock, 0, 60)
    look(archive, now=clock[0])
    read(archive, clock, 60, 12, sentences=1)
    assert open_drifts(look(archive, now=clock[0])) == ["length"]
    read(archive, clock, 72, 370, sentences=1)
    rows = look(archive, now=clock[0])
    assert [row.ending for row in rows] == ["accepted"]
    read(archive, clock, 442, 15, sentences=1)
    assert open_drifts(look(archive, now=clock[0])) == []


def test_an_outlet_with_few_pages_is_left_alone(archive: Archive, clock: Clock) -> None:
    read(archive, clock, 0, 20)
    read(archive, clock, 20, 10, sentences=1)
    assert look(archive, now=clock[0]) == []
    assert archive.norms()["rasid"].norm is None

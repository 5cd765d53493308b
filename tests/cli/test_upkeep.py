"""`runs RUN` and `health` over an archive in which things went wrong: what is told, and where."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mirqab.addresses import origin_of
from mirqab.archive import Archive
from mirqab.declarations import load_outlets
from mirqab.settings import load_settings
from mirqab.types import FeedRole, FeedState, HostState, Outlet, Reason
from tests.archive.making import WEEK_S, item, no_answer, snapshot

if TYPE_CHECKING:
    from tests.cli.conftest import Reader

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def outlets(home: Path) -> tuple[Outlet, Outlet]:
    first, second, *_ = (one for one in load_outlets(load_settings(environ={"MIRQAB_HOME": str(home)})) if one.enabled)
    return first, second


@pytest.fixture
def archive(home: Path) -> Iterator[Archive]:
    deployed = load_settings(environ={"MIRQAB_HOME": str(home)})
    opened = Archive.open(deployed.archive_url, raw_folder=deployed.raw_folder)
    yield opened
    opened.close()


@pytest.fixture
def run(archive: Archive, outlets: tuple[Outlet, Outlet]) -> str:
    """The first outlet's feed rolled over and moved; the second's is gone, and its host asked for peace."""
    first, second = outlets
    run = archive.start_run("crawl", topics=[])
    url = first.feeds[0].url

    def moved(state: FeedState, *_: object) -> FeedState:
        return replace(state, moved_to="https://rasid.example/feed", moved_times=2, next_poll_at=NOW + WEEK)

    for slug, at in (("1", NOW - timedelta(hours=3)), ("9", NOW - timedelta(hours=1))):
        shot = snapshot(item(slug, f"عنوان {slug}", published=at), outlet=first.id, url=url, at=at)
        archive.admit(run, shot, first_poll_max_age_s=WEEK_S, settle=moved)
    again = snapshot(item("5", "عنوان 5"), outlet=first.id, url=first.home, at=NOW)
    archive.admit(run, replace(again, role=FeedRole.BACKFILL), first_poll_max_age_s=1e9)
    gone = replace(no_answer(Reason.GONE, at=NOW), outlet=second.id, url=second.feeds[0].url, status=410, detail="410")
    archive.admit_each(run, [gone], settle=lambda state, *_: replace(state, gone_at=NOW, next_poll_at=NOW + WEEK))
    archive.put_off(run, feeds=[(second.id, "https://rasid.example/late")], reason=Reason.TOO_MANY_REQUESTS)
    return run


WEEK = timedelta(seconds=WEEK_S)


def test_a_run_is_told_by_outlet_with_the_reasons(
    newcomer: Reader, run: str, archive: Archive, outlets: tuple[Outlet, Outlet]
) -> None:
    told = {row["outlet"]: row for row in json.loads(newcomer("runs", run[:8], "--format", "json").out)}
    first, second = (told[outlet.id] for outlet in outlets)
    assert (first["feeds_ok"], first["backfills"], first["new"], first["gaps"]) == (1, 1, 3, 1)
    assert (second["feeds_failed"], second["feeds_put_off"]) == (1, 1)
    assert second["feed_reasons"] == {"gone": 1, "too_many_requests": 1}
    table = newcomer("runs", run)
    assert table.code == 0
    assert "rolled over ×1: items may be lost" in table.out
    assert "feed gone ×1" in table.out
    assert newcomer("runs", "r0000").code != 0
    assert newcomer("runs", "s12").code != 0
    assert run in newcomer("runs").out, "the list stays as it was"


def test_health_tells_what_was_lost_what_moved_what_is_gone_and_who_asked_for_peace(
    newcomer: Reader, run: str, archive: Archive, outlets: tuple[Outlet, Outlet]
) -> None:
    first, second = outlets

    host = origin_of(second.feeds[0].url)
    archive.keep_host(HostState(host=host, not_before=NOW + timedelta(hours=5), because=Reason.TOO_MANY_REQUESTS))
    said = newcomer("health")
    assert said.code == 3
    lines = {line.split()[0]: line for line in said.out.splitlines() if line}
    assert "items may be lost between" in lines[first.id]
    assert "; 1 found again" in lines[first.id]
    assert "declare https://rasid.example/feed instead" in lines[first.id]
    assert "gone ×1" in lines[second.id]
    assert "asked again at" in lines[second.id]
    assert "asked for peace until" in lines[second.id]
    told = {row["outlet"]: row for row in json.loads(newcomer("health", "--format", "json").out)}
    feed = told[first.id]["feeds"][0]
    assert feed["lost"] == [(NOW - timedelta(hours=hours)).isoformat() for hours in (3, 1)]
    assert told[second.id]["feeds"][0]["gone_since"] == NOW.isoformat()

"""`python -m demo` as a newcomer runs it: the real crawl of the demo web, twice."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from demo.__main__ import show
from demo.folder import DemoFolder
from demo.stories import Label, Outcome, Story
from mirqab.archive import Archive
from mirqab.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent


def environ(home: Path) -> Mapping[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("MIRQAB_") and name != "REDIS_URL"}
    # what a real deployment would set must not reach the demo's crawl
    return own | {"MIRQAB_HOME": str(home), "MIRQAB_CRAWL_ALLOW_HOSTS": "192.0.2.1", "PYTHONPATH": str(ROOT)}


def demo(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demo", *arguments],
        env=environ(home),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def rows(home: Path) -> list[dict[str, Any]]:
    said = demo(home, "mirqab", "flagged", "--format", "json")
    assert said.returncode == 0, said.stderr
    found: list[dict[str, Any]] = json.loads(said.stdout)
    return found


@dataclass(frozen=True)
class Shown:
    """What one whole demo left: its stories, how often each page was asked for, how each entry ended, the flags."""

    home: Path
    stories: Mapping[str, Story]
    updated: frozenset[str]
    asked: Mapping[str, int]
    ended: Mapping[str, str]
    flagged: list[dict[str, Any]]
    meant: Mapping[str, Story]  # flagged story's id → the story at its address
    compared: tuple[frozenset[str], frozenset[str], frozenset[str]]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Run the demo once, in this process so that what its web was asked can be counted."""
    home = tmp_path_factory.mktemp("home")
    folder = DemoFolder(home / "demo", slow_s=0.2)
    with folder.locked():
        kept, web, _ = folder.open_web(fresh=False)
        with web:
            folder.write_config(web)
            show(folder, kept, web)
        assert kept.complete
    found = rows(home)
    archive = Archive.open(f"sqlite:///{folder.path}/archive.sqlite", create=False)
    ended = {}
    try:
        for name in web.stories:
            trail = archive.by_url(web.url(name))
            assert trail is not None, name
            ended[name] = str(trail.entry.reason or trail.entry.state)
    finally:
        archive.close()
    return Shown(
        home=home,
        stories=web.stories,
        updated=web.updated,
        asked={name: web.requests_of(name) for name in web.stories},
        ended=ended,
        flagged=found,
        meant={row["story"]: web.story_at(row["url"]) for row in found},
        compared=web.compare(found),
    )


def test_what_is_on_the_topic_is_flagged_and_nothing_else(shown: Shown) -> None:
    right, missed, besides = shown.compared
    assert not missed
    assert not besides, [shown.stories[name].headline for name in besides]
    assert len(right) >= 16
    assert {shown.stories[name].label for name in right} == {Label.TOPIC}


def test_flagged_stories_name_their_theatre(shown: Shown) -> None:
    for row in shown.flagged:
        theatres = shown.meant[row["story"]].theatres
        assert tuple(row["facets"]["theatre"][: len(theatres)]) == theatres, row["headline"]


def test_the_queue_of_near_misses_is_not_empty(shown: Shown) -> None:
    said = demo(shown.home, "mirqab", "near", "--format", "json")
    assert said.returncode == 0, said.stderr
    rows = {row["headline"]: row for row in json.loads(said.stdout)}
    row = rows[shown.stories["rabwa-caravan-trade"].headline]
    assert 0 < row["score"] < row["threshold"]
    assert row["missing"]
    assert row["current"]


def test_before_any_demo_it_is_said_that_there_is_none(tmp_path: Path) -> None:
    said = demo(tmp_path, "mirqab", "flagged")
    assert (said.returncode, said.stdout) == (2, "")
    assert "./run demo first" in said.stderr
    assert "Traceback" not in said.stderr


def test_the_copied_wire_story_is_one_story_of_its_outlets(shown: Shown) -> None:
    carriers = [row["outlets"] for row in shown.flagged if shown.meant[row["story"]].id.endswith("-iraq-timetable")]
    assert any({"mirsal", "sidra"} <= {*outlets} for outlets in carriers), "an exact copy is no story of its own"
    assert sorted(outlet for outlets in carriers for outlet in outlets) == ["fanar", "mirsal", "shanasheel", "sidra"]


def test_entries_end_as_their_stories_say(shown: Shown) -> None:
    for name, story in shown.stories.items():
        fetched = story.outcome in (Outcome.STORED, Outcome.NOT_FOUND, Outcome.NO_ARTICLE)
        assert shown.asked[name] == fetched + (name in shown.updated), name
        if story.outcome is not Outcome.NO_ARTICLE:
            assert shown.ended[name] == story.outcome, name


@pytest.mark.parametrize("name", ["sidra-wall", "sura-video-harvest"])
def test_pages_without_an_article_are_refused(shown: Shown, name: str) -> None:
    assert shown.stories[name].outcome is Outcome.NO_ARTICLE
    assert shown.ended[name] == "no_article"


def test_run_again_it_fetches_and_flags_nothing_twice(shown: Shown) -> None:
    again = demo(shown.home)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "0 pages of stories were asked for" in again.stdout
    assert "Where to go next" in again.stdout
    assert rows(shown.home) == shown.flagged


def test_a_demo_whose_ports_are_taken_starts_anew(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo")
    with folder.locked():
        kept, web, reason = folder.open_web(fresh=False)
        assert reason is None
        with web:
            folder.write_config(web)
        _, same, reason = folder.open_web(fresh=False)
        assert (reason, same.places, same.epoch) == (None, kept.places, web.epoch)
        with same:
            pass
        host, port = kept.places["mirsal"]
        with socket.create_server((host, port)):
            moved, other, reason = folder.open_web(fresh=False)
            with other:
                pass
        assert reason == "its former ports are taken"
        assert moved.places["mirsal"] != (host, port)
        assert not folder.config.exists()


def test_a_demo_starts_anew_when_its_pages_have_changed(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo")
    with folder.locked():
        kept, web, _ = folder.open_web(fresh=False)
        with web:
            pass
        kept.content = "another"
        folder.write(kept)
        _, web, reason = folder.open_web(fresh=False)
        with web:
            pass
        assert reason == "its stories or pages have changed"


def test_two_demos_keep_apart(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo")
    with folder.locked(), pytest.raises(UsageError, match="Another demo"), DemoFolder(tmp_path / "demo").locked():
        pass
    with folder.locked():
        assert demo(tmp_path).returncode == 2


def test_serve_ends_with_an_interrupt(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "demo", "serve"],
        env=environ(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(10)]
    assert all(line.startswith("http://127.0.0.") for line in lines)
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=60) == 0
    child.stdout.close()


def test_a_real_deployment_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("MIRQAB_ARCHIVE_URL", "sqlite:////nowhere/archive.sqlite")
    seen = DemoFolder(tmp_path / "demo").environ()
    assert "REDIS_URL" not in seen
    assert {name for name in seen if name.startswith("MIRQAB_")} == {"MIRQAB_HOME", "MIRQAB_CONFIG"}

"""`python -m demo` as a newcomer runs it: the real crawl of the demo web, twice."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from demo.folder import DemoFolder, Kept
from demo.stories import Label, Outcome
from demo.web import DemoWeb
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
        timeout=120,
        check=False,
    )


def rows(home: Path) -> list[dict[str, object]]:
    said = demo(home, "mirqab", "flagged", "--format", "json")
    assert said.returncode == 0, said.stderr
    found: list[dict[str, object]] = json.loads(said.stdout)
    return found


def test_the_demo_flags_what_it_should_and_nothing_twice(tmp_path: Path) -> None:
    first = demo(tmp_path)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "Why it was flagged" in first.stdout
    assert "Where to go next" in first.stdout

    kept = Kept(**json.loads((tmp_path / "demo" / "demo.json").read_text()))
    flagged = rows(tmp_path)
    with kept.web() as web:
        right, missed, besides = web.compare(str(row["url"]) for row in flagged)
        stories = web.stories
        urls = {web.url(story): story for story in stories}
    assert not missed
    # no hard negative and nothing everyday is flagged
    assert not besides, [stories[name].headline for name in besides]
    assert {stories[name].label for name in right} == {Label.TOPIC}
    for row in flagged:
        story = stories[urls[str(row["url"])]] if str(row["url"]) in urls else None
        if story is not None:
            facets = row["facets"]
            assert isinstance(facets, dict)
            assert facets["theatre"][: len(story.theatres)] == list(story.theatres), story.id
    # the exact copy is a sighting of the wire's story
    wire = next(
        row for row in flagged if urls.get(str(row["url"])) in ("mirsal-iraq-timetable", "sidra-iraq-timetable")
    )
    assert set(wire["outlets"]) == {"mirsal", "sidra"}  # type: ignore[call-overload]

    second = demo(tmp_path)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "0 pages of stories were asked for" in second.stdout
    assert rows(tmp_path) == flagged


def test_outcomes_of_a_crawl_are_those_of_the_manifest(tmp_path: Path) -> None:
    """Every entry ends as its story says: noted, refused, gone, or stored."""
    with DemoWeb(slow_s=0.0) as web:
        folder = DemoFolder(tmp_path / "demo")
        folder.path.mkdir()
        folder.write_config(web)
        crawl = subprocess.run(
            [sys.executable, "-m", "mirqab", "crawl"],
            env=folder.environ(),
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert crawl.returncode == 3, crawl.stderr
        assert max(web.requests.values()) == 1
        for story in web.stories.values():
            fetched = story.outcome in (Outcome.STORED, Outcome.NOT_FOUND, Outcome.NO_ARTICLE)
            assert web.requests_of(story.id) == fetched, story.id
        ids = {"noted": "mirsal-railway", "refused_by_robots": "sidra-members-oil", "not_found": "haboob-removed"}
        for outcome, story_id in ids.items():
            assert web.stories[story_id].outcome == outcome


def test_a_demo_whose_ports_are_taken_starts_anew(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path / "demo")
    with folder.locked():
        kept, web, reason = folder.open_web(fresh=False)
        assert reason is None
        with web:
            folder.write_config(web)
        again, same, reason = folder.open_web(fresh=False)
        assert (reason, again.places, same.epoch) == (None, kept.places, web.epoch)
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
    import signal

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
    assert child.wait(timeout=10) == 0
    child.stdout.close()


def test_a_real_deployment_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("MIRQAB_ARCHIVE_URL", "sqlite:////nowhere/archive.sqlite")
    seen = DemoFolder(tmp_path / "demo").environ()
    assert "REDIS_URL" not in seen
    assert {name for name in seen if name.startswith("MIRQAB_")} == {"MIRQAB_HOME", "MIRQAB_CONFIG"}

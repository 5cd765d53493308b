"""`prune`, `reextract` and what `health` says of drift, as a person types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mirqab.archive import Archive, DriftRow
from mirqab.cli import raw
from mirqab.cli.after_run import look_after
from mirqab.extraction import Layouts
from mirqab.extraction.repeats import ARTICLES
from mirqab.settings import Settings, load_settings
from mirqab.workers import Workers
from tests.extraction.test_repeats import SLOGAN, lines, page, read
from tests.test_reextraction import BODY, html, keep, once

if TYPE_CHECKING:
    from tests.cli.conftest import Reader

SIDE = "شارك الخبر مع أصدقائك"


@pytest.fixture
def deployed(home: Path) -> Settings:
    return load_settings(environ={"MIRQAB_HOME": str(home), "MIRQAB_RAW_MAX_MB": "0"})


@pytest.fixture
def archive(deployed: Settings) -> Iterator[Archive]:
    opened = Archive.open(deployed.archive_url, raw_folder=deployed.raw_folder)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def pages(archive: Archive) -> None:
    """A page with a line too many, and a flagged one."""
    keep(archive, once("1", f"{BODY}\n{SIDE}"), html(BODY.split("\n")))
    keep(archive, once("2", BODY.replace("النخيل", "الصفصاف"), flagged=True), html(BODY.split("\n")))


def test_pruning_is_told_before_it_is_done(newcomer: Reader, archive: Archive) -> None:
    assert "Nothing is to be dropped" in newcomer("prune").out
    shown = newcomer("-s", "raw.max_mb=0", "prune", "--dry-run")
    assert "Would drop: 1 pages" in shown.out
    assert "1 pages are of flagged stories, which only --flagged drops" in shown.out
    assert archive.raw_space().files == 2
    assert "Dropped 1 pages" in newcomer("-s", "raw.max_mb=0", "prune").out
    told = newcomer("-s", "raw.max_mb=0", "prune", "--flagged")
    assert "flagged  s" in told.out
    assert "https://rasid.example/2" in told.out
    assert archive.raw_space().files == 0


def test_after_a_crawl_pruning_has_its_turn_every_six_hours(
    archive: Archive, deployed: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    look_after(deployed)
    assert "Raw pages beyond raw.max_mb or raw.keep_days: 1 dropped" in capsys.readouterr().err
    keep(archive, once("3", BODY.replace("جسر", "نفق")), html(BODY.split("\n")))
    look_after(deployed)
    assert archive.raw_space().files == 2
    monkeypatch.setattr(raw, "LOOK_EVERY", timedelta(0))
    look_after(deployed)
    assert archive.raw_space().files == 1


def test_a_full_budget_is_said_by_health(newcomer: Reader) -> None:
    assert "more than raw.max_mb" in newcomer("-s", "raw.max_mb=0", "health").out
    assert "raw.max_mb" not in newcomer("health").out


def test_a_change_is_shown_and_then_written(newcomer: Reader, archive: Archive, home: Path) -> None:
    shown = newcomer("reextract", "--outlet", "rasid", "--since", "2020-01-01", "--dry-run")
    assert f"    - {SIDE}" in shown.out, shown.err
    assert "would change" in shown.out
    assert newcomer("reextract", "--outlet", "nobody").code == 2
    rows = [json.loads(line) for line in newcomer("reextract", "--format", "jsonl").lines]
    assert [SIDE] in [row["removed"] for row in rows]
    assert "0 changed" in newcomer("reextract").out
    assert not (home / "reextract.json").exists()


def test_what_the_crawl_learned_of_an_outlet_is_used_and_left_as_it_is(
    newcomer: Reader, archive: Archive, deployed: Settings
) -> None:
    layouts = Layouts(deployed.layouts_folder)
    for number in range(ARTICLES):
        read(layouts, number, page(number, below=(SLOGAN,)), outlet="rasid")
    (learned,) = deployed.layouts_folder.iterdir()
    before = learned.read_bytes()
    keep(archive, once("3", "\n".join([*lines(8), SLOGAN])), page(8, below=(SLOGAN,)))

    assert f"    - {SLOGAN}" in newcomer("reextract", "--dry-run").out
    assert learned.read_bytes() == before
    learned.unlink()
    assert SLOGAN not in newcomer("reextract", "--dry-run").out


def test_an_interrupted_call_goes_on(
    newcomer: Reader, archive: Archive, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mirqab.reextraction.BATCH", 1)
    work_each = Workers.work_each
    calls: list[int] = []

    def once_only(self: Workers, given: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return work_each(self, given)  # type: ignore[arg-type]

    monkeypatch.setattr(Workers, "work_each", once_only)
    assert newcomer("reextract").code == 130
    assert (home / "reextract.json").exists()
    monkeypatch.setattr(Workers, "work_each", work_each)
    again = newcomer("reextract")
    assert "Going on where the last call was interrupted" in again.err
    assert "1 pages worked anew" in again.out


def test_drift_is_told_by_health_with_a_page_of_before_and_after(newcomer: Reader, archive: Archive) -> None:
    outlet = json.loads(newcomer("health", "--format", "json").out)[0]["outlet"]
    page: dict[str, object] = {
        "entry": "e1",
        "article": "a1",
        "url": "https://rasid.example/1",
        "headline": "عنوان",
        "reason": None,
    }
    page |= {"lines": ["السطر الأول"], "published_raw": None, "extractor": "stated", "detail": None}
    since = datetime.now(UTC) - timedelta(hours=3)
    row = DriftRow(
        outlet=outlet,
        measure="length",
        since=since,
        ended_at=None,
        ending=None,
        before={"value": 2100.0, "pages": 300, "extractor": "stated", "page": page},
        after={"value": 180.0, "pages": 9, "page": {**page, "lines": ["سطر وحيد"]}},
    )
    archive.keep_drift([], [row])
    told = newcomer("health")
    assert told.code == 3
    assert "its pages are not as usual: articles of 180 characters, 2,100 before" in told.out
    assert "السطر الأول" in told.out
    assert "سطر وحيد" in told.out
    (shown,) = [one for one in json.loads(newcomer("health", "--format", "json").out) if one["outlet"] == outlet]
    assert shown["drifts"][0]["measure"] == "length"

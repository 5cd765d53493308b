"""With thousands of outlets a spider is made when it is asked for, and found by its host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.exceptions import UsageError
from scrapy.settings import Settings as ScrapySettings

from crawler import deployment as module
from crawler.deployment import DeploymentAddon
from crawler.spiderloader import OutletSpiderLoader
from crawler.spiders.feeds import OutletSpider
from mirqab.cli.reading_shown import ReadingShown


def declaration(number: int, more: str = "") -> str:
    return f"""
  - id: o{number}
    name: صحيفة {number}
    name_en: Paper {number}
    country: iq
    kind: wire
    timezone: Asia/Baghdad
    home: https://www.o{number}.example/
    feeds:
      - url: https://feeds.o{number}.example/rss
      - url: https://shared.example/{number}
    backfill:
      - url: https://maps.o{number}.example/news.xml
        kind: sitemap
{more}"""


@pytest.fixture
def loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OutletSpiderLoader]:
    more = {2: "    delay_s: 3\n", 4: "    delay_s: 7\n", 5: "    enabled: false\n    reason: tired\n"}
    text = "outlets:\n" + "".join(declaration(number, more.get(number, "")) for number in range(300))
    (tmp_path / "outlets.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("MIRQAB_CONFIG", str(tmp_path))
    monkeypatch.setenv("MIRQAB_HOME", str(tmp_path / "home"))
    module._deployment.cache_clear()
    yield OutletSpiderLoader.from_settings(ScrapySettings({"SPIDER_MODULES": ["crawler.spiders"]}))
    module._deployment.cache_clear()


def test_every_outlet_is_listed_and_only_what_is_asked_for_is_made(loader: OutletSpiderLoader) -> None:
    names = loader.list()
    assert len(names) == len(set(names)) == 300 + 3
    made = loader.load("o7")
    assert issubclass(made, OutletSpider)
    assert made.name == "o7"
    assert loader.load("o7") is made
    assert loader.load("o5").name == "o5"
    assert list(loader._made) == ["o7", "o5"]
    assert loader.list() == names
    with pytest.raises(UsageError, match=r"no outlet or spider named 'o3000'; did you mean o\d+"):
        loader.load("o3000")


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://www.o7.example/a", ["o7"]),
        ("http://FEEDS.o7.example:8080/", ["o7"]),
        ("https://maps.o7.example/", ["o7"]),
        ("https://o7.example/", []),
        ("https://nobody.example/", []),
    ],
)
def test_a_request_belongs_to_the_outlets_of_its_host(loader: OutletSpiderLoader, url: str, found: list[str]) -> None:
    assert loader.find_by_request(Request(url)) == found
    assert len(loader.find_by_request(Request("https://shared.example/x"))) == 300


def test_only_outlets_with_a_delay_of_their_own_have_slots(loader: OutletSpiderLoader) -> None:
    settings = ScrapySettings()
    DeploymentAddon.update_pre_crawler_settings(settings)
    slots = settings.getdict("DOWNLOAD_SLOTS")
    assert {host: slot["delay"] for host, slot in slots.items()} == {
        "www.o2.example": 3,
        "feeds.o2.example": 3,
        "maps.o2.example": 3,
        "www.o4.example": 7,
        "feeds.o4.example": 7,
        "maps.o4.example": 7,
        "shared.example": 7,  # of two wishes for one host the longer
    }


# ---------------------------------------------------------------------------------------- how far the reading is


def test_a_long_reading_is_told_in_calm_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    with ReadingShown() as shown:
        for second in range(10):
            now = 100.0 + second
            shown(second / 10)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"reading outlets.yaml, which is new or changed: {share}%" for share in (10, 40, 70)]


def test_a_short_reading_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    with ReadingShown() as shown:
        shown(0.5)
    assert capsys.readouterr().err == ""


def test_a_terminal_shows_one_line_and_takes_it_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    with ReadingShown() as shown:
        now = 102.0
        shown(0.5)
    written = capsys.readouterr().err
    assert "\n" not in written
    assert "50%" in written
    assert written.endswith("\r\x1b[K")

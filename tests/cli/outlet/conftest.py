"""Outlets to be tried out: hosts of the tests' own press, and a deployment that may read them."""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mirqab.cli.app import main
from mirqab.declarations import load_outlets
from mirqab.settings import Settings, load_settings
from mirqab.types import Outlet
from tests.cli.conftest import Said
from tests.crawl.conftest import news
from tests.crawl.pressweb import Answer, Press, Site

DECLARED = """\
# Who we read. This line must stay.
outlets:

  - id: nahr   # our first
    name: صحيفة النهر
    name_en: River Paper
    country: iq
    kind: newspaper
    timezone: Asia/Baghdad
    home: https://nahr.example/
    feeds:
      - url: https://nahr.example/rss   # all sections
        last_answered: null

  - id: wadi
    name: وكالة الوادي
    name_en: Valley Agency
    country: jo
    kind: wire
    timezone: Asia/Amman
    home: https://wadi.example/
    feeds: []
    enabled: false
    reason: its feed is not known
"""


class Desk:
    """The command within this process, in the environment of a deployment."""

    def __init__(
        self, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.environ = environ
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, **more: str) -> Said:
        """Run a command to its end."""
        self._capsys.readouterr()
        with self._monkeypatch.context() as patch:
            for name in set(os.environ) - set(self.environ):
                patch.delenv(name)
            for name, value in {**self.environ, **more}.items():
                patch.setenv(name, value)
            code = main(list(arguments))
        out, err = self._capsys.readouterr()
        return Said(code=code, out=out, err=err, cpu_s=0, memory_mb=0)


@dataclass
class Newsroom:
    """A deployment with two declared outlets, the command in it, and a press to read."""

    command: Desk
    config: Path
    press: Press

    @property
    def declarations(self) -> str:
        return (self.config / "outlets.yaml").read_text(encoding="utf-8")

    @property
    def settings(self) -> Settings:
        return load_settings(environ={"MIRQAB_CONFIG": str(self.config), "MIRQAB_HOME": str(self.config / "home")})

    def outlet(self, id_: str) -> Outlet:
        return {outlet.id: outlet for outlet in load_outlets(self.settings)}[id_]


@pytest.fixture
def newsroom(
    tmp_path: Path,
    child_environ: Callable[..., dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Newsroom]:
    config = tmp_path / "config"
    config.mkdir()
    (config / "outlets.yaml").write_text(DECLARED, encoding="utf-8")
    environ = child_environ(
        MIRQAB_CONFIG=str(config),
        MIRQAB_CRAWL_ALLOW_HOSTS="127.0.0.0/8",
        MIRQAB_CRAWL_DELAY_S="0",
        MIRQAB_CRAWL_TIMEOUT_S="12",
        MIRQAB_WORKERS_COUNT="1",
    )
    with Press() as press:
        yield Newsroom(Desk(environ, monkeypatch, capsys), config, press)


def home_page(site: Site, *links: str, head: str = "", name: str | None = "صحيفة المرفأ") -> str:
    """Put a home page with these links on a site; returns its address."""
    named = "" if name is None else f'<meta property="og:site_name" content="{html.escape(name)}">'
    listed = "".join(f'<li><h3><a href="{link}">{html.escape(title)}</a></h3></li>' for link, title in STORIES)
    site.answers["/"] = Answer(
        body=(
            f'<!doctype html><html lang="ar"><head><meta charset="utf-8"><title>الرئيسية | المرفأ</title>{named}{head}'
            f"</head><body><main><ul>{listed}</ul></main>{''.join(links)}</body></html>"
        ).encode()
    )
    return f"{site.url}/"


STORIES = [(f"/story-{number}.html", f"{news(number)[0]} في تقرير مفصل من موقع الحدث") for number in range(12)]


def declared_feed(path: str, title: str = "خلاصة المرفأ", kind: str = "rss+xml") -> str:
    return f'<link rel="alternate" type="application/{kind}" title="{title}" href="{path}">'


def publish(site: Site, path: str = "/rss", count: int = 4) -> str:
    """Put articles and their feed on a site; returns the feed's address."""
    items = []
    for number in range(count):
        headline, paragraphs = news(number)
        items.append((site.article(f"/n{number}", headline, paragraphs, gzipped=True), headline))
    return site.feed(path, items)

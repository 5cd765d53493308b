"""Real crawls as child processes over real HTTP: a press on loopback, and a deployment that reads it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from mirqab.archive import Archive, RunRow
from tests.conftest import environ_of_child
from tests.crawl.pressweb import Press, Site

ROOT = Path(__file__).resolve().parents[2]
CRAWL_LIMIT_S = 200
MEASURED = Path(__file__).with_name("measured.py")


@pytest.fixture
def press() -> Iterator[Press]:
    """The tests' own press."""
    with Press() as press:
        yield press


@dataclass(frozen=True)
class Ended:
    """A crawl that ended."""

    code: int
    log: str
    events: list[dict[str, Any]]

    @property
    def end(self) -> dict[str, Any]:
        """The last event: the run's sums."""
        return next(event for event in reversed(self.events) if event["event"] == "end")

    def pages(self) -> Counter[str]:
        """Outcome → number of pages."""
        return Counter(event["outcome"] for event in self.events if event["event"] == "page")


@dataclass
class Deployment:
    """A deployment in a private folder, and the crawls that are run in it."""

    folder: Path
    environ: dict[str, str]
    outlets: dict[str, list[str]] = field(default_factory=dict)
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def config(self) -> Path:
        return self.folder / "config"

    def read(self, outlet: str, *feeds: str | dict[str, str], **more: object) -> None:
        """Declare an outlet with these feeds: addresses, or the whole declaration of a feed."""
        declared_feeds = [feed if isinstance(feed, dict) else {"url": feed} for feed in feeds]
        home = declared_feeds[0]["url"] if declared_feeds else "http://127.0.0.1/"
        known = {"kind": "newspaper", "country": "iq", "timezone": "Asia/Baghdad", "home": home, **more}
        lines = [f"  - id: {outlet}", f"    name: صحيفة {outlet}", f"    name_en: {outlet}"]
        lines += [f"    {name}: {json.dumps(value)}" for name, value in known.items()]
        lines.append(f"    feeds: {json.dumps(declared_feeds)}")
        self.outlets[outlet] = lines
        declared = ["outlets:", *(line for one in self.outlets.values() for line in one)]
        (self.config / "outlets.yaml").write_text("\n".join(declared) + "\n", encoding="utf-8")

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[bytes]:
        """Start `scrapy …` in a session of its own, as a kill point needs it."""
        return self._start([sys.executable, "-m", "scrapy", *arguments], environ)

    def start_measured(self, *arguments: str, **environ: str) -> subprocess.Popen[bytes]:
        """Start `scrapy …` so that `peak_mb` is known when it has ended."""
        measured = [sys.executable, str(MEASURED), str(self.folder / "peak")]
        return self._start([*measured, sys.executable, "-m", "scrapy", *arguments], environ)

    def _start(self, command: list[str], environ: dict[str, str]) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**self.environ, "MIRQAB_PROGRESS": str(self.folder / "progress"), **environ},
            stdin=subprocess.DEVNULL,
            stdout=(self.folder / "log").open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.children.append(child)
        return child

    def wait(self, child: subprocess.Popen[bytes], limit_s: float = CRAWL_LIMIT_S) -> Ended:
        """Wait for a crawl and return how it ended."""
        code = child.wait(limit_s)
        progress = self.folder / "progress"
        events = [json.loads(line) for line in progress.read_text().splitlines()] if progress.exists() else []
        progress.unlink(missing_ok=True)
        return Ended(code, (self.folder / "log").read_text(encoding="utf-8"), events)

    @property
    def peak_mb(self) -> float:
        """The memory that the largest process of the last measured crawl came to."""
        return float((self.folder / "peak").read_text(encoding="ascii"))

    def scrapy(self, *arguments: str, **environ: str) -> Ended:
        """Run `scrapy …` to its end."""
        return self.wait(self.start(*arguments, **environ))

    def crawl(self, *arguments: str, **environ: str) -> Ended:
        """Crawl: all feeds unless the arguments say what."""
        return self.scrapy("crawl", *(arguments or ("feeds",)), **environ)

    def mirqab(self, *arguments: str) -> str:
        """Return what a command of Mirqab prints about this deployment."""
        command = [sys.executable, "-m", "mirqab", *arguments]
        asked = subprocess.run(command, cwd=ROOT, env=self.environ, stdout=subprocess.PIPE, check=False, timeout=120)
        return asked.stdout.decode()

    @contextlib.contextmanager
    def archive(self) -> Iterator[Archive]:
        """The archive as the crawls left it."""
        archive = Archive.open(f"sqlite:///{self.home / 'archive.sqlite'}", create=False)
        try:
            yield archive
        finally:
            archive.close()

    def database(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Run one statement in the archive's database: for what a test cannot wait for, or nothing else shows."""
        with contextlib.closing(sqlite3.connect(self.home / "archive.sqlite")) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def last_run(self) -> RunRow:
        """The ledger's last row."""
        with self.archive() as archive:
            return archive.runs(1)[0]

    def clean_up(self) -> None:
        """End what still runs."""
        for child in self.children:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


@contextlib.contextmanager
def deployed(folder: Path) -> Iterator[Deployment]:
    """A deployment in a folder that may crawl loopback, without delay between requests."""
    config, home = folder / "config", folder / "home"
    config.mkdir()
    for name in ("topics", "schedule.yaml"):
        (config / name).symlink_to(ROOT / "config" / name)
    home.mkdir(exist_ok=True)
    environ = environ_of_child(
        home,
        MIRQAB_CONFIG=str(config),
        MIRQAB_CRAWL_ALLOW_HOSTS="127.0.0.0/8",
        MIRQAB_CRAWL_DELAY_S="0",
        MIRQAB_CRAWL_TIMEOUT_S="12",
        MIRQAB_WORKERS_COUNT="1",
    )
    made = Deployment(folder, environ)
    try:
        yield made
    finally:
        made.clean_up()


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """A deployment of the test's own."""
    with deployed(tmp_path) as made:
        yield made


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def news(number: int) -> tuple[str, list[str]]:
    """Return the headline and body of an ordinary story of our own, each number another one."""
    towns = ("الريحانية", "وادي السدر", "تل الزيتون", "عين الصفا", "مرج البيادر")
    town = towns[number % len(towns)]
    return f"افتتاح المدرسة رقم {number} في {town}", [
        f"افتتحت بلدية {town} صباح الخميس المدرسة رقم {number} بحضور أهالي الحي والطلاب والمعلمين.",
        f"وقال مدير التعليم إن المدرسة تضم {number + 8} صفاً ومكتبة ومختبراً للعلوم، وإنها ستستقبل الطلاب الأحد المقبل.",
        "وأضاف أن أعمال البناء استمرت عامين وشارك فيها متطوعون من القرى المجاورة، شاكراً كل من أسهم في إنجازها.",
    ]


def talks(number: int) -> tuple[str, list[str]]:
    """Return the headline and body of a story of our own that is about the topic, each number another one."""
    return f"بغداد: جولة {number} من محادثات انسحاب القوات الأجنبية من العراق", [
        f"بدأت الحكومة العراقية الجولة {number} من المحادثات مع واشنطن بشأن انسحاب القوات الأميركية من العراق.",
        "وقال المتحدث باسم الحكومة إن الجانبين اتفقا على جدول زمني لانسحاب القوات الأجنبية من البلاد.",
        f"وأضاف أن اللجنة العسكرية المشتركة ستعقد اجتماعها رقم {number} الأسبوع المقبل في بغداد لبحث التفاصيل.",
    ]


def publish(site: Site, count: int, *, of_talks: int = 0, prefix: str = "/n") -> str:
    """Put `count` articles and their feed on a site; the first `of_talks` are on the topic. Returns the feed."""
    items = []
    for number in range(count):
        headline, paragraphs = talks(number) if number < of_talks else news(number)
        items.append((site.article(f"{prefix}{number}", headline, paragraphs, gzipped=True), headline))
    return site.feed("/rss", items)

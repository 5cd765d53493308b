"""CPU of a whole crawl beside bare trafilatura on the same pages, and how late the event loop is meanwhile.

    python -m benchmarks.crawl [--rounds 1] [--pages 249] [--workers 2]

Serves `pages/` of the real inputs (MIRQAB_SHARED_DATA, default ../shared/data) over loopback, gzipped beforehand, with
one feed for each publisher's shell and an address of its own for each, and crawls them with the real thing and no
politeness delay. Ours counts every process: the crawl, its workers, Redis and its supervisor, from their start to
their end (all become children of this process and are waited for). The same crawl once more, when nothing is new, shows
what a run costs before its first page. The reference is
`trafilatura.bare_extraction(html, include_comments=False, with_metadata=True)` alone, in one process, on the same
pages already decompressed, without that process's start. CPU is user + system. Targets: ratio ≤ 1.25, lag p99 ≤ 20 ms.
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from benchmarks._measuring import SHARED, Deployment, Web, adopt_orphans, http

REFERENCE = """
import json, sys, time
from pathlib import Path
import trafilatura
pages = [Path(name).read_bytes() for name in json.load(sys.stdin)]
trafilatura.bare_extraction(pages[0], include_comments=False, with_metadata=True)  # loads its tables
begun = time.process_time()
found = sum(trafilatura.bare_extraction(page, include_comments=False, with_metadata=True) is not None for page in pages)
print(json.dumps({"cpu_s": time.process_time() - begun, "found": found}))
"""


@dataclass(frozen=True)
class Served:
    """One page of the corpus."""

    file: Path
    shell: str
    headline: str


@dataclass(frozen=True)
class Measured:
    """What one crawl took; `idle_cpu_s` is the same crawl once more, when nothing is new."""

    cpu_s: float
    idle_cpu_s: float
    wall_s: float
    end: dict[str, Any]
    lag_ms: dict[str, float]


def load_pages(limit: int) -> list[Served]:
    """Return the corpus, every shell's pages together."""
    folder = SHARED / "pages"
    rows = [json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    return [Served(folder / row["file"], row["shell"], row["headline"]) for row in rows[:limit]]


class Press:
    """Every shell with its pages and a feed of them, on a host of its own."""

    def __init__(self, pages: list[Served]) -> None:
        self._shells: defaultdict[str, list[Served]] = defaultdict(list)
        for page in pages:
            self._shells[page.shell].append(page)
        self.web = Web(len(self._shells), self._answer)
        self.outlets: dict[str, list[str]] = {}
        self._answers: dict[tuple[str, str], bytes] = {}

    def publish(self) -> None:
        """Make every answer, now that the port is known."""
        for number, (shell, pages) in enumerate(self._shells.items()):
            self._publish(number, shell, pages)

    def _publish(self, number: int, shell: str, pages: list[Served]) -> None:
        host, base = self.web.hosts[number], self.web.base(number)
        then = format_datetime(datetime.now(UTC))
        items = ""
        for page in pages:
            path = f"/{page.file.name}"
            self._answers[host, path] = _answer(page.file.read_bytes(), "text/html; charset=utf-8")
            title = html.escape(page.headline)
            items += f"<item><title>{title}</title><link>{base}{path}</link><pubDate>{then}</pubDate></item>"
        feed = f'<rss version="2.0"><channel><title>{html.escape(shell)}</title>{items}</channel></rss>'
        self._answers[host, "/rss"] = _answer(feed.encode(), "application/rss+xml")
        self.outlets[shell] = [f"{base}/rss"]

    def _answer(self, host: str, path: str, headers: Mapping[str, str]) -> bytes:
        return self._answers.get((host, path)) or http("404 Not Found")


def _answer(body: bytes, content_type: str) -> bytes:
    return http("200 OK", gzip.compress(body, 6, mtime=0), Content_Type=content_type, Content_Encoding="gzip")


def crawl(press: Press, workers: int) -> Measured:
    """Crawl everything in a fresh deployment and return what it took."""
    with tempfile.TemporaryDirectory() as name:
        deployment = Deployment(Path(name), press.outlets, workers_count=workers)
        lag = Path(name) / "lag"
        begun = time.monotonic()
        cpu_s, end = deployment.crawl("-s", f"LOOP_LAG_INTO={lag}")
        wall_s = time.monotonic() - begun
        lag_ms = json.loads(lag.read_text(encoding="utf-8"))
        return Measured(cpu_s, deployment.crawl()[0], wall_s, end, lag_ms)


def reference(pages: list[Served]) -> dict[str, float]:
    """Run bare trafilatura over the pages in a process of its own."""
    names = json.dumps([str(page.file) for page in pages])
    done = subprocess.run([sys.executable, "-c", REFERENCE], input=names, capture_output=True, text=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--pages", type=int, default=249)
    options.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    chosen = options.parse_args()
    adopt_orphans()
    pages = load_pages(chosen.pages)
    ratios, lags = [], []
    press = Press(pages)
    with press.web:
        press.publish()
        for number in range(1, chosen.rounds + 1):
            bare = reference(pages)
            ours = crawl(press, chosen.workers)
            ratio = ours.cpu_s / bare["cpu_s"]
            ratios.append(ratio)
            lags.append(ours.lag_ms["p99"])
            end = ours.end
            print(
                f"round {number}: ours {1000 * ours.cpu_s / len(pages):.1f} ms a page over {len(pages)} pages "
                f"({end['stored']} stored, {end['duplicates']} copies, {end['failed']} failed {end['reasons']}), "
                f"bare trafilatura {1000 * bare['cpu_s'] / len(pages):.1f} ms ({bare['found']:.0f} found); "
                f"ratio {ratio:.3f}; the same with nothing new {ours.idle_cpu_s:.2f} s\n"
                f"  {len(pages) / ours.wall_s:.1f} pages/s; loop lag p50 {ours.lag_ms['p50']:.1f} "
                f"p99 {ours.lag_ms['p99']:.1f} max {ours.lag_ms['max']:.0f} ms",
                flush=True,
            )
    lag = statistics.median(lags)
    print(f"median ratio {statistics.median(ratios):.3f} (target 1.25), lag p99 {lag:.1f} ms (target 20)")


if __name__ == "__main__":
    main()

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
import asyncio
import contextlib
import ctypes
import gzip
import html
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
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
    folder = Path(os.environ.get("MIRQAB_SHARED_DATA") or ROOT.parent / "shared" / "data") / "pages"
    rows = [json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    return [Served(folder / row["file"], row["shell"], row["headline"]) for row in rows[:limit]]


class Web:
    """Serves ready-made answers, each shell on an address 127.0.x.y of its own."""

    def __init__(self, pages: list[Served]) -> None:
        shells: defaultdict[str, list[Served]] = defaultdict(list)
        for page in pages:
            shells[page.shell].append(page)
        self.feeds: dict[str, str] = {}
        self._answers: dict[tuple[str, str], bytes] = {}
        self._hosts: list[str] = []
        self._port = 0
        self._shells = shells
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Web:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *problem: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with contextlib.AsyncExitStack() as stack:
            for number in range(len(self._shells)):
                host = f"127.0.{20 + number // 200}.{1 + number % 200}"
                server = await self._loop.create_server(partial(_Answering, host, self._answers), host, self._port)
                await stack.enter_async_context(server)
                self._port = self._port or server.sockets[0].getsockname()[1]
                self._hosts.append(host)
            for host, (shell, pages) in zip(self._hosts, self._shells.items(), strict=True):
                self._publish(host, shell, pages)
            self._ready.set()
            await self._over.wait()

    def _publish(self, host: str, shell: str, pages: list[Served]) -> None:
        base = f"http://{host}:{self._port}"
        then = format_datetime(datetime.now(UTC))
        items = ""
        for page in pages:
            path = f"/{page.file.name}"
            body = gzip.compress(page.file.read_bytes(), 6, mtime=0)
            self._answers[host, path] = _answer(body, "text/html; charset=utf-8")
            title = html.escape(page.headline)
            items += f"<item><title>{title}</title><link>{base}{path}</link><pubDate>{then}</pubDate></item>"
        feed = f'<rss version="2.0"><channel><title>{html.escape(shell)}</title>{items}</channel></rss>'
        self._answers[host, "/rss"] = _answer(gzip.compress(feed.encode(), 6, mtime=0), "application/rss+xml")
        self.feeds[shell] = f"{base}/rss"


def _answer(body: bytes, content_type: str) -> bytes:
    head = f"Content-Type: {content_type}\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}"
    return f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body


class _Answering(asyncio.Protocol):
    def __init__(self, host: str, answers: dict[tuple[str, str], bytes]) -> None:
        self._host, self._answers, self._asked = host, answers, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        while b"\r\n\r\n" in self._asked:
            head, self._asked = self._asked.split(b"\r\n\r\n", 1)
            path = head.split(b" ", 2)[1].decode()
            missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
            self._transport.write(self._answers.get((self._host, path), missing))


def crawl(web: Web, workers: int) -> Measured:
    """Crawl everything in a fresh deployment and return what it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config").mkdir()
        (folder / "config" / "topics").symlink_to(ROOT / "config" / "topics")
        outlets = ["outlets:"]
        for number, (shell, feed) in enumerate(web.feeds.items()):
            outlets += [
                f"  - id: shell-{number}",
                f"    name: {json.dumps(shell)}",
                f"    name_en: {json.dumps(shell)}",
            ]
            outlets += ["    country: iq", "    kind: portal", "    timezone: Asia/Baghdad", f"    home: {feed}"]
            outlets += ["    feeds:", f"      - url: {feed}"]
        (folder / "config" / "outlets.yaml").write_text("\n".join(outlets) + "\n", encoding="utf-8")
        kept = {key: value for key, value in os.environ.items() if not key.startswith("MIRQAB_") and key != "REDIS_URL"}
        ours = {"HOME": str(folder / "home"), "CONFIG": str(folder / "config"), "PROGRESS": str(folder / "progress")}
        ours |= {"CRAWL_ALLOW_HOSTS": "127.0.0.0/8", "CRAWL_DELAY_S": "0", "WORKERS_COUNT": str(workers)}
        environ = kept | {f"MIRQAB_{key}": value for key, value in ours.items()}
        command = [sys.executable, "-m", "scrapy", "crawl", "feeds", "-s", f"LOOP_LAG_INTO={folder / 'lag'}"]
        begun = time.monotonic()
        cpu_s = _run(command, environ, folder / "log")
        wall_s = time.monotonic() - begun
        end = json.loads((folder / "progress").read_text(encoding="utf-8").splitlines()[-1])
        lag_ms = json.loads((folder / "lag").read_text(encoding="utf-8"))
        return Measured(cpu_s, _run(command, environ, folder / "log"), wall_s, end, lag_ms)


def _run(command: list[str], environ: dict[str, str], log: Path) -> float:
    """Run a crawl and return the CPU of all its processes, to the end of the last one."""
    before = _children_cpu_s()
    with log.open("wb") as file:
        code = subprocess.run(command, cwd=ROOT, env=environ, stdout=file, stderr=file, check=False).returncode
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    if code not in (0, 3):
        raise SystemExit(f"the crawl ended with {code}:\n{log.read_text()[-3000:]}")
    return _children_cpu_s() - before


def reference(pages: list[Served]) -> dict[str, float]:
    """Run bare trafilatura over the pages in a process of its own."""
    names = json.dumps([str(page.file) for page in pages])
    done = subprocess.run([sys.executable, "-c", REFERENCE], input=names, capture_output=True, text=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def _children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _adopt_orphans() -> None:
    """Become the parent of whatever outlives the crawl, so that its CPU is counted too (Linux)."""
    set_child_subreaper = 36
    if ctypes.CDLL(None, use_errno=True).prctl(set_child_subreaper, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--pages", type=int, default=249)
    options.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    chosen = options.parse_args()
    _adopt_orphans()
    pages = load_pages(chosen.pages)
    ratios, lags = [], []
    with Web(pages) as web:
        for number in range(1, chosen.rounds + 1):
            bare = reference(pages)
            ours = crawl(web, chosen.workers)
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

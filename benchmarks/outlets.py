"""What ten thousand declared outlets cost at the start of a command: cold, warm, and in memory.

    python -m benchmarks.outlets [--outlets 10000] [--rounds 3]

Writes a file of fictional outlets, two feeds each, into a temporary folder, and times whole commands from their start
to their end. Cold: nothing is kept yet, so YAML is read and checked. Warm: the outlets as understood lie in the cache
folder; the median of the rounds. One: the same command, warm, where only the outlet that is crawled is declared, which
tells what of the time is the outlets'. A crawl reads one outlet, whose empty feed a server on loopback gives. CPU is
user + system of the command and its children; memory is that of the largest process. Targets, for each command:
cold ≤ 15 s, warm ≤ 2 s, memory ≤ 300 MB.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COLD_S, WARM_S, MEMORY_MB = 15.0, 2.0, 300.0
COMMANDS = {
    "mirqab outlets": ("mirqab", "outlets"),
    "scrapy list": ("scrapy", "list"),
    "scrapy crawl outlet-0": ("scrapy", "crawl", "outlet-0"),
    "mirqab crawl outlet-0": ("mirqab", "crawl", "outlet-0"),
}
KINDS = ("wire", "newspaper", "broadcaster", "portal")
ZONES = ("Asia/Baghdad", "Africa/Cairo", "Asia/Beirut", "Africa/Tunis", "Asia/Riyadh", "Asia/Damascus", "Asia/Aden")
FEED = b'<rss version="2.0"><channel><title>a</title><link>http://a.example/</link></channel></rss>'


@dataclass(frozen=True)
class Took:
    """What one call of a command took."""

    wall_s: float
    cpu_s: float
    memory_mb: float


class _Feed(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/rss"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(FEED) if found else 0))
        self.end_headers()
        if found:
            self.wfile.write(FEED)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Serve one empty feed on loopback while open."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Feed)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()


def declaration(number: int, origin: str) -> str:
    """Return one fictional outlet as a user would declare it."""
    return f"""
  - id: outlet-{number}
    name: صحيفة المرفأ رقم {number}
    name_en: Harbour Paper {number}
    country: iq
    kind: {KINDS[number % len(KINDS)]}
    timezone: {ZONES[number % len(ZONES)]}
    home: {origin}/
    feeds:
      - url: {origin}/rss
        last_answered: null
      - url: {origin}/politics?format=feed&type=rss
        note: سياسة
        last_answered: 2024-01-26T10:00:00+03:00
"""


def declare(folder: Path, count: int, origin: str) -> Path:
    """Make a folder of declarations with so many outlets, of which the first can be read."""
    folder.mkdir()
    for name in ("topics", "schedule.yaml"):
        (folder / name).symlink_to(ROOT / "config" / name)
    first, _, _ = declaration(0, origin).partition("      - url: " + origin + "/politics")
    others = (declaration(number, f"https://outlet-{number}.example") for number in range(1, count))
    (folder / "outlets.yaml").write_text("outlets:\n" + first + "".join(others), encoding="utf-8")
    return folder


def call(command: Sequence[str], config: Path, home: Path) -> Took:
    """Run a command to its end; RuntimeError when it does not end well."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MIRQAB_", "REDIS_URL"))}
    environ |= {
        "MIRQAB_CONFIG": str(config),
        "MIRQAB_HOME": str(home),
        "MIRQAB_CRAWL_ALLOW_HOSTS": "127.0.0.0/8",
        "MIRQAB_CRAWL_DELAY_S": "0",
        "MIRQAB_CONTACT": "bench@desk.example",
        "SCRAPY_SETTINGS_MODULE": "crawler.settings",
        "PYTHONPATH": str(ROOT),
    }
    begun = time.monotonic()
    with tempfile.TemporaryFile() as told:
        child = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=told, stderr=told
        )
        _, status, used = os.wait4(child.pid, 0)
        wall_s = time.monotonic() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            told.seek(0)
            raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}:\n{told.read().decode()[-2000:]}")
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Took(wall_s, used.ru_utime + used.ru_stime, kilobytes / 1024)


def main() -> int:
    """Measure and print; 1 when a target is missed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--outlets", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    missed = False
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, serving() as origin:
        folder = Path(name)
        many = declare(folder / "many", chosen.outlets, origin)
        one = declare(folder / "one", 1, origin)
        size = (many / "outlets.yaml").stat().st_size / 1e6
        print(
            f"{chosen.outlets} outlets, {size:.1f} MB; targets: cold {COLD_S:g} s, warm {WARM_S:g} s, {MEMORY_MB:g} MB"
        )
        print(f"{'':24}{'cold s':>8}{'CPU':>7}{'MB':>6}{'warm s':>9}{'CPU':>7}{'MB':>6}{'one s':>9}{'CPU':>7}{'MB':>6}")
        for title, command in COMMANDS.items():
            home, small = folder / "home", folder / "small"
            for place in (home, small):  # makes archive and .pyc files, which no start but the first does
                call(command, one, place)
            shutil.rmtree(home / "cache", ignore_errors=True)
            cold = call(command, many, home)
            warm = middle([call(command, many, home) for _ in range(chosen.rounds)])
            alone = middle([call(command, one, small) for _ in range(chosen.rounds)])
            cells = "".join(
                f"{took.wall_s:>{width}.2f}{took.cpu_s:>7.2f}{took.memory_mb:>6.0f}"
                for took, width in ((cold, 8), (warm, 9), (alone, 9))
            )
            print(f"{title:24}{cells}", flush=True)
            missed |= cold.wall_s > COLD_S or warm.wall_s > WARM_S or max(cold.memory_mb, warm.memory_mb) > MEMORY_MB
    return int(missed)


def middle(rounds: list[Took]) -> Took:
    """Return the median of each figure."""
    return Took(
        statistics.median(took.wall_s for took in rounds),
        statistics.median(took.cpu_s for took in rounds),
        statistics.median(took.memory_mb for took in rounds),
    )


if __name__ == "__main__":
    raise SystemExit(main())

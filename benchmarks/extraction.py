"""CPU of taking articles out of pages, beside bare trafilatura and other tools on the same pages in the same run.

    python -m benchmarks.extraction [--every N] [--rounds N] [--peers] [--memory [PAGES]] [FOLDER]

FOLDER holds golden pages (default: pages/ of the real inputs). Printed are milliseconds of CPU a page for `extract`
and for the reference `trafilatura.bare_extraction(html, include_comments=False, with_metadata=True)`, their ratio, and
the token F1 of the bodies, for all pages and for those with and without their text in JSON-LD. Of pages-warm/ each
outlet's last pages are measured twice: cold, and after its 50 pages before them. `--peers` adds news-please and
newspaper4k, each in an environment of its own that the first such run makes; `--memory` has a worker process take
articles out of so many pages and tells how large it grew. Page by page the tools take turns, so that a busy machine
slows all alike; figures are medians of the rounds.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import Any

import trafilatura

from benchmarks._measuring import SHARED
from benchmarks._peers import PINS, Peer
from mirqab.evaluation import GoldenPage, read_golden, states_text, token_scores
from mirqab.extraction import Layouts, extract
from mirqab.types import Page, PageHints
from mirqab.work import WorkPlan
from mirqab.workers import Workers

OURS, BARE = "ours", "bare trafilatura"
SEEN = 50  # pages of an outlet that are seen before it counts as warm
WARM_UP = 20  # pages first, untimed: word lists and patterns are loaded once per process
GOALS = {"cold": 1.0, "warm": 0.6, "news-please": 10.0, "newspaper4k": 6.0, "memory": 250.0}

Take = Callable[[GoldenPage, bytes], tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one tool made of one page in one round."""

    tool: str
    turn: int
    page: GoldenPage
    stated: bool
    cpu_s: float
    f1: float


def ours(page: GoldenPage, html: bytes) -> tuple[str, float]:
    """Take the body out with Mirqab."""
    began = time.process_time()
    body = extract(html, url=page.url, content_type="text/html", hints=PageHints()).body
    return body, time.process_time() - began


def ours_warm(layouts: Layouts, page: GoldenPage, html: bytes) -> tuple[str, float]:
    """Take the body out with Mirqab as a crawl does, with what is kept of the outlet's pages."""
    began = time.process_time()
    layout = layouts.of(page.outlet)
    url = f"{page.url}?{page.name}"  # in pages-warm/ an outlet's pages have one address, and a page has its own
    body = extract(html, url=url, content_type="text/html", hints=PageHints(), layout=layout).body
    layouts.keep(page.outlet)
    return body, time.process_time() - began


def bare(_page: GoldenPage, html: bytes) -> tuple[str, float]:
    """Take the body out with the bare library."""
    began = time.process_time()
    document: Any = trafilatura.bare_extraction(html, include_comments=False, with_metadata=True)
    return getattr(document, "text", None) or "", time.process_time() - began


def measure(pages: Sequence[GoldenPage], tools: dict[str, Take], rounds: int) -> list[Cost]:
    """Have the tools take turns page by page."""
    costs: list[Cost] = []
    for turn, (number, page) in itertools.product(range(rounds), enumerate(pages)):
        html = page.path.read_bytes()
        stated = states_text(html)
        names = list(tools) if (number + turn) % 2 else list(tools)[::-1]
        for name in names:
            body, cpu_s = tools[name](page, html)
            costs.append(Cost(name, turn, page, stated, cpu_s, token_scores(body, page.body or "")[2]))
    return costs


def per_round(costs: Sequence[Cost], tool: str) -> list[float]:
    """Return milliseconds a page, round by round."""
    turns = sorted({one.turn for one in costs})
    return [fmean(1000 * one.cpu_s for one in costs if one.tool == tool and one.turn == turn) for turn in turns]


def ratio(costs: Sequence[Cost], above: str, below: str) -> float:
    """Return the median over the rounds of what one tool costs in units of another."""
    return median(a / b for a, b in zip(per_round(costs, above), per_round(costs, below), strict=True))


def report(title: str, costs: Sequence[Cost]) -> None:
    """Print cost, quality and ratio of each tool on a group of pages."""
    if not costs:
        return
    tools = list(dict.fromkeys(sorted((one.tool for one in costs), key=lambda tool: (tool != OURS, tool != BARE))))
    print(f"\n{title}: {len({one.page.name for one in costs})} pages")
    for tool in tools:
        f1 = fmean(one.f1 for one in costs if one.tool == tool and one.turn == 0)
        line = f"  {tool:17} {median(per_round(costs, tool)):7.1f} ms CPU a page   body F1 {f1:.4f}"
        if tool == BARE:
            line += f"   ours ÷ it {ratio(costs, OURS, BARE):.3f}"
        elif tool != OURS:
            line += f"   it ÷ ours {ratio(costs, tool, OURS):.2f} (goal {GOALS[tool]:g})"
        print(line, flush=True)


def cold(folder: Path, every: int, rounds: int, peers: Sequence[str]) -> None:
    """Measure on pages of many outlets, none of them known."""
    pages = read_golden(folder)[::every]
    with ExitStack() as stack:
        tools: dict[str, Take] = {OURS: ours, BARE: bare}
        for name in peers:
            tools[name] = _asking(stack.enter_context(Peer(name)))
        for page in pages[:WARM_UP] if len(pages) > 2 * WARM_UP else pages[:5]:
            html = page.path.read_bytes()
            for take in tools.values():
                take(page, html)
        costs = measure(pages, tools, rounds)
    report(f"{folder.name}, cold (goal {GOALS['cold']:g})", costs)
    for title, stated in (("  of them with their text in JSON-LD", True), ("  of them without", False)):
        report(title, [one for one in costs if one.stated is stated])


def warm(folder: Path, rounds: int) -> None:
    """Measure each outlet's last pages before and after the pages before them were seen."""
    outlets: dict[str, list[GoldenPage]] = {}
    for page in read_golden(folder):
        outlets.setdefault(page.outlet, []).append(page)
    last = [page for pages in outlets.values() for page in pages[SEEN:]]
    report(f"{folder.name}, cold", measure(last, {OURS: ours, BARE: bare}, rounds))
    with TemporaryDirectory() as kept:
        known = partial(ours_warm, Layouts(Path(kept)))
        for page in (page for pages in outlets.values() for page in pages[:SEEN]):
            known(page, page.path.read_bytes())
        report(f"{folder.name}, warm (goal {GOALS['warm']:g})", measure(last, {OURS: known, BARE: bare}, rounds))


def memory(folder: Path, count: int) -> None:
    """Have one worker process work so many pages and print how large it grew."""
    golden = read_golden(folder)

    def pages() -> Iterator[Page]:
        for number, page in zip(range(count), itertools.cycle(golden), strict=False):
            yield Page(
                entry=f"e{number}",
                outlet=page.outlet,
                url=page.url,
                final_url=page.url,
                status=200,
                headers=(),
                body=page.path.read_bytes(),
                content_encoding="",
                fetched_at=datetime.now(UTC),
                hints=PageHints(),
            )

    workers = Workers(WorkPlan(), count=1, page_time_s=30, page_memory_mb=500, feed_time_s=30)
    print(f"\nmemory of one worker (goal {GOALS['memory']:g} MB after 5,000 pages)")
    failed = 0
    try:
        for number, worked in enumerate(workers.work_each(pages()), start=1):
            failed += worked.article is None
            if number in (100, count) or number % 1000 == 0:
                (pid,) = _worker_ids()
                now, most = (_status_mb(pid, key) for key in ("VmRSS", "VmHWM"))
                print(f"  after {number:5} pages {now:4.0f} MB, at most {most:4.0f} MB; {failed} failed", flush=True)
    finally:
        workers.close_now()


def _asking(peer: Peer) -> Take:
    return lambda page, _html: peer.take(page.path, page.url)


def _worker_ids() -> list[int]:
    """Return the processes forked from the server that this process started (Linux)."""
    parents: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    servers = {pid for pid, parent in parents.items() if parent == os.getpid()}
    return [pid for pid, parent in parents.items() if parent in servers]


def _status_mb(pid: int, key: str) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:")) / 1024


def main() -> None:
    """Read the arguments and measure."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", nargs="?", type=Path, default=SHARED / "pages")
    arguments.add_argument("--every", type=int, default=1, help="measure every Nth page only")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--peers", action="store_true", help="beside news-please and newspaper4k too")
    arguments.add_argument(
        "--memory", nargs="?", type=int, const=5000, metavar="PAGES", help="of a worker, and no more"
    )
    chosen = arguments.parse_args()
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    print("load average", *(f"{load:.1f}" for load in os.getloadavg()))
    if chosen.memory is not None:
        memory(chosen.folder, chosen.memory)
        return
    cold(chosen.folder, chosen.every, chosen.rounds, list(PINS) if chosen.peers else [])
    if (SHARED / "pages-warm").is_dir():
        warm(SHARED / "pages-warm", chosen.rounds)


if __name__ == "__main__":
    main()

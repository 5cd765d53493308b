"""CPU of polling 500 feeds: first, unchanged, and with one new item each; beside reading them all in full.

    python -m benchmarks.polling [--rounds 3] [--feeds 500] [--hosts 100]

The 100 made feeds of `feeds-bench/` of the real inputs (MIRQAB_SHARED_DATA, default ../shared/data; 25 to 200 items)
are served under 500 addresses of 100 loopback hosts, gzipped beforehand, each host with a robots.txt, and polled by the
real crawl of all feeds, as `./run crawl` starts it, with no politeness delay. Ours counts every process from its start
to its end: the crawl, its workers, Redis and its supervisor. One round is a fresh deployment polled four times:

first       everything is new. All items are older than the rule of a feed's first poll, so they are noted, and none of
            their pages is fetched: only feeds are measured here, in all four cases
304         the servers answer "not modified" to the validators of the first poll
same body   the servers know no validators and send the body again
one new     each feed has one item more on top, and one less at its end. The item is new to the feed and told anew to
            the archive (other title, guid and date; its address is that of an item noted before, and its date not
            young either, so it is written, and again no page is fetched)

The naive reference, in the same round, is one process that fetches the 500 bodies of the last case, one after another
over kept connections, and hands each to `feedparser.parse`: its whole CPU, start included. It stores nothing.
Targets: 304 and same body ≤ 1.5 s; one new ≤ 1/6 of naive.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import shlex
import statistics
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from benchmarks._measuring import SHARED, Deployment, Web, adopt_orphans, cpu_of, http

NAIVE = """
import io, sys
import feedparser, urllib3
pool = urllib3.PoolManager()
items = 0
for url in sys.stdin.read().split():
    answer = pool.request("GET", url, headers={"Accept-Encoding": "gzip"})
    items += len(feedparser.parse(io.BytesIO(answer.data), response_headers={"content-location": url}).entries)
print(items)
"""
ROBOTS = b"User-agent: *\nDisallow: /admin/\nDisallow: /search\n"
MADE_ON = re.compile(r"http://127\.0\.0\.1:\d+/")
ITEM = re.compile(r"<item>.*?</item>\s*", re.DOTALL)


@dataclass(frozen=True)
class Body:
    """One version of a feed, as it is sent."""

    etag: str
    compressed: bytes


class Press:
    """The 500 feeds, each in two versions, and how the servers behave."""

    def __init__(self, feeds: int, hosts: int) -> None:
        files = sorted((SHARED / "feeds-bench").glob("*.xml"))
        self.web = Web(hosts, self._answer)
        self._texts = [file.read_text(encoding="utf-8") for file in files]
        self._count = feeds
        self._versions: dict[tuple[str, str], tuple[Body, Body]] = {}
        self.outlets: dict[str, list[str]] = {}
        self.version = 0
        self.knows_validators = True

    def publish(self) -> None:
        """Make every body, now that the port is known."""
        for number in range(self._count):
            host = number % len(self.web.hosts)
            path = f"/f{number:03}.xml"
            text = MADE_ON.sub(f"{self.web.base(host)}/f{number:03}/", self._texts[number % len(self._texts)])
            bodies = tuple(
                Body(f'"{number}-{version}"', gzip.compress(one.encode(), 6, mtime=0))
                for version, one in enumerate((text, _with_a_new_item(text)))
            )
            self._versions[self.web.hosts[host], path] = (bodies[0], bodies[1])
            self.outlets.setdefault(f"outlet {host}", []).append(f"{self.web.base(host)}{path}")

    def _answer(self, host: str, path: str, headers: Mapping[str, str]) -> bytes:
        if path == "/robots.txt":
            return http("200 OK", ROBOTS, Content_Type="text/plain")
        versions = self._versions.get((host, path))
        if versions is None:
            return http("404 Not Found")
        body = versions[self.version]
        if not self.knows_validators:
            return http("200 OK", body.compressed, Content_Type="application/rss+xml", Content_Encoding="gzip")
        if headers.get("if-none-match") == body.etag:
            return http("304 Not Modified", ETag=body.etag)
        return http(
            "200 OK", body.compressed, Content_Type="application/rss+xml", Content_Encoding="gzip", ETag=body.etag
        )


def _with_a_new_item(text: str) -> str:
    items = ITEM.findall(text)
    last = items[-1]
    date = format_datetime(datetime.now(UTC) - timedelta(days=60))
    new = re.sub(r"<title>.*?</title>", "<title>عاجل: خبر يروى من جديد</title>", last, flags=re.DOTALL)
    new = re.sub(r"<guid(.*?)>.*?</guid>", r"<guid\1>anew</guid>", new)
    new = re.sub(r"<pubDate>.*?</pubDate>", f"<pubDate>{date}</pubDate>", new)
    cut = text.rindex(last)
    first = text.index(items[0])
    return text[:first] + new + text[first:cut] + text[cut + len(last) :]


def measure(press: Press) -> dict[str, float]:
    """Poll a fresh deployment in every case, and return the CPU seconds of each."""
    cases = {"first": (0, True), "304": (0, True), "same body": (0, False), "one new": (1, True)}
    measured: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        deployment = Deployment(Path(name), press.outlets)
        for case, (press.version, press.knows_validators) in cases.items():
            measured[case], end = deployment.crawl()
            _check(case, end, press)
    return measured


def _check(case: str, end: Mapping[str, Any], press: Press) -> None:
    """End the benchmark when a case was not what it is to measure."""
    feeds = sum(map(len, press.outlets.values()))
    counted = "feeds_not_modified" if case in ("304", "same body") else "feeds_ok"
    if (end["finish"], end["exit_code"], end[counted], end["pages"]) != ("finished", 0, feeds, 0):
        raise SystemExit(f"{case}: not the poll that was to be measured: {end}")


def naive(press: Press) -> float:
    """Fetch and read everything with feedparser in a process of its own; return its CPU seconds."""
    with tempfile.TemporaryDirectory() as name:
        urls = Path(name) / "urls"
        urls.write_text("\n".join(url for feeds in press.outlets.values() for url in feeds), encoding="utf-8")
        script = Path(name) / "naive.py"
        script.write_text(NAIVE, encoding="utf-8")
        command = f"exec {shlex.quote(sys.executable)} {script} <{urls}"
        return cpu_of(["/bin/sh", "-c", command], os.environ, Path(name) / "log")


def main() -> int:
    """Measure, print and compare with the targets."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--feeds", type=int, default=500)
    options.add_argument("--hosts", type=int, default=100)
    options.add_argument("--no-naive", action="store_true", help="leave the reference out")
    chosen = options.parse_args()
    adopt_orphans()
    rounds: list[dict[str, float]] = []
    press = Press(chosen.feeds, chosen.hosts)
    with press.web:
        press.publish()
        for number in range(1, chosen.rounds + 1):
            measured = measure(press)
            if not chosen.no_naive:
                press.version = 1
                measured["naive"] = naive(press)
            rounds.append(measured)
            print(
                f"round {number}: " + ", ".join(f"{case} {cpu_s:.2f} s" for case, cpu_s in measured.items()), flush=True
            )
    middle = {case: statistics.median(one[case] for one in rounds) for case in rounds[0]}
    print(f"median of CPU seconds over {chosen.feeds} feeds:")
    for case, cpu_s in middle.items():
        print(f"  {case:10} {cpu_s:6.2f}")
    met = max(middle["304"], middle["same body"]) <= 1.5
    if "naive" in middle:
        ratio = middle["naive"] / middle["one new"]
        met = met and ratio >= 6
        print(f"naive ÷ one new = {ratio:.1f} (target 6)")
    return int(not met)


if __name__ == "__main__":
    sys.exit(main())

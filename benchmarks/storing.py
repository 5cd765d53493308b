"""What it costs an article on its way into the archive that copies are looked for.

    python -m benchmarks.storing [--shared PATH] [--articles N] [--stored N]

Stories of the stream are stored one after another by the crawl's own `Intake`, with a real archive and a real Redis, in
an archive that holds others already: turn by turn one with its signature, which is looked up, compared and marked, and
one without, for which nothing of that is done. The difference is what copies cost the crawling process; what signing a
text costs its worker is added. Exits with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks._measuring import SHARED
from mirqab.archive import Archive
from mirqab.copies import signature
from mirqab.fingerprints import fingerprint
from mirqab.intake import Intake
from mirqab.seen import Seen, open_seen
from mirqab.types import Article, FeedItem, FeedReading, FeedSnapshot, Worked, make_id

TARGET_CPU_MS, TARGET_ROUND_TRIPS = 0.8, 3
LEAST_WORDS = 90
OUTLET = "bench"


def read_stories(shared: Path, count: int) -> list[tuple[str, str]]:
    """Return headline and body of stories of the stream."""
    with gzip.open(shared / "stream" / "stream.jsonl.gz", "rt", encoding="utf-8") as lines:
        told = ((row["title"] or "", row["text"] or "") for row in map(json.loads, lines))
        stories = [text for text in told if len(text[1].split()) >= LEAST_WORDS]
    if len(stories) < count:
        sys.exit(f"the stream has {len(stories)} stories of {LEAST_WORDS} words, not {count}")
    return stories[:count]


def url_of(place: int) -> str:
    """Return the address of a story."""
    return f"https://bench.example/{place}"


def page_of(entry: str, place: int, text: tuple[str, str]) -> Worked:
    """Return a story as a worker hands it over, not yet signed."""
    headline, body = text
    now = datetime.now(UTC)
    article = Article(
        id=make_id("a", entry),
        entry=entry,
        outlet=OUTLET,
        url=url_of(place),
        headline=headline,
        body=body,
        authors=(),
        published=now,
        published_raw=None,
        updated=None,
        updated_raw=None,
        language="ar",
        extractor="bench",
        quality=1.0,
        fetched_at=now,
        fingerprint=fingerprint(headline, body),
    )
    return Worked(
        page_url=url_of(place),
        final_url=url_of(place),
        entry=entry,
        outlet=OUTLET,
        fetched_at=now,
        status=200,
        article=article,
    )


def signed(page: Worked) -> Worked:
    """Return the page with its article's signature."""
    assert page.article is not None
    made = signature(page.article.headline, page.article.body)
    return replace(page, article=replace(page.article, signature=made))


def admit(archive: Archive, run: str, count: int) -> dict[str, str]:
    """Make so many entries due; return address → entry."""
    items = tuple(
        FeedItem(guid=None, url=url_of(place), title="", summary="", content=None, published=None, updated=None)
        for place in range(count)
    )
    now = datetime.now(UTC)
    reading = FeedReading(version="rss20", encoding="utf-8", title=OUTLET, items=items)
    shot = FeedSnapshot(outlet=OUTLET, url=url_of(-1), fetched_at=now, status=200, reading=reading)
    archive.admit(run, shot, first_poll_max_age_s=0)
    return {entry.url: entry.id for entry in archive.due(OUTLET, now=datetime.now(UTC), limit=count)}


class Asking:
    """Counts what Redis is asked, each a round trip."""

    def __init__(self, seen: Seen) -> None:
        self.count = 0
        self._ask = seen._link.ask
        seen._link.ask = self._counted  # type: ignore[method-assign]

    async def _counted(self, question: Any, *, otherwise: Any) -> Any:
        self.count += 1
        return await self._ask(question, otherwise=otherwise)


async def bring(intake: Intake, page: Worked) -> float:
    """Bring a claimed page in, and return what that cost this process, in seconds of CPU."""
    before = time.process_time()
    await intake.store(page, await intake.look_up(page))
    return time.process_time() - before


async def measure(stories: Sequence[tuple[str, str]], articles: int) -> bool:
    """Store the first stories as what is there already, then the others turn by turn with signatures and without."""
    with tempfile.TemporaryDirectory(prefix="mirqab-") as folder:
        archive = Archive.open(f"sqlite:///{folder}/archive.sqlite3")
        async with open_seen(redis_url=None, folder=Path(folder) / "redis") as seen:
            run = archive.start_run("bench", topics=[])
            entries = admit(archive, run, len(stories))
            pages = [page_of(entries[url_of(place)], place, text) for place, text in enumerate(stories)]
            intake = Intake(archive, seen, run=run, max_attempts=1, first_poll_max_age_s=0)
            await intake.recover()
            due = {entry.id: entry for entry in archive.due(OUTLET, now=datetime.now(UTC), limit=len(stories))}
            before = len(pages) - 2 * articles
            for page in pages[:before]:
                await bring(intake, signed(page))
            costs: dict[bool, list[float]] = {True: [], False: []}
            trips: dict[bool, int] = {True: 0, False: 0}
            asking = Asking(seen)
            for place, page in enumerate(pages[before:]):
                is_signed = place % 2 == 0
                assert await intake.claim(due[page.entry])
                ready = signed(page) if is_signed else page
                asked = asking.count
                costs[is_signed].append(await bring(intake, ready))
                trips[is_signed] += asking.count - asked
            await intake.close()
        archive.close()
    with_ms, without_ms = (1000 * statistics.fmean(costs[which]) for which in (True, False))
    signing_s = 0.0
    for headline, body in stories[:400]:
        fingerprint(headline, body)  # as the worker does before, which folds the text for both
        began = time.process_time()
        signature(headline, body)
        signing_s += time.process_time() - began
    signing_ms = 1000 * signing_s / len(stories[:400])
    added = with_ms - without_ms
    print(f"{before} stories stored before; {articles} with and {articles} without signatures:")
    print(f"  {with_ms:.3f} ms with, {without_ms:.3f} ms without: {added:.3f} ms for copies in the crawling process")
    print(f"  {signing_ms:.3f} ms for the signature in the worker")
    print(f"  {trips[True] / articles:.2f} round trips to Redis with, {trips[False] / articles:.2f} without")
    return added + signing_ms <= TARGET_CPU_MS and trips[True] / articles <= TARGET_ROUND_TRIPS


def main() -> None:
    """Measure, and exit with 1 when a target is missed."""
    asking = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asking.add_argument("--shared", type=Path, default=SHARED)
    asking.add_argument("--articles", type=int, default=400)
    asking.add_argument("--stored", type=int, default=1000)
    asked = asking.parse_args()
    stories = read_stories(asked.shared, asked.stored + 2 * asked.articles)
    sys.exit(0 if asyncio.run(measure(stories, asked.articles)) else 1)


if __name__ == "__main__":
    main()

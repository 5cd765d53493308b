"""What judging the stored articles anew costs, reading and writing the archive included.

    python -m benchmarks.rematch [--articles N] [--shared PATH]

An archive is filled with stories of the stream, each copy with some words changed, judged by an older version of the
topic. Then `rematch` is run as a person would; counted is the CPU of all its processes. Exits with 1 when 100,000
articles would take more than the target at this rate.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, insert

from benchmarks._measuring import ROOT, SHARED, adopt_orphans, cpu_of
from benchmarks.judge import Story, read_stories
from mirqab.archive import Archive, tables
from mirqab.types import make_id

TARGET_S = 180.0
ARTICLES = 100_000
FILL = 1000


def altered(stories: list[Story], count: int) -> Iterator[Story]:
    """Yield so many stories: those given, then copies in which one word in twenty is another one of the same story."""
    chance = random.Random(7)
    for number, story in enumerate(itertools.islice(itertools.cycle(stories), count)):
        if number < len(stories):
            yield story
            continue
        words = story.text.split(" ")
        for _ in range(len(words) // 20):
            words[chance.randrange(len(words))] = chance.choice(words)
        yield Story(story.title, " ".join(words), story.published)


def fill(archive: Path, stories: Iterator[Story]) -> None:
    """Write the stories as articles, each of its own, judged by version `old` of the topic."""
    Archive.open(f"sqlite:///{archive}").close()
    engine = create_engine(f"sqlite:///{archive}")
    now = datetime.now(UTC)
    rows: dict[str, list[dict[str, Any]]] = {"entries": [], "stories": [], "articles": [], "judged": []}

    def write() -> None:
        with engine.begin() as conn:
            for name, new in rows.items():
                conn.execute(insert(tables.metadata.tables[name]), new)
                new.clear()

    with engine.begin() as conn:
        conn.execute(insert(tables.topic_sets), {"id": "old", "topics": [["troop-withdrawal-talks", "old"]]})
    for number, story in enumerate(stories):
        url = f"https://outlet.example/{number}"
        entry, article, of = make_id("e", url), make_id("a", url), make_id("s", url)
        rows["stories"].append({"id": of, "first_seen_at": now})
        rows["entries"].append(
            {"id": entry, "outlet": "outlet", "url": url, "url_key": url, "state": "stored", "attempts": 0}
            | {"first_seen_at": now, "article": article, "authors": [], "title": story.title, "summary": ""}
        )
        rows["articles"].append(
            {"id": article, "entry": entry, "story": of, "relation": "new", "outlet": "outlet", "url": url}
            | {"url_key": url, "fingerprint": url, "headline": story.title, "published": story.published}
            | {"authors": [], "extractor": "none", "quality": 1.0, "fetched_at": now, "stored_at": now}
            | {"body": story.text}
        )
        rows["judged"].append({"article": article, "topics": "old"})
        if len(rows["articles"]) == FILL:
            write()
    if rows["articles"]:
        write()
    engine.dispose()


def main() -> int:
    """Measure, print and compare with the target."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--articles", type=int, default=20_000)
    options.add_argument("--shared", type=Path, default=SHARED)
    chosen = options.parse_args()
    adopt_orphans()
    stories = read_stories(chosen.shared, chosen.articles)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        fill(home / "archive.sqlite", altered(stories, chosen.articles))
        size = (home / "archive.sqlite").stat().st_size
        kept = {name: value for name, value in os.environ.items() if name[:7] != "MIRQAB_"}
        environ = kept | {"MIRQAB_HOME": folder, "MIRQAB_CONFIG": str(ROOT / "config")}
        command = [sys.executable, "-m", "mirqab", "rematch"]
        started = time.monotonic()
        used = cpu_of(command, environ, home / "log")
        took = time.monotonic() - started
        again = cpu_of(command, environ, home / "again.log")
        sums = [line for line in (home / "log").read_text(encoding="utf-8").splitlines() if "judged anew" in line]
    rate = (used - again) / chosen.articles
    whole = again + rate * ARTICLES
    print(f"archive    {chosen.articles:,} articles, {size / 1e6:.0f} MB")
    print(f"rematch    {used:.1f} s CPU in {took:.1f} s: {sums[0] if sums else 'no sums'}")
    print(f"again      {again:.1f} s CPU when nothing is to be judged")
    print(f"an article {1000 * rate:.2f} ms CPU; {ARTICLES:,} articles {whole:.0f} s, target {TARGET_S:.0f} s")
    return int(whole > TARGET_S)


if __name__ == "__main__":
    raise SystemExit(main())

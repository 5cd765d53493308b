"""Whether the strongest sentence of a flag says enough by itself, as a person read it.

    python -m benchmarks.evidence [--all] [--shared PATH]

Prints the strongest sentence of every flagged text that nobody has read yet, or that is another one than was read: in
the stream, in the labelled stories that are to be flagged, and in our own. With --all prints all of them. Then follows
the share that was found sufficient. The readings are `tests/topics/evidence_judgements.jsonl`: ids, a hash and a
verdict, no text.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks._measuring import ROOT, SHARED
from benchmarks.judge import TOPIC
from benchmarks.near_misses import published
from mirqab.declarations import read_topic_document
from mirqab.proportions import share
from mirqab.settings import load_settings
from mirqab.topics import Judge, Topic, compile_topic

READINGS = ROOT / "tests" / "topics" / "evidence_judgements.jsonl"
OWN_STORIES = ROOT / "tests" / "topics" / "own_stories"


class Read(NamedTuple):
    """The strongest sentence of one flagged text; `label` is what the set says of the text, None in the stream."""

    set: str
    id: str
    label: str | None
    sentence: str

    @property
    def hash(self) -> str:
        """Twelve hex digits of the sentence: enough to see that it is another one."""
        return hashlib.blake2b(self.sentence.encode(), digest_size=6).hexdigest()


def readings() -> dict[tuple[str, str], dict[str, Any]]:
    """Return what was read, by set and id: `hash`, `sufficient`, `reason`."""
    rows = map(json.loads, READINGS.read_text(encoding="utf-8").splitlines())
    return {(row["set"], row["id"]): row for row in rows}


def own(topic: Topic) -> Iterator[Read]:
    """Yield the strongest sentences of our own stories that are flagged."""
    for path in sorted(OWN_STORIES.glob("half_*.jsonl")):
        yield from _flagged(
            topic, f"own_{path.stem[-1]}", map(json.loads, path.read_text(encoding="utf-8").splitlines())
        )


def labelled(topic: Topic, shared: Path) -> Iterator[Read]:
    """Yield those of the labelled stories that are to be flagged and are."""
    with (shared / "labelled" / "dev.jsonl").open(encoding="utf-8") as lines:
        yield from _flagged(topic, "dev", (row for row in map(json.loads, lines) if row["label"] == "positive"))


def stream(topic: Topic, shared: Path, ids: frozenset[str] | None = None) -> Iterator[Read]:
    """Yield those of the stream, or of its stories with these ids."""
    with gzip.open(shared / "stream" / "stream.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from _flagged(topic, "stream", (row for row in map(json.loads, lines) if ids is None or row["id"] in ids))


def _flagged(topic: Topic, name: str, rows: Iterable[dict[str, Any]]) -> Iterator[Read]:
    judge = Judge([topic])
    for row in rows:
        title, text = row["title"] or "", row.get("lead") or row["text"] or ""
        (verdict,) = judge.judge(title=title, text=text, published=published(row.get("date") or row.get("published")))
        if verdict.flagged and verdict.strongest:
            label = None if name == "stream" else row["label"]
            yield Read(name, row["id"], label, verdict.strongest.span.cut(title=title, text=text))


def main() -> int:
    """Print what is to be read, and what the readings come to."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--all", action="store_true", help="print the sentences that were read, too")
    options.add_argument("--shared", type=Path, default=SHARED)
    chosen = options.parse_args()
    topic, known = compile_topic(read_topic_document(load_settings(environ={}), TOPIC)), readings()
    flagged = [*own(topic), *labelled(topic, chosen.shared), *stream(topic, chosen.shared)]
    for one in flagged:
        if chosen.all or known.get((one.set, one.id), {}).get("hash") != one.hash:
            print(json.dumps({**one._asdict(), "hash": one.hash}, ensure_ascii=False))
    for name in ("all", *dict.fromkeys(group for group, _ in known)):
        rows = [row for (group, _), row in known.items() if name in ("all", group)]
        found = share(sum(row["sufficient"] for row in rows), len(rows))
        print(f"{name:8} sufficient {found.part} of {found.of}: {found.value:.3f} ({found.low:.3f}–{found.high:.3f})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

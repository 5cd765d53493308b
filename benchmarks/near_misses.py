"""What the topic misses in a stream of real news, estimated from stories that a person read.

    python -m benchmarks.near_misses [--draw] [--shared PATH]

The stories that are not flagged are parted by how near they come to the topic. Of the nearest parts all were read, of
the others a sample; what was found in each says how many are missed in the whole stream. --draw prints the ids to read,
by the topic as it stands. The readings are `tests/topics/near_misses.jsonl`: ids and verdicts, no text.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks._measuring import ROOT, SHARED
from benchmarks.judge import TOPIC, Story
from mirqab.declarations import read_topic_document
from mirqab.proportions import wilson
from mirqab.settings import load_settings
from mirqab.topics import Judge, Topic, compile_topic
from mirqab.topics.language import Composition, Pair, Rule

READINGS = ROOT / "tests" / "topics" / "near_misses.jsonl"
JUDGEMENTS = ROOT / "tests" / "topics" / "stream_judgements.jsonl"

SEED = 20261123
TO_READ = {"scored": None, "held": None, "together": None, "force": 340, "leaving": 340, "rest": 340}
"""How many stories of each part are read, the nearest part first; None is all of them."""
POPULATION = {"scored": 30, "held": 115, "together": 292, "force": 1918, "leaving": 2900, "rest": 8252}
"""How many there were when the readings were drawn, by version 962f9f3e9414 of the topic."""
FLAGGED_MAIN = 49
"""The flags of that version of which a reader said that they are about the topic."""

FORCE = ("قوة_أجنبية", "جيش_أجنبي", "قاعدة_أجنبية", "وجود_عسكري", "وجود_أجنبي", "منطقة_محتلة")
LEAVING = (
    *("انسحاب", "خروج", "إخراج", "إخراج_فعل", "خروج_فعل", "إعادة", "عودة", "رحيل", "تراجع", "سيغادر", "سيعود"),
    *("إنهاء", "بقاء", "إخلاء", "تسليم", "استعادة", "إلغاء", "تمديد"),
)


def parts_of(topic: Topic) -> list[Topic]:
    """Return for each part but the first and the last a topic that flags what belongs to it or to a nearer one.

    `held`: a composition with which a rule begins. `together`: a foreign force and a word of leaving, ending or staying
    in one sentence. `force`: a foreign force. `leaving`: such a word.
    """
    named = {
        name: Composition(name=name, pairs=tuple(Pair(first=concept) for concept in concepts))
        for name, concepts in (("force", FORCE), ("leaving", LEAVING))
    }
    wanted: dict[str, list[tuple[str, ...]]] = {
        "held": [(rule.together[0],) for rule in topic.rules],
        "together": [("force", "leaving")],
        "force": [("force",)],
        "leaving": [("leaving",)],
    }
    plain = replace(topic, compositions=(*topic.compositions, *named.values()), penalties=(), threshold=1)
    return [
        replace(plain, id=part, rules=tuple(Rule(name=part, together=names, points=1) for names in together))
        for part, together in wanted.items()
    ]


def part_of(judge: Judge, story: Story) -> str | None:
    """Return the part of a story that is not flagged, None of one that is."""
    verdict, *further = judge.judge(title=story.title, text=story.text, published=story.published)
    if verdict.flagged:
        return None
    return "scored" if verdict.score > 0 else next((one.topic for one in further if one.flagged), "rest")


def published(raw: str | None) -> datetime | None:
    """Return the day of a line of the stream; None where it tells none."""
    try:
        return datetime.fromisoformat((raw or "")[:10]).replace(tzinfo=UTC)
    except ValueError:
        return None


def draw(shared: Path) -> Iterator[tuple[str, str]]:
    """Yield part and id of the stories to read."""
    topic = compile_topic(read_topic_document(load_settings(environ={}), TOPIC))
    judge = Judge([topic, *parts_of(topic)])
    found: dict[str, list[str]] = {part: [] for part in TO_READ}
    with gzip.open(shared / "stream" / "stream.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            part = part_of(judge, Story(row["title"] or "", row["text"] or "", published(row.get("date"))))
            if part is not None:
                found[part].append(row["id"])
    for part, ids in found.items():
        least = TO_READ[part]
        chosen = sorted(ids) if least is None else random.Random(SEED).sample(sorted(ids), least)
        yield from ((part, chosen_id) for chosen_id in chosen)


def readings() -> list[dict[str, Any]]:
    """Return what was read: `id`, `stratum`, `score`, `verdict`, `reason`."""
    return [json.loads(line) for line in READINGS.read_text(encoding="utf-8").splitlines()]


def estimate(rows: list[dict[str, Any]]) -> tuple[float, float, float]:
    """Print what was found in each part; return the number missed in the stream, and its 95 % interval.

    The interval of the sum adds the squares of the parts' distances, each from its Wilson interval (Zou and Donner
    2008). A part of which every story was read adds what was found and no doubt.
    """
    print(f"{'part':10}{'stories':>9}{'read':>6}{'missed':>8}{'passing':>9}   missed in the part, 95 %")
    total, below, above = 0.0, 0.0, 0.0
    for part, stories in POPULATION.items():
        found = Counter(row["verdict"] for row in rows if row["stratum"] == part)
        read, missed = found.total(), found["missed"]
        low, high = wilson(missed, read) if read < stories else (missed / read, missed / read)
        point = missed / read * stories
        total, below = total + point, below + (point - low * stories) ** 2
        above += (high * stories - point) ** 2
        print(
            f"{part:10}{stories:>9}{read:>6}{missed:>8}{found['passing']:>9}   "
            f"{point:.0f} ({low * stories:.0f}–{high * stories:.0f})"
        )
    return total, total - math.sqrt(below), total + math.sqrt(above)


def main() -> int:
    """Print the ids to read, or the estimate."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--draw", action="store_true", help="print part and id of the stories to read")
    options.add_argument("--shared", type=Path, default=SHARED)
    chosen = options.parse_args()
    if chosen.draw:
        for part, story_id in draw(chosen.shared):
            print(part, story_id)
        return 0
    missed, low, high = estimate(readings())
    recall = [FLAGGED_MAIN / (FLAGGED_MAIN + number) for number in (missed, high, low)]
    print(f"\nmissed in the stream: {missed:.0f} ({low:.0f}–{high:.0f})")
    print(f"recall on main subjects: {recall[0]:.2f} ({recall[1]:.2f}–{recall[2]:.2f})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

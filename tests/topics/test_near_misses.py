"""Stories of the stream that the topic does not flag, against what a reader said of each.

`near_misses.jsonl` holds ids, verdicts and a reason, no text: `missed` (the topic is its main subject), `passing` (a
current claim, not the subject), `completed` (a withdrawal that is over), `unsure`, `not`. How they were drawn and what
follows for the whole stream: `python -m benchmarks.near_misses`, docs/evaluation.md.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

from benchmarks.near_misses import POPULATION, TO_READ, estimate, published, readings
from mirqab.topics import Judge, Topic

MOST_FLAGGED_SINCE = 3
"""Of those read as not about the topic; a later edit that flags more of them has to be looked at."""


def test_the_readings_are_ids_verdicts_and_reasons_only() -> None:
    rows = readings()
    assert all(set(row) == {"id", "stratum", "score", "verdict", "reason"} for row in rows)
    assert {row["verdict"] for row in rows} == {"missed", "passing", "completed", "unsure", "not"}
    assert len({row["id"] for row in rows}) == len(rows) >= 300


def test_as_many_were_read_as_were_drawn() -> None:
    read = Counter(row["stratum"] for row in readings())
    assert read == {part: TO_READ[part] or stories for part, stories in POPULATION.items()}


def test_the_estimate_counts_parts_that_were_read_whole_without_doubt() -> None:
    rows = [row for row in readings() if TO_READ[row["stratum"]] is None]
    rest = [{"stratum": part, "verdict": "not"} for part, least in TO_READ.items() if least for _ in range(10_000)]
    missed, low, high = estimate([*rows, *rest])
    assert missed == sum(row["verdict"] == "missed" for row in rows)
    assert low <= missed <= high < missed + 10


def test_what_was_read_as_another_story_stays_unflagged(topic: Topic, shared_data: Path) -> None:
    read = {row["id"]: row["verdict"] for row in readings()}
    judge = Judge([topic])
    flagged: dict[str, list[str]] = {}
    with gzip.open(shared_data / "stream" / "stream.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            verdict = read.pop(row["id"], None)
            if verdict is not None:
                (judged,) = judge.judge(
                    title=row["title"] or "", text=row["text"] or "", published=published(row.get("date"))
                )
                if judged.flagged:
                    flagged.setdefault(verdict, []).append(row["id"])
    assert not read, "ids that the stream does not hold"
    assert len(flagged.get("not", [])) <= MOST_FLAGGED_SINCE, f"read again, flagged since: {flagged}"

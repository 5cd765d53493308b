"""What the topic flags in a stream of real news, against what a reader said of each flag.

`stream_judgements.jsonl` holds ids and verdicts only: `main` (the main subject), `passing` (a current claim, not the
subject), `completed` (a withdrawal that is over), `wrong`. It also keeps those that former versions flagged wrongly.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mirqab.topics import Judge, Topic

JUDGEMENTS = Path(__file__).parent / "stream_judgements.jsonl"
MOST_WRONG = 0.15
MOST_UNREAD = 6


def judgements() -> dict[str, str]:
    rows = map(json.loads, JUDGEMENTS.read_text(encoding="utf-8").splitlines())
    return {row["id"]: row["judgement"] for row in rows}


def published(row: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat((row.get("date") or "")[:10]).replace(tzinfo=UTC)
    except ValueError:
        return None


def test_the_judgements_are_ids_and_verdicts_only() -> None:
    lines = JUDGEMENTS.read_text(encoding="utf-8").splitlines()
    assert all(set(json.loads(line)) == {"id", "judgement"} for line in lines)
    assert set(judgements().values()) == {"main", "passing", "completed", "wrong"}
    assert len(judgements()) == len(lines)


@pytest.mark.full
def test_few_of_the_flags_in_the_stream_are_wrong(topic: Topic, shared_data: Path) -> None:
    read = judgements()
    judge = Judge([topic])
    flagged = Counter[str]()
    with gzip.open(shared_data / "stream" / "stream.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            verdict = judge.judge(title=row["title"] or "", text=row["text"] or "", published=published(row))[0]
            if verdict.flagged:
                flagged[read.get(row["id"], "unread")] += 1
    known = flagged.total() - flagged["unread"]
    assert flagged["wrong"] / known <= MOST_WRONG, flagged
    assert flagged["unread"] <= MOST_UNREAD, flagged
    assert flagged["main"] >= 45, flagged

"""The strongest sentence of each flag, against what a reader said who saw that sentence alone.

`evidence_judgements.jsonl` holds ids, a hash of the sentence and a verdict, no text. A sentence is sufficient when it
says by itself, without the headline, whose soldiers or which occupied land it is about, and that their leaving, staying
or end is demanded, refused, announced, agreed, planned or dated.
"""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.evidence import READINGS, Read, labelled, own, readings, stream
from mirqab.topics import Topic

SUFFICIENT = 0.97
SAME = 0.95
"""A topic's edit may change some sentences without a new reading of all."""

TO_READ = (
    "{changed} of {flagged} flags show another strongest sentence than the one that was read, or none was read. Read "
    "them again: `python -m benchmarks.evidence` prints them; put set, id, hash, sufficient and reason into "
    + READINGS.name
)


def assert_read(flagged: list[Read]) -> None:
    known = readings()
    changed = sum(known.get((one.set, one.id), {}).get("hash") != one.hash for one in flagged)
    assert flagged
    assert changed <= (1 - SAME) * len(flagged), TO_READ.format(changed=changed, flagged=len(flagged))


def test_the_readings_hold_no_text() -> None:
    rows = [json.loads(line) for line in READINGS.read_text(encoding="utf-8").splitlines()]
    assert all(set(row) == {"id", "set", "hash", "sufficient", "reason"} for row in rows)
    assert all(len(row["hash"]) == 12 for row in rows)
    assert len(readings()) == len(rows)


def test_the_strongest_sentence_says_enough_by_itself() -> None:
    rows = list(readings().values())
    assert sum(row["sufficient"] for row in rows) / len(rows) >= SUFFICIENT
    right = [row["sufficient"] for row in rows if row["set"] == "dev"]
    assert sum(right) / len(right) >= SUFFICIENT


def test_a_false_flag_has_no_sufficient_sentence(topic: Topic) -> None:
    known = readings()
    false = [known.get((one.set, one.id)) for one in own(topic) if one.label == "hard_negative"]
    assert not any(row and row["sufficient"] for row in false)


def test_the_sentences_of_our_own_stories_are_those_that_were_read(topic: Topic) -> None:
    assert_read(list(own(topic)))


def test_the_sentences_of_the_labelled_stories_and_the_stream_are_those_that_were_read(
    topic: Topic, shared_data: Path
) -> None:
    ids = frozenset(story for group, story in readings() if group == "stream")
    assert_read([*labelled(topic, shared_data), *stream(topic, shared_data, ids)])

"""Copies in a real stream: each pair that is joined was read and judged, and look-alikes are not joined.

The records name texts by their ids in the stream, without a word of them.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mirqab import grouping
from mirqab.copies import Text, compare, worth_comparing
from mirqab.seen import WINDOW_DAYS

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Told:
    """A text of the stream; one without a day counts as of the day of the one before it."""

    headline: str
    body: str
    day: date


@pytest.fixture(scope="module")
def stream(shared_data: Path) -> dict[str, Told]:
    texts: dict[str, Told] = {}
    day = date.min
    with gzip.open(shared_data / "stream" / "stream.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            with suppress(ValueError):
                day = date.fromisoformat((row["date"] or "")[:10])
            texts[row["id"]] = Told(row["title"] or "", row["text"] or "", day)
    return texts


def records(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


def text(told: Told) -> Text:
    return Text(told.headline, told.body)


def copies_within_the_window(stream: dict[str, Told]) -> set[tuple[str, str]]:
    """Return all pairs that share a band and are copies, as the bands in Redis would find them."""
    found: set[tuple[str, str]] = set()
    having: defaultdict[bytes, list[str]] = defaultdict(list)
    made: dict[str, bytes] = {}
    for name, told in stream.items():
        prepared = grouping.prepare(grouping.Told(id=name, headline=told.headline, body=told.body))
        made[name], shared = prepared.signature, prepared.bands
        for other in {other for band in shared for other in having[band]}:
            before = stream[other]
            if abs((told.day - before.day).days) > WINDOW_DAYS or not worth_comparing(made[name], made[other]):
                continue
            if compare(text(before), text(told)).is_copy:
                found.add((other, name))
        for band in shared:
            having[band].append(name)
    return found


def test_every_join_of_the_stream_is_judged_and_at_most_two_are_wrong(stream: dict[str, Told]) -> None:
    judged = {(record["one"], record["other"]): record["right"] for record in records("stream_joins.jsonl")}
    joined = copies_within_the_window(stream)
    assert joined - judged.keys() == set(), "read these, and say whether they are right"
    assert len(joined) >= 10
    assert sum(not judged[pair] for pair in joined) <= 2
    assert {pair for pair, right in judged.items() if right} <= joined, "these were joined before, and are right"


def test_no_look_alike_of_the_stream_is_joined(stream: dict[str, Told]) -> None:
    alike = records("look_alikes.jsonl")
    assert len({(record["one"], record["other"]) for record in alike}) >= 100
    assert {record["kind"] for record in alike} >= {"toll", "weather", "prices", "match", "serial"}
    joined = [record for record in alike if compare(text(stream[record["one"]]), text(stream[record["other"]])).is_copy]
    assert joined == []

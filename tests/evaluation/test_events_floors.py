"""How surely texts of one event are told from others, on real texts, as floors: whoever falls below one hears of it.

`python -m benchmarks.events` prints the same figures, docs/events.md says what they mean. What the pairs are is said in
tests/grouping/event_pairs.md.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from mirqab.evaluation.grouping import GroupingFigures, read_labelled_groups, score_grouping
from mirqab.events import Report, Terms, Weights, alike, join, terms_of
from mirqab.grouping import Grouping, Shelf, Told
from mirqab.seen import open_private_bands
from mirqab.types import Relation
from tests.seen.processes import pids_of, wait_until

PAIRS = Path(__file__).resolve().parent.parent / "grouping" / "event_pairs.jsonl"


def rows(path: Path) -> Iterator[dict[str, Any]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


@pytest.fixture(scope="module")
def texts(shared_data: Path) -> dict[str, tuple[str | None, Terms]]:
    """The stream and the labelled stories: their outlets and terms."""
    found: dict[str, tuple[str | None, Terms]] = {}
    for name in ("stream/stream.jsonl.gz", "labelled/dev.jsonl"):
        for row in rows(shared_data / name):
            found.setdefault(row["id"], (row.get("outlet") or row["source"], terms_of(row["title"], row["text"] or "")))
    return found


@pytest.fixture(scope="module")
def weights(texts: dict[str, tuple[str | None, Terms]]) -> Weights:
    return Weights.of(terms for _, terms in texts.values())


def test_no_pair_that_was_read_and_found_different_is_joined(
    texts: dict[str, tuple[str | None, Terms]], weights: Weights
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    joined = {"same": 0, "different": 0, "unsure": 0}
    alone = 0  # look-alikes that only their outlet keeps apart
    for row in rows(PAIRS):
        one, other = (
            Report(name=name, weighed=weights.weigh(texts[name][1]), outlet=texts[name][0], published=now)
            for name in (row["one"], row["other"])
        )
        joined[row["label"]] += join(one, {"story": [other]}) is not None
        alone += row["label"] == "different" and alike(one.weighed, other.weighed).is_same_event
    assert joined["different"] == joined["unsure"] == 0
    assert joined["same"] >= 4
    assert alone <= 3


@pytest.mark.parametrize("counted_in", [100, 1000])
def test_few_texts_suffice_to_weigh_terms(texts: dict[str, tuple[str | None, Terms]], counted_in: int) -> None:
    weights = Weights.of(terms for _, terms in islice(texts.values(), 0, None, len(texts) // counted_in))
    for row in rows(PAIRS):
        (outlet, one), (another, other) = texts[row["one"]], texts[row["other"]]
        if row["label"] == "different" and outlet != another:
            assert not alike(weights.weigh(one), weights.weigh(other)).is_same_event, row


async def figures(place: Path, folder: Path, weights: Weights) -> GroupingFigures:
    labelled = read_labelled_groups(place)
    counted = labelled.in_order()
    for told in counted:
        weights.add(terms_of(told.headline, told.body))
    async with open_private_bands(redis_url=None, folder=folder, window_days=30) as bands:
        with Shelf() as shelf:
            grouping = Grouping(bands, shelf, weights=weights, counted=len(counted))
            found = [await grouping.place(told) for told in counted]
    wait_until(lambda: not pids_of(folder))
    return score_grouping(labelled, found)


async def test_looser_pairs_are_joined_and_no_different_one(
    shared_data: Path, texts: dict[str, tuple[str | None, Terms]], tmp_path: Path
) -> None:
    found = await figures(shared_data / "dups", tmp_path / "many", Weights.of(terms for _, terms in texts.values()))
    assert found.false_merges == ()
    assert found.precision["all"].value == 1
    assert found.precision["same_event"].of >= 10
    assert found.recall["near_duplicate_text"].value == 1
    assert found.recall["same_story"].part >= 58
    assert found.recall["same_event_updated_toll"].part >= 14
    alone = await figures(shared_data / "dups", tmp_path / "alone", Weights())
    assert alone.false_merges == ()
    assert alone.recall["same_story"].part >= 36


@pytest.mark.full
async def test_every_merge_on_the_stream_is_one_that_was_read(shared_data: Path, tmp_path: Path) -> None:
    stream = [
        Told(id=row["id"], headline=row["title"] or "", body=row["text"] or "", outlet=row["outlet"],
             published=moment(row.get("date")))
        for row in rows(shared_data / "stream" / "stream.jsonl.gz")
    ]  # fmt: skip
    weights = Weights.of(terms_of(told.headline, told.body) for told in stream)
    async with open_private_bands(redis_url=None, folder=tmp_path, window_days=30) as bands:
        with Shelf() as shelf:
            grouping = Grouping(bands, shelf, weights=weights, counted=len(stream))
            placed = [await grouping.place(told) for told in stream]
    merged = {(one.nearest, one.id) for one in placed if one.relation is Relation.SAME_EVENT}
    assert merged == {
        ("m32409e65917b", "m07ba7dc76d4e"), ("m327e52228b79", "m804309af7126"),
        ("m6459ec77f7fc", "m6fb65a4f33d3"), ("m996da1e274ff", "m045441bec7f3"),
    }  # fmt: skip
    wait_until(lambda: not pids_of(tmp_path))


def moment(raw: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat((raw or "")[:10]).replace(tzinfo=UTC)
    except ValueError:
        return None

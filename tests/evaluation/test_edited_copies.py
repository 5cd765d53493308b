"""Copies of real stories that a desk put its hand to are found, as floors for each share of words that it edited.

`./run bench grouping copies` does the same with more of them, docs/grouping.md says what it measured.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from benchmarks.grouping import LEAST_WORDS, TARGET_RECALL, WORD_RATE, Editor, read_stream
from mirqab.grouping import Grouping, Shelf, Told
from mirqab.seen import open_private_bands
from mirqab.types import Relation
from tests.seen.processes import pids_of, wait_until

AMONG, EDITED = 300, 200


@pytest.fixture(scope="module")
def stories(shared_data: Path) -> list[Told]:
    """Real stories, drawn once, without their outlets and days: nothing but the text tells what they are."""
    told = [story for story in read_stream(shared_data) if len(story.body.split()) >= LEAST_WORDS]
    drawn = random.Random(6).sample(told, AMONG)
    return [Told(id=story.id, headline=story.headline, body=story.body) for story in drawn]


@pytest.mark.parametrize("percent", sorted(TARGET_RECALL))
async def test_edited_copies_come_to_the_story_that_they_copy(
    stories: list[Told], tmp_path: Path, percent: int
) -> None:
    editor = Editor(stories, seed=7)
    copies = [
        Told(id=f"copy of {story.id}", headline=story.headline, body=editor.edit(story.body, WORD_RATE[percent]))
        for story in stories[:EDITED]
    ]
    async with open_private_bands(redis_url=None, folder=tmp_path, window_days=30) as bands:
        with Shelf() as shelf:
            grouping = Grouping(bands, shelf)
            known = {story.id: (await grouping.place(story)).story for story in stories}
            placed = [await grouping.place(copy) for copy in copies]
    wait_until(lambda: not pids_of(tmp_path))
    joined = [found.relation is not Relation.NEW for found in placed]
    right = [found.story == known[story.id] for story, found in zip(stories[:EDITED], placed, strict=True)]
    assert [
        copy.id for copy, is_joined, is_right in zip(copies, joined, right, strict=True) if is_joined > is_right
    ] == []
    assert sum(right) / EDITED >= TARGET_RECALL[percent]

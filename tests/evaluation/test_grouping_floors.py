"""How good grouping is on real labelled texts, as floors: whoever falls below one hears of it.

`mirqab evaluate grouping FOLDER` prints the same figures, docs/grouping.md says what they mean.
"""

from __future__ import annotations

from pathlib import Path

from mirqab.evaluation.grouping import GroupingFigures, read_labelled_groups, score_grouping
from mirqab.grouping import Grouping, Shelf
from mirqab.seen import open_private_bands
from tests.seen.processes import pids_of, wait_until


async def figures(place: Path, folder: Path) -> GroupingFigures:
    labelled = read_labelled_groups(place)
    async with open_private_bands(redis_url=None, folder=folder, window_days=30) as bands:
        with Shelf() as shelf:
            grouping = Grouping(bands, shelf)
            found = [await grouping.place(told) for told in labelled.in_order()]
    return score_grouping(labelled, found)


async def test_every_near_pair_is_joined_and_no_different_one(shared_data: Path, tmp_path: Path) -> None:
    found = await figures(shared_data / "dups", tmp_path)
    assert found.recall["near_duplicate_text"].value == 1
    assert found.recall["near_duplicate_text"].of == 81
    assert found.false_merges == ()
    assert found.precision["all"].value == 1
    # looser pairs: another text of the same story, of which grouping by copies finds what is copied
    assert found.recall["same_outlet_republished"].part >= 3
    assert found.recall["same_story"].part >= 30
    wait_until(lambda: not pids_of(tmp_path))

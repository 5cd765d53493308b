"""Grouping: which earlier text a text is tied to, and what is kept of those that were placed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mirqab.grouping import Grouping, Kept, Shelf, Told, nearest, prepare
from mirqab.seen import open_private_bands
from mirqab.types import Relation
from tests.seen.processes import pids_of, wait_until
from tests.test_copies import BACKGROUND, LOOK_ALIKES, WIRE

MORNING, EVENING = datetime(2026, 3, 1, 6, tzinfo=UTC), datetime(2026, 3, 1, 18, tzinfo=UTC)
LONGER = WIRE + " وتفقد الوزير الرصيف الجديد واستمع إلى شرح عن العمل فيه."


def told(identity: str, body: str, outlet: str | None = None, published: datetime | None = None) -> Told:
    return Told(id=identity, headline="", body=body, outlet=outlet, published=published)


def kept(one: Told) -> Kept:
    return Kept(told=one, story=f"story of {one.id}", day=date(2026, 3, 1))


@pytest.mark.parametrize(
    ("outlet", "published", "relation"),
    [
        ("sahil", EVENING, Relation.UPDATE),
        ("sahil", MORNING, Relation.UPDATE),
        ("sahil", None, Relation.UPDATE),
        ("sahil", datetime(2026, 2, 28, tzinfo=UTC), Relation.NEAR),
        ("jabal", EVENING, Relation.NEAR),
        (None, EVENING, Relation.NEAR),
    ],
)
def test_a_near_copy_of_the_same_outlet_is_an_update_unless_it_is_earlier(
    outlet: str | None, published: datetime | None, relation: Relation
) -> None:
    before = kept(told("one", WIRE, "sahil", MORNING))
    found = nearest(told("two", LONGER, outlet, published), [before])
    assert found is not None
    assert (found.relation, found.kept) == (relation, before)
    nameless = nearest(told("two", LONGER, None), [kept(told("one", WIRE, None))])
    assert nameless is not None
    assert nameless.relation is Relation.NEAR, "two texts of no known outlet are not of one outlet"


def test_exact_goes_before_update_and_update_before_near() -> None:
    near, update = kept(told("near", LONGER + " انتهى", "jabal")), kept(told("update", WIRE, "sahil"))
    exact = kept(told("exact", LONGER.replace("أ", "ا"), "nahr"))
    arriving = told("new", LONGER, "sahil")
    for candidates, best in (([near, update, exact], exact), ([near, update], update), ([near], near), ([], None)):
        found = nearest(arriving, candidates)
        assert (found and found.kept) == best


def test_a_shelf_gives_back_what_was_put(tmp_path: Path) -> None:
    with Shelf() as shelf:
        put = [
            kept(told("one", WIRE + "\ud800\x00", "sahil", EVENING)),
            kept(Told(id=2.5, headline="عنوان", body="", outlet=None)),
            kept(told("three", BACKGROUND)),
        ]
        names = [shelf.put(one, prepare(one.told).signature) for one in put]
        assert [shelf.get(name) for name in names] == put
        assert [shelf.signature(name) for name in names] == [prepare(one.told).signature for one in put]
        assert shelf.signature(names[1]) == b""


async def test_texts_are_placed_with_their_copies_and_look_alikes_apart(tmp_path: Path) -> None:
    async with open_private_bands(redis_url=None, folder=tmp_path, window_days=30) as bands:
        with Shelf() as shelf:
            grouping = Grouping(bands, shelf)
            texts = [text for pair in LOOK_ALIKES.values() for text in pair]
            for number, text in enumerate(texts):
                assert (await grouping.place(told(str(number), text))).relation is Relation.NEW
            for number, text in enumerate(texts):
                found = await grouping.place(told(f"again {number}", text))
                assert (found.relation, found.story, found.nearest) == (Relation.EXACT, str(number), str(number))
            one, two = told("short", "توقف المطار"), told("same", "توقّف المطار.")
            assert (await grouping.place(one)).relation is Relation.NEW
            assert (await grouping.place(two)).relation is Relation.EXACT, "too short for a signature"
    wait_until(lambda: not pids_of(tmp_path))


async def test_a_text_without_a_time_is_of_the_day_of_the_one_before(tmp_path: Path) -> None:
    async with open_private_bands(redis_url=None, folder=tmp_path, window_days=30) as bands:
        with Shelf() as shelf:
            grouping = Grouping(bands, shelf, window_days=30)
            await grouping.place(told("old", BACKGROUND, published=datetime(2019, 5, 1, tzinfo=UTC)))
            assert (await grouping.place(told("one", WIRE))).relation is Relation.NEW
            found = await grouping.place(told("two", WIRE, published=datetime(2019, 5, 31, tzinfo=UTC)))
            assert found.relation is Relation.EXACT
            found = await grouping.place(told("three", WIRE, published=datetime(2019, 7, 1, tzinfo=UTC)))
            assert found.relation is Relation.NEW, "31 days after the last one"
    wait_until(lambda: not pids_of(tmp_path))

"""Grouping: which earlier text a text is tied to, and what is kept of those that were placed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from mirqab.copies import BAND_BYTES
from mirqab.events import Weights, terms_of
from mirqab.grouping import Grouping, Kept, Prepared, Reports, Shelf, Told, nearest, prepare
from mirqab.seen import open_private_bands
from mirqab.types import Relation
from tests.seen.processes import pids_of, wait_until
from tests.test_copies import BACKGROUND, LOOK_ALIKES, WIRE
from tests.test_events import HARBOUR, OTHER_BASE, RETOLD, recent

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


def test_a_text_too_short_for_a_signature_has_its_fingerprint_for_a_band() -> None:
    def short(headline: str, body: str) -> Prepared:
        return prepare(Told(id=1, headline=headline, body=body))

    made = short("توقف المطار", "عن العمل")
    assert (made.signature, [len(band) for band in made.bands]) == (b"", [BAND_BYTES])
    assert short("توقّف المطار", "عن العمل.") == made
    assert short("توقف الميناء", "عن العمل") != made


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


# ------------------------------------------------------------------------------------------------- events


def report(identity: str, text: tuple[str, str], outlet: str, published: datetime = MORNING) -> Told:
    return Told(id=identity, headline=text[0], body=text[1], outlet=outlet, published=published)


async def test_a_text_of_one_event_is_joined_when_terms_are_weighed(tmp_path: Path) -> None:
    texts = [
        report("first", HARBOUR, "jabal"),
        report("radar", OTHER_BASE, "jabal"),
        report("retold", RETOLD, "sahil", EVENING),
        report("copy", RETOLD, "nahr", EVENING),
        report("again", RETOLD, "rabia", EVENING + timedelta(days=9)),
    ]
    async with open_private_bands(redis_url=None, folder=tmp_path, window_days=30) as bands:
        with Shelf() as shelf:
            grouping = Grouping(bands, shelf, weights=recent())
            first, radar, retold, copy, again = [await grouping.place(one) for one in texts]
    assert (first.relation, radar.relation) == (Relation.NEW, Relation.NEW)
    assert (retold.relation, retold.story, retold.nearest) == (Relation.SAME_EVENT, "first", "first")
    assert retold.similarity is not None
    assert 0.36 < retold.similarity < 1
    assert (copy.relation, copy.story, copy.nearest) == (Relation.EXACT, "first", "retold"), "a copy goes before"
    assert (again.relation, again.story) == (Relation.EXACT, "first"), "copies have the longer window"
    wait_until(lambda: not pids_of(tmp_path))


async def test_without_weights_only_copies_are_joined(tmp_path: Path) -> None:
    async with open_private_bands(redis_url=None, folder=tmp_path, window_days=30) as bands:
        with Shelf() as shelf:
            grouping = Grouping(bands, shelf)
            for one in (report("first", HARBOUR, "jabal"), report("retold", RETOLD, "sahil")):
                assert (await grouping.place(one)).relation is Relation.NEW
    wait_until(lambda: not pids_of(tmp_path))


async def test_each_text_is_counted_once(tmp_path: Path) -> None:
    texts = [report("first", HARBOUR, "jabal"), report("copy", HARBOUR, "sahil"), report("radar", OTHER_BASE, "nahr")]
    weights = Weights.of(terms_of(one.headline, one.body) for one in texts[:2])
    async with open_private_bands(redis_url=None, folder=tmp_path, window_days=30) as bands:
        with Shelf() as shelf:
            grouping = Grouping(bands, shelf, weights=weights, counted=2)
            for one in texts:
                await grouping.place(one)
    assert weights.texts == 3
    wait_until(lambda: not pids_of(tmp_path))


def test_texts_of_the_days_farthest_away_are_forgotten_first() -> None:
    days = [date(2026, 3, 1) + timedelta(days=number) for number in (0, 1, 2)]

    def joined(text: tuple[str, str], day: date) -> object:
        found = reports.join(replace(report("new", text, "sahil"), published=None), terms_of(*text), day)
        return found and (found.story, found.nearest.name)

    with Shelf() as shelf:
        reports = Reports(shelf, recent(), limit=2)
        for name, text, story, day in (
            ("early", HARBOUR, "base", days[0]),
            ("radar", OTHER_BASE, "radar", days[1]),
            ("retold", (RETOLD[0], RETOLD[1] + " وغادر الوفد المدينة."), "base", days[1]),
        ):
            kept = Kept(told=replace(report(name, text, f"outlet of {name}"), published=None), story=story, day=day)
            reports.add(shelf.put(kept, b""), kept, terms_of(*text))
            if name == "early":
                assert joined(RETOLD, days[1]) == ("base", "early")
        assert joined(HARBOUR, days[2]) == ("base", "early"), "a story's first text stays with it"
        far = days[2] + timedelta(days=30)
        late = Kept(told=replace(report("late", OTHER_BASE, "nahr"), published=None), story="late", day=far)
        reports.add(shelf.put(late, b""), late, terms_of(*OTHER_BASE))
        assert joined(HARBOUR, days[2]) is None, "nor is the story known any more"
        assert joined(OTHER_BASE, far) == ("late", "late")

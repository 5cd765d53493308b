"""Flagged articles on one event that are no copies are one story; the weights of terms are made once a day."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mirqab.archive import Archive
from mirqab.events import FEW_TEXTS, Weights, terms_of
from mirqab.intake import Telling, nearest_copy
from mirqab.intake.telling import WEIGHTS
from mirqab.seen import Seen, open_seen
from mirqab.stories import place
from mirqab.types import FlagState, Relation, Worked
from tests.archive.making import TALKS, TOPIC, WEEK_S, item, snapshot, verdict
from tests.bringing import an_intake, archive_with_entries, article_id, bring, place_of, story_id
from tests.seen.processes import pids_of, wait_until
from tests.wires import NOW, edited, signed, wire


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = archive_with_entries(tmp_path)
    weights = Weights.of(terms_of("", wire(number)) for number in range(1000, 1300))
    opened.reports.keep_weights(WEIGHTS, weights.to_bytes(), texts=weights.texts)
    yield opened
    opened.close()


@pytest.fixture
async def seen(tmp_path: Path) -> AsyncIterator[Seen]:
    async with open_seen(redis_url=None, folder=tmp_path / "redis") as opened:
        yield opened
    wait_until(lambda: not pids_of(tmp_path / "redis"))


def reworded(number: int, *, by: int = 1) -> str:
    """Return a text of the words of a wire in another order: on its event, and no copy of it."""
    told = wire(number).replace(".", "").split()
    random.Random(by).shuffle(told)
    return " ".join(told)


def flagged(slug: str, text: str, *, outlet: str = "rasid", days: int = 0) -> Worked:
    return signed(slug, text, outlet=outlet, verdicts=[verdict(TALKS)], days=days)


async def test_a_flagged_text_on_the_event_of_another_joins_its_story(archive: Archive, seen: Seen) -> None:
    async with an_intake(archive, seen) as intake:
        first = await bring(intake, flagged("1", wire(1)))
        second = await bring(intake, flagged("1", reworded(1), outlet="qabas"))
        copy = await bring(intake, flagged("1", edited(reworded(1)), outlet="sahil"))
        other = await bring(intake, flagged("2", wire(2), outlet="sahil"))
    assert place_of(first) == (story_id("1"), Relation.NEW, None)
    assert place_of(second) == (story_id("1"), Relation.SAME_EVENT, article_id("1"))
    assert second.placement is not None
    assert second.placement.similarity is not None
    assert 0 < second.placement.similarity <= 1
    assert place_of(copy) == (story_id("1"), Relation.NEAR, article_id("1", "qabas")), "a copy goes with its nearest"
    assert place_of(other)[1] is Relation.NEW
    assert (first.raised, second.raised, other.raised) == ((TOPIC[0],), (), (TOPIC[0],))
    assert len(archive.flagged()) == 2


async def test_texts_that_are_not_flagged_of_the_same_outlet_or_of_other_days_stay_apart(
    archive: Archive, seen: Seen
) -> None:
    async with an_intake(archive, seen) as intake:
        await bring(intake, flagged("1", wire(1)))
        plain = await bring(intake, signed("1", reworded(1), outlet="qabas"))
        own = await bring(intake, flagged("2", reworded(1, by=2)))
        late = await bring(intake, flagged("2", reworded(1, by=3), outlet="qabas", days=4))
    assert [place_of(stored)[1] for stored in (plain, own, late)] == [Relation.NEW] * 3


async def test_a_story_whose_flag_was_withdrawn_is_joined_by_none(archive: Archive, seen: Seen) -> None:
    async with an_intake(archive, seen) as intake:
        await bring(intake, flagged("1", wire(1)))
        await bring(intake, signed("1", wire(2)))
        assert archive.flagged(states=[FlagState.WITHDRAWN]) != []
        stored = await bring(intake, flagged("1", reworded(2), outlet="qabas"))
    assert place_of(stored)[1] is Relation.NEW


async def test_what_was_stored_since_the_look_up_is_told_inside_the_transaction(archive: Archive, seen: Seen) -> None:
    one, two = flagged("1", wire(1)), flagged("1", reworded(1), outlet="qabas")
    async with an_intake(archive, seen) as intake:
        looked_up = [await intake.look_up(one), await intake.look_up(two)]
        await intake.store(one, looked_up[0])
        stored = await intake.store(two, looked_up[1])
    assert place_of(stored) == (story_id("1"), Relation.SAME_EVENT, article_id("1"))


async def test_an_article_goes_where_a_person_put_the_one_that_it_is_like(archive: Archive, seen: Seen) -> None:
    async with an_intake(archive, seen) as intake:
        await bring(intake, flagged("1", wire(1)))
        await bring(intake, flagged("2", wire(2), outlet="qabas"))
        with archive._writing() as conn:
            conn.exec_driver_sql(
                "UPDATE articles SET story = ?, placed_by = 'a person' WHERE id = ?",
                (story_id("2", "qabas"), article_id("1")),
            )
        stored = await bring(intake, flagged("1", reworded(1), outlet="sahil"))
        again = await bring(intake, flagged("1", edited(wire(1))))
    assert place_of(stored) == (story_id("2", "qabas"), Relation.SAME_EVENT, article_id("1"))
    assert place_of(again)[0] == story_id("2", "qabas"), "another text of it does not move it back"


# ----------------------------------------------------------------------------------------------- the weights


def age_weights(archive: Archive, by: timedelta) -> None:
    with archive._writing() as conn:
        at = (datetime.now(UTC) - by).replace(tzinfo=None).isoformat(" ")
        conn.exec_driver_sql("UPDATE weights SET made_at = ?", (at,))


def test_weights_are_made_of_recent_articles_at_most_once_a_day(archive: Archive) -> None:
    run = archive.start_run("crawl", topics=[TOPIC])
    for slug in "123":
        archive.store(run, signed(slug, wire(int(slug))), place=place, compare=nearest_copy)
    assert list(Telling(archive).weigh()) == [], "those of today are there"
    age_weights(archive, timedelta(hours=25))
    assert sum(Telling(archive).weigh()) == 3
    kept = archive.reports.weights(WEIGHTS)
    assert kept is not None
    assert Weights.from_bytes(kept[1]).texts == 3
    assert list(Telling(archive).weigh()) == []
    assert sum(Telling(archive).weigh(anew=True)) == 3


# ------------------------------------------------------------------------------------- weights of a young archive


def stored_texts(archive: Archive, count: int, *, first: int = 0) -> None:
    """Store so many articles more."""
    run = archive.start_run("crawl", topics=[TOPIC])
    slugs = [f"more{number}" for number in range(first, first + count)]
    archive.admit(run, snapshot(*map(item, slugs)), first_poll_max_age_s=WEEK_S)
    for number, slug in enumerate(slugs, first):
        archive.store(run, signed(slug, wire(5000 + number)), place=place)


def keep_weights_of(archive: Archive, texts: int) -> None:
    weights = Weights.of(terms_of("", wire(number)) for number in range(texts))
    archive.reports.keep_weights(WEIGHTS, weights.to_bytes(), texts=texts)


@pytest.mark.parametrize(
    ("of", "stored", "are_made_anew"),
    [(1, 1, False), (1, 2, True), (3, 2, False), (101, 150, False), (101, 203, True)],
)
def test_weights_of_a_young_archive_are_made_anew_as_it_grows(
    archive: Archive, of: int, stored: int, are_made_anew: bool
) -> None:
    keep_weights_of(archive, of)
    stored_texts(archive, stored)
    assert sum(Telling(archive).weigh()) == (stored if are_made_anew else 0)


async def test_a_run_that_began_with_few_texts_joins_when_there_are_more(archive: Archive, seen: Seen) -> None:
    with archive._writing() as conn:
        conn.exec_driver_sql("DELETE FROM weights")
    async with an_intake(archive, seen) as intake:
        await bring(intake, flagged("1", wire(1)))
        kept = archive.reports.weights(WEIGHTS)
        assert kept is not None
        assert Weights.from_bytes(kept[1]).texts < FEW_TEXTS
        stored_texts(archive, 120)
        await bring(intake, flagged("2", wire(2)))
        joined = await bring(intake, flagged("1", reworded(2), outlet="qabas"))
    assert place_of(joined) == (story_id("2"), Relation.SAME_EVENT, article_id("2"))


# ------------------------------------------------------------------------------------------- what is compared


def test_nothing_is_weighed_inside_the_storing_transaction(archive: Archive) -> None:
    with archive._writing() as conn:
        conn.exec_driver_sql("DELETE FROM weights")
    run = archive.start_run("crawl", topics=[TOPIC])
    same_event = Telling(archive).same_event
    archive.store(run, flagged("1", wire(1)), place=place, same_event=same_event)
    alone = archive.store(run, flagged("1", reworded(1), outlet="qabas"), place=place, same_event=same_event)
    assert place_of(alone)[1] is Relation.NEW
    assert archive.reports.weights(WEIGHTS) is None


def test_a_text_is_compared_with_those_of_its_days_and_the_first_of_their_stories(archive: Archive) -> None:
    run = archive.start_run("crawl", topics=[TOPIC])
    for slug, outlet, days in (("1", "rasid", 7), ("2", "rasid", 5), ("1", "qabas", 0), ("2", "qabas", 30)):
        archive.store(run, flagged(slug, wire(100 * days + int(slug)), outlet=outlet, days=days), place=place)
    ahead = flagged("3", wire(3), days=-400)  # as its page says: it counts as of the day it was fetched
    archive.store(run, ahead, place=place)
    with archive._writing() as conn:
        conn.exec_driver_sql(
            "UPDATE articles SET story = ? WHERE outlet = 'qabas' AND story = ?",
            (story_id("1"), story_id("1", "qabas")),
        )

    def around(days: int) -> list[str]:
        return [report.article for report in archive.reports.around(NOW - timedelta(days=days))]

    assert around(0) == [article_id("1"), article_id("3"), article_id("1", "qabas")]
    assert around(4) == [article_id("1"), article_id("2")]
    assert around(700) == []
    assert around(-400) == []


def test_the_terms_of_few_texts_are_kept(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mirqab.intake.telling.MOST_READ", 2)
    run, telling = archive.start_run("crawl", topics=[TOPIC]), Telling(archive)
    for slug, days in (("1", 0), ("2", 10), ("3", 20)):
        archive.store(run, flagged(slug, wire(int(slug)), days=days), place=place)
    for days in (0, 10, 20):
        telling.get_ready(flagged("4", wire(4), days=days))
    assert [article for article, _ in telling._read] == [article_id("2"), article_id("3")]

"""Near copies on their way into the archive: found by Redis or without it, placed with their nearest, never dropped."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import event

from mirqab.archive import Archive, LookedUp, Nearest
from mirqab.intake import Scan, nearest_copy
from mirqab.seen import Seen, open_seen
from mirqab.seen.folder import ServerFolder
from mirqab.stories import place
from mirqab.types import Relation, Stored, Worked
from tests.archive.making import NOON, TALKS, TOPIC, WEEK_S, item, snapshot, verdict, worked
from tests.bringing import SLUGS, an_intake, archive_with_entries, article_id, bring, place_of, story_id
from tests.seen.processes import pids_of, wait_until
from tests.wires import edited, signed, wire


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = archive_with_entries(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "redis"
    wait_until(lambda: not pids_of(tmp_path / "redis"))


@pytest.fixture
async def seen(folder: Path) -> AsyncIterator[Seen]:
    async with open_seen(redis_url=None, folder=folder) as opened:
        yield opened


@pytest.fixture
async def redis(folder: Path, seen: Seen) -> AsyncIterator[Redis]:
    """A second look at the same server."""
    client = Redis(unix_socket_path=str(ServerFolder(folder).socket))
    yield client
    await client.aclose()


# ------------------------------------------------------------------------------------------------- placed


async def test_a_near_copy_is_an_article_of_its_own_in_the_story_of_its_nearest(archive: Archive, seen: Seen) -> None:
    text = TALKS + "\n" + wire(1)
    async with an_intake(archive, seen) as intake:
        first = await bring(intake, signed("1", text, verdicts=[verdict(text)]))
        near = await bring(intake, signed("1", edited(text), outlet="qabas", verdicts=[verdict(text)]))
        other = await bring(intake, signed("2", wire(2), outlet="qabas"))
    assert place_of(first) == (story_id("1"), Relation.NEW, None)
    assert place_of(near) == (story_id("1"), Relation.NEAR, article_id("1"))
    assert near.placement is not None
    assert near.placement.similarity is not None
    assert 0.5 < near.placement.similarity < 1
    assert place_of(other) == (story_id("2", "qabas"), Relation.NEW, None)
    story = archive.story(story_id("1"))
    assert story is not None
    assert {one.article.id for one in story.articles} == {article_id("1"), article_id("1", "qabas")}
    assert (first.raised, near.raised) == ((TOPIC[0],), ()), "a story is flagged once"
    (flag,) = archive.flagged()
    assert flag.story == story_id("1")
    run, _ = archive.runs()
    assert (run.stored, run.near_copies, run.duplicates) == (3, 1, 0)
    assert {sums.outlet: sums.near_copies for sums in archive.run_outlets(run.id)} == {"rasid": 0, "qabas": 1}


async def test_a_copy_that_is_flagged_flags_the_story_that_was_not(archive: Archive, seen: Seen) -> None:
    text = TALKS + "\n" + wire(1)
    async with an_intake(archive, seen) as intake:
        await bring(intake, signed("1", text))
        near = await bring(intake, signed("1", edited(text), outlet="qabas", verdicts=[verdict(text)]))
    assert near.raised == (TOPIC[0],)
    assert [flag.story for flag in archive.flagged()] == [story_id("1")]


async def test_an_outlets_later_copy_at_another_address_is_an_update_that_overwrites_nothing(
    archive: Archive, seen: Seen
) -> None:
    text = wire(1)
    async with an_intake(archive, seen) as intake:
        await bring(intake, signed("1", text))
        later = await bring(intake, signed("2", edited(text), minutes=30))
        before = await bring(intake, signed("3", edited(text, by=2), days=1))
    assert place_of(later) == (story_id("1"), Relation.UPDATE, article_id("1"))
    assert place_of(before) == (story_id("1"), Relation.NEAR, article_id("1"))
    story = archive.story(story_id("1"))
    assert story is not None
    assert {one.article.body for one in story.articles} == {text, edited(text), edited(text, by=2)}
    assert [one.versions for one in story.articles] == [0, 0, 0]


async def test_the_same_entry_with_another_text_is_a_version_and_is_found_by_its_new_text(
    archive: Archive, seen: Seen
) -> None:
    async with an_intake(archive, seen) as intake:
        await bring(intake, signed("1", wire(1)))
        await bring(intake, signed("1", wire(2)))
        new = await bring(intake, signed("1", edited(wire(2)), outlet="qabas"))
        old = await bring(intake, signed("2", edited(wire(1)), outlet="qabas"))
    assert place_of(new) == (story_id("1"), Relation.NEAR, article_id("1"))
    assert place_of(old) == (story_id("2", "qabas"), Relation.NEW, None), "nothing says so any more"


async def test_an_article_stays_in_its_story_when_its_text_becomes_a_copy_of_another(
    archive: Archive, seen: Seen
) -> None:
    async with an_intake(archive, seen) as intake:
        await bring(intake, signed("1", wire(1)))
        await bring(intake, signed("1", wire(2), outlet="qabas"))
        changed = await bring(intake, signed("1", edited(wire(1)), outlet="qabas"))
    assert place_of(changed)[0] == story_id("1", "qabas")


async def test_among_many_that_look_like_it_the_nearest_is_found(archive: Archive, seen: Seen) -> None:
    form = wire(1, count=60)
    run = archive.start_run("crawl", topics=[TOPIC])
    slugs = [f"form-{number}" for number in range(40)]
    archive.admit(run, snapshot(*map(item, slugs)), first_poll_max_age_s=WEEK_S)
    async with an_intake(archive, seen) as intake:
        for number, slug in enumerate(slugs):  # the same form, filled in anew
            await bring(intake, signed(slug, wire(100 + number, count=60) + "\n" + form))
        text = wire(120, count=60) + "\n" + form
        near = await bring(intake, signed("1", edited(text), outlet="qabas"))
    assert place_of(near)[1:] == (Relation.NEAR, article_id("form-20"))


async def test_a_short_text_has_exact_copies_alone(archive: Archive, seen: Seen) -> None:
    async with an_intake(archive, seen) as intake:
        await bring(intake, worked("1", "عاجل", headline="عاجل"))
        other = await bring(intake, worked("1", "عاجل الآن", headline="عاجل", outlet="qabas", host="qabas.example"))
        same = await bring(intake, worked("2", "عاجل", headline="عاجل", outlet="qabas", host="qabas.example"))
    assert place_of(other)[1] is Relation.NEW
    assert place_of(same) == (story_id("1"), Relation.EXACT, article_id("1"))


async def test_beyond_the_window_of_days_a_copy_is_a_story_of_its_own(archive: Archive, seen: Seen) -> None:
    async with an_intake(archive, seen) as intake:
        await bring(intake, signed("1", wire(1), days=31))
        copy = await bring(intake, signed("1", edited(wire(1)), outlet="qabas"))
    assert place_of(copy)[1] is Relation.NEW


# --------------------------------------------------------------------------- what came since the look-up


async def test_what_was_stored_since_the_look_up_is_compared_inside_the_transaction(
    archive: Archive, seen: Seen
) -> None:
    one, two = signed("1", wire(1)), signed("1", edited(wire(1)), outlet="qabas")
    async with an_intake(archive, seen) as intake:
        first, second = await intake.look_up(one), await intake.look_up(two)
        assert first is not None
        assert second is not None
        assert (first.nearest, second.nearest) == (None, None)
        await intake.store(one, first)
        stored = await intake.store(two, second)
    assert place_of(stored) == (story_id("1"), Relation.NEAR, article_id("1"))


async def test_a_nearer_text_that_came_since_goes_before_the_one_found_earlier(archive: Archive, seen: Seen) -> None:
    text = wire(1)
    far = edited(edited(edited(text, by=1), by=2), by=3)
    late = signed("1", edited(text, by=4), outlet="sahil")
    async with an_intake(archive, seen) as intake:
        await bring(intake, signed("1", far))
        looked_up = await intake.look_up(late)
        assert looked_up is not None
        assert looked_up.nearest is not None
        assert looked_up.nearest.article == article_id("1")
        await bring(intake, signed("1", text, outlet="qabas"))
        stored = await intake.store(late, looked_up)
    assert place_of(stored) == (story_id("1"), Relation.NEAR, article_id("1", "qabas"))


async def test_a_nearest_article_whose_text_changed_since_is_compared_anew(archive: Archive, seen: Seen) -> None:
    copy = signed("1", edited(wire(1)), outlet="qabas")
    async with an_intake(archive, seen) as intake:
        await bring(intake, signed("1", wire(1)))
        looked_up = await intake.look_up(copy)
        assert looked_up is not None
        assert looked_up.nearest is not None
        await bring(intake, signed("1", wire(2)))
        stored = await intake.store(copy, looked_up)
    assert place_of(stored)[1] is Relation.NEW


def test_a_nearest_article_that_redis_named_and_the_archive_does_not_have_places_nothing(archive: Archive) -> None:
    run = archive.start_run("crawl", topics=[TOPIC])
    gone = Nearest(article="a000000000000000", relation=Relation.NEAR, similarity=0.9)
    page = signed("1", wire(1))
    stored = archive.store(run, page, place=place, compare=nearest_copy, looked_up=LookedUp(mark=0, nearest=gone))
    assert place_of(stored)[1] is Relation.NEW


# ------------------------------------------------------------------------------------- with and without Redis


async def test_a_page_costs_two_round_trips_for_its_copies_beside_its_claim(
    archive: Archive, seen: Seen, redis: Redis
) -> None:
    async def calls() -> int:
        told = await redis.info("stats")
        return int(told["total_commands_processed"])

    async with an_intake(archive, seen) as intake:
        await bring(intake, signed("1", wire(1)))
        near = signed("1", edited(wire(1)), outlet="qabas")
        (entry,) = [one for one in await intake.due("qabas") if one.id == near.entry]
        assert await intake.claim(entry)
        sent = 0
        link = seen._link
        ask = link.ask

        async def counted(question, *, otherwise):  # type: ignore[no-untyped-def]
            nonlocal sent
            sent += 1
            return await ask(question, otherwise=otherwise)

        link.ask = counted  # type: ignore[method-assign]
        stored = await bring(intake, near)
        link.ask = ask  # type: ignore[method-assign]
    assert place_of(stored)[1] is Relation.NEAR
    assert sent == 2, "one look-up, one confirmation"


async def test_without_redis_the_archive_gives_the_same_places(archive: Archive, folder: Path) -> None:
    async with open_seen(redis_url=None, folder=folder) as seen, an_intake(archive, seen) as intake:
        await bring(intake, signed("1", wire(1)))
        for pid in pids_of(folder):
            os.kill(pid, signal.SIGKILL)
        near = await bring(intake, signed("1", edited(wire(1)), outlet="qabas"))
        since = await bring(intake, signed("1", edited(edited(wire(1)), by=2), outlet="sahil"))
        other = await bring(intake, signed("2", wire(2), outlet="sahil"))
        assert not seen.available
    assert place_of(near) == (story_id("1"), Relation.NEAR, article_id("1"))
    assert place_of(since)[0] == story_id("1")
    assert place_of(since)[2] == article_id("1", "qabas"), "stored while Redis was away"
    assert place_of(other)[1] is Relation.NEW


async def test_a_redis_emptied_under_way_is_noticed_by_the_next_page_and_filled_again(
    archive: Archive, seen: Seen, redis: Redis
) -> None:
    async with an_intake(archive, seen) as intake:
        await bring(intake, signed("1", wire(1)))
        await redis.flushall()
        near = await bring(intake, signed("1", edited(wire(1)), outlet="qabas"))
        assert place_of(near) == (story_id("1"), Relation.NEAR, article_id("1"))
        recovering = intake._recovering
        assert recovering is not None
        await recovering
        looked_up = await seen.look_up("none", intake_banded(signed("2", wire(1), outlet="sahil")))
        assert looked_up is not None
        assert looked_up.shares.keys() == {article_id("1"), article_id("1", "qabas")}


async def test_a_redis_that_lost_much_is_filled_beside_the_crawl(
    archive: Archive, seen: Seen, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mirqab.intake.marking._BATCH", 1)
    async with an_intake(archive, seen) as intake:
        for number, slug in enumerate(SLUGS):
            await bring(intake, signed(slug, wire(number)))
    await redis.flushall()
    async with an_intake(archive, seen, recovers=False) as intake:
        assert await intake.recover(most=2) == 2
        assert len(archive.marks.unmade()) == 2
        near = await bring(intake, signed("1", edited(wire(3)), outlet="qabas"))
        assert place_of(near) == (story_id("4"), Relation.NEAR, article_id("4")), "the archive knew"
        assert intake._recovering is not None
        await intake._recovering
        assert archive.marks.unmade() == []
        found = await seen.look_up("none", intake_banded(signed("2", edited(wire(0)), outlet="qabas")))
        assert found is not None
        assert article_id("1") in found.shares


async def test_bands_that_were_evicted_are_written_again_at_the_next_start(
    archive: Archive, seen: Seen, redis: Redis
) -> None:
    async with an_intake(archive, seen) as intake:
        for number, slug in enumerate(SLUGS):
            await bring(intake, signed(slug, wire(number)))
    gone = [key async for key in redis.scan_iter("mirqab:bands:*")]
    await redis.delete(*gone)
    assert not seen.started_empty or await redis.exists("mirqab:epoch")
    async with an_intake(archive, seen) as intake:
        near = await bring(intake, signed("1", edited(wire(0)), outlet="qabas"))
    assert place_of(near) == (story_id("1"), Relation.NEAR, article_id("1"))
    assert [key async for key in redis.scan_iter("mirqab:bands:*")] != []


async def test_a_fault_of_filling_redis_again_is_told_once_and_met_by_no_other_page(
    archive: Archive, seen: Seen, redis: Redis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with an_intake(archive, seen) as intake:
        await bring(intake, signed("1", wire(1)))
        await redis.flushall()
        monkeypatch.setattr("mirqab.intake.marking.bands", lambda *_: 1 / 0)
        for by, slug in enumerate("123", 1):
            near = await bring(intake, signed(slug, edited(wire(1), by=by), outlet="qabas"))
            assert place_of(near)[0] == story_id("1")
            assert intake._recovering is not None
            await intake._recovering
    told = [record for record in caplog.records if "cannot be made again" in record.getMessage()]
    assert len(told) == 1
    assert told[0].exc_info is not None


async def held_then(redis: Redis) -> dict[bytes, Any]:
    return {key: await redis.dump(key) async for key in redis.scan_iter("mirqab:*")}


async def put_back(redis: Redis, held: dict[bytes, Any]) -> None:
    """Let Redis hold what it held at another time: the epoch too."""
    await redis.flushall()
    for key, dumped in held.items():
        await redis.restore(key, 0, dumped)


def as_of_yesterday(archive: Archive) -> None:
    with archive._writing() as conn:
        conn.exec_driver_sql("UPDATE articles SET stored_at = datetime(stored_at, '-1 day') || '.000000'")


@pytest.mark.parametrize("stored", ["lately", "yesterday"])
async def test_marks_that_redis_lost_at_its_end_are_made_again_at_the_next_start(
    archive: Archive, seen: Seen, redis: Redis, stored: str
) -> None:
    many = [f"more{number}" for number in range(40)]
    async with an_intake(archive, seen) as intake:
        archive.admit(intake.run, snapshot(*map(item, many)), first_poll_max_age_s=WEEK_S)
        for number, slug in enumerate(many, 100):
            await bring(intake, signed(slug, wire(number)))
    held = await held_then(redis)
    async with an_intake(archive, seen) as intake:
        for number, slug in enumerate(SLUGS):
            await bring(intake, signed(slug, wire(number)))
    if stored == "yesterday":
        as_of_yesterday(archive)
    await put_back(redis, held)
    assert archive.marks.unmade() == [], "the archive was told that they are made"
    async with an_intake(archive, seen) as intake:
        near = [await bring(intake, signed(slug, edited(wire(n)), outlet="qabas")) for n, slug in enumerate(SLUGS)]
    assert [place_of(one) for one in near] == [(story_id(slug), Relation.NEAR, article_id(slug)) for slug in SLUGS]


@pytest.mark.parametrize(("most_batches", "refilled"), [(25, 0), (2, 20)])
async def test_a_redis_that_lost_many_of_the_newest_is_looked_at_further_back(
    archive: Archive, seen: Seen, redis: Redis, monkeypatch: pytest.MonkeyPatch, most_batches: int, refilled: int
) -> None:
    monkeypatch.setattr("mirqab.intake.marking._NEWEST", 3)
    monkeypatch.setattr("mirqab.intake.marking._MOST_BATCHES", most_batches)
    monkeypatch.setattr("mirqab.intake.marking._SAMPLED", 0)
    slugs = [f"more{number}" for number in range(20)]
    held: dict[bytes, Any] = {}
    async with an_intake(archive, seen) as intake:
        archive.admit(intake.run, snapshot(*map(item, slugs)), first_poll_max_age_s=WEEK_S)
        for number, slug in enumerate(slugs):
            if number == 11:
                held = await held_then(redis)
            await bring(intake, signed(slug, wire(number)))
    as_of_yesterday(archive)
    await put_back(redis, held)
    async with an_intake(archive, seen, recovers=False) as intake:
        assert await intake.recover() == refilled
    found = await seen.bands.find([intake_banded(signed("1", wire(number))) for number in range(20)])
    assert found is not None
    assert [article_id(slug) in shares for slug, shares in zip(slugs, found, strict=True)] == [True] * 20


async def test_what_redis_does_not_take_at_a_start_is_left_to_be_made(
    archive: Archive, seen: Seen, redis: Redis
) -> None:
    async with an_intake(archive, seen) as intake:
        held = await held_then(redis)
        await bring(intake, signed("1", wire(1)))
    await put_back(redis, held)
    await redis.config_set("maxmemory", 1)
    async with an_intake(archive, seen):
        assert [one.article for one in archive.marks.unmade()] == [article_id("1")]
        await redis.config_set("maxmemory", 0)


async def test_an_article_whose_bands_are_not_yet_in_redis_is_looked_at_all_the_same(
    archive: Archive, seen: Seen
) -> None:
    async with an_intake(archive, seen) as intake:
        await bring(intake, signed("1", wire(1)))
        run = archive.start_run("crawl", topics=[TOPIC])
        killed = signed("2", wire(2))  # by a crawl that was killed before its mark, this one having begun
        archive.store(run, killed, place=place, compare=nearest_copy)
        near = await bring(intake, signed("1", edited(wire(2)), outlet="qabas"))
    assert place_of(near) == (story_id("2"), Relation.NEAR, article_id("2"))


async def test_what_redis_says_was_seen_is_stored_when_the_archive_does_not_have_it(
    archive: Archive, seen: Seen
) -> None:
    page = signed("1", wire(1))
    assert page.article is not None
    async with an_intake(archive, seen) as intake:
        await seen.remember([(page.article.fingerprint, "a0123456789abcde")])
        await seen.bands.remember([("a0123456789abcde", intake_banded(page))])
        stored = await bring(intake, page)
    assert place_of(stored) == (story_id("1"), Relation.NEW, None)


def intake_banded(page: Worked):  # type: ignore[no-untyped-def]
    from mirqab.intake.looking import banded_of

    assert page.article is not None
    return banded_of(page.article)


# -------------------------------------------------------------------------------------- the archive alone


def test_the_scan_of_the_archive_knows_what_came_since_it_first_looked(archive: Archive) -> None:
    run = archive.start_run("crawl", topics=[TOPIC])
    scan = Scan(archive)

    def bring(page: Worked) -> Stored:
        assert page.article is not None
        return archive.store(run, page, place=place, compare=scan.compare, looked_up=scan.look_up(page.article))

    bring(signed("1", wire(1)))
    bring(signed("2", wire(2), days=50))
    assert place_of(bring(signed("1", edited(wire(1)), outlet="qabas")))[1] is Relation.NEAR
    assert place_of(bring(signed("2", edited(wire(2)), outlet="qabas", days=40)))[2] == article_id("2")
    assert place_of(bring(signed("3", edited(wire(2), by=2), outlet="qabas", days=5)))[1] is Relation.NEW


def test_the_scan_holds_the_days_that_it_was_asked_for_last_and_none_between(archive: Archive) -> None:
    run = archive.start_run("crawl", topics=[TOPIC])
    scan = Scan(archive, window_days=3)
    for number, (slug, days) in enumerate([("1", 0), ("2", 1000), ("3", 2000), ("4", 3000)]):
        archive.store(run, signed(slug, wire(number), days=days), place=place)

    def nearest(number: int, days: int) -> str | None:
        page = signed("1", edited(wire(number)), outlet="qabas", days=days)
        assert page.article is not None
        found = scan.look_up(page.article).nearest
        return None if found is None else found.article

    read: list[tuple[str, Any]] = []
    event.listen(archive._reader, "before_cursor_execute", lambda *told: read.append((told[2], told[3])))

    def days_read() -> int:
        spans = [asked for statement, asked in read if "signatures.day BETWEEN" in statement and asked[0] == 0]
        read.clear()
        return sum((date.fromisoformat(last) - date.fromisoformat(first)).days + 1 for _, first, last in spans)

    assert nearest(0, 2) == article_id("1")
    assert days_read() == 7
    assert nearest(0, 0) == article_id("1")
    assert days_read() == 2, "of days side by side those that are new"
    assert nearest(1, 1001) == article_id("2")
    assert days_read() == 7, "and not the years between"
    assert nearest(2, 2000) == article_id("3")
    archive.store(run, signed("2", wire(9), outlet="qabas", days=1001), place=place)
    assert nearest(9, 1000) == article_id("2", "qabas"), "what came since lies among days held before"
    assert len(scan._days) == 3 * 7
    days_read()
    assert (nearest(3, 3000), nearest(0, 0)) == (article_id("4"), article_id("1"))
    assert days_read() > 7, "those of today had been let go"
    assert len(scan._days) == 3 * 7


def test_the_look_up_of_a_page_never_reads_all_signatures(archive: Archive) -> None:
    run = archive.start_run("crawl", topics=[TOPIC])
    for number, slug in enumerate(SLUGS):
        archive.store(run, signed(slug, wire(number)), place=place, compare=nearest_copy)
    mark, unconfirmed = archive.signatures.mark(10)
    assert len(unconfirmed) == 4
    asked: list[str] = []
    event.listen(archive._writer, "before_cursor_execute", lambda *told: asked.append(told[2]))
    page = signed("1", wire(9), outlet="qabas")
    archive.store(run, page, place=place, compare=nearest_copy, looked_up=LookedUp(mark=mark))
    about = [statement for statement in asked if "FROM signatures" in statement]
    assert len(about) == 1
    with archive._reading() as conn:
        (plan,) = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {about[0]}", (mark,)).scalars("detail").all()
    assert plan == "SEARCH signatures USING INTEGER PRIMARY KEY (rowid>?)"


def test_a_page_that_is_no_article_any_more_is_nobodys_nearest(archive: Archive) -> None:
    from mirqab.archive import signatures

    run = archive.start_run("crawl", topics=[TOPIC])
    archive.store(run, signed("1", wire(1)), place=place, compare=nearest_copy)
    with archive._writing() as conn:
        signatures.void(conn, article_id("1"))
    copy = archive.store(run, signed("1", edited(wire(1)), outlet="qabas"), place=place, compare=nearest_copy)
    assert place_of(copy)[1] is Relation.NEW
    assert archive.signatures.count_unsigned(since=NOON - timedelta(days=9000)) == 0


# -------------------------------------------------------------------------------------------- real texts


async def test_real_near_copies_are_one_story_on_their_way_in_and_look_alikes_are_not(
    archive: Archive, seen: Seen, shared_data: Path
) -> None:
    def read(name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (shared_data / "dups" / name).read_text(encoding="utf-8").splitlines()]

    groups = [group["docs"] for group in read("groups.jsonl") if group["relation"] == "near_duplicate_text"]
    pairs = [(pair["a"], pair["b"]) for pair in read("different_pairs.jsonl")]
    docs = {doc["doc_id"]: doc for doc in chain(*groups, *pairs)}
    slugs = {doc_id: f"doc-{place}" for place, doc_id in enumerate(docs)}
    run = archive.start_run("crawl", topics=[TOPIC])
    archive.admit(run, snapshot(*map(item, slugs.values())), first_poll_max_age_s=WEEK_S)
    stories: dict[str, str] = {}
    async with an_intake(archive, seen) as intake:
        for doc_id, doc in docs.items():
            page = signed(slugs[doc_id], doc["text"])
            assert page.article is not None
            told = replace(page.article, headline=doc["title"] or "", outlet=str(doc["source"]))
            stored = await bring(intake, replace(page, article=told, outlet=str(doc["source"])))
            stories[doc_id] = place_of(stored)[0]
    joined = [len({stories[doc["doc_id"]] for doc in group}) for group in groups]
    assert joined == [1] * len(groups)
    assert [pair for pair in pairs if stories[pair[0]["doc_id"]] == stories[pair[1]["doc_id"]]] == []


async def test_a_crawl_that_makes_missing_signatures_says_what_joins_the_copies(
    archive: Archive, seen: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="mirqab")
    async with an_intake(archive, seen) as intake:
        await bring(intake, signed("1", wire(1)))
    assert "--stories" not in caplog.text
    with archive._writing() as conn:
        conn.exec_driver_sql("DELETE FROM signatures")
    async with an_intake(archive, seen):
        assert "1 articles got signatures; ./run reindex --stories joins" in caplog.text

"""Claims, marks and turns on a real embedded server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis

from mirqab.errors import SeenError
from mirqab.seen import Claim, Seen, open_seen
from mirqab.seen.folder import ServerFolder
from mirqab.seen.keys import host_key, lease_key, mark_life_s, mark_place
from mirqab.seen.owner import Owner, this_process
from mirqab.seen.scripts import TAKE_OVER
from tests.seen.processes import pids_of, user, wait_until


@asynccontextmanager
async def empty_server(folder: Path) -> AsyncIterator[None]:
    """Hold the embedded server, with nothing in it."""
    async with open_seen(redis_url=None, folder=folder) as holder:
        await holder._link.ask(lambda redis: redis.flushall(), otherwise=False)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder for all: the server lingers from test to test, and ends after the last."""
    place = tmp_path_factory.mktemp("redis")
    yield place
    wait_until(lambda: not pids_of(place))


@pytest.fixture
async def seen(folder: Path) -> AsyncIterator[Seen]:
    async with empty_server(folder), open_seen(redis_url=None, folder=folder) as opened:
        yield opened


@pytest.fixture
async def redis(folder: Path, seen: Seen) -> AsyncIterator[Redis]:
    """A second look at the same server."""
    client = Redis(unix_socket_path=str(ServerFolder(folder).socket), decode_responses=True)
    yield client
    await client.aclose()


async def claimed(seen: Seen, entry: str) -> Claim:
    claim = await seen.claim(entry, run="r1")
    assert claim is not None
    assert not claim.local
    return claim


async def test_an_entry_is_claimed_once(folder: Path, seen: Seen) -> None:
    claim = await claimed(seen, "e1")
    assert await seen.claim("e1", run="r1") is None
    async with open_seen(redis_url=None, folder=folder) as other:
        assert await other.claim("e1", run="r2") is None
        await seen.release(claim)
        assert await other.claim("e1", run="r2") is not None


async def test_two_tasks_of_one_process_do_not_both_get_it(seen: Seen) -> None:
    claims = await asyncio.gather(*(seen.claim("e1", run="r1") for _ in range(10)))
    assert sum(claim is not None for claim in claims) == 1


async def test_confirm_marks_the_text_and_gives_the_claim_back(seen: Seen, redis: Redis) -> None:
    claim = await claimed(seen, "e1")
    assert await seen.copy_of("5f1b") is None
    assert await seen.confirm(claim, fingerprint="5f1b", article="a1")
    assert await seen.copy_of("5f1b") == "a1"
    assert await redis.exists(lease_key("e1")) == 0
    assert await seen.claim("e1", run="r1") is not None


async def test_confirm_without_a_text_only_gives_back(seen: Seen, redis: Redis) -> None:
    claim = await claimed(seen, "e1")
    assert await seen.confirm(claim, fingerprint=None, article=None)
    assert {key async for key in redis.scan_iter("*")} == {"mirqab:schema", "mirqab:epoch"}


async def test_marks_expire(seen: Seen, redis: Redis) -> None:
    now_s = time.time()
    await seen.confirm(await claimed(seen, "e1"), fingerprint="one", article="a1")
    await seen.remember([("two", "a2")])
    for fingerprint in ("one", "two"):
        life = await redis.ttl(mark_place(fingerprint, now_s=now_s)[0])
        assert life == pytest.approx(mark_life_s(now_s), abs=60)
        assert 30 * 86_400 <= life <= 60 * 86_400


async def test_a_mark_of_the_period_before_is_found(seen: Seen, redis: Redis) -> None:
    shard, field = mark_place("5f1b", now_s=time.time(), periods_ago=1)
    await redis.hset(shard, field, "a1")
    assert await seen.copy_of("5f1b") == "a1"


async def test_remember_writes_many_marks(seen: Seen) -> None:
    marks = [(f"fingerprint {number}", f"a{number:015x}") for number in range(1203)]
    assert await seen.remember(marks) == 1203
    assert [await seen.copy_of(fingerprint) for fingerprint, _ in marks[::100]] == [a for _, a in marks[::100]]


async def test_each_step_is_one_round_trip(seen: Seen, redis: Redis) -> None:
    async def trips() -> int:
        return int((await redis.info("stats"))["total_reads_processed"]) - 1  # without this one

    await seen.confirm(await claimed(seen, "warm"), fingerprint="warm", article="a0")
    before = await trips()
    claim = await claimed(seen, "e1")
    assert await trips() - before == 2  # and the question before
    await seen.copy_of("5f1b")
    assert await trips() - before == 4
    await seen.confirm(claim, fingerprint="5f1b", article="a1")
    assert await trips() - before == 6
    await seen.host_wait_s("warm.example", 1)
    before = await trips()
    await seen.host_wait_s("akhbar.example", 1)
    assert await trips() - before == 2


async def test_a_lease_is_renewed_while_held_and_runs_out_when_not(folder: Path, redis: Redis) -> None:
    async with open_seen(redis_url=None, folder=folder, lease_s=3) as short:
        claim = await claimed(short, "e1")
        before = now = await redis.pttl(lease_key("e1"))
        async with asyncio.timeout(60):
            while now <= before:  # until it is longer again
                before = now
                await asyncio.sleep(0.02)
                now = await redis.pttl(lease_key("e1"))
        assert await redis.get(lease_key("e1")) == claim.holder
        short._held.clear()  # as if the process hung
        async with asyncio.timeout(60):
            while await redis.exists(lease_key("e1")):  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(0.02)


async def test_a_lease_that_another_took_is_not_given_back(folder: Path, seen: Seen, redis: Redis) -> None:
    stale = await claimed(seen, "e1")
    await redis.delete(lease_key("e1"))  # as if it had run out
    async with open_seen(redis_url=None, folder=folder) as other:
        fresh = await claimed(other, "e1")
        await seen.release(stale)
        await seen.confirm(replace(stale), fingerprint="5f1b", article="a1")
        assert await redis.get(lease_key("e1")) == fresh.holder
        assert await seen.copy_of("5f1b") == "a1"  # the article is stored all the same


async def test_a_lost_lease_is_counted(folder: Path, redis: Redis) -> None:
    async with open_seen(redis_url=None, folder=folder, lease_s=0.3) as slow:
        await claimed(slow, "e1")
        await redis.set(lease_key("e1"), "another crawler")
        async with asyncio.timeout(60):
            while not slow.troubles:  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.4)
        assert slow.troubles == {"lease_lost": 1}
        assert await redis.get(lease_key("e1")) == "another crawler"


async def test_a_flush_does_not_lose_what_is_held(folder: Path, redis: Redis) -> None:
    async with open_seen(redis_url=None, folder=folder, lease_s=0.6) as held:
        claim = await claimed(held, "e1")
        await redis.flushall()
        async with asyncio.timeout(60):
            while await redis.get(lease_key("e1")) is None:  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(0.02)
        assert await redis.get(lease_key("e1")) == claim.holder


async def test_a_flush_is_told_by_the_epoch(folder: Path, seen: Seen, redis: Redis) -> None:
    assert seen.started_empty
    async with open_seen(redis_url=None, folder=folder) as second:
        assert not second.started_empty
        assert second.epoch == seen.epoch
    await redis.flushall()
    async with open_seen(redis_url=None, folder=folder) as third:
        assert third.started_empty
        assert third.epoch != seen.epoch


async def test_the_end_of_a_user_gives_its_claims_back(folder: Path, seen: Seen) -> None:
    async with open_seen(redis_url=None, folder=folder) as other:
        assert await other.claim("e1", run="r2") is not None
        assert await seen.claim("e1", run="r1") is None
    assert await seen.claim("e1", run="r1") is not None


async def test_a_dead_process_is_taken_over_from_at_once(folder: Path, seen: Seen) -> None:
    with user(folder, "e1") as crawler:
        assert crawler.word() == "open True True"
        assert await seen.claim("e1", run="r1") is None  # it lives
        crawler.kill()
    claim = await seen.claim("e1", run="r1")
    assert claim is not None
    assert not claim.local


async def test_taking_over_asked_twice_is_taking_over(seen: Seen, redis: Redis) -> None:
    dead = f"{replace(this_process(), started='1')} 1 r1"
    await redis.set(lease_key("e1"), dead)
    take_over = redis.register_script(TAKE_OVER)
    assert await take_over([lease_key("e1")], [dead, "ours", 60_000]) == 1
    assert (
        await take_over([lease_key("e1")], [dead, "ours", 60_000]) == 1
    )  # a cut connection made the library ask again
    assert await take_over([lease_key("e1")], [dead, "theirs", 60_000]) == 0


async def test_a_dead_owner_holds_nothing_when_redis_fails_to_say_so(seen: Seen, redis: Redis) -> None:
    await redis.set(lease_key("e1"), f"{replace(this_process(), started='1')} 1 r1")
    await redis.execute_command("ACL", "SETUSER", "default", "-eval", "-evalsha")  # type: ignore[no-untyped-call]
    try:
        claim = await seen.claim("e1", run="r1")
    finally:
        await redis.execute_command("ACL", "SETUSER", "default", "+eval", "+evalsha")  # type: ignore[no-untyped-call]
    assert claim is not None
    assert claim.local


async def test_an_owner_elsewhere_is_never_taken_for_dead(seen: Seen, redis: Redis) -> None:
    here = this_process()
    for elsewhere in (
        replace(here, machine="another", pid=2**22),
        replace(here, boot="another", pid=2**22),
        replace(here, pids="another", pid=2**22),
    ):
        await redis.set(lease_key("e1"), f"{elsewhere} 1 r1")
        assert await seen.claim("e1", run="r1") is None


async def test_a_pid_used_again_is_no_resurrection(seen: Seen, redis: Redis) -> None:
    await redis.set(lease_key("e1"), f"{replace(this_process(), started='1')} 1 r1")
    assert await seen.claim("e1", run="r1") is not None


def test_an_owner_is_read_as_it_was_written() -> None:
    here = this_process()
    assert Owner.parse(f"{here} 7 r1") == here
    assert not here.is_dead()
    assert Owner.parse("") is None
    assert Owner.parse("five words but no pid") is None


async def test_turns_on_a_host_are_apart_among_crawlers(folder: Path, seen: Seen) -> None:
    async with open_seen(redis_url=None, folder=folder) as other:
        assert await seen.host_wait_s("akhbar.example", 2000.0) == 0
        assert await other.host_wait_s("akhbar.example", 2000.0) == pytest.approx(2000.0, abs=100)
        assert await seen.host_wait_s("akhbar.example", 3000.0) == pytest.approx(4000.0, abs=100)
        assert await seen.host_wait_s("akhbar.example", 2000.0) == pytest.approx(7000.0, abs=100)
        assert await seen.host_wait_s("nabaa.example", 2.0) == 0
        assert await seen.host_wait_s("nabaa.example", 0) == 0


async def test_a_host_that_rested_is_free(seen: Seen) -> None:
    assert await seen.host_wait_s("akhbar.example", 0.1) == 0
    await asyncio.sleep(0.15)
    assert await seen.host_wait_s("akhbar.example", 0.1) == 0


async def test_a_turn_that_a_wrong_clock_gave_away_silences_no_host(seen: Seen, redis: Redis) -> None:
    year_ms = 365 * 86_400_000
    await redis.set(host_key("akhbar.example"), round(time.time() * 1000) + year_ms)
    assert await seen.host_wait_s("akhbar.example", 2000.0) == 0
    assert await seen.host_wait_s("akhbar.example", 86_400.0) == pytest.approx(2000.0, abs=100)
    assert await seen.host_wait_s("akhbar.example", 2.0) == pytest.approx(88_400.0, abs=100), "a day is a wish"


async def test_everything_of_ours_has_our_name(seen: Seen, redis: Redis) -> None:
    await seen.confirm(await claimed(seen, "e1"), fingerprint="5f1b", article="a1")
    await claimed(seen, "e2")
    await seen.host_wait_s("akhbar.example", 2)
    assert all([key.startswith("mirqab:") async for key in redis.scan_iter("*")])


async def test_another_schema_is_refused(folder: Path, seen: Seen, redis: Redis) -> None:
    await redis.set("mirqab:schema", "999")
    with pytest.raises(SeenError, match="another version of Mirqab"):
        async with open_seen(redis_url=None, folder=folder):
            pass
    await redis.delete("mirqab:schema")


async def test_status_says_how_it_stands(seen: Seen) -> None:
    await claimed(seen, "e1")
    status = await seen.status()
    assert status["available"] is True
    assert status["held"] == 1
    assert status["engine"].startswith("valkey 9")
    assert status["troubles"] == {}

"""Bands on a real embedded server: found within the window, many articles to a band, removed when private."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from mirqab.seen import Banded, Bands, open_private_bands
from mirqab.seen.folder import ServerFolder
from mirqab.seen.link import Link, open_link
from tests.seen.processes import pids_of, running, wait_until

DAY = datetime.now(UTC).date()
ONE, TWO, THREE = b"\0\1\2\3\4", b"\xff\xfe\0\x80\0", b"seven"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder for all: the server lingers from test to test, and ends after the last."""
    place = tmp_path_factory.mktemp("redis")
    yield place
    wait_until(lambda: not pids_of(place))


@pytest.fixture
async def link(folder: Path) -> AsyncIterator[Link]:
    async with open_link(redis_url=None, folder=folder) as opened:
        await opened.ask(lambda redis: redis.flushall(), otherwise=False)
        yield opened


@pytest.fixture
async def redis(folder: Path, link: Link) -> AsyncIterator[Redis]:
    """A second look at the same server."""
    client = Redis(unix_socket_path=str(ServerFolder(folder).socket))
    yield client
    await client.aclose()


def banded(*bands: bytes, day: date = DAY) -> Banded:
    return Banded(bands=bands, day=day)


async def strings(redis: Redis, pattern: str = "mirqab:bands:*:*") -> list[bytes]:
    """Return the keys of the strings that hold bands."""
    return [key async for key in redis.scan_iter(pattern) if not key.endswith(b":bits")]


def name(number: int) -> str:
    return f"a{number:015x}"


async def test_articles_that_share_bands_are_found_with_how_many(link: Link) -> None:
    bands = Bands(link)
    written = [(name(1), banded(ONE, TWO)), (name(2**60 - 1), banded(TWO)), (name(3), banded(THREE))]
    assert await bands.remember(written) == 3
    assert await bands.find([banded(ONE, TWO), banded(b"eight")]) == [
        Counter({name(1): 2, name(2**60 - 1): 1}),
        Counter(),
    ]
    assert await bands.remember(written) == 3, "to write again changes nothing"
    assert await bands.find([banded(ONE, TWO)]) == [Counter({name(1): 2, name(2**60 - 1): 1})]


async def test_a_band_holds_many_articles_and_not_endlessly_many(link: Link, redis: Redis) -> None:
    bands = Bands(link)
    for number in range(80):
        assert await bands.remember([(name(number), banded(ONE))]) == 1
    (found,) = await bands.find([banded(ONE)]) or []
    assert found == Counter(name(number) for number in range(64))
    (key,) = await strings(redis)
    assert await redis.strlen(key) == 64 * 11


async def test_the_window_lies_on_both_sides_of_a_day(link: Link) -> None:
    bands = Bands(link, window_days=10)
    for days in (-40, -10, 0, 10, 40):
        await bands.remember([(name(100 + days), banded(ONE, day=DAY + timedelta(days)))])
    (found,) = await bands.find([banded(ONE)]) or []
    assert {name(90), name(100), name(110)} <= set(found), "what is within is found"
    assert not {name(60), name(140)} & set(found), "what is beyond the neighbouring periods is not"


@pytest.mark.parametrize("window_days", [1, 30, 365])
async def test_what_is_written_today_is_kept_for_one_to_two_windows(link: Link, redis: Redis, window_days: int) -> None:
    await Bands(link, window_days=window_days).remember([(name(1), banded(ONE))])
    (key,) = await strings(redis)
    assert window_days * 86_400 - 60 <= await redis.ttl(key) <= (2 * window_days + 1) * 86_400


async def test_a_day_long_past_is_kept_for_a_day(link: Link, redis: Redis) -> None:
    bands = Bands(link)
    await bands.remember([(name(1), banded(ONE, day=date(1969, 7, 20)))])
    (key,) = await strings(redis)
    assert 86_000 < await redis.ttl(key) <= 86_400
    assert await bands.find([banded(ONE, day=date(1969, 7, 21))]) == [Counter([name(1)])]


async def test_many_texts_are_one_call_for_each_hundred(link: Link, redis: Redis) -> None:
    bands = Bands(link)
    await bands.remember([(name(0), banded(ONE))])
    await bands.find([banded(ONE)])
    await redis.config_resetstat()
    texts = [banded(number.to_bytes(5, "big")) for number in range(150)]
    await bands.remember([(name(number), text) for number, text in enumerate(texts)])
    assert await bands.find(texts) == [Counter([name(number)]) for number in range(150)]
    assert (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"] == 4


async def test_private_bands_are_apart_and_leave_nothing_behind(folder: Path, link: Link, redis: Redis) -> None:
    everybodys = Bands(link)
    await everybodys.remember([(name(1), banded(ONE))])
    async with open_private_bands(redis_url=None, folder=folder, window_days=30) as mine:
        assert await mine.find([banded(ONE)]) == [Counter()]
        for first in range(0, 3000, 100):
            texts = [(name(number), banded(number.to_bytes(5, "little"))) for number in range(first, first + 100)]
            assert await mine.remember(texts) == 100
        keys = [key async for key in redis.scan_iter("mirqab:private:*")]
        assert len(keys) > 500
        assert 0 < await redis.ttl(keys[0]) <= 86_400, "a killed command's are gone after a day"
        assert await everybodys.find([banded(ONE)]) == [Counter([name(1)])]
    assert [key async for key in redis.scan_iter("mirqab:private:*")] == []
    assert await everybodys.find([banded(ONE)]) == [Counter([name(1)])]


async def test_without_redis_nothing_is_known_and_nothing_raised(tmp_path: Path) -> None:
    async with open_link(redis_url=f"unix://{tmp_path}/nobody.sock", folder=tmp_path) as away:
        bands = Bands(away)
        assert not bands.available
        assert await bands.find([banded(ONE)]) is None
        assert await bands.remember([(name(1), banded(ONE))]) == 0


@pytest.mark.usefixtures("bounded_calls")
async def test_a_frozen_server_is_no_answer(folder: Path, link: Link) -> None:
    bands = Bands(link)
    await bands.remember([(name(1), banded(ONE))])
    server = running(folder).pid
    os.kill(server, signal.SIGSTOP)
    try:
        assert await bands.find([banded(ONE)]) is None
    finally:
        os.kill(server, signal.SIGCONT)
    assert await bands.find([banded(ONE)]) == [Counter([name(1)])]


async def test_to_write_again_prolongs_only_what_is_private(folder: Path, link: Link, redis: Redis) -> None:
    async with open_private_bands(redis_url=None, folder=folder, window_days=30) as mine:
        for bands, pattern in ((Bands(link), "mirqab:bands:*:*"), (mine, "mirqab:private:*:bands:*:*")):
            await bands.remember([(name(1), banded(ONE))])
            (key,) = await strings(redis, pattern)
            await redis.expire(key, 600)
            await bands.remember([(name(2), banded(ONE))])
            assert (await redis.ttl(key) > 600) is (bands is mine)


async def test_bands_that_lie_together_are_told_apart(link: Link) -> None:
    bands = Bands(link)
    together = [b"\0\1" + bytes(name) for name in ((1, 1, 1), (1, 1, 2), (2, 1, 1), (0, 0, 0), (0, 0, 1))]
    await bands.remember(
        [(name(1), banded(*together[:4])), (name(2), banded(together[1])), (name(3), banded(*together))]
    )
    assert await bands.find([banded(*together)]) == [Counter({name(1): 4, name(2): 1, name(3): 5})]
    assert await bands.find([banded(band) for band in together[1:3]]) == [
        Counter([name(1), name(2), name(3)]),
        Counter([name(1), name(3)]),
    ]


async def test_a_name_is_not_read_out_of_the_articles_beside_it(link: Link) -> None:
    """An article's bytes can look like the name of a band, across two articles too."""
    bands = Bands(link)
    await bands.remember([(name(0), banded(b"\0\1\0\0\0")), (name(2**60 - 1), banded(b"\0\1\1\0\0"))])
    for band in (b"\0\1\0\0\1", b"\0\1\x0f\xff\xff", b"\0\1\xff\xff\xff", b"\0\1\0\1\0"):
        assert await bands.find([banded(band)]) == [Counter()]


async def test_bands_are_found_when_the_bits_of_their_period_were_lost(link: Link, redis: Redis) -> None:
    """A full Redis may throw any key away; made anew, the bits would hide all that was written before."""
    bands = Bands(link)
    await bands.remember([(name(1), banded(ONE))])
    (bits,) = [key async for key in redis.scan_iter("mirqab:bands:*:bits")]
    await redis.delete(bits)
    assert await bands.find([banded(ONE, TWO)]) == [Counter([name(1)])]
    await bands.remember([(name(1), banded(ONE)), (name(2), banded(ONE, TWO))])
    assert not await redis.exists(bits)
    assert await bands.find([banded(ONE, TWO)]) == [Counter({name(1): 1, name(2): 2})]
    held = sorted([await redis.strlen(key) for key in await strings(redis)])
    assert held == [11, 2 * 11], "written twice, held once"


async def test_bands_are_found_when_the_mark_of_their_period_was_lost(link: Link, redis: Redis) -> None:
    bands = Bands(link)
    await bands.remember([(name(1), banded(ONE))])
    (mark,) = [key async for key in redis.scan_iter("mirqab:bands:*") if key.count(b":") == 2]
    await redis.delete(mark)
    assert await bands.find([banded(ONE)]) == [Counter([name(1)])]
    await bands.remember([(name(2), banded(ONE))])
    assert await redis.exists(mark)
    assert await bands.find([banded(ONE)]) == [Counter([name(1), name(2)])]


async def test_only_days_within_the_window_have_bits(folder: Path, link: Link, redis: Redis) -> None:
    """Dates of long ago are of any number of periods, and the bits of each would take four megabytes."""
    for days in range(100, 4000, 100):
        await Bands(link).remember([(name(days), banded(ONE, day=DAY - timedelta(days)))])
    async with open_private_bands(redis_url=None, folder=folder, window_days=30) as mine:
        await mine.remember([(name(1), banded(ONE))])
        assert [key async for key in redis.scan_iter("*:bits")] == []
    await Bands(link).remember([(name(1), banded(ONE))])
    (bits,) = [key async for key in redis.scan_iter("*:bits")]
    assert await redis.strlen(bits) == 4 << 20
    assert await redis.ttl(bits) >= 30 * 86_400 - 60


async def test_a_band_that_shares_its_bit_is_not_taken_for_another(link: Link, redis: Redis) -> None:
    bands = Bands(link)
    await bands.remember([(name(1), banded(b"\1\2\3\4\5"))])
    assert await bands.find([banded(b"\1\2\3\4\6"), banded(b"\1\2\3\x84\5")]) == [Counter(), Counter()]
    await bands.remember([(name(2), banded(b"\1\2\3\4\6"))])
    assert await bands.find([banded(b"\1\2\3\4\6", b"\1\2\3\4\5")]) == [Counter([name(1), name(2)])]

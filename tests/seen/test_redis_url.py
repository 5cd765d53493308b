"""A Redis that the user names, and everything that it can do wrong: refused, away, frozen, full, killed."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from mirqab.errors import SeenError
from mirqab.seen import Seen, open_seen
from mirqab.seen.breaker import OPENS_AFTER, Breaker
from mirqab.seen.link import Link, ServerReport
from mirqab.seen.programs import find_server
from tests.seen.processes import pids_of, wait_until


class PlainServer:
    """A server on a private socket, as a user would have started it."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.socket = folder / "plain.sock"
        self.url = f"unix://{self.socket}"
        self._flags = flags
        self._folder = folder
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [
                find_server(),
                "--port",
                "0",
                "--unixsocket",
                self.socket,
                "--dir",
                self._folder,
                "--save",
                "",
                *self._flags,
            ],
            stdout=subprocess.DEVNULL,
        )
        wait_until(self.socket.exists)

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._process.pid, number)
        if number == signal.SIGKILL:
            self._process.wait()
            self.socket.unlink(missing_ok=True)

    async def set(self, *command: str) -> None:
        client = Redis(unix_socket_path=str(self.socket))
        assert int((await client.info("server"))["process_id"]) == self._process.pid  # ours, before the first write
        await client.execute_command(*command)  # type: ignore[no-untyped-call]
        await client.aclose()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Callable[..., PlainServer]]:
    started: list[PlainServer] = []

    def start(*flags: str, name: str = "plain") -> PlainServer:
        folder = tmp_path / name
        folder.mkdir()
        started.append(PlainServer(folder, *flags))
        return started[-1]

    yield start
    for server in started:
        server.end()


@asynccontextmanager
async def opened(server: PlainServer) -> AsyncIterator[Seen]:
    async with open_seen(redis_url=server.url, folder=Path("/nowhere")) as seen:
        yield seen


async def timed(seen: Seen, calls: int = 50) -> float:
    """Crawl as if Redis did not matter, and say how long it took."""
    started = time.monotonic()
    for number in range(calls):
        claim = await seen.claim(f"e{number}", run="r1")
        assert claim is not None
        assert await seen.copy_of("5f1b") is None
        assert await seen.host_wait_s("akhbar.example", 2) == 0
        await seen.confirm(claim, fingerprint="5f1b", article="a1")
    return time.monotonic() - started


async def test_the_named_redis_is_used(plain: Callable[..., PlainServer], tmp_path: Path) -> None:
    server = plain()
    async with open_seen(redis_url=server.url, folder=tmp_path / "redis") as seen:
        claim = await seen.claim("e1", run="r1")
        assert claim is not None
        assert not claim.local
        assert (await seen.status())["where"] == str(server.socket)
    assert not (tmp_path / "redis").exists()  # none of our own was started


# ------------------------------------------------------------------------------------------- refused


async def test_a_replica_is_refused(plain: Callable[..., PlainServer]) -> None:
    server = plain("--replicaof", "127.0.0.1", "1")
    with pytest.raises(SeenError, match="read-only replica; name its primary"):
        async with opened(server):
            pass


async def test_a_wrong_password_is_refused_and_not_repeated(plain: Callable[..., PlainServer]) -> None:
    server = plain("--requirepass", "right")
    with pytest.raises(SeenError, match="does not let us in") as caught:
        async with open_seen(redis_url=f"unix://:s3cret@{server.socket}", folder=Path("/nowhere")):
            pass
    assert "s3cret" not in str(caught.value)
    async with open_seen(redis_url=f"unix://:right@{server.socket}", folder=Path("/nowhere")) as seen:
        assert seen.available


@pytest.mark.parametrize("url", ["http://:s3cret@localhost/", "redis://:s3cret@localhost:port/0", "s3cret"])
async def test_a_bad_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SeenError, match=r"redis\.url") as caught:
        async with open_seen(redis_url=url, folder=Path("/nowhere")):
            pass
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_what_is_no_redis_is_refused(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_unix_server(answer, tmp_path / "web.sock"):
        with pytest.raises(SeenError, match="is no Redis that we can use"):
            async with open_seen(redis_url=f"unix://{tmp_path / 'web.sock'}", folder=Path("/nowhere")):
                pass


def test_an_old_engine_is_refused() -> None:
    link = Link(Redis(), where="somewhere")
    report = {"engine": "redis 6.2.14", "pid": 1, "role": "master", "clustered": False, "evicts": False}
    with pytest.raises(SeenError, match=r"is redis 6\.2\.14; Mirqab needs 7\.0"):
        link._refuse(ServerReport(redis_version="6.2.14", **report))  # type: ignore[arg-type]
    link._refuse(ServerReport(redis_version="7.0.15", **report))  # type: ignore[arg-type]


async def test_a_redis_that_evicts_is_warned_of(
    plain: Callable[..., PlainServer], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "mirqab.seen"):
        async with opened(plain("--maxmemory", "50mb", "--maxmemory-policy", "noeviction", name="safe")):
            assert not caplog.messages
        async with opened(plain("--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru", name="unsafe")):
            assert "set maxmemory-policy noeviction" in caplog.text


# ---------------------------------------------------------------------------------------------- away


async def test_down_at_the_start_and_there_later(plain: Callable[..., PlainServer]) -> None:
    server = plain()
    server.signal(signal.SIGKILL)
    async with opened(server) as seen:
        assert not seen.available
        assert await timed(seen) < 20, "nobody waits for it"
        claim = await seen.claim("held", run="r1")
        assert claim is not None
        assert claim.local
        server.start()
        await until(lambda: seen.available)
        assert seen.started_empty
        await seen.confirm(claim, fingerprint="5f1b", article="a1")
        assert await seen.copy_of("5f1b") == "a1"
        assert seen.troubles["came_back"] == 1


@pytest.mark.usefixtures("bounded_calls")
async def test_frozen_it_costs_a_few_seconds_a_run(plain: Callable[..., PlainServer]) -> None:
    server = plain()
    async with opened(server) as seen:
        server.signal(signal.SIGSTOP)
        claim = await seen.claim("first", run="r1")
        assert claim is not None
        assert claim.local
        assert await timed(seen) < 30, "or each of the 200 calls would cost a second"
        assert not seen.available
        assert seen.troubles["timed_out"] == OPENS_AFTER
        server.signal(signal.SIGCONT)
        await until(lambda: seen.available)
        await seen.release(claim)
        taken = await seen.claim("second", run="r1")
        assert taken is not None
        assert not taken.local


@pytest.mark.usefixtures("bounded_calls")
async def test_frozen_it_holds_up_many_at_once_only_once(plain: Callable[..., PlainServer]) -> None:
    server = plain()
    async with opened(server) as seen:
        server.signal(signal.SIGSTOP)
        first = time.monotonic()
        assert all(await asyncio.gather(*(seen.claim(f"e{number}", run="r1") for number in range(16))))
        assert time.monotonic() - first < 10, "or the sixteen would cost a second each"
        server.signal(signal.SIGCONT)


@pytest.mark.usefixtures("bounded_calls")
async def test_frozen_at_the_start_it_is_done_without(plain: Callable[..., PlainServer]) -> None:
    server = plain()
    server.signal(signal.SIGSTOP)
    first = time.monotonic()
    async with opened(server) as seen:
        assert not seen.available
        await timed(seen)
    assert time.monotonic() - first < 30, "or each of the 200 calls would cost a second"


async def test_killed_and_restarted_in_mid_run(plain: Callable[..., PlainServer]) -> None:
    server = plain()
    async with opened(server) as seen:
        held = await seen.claim("held", run="r1")
        assert held is not None
        epoch = seen.epoch
        server.signal(signal.SIGKILL)
        assert await timed(seen) < 20
        server.start()
        await until(lambda: seen.available)
        assert seen.epoch != epoch  # it lost everything, and that can be told
        assert seen.started_empty
        assert await seen.claim("other", run="r1") is not None


async def test_full_it_reads_on_and_loses_no_time(plain: Callable[..., PlainServer]) -> None:
    server = plain("--maxmemory-policy", "noeviction")
    async with opened(server) as seen:
        await seen.remember([("5f1b", "a1")])
        held = await seen.claim("held", run="r1")
        assert held is not None
        await server.set("CONFIG", "SET", "maxmemory", "1")
        claim = await seen.claim("e1", run="r1")
        assert claim is not None
        assert claim.local
        assert await seen.copy_of("5f1b") == "a1"
        assert await seen.host_wait_s("akhbar.example", 2) == 0
        assert not await seen.confirm(held, fingerprint="77aa", article="a2")
        assert seen.available
        assert set(seen.troubles) == {"out_of_memory"}
        async with opened(server) as late:
            assert late.available
            assert await late.copy_of("5f1b") == "a1"
        await server.set("CONFIG", "SET", "maxmemory", "0")
        # the lease went although there was no room for the mark
        again = await seen.claim("held", run="r1")
        assert again is not None
        assert not again.local
        assert await seen.remember([("77aa", "a2")]) == 1


async def test_evicted_it_knows_nothing_and_says_so_by_its_epoch(plain: Callable[..., PlainServer]) -> None:
    server = plain()
    async with opened(server) as seen:
        await seen.remember([("5f1b", "a1")])
        await server.set("FLUSHALL")
        assert await seen.copy_of("5f1b") is None
        assert await seen.claim("e1", run="r1") is not None
    async with opened(server) as seen:
        assert seen.started_empty


async def test_turned_into_a_replica_in_mid_run(plain: Callable[..., PlainServer]) -> None:
    server = plain()
    async with opened(server) as seen:
        await server.set("REPLICAOF", "127.0.0.1", "1")
        claim = await seen.claim("e1", run="r1")
        assert claim is not None
        assert claim.local
        await seen.confirm(claim, fingerprint="5f1b", article="a1")
        assert seen.troubles["read_only"] >= 1


def test_the_breaker_opens_and_closes() -> None:
    breaker = Breaker()
    assert not breaker.failed()
    breaker.succeeded()
    assert not breaker.failed()
    assert breaker.failed()
    assert breaker.is_open
    assert not breaker.failed()  # it is open already
    breaker.succeeded()
    assert not breaker.is_open


async def until(true: Callable[[], bool], *, within_s: float = 60.0) -> None:
    give_up_at = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < give_up_at
        await asyncio.sleep(0.02)


def test_no_server_is_left(tmp_path: Path) -> None:
    assert not pids_of(tmp_path.parent)

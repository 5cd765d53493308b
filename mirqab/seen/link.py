"""The connection to Redis: opened, checked, and asked in a way that a dead server cannot hold up a crawl."""

from __future__ import annotations

import asyncio
import itertools
import logging
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from redis import exceptions as refusals
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from mirqab.errors import SeenError
from mirqab.seen.background import Background
from mirqab.seen.breaker import PROBES_S, Breaker
from mirqab.seen.keys import EPOCH_KEY, SCHEMA, SCHEMA_KEY

_log = logging.getLogger(__name__)

T = TypeVar("T")

SOCKET_S = 1.0
CALL_S = 1.5
"""The most that one question may cost: a time-out is not tried again, a cut connection is, once."""

OLDEST_ENGINE = 7
"""Redis 6 opens our append-only file silently empty, and knows no SET NX GET and no EXPIRE NX."""

_AWAY = (refusals.ConnectionError, refusals.TimeoutError, TimeoutError, OSError)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerReport:
    """What a server says of itself."""

    engine: str
    pid: int
    role: str
    clustered: bool
    redis_version: str
    evicts: bool  # it throws keys away when it is full


class Link:
    """One Redis, asked with a bound on time. `troubles` counts what went wrong, by name."""

    def __init__(self, client: Redis, *, where: str, rejoin: Callable[[Link], Awaitable[None]] | None = None) -> None:
        self._client = client
        self._breaker = Breaker()
        self._rejoin = rejoin
        self._probing = Background()
        self.where = where
        self.engine = ""
        self.epoch: str | None = None
        self.started_empty = False
        self.troubles: Counter[str] = Counter()

    @property
    def available(self) -> bool:
        """False while Redis does not answer and is not asked."""
        return not self._breaker.is_open

    async def ask(self, question: Callable[[Redis], Awaitable[T]], *, otherwise: T) -> T:
        """Return the answer to a question, or `otherwise` when there is none; never raises for Redis' sake."""
        if self._breaker.is_open:
            self.troubles["not_asked"] += 1
            return otherwise
        try:
            async with asyncio.timeout(CALL_S):
                answer = await question(self._client)
        except _AWAY as error:
            self._note(error)
            if self._breaker.failed():
                _log.warning("Redis does not answer, going on without it: %s (%s)", self.where, _plain(error))
                self._probing.start(self._ask_until_it_answers)
        except refusals.RedisError as error:
            # an error that is answered at once costs no time, so it does not open the breaker
            self._note(error)
        else:
            self._breaker.succeeded()
            return answer
        return otherwise

    def away(self, error: BaseException) -> None:
        """Go on without Redis from the beginning, and ask again in the background."""
        self._note(error)
        self._breaker.trip()
        _log.warning("Redis does not answer, starting without it: %s (%s)", self.where, _plain(error))
        self._probing.start(self._ask_until_it_answers)

    async def report(self) -> ServerReport:
        """Ask the server what it is; raises what redis-py raises."""
        async with asyncio.timeout(CALL_S):
            told: dict[str, Any] = await self._client.info()
        name = str(told.get("server_name", "redis"))
        return ServerReport(
            engine=f"{name} {told.get(f'{name}_version', told.get('redis_version', '?'))}",
            pid=int(told["process_id"]),
            role=str(told.get("role", "master")),
            clustered=told.get("redis_mode") == "cluster",
            redis_version=str(told["redis_version"]),
            evicts=bool(told.get("maxmemory")) and told.get("maxmemory_policy") != "noeviction",
        )

    async def check(self, *, pid: int | None = None) -> None:
        """Make sure that we can use this server, and name the epoch of what lies in it.

        With `pid`, nothing is written to any other process's server. Raises SeenError in plain words for what a
        person must put right, ConnectionError for the wrong process, and redis-py's own errors for a server that is
        away.
        """
        try:
            report = await self.report()
        except (refusals.RedisError, OSError, KeyError, ValueError) as error:
            match _cause(error):
                case refusals.AuthenticationError() | refusals.NoPermissionError() as refused:
                    raise SeenError(f"Redis at {self.where} does not let us in: {refused}") from error
                case cause if isinstance(cause, _AWAY):
                    raise
                case cause:
                    raise SeenError(f"{self.where} is no Redis that we can use: {_plain(cause)}") from error
        if pid is not None and report.pid != pid:
            raise ConnectionError(f"process {report.pid} answers at {self.where}, not {pid}")
        self._refuse(report)
        self.engine = report.engine
        await self.name_epoch()

    def _refuse(self, report: ServerReport) -> None:
        if int(report.redis_version.partition(".")[0]) < OLDEST_ENGINE:
            raise SeenError(f"Redis at {self.where} is {report.engine}; Mirqab needs {OLDEST_ENGINE}.0 or newer")
        if report.role != "master":
            raise SeenError(f"Redis at {self.where} is a read-only replica; name its primary in redis.url")
        if report.clustered:
            raise SeenError(f"Redis at {self.where} is a cluster; Mirqab needs a single server")
        if report.evicts:
            _log.warning("Redis at %s throws keys away when it is full: set maxmemory-policy noeviction", self.where)

    async def name_epoch(self) -> None:
        """Name this filling of the server, or learn its name; raises redis-py's errors, SeenError for a strange one."""
        fresh = uuid.uuid4().hex
        pipeline = self._client.pipeline(transaction=False)
        pipeline.set(SCHEMA_KEY, SCHEMA, nx=True, get=True)
        pipeline.set(EPOCH_KEY, fresh, nx=True, get=True)
        try:
            async with asyncio.timeout(CALL_S):
                schema, epoch = await pipeline.execute()
        except refusals.ResponseError as error:  # too full, most of all: what is there can still be read
            self._note(error)
            return
        if schema not in (None, SCHEMA):
            raise SeenError(
                f"Redis at {self.where} was written by another version of Mirqab (schema {schema}, this one knows "
                f"{SCHEMA}); use another database number, or empty this one"
            )
        self.started_empty = epoch is None
        self.epoch = epoch or fresh

    async def close(self) -> None:
        """Stop probing and close every connection."""
        await self._probing.end()
        with suppress(refusals.RedisError, OSError, TimeoutError):
            async with asyncio.timeout(CALL_S):
                await self._client.aclose()

    def _note(self, error: BaseException) -> None:
        name = _trouble(error)
        self.troubles[name] += 1
        if self.troubles[name] == 1:
            _log.warning("trouble with Redis at %s: %s (%s)", self.where, name, _plain(error))

    async def _ask_until_it_answers(self) -> None:
        """Close the breaker when the server is there again; callers lose no time meanwhile."""
        waits_s = itertools.chain(PROBES_S, itertools.repeat(PROBES_S[-1]))
        while await self._probing.sleep(next(waits_s)):
            try:
                if self._rejoin is not None:
                    await self._rejoin(self)
                else:
                    await self.check()
            except _AWAY:
                continue
            except SeenError as error:
                self.troubles["unusable"] += 1
                _log.warning("still without Redis: %s", error)
                continue
            self._breaker.succeeded()
            self.troubles["came_back"] += 1
            _log.info("Redis answers again: %s", self.where)
            return


def _cause(error: Exception) -> BaseException:
    """Return what went wrong: redis-py wraps all that a server answers to the greeting in a ConnectionError."""
    if type(error) is refusals.ConnectionError and isinstance(error.__cause__, refusals.RedisError):
        return error.__cause__
    return error


def _trouble(error: BaseException) -> str:
    match error:
        case refusals.TimeoutError() | TimeoutError():
            return "timed_out"
        case refusals.ConnectionError() | OSError():
            return "connection"
        case refusals.OutOfMemoryError():
            return "out_of_memory"
        case refusals.ReadOnlyError():
            return "read_only"
        case _:
            return "refused"


def _plain(error: BaseException) -> str:
    return str(error) or type(error).__name__


_OPTIONS: dict[str, Any] = {
    "socket_timeout": SOCKET_S,
    "socket_connect_timeout": SOCKET_S,
    "protocol": 3,
    "decode_responses": True,
}


def _retry() -> Retry:
    """The library's own default is ten tries: 59 s for one call to a frozen server."""
    return Retry(NoBackoff(), 1, supported_errors=(refusals.ConnectionError,))


def _client_of_url(url: str) -> tuple[Redis, str]:
    """Return a client, and the address without user, password and query, fit to be shown."""
    try:
        client = Redis.from_url(url, retry=_retry(), **_OPTIONS)
    except ValueError:
        # not `from error`: its text may quote the address, and with it the password
        raise SeenError("redis.url is no address of a Redis: redis://HOST:PORT/0, rediss://… or unix://…") from None
    where: dict[str, Any] = client.connection_pool.connection_kwargs
    if "path" in where:
        return client, str(where["path"])
    return client, f"{where.get('host', 'localhost')}:{where.get('port', 6379)}/{where.get('db', 0)}"


@asynccontextmanager
async def open_link(*, redis_url: str | None, folder: Path) -> AsyncIterator[Link]:
    """Open the Redis of the address, or the embedded one of the folder; see `mirqab.seen.open_seen`."""
    if redis_url is not None:
        client, where = _client_of_url(redis_url)
        link = Link(client, where=where)
        try:
            try:
                await link.check()
            except _AWAY as error:
                link.away(error)
            yield link
        finally:
            await link.close()
        return

    from mirqab.seen.server import EmbeddedServer

    async with EmbeddedServer(folder) as server:
        link = Link(
            Redis(unix_socket_path=str(server.socket), retry=_retry(), **_OPTIONS),
            where=str(server.socket),
            rejoin=server.rejoin,
        )
        try:
            try:
                await server.attach(link)
            except _AWAY as error:
                link.away(error)
            yield link
        finally:
            await link.close()

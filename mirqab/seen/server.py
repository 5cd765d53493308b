"""The embedded server as its users see it: attach to the one that runs, or start it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Final, Self

import mirqab
from mirqab.errors import SeenError
from mirqab.seen.folder import ServerFolder
from mirqab.seen.locks import is_locked, try_lock, unlock
from mirqab.seen.programs import find_server

if TYPE_CHECKING:
    from mirqab.seen.link import Link

_log = logging.getLogger(__name__)

START_S: Final = 30.0
"""The most that a start may take; a large append-only file is read at about 100 MB a second."""

_POLL_S: Final = 0.02
_MOST_REVIVALS: Final = 5


class EmbeddedServer:
    """One user of the embedded server. While it is entered, the server is not taken away."""

    def __init__(self, folder: Path) -> None:
        self._folder = ServerFolder(folder.absolute())
        self._users: IO[bytes] | None = None
        self._revivals = 0

    @property
    def socket(self) -> Path:
        """Where the server listens."""
        return self._folder.socket

    async def __aenter__(self) -> Self:
        """Become a user; waits while a supervisor is putting the server away."""
        self._folder.make()
        users = self._folder.open_lock(self._folder.users_lock)
        give_up_at = time.monotonic() + START_S
        try:
            while not try_lock(users, shared=True):
                if time.monotonic() > give_up_at:
                    raise SeenError(f"the embedded Redis of {self._folder.path} does not end; see supervisor.log there")
                await asyncio.sleep(_POLL_S)
        except BaseException:
            users.close()
            raise
        self._users = users
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Be a user no more; the supervisor ends the server when nobody is."""
        if self._users is not None:
            unlock(self._users)
            self._users.close()
            self._users = None

    async def attach(self, link: Link) -> None:
        """Make sure that the server of this folder answers on `link`, and that it is the supervisor's own child.

        Raises SeenError when no server can be started; a time-out of redis-py when one runs but is frozen.
        """
        from redis.exceptions import ConnectionError as NotConnected

        give_up_at = time.monotonic() + START_S
        while True:
            running = self._folder.read_running()
            if running is not None and self._is_supervised():
                # another pid is a former server on its way out, or none of ours: never write to it
                with suppress(NotConnected, ConnectionError, FileNotFoundError):
                    await link.check(pid=running.pid)
                    return
            elif not self._is_supervised():
                await self._start()
                continue
            if time.monotonic() > give_up_at:
                raise SeenError(f"the embedded Redis of {self._folder.path} does not start{self._tail()}")
            await asyncio.sleep(_POLL_S)

    async def rejoin(self, link: Link) -> None:
        """Look once whether the server is there again, starting a supervisor when ours was killed.

        Raises what `attach` raises, and ConnectionError when the server is still away.
        """
        if not self._is_supervised() and self._revivals < _MOST_REVIVALS:
            self._revivals += 1
            await self._start()
        running = self._folder.read_running()
        if running is None:
            raise ConnectionError("the embedded Redis is not there yet")
        await link.check(pid=running.pid)

    def _is_supervised(self) -> bool:
        with self._folder.open_lock(self._folder.supervisor_lock) as file:
            return is_locked(file)

    async def _start(self) -> None:
        """Start a supervisor and wait for its word: the server answers, or another supervisor was faster."""
        program = find_server()
        read_end, write_end = os.pipe()
        try:
            await asyncio.to_thread(self._spawn, program, write_end)
        finally:
            os.close(write_end)
        try:
            word = await asyncio.wait_for(_read_line(read_end), START_S)
        except TimeoutError:
            raise SeenError(f"the embedded Redis of {self._folder.path} does not start{self._tail()}") from None
        if not word:
            raise SeenError(f"the supervisor of the embedded Redis ended at once{self._tail()}")
        told = json.loads(word)
        if "failed" in told:
            raise SeenError(f"the embedded Redis does not start: {told['failed']}")
        if told.get("set_aside"):
            _log.warning(
                "the append-only file of the embedded Redis was damaged; it lies at %s, and Redis started empty: "
                "nothing is lost, the archive is the truth",
                told["set_aside"],
            )

    def _spawn(self, program: Path, pipe: int) -> None:
        """Start the supervisor, which goes on in a child of its own, so that it is nobody's zombie."""
        root = str(Path(mirqab.__file__).parents[1])
        with self._folder.supervisor_log.open("ab") as log:
            subprocess.run(
                [sys.executable, "-P", "-m", "mirqab.seen.supervisor", self._folder.path, program, str(pipe)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder.path,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([root, *_former_path()])},
                start_new_session=True,  # Ctrl-C in a crawl is not meant for the server
                pass_fds=(pipe,),
                check=False,  # it says on the pipe how it went
            )

    def _tail(self) -> str:
        try:
            lines = self._folder.supervisor_log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "; its log ends: " + " / ".join(lines[-3:]) if lines else ""


def _former_path() -> list[str]:
    former = os.environ.get("PYTHONPATH")
    return [former] if former else []


async def _read_line(read_end: int) -> bytes:
    """Read the supervisor's one line from the pipe; empty when it died without a word. Closes the pipe."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", buffering=0)
    )
    try:
        return await reader.readline()
    finally:
        transport.close()

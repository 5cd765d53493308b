"""Looking at the processes that a test started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mirqab.seen.folder import RunningServer, ServerFolder


def is_alive(pid: int) -> bool:
    """Tell whether a process lives; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def wait_until(true: Callable[[], bool], *, within_s: float = 60.0) -> None:
    """Wait for something to become true; fails the test when it does not."""
    give_up_at = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < give_up_at, f"not true within {within_s} s"
        time.sleep(0.01)


def pids_of(folder: Path) -> list[int]:
    """Return every living process whose command line names the folder: its supervisor and its server."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(folder) in words and is_alive(int(entry.name)):
                found.append(int(entry.name))
    return found


def running(folder: Path) -> RunningServer:
    """Return what the supervisor of the folder wrote down."""
    found = ServerFolder(folder).read_running()
    assert found is not None
    return found


_USER = """
import asyncio, sys
from pathlib import Path
from mirqab.seen import open_seen

async def use(folder, entries):
    async with open_seen(redis_url=None, folder=folder) as seen:
        claims = [await seen.claim(entry, run="r2") for entry in entries]
        print("open", seen.available, *(claim is not None for claim in claims), flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(use(Path(sys.argv[1]), sys.argv[2:]))
"""


class User:
    """A command of its own process that has the embedded server open, and claims entries in it."""

    def __init__(self, folder: Path, *entries: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _USER, str(folder), *entries],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def word(self) -> str:
        """Wait until it has opened and claimed; returns what it said of that."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def end(self) -> int:
        """End it as a command ends; returns its exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(60)

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._process.kill()
        self._process.wait()


@contextmanager
def user(folder: Path, *entries: str) -> Iterator[User]:
    """Start a user, and see to it that it is gone in the end."""
    started = User(folder, *entries)
    try:
        yield started
    finally:
        started.kill()
        for pipe in (started._process.stdin, started._process.stdout):
            if pipe is not None:
                pipe.close()

"""The small process that holds the embedded server until its last user is gone.

Nobody's command owns the server: a short one that ends must not take it from a crawl. Users hold a shared lock on
one file; when the supervisor gets that lock alone, nobody is left, and it keeps the lock while it ends the server, so
that a newcomer waits for the end instead of meeting a server on its way out. Started by `mirqab.seen.server`:
`python -m mirqab.seen.supervisor FOLDER PROGRAM PIPE`.
"""

from __future__ import annotations

import json
import logging
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Final

from mirqab.errors import SeenError
from mirqab.processes import process_start, tie_to
from mirqab.seen.folder import RunningServer, ServerFolder
from mirqab.seen.locks import try_lock

_log = logging.getLogger("mirqab.seen.supervisor")

LOOK_S: Final = 0.5
"""Between two looks for users; whoever starts a supervisor is a user before, so the first look comes as late."""

START_S: Final = 25.0  # a little less than its users wait
END_S: Final = 2.0
MOST_RESTARTS: Final = 5
RESTARTS_WITHIN_S: Final = 60.0

_ALLOCATOR: Final = "glibc.malloc.tcache_count=60000"
"""The server of the package is built with the C library's allocator, which searches a heap full of holes each time that
a script makes a string; one that keeps small pieces at hand halved what the server needs for an article with 200,000
stored (`python -m benchmarks.grouping growth`). Others know nothing of the variable."""

_DAMAGED: Final = re.compile(
    r"Bad file format reading|Unexpected end of file reading|Unrecoverable error reading|Invalid AOF manifest"
    r"|Bad file format parsing the AOF manifest"
)
_PROCESS_ID: Final = re.compile(rb"process_id:(\d+)\r")


class Supervisor:
    """Starts the server of one folder, keeps it, and ends it."""

    def __init__(self, folder: ServerFolder, program: Path) -> None:
        self._folder = folder
        self._program = program
        self._server: subprocess.Popen[bytes] | None = None
        self._asked_to_end = False
        self._wake, wakener = socket.socketpair()
        self._wake.setblocking(False)
        wakener.setblocking(False)
        self._wakener = wakener
        self._set_aside: Path | None = None

    def run(self, tell: Callable[[dict[str, str | None]], None]) -> int:
        """Hold the server until nobody uses it. `tell` is called once: with the server's answer or the failure."""
        signal.set_wakeup_fd(self._wakener.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._end_soon)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        with self._folder.open_lock(self._folder.users_lock) as users:
            try:
                self._start()
            except (SeenError, OSError) as error:
                _log.error("the server does not start: %s", error)
                tell({"failed": str(error)})
                self._stop()
                return 1
            tell({"set_aside": None if self._set_aside is None else str(self._set_aside)})
            try:
                return self._hold(users)
            finally:
                self._stop()

    def _hold(self, users: IO[bytes]) -> int:
        restarts: list[float] = []
        while not self._asked_to_end:
            self._sleep(LOOK_S)
            if self._ended() or not self._folder.socket.exists():
                now = time.monotonic()
                restarts = [at for at in restarts if now - at < RESTARTS_WITHIN_S]
                if len(restarts) >= MOST_RESTARTS:
                    _log.error("the server ended %d times in a minute, giving up", MOST_RESTARTS)
                    return 1
                restarts.append(now)
                _log.warning("the server is gone (%s), starting it again", self._how_it_ended())
                self._stop()
                try:
                    self._start()
                except (SeenError, OSError) as error:
                    _log.error("the server does not start again: %s", error)
                    return 1
            elif try_lock(users):
                _log.info("nobody uses the server any more")
                return 0
        _log.info("asked to end")
        return 0

    # -------------------------------------------------------------------------------- the server

    def _start(self) -> None:
        with self._folder.open_lock(self._folder.server_lock) as lock:
            self._wait_for_the_former(lock)
            for last in (False, True):
                before = _size(self._folder.log)
                self._launch(lock)
                if self._answers():
                    break
                told = _read_from(self._folder.log, before)
                self._stop()
                if last or not _DAMAGED.search(told) or not self._folder.append_only.exists():
                    raise SeenError(_reason(told) or f"see {self._folder.log}")
                self._set_aside = _set_aside(self._folder.append_only)
                _log.warning("the append-only file is damaged; set aside as %s, starting empty", self._set_aside)
        assert self._server is not None
        self._folder.write_running(
            RunningServer(
                pid=self._server.pid,
                started=process_start(self._server.pid) or "",
                supervisor=os.getpid(),
                set_aside=None if self._set_aside is None else str(self._set_aside),
            )
        )
        _log.info("the server answers, process %d", self._server.pid)

    def _wait_for_the_former(self, lock: IO[bytes]) -> None:
        """The server of a killed supervisor ends with it on Linux; elsewhere, or frozen, it is ended here."""
        former = self._folder.read_running()
        give_up_at = time.monotonic() + END_S
        kill_at = give_up_at - END_S / 2
        while not try_lock(lock):
            if time.monotonic() > give_up_at:
                raise SeenError("another server still uses this folder")
            # never a process that merely got the former's pid
            if former is not None and (process_start(former.pid) or "") == former.started:
                with suppress(ProcessLookupError):
                    os.kill(former.pid, signal.SIGKILL if time.monotonic() > kill_at else signal.SIGTERM)
            time.sleep(0.02)

    def _launch(self, lock: IO[bytes]) -> None:
        folder = self._folder
        folder.socket.unlink(missing_ok=True)
        flags = {
            "--port": "0",
            "--unixsocket": str(folder.socket),
            "--unixsocketperm": "700",
            "--dir": str(folder.path),
            "--appendonly": "yes",
            "--appendfsync": "everysec",
            "--save": "",
            # what Valkey 9 writes by default does not open in Redis 7.0
            "--aof-use-rdb-preamble": "no",
            "--maxmemory-policy": "noeviction",
            "--daemonize": "no",
            "--logfile": str(folder.log),
        }
        self._server = subprocess.Popen(
            [self._program, *(word for pair in flags.items() for word in pair)],
            stdin=subprocess.DEVNULL,
            cwd=folder.path,
            env={
                **os.environ,
                "LC_ALL": "C",  # it refuses to start under a locale that is not installed
                "GLIBC_TUNABLES": os.environ.get("GLIBC_TUNABLES", _ALLOCATOR),
            },
            preexec_fn=partial(_end_with, os.getpid()),
            pass_fds=(lock.fileno(),),
        )

    def _answers(self) -> bool:
        """Wait until the child answers, and it is the child that answers; False when it ended or took too long."""
        assert self._server is not None
        give_up_at = time.monotonic() + START_S
        while time.monotonic() < give_up_at and not self._ended():
            if _asked_pid(self._folder.socket) == self._server.pid:
                return True
            time.sleep(0.005)
        return False

    def _ended(self) -> bool:
        return self._server is None or self._server.poll() is not None

    def _how_it_ended(self) -> str:
        if self._server is None or self._server.returncode is None:
            return "its socket was removed"
        return f"exit {self._server.returncode}"

    def _stop(self) -> None:
        """End the server: it writes its file to the end when asked; a frozen one is killed."""
        if self._server is None:
            return
        if not self._ended():
            self._server.terminate()
            try:
                self._server.wait(END_S)
            except subprocess.TimeoutExpired:
                _log.warning("the server does not end, killing it")
                self._server.kill()
                self._server.wait()
        running = self._folder.read_running()
        if running is not None and running.pid == self._server.pid:
            self._folder.running.unlink(missing_ok=True)
        self._server = None

    # ------------------------------------------------------------------------------------ waiting

    def _end_soon(self, *_: object) -> None:
        self._asked_to_end = True

    def _sleep(self, seconds: float) -> None:
        """Sleep until the time is over, a child ends or somebody asks us to end."""
        if self._asked_to_end or self._ended():
            return
        if select.select([self._wake], [], [], seconds)[0]:
            self._wake.recv(1024)


def _end_with(supervisor: int) -> None:
    """In the server's process: end when the supervisor does.

    By SIGTERM, so that it writes its file to the end: when killed it loses up to 2 s. A frozen one stays, until the
    next supervisor kills it.
    """
    if not tie_to(supervisor):
        os.kill(os.getpid(), signal.SIGTERM)


def _asked_pid(path: Path) -> int | None:
    """Ask a server for its process id, without the client library: the supervisor stays small.

    None while it still reads its file: it answers INFO then, and may yet find the file damaged; but it refuses PING.
    """
    told = b""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1)
            line.connect(str(path))
            line.sendall(b"PING\r\nINFO server\r\n")
            while (found := _PROCESS_ID.search(told)) is None:
                piece = line.recv(65536)
                if not piece:
                    return None
                told += piece
    except OSError:
        return None
    return int(found[1]) if told.startswith(b"+PONG") else None


def _set_aside(append_only: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return append_only.rename(append_only.with_name(f"{append_only.name}.damaged-{stamp}"))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _read_from(path: Path, offset: int) -> str:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _reason(told: str) -> str:
    """Return the server's last complaint, without its time stamp; it warns of the system's settings at each start."""
    complaints = [line.partition(" # ")[2] for line in told.splitlines() if " # " in line]
    return next((complaint for complaint in reversed(complaints) if not complaint.startswith("WARNING")), "")


def main(folder: str, program: str, pipe: str) -> int:
    """Become the supervisor of `folder`, unless it has one; say on `pipe` how it went."""
    report = int(pipe)
    if os.fork():
        return 0  # whoever started us waits for this process only, and has no zombie later
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(process)d %(levelname)s %(message)s"
    )
    place = ServerFolder(Path(folder))

    def tell(word: dict[str, str | None]) -> None:
        with suppress(BrokenPipeError):  # whoever started us is gone; others may use the server
            os.write(report, json.dumps(word).encode() + b"\n")
        os.close(report)

    with place.open_lock(place.supervisor_lock) as lock:
        give_up_at = time.monotonic() + 0.3  # a user who only looks holds the lock for an instant
        while not try_lock(lock):
            if time.monotonic() > give_up_at:
                tell({"busy": "yes"})
                return 0
            time.sleep(0.01)
        return Supervisor(place, Path(program)).run(tell)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

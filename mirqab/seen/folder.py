"""The folder of the embedded server: its files, its locks, and where its socket lies."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

from mirqab.errors import SeenError

_LONGEST_SOCKET_PATH: Final = 100
"""Linux allows 107 bytes, macOS 103; counted in bytes, of which an Arabic letter has two."""

_SHORT_PLACE: Final = Path("/tmp")  # noqa: S108 - in it a folder of our own, that only we can enter
"""Every user of a folder must come to the same place: neither TMPDIR nor XDG_RUNTIME_DIR are the same for a command
that is typed and one that a clock starts, and the second goes when the last session ends."""

_LONGEST_LOG: Final = 1_000_000
"""Bytes; a start writes about 1.5 kB, so that a year of runs would fill 50 MB."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunningServer:
    """What the supervisor writes down when its server answers."""

    pid: int
    started: str  # as `mirqab.processes.process_start` says it
    supervisor: int
    set_aside: str | None = None  # where a damaged append-only file was put


class ServerFolder:
    """Names of what lies in the folder. The lock files are never removed: a lock belongs to the file, not its name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.users_lock = path / "users.lock"  # shared: everybody who has the server open
        self.supervisor_lock = path / "supervisor.lock"  # exclusive: the one supervisor
        self.server_lock = path / "server.lock"  # held by the server itself, for as long as it lives
        self.running = path / "server.json"
        self.log = path / "redis.log"
        self.supervisor_log = path / "supervisor.log"
        self.append_only = path / "appendonlydir"

    def make(self) -> None:
        """Make the folder, and the socket's; raises SeenError when they cannot be ours."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self.socket.parent != self.path:
                _make_private(self.socket.parent)
            for log in (self.log, self.supervisor_log):
                if log.exists() and log.stat().st_size > _LONGEST_LOG:
                    log.replace(log.with_suffix(".log.1"))
        except OSError as error:
            raise SeenError(f"cannot make the folder of the embedded Redis: {error}") from error

    @property
    def socket(self) -> Path:
        """The server's unix socket: in the folder, or in a short place when its path would be too long."""
        near = self.path / "r.sock"
        if len(os.fsencode(near)) <= _LONGEST_SOCKET_PATH:
            return near
        name = hashlib.blake2b(os.fsencode(self.path), digest_size=8).hexdigest()
        return _SHORT_PLACE / f"mirqab-{os.getuid()}" / f"{name}.sock"

    def read_running(self) -> RunningServer | None:
        """Return what the supervisor wrote last, which may be long gone."""
        try:
            return RunningServer(**json.loads(self.running.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write_running(self, running: RunningServer) -> None:
        """Write it down, whole or not at all."""
        draft = self.running.with_suffix(".new")
        draft.write_text(json.dumps(asdict(running)), encoding="utf-8")
        draft.replace(self.running)

    def open_lock(self, path: Path) -> IO[bytes]:
        """Open a lock file, not inherited by children; raises SeenError when the folder is not ours to write."""
        try:
            return path.open("ab")
        except OSError as error:
            raise SeenError(f"cannot use the folder of the embedded Redis: {error}") from error


def _make_private(folder: Path) -> None:
    """Make a folder that only we can enter, in a place that everybody can write."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise SeenError(f"{folder} is not a folder that only this user can enter; remove it")

"""Who holds a claim: one process of one machine, so that a dead owner can be told from a busy one."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mirqab.processes import boot, exists, process_start


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """One process: `boot` and `pids` say in which boot and which pid namespace `pid` and `started` mean something.

    `started` is the process's start in clock ticks after the boot, so that a pid used again is no resurrection.
    """

    machine: str
    boot: str
    pids: str
    pid: int
    started: str

    def __str__(self) -> str:
        return f"{self.machine} {self.boot} {self.pids} {self.pid} {self.started}"

    @classmethod
    def parse(cls, text: str) -> Owner | None:
        """Read what `str(owner)` wrote (more words may follow); None for anything else."""
        words = text.split(" ")
        if len(words) < 5 or not words[3].isdigit():
            return None
        return cls(machine=words[0], boot=words[1], pids=words[2], pid=int(words[3]), started=words[4])

    def is_dead(self) -> bool:
        """Tell whether this process has certainly ended; False when it cannot be known from here."""
        here = this_process()
        if (self.machine, self.boot, self.pids) != (here.machine, here.boot, here.pids):
            return False
        if not self.started:
            return not exists(self.pid)
        return process_start(self.pid) != self.started


@cache
def _this_process(pid: int) -> Owner:
    return Owner(
        machine=platform.node().replace(" ", "-") or "-",
        boot=boot() or "-",
        pids=_pid_namespace(),
        pid=pid,
        started=process_start(pid) or "",
    )


def this_process() -> Owner:
    """Return the running process as an owner."""
    return _this_process(os.getpid())


def _pid_namespace() -> str:
    """Containers of one machine share its boot but not its pids."""
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return "-"

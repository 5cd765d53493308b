"""Which process is meant by a number, whether it lives, and how a child comes to end with its parent."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_SET_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG


def exists(pid: int) -> bool:
    """Tell whether a process has this number, whoever's it is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def process_start(pid: int) -> str | None:
    """Return the start of a living process in clock ticks after the boot: another process of its number has another.

    None when there is no such process, when it is a zombie, and on systems without /proc.
    """
    # the second field is the name in brackets and may hold spaces and brackets itself
    fields = read_proc(f"{pid}/stat").rpartition(")")[2].split()
    if len(fields) < 20 or fields[0] in "ZXx":
        return None
    return fields[19]


def boot() -> str:
    """Return the name of this boot of the machine; empty where the system does not tell."""
    return read_proc("sys/kernel/random/boot_id")


def read_proc(name: str) -> str:
    """Return the text of a file in /proc; empty when it cannot be read."""
    try:
        return (_PROC / name).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def tie_to(parent: int) -> bool:
    """Have SIGTERM sent to this process when its parent dies, even by kill -9; False when `parent` is gone already.

    Linux only; elsewhere it does nothing and returns True.
    """
    if not sys.platform.startswith("linux"):
        return True
    import ctypes

    ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGTERM)
    return os.getppid() == parent

"""Locks on files, which end with their process however it ends."""

from __future__ import annotations

import fcntl
from typing import IO


def try_lock(file: IO[bytes], *, shared: bool = False) -> bool:
    """Take the lock at once or not at all."""
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(file: IO[bytes]) -> None:
    """Give the lock back, also when a forked child still holds the file open."""
    fcntl.flock(file, fcntl.LOCK_UN)


def is_locked(file: IO[bytes]) -> bool:
    """Tell whether anybody else holds the exclusive lock."""
    if try_lock(file):
        unlock(file)
        return False
    return True

"""Shows how far the reading of thousands of outlets is: seconds in which a person would wonder."""

from __future__ import annotations

import sys
import time
from typing import Final

QUIET_S: Final = 1.0  # what is read sooner needs no word
LINE_EVERY_S: Final = 3.0


class ReadingShown:
    """Takes the share that is read: one line that changes in place on a terminal, calm lines to other ends of stderr.

    The crawler shows it too, so this knows nothing of the commands.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._said_at = 0.0
        self._in_place = sys.stderr.isatty()

    def __enter__(self) -> ReadingShown:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._in_place and self._said_at:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def __call__(self, share: float) -> None:
        """Say how far it is, when that has not just been said."""
        now = time.monotonic()
        wait = (0.1 if self._in_place else LINE_EVERY_S) if self._said_at else QUIET_S
        if now - (self._said_at or self._began) < wait:
            return
        self._said_at = now
        line = f"reading outlets.yaml, which is new or changed: {share:.0%}"
        if self._in_place:
            print(f"\r\x1b[K  {line}", end="", file=sys.stderr, flush=True)
        else:
            print(line, file=sys.stderr, flush=True)

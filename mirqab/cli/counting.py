"""How far a long task is, said on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Final, Self

CALM_S: Final = 10.0
"""Between two lines when nobody watches a terminal."""

IN_PLACE_S: Final = 0.1
"""Between two states of the line that changes in place on a terminal."""


class ProgressLine:
    """Says how far a task is: in one line that changes in place on a terminal, else in a calm line now and then.

    Nothing is said of a task that takes less than `quiet_s`, by default the time between two lines. What else is
    printed meanwhile finds an empty line after `clear`.
    """

    def __init__(self, *, calm_s: float = CALM_S, quiet_s: float | None = None) -> None:
        self._in_place = sys.stderr.isatty()
        self._every_s = IN_PLACE_S if self._in_place else calm_s
        self._began = time.monotonic()
        self._due_at = self._began + (self._every_s if quiet_s is None else quiet_s)
        self._written = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.clear()

    def say(self, line: Callable[[float], str]) -> None:
        """Say how far it is, unless that has just been said; `line` is told the seconds since the beginning."""
        now = time.monotonic()
        if now < self._due_at:
            return
        self._due_at = now + self._every_s
        text = line(now - self._began)
        if self._in_place:
            print(f"\r\x1b[K  {text}", end="", file=sys.stderr, flush=True)
            self._written = True
        else:
            print(text, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away that changes in place."""
        if self._written:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self._written = False


class Counting(ProgressLine):
    """Counts things that are done. `total` is None where nobody knows how many there are."""

    def __init__(self, what: str, total: int | None = None) -> None:
        super().__init__()
        self._what, self._total = what, total
        self._done = 0

    def step(self) -> None:
        """Count one more."""
        self._done += 1
        self.say(self._counted)

    def _counted(self, seconds: float) -> str:
        of = "" if self._total is None else f" of {self._total:,}"
        return f"{self._done:,}{of} {self._what}"

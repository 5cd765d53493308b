"""How far a long count is, said on standard error."""

from __future__ import annotations

import sys
import time
from typing import Final

LINE_EVERY_S: Final = 10.0  # between two lines when nobody watches a terminal


class Counting:
    """Counts things that are done: in place on a terminal, else with a calm line now and then.

    `total` is None where nobody knows how many there are.
    """

    def __init__(self, what: str, total: int | None = None) -> None:
        self._what, self._total = what, total
        self._done = 0
        self._said_at = time.monotonic()
        self._in_place = sys.stderr.isatty()

    def __enter__(self) -> Counting:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._in_place:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def step(self) -> None:
        """Count one more."""
        self._done += 1
        now = time.monotonic()
        if now - self._said_at < (0.1 if self._in_place else LINE_EVERY_S):
            return
        self._said_at = now
        of = "" if self._total is None else f" of {self._total:,}"
        line = f"{self._done:,}{of} {self._what}"
        print(f"\r\x1b[K  {line}" if self._in_place else line, end="" if self._in_place else "\n", file=sys.stderr)
        sys.stderr.flush()

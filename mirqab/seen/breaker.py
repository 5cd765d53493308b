"""When to stop asking a Redis that does not answer."""

from __future__ import annotations

OPENS_AFTER = 2
"""Failures in a row: one may be a connection that a restart cut; two time-outs of 1 s are what a run may lose."""

PROBES_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before each probe of an open breaker; the last one repeats."""


class Breaker:
    """Counts failures in a row and says whether to ask at all. Open means: do not ask."""

    def __init__(self) -> None:
        self._failures = 0
        self.is_open = False

    def succeeded(self) -> None:
        """Note an answer, of whatever content: the server is there."""
        self._failures = 0
        self.is_open = False

    def failed(self) -> bool:
        """Note a call without an answer; True when this one opened the breaker."""
        self._failures += 1
        if self.is_open or self._failures < OPENS_AFTER:
            return False
        self.is_open = True
        return True

    def trip(self) -> None:
        """Open at once, for a server that was away from the beginning."""
        self._failures = OPENS_AFTER
        self.is_open = True

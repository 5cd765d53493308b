"""Shows how far the reading of thousands of outlets is: seconds in which a person would wonder."""

from __future__ import annotations

from typing import Final

from mirqab.cli.counting import ProgressLine

QUIET_S: Final = 1.0
"""What is read sooner needs no word."""

CALM_S: Final = 3.0


class ReadingShown(ProgressLine):
    """Takes the share that is read. The crawler shows it too, so this knows nothing of the commands."""

    def __init__(self) -> None:
        super().__init__(calm_s=CALM_S, quiet_s=QUIET_S)

    def __call__(self, share: float) -> None:
        """Say how far it is, when that has not just been said."""
        self.say(lambda _: f"reading outlets.yaml, which is new or changed: {share:.0%}")

"""The exceptions of Mirqab: what *we* or the *user* did wrong.

What the world sends wrong is not here: it is data with a `mirqab.types.Reason`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class MirqabError(Exception):
    """The root of every error that Mirqab raises on purpose; its text is meant for a person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """One mistake in a file that a user wrote.

    `line` counts from 1 and is None where no line is known (an environment variable, say); `key` is the
    dotted path to the value (`outlets.3.feeds.0.url`), empty for the file as a whole.
    """

    file: str
    line: int | None
    key: str
    expected: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.key}: {self.expected}" if self.key else f"{place}: {self.expected}"


class ConfigurationError(MirqabError):
    """A user's declarations or settings are wrong; carries every mistake found, not only the first."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class UsageError(MirqabError):
    """A command was called in a way that cannot work."""


class NotFoundError(MirqabError):
    """What a user named (a story, an outlet, a topic) does not exist here."""


class ArchiveError(MirqabError):
    """The archive cannot be opened, read or written."""


class SeenError(MirqabError):
    """No Redis could be reached or started."""

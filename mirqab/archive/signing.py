"""What the archive gives and takes of signatures; each method is one transaction or one look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime

from sqlalchemy import Connection

from mirqab.archive import signatures
from mirqab.archive.signatures import Candidate, Made, Signed, Unsigned
from mirqab.types import Article

Begin = Callable[[], AbstractContextManager[Connection]]
"""Begins a transaction of the archive."""


class Signatures:
    """The signatures of an archive's articles; `mirqab.archive.Archive.signatures` is one."""

    def __init__(self, reading: Begin, writing: Begin) -> None:
        self._reading = reading
        self._writing = writing

    def mark(self, most: int) -> tuple[int, list[tuple[str, str]]]:
        """Return the highest number of a signature, and articles whose bands may not lie in Redis, at most so many.

        These with the fingerprints of their texts.
        """
        with self._reading() as conn:
            return signatures.mark(conn), signatures.unconfirmed(conn, most)

    def between(self, first: date, last: date, *, after: int = 0) -> list[Signed]:
        """Return the signatures of articles of some days whose numbers are higher than `after`."""
        with self._reading() as conn:
            return signatures.between(conn, first, last, after=after)

    def close_to(self, article: Article, names: Iterable[str]) -> tuple[str | None, dict[int, str], list[Candidate]]:
        """Return the article that has a text, else those of some articles that it may be a copy of.

        These by the numbers of their signatures, and with their texts.
        """
        with self._reading() as conn:
            copy = signatures.copy_of(conn, article.fingerprint)
            return (copy, {}, []) if copy is not None else (None, *signatures.close_to(conn, article, names))

    def all_signed(self, since: datetime) -> bool:
        """Tell whether all articles stored since a moment have signatures of today's making."""
        with self._reading() as conn:
            return signatures.all_signed(conn, since)

    def unsigned(self, *, since: datetime, limit: int, after: Unsigned | None = None) -> list[Unsigned]:
        """Return articles stored since a moment that have no signature of today's making, the newest first.

        Those that follow on the last one of the batch before, `after`.
        """
        with self._reading() as conn:
            return signatures.unsigned(conn, since=since, limit=limit, after=after)

    def count_unsigned(self, *, since: datetime) -> int:
        """Return how many articles stored since a moment have no signature of today's making."""
        with self._reading() as conn:
            return signatures.count_unsigned(conn, since=since)

    def sign(self, signed: Sequence[Made]) -> None:
        """Write signatures and agencies made for articles without, unless they have got a signature meanwhile."""
        with self._writing() as conn:
            signatures.write_missing(conn, signed)

    def sample(self, *, first: date, count: int) -> list[Signed]:
        """Return signatures of articles from a day on whose marks are made, drawn at random, at most so many."""
        with self._reading() as conn:
            return signatures.sample(conn, first=first, count=count)

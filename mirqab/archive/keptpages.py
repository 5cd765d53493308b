"""Transactions, and what the archive does with the pages that were kept; each method is one or more of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from mirqab.archive import opening
from mirqab.archive.later import Later
from mirqab.errors import ArchiveError
from mirqab.types import Worked

if TYPE_CHECKING:
    from mirqab.archive import pruning, reextracting
    from mirqab.archive.placing import Place, SameEvent
    from mirqab.archive.pruning import Pruned, PrunePlan, RawSpace
    from mirqab.archive.reextracting import KeptEntry
    from mirqab.archive.signatures import Compare, LookedUp
else:
    pruning, reextracting = Later("pruning"), Later("reextracting")


class Transactions:
    """A database in which one looks, or writes as its only writer."""

    def __init__(self, reader: Engine, writer: Engine, *, place: str) -> None:
        self._reader = reader
        self._writer = writer
        self._place = place

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with opening.errors_of(self._place), self._reader.begin() as conn:
            yield conn

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with opening.errors_of(self._place), self._writer.begin() as conn:
            yield conn


class KeptPages(Transactions):
    """The archive's part that deals with raw pages: how much they take, which are dropped, and working them anew."""

    raw_folder: Path | None

    def raw_space(self) -> RawSpace:
        """Return how much the raw pages take, and what the disk still has."""
        return pruning.space(self._raw())

    def raw_pruned_at(self) -> datetime | None:
        """Return when the raw pages were last looked over; None for never."""
        return pruning.pruned_at(self._raw())

    def plan_pruning(self, *, max_bytes: int, keep_days: int | None, flagged_too: bool = False) -> PrunePlan:
        """Return which kept pages are to go: unflagged ones beyond their days, then the oldest until the budget is met.

        With `flagged_too` also those of flagged stories, when the budget cannot be met otherwise.
        """
        with self._reading() as conn:
            return pruning.plan(
                conn,
                self._raw(),
                max_bytes=max_bytes,
                keep_days=keep_days,
                flagged_too=flagged_too,
                now=datetime.now(UTC),
            )

    def prune(self, plan: Callable[[], PrunePlan], done: Callable[[Pruned], None] = lambda _: None) -> Pruned:
        """Drop the kept pages that `plan` names once the folder is held; `done` hears of each batch.

        No row points at nothing at any moment. PrunedElsewhereError when another process prunes now.
        """
        with pruning.pruning(self._raw(), self._reading):
            return pruning.prune(self._reading, self._writing, self._raw(), plan(), done)

    def _raw(self) -> Path:
        if self.raw_folder is None:
            raise ArchiveError("this archive was opened without its raw pages")
        return self.raw_folder

    def kept_entries(
        self, *, outlets: Sequence[str] | None = None, since: datetime | None = None, after: str = "", limit: int = 50
    ) -> tuple[list[KeptEntry], str | None]:
        """Return kept pages of entries whose id follows on `after`, and the last id looked at (None: no more)."""
        with self._reading() as conn:
            return reextracting.kept_entries(conn, outlets=outlets, since=since, after=after, limit=limit)

    def kept_entry(self, entry_id: str) -> KeptEntry | None:
        """Return one kept page as it stands now."""
        with self._reading() as conn:
            return reextracting.kept_entry(conn, entry_id)

    def rework(
        self,
        run: str,
        kept: KeptEntry,
        worked: Worked,
        *,
        place: Place,
        compare: Compare | None = None,
        looked_up: LookedUp | None = None,
        same_event: SameEvent | None = None,
    ) -> tuple[str, ...] | None:
        """Write what a kept page was worked into, in one transaction; return the topics newly raised.

        None, and nothing is written, when the page has changed since it was looked at. Copies are told as by `store`.
        """
        with self._writing() as conn:
            return reextracting.write(
                conn,
                run,
                kept,
                worked,
                place=place,
                compare=compare,
                looked_up=looked_up,
                same_event=same_event,
                now=datetime.now(UTC),
            )

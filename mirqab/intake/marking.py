"""Making the marks in Redis that are not made: what a kill left, and all of them when Redis lost what it held."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from mirqab.archive import Archive, ArchiveThread, Unmarked, Unsigned
from mirqab.copies import bands, signature
from mirqab.killpoints import kill_point
from mirqab.seen import Banded, Seen

_log = logging.getLogger(__name__)

MARKED_DAYS: Final = 60
"""Marks of texts are kept in Redis for 30 to 60 days; bands, for two windows at most."""

_BATCH: Final = 100
_SAMPLED: Final = 50
_LOST_ARTICLES: Final = 0.1
_LOST_BANDS: Final = 0.2
"""Of articles drawn at random and of their bands, these shares may be missing: a band that 64 articles have takes no
more, and of a form that is filled in every hour the later ones have hardly any other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Filled:
    """How far Redis was filled: marks made, and the filling that now holds all (None: not all could be written)."""

    made: int
    epoch: str | None


class Marking:
    """Signatures and marks made again for articles that are stored. May run beside crawls."""

    def __init__(self, archive: Archive, thread: ArchiveThread, seen: Seen, *, window_days: int) -> None:
        self._archive = archive
        self._thread = thread
        self._seen = seen
        self._window_days = window_days

    async def sign(self, *, since: datetime, every: bool = False, step: Callable[[], None] = lambda: None) -> int:
        """Make the signatures that articles stored since a moment lack, the newest first; return how many.

        Unless `every` article is to be looked at, the oldest one of that time tells whether any may lack it.
        """
        if not every and await self._thread.call(self._archive.signatures.all_signed, since):
            return 0
        made = 0
        while texts := await self._thread.call(self._archive.signatures.unsigned, since=since, limit=_BATCH):
            made += await self._thread.call(self._sign, texts)
            kill_point("signed")
            for _ in texts:
                step()
        return made

    def _sign(self, texts: list[Unsigned]) -> int:
        self._archive.signatures.sign([(text, signature(text.headline, text.body)) for text in texts])
        return len(texts)

    async def refill(
        self, *, all_again: bool = False, most: int | None = None, step: Callable[[], None] = lambda: None
    ) -> Filled:
        """Make the marks of unconfirmed articles; of all, when Redis was emptied, or lacks what it should hold.

        With `most`, of some more than so many: a Redis that lost a million has to be filled beside the crawl.
        """
        emptied = self._seen.started_empty
        epoch = await self._seen.name_epoch()
        if epoch is not None and (all_again or emptied or self._seen.started_empty or not await self._holds_bands()):
            days = max(MARKED_DAYS, self._window_days)
            gone = await self._thread.call(self._archive.marks.lost_since, datetime.now(UTC) - timedelta(days=days))
            if gone:
                _log.info("Redis is told %d articles again", gone)
            kill_point("unconfirmed")
        made = 0
        while self._seen.available and (most is None or made < most):
            unmade = await self._thread.call(self._archive.marks.unmade, _BATCH)
            if not unmade:
                return Filled(made=made, epoch=epoch)
            if not await self._mark(unmade):
                break
            kill_point("marked")
            marked = {one.article: one.fingerprint for one in unmade}
            await self._thread.call(self._archive.marks.made, marked)
            made += len(unmade)
            for _ in unmade:
                step()
        return Filled(made=made, epoch=None)

    async def _mark(self, unmade: list[Unmarked]) -> bool:
        texts = [
            (one.article, Banded(bands=bands("", "", one.signature), day=one.day)) for one in unmade if one.signature
        ]
        if await self._seen.bands.remember(texts) < len(texts):
            return False
        marks = [(one.fingerprint, one.article) for one in unmade]
        return await self._seen.remember(marks) == len(marks)

    async def _holds_bands(self) -> bool:
        """Tell whether the bands of some articles, drawn at random, lie in Redis."""
        first = datetime.now(UTC).date() - timedelta(days=self._window_days)
        drawn = await self._thread.call(self._archive.signatures.sample, first=first, count=_SAMPLED)
        texts = [Banded(bands=bands("", "", one.signature), day=one.day) for one in drawn]
        found = await self._seen.bands.find(texts)
        if found is None or not texts:
            return True
        lacking = [len(text.bands) - shares[one.article] for one, text, shares in zip(drawn, texts, found, strict=True)]
        gone = sum(lacks == len(text.bands) for lacks, text in zip(lacking, texts, strict=True))
        whole = sum(len(text.bands) for text in texts)
        return gone <= _LOST_ARTICLES * len(texts) and sum(lacking) <= _LOST_BANDS * whole

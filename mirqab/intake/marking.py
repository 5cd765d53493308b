"""Making the marks in Redis that are not made: what a kill left, and all of them when Redis lost what it held."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from mirqab.archive import Archive, ArchiveThread, Signed, Unmarked, Unsigned
from mirqab.archive.signatures import Made
from mirqab.copies import BANDS, bands, signature
from mirqab.killpoints import kill_point
from mirqab.seen import Banded, Seen

_log = logging.getLogger(__name__)

_MARKED_DAYS: Final = 60
"""Marks of texts are kept in Redis for 30 to 60 days; bands, for two windows at most."""

_BATCH: Final = 100
_SAMPLED: Final = 50
_LOST_ARTICLES: Final = 0.1
_LOST_BANDS: Final = 0.2
"""Of articles drawn at random and of their bands, these shares may be missing: a band that 64 articles have takes no
more, and of a form that is filled in every hour the later ones have hardly any other."""

_NEWEST: Final = 200
_MOST_BATCHES: Final = 25
"""At every start so many of the newest articles are looked for in Redis, and so many times more while they lack."""
_LATELY: Final = timedelta(hours=1)
"""Articles stored since are marked again at every start, whatever Redis holds of them."""


def marked_from(window_days: int) -> datetime:
    """Return since when articles were stored whose marks are made again when Redis lost them."""
    return datetime.now(UTC) - timedelta(days=max(_MARKED_DAYS, window_days))


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

        With each go the agencies that its text is credited to.
        Unless `every` article is to be looked at, the oldest one of that time tells whether any may lack it.
        """
        if not every and await self._thread.call(self._archive.signatures.all_signed, since):
            return 0
        made, last = 0, None
        while texts := await self._thread.call(
            self._archive.signatures.unsigned, since=since, limit=_BATCH, after=last
        ):
            last = texts[-1]
            made += await self._thread.call(self._sign, texts)
            kill_point("signed")
            for _ in texts:
                step()
        return made

    def _sign(self, texts: list[Unsigned]) -> int:
        from mirqab.credits import agencies_of  # it takes long to load, and only old archives need it

        self._archive.signatures.sign(
            [
                Made(
                    text=text,
                    signature=signature(text.headline, text.body),
                    agencies=agencies_of(text.headline, text.body, text.authors),
                )
                for text in texts
            ]
        )
        return len(texts)

    async def refill(
        self, *, all_again: bool = False, most: int | None = None, step: Callable[[], None] = lambda: None
    ) -> Filled:
        """Make the marks of unconfirmed articles; of all, when Redis was emptied, or lacks what it should hold.

        With `most`, of some more than so many: a Redis that lost a million has to be filled beside the crawl.
        """
        emptied = self._seen.started_empty
        epoch = await self._seen.name_epoch()
        if epoch is not None and (
            all_again
            or emptied
            or self._seen.started_empty
            or not await self._holds_bands()
            or not await self._mark_newest()
        ):
            gone = await self._thread.call(self._archive.marks.lost_since, marked_from(self._window_days))
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
        texts = [(one.article, _banded(one)) for one in unmade if one.signature]
        if await self._seen.bands.remember(texts) < len(texts):
            return False
        marks = [(one.fingerprint, one.article) for one in unmade]
        return await self._seen.remember(marks) == len(marks)

    async def _holds_bands(self) -> bool:
        """Tell whether the bands of some articles, drawn at random, lie in Redis."""
        first = datetime.now(UTC).date() - timedelta(days=self._window_days)
        drawn = await self._thread.call(self._archive.signatures.sample, first=first, count=_SAMPLED)
        lacking = await self._lacking(drawn)
        if lacking is None:
            return True  # Redis is away: whoever fills it finds that out too
        return _gone(lacking) <= _LOST_ARTICLES * len(drawn) and sum(lacking) <= _LOST_BANDS * BANDS * len(drawn)

    async def _mark_newest(self) -> bool:
        """Mark the newest articles again, and those before them while many have no bands in Redis.

        A server that came back with what it held some time ago lacks the last articles alone, of which a sample tells
        nothing. False when more are gone than it is worth to look at one by one.
        """
        in_window = datetime.now(UTC).date() - timedelta(days=self._window_days)
        lately = datetime.now(UTC) - _LATELY
        before: int | None = None
        many_gone = False
        for _ in range(_MOST_BATCHES):
            newest = await self._thread.call(self._archive.marks.newest, before=before, limit=_NEWEST)
            if not newest:
                return True
            before = newest[-1].number
            looked = [one.marks for one in newest if one.marks.signature and one.marks.day >= in_window]
            lacking = await self._lacking(looked)
            if lacking is None:
                return True  # Redis is away, as above
            incomplete = {one.article for one, lacks in zip(looked, lacking, strict=True) if lacks}
            again = [one.marks for one in newest if one.stored_at >= lately or one.marks.article in incomplete]
            if again and not await self._mark(again) and incomplete:
                await self._thread.call(self._archive.marks.lost, incomplete)
            many_gone = _gone(lacking) > _LOST_ARTICLES * len(looked)
            if newest[-1].stored_at < lately and not many_gone:
                return True
        return not many_gone

    async def _lacking(self, articles: Sequence[Signed | Unmarked]) -> list[int] | None:
        """Return how many of its bands each article lacks in Redis; None when Redis is away."""
        found = await self._seen.bands.find([_banded(one) for one in articles])
        if found is None:
            return None
        return [BANDS - shares[one.article] for one, shares in zip(articles, found, strict=True)]


def _banded(one: Signed | Unmarked) -> Banded:
    return Banded(bands=bands(one.signature), day=one.day)


def _gone(lacking: Sequence[int]) -> int:
    """Return how many articles lack all their bands."""
    return lacking.count(BANDS)

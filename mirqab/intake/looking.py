"""Of which stored article is a text a copy? Decided outside of any transaction, on the archive's thread."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from mirqab.archive import Archive, ArchiveThread, LookedUp
from mirqab.archive.signatures import day_of
from mirqab.copies import bands
from mirqab.intake.comparing import nearest_among
from mirqab.intake.scan import Scan
from mirqab.seen import Banded, Seen
from mirqab.types import Article

MOST_UNMARKED: Final = 200
"""When the bands of more articles than these are not in Redis, all are looked for in the archive."""


def banded_of(article: Article) -> Banded | None:
    """Return an article's bands with its day; None for a text too short to have any."""
    if not article.signature:
        return None
    day = day_of(article.published, article.fetched_at)
    return Banded(bands=bands(article.headline, article.body, article.signature), day=day)


class Looking:
    """Looks texts up for one run: in Redis, or in the archive alone while Redis does not know all.

    `trusted` names the filling of Redis that is known to hold the bands of all articles but the unconfirmed ones.
    """

    def __init__(self, archive: Archive, thread: ArchiveThread, seen: Seen, *, window_days: int) -> None:
        self._archive = archive
        self._thread = thread
        self._seen = seen
        self._window_days = window_days
        self._scan = Scan(archive, window_days=window_days)
        self.compare = self._scan.compare
        self.trusted: str | None = None
        self.distrusts_redis = False

    async def look_up(self, article: Article, *, marked: Mapping[str, str]) -> LookedUp:
        """Return of which article a text is a copy.

        `marked` are articles (with the fingerprints of their texts) whose bands this process has put into Redis since
        it last told the archive so.
        """
        banded = banded_of(article)
        if banded is None:
            found = await self._seen.look_up(article.fingerprint)
            copy = await self._copy_of(article) if found is None else found.copy
            return LookedUp(mark=0, copy=copy)
        # in this order: what is not in Redis when it is asked is either unconfirmed now, or of a higher number
        mark, unmarked = await self._thread.call(self._archive.signatures.mark, MOST_UNMARKED + 1)
        found = await self._seen.look_up(article.fingerprint, banded)
        self.distrusts_redis = found is not None and (found.epoch is None or found.epoch != self.trusted)
        oldest = datetime.now(UTC).date() - timedelta(days=self._window_days)
        if found is not None and not self.distrusts_redis and len(unmarked) <= MOST_UNMARKED and banded.day >= oldest:
            elsewhere = [name for name, fingerprint in unmarked if marked.get(name) != fingerprint]
            names = {*found.shares, *elsewhere} - {article.id}
            if not names:
                return LookedUp(mark=mark, copy=found.copy)
            return await self._thread.call(self._among, article, mark, names)
        return await self._thread.call(self._scan.look_up, article)

    def _among(self, article: Article, mark: int, names: Collection[str]) -> LookedUp:
        """Return the article that has the text, else the one of which it is a copy among those named."""
        copy = self._archive.copy_of(article.fingerprint)
        if copy is not None:
            return LookedUp(mark=mark, copy=copy)
        return LookedUp(mark=mark, nearest=nearest_among(self._archive, article, names, self.compare))

    async def _copy_of(self, article: Article) -> str | None:
        return await self._thread.call(self._archive.copy_of, article.fingerprint)

"""Of which stored article is a text a copy? Decided outside of any transaction, on the archive's thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from mirqab.archive import Archive, ArchiveThread, LookedUp
from mirqab.archive.moments import day_of
from mirqab.copies import bands
from mirqab.intake.comparing import look_among, most_shared
from mirqab.intake.scan import Scan
from mirqab.seen import Banded, Seen
from mirqab.types import Article

MOST_UNMARKED: Final = 200
"""When the bands of more articles than these are not in Redis, all are looked for in the archive."""


_LOOKS: Final = 8
"""Pages between two looks at where the archive stands. One costs a fifth of a millisecond, and saves the transaction to
compare what came before it."""


def banded_of(article: Article) -> Banded | None:
    """Return an article's bands with its day; None for a text too short to have any."""
    if not article.signature:
        return None
    return Banded(bands=bands(article.signature), day=day_of(article.published, article.fetched_at))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stands:
    """The highest number of a signature some time ago, and the articles, with their texts, not in Redis then or now."""

    mark: int
    unmarked: Mapping[str, str]


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
        self._stands: _Stands | None = None
        self._looks = 0
        self._marked: dict[str, str] = {}

    def mark(self, article: str, fingerprint: str) -> None:
        """Note that the bands of an article's text lie in Redis."""
        self._marked[article] = fingerprint

    async def look_up(self, article: Article, *, marked: Mapping[str, str]) -> LookedUp:
        """Return of which article a text is a copy.

        `marked` are articles, with the fingerprints of their texts, whose bands lie in Redis though the archive was not
        told so yet.
        """
        banded = banded_of(article)
        if banded is None:
            found = await self._seen.look_up(article.fingerprint)
            copy = await self._copy_of(article) if found is None else found.copy
            return LookedUp(mark=0, copy=copy)
        # in this order: what is not in Redis when it is asked is either unconfirmed before, or of a higher number
        stands = await self._where_it_stands(marked)
        found = await self._seen.look_up(article.fingerprint, banded)
        self.distrusts_redis = found is not None and (found.epoch is None or found.epoch != self.trusted)
        oldest = datetime.now(UTC).date() - timedelta(days=self._window_days)
        if found is None or self.distrusts_redis or len(stands.unmarked) > MOST_UNMARKED or banded.day < oldest:
            return await self._thread.call(self._scan.look_up, article)
        names = {*most_shared(found.shares), *stands.unmarked} - {article.id}
        if not names:
            return LookedUp(mark=stands.mark, copy=found.copy)
        return await self._thread.call(look_among, self._archive, article, stands.mark, names, self.compare)

    async def _where_it_stands(self, marked: Mapping[str, str]) -> _Stands:
        """Return up to which number signatures are in Redis, but for those of unmarked articles.

        Looked at anew once in a while: what came since is compared inside the storing transaction. Where another
        process was about to mark articles, it is looked at again for every page.
        """
        self._looks -= 1
        if self._stands is None or self._looks < 0 or self._stands.unmarked:
            self._looks = _LOOKS
            self._marked = dict(marked)  # and those that are marked from now on
            number, unmarked = await self._thread.call(self._archive.signatures.mark, MOST_UNMARKED + 1)
            self._stands = _Stands(mark=number, unmarked=dict(unmarked))
        unmarked_still = {
            article: text for article, text in self._stands.unmarked.items() if self._marked.get(article) != text
        }
        self._stands = _Stands(mark=self._stands.mark, unmarked=unmarked_still)
        return self._stands

    async def _copy_of(self, article: Article) -> str | None:
        return await self._thread.call(self._archive.copy_of, article.fingerprint)

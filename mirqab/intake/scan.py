"""Candidates for copies from the archive alone: what Redis would name, for when it cannot be asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import partial

from mirqab.archive import Archive, LookedUp, Signed
from mirqab.archive.signatures import day_of
from mirqab.copies import BAND_BYTES, BANDS, bands
from mirqab.intake.comparing import look_among, most_shared, nearest_copy
from mirqab.seen import WINDOW_DAYS
from mirqab.types import Article


class Scan:
    """The bands of the archive's articles by day, kept in memory from the first question on; 126 bytes an article.

    A look among 200,000 articles takes some hundredths of a second, where Redis takes thousandths.
    """

    def __init__(self, archive: Archive, *, window_days: int = WINDOW_DAYS) -> None:
        self._archive = archive
        self._window_days = window_days
        self._days: dict[date, _Day] = {}
        self._mark = 0
        self.compare = partial(nearest_copy, window_days=window_days)

    def look_up(self, article: Article) -> LookedUp:
        """Return of which stored article a text is a copy."""
        if not article.signature:
            return LookedUp(mark=0, copy=self._archive.copy_of(article.fingerprint))
        names = most_shared(self._find(article.signature, day_of(article.published, article.fetched_at)))
        return look_among(self._archive, article, self._mark, names, self.compare)

    def _find(self, made: bytes, day: date) -> Counter[str]:
        """Return the articles within the window of a day that share bands with a signature, and how many."""
        first, last = day - timedelta(days=self._window_days), day + timedelta(days=self._window_days)
        self._load(first, last)
        asked = bands("", "", made)
        days = (first + timedelta(days=distance) for distance in range((last - first).days + 1))
        return Counter(article for one in days for article in self._days[one].find(asked))

    def _load(self, first: date, last: date) -> None:
        """Read what came since the last look, and days not looked at before."""
        known = self._mark
        self._mark, _ = self._archive.signatures.mark(0)
        if self._days and self._mark > known:
            self._add(self._archive.signatures.between(min(self._days), max(self._days), after=known))
        for start, end in self._gaps(first, last):
            found = self._archive.signatures.between(start, end)
            for distance in range((end - start).days + 1):
                self._days[start + timedelta(days=distance)] = _Day()
            self._add(found)

    def _gaps(self, first: date, last: date) -> Iterable[tuple[date, date]]:
        """Yield the runs of days that were not read yet; what is read in between lies without a gap."""
        if not self._days:
            yield first, last
            return
        low, high = min(self._days), max(self._days)
        if first < low:
            yield first, low - timedelta(days=1)
        if last > high:
            yield high + timedelta(days=1), last

    def _add(self, found: Iterable[Signed]) -> None:
        by_day: defaultdict[date, list[Signed]] = defaultdict(list)
        for signed in found:
            if signed.signature and signed.number <= self._mark:
                by_day[signed.day].append(signed)
        for day, signatures in by_day.items():
            if day in self._days:
                self._days[day].add(signatures)


class _Day:
    """The bands of one day's articles, a string of bytes for each of a signature's bands."""

    def __init__(self) -> None:
        self._articles: list[str] = []
        self._columns = [bytearray() for _ in range(BANDS)]

    def add(self, found: Iterable[Signed]) -> None:
        for signed in found:
            self._articles.append(signed.article)
            for column, band in zip(self._columns, bands("", "", signed.signature), strict=True):
                column += band

    def find(self, asked: tuple[bytes, ...]) -> Iterator[str]:
        for column, band in zip(self._columns, asked, strict=True):
            at = column.find(band)
            while at >= 0:
                if at % BAND_BYTES == 0:
                    yield self._articles[at // BAND_BYTES]
                at = column.find(band, at + 1)

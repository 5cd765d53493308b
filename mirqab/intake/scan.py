"""Candidates for copies from the archive alone: what Redis would name, for when it cannot be asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import groupby, islice
from typing import Final

from mirqab.archive import Archive, LookedUp, Signed
from mirqab.archive.moments import day_of
from mirqab.copies import BAND_BYTES, BANDS, bands
from mirqab.intake.comparing import look_among, most_shared, nearest_copy
from mirqab.seen import WINDOW_DAYS
from mirqab.types import Article

_WINDOWS_HELD: Final = 3
"""Pages of long ago come in between those of today: so many windows, of both sides, are kept in memory together."""


class Scan:
    """The bands of the archive's articles by day, kept in memory from the first question on; 126 bytes an article.

    Only days within the window of a text that was asked for, and of these the ones asked for last.

    A look among 200,000 articles takes some hundredths of a second, where Redis takes thousandths.
    """

    def __init__(self, archive: Archive, *, window_days: int = WINDOW_DAYS) -> None:
        self._archive = archive
        self._window_days = window_days
        self._days: dict[date, _Day] = {}  # those asked for last at the end
        self._mark = 0
        self.compare = partial(nearest_copy, window_days=window_days)

    def look_up(self, article: Article) -> LookedUp:
        """Return of which stored article a text is a copy."""
        if not article.signature:
            return LookedUp(mark=0, copy=self._archive.copy_of(article.fingerprint))
        return look_among(self._archive, article, self._mark, self.candidates(article), self.compare)

    def candidates(self, article: Article) -> list[str]:
        """Return the articles within the window that share the most bands with a text that has a signature."""
        return most_shared(self._find(article.signature, day_of(article.published, article.fetched_at)))

    def _find(self, made: bytes, day: date) -> Counter[str]:
        """Return the articles within the window of a day that share bands with a signature, and how many."""
        days = [day + timedelta(days=distance) for distance in range(-self._window_days, self._window_days + 1)]
        self._load(days)
        asked = bands(made)
        return Counter(article for one in days for article in self._days[one].find(asked))

    def _load(self, days: Sequence[date]) -> None:
        """Read what came since the last look, and those of some days that are not held; let go of others."""
        known = self._mark
        self._mark, _ = self._archive.signatures.mark(0)
        if self._days and self._mark > known:
            self._add(self._archive.signatures.between(min(self._days), max(self._days), after=known))
        for is_held, run in groupby(days, key=self._days.__contains__):
            if not is_held:
                missing = list(run)
                found = self._archive.signatures.between(missing[0], missing[-1])
                self._days |= {day: _Day() for day in missing}
                self._add(found)
        for day in days:
            self._days[day] = self._days.pop(day)
        for day in list(islice(self._days, max(0, len(self._days) - _WINDOWS_HELD * len(days)))):
            del self._days[day]

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
            for column, band in zip(self._columns, bands(signed.signature), strict=True):
                column += band

    def find(self, asked: tuple[bytes, ...]) -> Iterator[str]:
        for column, band in zip(self._columns, asked, strict=True):
            at = column.find(band)
            while at >= 0:
                if at % BAND_BYTES == 0:
                    yield self._articles[at // BAND_BYTES]
                at = column.find(band, at + 1)

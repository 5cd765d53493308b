"""Which flagged story tells of the event that a flagged text tells? Decided by `mirqab.events`, inside the transaction.

What that takes is made ready before: the weights of terms, and the terms of the texts that will be compared.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from mirqab.archive import Archive, FlaggedReport, Known, ReadTexts
from mirqab.archive.moments import moment_of
from mirqab.archive.reports import THEATRE
from mirqab.events import FEW_TEXTS, Report, Weighed, Weights, join, terms_of
from mirqab.types import Relation, Worked

WEIGHTS: Final = "events"
"""The name under which the archive keeps the weights."""

MADE_ANEW_AFTER: Final = timedelta(days=1)
SAMPLED: Final = 5000
"""Texts whose terms are counted: enough that a term of one text in a thousand stands in some of them."""

MOST_READ: Final = 1000
"""Texts whose terms are kept for the next page, those looked at last."""

_RECENT: Final = timedelta(days=30)
_BATCH: Final = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    weighed: Weighed
    theatres: frozenset[str]


class Telling:
    """Tells for one run which flagged story a flagged text belongs to by its event. Used on the archive's thread."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._weights: Weights | None = None
        self._read: OrderedDict[tuple[str, str], _Read] = OrderedDict()  # by article and text, the last one last

    def weigh(self, *, anew: bool = False) -> Iterator[int]:
        """Make the weights ready, in steps; yields how many texts each step counted.

        Those of the archive when they are of today and of enough texts, else, or when they are wanted `anew`, of
        recent articles.
        """
        now = datetime.now(UTC)
        kept = self._archive.reports.weights(WEIGHTS)
        if kept is not None and not anew and now - kept[0] < MADE_ANEW_AFTER:
            weights = Weights.from_bytes(kept[1])
            if not self._is_of_too_few(weights):
                self._use(weights)
                return
        drawn = self._archive.reports.sample(since=now - _RECENT, count=SAMPLED)
        weights = Weights()
        for first in range(0, len(drawn), _BATCH):
            texts = self._archive.reports.plain_texts(drawn[first : first + _BATCH])
            for headline, body in texts:
                weights.add(terms_of(headline, body))
            yield len(texts)
        self._archive.reports.keep_weights(WEIGHTS, weights.to_bytes(), texts=weights.texts)
        self._use(weights)

    def get_ready(self, worked: Worked) -> None:
        """Make ready what tells the event of a page. Writes, so never to be called inside a transaction."""
        if not self.is_ready():
            for _ in self.weigh():
                pass
        self.read_ahead(worked)

    def is_ready(self) -> bool:
        """Tell whether the weights are there, of enough of the texts that are stored by now."""
        return self._weights is not None and not self._is_of_too_few(self._weights)

    def _is_of_too_few(self, weights: Weights) -> bool:
        """Tell whether weights would be of many more texts if they were made now: the archive was young."""
        if weights.texts >= SAMPLED // 2:
            return False
        stored = self._archive.count_stored(datetime.now(UTC) - _RECENT, most=SAMPLED)
        return stored > weights.texts and (weights.texts < FEW_TEXTS or 2 * weights.texts < stored)

    def _use(self, weights: Weights) -> None:
        self._weights = weights
        self._read.clear()  # weighed by the former ones

    def read_ahead(self, worked: Worked) -> None:
        """Read the texts that a page will be compared with, as they are now."""
        flagged = self._archive.reports.around(_moment(worked))
        self._take(flagged, self._archive.reports.texts)

    def same_event(self, worked: Worked, flagged: Sequence[FlaggedReport], read: ReadTexts) -> Known | None:
        """Return the article of a flagged story that tells of the event of a page; None when none does.

        Called inside the storing transaction: without weights, which are made before it, a page joins no story.
        """
        if self._weights is None:
            return None
        assert worked.article is not None
        self._take(flagged, read)
        stories: defaultdict[str, list[Report[str]]] = defaultdict(list)
        for text in flagged:
            known = self._read.get((text.article, text.fingerprint))
            if known is not None:
                stories[text.story].append(_report(text.article, known, text.outlet, text.published))
        article = worked.article
        theatres = [theatre for verdict in worked.verdicts if verdict.flagged for theatre in _theatres(verdict.facets)]
        own = _Read(weighed=self._weights.weigh(terms_of(article.headline, article.body)), theatres=frozenset(theatres))
        joining = join(_report(article.id, own, article.outlet, _moment(worked)), stories)
        if joining is None:
            return None
        return Known(
            article=joining.nearest.name,
            story=joining.story,
            relation=Relation.SAME_EVENT,
            similarity=joining.likeness.score,
        )

    def _take(self, flagged: Sequence[FlaggedReport], read: ReadTexts) -> None:
        """Read and weigh the texts that are not known yet."""
        if self._weights is None:
            return
        missing = {
            text.article: text.fingerprint for text in flagged if (text.article, text.fingerprint) not in self._read
        }
        for article, text in read(missing).items() if missing else ():
            weighed = self._weights.weigh(terms_of(text.headline, text.body))
            self._read[article, missing[article]] = _Read(weighed=weighed, theatres=text.theatres)
        for known in flagged:
            if (known.article, known.fingerprint) in self._read:
                self._read.move_to_end((known.article, known.fingerprint))
        while len(self._read) > max(MOST_READ, len(flagged)):
            self._read.popitem(last=False)


def _theatres(facets: Mapping[str, Sequence[str]]) -> Collection[str]:
    return facets.get(THEATRE, ())


def _moment(worked: Worked) -> datetime:
    assert worked.article is not None
    return moment_of(worked.article.published, worked.article.fetched_at)


def _report(article: str, read: _Read, outlet: str, published: datetime) -> Report[str]:
    return Report(name=article, weighed=read.weighed, outlet=outlet, published=published, theatres=read.theatres)

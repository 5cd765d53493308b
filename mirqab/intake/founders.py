"""Stories of copies that were stored before copies were told, joined as a crawl would have placed them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mirqab.archive import Archive, Regrouped
from mirqab.archive.founders import Founder
from mirqab.intake.scan import Scan
from mirqab.seen import WINDOW_DAYS

_BATCH: Final = 100


def join_founders(archive: Archive, *, window_days: int = WINDOW_DAYS) -> Iterator[Regrouped | None]:
    """Compare the article that founded each story with those stored before it, the oldest first, and join the stories.

    Yields what came of each article, None when it stays. Each join is a transaction of its own; whoever begins anew
    finds those that were made. Only copies are joined, no other reports of an event. All articles have signatures.
    """
    scan = Scan(archive, window_days=window_days)
    last: Founder | None = None
    while founders := archive.founders.following(last, _BATCH):
        for founder in founders:
            names = scan.candidates(founder.article)
            yield archive.founders.join(founder, names, scan.compare) if names else None
        last = founders[-1]

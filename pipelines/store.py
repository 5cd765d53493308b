"""Flagged → the one transaction, then the marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirqab.types import Stored
from pipelines.flag import Flagged

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class StorePipeline:
    """Stores each page's outcome, an article or the reason why there is none, and counts it."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> StorePipeline:
        """Build for a crawler whose spider carries a run."""
        return cls(crawler)

    async def process_item(self, item: Flagged) -> Stored:
        """Return what was settled."""
        run = self._crawler.spider.run  # type: ignore[union-attr]
        stored: Stored = await run.intake.store(item.worked, item.looked_up, run.robots_of(item.worked.entry))
        run.stored(item.worked, stored, flagged=item.topics)
        return stored

"""Page → Worked, through the worker processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirqab.killpoints import kill_point
from mirqab.types import Page, Worked

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class ExtractPipeline:
    """Has each page read in a worker, a bounded number at a time."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> ExtractPipeline:
        """Build for a crawler whose spider carries a run."""
        return cls(crawler)

    async def process_item(self, item: Page) -> Worked:
        """Return what the page is."""
        kill_point("after_fetch")
        run = self._crawler.spider.run  # type: ignore[union-attr]
        async with run.room:
            worked: Worked = await run.workers.work(item)
        return worked

"""Worked → with the article it is a copy of looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirqab.types import Worked

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A worked page and the id of the known article it is a copy of, if any."""

    worked: Worked
    copy: str | None


class DedupePipeline:
    """Looks up whether somebody stored the same text before; the storing transaction has the last word."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> DedupePipeline:
        """Build for a crawler whose spider carries a run."""
        return cls(crawler)

    async def process_item(self, item: Worked) -> Compared:
        """Return the page with its copy."""
        intake = self._crawler.spider.run.intake  # type: ignore[union-attr]
        return Compared(worked=item, copy=await intake.look_up(item) if item.article else None)

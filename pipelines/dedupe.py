"""Worked → with the article of which it is a copy looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirqab.archive import LookedUp
from mirqab.types import Worked

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A worked page and what was found of its text; None for a page without an article."""

    worked: Worked
    looked_up: LookedUp | None


class DedupePipeline:
    """Looks up of which stored text it is a copy; the storing transaction looks at what came since."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> DedupePipeline:
        """Build for a crawler whose spider carries a run."""
        return cls(crawler)

    async def process_item(self, item: Worked) -> Compared:
        """Return the page with what was found."""
        intake = self._crawler.spider.run.intake  # type: ignore[union-attr]
        return Compared(worked=item, looked_up=await intake.look_up(item))

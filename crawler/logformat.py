"""What Scrapy itself says about requests and items: short lines, never a page's bytes."""

from __future__ import annotations

import logging
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure

from mirqab.types import Page


class CalmLogFormatter(LogFormatter):
    """Leaves out what our own events tell; Scrapy would print whole items, pages' bytes included."""

    def scraped(self, item: Any, response: Response | Failure | None, spider: Spider) -> None:  # type: ignore[override]
        """Say nothing: the run logs what became of a page."""

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        """Name the page that a pipeline failed on."""
        named = f"{item.outlet} {item.url}" if isinstance(item, Page) else type(item).__name__
        return {"level": logging.ERROR, "msg": "a pipeline failed on %s", "args": (named,)}

    def spider_error(
        self, failure: Failure, request: Request, response: Response | Failure, spider: Spider
    ) -> LogFormatterResult:
        """Name the request whose callback failed."""
        return {"level": logging.ERROR, "msg": "a callback failed on %s", "args": (request.url,)}

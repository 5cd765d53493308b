"""What goes along with every crawl: the run opened and closed with the spider, its log kept calm and clean."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
from pathlib import Path
from typing import Any, Final

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, NotConfigured
from scrapy.utils.log import get_scrapy_root_handler
from twisted.python.failure import Failure

from crawler.run import INTERRUPTED, run_of
from mirqab.addresses import mask_credentials
from mirqab.errors import MirqabError
from mirqab.types import Page

LAG_SAMPLE_S: Final = 0.01

COLLECT_EVERY: Final = 10_000
"""Objects made before the crawl looks for garbage: Python's own 700 are the requests of a moment, which all live."""


class RunExtension:
    """Opens the run before the first request, closes it after the last item, and counts our own crashes."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RunExtension:
        """Connect to the signals of a crawler."""
        extension = cls(crawler)
        for handler, signal in (
            (extension.spider_opened, signals.spider_opened),
            (extension.spider_closed, signals.spider_closed),
            (extension.spider_error, signals.spider_error),
            (extension.item_error, signals.item_error),
        ):
            crawler.signals.connect(handler, signal=signal)
        return extension

    async def spider_opened(self) -> None:
        """Open the run; when it cannot be opened nothing is asked."""
        if handler := get_scrapy_root_handler():
            handler.addFilter(_masked)
        run = run_of(self._crawler)
        try:
            await run.open()
        except MirqabError as error:
            run.refused = error
            raise CloseSpider("refused") from error
        else:
            if run.stopping.is_set():
                raise CloseSpider(INTERRUPTED)
        finally:
            gc.freeze()  # a look through all that was loaded by now takes 0.1 s of the event loop each time
            gc.set_threshold(COLLECT_EVERY)
            gc.enable()

    async def spider_closed(self, reason: str) -> None:
        """Close the run."""
        await run_of(self._crawler).close(reason)

    def spider_error(self, failure: Failure, response: Any) -> None:
        """Count a callback's exception: Scrapy has logged it and goes on."""
        request: Request | None = getattr(response, "request", None)
        known = request.cb_kwargs if request else {}
        entry = known.get("entry")
        run_of(self._crawler).crashed(failure.value or "", entry=entry.id if entry else None, poll=known.get("poll"))

    def item_error(self, item: Any, failure: Failure, spider: Spider) -> None:
        """Count a pipeline's exception."""
        run_of(self._crawler).crashed(failure.value or "", entry=item.entry if isinstance(item, Page) else None)


def _masked(record: logging.LogRecord) -> bool:
    """Take credentials out of a log record, its traceback included."""
    record.msg, record.args = mask_credentials(record.getMessage()), ()
    if record.exc_info and not record.exc_text:
        record.exc_text = mask_credentials(logging.Formatter().formatException(record.exc_info))
    return True


class LoopLag:
    """Measures how late the event loop is, for the benchmark: the setting LOOP_LAG_INTO names a JSON file for it."""

    def __init__(self, into: Path) -> None:
        self._into = into
        self._lags_ms: list[float] = []
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> LoopLag:
        """Start with the engine; off unless the setting is there."""
        if not (into := crawler.settings.get("LOOP_LAG_INTO")):
            raise NotConfigured
        extension = cls(Path(into))
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.engine_stopped, signal=signals.engine_stopped)
        return extension

    def engine_started(self) -> None:
        """Begin to sample."""
        self._task = asyncio.get_running_loop().create_task(self._sample())

    def engine_stopped(self) -> None:
        """Write what was measured, in milliseconds."""
        if self._task is not None:
            self._task.cancel()
        lags = sorted(self._lags_ms) or [0.0]
        measured = {
            "samples": len(self._lags_ms),
            "p50": lags[len(lags) // 2],
            "p99": lags[int(len(lags) * 0.99)],
            "max": lags[-1],
        }
        self._into.write_text(json.dumps(measured), encoding="utf-8")

    async def _sample(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LAG_SAMPLE_S
            await asyncio.sleep(LAG_SAMPLE_S)
            self._lags_ms.append((loop.time() - due) * 1000)

"""The command `scrapy crawl`: Scrapy's own, with exit codes that tell how the run went and an end that is sure to come.

Scrapy exits with 0 after most failures, and after SIGTERM it waits for as long as a download hangs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
from typing import Final

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.exceptions import UsageError

from crawler.progress import LOG
from crawler.run import CrawlRun
from mirqab.errors import ConfigurationError, MirqabError
from mirqab.errors import UsageError as WrongUsageError
from mirqab.interrupts import INTERRUPTED, end_quietly
from mirqab.lifeline import end_with_parent
from mirqab.types import ExitCode

STOP_DEADLINE_S: Final = 20.0
"""How long after the first signal requests and pages under way may take; with what follows, the end is within 30 s."""


class Command(ScrapyCrawl):
    """Run a spider by name and exit with 0, 1, 2 or 3 (docs/crawl.md)."""

    requires_crawler_process = False  # made below, where a wrong declaration can still be told in plain words

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl, and set the exit code."""
        with end_quietly():  # until the loop takes the signals
            self._crawl(args, opts)

    def _crawl(self, args: list[str], opts: argparse.Namespace) -> None:
        end_with_parent()
        if len(args) != 1:
            raise UsageError("name one outlet or spider; `scrapy list` shows them")
        gc.disable()  # what is loaded now stays loaded; RunExtension goes on collecting when the run is open
        logging.disable(logging.INFO)  # Scrapy introduces itself
        try:
            process = AsyncCrawlerProcess(self.settings)
        except MirqabError as error:
            raise UsageError(str(error), print_help=False) from error
        finally:
            logging.disable(logging.NOTSET)
        self.crawler_process = process
        crawler = self._create_crawler(args[0])
        task = process.crawl(crawler, **opts.spargs)
        _Ending(process, crawler).install()
        process.start(install_signal_handlers=False)
        self.exitcode = _exit_code(task, crawler)


def _exit_code(task: asyncio.Task[None], crawler: Crawler) -> int:
    run: CrawlRun | None = getattr(crawler.spider, "run", None)
    problem = task.exception() if task.done() and not task.cancelled() else None
    if problem is None and run is not None:
        problem = run.refused
    if isinstance(problem, MirqabError):
        print(problem, file=sys.stderr)
        return ExitCode.USAGE if isinstance(problem, ConfigurationError | WrongUsageError) else ExitCode.FAILED
    if problem is not None:
        LOG.error("the crawl failed", exc_info=problem)
        return ExitCode.FAILED
    return run.exit_code if run is not None else ExitCode.FAILED


LOOK_S: Final = 0.05


class _Ending:
    """What SIGTERM and Ctrl-C do: first nothing new is begun and what is under way may end, then it is ended.

    The first signal gives it STOP_DEADLINE_S; the second does not wait.
    """

    def __init__(self, process: AsyncCrawlerProcess, crawler: Crawler) -> None:
        self._process = process
        self._crawler = crawler
        self._loop = asyncio.get_event_loop()
        self._stopping: asyncio.Task[None] | None = None

    def install(self) -> None:
        """Take the signals."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._loop.add_signal_handler(number, self._received, number)

    def _received(self, number: int) -> None:
        name = signal.Signals(number).name
        if self._stopping is not None:
            LOG.warning("received %s again: ending at once", name)
            self._end_now()
        run = self._run
        if run is None or not run.begun:
            LOG.info("received %s before the run began: nothing was asked", name)
            os._exit(INTERRUPTED)
        LOG.info("received %s: ending; once more ends at once", name)
        run.stopping.set()
        self._stopping = self._loop.create_task(self._stop())
        self._loop.call_later(STOP_DEADLINE_S, self._end_now)

    async def _stop(self) -> None:
        """Stop the engine once it runs: Scrapy forgets a stop that comes earlier, and then never ends.

        A run that is still being opened ends itself, see `RunExtension`.
        """
        while self._crawler.engine is None or not self._crawler.engine.running:  # noqa: ASYNC110 - Scrapy sets it
            await asyncio.sleep(LOOK_S)
        await self._process.stop()

    @property
    def _run(self) -> CrawlRun | None:
        return getattr(self._crawler.spider, "run", None)

    def _end_now(self) -> None:
        """Leave without the clean-up that something under way may be holding up.

        Worker processes end with their parent, and claims of a dead process are taken over.
        """
        with contextlib.suppress(Exception):
            if run := self._run:
                run.end_now()
        os._exit(ExitCode.FAILED)

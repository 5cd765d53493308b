"""The spider `fetch`: one address fetched politely into a file, for commands that take an address; nothing is stored.

The file holds one line of JSON and then the body, inflated:

    {"url": …, "final_url": …, "status": 200, "headers": [[name, value], …], "problem": null, "detail": null}

`problem` is a reason when there is no usable answer; then `status` is 0 or the error status, and the body what came.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.deployment import deployment_of
from crawler.outcomes import PutOffError, RefusedError, reason_of_status
from crawler.run import CrawlRun
from crawler.spiders.feeds import OutletSpider, headers_of
from mirqab.addresses import clean_url, host_of
from mirqab.errors import UsageError
from mirqab.types import Reason


class FetchSpider(OutletSpider):
    """Fetches `-a url=…` into the file `-a into=…`."""

    name = "fetch"
    arguments = ("url", "into")
    _url: str
    _into: Path

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> FetchSpider:
        """Make the spider with a run that keeps nothing."""
        spider = cls(*args, **kwargs)
        spider._set_crawler(crawler)
        url = clean_url(spider.given.get("url", ""))
        if url is None or not spider.given.get("into"):
            raise UsageError("give an address and a file: scrapy crawl fetch -a url=https://… -a into=FILE")
        spider._url, spider._into = url, Path(spider.given["into"])
        deployment = deployment_of(crawler.settings)
        spider.run = CrawlRun(deployment, (), command=f"crawl fetch url={url}", hosts=[host_of(url)], keeps=False)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the one address."""
        self.run.tally.feeds_asked += 1
        yield Request(self._url, callback=self.parse_answer, errback=self.unanswered, dont_filter=True)

    async def parse_answer(self, response: Response) -> None:
        """Write the answer."""
        reason = reason_of_status(response.status)
        detail = f"answered {response.status}" if reason else None
        self._write(response.url, response.status, headers_of(response), reason, detail, response.body)

    async def unanswered(self, failure: Failure) -> None:
        """Write why there is none."""
        match failure.value:
            case RefusedError() as refused:
                self._write(self._url, 0, (), refused.reason, refused.detail, b"")
            case PutOffError():
                self.run.tally.feeds["put_off"] += 1
            case _:
                failure.raiseException()

    def _write(
        self,
        final_url: str,
        status: int,
        headers: tuple[tuple[str, str], ...],
        problem: Reason | None,
        detail: str | None,
        body: bytes,
    ) -> None:
        told = {"url": self._url, "final_url": final_url, "status": status, "headers": headers}
        head = json.dumps({**told, "problem": problem, "detail": detail}, ensure_ascii=False)
        self._into.write_bytes(head.encode("utf-8", "replace") + b"\n" + body)
        self.run.tally.feeds["failed" if problem else "ok"] += 1

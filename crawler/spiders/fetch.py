"""The spider `fetch`: addresses fetched politely into files, for commands that take addresses; nothing is stored.

The addresses come one a line, from a file or from a pipe that whoever started the crawl writes to for as long as it
has more to ask: one child keeps the delay between requests and each host's robots.txt over all of them. The answer to
the first line is the file `0` in the folder, to the second `1`, and so on. It holds one line of JSON and then the
body, inflated:

    {"url": …, "final_url": …, "status": 200, "headers": [[name, value], …], "problem": null, "detail": null}

`problem` is a reason when there is no usable answer; then `status` is 0 or the error status, and the body what came.
Before it there may be `0.pace`, how many seconds lie between two requests to its host when these are many.
`moved_to` is there when permanent redirects alone led to another address, and `failure` when it was our own fault.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.deployment import Deployment, deployment_of
from crawler.outcomes import PutOffError, RefusedError, header, reason_of_status, retry_after_s
from crawler.polls import HOST_RESTS
from crawler.progress import LOG
from crawler.robots import is_fresh
from crawler.run import CrawlRun
from crawler.spiders.feeds import OutletSpider, headers_of
from mirqab.addresses import clean_url, host_of, origin_of
from mirqab.errors import UsageError
from mirqab.settings import no_contact
from mirqab.types import Reason

_LONGEST_LINE: Final = 1024 * 1024
SLOW_S: Final = 5.0
"""From so many seconds between two requests whoever waits is told."""


class FetchSpider(OutletSpider):
    """Fetches the addresses in `-a urls=FILE` into the folder `-a into=FOLDER`."""

    name = "fetch"
    arguments = ("urls", "into")
    _deployment: Deployment
    _urls: Path
    _into: Path

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> FetchSpider:
        """Make the spider with a run that keeps nothing."""
        spider = cls(*args, **kwargs)
        spider._set_crawler(crawler)
        if not spider.given.get("urls") or not spider.given.get("into"):
            raise UsageError("give a file of addresses and a folder: scrapy crawl fetch -a urls=FILE -a into=FOLDER")
        spider._urls, spider._into = Path(spider.given["urls"]), Path(spider.given["into"])
        spider._deployment = deployment_of(crawler.settings)
        spider.run = CrawlRun(spider._deployment, (), command="crawl fetch", hosts=[], keeps=False)
        crawler.signals.connect(spider._tell_pace, signals.request_reached_downloader)
        return spider

    def _tell_pace(self, request: Request) -> None:
        """Write how many seconds lie between two requests to a slow host, for whoever waits for this answer."""
        number = (request.cb_kwargs or {}).get("number")
        assert self.crawler.engine is not None
        slot = self.crawler.engine.downloader.slots.get(request.meta.get("download_slot", ""))
        if number is not None and slot is not None and slot.delay >= SLOW_S:
            part = self._into / f"{number}.pace.part"
            part.write_text(f"{slot.delay:g}", encoding="ascii")
            part.replace(self._into / f"{number}.pace")

    async def start(self) -> AsyncIterator[Request]:
        """Ask for each address as it comes."""
        number = 0
        async for line in _lines(self._urls):
            self.run.tally.feeds_asked += 1
            url = clean_url(line)
            if url is None:
                self._write(number, line, 0, (), Reason.BAD_URL, "no address of the web", b"")
            elif not self._may_ask(host_of(url)):
                self._fail(number, line, str(no_contact(self._deployment.settings)))
            elif not await self._answered_before(number, url):
                yield self._request(number, url)
            number += 1

    async def _answered_before(self, number: int, url: str) -> bool:
        """Write the answer of a robots.txt that was asked for the sake of another address, and say whether it was."""
        if not _is_robots(url):
            return False
        known = await self.run.hosts.recall(origin_of(url))
        if not is_fresh(known, datetime.now(UTC)):
            return False
        status = known.robots_status or 200
        reason = reason_of_status(status)
        self._write(number, url, status, (), reason, f"answered {status}" if reason else None, known.robots)
        return True

    def _may_ask(self, host: str) -> bool:
        """Whoever asks others than the deployment's own hosts says who they are."""
        return bool(self._deployment.settings.contact) or self._deployment.allowed.has_host(host)

    def _request(self, number: int, url: str) -> Request:
        # what says which addresses are allowed is itself allowed (RFC 9309, 2.2.2)
        meta = {"dont_obey_robotstxt": True} if _is_robots(url) else {}
        return Request(
            url,
            callback=self.parse_answer,
            errback=self.unanswered,
            cb_kwargs={"number": number, "url": url},
            meta=meta,
            dont_filter=True,
        )

    async def parse_answer(self, response: Response, number: int, url: str) -> None:
        """Write the answer."""
        reason = reason_of_status(response.status)
        detail = f"answered {response.status}" if reason else None
        if reason is not None and (wait_s := retry_after_s(header(response, "Retry-After"))) is not None:
            detail = f"{detail}; asks to come again after {wait_s:g} s"
        more = {"final_url": response.url}
        if moved_to := response.meta.get("moved_to"):
            more["moved_to"] = moved_to
        self._write(number, url, response.status, headers_of(response), reason, detail, response.body, **more)

    async def unanswered(self, failure: Failure) -> None:
        """Write why there is none."""
        number: int = failure.request.cb_kwargs["number"]  # type: ignore[attr-defined]
        url: str = failure.request.cb_kwargs["url"]  # type: ignore[attr-defined]
        match failure.value:
            case RefusedError() as refused:
                self._write(number, url, 0, (), refused.reason, refused.detail, b"")
            case PutOffError(because=Reason() as because, detail=detail):
                self._write(number, url, 0, (), because, detail or HOST_RESTS, b"")
            case PutOffError():
                self.run.tally.feeds["put_off"] += 1
            case problem:
                LOG.error("fetching %s failed", url, exc_info=problem)
                self._fail(number, url, f"{type(problem).__name__}: {problem}")

    def _fail(self, number: int, url: str, why: str) -> None:
        """Write that no answer was asked for or could be told, for which no site is to blame."""
        self._write(number, url, 0, (), None, None, b"", failure=why)

    def _write(
        self,
        number: int,
        url: str,
        status: int,
        headers: tuple[tuple[str, str], ...],
        problem: Reason | None,
        detail: str | None,
        body: bytes,
        **more: str,
    ) -> None:
        told = {"url": url, "final_url": url, "status": status, "headers": headers}
        head = json.dumps({**told, "problem": problem, "detail": detail, **more}, ensure_ascii=False)
        part = self._into / f"{number}.part"
        part.write_bytes(head.encode("utf-8", "replace") + b"\n" + body)
        part.replace(self._into / str(number))  # whoever waits for it sees it whole
        self.run.tally.feeds["failed" if problem or "failure" in more else "ok"] += 1


def _is_robots(url: str) -> bool:
    return urlsplit(url).path == "/robots.txt"


async def _lines(path: Path) -> AsyncIterator[str]:
    """Yield the lines of a file, or those that are written to a pipe until it is closed."""
    if not path.is_fifo():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield line
        return
    reader = asyncio.StreamReader(limit=_LONGEST_LINE)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, path.open("rb", buffering=0))
    try:
        while written := await reader.readline():
            yield written.decode("utf-8", "replace").rstrip("\n")
    finally:
        transport.close()

"""Inside a crawl under test: our own code that fails at the addresses of `MIRQAB_TEST_FAULTS`, as nobody foresaw.

The setting TWISTED_DNS_RESOLVER names this module's `GuardedResolver`, which is the crawler's own. An address with
`/answer` in it fails while its answer is read, one with `/admit` while that is written, one with `/page` while its page
is handed on.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from scrapy.http import Response

from crawler.polls import Polls
from crawler.resolver import GuardedResolver as GuardedResolver
from mirqab.types import FeedSnapshot

_polls: Any = sys.modules["crawler.polls"]
_feeds: Any = importlib.import_module("crawler.spiders.feeds")
_header, _admit, _headers_of = _polls.header, Polls.admit, _feeds.headers_of


def _failing_header(response: Response, name: str) -> str | None:
    if "/answer" in response.url:
        raise ZeroDivisionError("a slip of ours at http://user:hush@nahr.example/")
    found: str | None = _header(response, name)
    return found


async def _failing_admit(self: Polls, poll: Any, snapshot: FeedSnapshot) -> bool:
    if "/admit" in snapshot.url:
        raise ZeroDivisionError("a slip of ours")
    return await _admit(self, poll, snapshot)


def _failing_headers_of(response: Response) -> tuple[tuple[str, str], ...]:
    if "/page" in response.url:
        raise ZeroDivisionError("a slip of ours")
    found: tuple[tuple[str, str], ...] = _headers_of(response)
    return found


_polls.header = _failing_header
Polls.admit = _failing_admit  # type: ignore[method-assign]
_feeds.headers_of = _failing_headers_of

"""How requests leave: in fair turns over the hosts, at most one at a time and host, with every end told as a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.pqueues import DownloaderAwarePriorityQueue, DownloaderInterface

from crawler.outcomes import refusal, retry_after_s
from crawler.run import run_of
from mirqab.addresses import host_of

MOST_IN_HAND: Final = 2
"""Requests of one host out of the queue at a time: one under way, one waiting for its turn. More would fill the
downloader with one host's waiting requests, keep other hosts idle, and hold claims that another crawler could use."""


class _HostsInHand(DownloaderInterface):
    """Tells the queue which hosts may be given a request now, and how many each has in hand.

    Scrapy counts only the requests that reached a host's slot; those still at the robots or claim check are invisible
    to it, so one host could take every place.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._crawler = crawler

    def stats(self, possible_slots: Iterable[str]) -> list[tuple[int, str]]:
        if run_of(self._crawler).is_full:
            return []
        in_hand = Counter(self.get_slot_key(request) for request in self.downloader.active)
        return [(in_hand[slot], slot) for slot in possible_slots if in_hand[slot] < MOST_IN_HAND]


class HostTurnsQueue(DownloaderAwarePriorityQueue):
    """Gives out the next request of the host with the fewest in hand, and none while the workers have enough to do.

    Scrapy asks again whenever a request ends, so a queue that gives nothing for now is asked in time.
    """

    def __init__(self, crawler: Crawler, *args: Any, **kwargs: Any) -> None:
        super().__init__(crawler, *args, **kwargs)
        self._downloader_interface = _HostsInHand(crawler)


class PoliteDownloadHandler(HTTP11DownloadHandler):
    """Waits for the host's turn across crawlers, then downloads; a failure is a RefusedError with its reason.

    The wait is here, behind the slot of the host, because only here no other request of ours can overtake it.
    """

    async def download_request(self, request: Request) -> Response:
        """Return the response; raises PutOffError when the run ends or the host rests."""
        run = run_of(self.crawler)
        host = host_of(request.url)
        await run.hosts.take_turn(host, self._delay_s(request))
        try:
            response = await super().download_request(request)
        except Exception as error:
            refused = refusal(error, request.url)
            if refused is None:
                raise
            run.hosts.silent(host, refused.reason)
            raise refused from error
        patience = response.headers.get("Retry-After")
        await run.hosts.answered(
            host,
            status=response.status,
            retry_after_s=retry_after_s(patience.decode("latin-1")) if patience else None,
        )
        return response

    def _delay_s(self, request: Request) -> float:
        slots = self.crawler.engine.downloader.slots
        slot = slots.get(request.meta.get("download_slot", ""))
        return slot.delay if slot else self.crawler.settings.getfloat("DOWNLOAD_DELAY")

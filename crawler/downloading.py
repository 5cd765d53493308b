"""How requests leave: in fair turns over the hosts, at most one at a time and host, with every end told as a reason."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache, partial
from typing import Any, Final, cast

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.pqueues import DownloaderAwarePriorityQueue, DownloaderInterface
from twisted.internet import endpoints
from twisted.web.iweb import IPolicyForHTTPS

from crawler.connections import BoundedFactory
from crawler.deployment import deployment_of
from crawler.incoming import incoming_of
from crawler.outcomes import header, refusal, refused_address, retry_after_s
from crawler.run import run_of
from crawler.tls import CertificatePolicy
from mirqab.addresses import host_of, server_of

MOST_IN_HAND: Final = 2
"""Requests of one host out of the queue at a time: one under way, one waiting for its turn. More would fill the
downloader with one host's waiting requests, keep other hosts idle, and hold claims that another crawler could use."""

LEAST_TIME_S: Final = 1.0
"""What a redirect's target has to answer in, however long the way to it took."""


class _HostsInHand(DownloaderInterface):
    """Tells the queue which hosts may be given a request now, and how many each has in hand.

    Scrapy counts only the requests that reached a host's slot; those still at the robots or claim check are invisible
    to it, so one host could take every place.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._crawler = crawler

    def get_slot_key(self, request: Request) -> str:
        """Return the server that a request goes to; Scrapy would take two ports of one host for one."""
        # asked for every request in hand, whenever another one may leave
        if "download_slot" not in request.meta:
            request.meta["download_slot"] = server_of(request.url)
        key: str = request.meta["download_slot"]
        return key

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

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        _remember_spellings()
        deployment = deployment_of(crawler.settings)
        self._allowed = deployment.allowed
        self._contextFactory = cast(IPolicyForHTTPS, CertificatePolicy(lambda: deployment.outlets.values()))
        self._pool._factory = cast(Any, partial(BoundedFactory, incoming_of(crawler)))

    async def download_request(self, request: Request) -> Response:
        """Return the response; raises PutOffError when the run ends or the host rests.

        One request at a time and host: Scrapy's slots see to that only when there is a delay between requests. Without
        one they start all that wait at once, and a host that asks for patience would be asked on.
        """
        async with run_of(self.crawler).hosts.alone(request.url):
            return await self._in_turn(request)

    async def _in_turn(self, request: Request) -> Response:
        hosts = run_of(self.crawler).hosts
        await hosts.take_turn(request.url, self._delay_s(request))
        begun_at = time.monotonic()
        try:
            response = await super().download_request(request)
        except Exception as error:
            refused = refusal(error, request.url)
            if refused is None:
                raise
            hosts.silent(request.url, refused.reason)
            raise refused from error
        self._check_address(request, response)
        # what follows a redirect has what is left of the time: five slow redirects are one slow answer
        left_s = request.meta["download_timeout"] - (time.monotonic() - begun_at)
        request.meta["download_timeout"] = max(left_s, LEAST_TIME_S)
        await hosts.answered(
            request.url, status=response.status, retry_after_s=retry_after_s(header(response, "Retry-After"))
        )
        return response

    def _check_address(self, request: Request, response: Response) -> None:
        """Refuse an answer from where the resolver's guard would have let nobody go: it should never happen."""
        if response.ip_address is None:
            return
        host, address = host_of(request.url), str(response.ip_address)
        if not self._allowed.may_connect(host, address):
            raise refused_address(host, address)

    def _delay_s(self, request: Request) -> float:
        slots = self.crawler.engine.downloader.slots
        slot = slots.get(request.meta.get("download_slot", ""))
        return slot.delay if slot else self.crawler.settings.getfloat("DOWNLOAD_DELAY")


def _remember_spellings() -> None:
    """Have Twisted spell the name of a host for the wire once: it does so for every request, which costs 0.1 ms."""
    spell = getattr(endpoints, "_idnaBytes", None)  # a private name: without it a request is dearer, no more
    if spell is not None and not hasattr(spell, "cache_info"):
        cast(Any, endpoints)._idnaBytes = lru_cache(maxsize=1000)(spell)

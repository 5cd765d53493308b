"""The guard at the door: no connection to an address that is not public, whatever name or spelling led to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scrapy.crawler import Crawler
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from crawler.deployment import deployment_of
from mirqab.addresses import AllowedHosts

refused_hosts: Final[dict[str, str]] = {}
"""Host → the address it was refused for, in this process: Twisted drops the resolver's own error on its way up."""


class GuardedResolver(CachingThreadedResolver):
    """Resolves names to IPv4 addresses and refuses what the address policy refuses.

    Twisted asks it for every new connection, literal addresses included, and connects to the very address it
    returned: a redirect, a second answer of the name server or an odd spelling cannot get around it.
    """

    def __init__(self, reactor: ReactorBase, cache_size: int, timeout: float) -> None:
        super().__init__(reactor, cache_size, timeout)
        self.allowed = AllowedHosts()

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> GuardedResolver:
        """Build from the process's settings, of which `crawl.allow_hosts` lists the private hosts let through."""
        resolver = super().from_crawler(crawler, reactor)
        resolver.allowed = deployment_of(crawler.settings).allowed
        return resolver

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802
        """Return a Deferred of the address, or of a DNSLookupError when there is none to be connected to."""
        return super().getHostByName(name, timeout).addCallback(self._let_through, name)

    def _let_through(self, address: str, name: str) -> str:
        if self.allowed.may_connect(name, address):
            return address
        refused_hosts[name] = address
        raise DNSLookupError(f"{name} is {address}, which is not a public address")

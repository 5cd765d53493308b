"""The guard at the door: no connection to an address that is not public, whatever name or spelling led to it."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from scrapy.crawler import Crawler
from scrapy.resolver import HostResolution
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.defer import TimeoutError as DeferredTimeoutError
from twisted.internet.interfaces import IHostnameResolver
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.deployment import deployment_of
from mirqab.addresses import AllowedHosts

KEPT_S: Final = 300.0
"""How long the answer of a name server is used again; it is checked anew at every use."""

MOST_KEPT: Final = 10_000
MOST_ADDRESSES: Final = 6
"""So many addresses of one name are tried at most: a longer answer would make us knock on other people's doors."""

refused_hosts: Final[dict[str, str]] = {}
"""Host → the address it was refused for, in this process: Twisted has no way to tell its callers why."""


@implementer(IHostnameResolver)
class GuardedResolver:
    """Resolves names to IPv4 and IPv6 addresses and holds back what the address policy refuses.

    Twisted asks it for every new connection, literal addresses included, and connects to the very addresses it
    gives: a redirect, a second answer of the name server or an odd spelling cannot get around it. Of an answer with
    several addresses only those that are allowed are given.
    """

    def __init__(self, reactor: Any, allowed: AllowedHosts, *, timeout_s: float, keep_s: float) -> None:
        self._reactor = reactor
        self._allowed = allowed
        self._timeout_s = timeout_s
        self._keep_s = keep_s
        self._kept: dict[str, tuple[float, tuple[str, ...]]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> GuardedResolver:
        """Build from the process's settings, of which `crawl.allow_hosts` lists the private hosts let through."""
        settings = crawler.settings
        return cls(
            reactor,
            deployment_of(settings).allowed,
            timeout_s=settings.getfloat("DNS_TIMEOUT"),
            keep_s=KEPT_S if settings.getbool("DNSCACHE_ENABLED") else 0.0,
        )

    def install_on_reactor(self) -> None:
        """Take the place of Twisted's own resolver."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> HostResolution:
        """Tell the receiver every address that `hostName` may be connected to; none when there is none."""
        resolution = HostResolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)

        def tell(addresses: tuple[str, ...]) -> None:
            for address in self._let_through(hostName, addresses):
                kind = IPv6Address if ":" in address else IPv4Address
                if addressTypes is None or kind in addressTypes:
                    resolutionReceiver.addressResolved(kind("TCP", address, portNumber))
            resolutionReceiver.resolutionComplete()

        self._addresses(hostName).addCallback(tell)
        return resolution

    def _let_through(self, name: str, addresses: tuple[str, ...]) -> Iterator[str]:
        host = name.lower().rstrip(".")
        refused_hosts.pop(host, None)
        allowed = [address for address in addresses if self._allowed.may_connect(host, address)]
        if addresses and not allowed:
            refused_hosts[host] = addresses[0]
        yield from allowed[:MOST_ADDRESSES]

    def _addresses(self, name: str) -> Deferred[tuple[str, ...]]:
        try:
            return succeed((str(ipaddress.ip_address(name)),))
        except ValueError:  # a name, or one of the spellings that only the system's look-up knows
            pass
        until, addresses = self._kept.get(name, (0.0, ()))
        if until > time.monotonic():
            return succeed(addresses)
        looked_up: Deferred[tuple[str, ...]] = deferToThreadPool(
            self._reactor, self._reactor.getThreadPool(), _look_up, name
        )
        looked_up.addTimeout(self._timeout_s, self._reactor)
        return looked_up.addCallback(self._keep, name).addErrback(_nowhere)

    def _keep(self, addresses: tuple[str, ...], name: str) -> tuple[str, ...]:
        if self._keep_s:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[name] = (time.monotonic() + self._keep_s, addresses)
        return addresses


def _look_up(name: str) -> tuple[str, ...]:
    # ADDRCONFIG: a machine without IPv6 would lose 0.3 s over every address of that kind
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _nowhere(failure: Failure) -> tuple[str, ...]:
    """Take any failure of a look-up for no address: the caller tells it as a name that was not found."""
    failure.trap(OSError, UnicodeError, DeferredTimeoutError)  # type: ignore[no-untyped-call]
    return ()

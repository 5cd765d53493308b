"""Certificates: verified for every host but those of outlets that are declared without, and refused in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property, partial
from typing import Any, Final

from OpenSSL import SSL
from twisted.internet._sslverify import ClientTLSOptions  # Scrapy builds on it too: there is no public way to share
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import CertificateOptions, platformTrust
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer  # type: ignore[import-untyped]

from mirqab.addresses import host_of
from mirqab.types import Outlet

refused_certificates: Final[dict[str, str]] = {}
"""Host → what was wrong with its certificate, in this process: OpenSSL's own error says only that it was refused."""

_LEGACY_SERVER_CONNECT: Final = 0x4  # OpenSSL's SSL_OP_LEGACY_SERVER_CONNECT
_PLAINLY: Final = {  # OpenSSL's X509_V_ERR_… codes
    9: "is not valid yet",
    10: "has expired",
    18: "is signed by itself",
    19: "is signed by an authority that is not trusted",
    20: "is signed by an authority that is not known",
    21: "is signed by an authority that is not known",
    23: "was revoked",
    24: "is signed by what is no authority",
    66: "has too weak a key",
    67: "is signed by an authority with too weak a key",
    68: "is signed too weakly",
    79: "is signed by what is no authority",
}


def unverified_hosts(outlets: Iterable[Outlet]) -> frozenset[str]:
    """Return the hosts that outlets with `verify_tls: false` declare: home, feeds and what stands in for them."""
    return frozenset(
        host_of(url)
        for outlet in outlets
        if not outlet.verify_tls
        for url in (outlet.home, *(feed.url for feed in (*outlet.feeds, *outlet.backfill)))
    )


@implementer(IPolicyForHTTPS)
class CertificatePolicy:
    """Decides by host whether a certificate is verified; a redirect to a host that is not declared verifies again.

    One context serves all hosts: Scrapy's own policy reads the system's authorities again for every request, 4.5 ms
    of CPU, three times what a poll costs.
    """

    def __init__(self, outlets: Callable[[], Iterable[Outlet]]) -> None:
        self._outlets = outlets

    @cached_property
    def _unverified_hosts(self) -> frozenset[str]:
        return unverified_hosts(self._outlets())

    @cached_property
    def _verifying(self) -> SSL.Context:
        trusted = platformTrust()  # type: ignore[no-untyped-call]
        return CertificateOptions(trustRoot=trusted, fixBrokenPeers=True).getContext()

    @cached_property
    def _lenient(self) -> SSL.Context:
        context = CertificateOptions(verify=False, fixBrokenPeers=True).getContext()
        context.set_options(_LEGACY_SERVER_CONNECT)
        return context

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:  # noqa: N802
        """Return what makes the TLS connection to a host."""
        name = hostname.decode("ascii")
        host = name.lower().rstrip(".")
        if host in self._unverified_hosts:
            return _Unverified(lambda _: SSL.Connection(self._lenient), name)
        return ClientTLSOptions(partial(_connection, self._verifying, host), name)


@implementer(IOpenSSLClientConnectionCreator)
class _Unverified(ClientTLSOptions):
    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:  # noqa: N802, N803
        connection = super().clientConnectionForTLS(tlsProtocol)
        connection.set_verify(SSL.VERIFY_NONE, _accept)
        return connection


def _accept(*_: object) -> bool:
    return True


class _NotingConnection(SSL.Connection):
    """Notes why the certificate of `host` is refused; whether it is, Twisted decides."""

    host = ""

    def set_verify(self, mode: int, callback: Any = None) -> None:
        host = self.host

        def noting(connection: SSL.Connection, certificate: Any, error: int, depth: int, ok: int) -> bool:
            accepted = bool(callback(connection, certificate, error, depth, ok))
            if not accepted and host not in refused_certificates:
                told = "is for another name" if ok else _PLAINLY.get(error, f"is refused (OpenSSL's error {error})")
                refused_certificates[host] = f"the certificate {told}"
            return accepted

        super().set_verify(mode, noting)


def _connection(context: SSL.Context, host: str, _: object) -> SSL.Connection:
    refused_certificates.pop(host, None)
    connection = _NotingConnection(context)
    connection.host = host
    return connection

"""Connections whose answers cannot fill the memory before their body begins: Scrapy bounds the body alone."""

from __future__ import annotations

from typing import Any, Final

from scrapy.core.downloader.handlers.http11 import _LenientHTTP11ClientFactory, _LenientHTTP11ClientProtocol
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS
from twisted.web.iweb import IResponse

MOST_HEAD_BYTES: Final = 256 * 1024
"""Where Chromium gives up too."""


class HeadTooLongError(Exception):
    """A server sent more header lines than anybody needs."""


class BoundedHeadProtocol(_LenientHTTP11ClientProtocol):
    """Hangs up on a server whose answer's head does not end."""

    _head_bytes = 0

    def request(self, request: Any) -> Deferred[IResponse]:
        """Begin to count anew with every request of a connection that is used again."""
        self._head_bytes = 0
        asked = super().request(request)
        if self._parser is not None:
            self._parser.MAX_LENGTH = MOST_HEAD_BYTES  # of one line; Twisted hangs up at 16 kB without a word
        return asked

    def dataReceived(self, bytes: bytes) -> None:  # noqa: N802
        """Pass on what came, unless it is too much of a head."""
        if self._parser is not None and self._parser.state in (STATUS, HEADER):
            self._head_bytes += len(bytes)
            if self._head_bytes > MOST_HEAD_BYTES:
                error = HeadTooLongError(f"the answer's headers are over {MOST_HEAD_BYTES // 1024} kB")
                self.transport.abortConnection()  # type: ignore[union-attr]
                self._disconnectParser(Failure(error))  # type: ignore[no-untyped-call]
                return
        super().dataReceived(bytes)  # type: ignore[no-untyped-call]


class BoundedHeadFactory(_LenientHTTP11ClientFactory):
    """Builds such connections for Twisted's pool."""

    def buildProtocol(self, addr: IAddress | None) -> BoundedHeadProtocol:  # noqa: N802
        """Return one connection's protocol."""
        return BoundedHeadProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]

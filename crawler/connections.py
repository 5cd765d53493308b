"""Connections whose answers cannot fill the memory, with an endless head or all together.

Scrapy bounds each body alone.
"""

from __future__ import annotations

from typing import Any, Final, cast

from scrapy.core.downloader.handlers.http11 import _LenientHTTP11ClientFactory, _LenientHTTP11ClientProtocol
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS
from twisted.web.iweb import IResponse

from crawler.incoming import Incoming

MOST_HEAD_BYTES: Final = 256 * 1024
"""Where Chromium gives up too."""


class HeadTooLongError(Exception):
    """A server sent more header lines than anybody needs."""


class BoundedProtocol(_LenientHTTP11ClientProtocol):
    """Hangs up on a server whose answer's head does not end, and lets an answer wait while too much is in memory."""

    _head_bytes = 0

    def __init__(self, incoming: Incoming, *args: Any) -> None:
        super().__init__(*args)  # type: ignore[no-untyped-call]
        self._incoming = incoming

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
        if self._parser is not None:  # the answer is not whole yet
            self._incoming.took(self, len(bytes))

    def _disconnectParser(self, reason: Failure) -> None:  # noqa: N802
        """Hear of every end of an answer: Twisted calls this for each."""
        self._incoming.ended(self)
        super()._disconnectParser(reason)  # type: ignore[no-untyped-call]

    # ----------------------------------------------------------------- what Incoming asks of a connection

    def pause(self) -> None:
        """Leave what comes on the line."""
        cast(Any, self.transport).pauseProducing()

    def resume(self) -> None:
        """Read on."""
        cast(Any, self.transport).resumeProducing()

    def abort_connection(self) -> None:
        """Hang up, whatever is under way."""
        self.transport.abortConnection()  # type: ignore[union-attr]


class BoundedFactory(_LenientHTTP11ClientFactory):
    """Builds such connections for Twisted's pool."""

    def __init__(self, incoming: Incoming, *args: Any) -> None:
        super().__init__(*args)  # type: ignore[no-untyped-call]
        self._incoming = incoming

    def buildProtocol(self, addr: IAddress | None) -> BoundedProtocol:  # noqa: N802
        """Return one connection's protocol."""
        return BoundedProtocol(self._incoming, self._quiescentCallback)

"""How a request ended: exceptions and statuses told as reasons, and the exceptions that carry them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from scrapy import exceptions
from scrapy.exceptions import IgnoreRequest
from twisted.internet import error as network
from twisted.web import http

from crawler.resolver import refused_hosts
from mirqab.addresses import host_of, mask_credentials
from mirqab.types import Reason

MOST_RETRY_AFTER_S: Final = 24 * 3600.0
"""A server may ask for patience, but not for ever."""


class RefusedError(IgnoreRequest):
    """A request ended without a usable answer, for a reason that is stored."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class PutOffError(IgnoreRequest):
    """A request is left for a later run: this one is ending, or its host asked for patience or does not answer.

    `because` is the reason that the host gave, None when the run is ending.
    """

    def __init__(self, because: Reason | None = None) -> None:
        super().__init__("put off" if because is None else f"put off: {because}")
        self.because = because


class HeldElsewhereError(IgnoreRequest):
    """Somebody else alive has claimed the entry, or it was stored in the meantime."""


def refusal(error: BaseException, url: str) -> RefusedError | None:
    """Tell an exception of a download as a reason; None for one that is no doing of the network's."""
    detail = mask_credentials(str(error))[:300] or type(error).__name__
    host = host_of(url)
    match error:
        case RefusedError():
            return error
        case exceptions.CannotResolveHostError() if host in refused_hosts:
            refused = f"{host} is {refused_hosts[host]}, which is not a public address"
            return RefusedError(Reason.REFUSED_ADDRESS, refused)
        case exceptions.CannotResolveHostError():
            return RefusedError(Reason.DNS, detail)
        case exceptions.DownloadTimeoutError():
            return RefusedError(Reason.TIMED_OUT, "no full answer in time")
        case exceptions.DownloadCancelledError():  # Scrapy's word for a body over DOWNLOAD_MAXSIZE
            return RefusedError(Reason.TOO_LARGE, detail)
        case exceptions.DownloadConnectionRefusedError():
            return RefusedError(Reason.CONNECTION, "connection refused")
        case exceptions.ResponseDataLossError():
            return RefusedError(Reason.BROKEN_ANSWER, "the answer was cut short")
        case exceptions.UnsupportedURLSchemeError() | exceptions.NotSupported():
            return RefusedError(Reason.BAD_URL, detail)
        case exceptions.DownloadFailedError():
            return _failed(error, detail)
        case network.ConnectError() | network.ConnectionLost() | network.ConnectionDone() | OSError():
            return RefusedError(Reason.CONNECTION, detail)
        case ValueError():  # UnicodeError of a label that is too long among them
            return RefusedError(Reason.BAD_URL, detail)
    return None


def _failed(error: BaseException, detail: str) -> RefusedError:
    """Look through Twisted's wrapping for what really happened."""
    causes = tuple(_causes(error))
    for cause in causes:
        if type(cause).__module__.partition(".")[0] in ("OpenSSL", "service_identity"):
            return RefusedError(Reason.TLS, mask_credentials(f"{type(cause).__name__}: {cause}")[:300])
    if any(isinstance(cause, network.ConnectionLost | network.ConnectionDone) for cause in causes):
        return RefusedError(Reason.CONNECTION, "the server closed the connection")
    return RefusedError(Reason.BROKEN_ANSWER, detail)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        for failure in getattr(error, "reasons", ()):
            yield from _causes(failure.value)
        error = error.__cause__


def reason_of_status(status: int) -> Reason | None:
    """Tell an HTTP status as a reason; None for a success."""
    match status:
        case _ if 200 <= status < 300:
            return None
        case http.NOT_FOUND:
            return Reason.NOT_FOUND
        case http.GONE:
            return Reason.GONE
        case http.UNAUTHORIZED | http.FORBIDDEN | 451:
            return Reason.FORBIDDEN
        case 429:
            return Reason.TOO_MANY_REQUESTS
    return Reason.HTTP_ERROR


def retry_after_s(header: str | None, now: datetime | None = None) -> float | None:
    """Return how many seconds a Retry-After header asks for, at most a day; None when it asks for nothing readable."""
    text = (header or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MOST_RETRY_AFTER_S)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait = (at.replace(tzinfo=at.tzinfo or UTC) - (now or datetime.now(UTC))).total_seconds()
    return min(max(wait, 0.0), MOST_RETRY_AFTER_S)

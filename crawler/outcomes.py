"""How a request ended: exceptions and statuses told as reasons, and the exceptions that carry them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from scrapy import exceptions
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.internet import error as network
from twisted.web import http

from crawler.connections import HeadTooLongError
from crawler.resolver import refused_hosts
from crawler.tls import refused_certificates
from mirqab.addresses import host_of, mask_credentials
from mirqab.polling import RETRY_AFTER_MOST_S
from mirqab.types import Reason

_MAX_AGE: Final = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


class RefusedError(IgnoreRequest):
    """A request ended without a usable answer, for a reason that is stored."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason = reason
        self.detail = mask_credentials(detail)
        super().__init__(f"{reason}: {self.detail}")


class PutOffError(IgnoreRequest):
    """A request is left for a later run: this one is ending, or its host asked for patience or does not answer.

    `because` is the reason that the host gave, None when the run is ending; `detail` says more where it is known.
    """

    def __init__(self, because: Reason | None = None, detail: str | None = None) -> None:
        super().__init__("put off" if because is None else f"put off: {because}")
        self.because = because
        self.detail = detail


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
            return refused_address(host, refused_hosts[host])
        case exceptions.CannotResolveHostError():
            return RefusedError(Reason.DNS, detail)
        case exceptions.DownloadTimeoutError():
            return RefusedError(Reason.TIMED_OUT, "no full answer in time")
        case exceptions.DownloadCancelledError():  # Scrapy's word for a body over DOWNLOAD_MAXSIZE
            return RefusedError(Reason.TOO_LARGE, "larger than the limit")
        case exceptions.DownloadConnectionRefusedError():
            return RefusedError(Reason.CONNECTION, "connection refused")
        case exceptions.ResponseDataLossError():
            return RefusedError(Reason.BROKEN_ANSWER, "the answer was cut short")
        case exceptions.UnsupportedURLSchemeError() | exceptions.NotSupported():
            return RefusedError(Reason.BAD_URL, detail)
        case exceptions.DownloadFailedError():
            return _failed(error, host)
        case network.ConnectError() | network.ConnectionLost() | network.ConnectionDone() | OSError():
            return RefusedError(Reason.CONNECTION, detail)
        case ValueError():  # UnicodeError of a label that is too long among them
            return RefusedError(Reason.BAD_URL, detail)
    return None


def refused_address(host: str, address: str) -> RefusedError:
    """Return the refusal of a host for the address that it has."""
    shown = host if host == address else f"{host} is {address}, which"
    return RefusedError(
        Reason.REFUSED_ADDRESS, f"{shown} is not a public address; if it is your own, list it in crawl.allow_hosts"
    )


def _failed(error: BaseException, host: str) -> RefusedError:
    """Look through Twisted's wrapping for what really happened."""
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, HeadTooLongError):
            return RefusedError(Reason.TOO_LARGE, str(cause))
        if type(cause).__module__.partition(".")[0] in ("OpenSSL", "service_identity"):
            return RefusedError(Reason.TLS, refused_certificates.get(host) or _handshake(cause))
    if any(isinstance(cause, network.ConnectionLost | network.ConnectionDone) for cause in causes):
        return RefusedError(Reason.CONNECTION, "the server closed the connection")
    told = next((str(cause) for cause in reversed(causes) if str(cause)), type(error).__name__)
    return RefusedError(Reason.BROKEN_ANSWER, f"no answer in HTTP: {mask_credentials(told)}"[:300])


def _handshake(error: BaseException) -> str:
    """Return OpenSSL's own words: its error is a list of (library, function, reason)."""
    told = error.args[0] if error.args else ()
    reasons = [one[-1] for one in told if isinstance(one, tuple) and one] if isinstance(told, list) else []
    return f"no TLS connection: {', '.join(map(str, reasons)) or type(error).__name__}"[:300]


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
        return min(float(text[:9]), RETRY_AFTER_MOST_S)
    return _until_s(text, now or datetime.now(UTC))


def patience_s(response: Response, now: datetime | None = None) -> float | None:
    """Return the longest wait that an answer's headers ask for, at most a day; None when they ask for none.

    Retry-After counts with 429 and 503. How long the answer stays fresh is told by Cache-Control's max-age, less the
    age that a cache on the way has given it, else by Expires (RFC 9111, 4.2.1).
    """
    now = now or datetime.now(UTC)
    asked = [_fresh_s(response, now)]
    if response.status in (429, 503):
        asked.append(retry_after_s(header(response, "Retry-After"), now))
    return max((wait_s for wait_s in asked if wait_s), default=None)


def header(response: Response, name: str) -> str | None:
    """Return the text of a header, None when it is not there."""
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def _fresh_s(response: Response, now: datetime) -> float | None:
    told = ",".join(value.decode("latin-1") for value in response.headers.getlist("Cache-Control"))
    if re.search(r"\bno-(?:cache|store)\b", told, re.IGNORECASE):
        return None
    if found := _MAX_AGE.search(told):
        age = (header(response, "Age") or "").strip()
        spent_s = float(age[:9]) if age.isascii() and age.isdigit() else 0.0
        return min(max(float(found[1]) - spent_s, 0.0), RETRY_AFTER_MOST_S)
    return _until_s(header(response, "Expires") or "", now)


def _until_s(date: str, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(date)
        wait_s = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    except (ValueError, OverflowError):  # no date, or a zone that leads out of the calendar
        return None
    return min(max(wait_s, 0.0), RETRY_AFTER_MOST_S)

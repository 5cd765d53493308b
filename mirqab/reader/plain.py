"""Moments and addresses as the pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from mirqab.reader import words


@dataclass(frozen=True, kw_only=True, slots=True)
class When:
    """A moment: in words, in full, and for machines."""

    words: str
    exact: str
    iso: str


def when(at: datetime, now: datetime) -> When:
    """Return a moment for a page."""
    return When(words=words.ago(at, now), exact=words.exact(at), iso=at.isoformat(timespec="seconds"))


def safe_link(url: str) -> str | None:
    """Return the address when a browser may be sent there: http and https alone."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None

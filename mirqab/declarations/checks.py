"""What a declared word may be: each check returns the value, or raises ValueError in plain words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from mirqab.documents import shown, suggestion
from mirqab.selectors import check_selector

# the names of the crawler's own spiders, which share one namespace with the outlets
RESERVED_IDS: Final = frozenset({"feeds", "page", "fetch"})


def check_id(text: str) -> str:
    """A short name that can stand in a command, an address and a file's name."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", text) or len(text) > 40:
        raise ValueError(f'expected a short name of a-z, 0-9 and "-" that starts with a letter, found "{text}"')
    return text


def check_outlet_id(text: str) -> str:
    """An id that can name a spider beside the crawler's own."""
    if text in RESERVED_IDS:
        raise ValueError(f'"{text}" is the name of a command of the crawler: choose another')
    return check_id(text)


def check_country(text: str) -> str:
    """ISO 3166-1 alpha-2, lower case."""
    if not re.fullmatch("[a-z]{2}", text):
        raise ValueError(f'expected the two small letters of a country, such as iq, found "{text}"')
    return text


def check_zone(text: str) -> str:
    """A time zone of the IANA database that this machine knows."""
    if problem := _zone_problem(text):
        raise ValueError(problem)
    return text


@lru_cache(maxsize=1024)  # thousands of outlets share some twenty zones, and a wrong one is looked up among 600
def _zone_problem(text: str) -> str | None:
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError; a folder's name gives OSError
        near = suggestion(text, available_timezones())
        return f'expected a time zone such as Asia/Baghdad, found "{text}"{near}'
    return None


def check_url(text: str) -> str:
    """An http(s) address without credentials; one that may hold a password is never repeated in the message."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if re.match(r"(\w+:)?(//)?[^/?#]*@", text):
        # it may hold a password: what was found is never repeated
        raise ValueError("expected an address without a user and a password: Mirqab reads what is public")
    if not usable or re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValueError(f'expected an address that starts with http:// or https://, found "{text}"')
    return text


def check_links(text: str) -> str:
    """A CSS selector that finds elements of a page."""
    try:
        check_selector(text)
    except ValueError as error:
        raise ValueError(f'expected a CSS selector such as "h3 > a", found {shown(text)}: {error}') from None
    return text

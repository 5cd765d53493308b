"""What a JSON Feed says, versions 1.0 and 1.1, also one that is cut short or does not name its version."""

from __future__ import annotations

import html
import json
import re
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from mirqab.addresses import clean_url
from mirqab.arabic.dates import now_in, read_date
from mirqab.feeds.ordering import is_oldest_first, spread
from mirqab.feeds.plaintext import plain
from mirqab.feeds.recognising import Form, refusal, what_it_is
from mirqab.types import FeedBody, FeedItem, FeedReading, Reason

_ITEMS: Final = re.compile(r"\"items\"\s*:\s*\[")
_NEXT: Final = re.compile(r"[\s,]*")
_TITLE: Final = re.compile(r"\"title\"\s*:\s*(?=\")")
_VERSION: Final = re.compile(r"(?:jsonfeed\.org/version/|\A)(\d(?:\.\d)?)(?!\d)")
_FEED_VERSION: Final = re.compile(r"jsonfeed\.org/version/")
_HEAD: Final = 2_000
_ITEM_KEYS: Final = frozenset(("id", "url", "external_url", "content_html", "content_text", "date_published"))
# Escapes bring back what decoding took out of the bytes.
_NO_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_WHOLE_CHARS: Final = 4_000_000
"""Longer texts are read item by item: five million empty items are 10 MB of JSON and half a gigabyte of objects."""
_MOST_VALUES: Final = 1_500_000
"""More values than any feed of 15 MiB has; seven million in one item are half a gigabyte of objects."""


class _Number(str):
    """A number as it is written: in a feed it only ever stands for an id, and may have any number of digits."""

    __slots__ = ()


_DECODER: Final = json.JSONDecoder(
    strict=False,  # line breaks inside of strings
    parse_int=_Number,
    parse_float=_Number,
    parse_constant=lambda _: None,
)


def read(text: str, feed: FeedBody, encoding: str) -> FeedReading:
    """Return what the text of a JSON Feed says, its items in the order given.

    NOT_A_FEED, with the message if there is one, for JSON that is something else; UNREADABLE_FEED for a feed without a
    readable item; TRUNCATED_FEED keeps the items before the place where it breaks off. Hubs and further pages are not
    followed.
    """
    text = _bounded(text.lstrip("\ufeff \t\r\n"))
    broken: Exception | None = None
    content: Any = None
    if len(text) <= _WHOLE_CHARS:
        try:
            content, _ = _DECODER.raw_decode(text)
        except (ValueError, RecursionError) as error:
            broken = error
    stood = None
    problem: Reason | None = None
    detail: str | None = None
    if content is None:
        content, stood, complete = _by_items(text, feed.max_items)
        if content is None:
            problem = Reason.UNREADABLE_FEED if _FEED_VERSION.search(text[:_HEAD]) else Reason.NOT_A_FEED
            return refusal(problem, f"JSON that cannot be read: {broken or 'no items'}"[:300], encoding)
        if broken is None and not complete:
            broken = ValueError("the text ends before the feed does")
    if not isinstance(content, dict) or not _is_feed(content):
        return refusal(Reason.NOT_A_FEED, what_it_is(text, Form.JSON), encoding)
    now = now_in(feed.timezone)
    entries = [entry for entry in content["items"] if isinstance(entry, dict)]
    left_out = max(0, (len(entries) if stood is None else stood) - feed.max_items)
    kept = "first"
    if len(entries) > feed.max_items:
        if is_oldest_first([_dated(entry, now) for entry in spread(entries)]):
            entries, kept = entries[-feed.max_items :], "last"
        else:
            entries = entries[: feed.max_items]
    if broken is not None:
        problem, detail = Reason.TRUNCATED_FEED, f"{broken}; {len(entries)} items before that are complete"[:300]
    elif content["items"] and not entries:
        problem, detail = Reason.UNREADABLE_FEED, "no item could be read"
    elif left_out:
        detail = f"{left_out} items beyond the {kept} {feed.max_items} were left out"
    whose = _authors(content)
    return FeedReading(
        version=_version(content),
        encoding=encoding,
        title=plain(_text(content, "title")),
        items=tuple(_item(entry, feed.url, whose, now) for entry in entries),
        problem=problem,
        detail=detail,
        left_out=left_out,
    )


def _bounded(text: str) -> str:
    """Return the text, or as much of its beginning as does not hold too many values."""
    while len(text) > _WHOLE_CHARS and text.count(",") + text.count("[") + text.count("{") > _MOST_VALUES:
        text = text[: len(text) // 2]
    return text


def _is_feed(content: Mapping[str, Any]) -> bool:
    """Tell a feed from other JSON: it names its version, or has what only a feed's items have."""
    items = content.get("items")
    if not isinstance(items, list):
        return False
    if _FEED_VERSION.search(_text(content, "version")):
        return True
    first = next((entry for entry in items if isinstance(entry, dict)), None)
    if first is None:
        return not items and not {"feed_url", "home_page_url"}.isdisjoint(content)
    return len(_ITEM_KEYS.intersection(first)) >= 2


def _version(content: Mapping[str, Any]) -> str:
    found = _VERSION.search(_text(content, "version", number=True))
    if found is None:
        return "json11" if "authors" in content else "json1"
    return "json11" if found[1] == "1.1" else "json1"


def _by_items(text: str, most: int) -> tuple[dict[str, Any] | None, int, bool]:
    """Return the feed as far as it can be read, one item after the other: it, its number of items, if it is complete.

    Ends at the first item that is broken; no more than the first and the last `most` are kept.
    """
    start = _ITEMS.search(text)
    if start is None:
        return None, 0, False
    items: list[Any] = []
    last: deque[Any] = deque(maxlen=most)
    stood = 0
    position = start.end()
    while True:
        if (between := _NEXT.match(text, position)) is not None:
            position = between.end()
        try:
            item, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        stood += 1
        if len(items) < most:
            items.append(item)
        else:
            last.append(item)
    content: dict[str, Any] = {"items": [*items, *last], "version": text[: start.start()]}
    title = _TITLE.search(text, 0, start.start())
    if title is not None:
        with suppress(ValueError):
            content["title"] = _DECODER.raw_decode(text, title.end())[0]
    return content, stood, text.startswith("]", position) and text.rstrip().endswith("}")


def _text(entry: Mapping[str, Any], key: str, *, number: bool = False) -> str:
    """Return the text under `key`; halves of a character, which JSON can name but no text can hold, are replaced."""
    value = entry.get(key)
    if not isinstance(value, str) or (isinstance(value, _Number) and not number):
        return ""
    if not value.isascii():
        value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _NO_TEXT.sub("", value)


def _item(entry: Mapping[str, Any], base: str, whose: tuple[str, ...], now: datetime) -> FeedItem:
    guid = _text(entry, "id", number=True).strip() or None
    links = [_text(entry, "url"), _text(entry, "external_url")]
    if guid and guid.lower().startswith(("http://", "https://")):
        links.append(guid)
    published_raw = _text(entry, "date_published") or None
    updated_raw = _text(entry, "date_modified") or None
    content = _text(entry, "content_html") or None
    if content is None and (written := _text(entry, "content_text")):
        content = html.escape(written, quote=False).replace("\n", "<br>\n")  # markup, as in other feeds
    return FeedItem(
        guid=guid,
        url=next((url for link in links if (url := clean_url(link, base)) is not None), None),
        title=plain(_text(entry, "title")),
        summary=plain(_text(entry, "summary")),
        content=content,
        authors=_authors(entry) or whose,
        published=read_date(published_raw, now=now),
        published_raw=published_raw,
        updated=read_date(updated_raw, now=now),
        updated_raw=updated_raw,
    )


def _dated(entry: Mapping[str, Any], now: datetime) -> datetime | None:
    return read_date(_text(entry, "date_published") or _text(entry, "date_modified") or None, now=now)


def _authors(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names under `authors` (1.1) or `author` (1.0): objects, or mere texts where it is written wrong."""
    said = entry.get("authors")
    listed = said if isinstance(said, list) and said else [entry.get("author")]
    people = [{"name": who} if isinstance(who, str) else who for who in listed]
    names = [plain(_text(person, "name")) for person in people if isinstance(person, dict)]
    return tuple(dict.fromkeys(name for name in names if name))

"""What an RSS, Atom or RDF feed says, read with feedparser from memory alone.

feedparser opens a body that looks like a path, decodes by labels that lie, and raises on bad character references. So
it is given text that was decoded before, repaired where a repair is certain, as UTF-8.
"""

from __future__ import annotations

import io
import re
from calendar import timegm
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from mirqab.addresses import clean_url
from mirqab.arabic.dates import believable, read_date
from mirqab.feeds import delta
from mirqab.feeds.plaintext import plain
from mirqab.feeds.recognising import refusal
from mirqab.types import FeedBody, FeedItem, FeedReading, Reason

_XML_DECLARATION: Final = re.compile(r"\s*<\?xml\b[^>]{0,300}\?>")
_REFERENCE: Final = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,20})|([0-9]{1,20}));?")
_ROOT: Final = re.compile(r"<(?:\w+:)?(rss|feed|RDF)\b", re.IGNORECASE)
_ITEM_END: Final = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_ITEM_START: Final = re.compile(r"<(?:\w+:)?(?:item|entry)\b", re.IGNORECASE)
# Tags of items, but not those written inside of CDATA or a comment.
_ITEM_TAG: Final = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<(?P<close>/?)(?:\w+:)?(?P<item>item|entry)\b[^<>]*>?",
    re.IGNORECASE | re.DOTALL,
)
_CLOSING: Final = re.compile(r"</(?:\w+:)?(?:channel|rss|feed|RDF)\s*>", re.IGNORECASE)
# feedparser looks for e-mail addresses in these with a pattern of quadratic time: 60 kB took a minute.
_LONG_AUTHOR: Final = re.compile(
    r"(<(?:\w+:)?(?:author|name|creator|contributor|managingEditor|webMaster|publisher|owner)\b[^>]{0,300}>"
    r"\s*(?:<!\[CDATA\[)?[^<\]]{500})[^<\]]+",
    re.IGNORECASE,
)
_DOCTYPE: Final = re.compile(r"<!DOCTYPE\b[^\[>]*(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL)
_SRS_NAME: Final = re.compile(r"\bsrsName\s*=", re.IGNORECASE)


def read(text: str, feed: FeedBody, encoding: str) -> FeedReading:
    """Return what the text of an RSS, Atom or RDF feed says; `encoding` is the one its bytes were decoded from.

    UNREADABLE_FEED and NOT_A_FEED come without items; TRUNCATED_FEED keeps every item that is complete.
    """
    text = _repair(text)
    root = _ROOT.search(text)
    if root is None:
        return refusal(Reason.NOT_A_FEED, "neither RSS nor Atom", encoding)
    text, truncated = _complete(text, root)
    text, left_out = _first_items(text, feed.max_items)
    try:
        known = b"" if truncated else feed.known
        taken = delta.parse(text, url=feed.url, known=known, feedparse=partial(_feedparse, url=feed.url))
    except MemoryError:
        raise
    except Exception as error:  # the library raises almost anything; its promise not to is broken
        return refusal(Reason.UNREADABLE_FEED, f"{type(error).__name__}: {error}"[:300], encoding)
    parsed, unchanged = taken.result, taken.unchanged
    entries = parsed.get("entries") or []
    version = str(parsed.get("version") or "")
    if not version and not entries and not unchanged:
        return refusal(Reason.NOT_A_FEED, "neither RSS nor Atom", encoding)
    now = datetime.now(UTC)
    items = tuple(_item(entry, url=feed.url, atom=version.startswith("atom"), now=now) for entry in entries)
    problem, detail = None, None
    if left_out:
        read = len(items) + unchanged
        detail = f"the first {read} of {read + left_out} items"
    if truncated:
        problem, detail = Reason.TRUNCATED_FEED, f"the text ends without </{root[1]}>; {len(items)} items are complete"
    elif not items and not unchanged and _ITEM_START.search(text):
        problem, detail = Reason.UNREADABLE_FEED, str(parsed.get("bozo_exception") or "no item could be read")[:300]
    return FeedReading(
        version=version,
        encoding=encoding,
        title=plain(_stored(parsed.get("feed") or {}, "title")),
        items=items,
        problem=problem,
        detail=detail,
        unchanged=unchanged,
        left_out=left_out,
        item_hashes=b"" if truncated else taken.item_hashes,
    )


def _repair(text: str) -> str:
    """Mend what is certain: references to no character, and the declaration, which is ours from here on."""
    if "&#" in text:
        text = _REFERENCE.sub(_reference, _PAIR.sub(_pair, text))
    return _LONG_AUTHOR.sub(r"\1", _XML_DECLARATION.sub("", text, count=1)).lstrip()


_PAIR: Final = re.compile(r"&#[xX]([dD][89abAB][0-9a-fA-F]{2});&#[xX]([dD][c-fC-F][0-9a-fA-F]{2});")


def _pair(found: re.Match[str]) -> str:
    """Join the two halves of one character that was written in UTF-16."""
    return chr(0x10000 + ((int(found[1], 16) - 0xD800) << 10) + int(found[2], 16) - 0xDC00)


def _reference(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else int(found[2])
    if code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF:
        return found[0]
    return "" if code < 0x20 else "\ufffd"


def _first_items(text: str, most: int) -> tuple[str, int]:
    """Return the text with the items after the first `most` cut out, and how many they were.

    What stands behind the last item stays: closing tags, and now and then the feed's title.
    """
    if len(_ITEM_START.findall(text)) <= most:
        return text, 0
    starts: list[int] = []
    end = 0
    for found in _ITEM_TAG.finditer(text):
        if found["item"] is None:
            continue
        if found["close"]:
            end = found.end()
        else:
            starts.append(found.start())
    if len(starts) <= most:
        return text, 0
    cut = starts[most]
    if end <= cut:
        closing = _CLOSING.search(text, starts[-1])
        end = closing.start() if closing else len(text)
    return text[:cut] + text[end:], len(starts) - most


def _complete(text: str, root: re.Match[str]) -> tuple[str, bool]:
    """Return the text with an incomplete end cut off, and whether it was cut short.

    A half item could carry half a link, which would be fetched and fail, so only complete items are kept.
    """
    name = re.match(r"<((?:\w+:)?\w+)", text[root.start() :])
    assert name is not None
    if re.search(rf"</{re.escape(name[1])}\s*>", text[root.end() :], re.IGNORECASE) or re.match(
        r"[^<>]*/>", text[root.end() :]
    ):
        return text, False
    end = max((found.end() for found in _ITEM_END.finditer(text)), default=None)
    if end is None:
        return text, True
    channel = "</channel>" if root[1].lower() == "rss" else ""
    return f"{text[:end]}{channel}</{name[1]}>", True


def _feedparse(text: str, url: str) -> Any:
    """Run feedparser on text that is known to be UTF-8; once more without what it chokes on when it raises."""
    import feedparser

    # A lone content type keeps the library from guessing an encoding again; the location is the base of links.
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        return feedparser.parse(io.BytesIO(text.encode("utf-8", "replace")), response_headers=headers)
    except MemoryError:
        raise
    except Exception:
        # known: a backslash in the document type, a projection that is no number, bad references in escaped HTML
        calmer = _SRS_NAME.sub("data-srs=", _DOCTYPE.sub("", text))
        calmer = re.sub(r"&amp;(#[xX0-9])", r"&amp;amp;\1", calmer)
        return feedparser.parse(io.BytesIO(calmer.encode("utf-8", "replace")), response_headers=headers)


def _stored(entry: Any, key: str) -> str:
    """Return a text value under its own key: feedparser's look-up answers `updated` with `published` and warns."""
    value = dict.get(entry, key)
    return value if isinstance(value, str) else ""


def _item(entry: Any, *, url: str, atom: bool, now: datetime) -> FeedItem:
    guid = _stored(entry, "id").strip() or None
    published_raw = _stored(entry, "published") or None
    updated_raw = _stored(entry, "updated") or None
    published = _moment(entry, "published", now)
    updated = _moment(entry, "updated", now)
    if published_raw is None and updated_raw:
        # dc:date in RSS, and Atom feeds that only say `updated`: the one date they give
        published_raw, published = updated_raw, updated
        if not atom:
            updated_raw, updated = None, None
    return FeedItem(
        guid=guid,
        url=_link(entry, url, guid),
        title=plain(_stored(entry, "title")),
        summary=plain(_stored(entry, "summary")),
        content=_content(entry),
        authors=_authors(entry),
        published=published,
        published_raw=published_raw,
        updated=updated,
        updated_raw=updated_raw,
    )


def _link(entry: Any, base: str, guid: str | None) -> str | None:
    link = _stored(entry, "link").strip()
    if link:
        return clean_url(link, base)
    if guid and guid.lower().startswith(("http://", "https://")):
        return clean_url(guid)
    return None


def _content(entry: Any) -> str | None:
    parts = [part for part in dict.get(entry, "content") or () if isinstance(part, dict)]
    values = [value for part in parts if isinstance(value := dict.get(part, "value"), str) and value.strip()]
    return max(values, key=len, default=None)


def _authors(entry: Any) -> tuple[str, ...]:
    authors = [author for author in dict.get(entry, "authors") or () if isinstance(author, dict)]
    names = [plain(_stored(author, "name")) for author in authors] or [plain(_stored(entry, "author"))]
    return tuple(dict.fromkeys(name for name in names if name))


def _moment(entry: Any, key: str, now: datetime) -> datetime | None:
    raw = _stored(entry, key)
    moment = read_date(raw, now=now)
    if moment is not None or not raw:
        return moment
    parsed = dict.get(entry, f"{key}_parsed")
    if not parsed:
        return None
    try:
        moment = datetime.fromtimestamp(timegm(parsed), UTC)
    except (ValueError, OverflowError, TypeError, OSError):
        return None
    return moment if believable(moment, now=now) else None

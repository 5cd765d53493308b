"""What an RSS, Atom or RDF feed says, read with feedparser from memory alone.

feedparser opens a body that looks like a path, decodes by labels that lie, and raises on bad character references. So
it is given text that was decoded before, repaired where a repair is certain, as UTF-8.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from mirqab.addresses import clean_url
from mirqab.arabic.dates import now_in, read_date
from mirqab.feeds import delta, pace
from mirqab.feeds.bounding import bounded, items_of
from mirqab.feeds.plaintext import plain
from mirqab.feeds.recognising import refusal
from mirqab.feeds.repairing import repaired, without_prolog
from mirqab.types import FeedBody, FeedItem, FeedReading, Reason

# The root of a feed; `channel` is that of CDF, and of RSS that forgot its own.
_ROOT: Final = re.compile(r"<((?:[\w.\-]+:)?(?:rss|feed|RDF|channel))\b", re.IGNORECASE)
_UNKNOWN: Final = "neither RSS nor Atom"
_SRS_NAME: Final = re.compile(r"\bsrsName\s*=", re.IGNORECASE)
_ESCAPED_REFERENCE: Final = re.compile(r"&amp;(#[xX0-9])")


def read(text: str, feed: FeedBody, encoding: str) -> FeedReading:
    """Return what the text of an RSS, Atom or RDF feed says; `encoding` is the one its bytes were decoded from.

    UNREADABLE_FEED and NOT_A_FEED come without items; TRUNCATED_FEED keeps every item that is complete.
    """
    try:
        return _of_all(repaired(text), feed, encoding)
    except _UnreadableError as error:
        return refusal(Reason.UNREADABLE_FEED, str(error), encoding)


def read_unseen(body: bytes, feed: FeedBody) -> FeedReading | None:
    """Return what those items of a feed say that are not known from its last reading, when they can be read alone.

    `body` is that of `feed`, inflated. None when it is to be decoded, recognised and read like any other: what is
    returned is what would come of that.
    """
    short = delta.shortened(body, feed.known)
    if short is None:
        return None
    text = without_prolog(short.text)
    root = _ROOT.search(text)
    if root is None:
        return None

    def feedparse(left: str) -> Any | None:
        return None if _complete(left, root)[1] else _feedparse(left)

    try:
        taken = delta.parse_unseen(
            short, text, url=feed.url, known=feed.known, most=feed.max_items, feedparse=feedparse
        )
    except _UnreadableError:
        return None
    return None if taken is None else _reading(taken, text, feed, "utf-8")


def _of_all(text: str, feed: FeedBody, encoding: str) -> FeedReading:
    root = _ROOT.search(text)
    if root is None:
        return refusal(Reason.NOT_A_FEED, _UNKNOWN, encoding)
    text, truncated = _complete(text, root)
    text, left_out, kept = bounded(text, feed.max_items, now_in(feed.timezone))
    known = b"" if truncated else feed.known
    taken = delta.parse(text, url=feed.url, known=known, feedparse=_feedparse)
    parsed, unchanged = taken.result, taken.unchanged
    entries = parsed.get("entries") or []
    if not parsed.get("version") and not entries and not unchanged:
        return refusal(Reason.NOT_A_FEED, _UNKNOWN, encoding)
    reading = _reading(taken, text, feed, encoding)
    problem, detail = None, None
    if left_out:
        detail = f"{left_out} items beyond the {kept} {len(entries) + unchanged} were left out"
    if truncated:
        problem = Reason.TRUNCATED_FEED
        detail = f"the text ends without </{root[1]}>; {len(entries)} items are complete"
    elif not entries and not unchanged and items_of(text)[0]:
        problem, detail = Reason.UNREADABLE_FEED, str(parsed.get("bozo_exception") or "no item could be read")[:300]
    hashes = b"" if truncated else taken.item_hashes
    return replace(reading, problem=problem, detail=detail, left_out=left_out, item_hashes=hashes)


def _reading(taken: delta.Parsed, text: str, feed: FeedBody, encoding: str) -> FeedReading:
    """Return what was taken out of a feed's text as a reading without a problem."""
    parsed = taken.result
    version = str(parsed.get("version") or "")
    now = now_in(feed.timezone)
    entries = parsed.get("entries") or []
    return FeedReading(
        version=version,
        encoding=encoding,
        title=plain(_stored(parsed.get("feed") or {}, "title")),
        items=tuple(_item(entry, url=feed.url, atom=version.startswith("atom"), now=now) for entry in entries),
        pace=pace.of_text(text),
        unchanged=taken.unchanged,
        item_hashes=taken.item_hashes,
    )


def _complete(text: str, root: re.Match[str]) -> tuple[str, bool]:
    """Return the text with an incomplete end cut off, and whether it was cut short.

    A half item could carry half a link, which would be fetched and fail, so only complete items are kept.
    """
    name = root[1]
    if re.search(rf"</{re.escape(name)}\s*(?:>|\Z)", text[root.end() :], re.IGNORECASE) or re.match(
        r"[^<>]*/>", text[root.end() :]
    ):
        return text, False
    starts, end = items_of(text)
    end = end or (starts[0] if starts else len(text))
    channel = "</channel>" if name.lower().endswith("rss") else ""
    return f"{text[:end]}{channel}</{name}>", True


class _UnreadableError(Exception):
    """The library raised on a feed's text in any form."""


def _feedparse(text: str) -> Any:
    """Run feedparser on text that is known to be UTF-8; once more without what it chokes on when it raises.

    `bozo` is set then too: the text was not read as it stands. Raises _UnreadableError.
    """
    import feedparser

    feedparser.api.PREFERRED_XML_PARSERS.clear()  # none of them is installed; looking each time takes 0.1 ms

    # A lone content type keeps the library from guessing an encoding again. It is not told where the feed lies: it
    # would make an address of a guid like `n-17`; links are resolved here.
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        return feedparser.parse(io.BytesIO(text.encode("utf-8", "replace")), response_headers=headers)
    except MemoryError:
        raise
    except Exception:
        # known: a backslash in the document type, a projection that is no number, bad references in escaped HTML
        root = _ROOT.search(text)
        calmer = _SRS_NAME.sub("data-srs=", text[root.start() if root else 0 :])
        calmer = _ESCAPED_REFERENCE.sub(r"&amp;amp;\1", calmer)
        try:
            parsed = feedparser.parse(io.BytesIO(calmer.encode("utf-8", "replace")), response_headers=headers)
        except MemoryError:
            raise
        except Exception as error:  # it raises almost anything; its promise not to is broken
            raise _UnreadableError(f"{type(error).__name__}: {error}"[:300]) from error
        parsed["bozo"] = True
        return parsed


def _stored(entry: Any, key: str) -> str:
    """Return a text value under its own key: feedparser's look-up answers `updated` with `published` and warns."""
    value = dict.get(entry, key)
    return value if isinstance(value, str) else ""


def _item(entry: Any, *, url: str, atom: bool, now: datetime) -> FeedItem:
    guid = _stored(entry, "id").strip() or None
    published_raw = _stored(entry, "published") or None
    updated_raw = _stored(entry, "updated") or None
    published = read_date(published_raw, now=now)
    updated = read_date(updated_raw, now=now)
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
    if guid and (not link or link == guid):  # without a link the library takes the guid for one, whatever it is
        return clean_url(guid, base) if guid.lower().startswith(("http://", "https://", "/")) else None
    return clean_url(link, base) if link else None


def _content(entry: Any) -> str | None:
    parts = [part for part in dict.get(entry, "content") or () if isinstance(part, dict)]
    values = [value for part in parts if isinstance(value := dict.get(part, "value"), str) and value.strip()]
    return max(values, key=len, default=None)


def _authors(entry: Any) -> tuple[str, ...]:
    authors = [author for author in dict.get(entry, "authors") or () if isinstance(author, dict)]
    names = [plain(_stored(author, "name")) for author in authors] or [plain(_stored(entry, "author"))]
    return tuple(dict.fromkeys(name for name in names if name))

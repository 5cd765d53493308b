"""From the bytes of one answer to what it says: inflated, decoded, recognised, and read by what it turned out to be."""

from __future__ import annotations

import re
import zlib
from typing import Final

from mirqab.arabic.encodings import decode
from mirqab.feeds import jsonfeed, sections, sitemaps, syndication
from mirqab.feeds.recognising import Form, form_of, refusal, what_it_is
from mirqab.markup import charset_in, charset_of
from mirqab.types import FeedBody, FeedKind, FeedReading, Reason

MAX_INFLATED_BYTES: Final = 15 * 1024 * 1024
"""What a compressed body may become: as much as a body may have that comes as it is."""

_GZIP: Final = b"\x1f\x8b"
_MOST_MEMBERS: Final = 100
"""Each costs a copy of what follows it, so that a flood of empty ones would take quadratic time."""
_XML_ENCODING: Final = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{1,40})")


def read_feed(feed: FeedBody) -> FeedReading:
    """Return what a feed says: its items in the order given, and the problem if it has one.

    Relative links are resolved against the address the bytes came from. EMPTY, NOT_A_FEED, TOO_LARGE, BROKEN_ANSWER
    and UNREADABLE_FEED come without items; TRUNCATED_FEED keeps every item that is complete. Never fetches, never
    raises for content; hostile bodies can still take long, which is why it runs in a worker process.
    """
    body = feed.body
    try:
        body = _inflated(body)
    except _TooLargeError:
        return refusal(Reason.TOO_LARGE, f"more than {MAX_INFLATED_BYTES >> 20} MiB when inflated")
    except zlib.error as error:
        return refusal(Reason.BROKEN_ANSWER, f"broken compression: {error}")
    if not body.strip():
        return refusal(Reason.EMPTY, "the body is empty")
    if feed.known and (unseen := syndication.read_unseen(body, feed)) is not None:
        return unseen
    declared = _XML_ENCODING.search(body[:1024])
    labels = [charset_of(feed.content_type), declared[1].decode("ascii") if declared else None]
    if feed.kind is FeedKind.SECTION:
        labels.append(charset_in(body))
    decoded = decode(body, declared=labels)
    if not decoded.text.strip():
        return refusal(Reason.EMPTY, "the body is empty")
    form = form_of(decoded.text)
    if form is Form.SYNDICATION:
        return syndication.read(decoded.text, feed, decoded.encoding)
    if form is Form.JSON:
        return jsonfeed.read(decoded.text, feed, decoded.encoding)
    if form is Form.SITEMAP or (
        form is Form.OTHER and (feed.kind is FeedKind.SITEMAP or sitemaps.is_list(decoded.text))
    ):
        return sitemaps.read(decoded.text, feed, decoded.encoding)
    if feed.kind is FeedKind.SECTION:
        return sections.read(decoded.text, feed, decoded.encoding)
    return refusal(Reason.NOT_A_FEED, what_it_is(decoded.text, form), decoded.encoding)


class _TooLargeError(Exception):
    """The body inflates to more than is read."""


def _inflated(body: bytes) -> bytes:
    """Return the body as it was before it was compressed: for its way here, and once or twice by the server."""
    for _ in range(3):
        if not body.startswith(_GZIP):
            break
        body = _gunzipped(body)
    return body


def _gunzipped(body: bytes) -> bytes:
    """Return what is in gzip, which may be several members one after another; of a cut one as much as there is."""
    parts: list[bytes] = []
    size = 0
    while body.startswith(_GZIP) and len(parts) < _MOST_MEMBERS:
        inflater = zlib.decompressobj(wbits=31)
        parts.append(inflater.decompress(body, MAX_INFLATED_BYTES + 1 - size))
        size += len(parts[-1])
        if size > MAX_INFLATED_BYTES:
            raise _TooLargeError
        body = inflater.unused_data
    return b"".join(parts)

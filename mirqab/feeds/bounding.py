"""How much of a feed is read: its newest items, and no more markup than can be parsed in a few seconds."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, Literal, NamedTuple

from mirqab.arabic.dates import read_date
from mirqab.feeds.ordering import is_oldest_first, spread

# Tags of items, but not those written inside of CDATA or a comment.
_ITEM_TAG: Final = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<(?P<close>/?)(?:[\w.\-]+:)?(?P<item>item|entry)\b[^<>]*>?",
    re.IGNORECASE | re.DOTALL,
)
_ITEM_START: Final = re.compile(r"<(?:[\w.\-]+:)?(?:item|entry)\b", re.IGNORECASE)
_OPENING: Final = re.compile(r"<(?:[\w.\-]+:)?(?:rss|feed|RDF|channel)\b[^<>]{0,20000}>", re.IGNORECASE)
_CLOSING: Final = re.compile(r"</(?:[\w.\-]+:)?(?:channel|rss|feed|RDF)\s*>", re.IGNORECASE)
_PART_TAG: Final = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    r"|<(?P<close>/?)(?P<part>(?:[\w.\-]+:)?(?:encoded|description|content|summary|body))\b[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)

_DATE: Final = re.compile(
    r"<(?:[\w.\-]+:)?(?P<name>pubDate|published|issued|date|updated|modified)\b[^<>]*>\s*(?:<!\[CDATA\[)?([^<\]]{4,100})",
    re.IGNORECASE,
)

# Measured with feedparser 6.0.14: no kind of markup costs more than 22 µs a tag, 8 µs an escaped one's half.
_MOST_MARKUP: Final = 175_000
_MOST_MARKUP_OF_ONE: Final = 50_000
_REFERENCE_WEIGHT: Final = 0.4
# One attribute of a megabyte makes the library's sanitiser use 150 MB.
_MOST_CHARS_OF_ONE: Final = 400_000
_LONG_PART_CHARS: Final = 100_000


class Bounded(NamedTuple):
    """A feed's text with as many items as are read, how many are left out, and whether the first or the last stayed."""

    text: str
    left_out: int
    kept: Literal["first", "last"] = "first"


def bounded(text: str, most: int, now: datetime) -> Bounded:
    """Return a feed's text with its newest items, at most `most`: the first, or the last where their dates say so.

    `now` (with a zone) is for dates without one. Fewer are kept when there is more markup than can be parsed in a few
    seconds. An item of more than 400,000 characters loses its description and content (as a rule pictures written into
    the text); one that is still too long is left out. What stands behind the last item stays: closing tags, and now
    and then the feed's title.
    """
    if _is_light(text, _MOST_MARKUP) and (text.count("<") <= most or len(_ITEM_START.findall(text)) <= most):
        return Bounded(text, 0)
    starts, end = items_of(text)
    if not starts:
        return Bounded(text if _is_light(text, _MOST_MARKUP) else _outline(text), 0)
    if end <= starts[-1]:
        closing = _CLOSING.search(text, starts[-1])
        end = closing.start() if closing else len(text)
    head, tail = text[: starts[0]], text[end:]
    kept: list[str] = []
    room: float = _MOST_MARKUP
    places = list(zip(starts, [*starts[1:], end], strict=True))
    from_end = is_oldest_first([_dated(text[start:stop], now) for start, stop in spread(places)])
    for start, stop in reversed(places) if from_end else places:
        item = _lighter(text[start:stop])
        weight = _weight(item)
        if len(item) > _MOST_CHARS_OF_ONE or weight > _MOST_MARKUP_OF_ONE:
            continue
        if len(kept) == most or weight > room:
            break
        kept.append(item)
        room -= weight
    left_out = len(starts) - len(kept)
    if from_end:
        kept.reverse()
    if not _is_light(head, _MOST_MARKUP_OF_ONE):
        head = _outline(head)
    if not _is_light(tail, _MOST_MARKUP_OF_ONE):
        tail = "".join(found[0] for found in list(_CLOSING.finditer(tail))[-2:])
    return Bounded("".join((head, *kept, tail)), left_out, "last" if from_end else "first")


def _dated(item: str, now: datetime) -> datetime | None:
    """Return when an item was published, else when it changed."""
    found = {match["name"].lower(): match[2] for match in _DATE.finditer(item[:_MOST_CHARS_OF_ONE])}
    changed = ("updated", "modified")
    raw = next((text for name, text in found.items() if name not in changed), None)
    return read_date(raw or next(iter(found.values()), None), now=now)


def is_light(body: bytes) -> bool:
    """Tell whether nothing is left out of a text in UTF-8 unless it has too many items: no part is too much to read."""
    weight = body.count(b"<") + _REFERENCE_WEIGHT * body.count(b"&")
    return len(body) <= _MOST_CHARS_OF_ONE and weight <= _MOST_MARKUP_OF_ONE


def items_of(text: str) -> tuple[list[int], int]:
    """Return where the items begin, and where the last one that is closed ends (0 when none is)."""
    starts: list[int] = []
    end = 0
    for found in _ITEM_TAG.finditer(text):
        if found["item"] is None:
            continue
        if found["close"] or found[0].endswith("/>"):
            end = found.end()
        if not found["close"]:
            starts.append(found.start())
    return starts, end


def _weight(text: str) -> float:
    """Return how much markup there is, counted in tags."""
    return text.count("<") + _REFERENCE_WEIGHT * text.count("&")


def _is_light(text: str, most: int) -> bool:
    return len(text) <= _MOST_CHARS_OF_ONE and _weight(text) <= most


def _lighter(item: str) -> str:
    """Return an item that is too long without its long parts."""
    if len(item) <= _MOST_CHARS_OF_ONE:
        return item
    kept: list[str] = []
    copied, opened = 0, None
    for tag in _PART_TAG.finditer(item):
        if tag["part"] is None:
            continue
        if not tag["close"]:
            opened = opened or tag
        elif opened is not None and tag["part"].lower() == opened["part"].lower():
            if tag.end() - opened.start() > _LONG_PART_CHARS:
                kept.append(item[copied : opened.start()])
                copied = tag.end()
            opened = None
    return "".join((*kept, item[copied:]))


def _outline(head: str) -> str:
    """Return the opening tags of a feed whose head is too much to read."""
    return "".join(found[0] for found in list(_OPENING.finditer(head))[:2])

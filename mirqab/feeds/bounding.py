"""How much of a feed is read: its first items, and no more markup than can be parsed in a few seconds."""

from __future__ import annotations

import re
from typing import Final

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

# Measured with feedparser 6.0.14: no kind of markup costs more than 22 µs a tag, 8 µs an escaped one's half.
_MOST_MARKUP: Final = 175_000
_MOST_MARKUP_OF_ONE: Final = 50_000
_REFERENCE_WEIGHT: Final = 0.4
# One attribute of a megabyte makes the library's sanitiser use 150 MB.
_MOST_CHARS_OF_ONE: Final = 400_000
_LONG_PART_CHARS: Final = 100_000


def first_items(text: str, most: int) -> tuple[str, int]:
    """Return a feed's text with its first items, at most `most`, and how many are left out.

    Fewer are kept when there is more markup than can be parsed in a few seconds. An item of more than 400,000
    characters loses its description and content (as a rule pictures written into the text); one that is still too
    long is left out. What stands behind the last item stays: closing tags, and now and then the feed's title.
    """
    if _is_light(text, _MOST_MARKUP) and (text.count("<") <= most or len(_ITEM_START.findall(text)) <= most):
        return text, 0
    starts, end = items_of(text)
    if not starts:
        return (text, 0) if _is_light(text, _MOST_MARKUP) else (_outline(text), 0)
    if end <= starts[-1]:
        closing = _CLOSING.search(text, starts[-1])
        end = closing.start() if closing else len(text)
    head, tail = text[: starts[0]], text[end:]
    kept: list[str] = []
    room: float = _MOST_MARKUP
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        item = _lighter(text[start:stop])
        weight = _weight(item)
        if len(item) > _MOST_CHARS_OF_ONE or weight > _MOST_MARKUP_OF_ONE:
            continue
        if len(kept) == most or weight > room:
            break
        kept.append(item)
        room -= weight
    left_out = len(starts) - len(kept)
    if not _is_light(head, _MOST_MARKUP_OF_ONE):
        head = _outline(head)
    if not _is_light(tail, _MOST_MARKUP_OF_ONE):
        tail = "".join(found[0] for found in list(_CLOSING.finditer(tail))[-2:])
    return "".join((head, *kept, tail)), left_out


def is_light(text: str) -> bool:
    """Tell whether nothing is left out of a text unless it has too many items: no part of it is too much to read."""
    return _is_light(text, _MOST_MARKUP_OF_ONE)


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

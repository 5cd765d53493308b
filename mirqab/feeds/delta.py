"""Of a feed that changed, only the items that are new or changed are read in full: the costly part is per item.

The text is cut into items and what stands around them. Items with a known hash are left out, and the rest, everything
around the items included, goes through the same feedparser. That is only done where it gives what the whole text
would give, which asks for two things. The cut must be XML's own: `_TOKEN` steps over comments, CDATA sections and
instructions as a whole, so `</item>` inside them ends nothing, and a document type (which may declare entities) or an
item with a prefix, within another, or without content rules a cut out. And an item must not reach beyond itself:
feedparser carries state from element to element, so `_PLAIN` admits items of simple elements alone, and only texts that
feedparser's strict reader took without complaint get hashes. A known hash thus stands for a well-formed item that was
read in the same surroundings (`Split.context`), and what is left when it is taken out is well-formed just when the
whole was. Wherever any of this fails the whole text is read, and `item_hashes` stays empty.

Decoding, mending and bounding a text cost as much as reading one item, so items whose bytes have a known hash go
before (`shortened`), and what is left is looked at first (`parse_unseen`). A known hash therefore also stands for an
item that all of these leave as it is, whatever is around it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from mirqab.arabic.encodings import as_it_stands
from mirqab.feeds.bounding import is_light, items_of
from mirqab.feeds.repairing import is_sound

HASH_BYTES: Final = 8
_KIND: Final = 2
"""Goes up when a hash comes to stand for more than before, so that older ones are not believed."""

_TOKEN: Final = re.compile(
    r"<(?:!--.*?-->|!\[CDATA\[.*?\]\]>|\?.*?\?>|(/?)((?:[\w.-]+:)?(?:item|entry))(?=[\s/>])[^<>]*>)",
    re.IGNORECASE | re.DOTALL,
)
_ROOT: Final = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*<(rss|feed)(?=[\s>])[^<>]*>", re.DOTALL)
_ITEM_OF: Final = {"rss": "item", "feed": "entry"}
_ROOT_NAME: Final = re.compile(rb"<(rss|feed)[\s>]")

_CDATA: Final = r"<!\[CDATA\[.*?\]\]>"
_COMMENT: Final = r"<!--.*?-->"
_TEXT: Final = rf"(?:[^<]++|{_CDATA}|{_COMMENT})*+"


def _element(name: str, content: str, group: str) -> str:
    """Return the pattern of an element with a name and content of these patterns; its name becomes `group`."""
    return rf"<(?P<{group}>{name})(?:\s[^<>]*+|/)?+>(?:(?<=/>)|{content}</(?P={group})\s*+>)"


_NAME: Final = r"[\w:.-]++"
_PERSON: Final = rf"(?:\s++|{_COMMENT}|{_element('name|uri|email', _TEXT, 'detail')})*+"
_MEDIA: Final = rf"(?:\s++|{_COMMENT}|{_element('media:[a-z]++', _TEXT, 'medium')})*+"
_PLAIN: Final = re.compile(
    r"<(?P<item>item|entry)(?:\s[^<>]*+)?+>(?:"
    rf"\s++|{_COMMENT}"
    rf"|{_element(_NAME, _TEXT, 'leaf')}"
    rf"|{_element('author|contributor', _PERSON, 'person')}"
    rf"|{_element('media:[a-z]++', _MEDIA, 'media')}"
    r")*+</(?P=item)\s*+>",
    re.DOTALL,
)
"""An item that leaves no trace in feedparser once it is read: text in elements, and in those of persons and media."""

_DECLARED: Final = re.compile(r"\sxmlns(?::[\w.-]+)?\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_HIDDEN: Final = re.compile(rf"{_CDATA}|{_COMMENT}", re.DOTALL)
_CLOSED: Final = re.compile(rf"{_CDATA}|{_COMMENT}|<\?.*?\?>", re.DOTALL)

_PASSING: Final = re.compile(
    rf"({_CDATA})|{_COMMENT}"
    r"|<(lastBuildDate|pubDate|updated|modified|ttl|skipHours|skipDays|dc:date|sy:update\w+"
    r"|openSearch:(?:totalResults|startIndex|itemsPerPage))>[^<]*</\2\s*>",
    re.DOTALL,
)
"""What changes around the items from poll to poll and has no say in what they mean."""


@dataclass(frozen=True, slots=True)
class Split:
    """A feed's text in parts: `items` stand one each between two of `around`, so there is one more of those.

    `hashes` are those of the items, `context` that of everything which could change what an item means.
    """

    items: tuple[str, ...]
    around: tuple[str, ...]
    hashes: tuple[bytes, ...]
    context: bytes

    @property
    def item_hashes(self) -> bytes:
        """The context and all items in one piece, to be handed to the next reading."""
        return self.context + b"".join(self.hashes)

    def unseen(self, known: bytes) -> tuple[int, ...] | None:
        """Return the places of the items that are not in `known`, or None when it comes from other surroundings."""
        if known[:HASH_BYTES] != self.context:
            return None
        seen = _hashes(known)
        return tuple(place for place, one in enumerate(self.hashes) if one not in seen)

    def are_plain(self, places: tuple[int, ...]) -> bool:
        """Whether these items may be left out of later readings, or read without those before them, unmended."""
        return all(_is_plain(self.items[place], self.around[0]) for place in places)

    @property
    def is_sound_around(self) -> bool:
        """Whether what stands around the items leaves nothing open, and nothing is to be mended in it."""
        return all(piece.isspace() or (_leaves_nothing_open(piece) and is_sound(piece)) for piece in self.around)

    def only(self, places: tuple[int, ...]) -> str:
        """Return the feed's text with these items alone."""
        kept = set(places)
        parts = [self.around[0]]
        for place, (item, after) in enumerate(zip(self.items, self.around[1:], strict=True)):
            if place in kept:
                parts.append(item)
            parts.append(after)
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What feedparser gave for the items that were read, and how many were passed over."""

    result: Any
    unchanged: int
    item_hashes: bytes


@dataclass(frozen=True, slots=True)
class Shortened:
    """A feed's text without the items that are known: in place of each run of them stands one item that says nothing.

    `runs` are the hashes of the items in each, `seen` those of all known items. White space between the items of a run
    is left out with them.
    """

    text: str
    stand_in: str
    runs: tuple[list[bytes], ...]
    seen: frozenset[bytes]


def shortened(body: bytes, known: bytes) -> Shortened | None:
    """Return the text of a feed in UTF-8 without the items whose hashes are in `known`.

    None when there are none, or when there may be more to this body, its encoding or its size: it is to be read whole.
    """
    body = body.removeprefix(codecs.BOM_UTF8)
    root = _ROOT_NAME.search(body)
    if root is None or not is_light(body):
        return None
    name = _ITEM_OF[root[1].decode()]
    opening, closing = f"<{name}".encode(), f"</{name}>".encode()
    seen = _hashes(known)
    pieces: list[bytes] = []
    runs: list[list[bytes]] = []
    copied = end = 0
    while (start := body.find(opening, end)) >= 0 and (stop := body.find(closing, start)) >= 0:
        end = stop + len(closing)
        one = blake2b(body[start:end], digest_size=HASH_BYTES).digest()
        if one in seen:
            between = body[copied:start]
            if runs and not between.strip():
                runs[-1].append(one)
            else:
                pieces.append(between)
                runs.append([one])
            copied = end
    pieces.append(body[copied:])
    texts = [text for text in map(as_it_stands, pieces) if text is not None]
    if not runs or len(texts) < len(pieces):
        return None
    stand_in = f"<{name}>\0</{name}>"  # no decoded text has this character
    return Shortened(stand_in.join(texts), stand_in, tuple(runs), seen)


def parse_unseen(
    short: Shortened, text: str, *, url: str, known: bytes, most: int, feedparse: Callable[[str], Any | None]
) -> Parsed | None:
    """Return what `feedparse` makes of the items that are not in `known`; None when the feed is to be looked at whole.

    `text` is that of `short` without its prolog. It was not mended and may stand for more than the `most` items that
    are read: then, too, it is None. `feedparse` may return None for what is left of the text. Otherwise as `parse`.
    """
    cut = split(text, url=url)
    if cut is None or cut.context != known[:HASH_BYTES]:
        return None
    runs = iter(short.runs)
    hashes: list[bytes] = []
    unseen: list[int] = []
    for place, (item, one) in enumerate(zip(cut.items, cut.hashes, strict=True)):
        if item == short.stand_in:
            hashes += next(runs)
            continue
        hashes.append(one)
        if one not in short.seen:
            unseen.append(place)
    if len(hashes) > most or next(runs, None) is not None:  # a run that is no item: it stands in a comment, say
        return None
    places = tuple(unseen)
    left = cut.only(places)
    if len(items_of(left)[0]) != len(places) or not cut.are_plain(places) or not cut.is_sound_around:
        return None
    result = feedparse(left)
    if result is None or result.bozo or len(result.entries) != len(places):
        return None
    return Parsed(result, len(hashes) - len(places), cut.context + b"".join(hashes))


def parse(text: str, *, url: str, known: bytes, feedparse: Callable[[str], Any]) -> Parsed:
    """Return what `feedparse` makes of a feed's text, without the items that are in `known` where that is safe.

    `known` are the `item_hashes` of the last reading, empty for none; `url` is the base of links. `feedparse` must set
    `bozo` when it did not read the text strictly as it stands; what it raises is not caught.
    """
    cut = split(text, url=url)
    if cut is None:
        return Parsed(feedparse(text), 0, b"")
    everything = tuple(range(len(cut.items)))
    unseen = cut.unseen(known)
    if unseen is not None and len(unseen) < len(everything) and cut.are_plain(unseen):
        result = feedparse(cut.only(unseen))
        if not result.bozo and len(result.entries) == len(unseen):
            return Parsed(result, len(everything) - len(unseen), cut.item_hashes)
    result = feedparse(text)
    sound = not result.bozo and len(result.entries) == len(everything) and cut.are_plain(everything)
    return Parsed(result, 0, cut.item_hashes if sound else b"")


def split(text: str, *, url: str) -> Split | None:
    """Cut the text of an RSS or Atom feed into its items and what is around them; None when that is in doubt."""
    root = _ROOT.match(text)
    if root is None or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    name = _ITEM_OF[root[1]]
    items, around, hashes = [], [], []
    end = 0
    while (opening := _item_tag(text, end)) is not None:
        closing = _item_tag(text, opening.end())
        if closing is None or opening[2] != name or closing[2] != name:
            return None
        if opening[1] or not closing[1] or opening[0].endswith("/>") or closing[0].endswith("/>"):
            return None
        around.append(text[end : opening.start()])
        end = closing.end()
        items.append(text[opening.start() : end])
        hashes.append(_hash(items[-1]))
    around.append(text[end:])
    if not items or f"</{root[1]}" not in around[-1]:  # what follows the feed's end is no part of it
        return None
    return Split(tuple(items), tuple(around), tuple(hashes), _context(around, url))


def _item_tag(text: str, position: int) -> re.Match[str] | None:
    """Return the next tag of an item that is not in a comment, a CDATA section or an instruction."""
    while (token := _TOKEN.search(text, position)) is not None and token[2] is None:
        position = token.end()
    return token


def _hashes(known: bytes) -> frozenset[bytes]:
    return frozenset(known[at : at + HASH_BYTES] for at in range(HASH_BYTES, len(known), HASH_BYTES))


def _is_plain(item: str, head: str) -> bool:
    if _PLAIN.fullmatch(item) is None or len(items_of(item)[0]) != 1 or not is_sound(item):
        return False
    if "xmlns" not in item:
        return True
    # feedparser remembers a declaration beyond its element: harmless for one that holds for the whole feed anyway
    return all(declared[0].strip() in head for declared in _DECLARED.finditer(_HIDDEN.sub("", item)))


def _leaves_nothing_open(piece: str) -> bool:
    """Tell whether no comment or the like begins in a part of a text that would end in what was taken out after it."""
    rest = _CLOSED.sub("", piece)
    return "<!" not in rest and "<?" not in rest


def _context(around: list[str], url: str) -> bytes:
    lasting = _PASSING.sub(r"\1", " ".join(around))
    return _hash(f"{_KIND} {url}\n{' '.join(lasting.split())}")


def _hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=HASH_BYTES).digest()

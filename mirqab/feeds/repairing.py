"""Mends what is certain in the text of a feed before it is parsed, so that one bad character costs no item."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_SKIPPED: Final = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_SPACE: Final = re.compile(r"\s{2,}")
_DOCTYPE: Final = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
_DOCTYPE_CHARS: Final = 20_000
_REFERENCE: Final = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,20})|([0-9]{1,20}));?")
_PAIR: Final = re.compile(r"&#[xX]([dD][89abAB][0-9a-fA-F]{2});&#[xX]([dD][c-fC-F][0-9a-fA-F]{2});")
# feedparser looks for e-mail addresses in these with a pattern of quadratic time: 60 kB took a minute.
_AUTHOR: Final = re.compile(
    r"(?P<tag><(?:[\w.\-]+:)?(?:author|name|creator|contributor|managingEditor|webMaster|publisher|owner|email)"
    r"\b[^<>]{0,300}>)(?P<text>(?:<!\[CDATA\[.*?(?:\]\]>|(?P<cut>\Z))|<!--.*?(?:-->|(?P<open>\Z))|[^<]++)*+)",
    re.IGNORECASE | re.DOTALL,
)
_AUTHOR_CHARS: Final = 500
_WRAPPED: Final = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[|\]\]>", re.DOTALL)
# feedparser looks every attribute up by walking through all of them: 16,000 took three seconds.
_LONG_TAG: Final = re.compile(r"<[A-Za-z][^<]{4000,}+")
_TAG: Final = re.compile(r"""<[A-Za-z](?:[^>"']|"[^"]*+"|'[^']*+')*+>""")
_ATTRIBUTE: Final = re.compile(r"""\s[^\s=>"']+\s*=\s*(?:"[^"]*"|'[^']*')""")
_TAG_CHARS: Final = 4_000
_ATTRIBUTES: Final = 300


def repaired(text: str) -> str:
    """Return the text of a feed with bad character references mended and floods of attributes and authors cut.

    Of what stands before the first element only a document type stays.
    """
    text = with_sound_references(text)
    text = _changed(_AUTHOR, _short_author, without_prolog(text))
    return _changed(_LONG_TAG, _few_attributes, text)


def is_sound(piece: str) -> bool:
    """Tell whether a part of a feed's text, cut at tags, stays as it is wherever it stands in a text that is repaired.

    The one thing that could reach beyond it is an author's text in which a comment or CDATA section does not end.
    """
    if with_sound_references(piece) != piece or _changed(_LONG_TAG, _few_attributes, piece) != piece:
        return False
    return not any(
        found["cut"] is not None or found["open"] is not None or _short_author(found) is not None
        for found in _AUTHOR.finditer(piece)
    )


def with_sound_references(text: str) -> str:
    """Return a text in which every numeric character reference names a character.

    The halves of a character that was written in UTF-16 are joined, references to no character become U+FFFD, those
    to control characters go.
    """
    return _changed(_REFERENCE, _sound, _PAIR.sub(_pair, text)) if "&#" in text else text


def _changed(pattern: re.Pattern[str], change: Callable[[re.Match[str]], str | None], text: str) -> str:
    """Return a text in which `change` says what stands in place of each match, or that it stays (None).

    What `re.sub` does, but for the memory: that keeps millions of matches which stay as they are.
    """
    kept: list[str] = []
    copied = 0
    for found in pattern.finditer(text):
        if (changed := change(found)) is not None:
            kept += (text[copied : found.start()], changed)
            copied = found.end()
    return "".join((*kept, text[copied:])) if kept else text


def _sound(found: re.Match[str]) -> str | None:
    code = int(found[1], 16) if found[1] else int(found[2])
    if code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF:
        return None
    return "" if code < 0x20 else "\ufffd"


def without_prolog(text: str) -> str:
    """Return the text from its document type or first element on.

    The XML declaration is ours from here on; comments and white space before the first element make the library's
    own search for the document type quadratic.
    """
    position = 0
    while skipped := _SKIPPED.match(text, position):
        position = skipped.end()
    if _DOCTYPE.match(text, position) is None:
        return text[position:]
    start = re.compile(r"<\w").search(text, position)
    first = start.start() if start else len(text)
    if first - position > _DOCTYPE_CHARS:
        return text[first:]
    return _SPACE.sub("\n", text[position:first]) + text[first:]


def _pair(found: re.Match[str]) -> str:
    return chr(0x10000 + ((int(found[1], 16) - 0xD800) << 10) + int(found[2], 16) - 0xDC00)


def _short_author(found: re.Match[str]) -> str | None:
    if found.end("text") - found.start("text") <= _AUTHOR_CHARS:
        return None
    return found["tag"] + _WRAPPED.sub("", found["text"])[:_AUTHOR_CHARS].replace("<", "&lt;")


def _few_attributes(found: re.Match[str]) -> str | None:
    """Cut a tag after its first attributes; no honest tag has hundreds."""
    piece = found[0]
    tag = _TAG.match(piece)
    if tag is None or tag.end() <= _TAG_CHARS:
        return None
    for count, attribute in enumerate(_ATTRIBUTE.finditer(piece, 0, tag.end()), 1):
        if count == _ATTRIBUTES:
            closing = "/>" if tag[0].endswith("/>") else ">"
            return piece[: attribute.end()] + closing + piece[tag.end() :]
    return None

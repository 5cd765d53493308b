"""Which characters the bytes of an Arabic feed or page stand for.

Labels lie: UTF-8 is served as windows-1256, windows-1256 as Latin-1 or as nothing at all. Bytes lie less: text that is
valid UTF-8 beyond ASCII is UTF-8, and only Arabic makes sense as Arabic in windows-1256.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# Longest first: the mark of UTF-16LE begins that of UTF-32LE.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_MARKUP_STARTS: Final = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)

# Labels that servers put on anything: for them the bytes decide.
_LATIN: Final = frozenset({"ascii", "iso8859-1", "cp1252", "iso8859-15", "latin-1"})

# UTF-7 and its like turn harmless bytes into markup; no feed or page needs them.
_REFUSED: Final = frozenset({"utf-7", "unicode_escape", "raw_unicode_escape", "undefined", "idna", "punycode", "mbcs"})

_ARABIC_CODECS: Final = ("cp1256", "iso8859-6")
_LETTERS: Final = re.compile("[\u0621-\u063a\u0641-\u064a]")
# About two thirds of the letters of any Arabic text are among these.
_COMMON: Final = re.compile("[اليمونرتبة]")
_BETWEEN_TAGS: Final = re.compile(rb"([<>])")
_SAMPLE: Final = 200_000
_CONTROL_BYTES: Final = bytes(code for code in range(0x80) if (code < 0x20 and code not in b"\t\n\r") or code == 0x7F)
# As text, a search for these costs a millisecond a page; as bytes next to nothing.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")  # U+0085 is a white space


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of some bytes and the encoding it was read in (Python's name for it)."""

    text: str
    encoding: str


def decode(body: bytes, *, declared: Iterable[str | None] = ()) -> Decoded:
    """Return the text of `body`, trusting its bytes before its labels.

    `declared` are the labels found, strongest first (header, XML declaration or meta element). Order: byte-order mark,
    UTF-16/32 by its zero bytes, valid UTF-8, a label that the bytes do not contradict, UTF-8 with a few broken places,
    windows-1256 or ISO-8859-6 by Arabic likelihood, and windows-1252 at last. Never raises; bytes that mean nothing
    become U+FFFD. Byte-order marks and control characters that no text needs are taken out.
    """
    labels = [name for name in map(_codec, declared) if name]
    text, encoding = _decode(body, labels)
    return Decoded(text.lstrip("\ufeff").replace("\ufffe", "").replace("\uffff", ""), encoding)


def as_it_stands(body: bytes) -> str | None:
    """Return the text of a part of UTF-8 bytes of which `decode` changes nothing; None where it might."""
    if body.startswith(codecs.BOM_UTF8) or len(body.translate(None, _CONTROL_BYTES)) < len(body):
        return None
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\ufffe" in text or "\uffff" in text or _CONTROLS.search(text) else text


def without_controls(text: str) -> str:
    """Return a text without control characters, which a character reference or JSON may have brought into it.

    Tabs and ends of lines stay, and so do the marks that order a line of two directions.
    """
    return text if text.isprintable() else _CONTROLS.sub("", text)


def _decode(body: bytes, labels: list[str]) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return _CONTROLS.sub("", body[len(mark) :].decode(encoding, "replace")), encoding
    wide = _wide(body)
    if wide:
        return _CONTROLS.sub("", body.decode(wide, "replace")), wide
    body = body.translate(None, _CONTROL_BYTES)
    if body.isascii():
        return body.decode("ascii"), "utf-8"
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    mostly_utf8 = _mostly_utf8(body)
    arabic = None if mostly_utf8 else _arabic_codec(body)
    for label in labels:
        if label in _LATIN and arabic:
            break
        if label == "utf-8" or mostly_utf8:
            continue
        try:
            return body.decode(label), label
        except (UnicodeDecodeError, LookupError):
            continue
    if mostly_utf8:
        return _by_pieces(body), "utf-8"
    if arabic:
        return body.decode(arabic, "replace"), arabic
    for label in labels:
        if label != "utf-8":
            return body.decode(label, "replace"), label
    return body.decode("cp1252", "replace"), "cp1252"


def _codec(label: str | None) -> str | None:
    """Return Python's name of a text encoding, or None for one that is unknown or refused."""
    if not label:
        return None
    try:
        found = codecs.lookup(label.strip().strip("'\"").lower())
    except (LookupError, ValueError):
        return None
    name = found.name
    if name in _REFUSED or not getattr(found, "_is_text_encoding", True):
        return None
    if name == "iso8859-1":
        return "cp1252"
    if name in {"utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"}:
        return None  # neither a mark nor zero bytes: the label is wrong
    return "utf-8" if name == "utf-8-sig" else name


def _wide(body: bytes) -> str | None:
    """Return the UTF-16 or UTF-32 that the zero bytes of markup betray."""
    for start, encoding in _MARKUP_STARTS:
        if body.startswith(start):
            return encoding
    head = body[:2048]
    zeros = head.count(0)
    if len(head) < 8 or zeros < len(head) // 5:
        return None
    by_place = [head[place::4].count(0) for place in range(4)]
    if zeros > len(head) * 3 // 5:
        return "utf-32-le" if by_place[3] >= by_place[0] else "utf-32-be"
    even, odd = by_place[0] + by_place[2], by_place[1] + by_place[3]
    if max(even, odd) < 3 * min(even, odd):
        return None  # zeros all over: binary
    return "utf-16-le" if odd > even else "utf-16-be"


def _mostly_utf8(body: bytes) -> bool:
    """Tell whether the bytes are UTF-8 with a few broken places: a cut end, a pasted piece of another encoding."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    good = sum(1 for character in text[:_SAMPLE] if character > "\x7f" and character != "\ufffd")
    return good > broken


def _by_pieces(body: bytes) -> str:
    """Decode UTF-8 in which single texts stand in another encoding: a headline pasted from an old system, say."""
    pieces = _BETWEEN_TAGS.split(body)
    for number, piece in enumerate(pieces):
        if not piece.isascii() and not _mostly_utf8(piece):
            pieces[number] = piece.decode(_arabic_codec(piece) or "utf-8", "replace").encode()
    return b"".join(pieces).decode("utf-8", "replace")


def _arabic_codec(body: bytes) -> str | None:
    """Return the single-byte Arabic encoding in which the bytes read like Arabic, or None."""
    high = bytes(byte if byte > 0x7F else 0x20 for byte in body[:_SAMPLE])
    best, best_share = None, 0.0
    for codec in _ARABIC_CODECS:
        text = high.decode(codec, "replace").replace(" ", "")
        letters = _LETTERS.findall(text)
        common = len(_COMMON.findall(text))
        if not text or len(letters) < 0.75 * len(text):
            continue
        share = common / len(letters)
        if share > best_share:
            best, best_share = codec, share
    return best if best_share >= 0.45 else None

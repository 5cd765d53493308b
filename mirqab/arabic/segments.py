"""Words and sentences of folded Arabic news.

Everything here works on folded text (`mirqab.arabic.fold`) and gives positions in it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_LETTER = (
    r"\u0620-\u063f\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff\u0750-\u077f\u08a0-\u08c7"
)
_WORD = re.compile(rf"[{_LETTER}]+|[A-Za-zÀ-ɏ]+|\d+(?:[.,٫٬]\d+)*")

_BULLETS = "•‣⁃●■▪◾◼◆♦►▶"
_END = re.compile(rf"[.!?؟؛…]+|\n|[{_BULLETS}]")
# a straight mark opens before a word and closes behind one: a mark that lost its fellow pairs with no other
_QUOTATION = re.compile(r'"(?=\S)[^"\n]*(?<=\S)"|«[^«»\n]*»|“[^“”\n]*”')
_CLOSING = re.compile(r'[»”")\]]+(?=\s|$)')
_SHORT_QUOTATION = 30
"""Words up to which a quotation is part of the sentence that quotes it."""
_SPEAKER_LINE = 12
"""Words up to which a line that ends in a colon names the speaker of the next line."""

_WIDEST = 40
"""Characters before a full stop, spaces included, among which the word that it closes is looked for."""


class Token(NamedTuple):
    """One word or number: its folded text and its span in the folded text."""

    text: str
    start: int
    stop: int


def words(folded: str) -> list[str]:
    """Return the words and numbers of a folded text, without their places."""
    return _WORD.findall(folded)


def is_figure(word: str) -> bool:
    """Tell whether a word of a folded text is a number in digits."""
    return word[0].isdecimal()


def tokens(folded: str) -> list[Token]:
    """Return the words and numbers of a folded text in reading order."""
    return [Token(match.group(), match.start(), match.end()) for match in _WORD.finditer(folded)]


def sentences(folded: str) -> list[tuple[int, int]]:
    """Return the spans of the sentences of a folded text, without the white space around them.

    A sentence ends at . ! ? ؟ ؛ … or a new line, and before a bullet; not inside a number, after a one-letter
    abbreviation («أ. ف. ب»), at a mark in parentheses («(!)»), inside a quotation of fewer than 30 words, or after a
    short line that ends in a colon (a speaker, then the words).
    """
    shielded = [match.span() for match in _QUOTATION.finditer(folded) if len(words(match.group())) < _SHORT_QUOTATION]
    spans: list[tuple[int, int]] = []
    begin, quotation = 0, 0
    for match in _END.finditer(folded):
        at, after = match.span()
        while quotation < len(shielded) and shielded[quotation][1] <= at:
            quotation += 1
        if quotation < len(shielded) and shielded[quotation][0] < at:
            closes = shielded[quotation][1]
            # «… القوات." وأضاف»: the full stop inside the closing mark ends the sentence around it
            if match.group() != "." or after != closes - 1 or folded[closes : closes + 1] not in (" ", ""):
                continue
            after = closes
        elif match.group() in _BULLETS:
            after = at
        elif not _ends(folded, begin, at, after):
            continue
        else:
            closing = _CLOSING.match(folded, after)
            after = closing.end() if closing else after
        _append(spans, folded, begin, after)
        begin = after
    _append(spans, folded, begin, len(folded))
    return spans


def _ends(folded: str, begin: int, at: int, after: int) -> bool:
    mark = folded[at:after]
    if mark == "\n":
        line = folded[begin:at].rstrip().rpartition("\n")[2]
        return not line.endswith(":") or len(words(line)) > _SPEAKER_LINE
    if mark == ".":
        before, behind = folded[max(begin, at - _WIDEST) : at].rstrip()[-2:], folded[after : after + 1]
        if behind.isdigit() and before[-1:].isdigit():
            return False
        if behind.isascii() and behind.isalpha():  # a web address
            return False
        if before[-1:].isalpha() and not before[:-1].isalnum():  # one letter: an abbreviation
            return False
    return folded[max(0, at - 1) : at] != "(" or folded[after : after + 1] != ")"


def _append(spans: list[tuple[int, int]], folded: str, start: int, stop: int) -> None:
    while start < stop and folded[start].isspace():
        start += 1
    while start < stop and folded[stop - 1].isspace():
        stop -= 1
    if start < stop:
        spans.append((start, stop))

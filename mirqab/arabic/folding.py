"""Safe folding of Arabic for matching, with an exact way back to the original code points.

Folding joins what newsrooms spell differently (hamza seats, final ya, ta marbuta, Farsi letters, digits) and drops
what carries no meaning for a match (vowel marks, tatweel, bidi controls). It keeps ذ/د, ظ/ض and ث/س apart, and keeps
the letters گ چ پ ڤ of foreign names.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

FOLD_VERSION = "2"
"""Changes whenever the folded form of any text changes: it is part of every topic's version."""


def _ranges(*bounds: tuple[int, int]) -> Iterable[int]:
    for first, last in bounds:
        yield from range(first, last + 1)


_DROPPED = frozenset(
    _ranges(
        (0x0300, 0x036F),  # accents, once a text is decomposed
        (0x0610, 0x061A),  # honorific marks
        (0x064B, 0x065F),  # vowel marks, hamza above and below
        (0x0670, 0x0670),
        (0x06D6, 0x06ED),  # Quranic marks
        (0x0898, 0x089F),
        (0x08CA, 0x08FF),
        (0x0640, 0x0640),  # tatweel
        (0x00AD, 0x00AD),
        (0x061C, 0x061C),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x2064),
        (0x2066, 0x206F),
        (0xFE00, 0xFE0F),  # variation selectors
        (0xFEFF, 0xFEFF),
    )
)

_LETTERS = {
    **dict.fromkeys("أإآٱٲٳ", "ا"),
    **dict.fromkeys("ىیےېۍ", "ي"),
    **dict.fromkeys("ةہھەۀۂۃ", "ه"),
    **dict.fromkeys("کڪ", "ك"),
    # unlike the usual ؤ→و and ئ→ي this joins مسئول with مسؤول and شئون with شؤون
    **dict.fromkeys("ؤئٸۓ", "ء"),
    **{chr(0x0660 + digit): str(digit) for digit in range(10)},
    **{chr(0x06F0 + digit): str(digit) for digit in range(10)},
    **dict.fromkeys("\t\v\f\u00a0\u1680\u202f\u205f\u3000", " "),
    **{chr(code): " " for code in range(0x2000, 0x200B)},
    **dict.fromkeys("\r\u0085\u2028\u2029", "\n"),
}


def _table() -> dict[int, str]:
    table = dict.fromkeys(_DROPPED, "")
    for code in _ranges((0x00C0, 0x024F)):  # é as its decomposed form, whose accent is dropped
        letter = unicodedata.normalize("NFD", chr(code))[0]
        if letter.isascii():
            table[code] = letter
    table.update((ord(letter), folded) for letter, folded in _LETTERS.items())
    for code in _ranges((0xFB50, 0xFDFF), (0xFE70, 0xFEFC)):
        written = unicodedata.normalize("NFKC", chr(code))
        if written == chr(code):
            continue
        # the free-standing vowel marks decompose into a space or tatweel and the mark: nothing to match
        written = written.lstrip(" ") if len(written) > 1 else written
        table[code] = "".join(table.get(ord(letter), letter) for letter in written)
    return table


_TABLE = _table()
_UNEVEN = re.compile("[" + "".join(re.escape(chr(code)) for code, to in sorted(_TABLE.items()) if len(to) != 1) + "]")
_MARKS = "".join(re.escape(chr(code)) for code in sorted(_DROPPED) if unicodedata.combining(chr(code)))
_HIDDEN = "".join(re.escape(chr(code)) for code in sorted(_DROPPED) if not unicodedata.combining(chr(code)))
_MARKS_BEHIND = re.compile(f"(?:[{_HIDDEN}]*[{_MARKS}])+")
_HAMZA = "\u0654"
_SEATED = re.compile(f"[وىيیېے](?=[{_MARKS}{_HIDDEN}]*{_HAMZA})")
"""The seat of a hamza that is written as a mark of its own, as decomposed texts do."""
_ARABIC_LETTERS = re.compile(
    r"[\u0620-\u063f\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff"
    r"\u0750-\u077f\u08a0-\u08c7\ufb50-\ufbb1\ufbd3-\ufd3d\ufd50-\ufdfb\ufe70-\ufefc]+"
)


@lru_cache(maxsize=4)
def fold(text: str) -> str:
    """Return the form of `text` used for matching only.

    Headline and body of the last story are remembered: its fingerprint and its judge fold them one after the other.
    """
    return _composed(text).translate(_TABLE)


def folded_words(*lines: str) -> frozenset[str]:
    """Return the folded forms of the words of some lines, a table of words as it is written in code."""
    return frozenset(word for line in lines for word in fold(line).split())


def _composed(text: str) -> str:
    """Return a text of the same length whose decomposed ؤ and ئ can be told from و and ي; their marks stay behind."""
    return _SEATED.sub("ؤ", text) if _HAMZA in text else text


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text and the way back to the original.

    The map is kept as runs: between two characters that folding drops or expands, folded and original positions
    advance together. `_fixed` marks the runs that came out of one expanded character.
    """

    text: str
    original: str
    _folded_at: tuple[int, ...]
    _original_at: tuple[int, ...]
    _fixed: tuple[bool, ...]

    def offset(self, position: int) -> int:
        """Return the index in the original of the character that gave folded character `position`."""
        run = bisect_right(self._folded_at, position) - 1
        if self._fixed[run]:
            return self._original_at[run]
        return self._original_at[run] + position - self._folded_at[run]

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the span of the original that folded to `text[start:stop]`, with the marks on its last letter.

        An empty span stays empty. Indices are code points.
        """
        if not 0 <= start <= stop <= len(self.text):
            raise IndexError(f"no span {start}:{stop} in a folded text of {len(self.text)} characters")
        if start == stop:
            at = self.offset(start) if start < len(self.text) else len(self.original)
            return at, at
        first, last = self.offset(start), self.offset(stop - 1) + 1
        marks = _MARKS_BEHIND.match(self.original, last)
        return first, marks.end() if marks else last


def fold_with_offsets(text: str) -> Folded:
    """Return `fold(text)` together with the map back to `text`."""
    folded_at, original_at, fixed = [0], [0], [False]
    shift = 0  # original position minus folded position
    for match in _UNEVEN.finditer(text):
        at = match.start()
        width = len(_TABLE[ord(match.group())])
        if width:
            folded_at.append(at - shift)
            original_at.append(at)
            fixed.append(True)
        shift += 1 - width
        folded_at.append(at + 1 - shift)
        original_at.append(at + 1)
        fixed.append(False)
    return Folded(fold(text), text, tuple(folded_at), tuple(original_at), tuple(fixed))


def arabic_share(text: str) -> float:
    """Return the share of Arabic letters among all letters of `text`, 0.0 when it has none."""
    others = _ARABIC_LETTERS.sub("", text)
    arabic = len(text) - len(others)
    if not arabic:
        return 0.0
    return arabic / (arabic + sum(map(str.isalpha, others)))

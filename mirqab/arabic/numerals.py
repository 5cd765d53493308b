"""Numbers as the Arabic press writes them: digits, words, and both («3 آلاف», «خمسة وعشرون»)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from mirqab.arabic.folding import fold
from mirqab.arabic.segments import is_figure


def _values(*groups: tuple[str, int]) -> dict[str, int]:
    return {fold(word): value for words, value in groups for word in words.split()}


_UNITS: Final = _values(
    ("واحد واحدة أحد إحدى", 1),
    ("اثنان اثنين اثنتان اثنتين اثنا اثني اثنتا اثنتي", 2),
    ("ثلاث ثلاثة", 3),
    ("أربع أربعة", 4),
    ("خمس خمسة", 5),
    ("ست ستة", 6),
    ("سبع سبعة", 7),
    ("ثمان ثماني ثمانية", 8),
    ("تسع تسعة", 9),
)
_TEN: Final = _values(("عشر عشرة", 10))
_TENS: Final = _values(
    ("عشرون عشرين", 20),
    ("ثلاثون ثلاثين", 30),
    ("أربعون أربعين", 40),
    ("خمسون خمسين", 50),
    ("ستون ستين", 60),
    ("سبعون سبعين", 70),
    ("ثمانون ثمانين", 80),
    ("تسعون تسعين", 90),
)
_HUNDREDS: Final = _values(
    ("مئة مائة", 100),
    ("مئتان مئتين مئتا مئتي مائتان مائتين مائتا مائتي", 200),
    ("ثلاثمئة ثلاثمائة", 300),
    ("أربعمئة أربعمائة", 400),
    ("خمسمئة خمسمائة", 500),
    ("ستمئة ستمائة", 600),
    ("سبعمئة سبعمائة", 700),
    ("ثمانمئة ثمانمائة ثمانيمئة ثمانيمائة", 800),
    ("تسعمئة تسعمائة", 900),
)
_TIMES: Final = _values(("ألف آلاف ألفا", 1000), ("مليون ملايين مليونا", 10**6), ("مليار مليارات مليارا بليون", 10**9))
_TWICE: Final = _values(("ألفان ألفين", 2000), ("مليونان مليونين", 2 * 10**6), ("ملياران مليارين", 2 * 10**9))
UP_TO_TEN: Final[Mapping[str, int]] = {**_UNITS, **_TEN}
"""The folded words for one to ten."""

_SMALL: Final = {**_UNITS, **_TEN, **_TENS, **_HUNDREDS}
_JOINED: Final = re.compile(r"[,٬](?=\d{3}(?!\d))")


class Numeral(NamedTuple):
    """A number among words: which words it takes, and its value as plain digits («25», «1200», «3.5», «14.05.2024»)."""

    start: int
    stop: int
    value: str


def numerals(words: Sequence[str]) -> list[Numeral]:
    """Return the numbers among folded words in their order, each as long as it can be."""
    found: list[Numeral] = []
    place = 0
    while place < len(words):
        numeral = _digits(words, place) or _spelled(words, place)
        if numeral is None:
            place += 1
        else:
            found.append(numeral)
            place = numeral.stop
    return found


def _digits(words: Sequence[str], start: int) -> Numeral | None:
    word = words[start]
    if not is_figure(word):
        return None
    value = _JOINED.sub("", word).replace("٫", ".").replace(",", ".")
    times = _TIMES.get(words[start + 1]) if start + 1 < len(words) else None
    if times is None or value.count(".") > 1:
        return Numeral(start, start + 1, value)
    return Numeral(start, start + 2, f"{float(value) * times:.12g}" if len(value) < 12 else value)


def _spelled(words: Sequence[str], start: int) -> Numeral | None:
    """Read a number in words: parts that «و» joins, each up to 999, and what they are counted in."""
    total, part, place = 0, 0, start
    while place < len(words):
        word = words[place]
        bare = word[1:] if word[0] == "و" and word not in _UNITS else word
        joined = bare != word or place == start
        if bare in _TEN and bare == word and 0 < part < 10:
            part += 10  # «ثلاثة عشر»
        elif bare in _SMALL and joined and _follows(part, _SMALL[bare]):
            part += _SMALL[bare]
        elif bare in _TWICE and joined:
            total, part = total + part + _TWICE[bare], 0
        elif bare in _TIMES and (bare == word or part == 0) and (place > start or bare != "الاف"):
            total, part = total + max(part, 1) * _TIMES[bare], 0
        else:
            break
        place += 1
    return Numeral(start, place, str(total + part)) if place > start else None


def _follows(part: int, value: int) -> bool:
    """Tell whether a part may go on with a value: «خمسة وعشرون», «مئة وخمسة», but not «ثلاثة وأربعة»."""
    return part == 0 or (part % 100 == 0 and value < 100) or (0 < part % 100 < 10 and 20 <= value < 100)

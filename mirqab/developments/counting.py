"""The numbers of a sentence that count something, and shares of it: «نصف القوات»."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from mirqab.arabic import folded_words, tokens
from mirqab.arabic.dates import NamedDate
from mirqab.arabic.numerals import numerals

ROUNDED: Final = 0.1
"""A number called rough is the same as one that differs from it by no more than this share."""


class Figure(NamedTuple):
    """A number as told: plain digits, or a share (`1/2`); whether it is called rough."""

    value: str
    rough: bool

    def is_told_by(self, other: Figure) -> bool:
        """Tell whether whoever knows the other number learns nothing from this one; half is 50 of a hundred."""
        if self.value == other.value or self.value in _PERCENT.get(other.value, ()):
            return True
        if other.value in _PERCENT.get(self.value, ()):
            return True
        return (self.rough or other.rough) and _near(self.number, other.number)

    @property
    def number(self) -> float:
        try:
            return float(self.value)
        except ValueError:  # «14.5.2»
            return float("nan")


_ROUGH: Final = folded_words(
    "نحو ونحو بنحو حوالي قرابة زهاء تقريبا يقارب ناهز يناهز أكثر أقل فوق يزيد تزيد يقل تقل جاوز تجاوز يتجاوز"
)
_NUMBERED: Final = folded_words(
    "قرار القرار بالقرار رقم المادة مادة الفصل البند المرسوم الفقرة القناة الفرقة اللواء الساعة إم إف"
)
_CLOCK: Final = re.compile(r"(?<!\d)\d{1,2}:\d{2}(?!\d)")


def figures(folded: str, dates: Sequence[NamedDate]) -> list[Figure]:
    """Return the numbers of a folded text that count something: no dates, times of day, nor numbers that are names."""
    text = _CLOCK.sub(lambda found: " " * len(found[0]), folded)
    for date in dates:
        text = text[: date.start] + " " * (date.stop - date.start) + text[date.stop :]
    found = [token.text for token in tokens(text)]
    told = []
    for one in numerals(found):
        before = found[max(0, one.start - 3) : one.start]
        if one.value == "1" or (before and before[-1] in _NUMBERED):
            continue
        rough = bool(_ROUGH.intersection(before)) or bool(_ROUGH.intersection(found[one.stop : one.stop + 2]))
        told.append(Figure(one.value, rough))
    return told


# ----------------------------------------------------------------------------------------------- shares

_SHARES: Final = {"نصف": "1/2", "ثلث": "1/3", "ثلثا": "2/3", "ثلثي": "2/3", "ثلثين": "2/3", "ربع": "1/4"}
_THREE_QUARTERS: Final = ("ثلاثه", "ارباع")
_PERCENT: Final = {"1/2": ("50",), "1/4": ("25",), "3/4": ("75",), "1/3": ("33", "33.3"), "2/3": ("66", "67", "66.7")}
_AMOUNTS: Final = folded_words("عدد عديد حجم قوام أفراد عناصر هذه تلك")
_REACHED: Final = folded_words("إلى بمقدار بنسبة")
_HELD_BY: Final = re.compile(r"\A[بل]?(?:ال)?(?=...)")


def fractions(folded: str, marked: Sequence[tuple[int, int]]) -> Iterator[Figure]:
    """Yield the shares of what is marked in a folded sentence («نصف قواتها»), and those reached («إلى النصف»).

    Other halves are those of hours and years.
    """
    said = tokens(folded)
    for place, stop, value in _shares([token.text for token in said]):
        behind = next((token for token in said[stop : stop + 2] if token.text not in _AMOUNTS), None)
        is_of_marked = behind is not None and any(start <= behind.start and behind.stop <= end for start, end in marked)
        reached = said[place].text.startswith("ال") and place and said[place - 1].text in _REACHED
        if reached or (is_of_marked and not said[place].text.startswith("ال")):
            yield Figure(value, False)


def known_fractions(folded: str) -> Iterator[Figure]:
    """Yield every share that a text speaks of, of whatever."""
    for _, _, value in _shares([token.text for token in tokens(folded)]):
        yield Figure(value, False)


def _shares(said: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the shares among words: where they begin, where they end, and which."""
    for place, word in enumerate(said):
        value = _SHARES.get(_HELD_BY.sub("", word))
        if value is not None:
            yield place, place + 1, value
        elif _HELD_BY.sub("", word) == _THREE_QUARTERS[0] and said[place + 1 : place + 2] == [_THREE_QUARTERS[1]]:
            yield place, place + 2, "3/4"


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= ROUNDED * max(one, other)

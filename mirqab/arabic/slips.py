"""Slips of the pen: words that differ, and are still one."""

from __future__ import annotations

import re
from typing import Final

_DOUBLED: Final = re.compile(r"(.)\1+")
_LONG: Final = 6
"""Letters of a word in which two neighbours may be exchanged: shorter ones are other words then («العلم», «العمل»)."""


def is_slip(one: str, other: str) -> bool:
    """Tell whether two folded words differ only in a letter written twice, or in two neighbouring letters exchanged.

    A letter more or less, or another one, is no slip that can be told from a change of meaning («سينسحب» and «ينسحب»);
    numbers never are.
    """
    if not (one.isalpha() and other.isalpha()):
        return False
    if _DOUBLED.sub(r"\1", one) == _DOUBLED.sub(r"\1", other):
        return True
    if len(one) != len(other) or len(one) < _LONG:
        return False
    differ = [place for place in range(len(one)) if one[place] != other[place]]
    return len(differ) == 2 and differ[1] == differ[0] + 1 and one[differ[0]] == other[differ[1]]


def one_letter_off(one: str, other: str) -> bool:
    """Tell whether two folded names differ in one letter at most: more than a slip, for names are spelled freely.

    «الجابري» and «الجابيري» are one man's name in two newsrooms.
    """
    if abs(len(one) - len(other)) > 1 or one == other:
        return one == other
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) == 1
    short, long = sorted((one, other), key=len)
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))

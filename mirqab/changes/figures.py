"""Numbers, weekdays and months that became others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from mirqab.arabic import fold, folded_words
from mirqab.arabic.calendars import FOLDED_WEEKDAYS, HIJRI_MONTHS, MONTHS, first_words
from mirqab.changes.cutting import Side, Unit
from mirqab.changes.told import Change, Figure, NumberChange, Op, Range

_SHORT: Final = 6
"""Words of a replacement in which a number is taken to have become the number there, though of another word."""
_NEAR: Final = 3
"""Words on both sides of a number among which is looked for what it tells."""


_MONTHS: Final = first_words(MONTHS) | first_words(HIJRI_MONTHS)
_ALSO_WORDS: Final = first_words(HIJRI_MONTHS) | folded_words("آب ماي أوت جوان")
"""Months that are names or words too: they count beside a number only. Fewer than in `mirqab.arabic.dates`, since one
month has to stand for another one here: «مارس» for «أبريل» is no verb."""
_TOLLS: Final = re.compile(
    r"(?:و|ف)?(?:ب|ل)?(?:ال)?(?:قتيل|قتلي|قتل|مقتل|جريح|جرحي|جرح|اصاب|اصيب|مصاب|شهيد|شهداء|استشهد|استشهاد|ضحي|ضحايا|مفقود)"
    r"(?:ه|ا|ت|ين|ون|وا|ان|هم|ها)?"
)
_DAYS: Final = folded_words("يوم اليوم عام العام سنة شهر الساعة")


def numbers(change: Change, before: Side, after: Side) -> Iterator[NumberChange]:
    """Yield the numbers, weekdays and months of a changed sentence that became others."""
    for edit in change.edits:
        if edit.op is not Op.REPLACED:
            continue
        former, new = _figures(before, edit.before), _figures(after, edit.after)
        same = {one.key for one in former} & {other.key for other in new}
        left = [one for one in former if one.key not in same]
        right = [other for other in new if other.key not in same]
        replaced = before.text[slice(*edit.before)], after.text[slice(*edit.after)]
        is_short = max(len(text.split()) for text in replaced) <= _SHORT
        for one, other in _coupled(left, right, only_of_one_thing=not is_short):
            yield NumberChange(
                figure=other.figure,
                field=change.field,
                before=before.text[one.start : one.stop],
                after=after.text[other.start : other.stop],
                of=other.of,
                before_span=(one.start, one.stop),
                after_span=(other.start, other.stop),
            )


class _Told(NamedTuple):
    """A number, weekday or month in its surroundings."""

    key: str
    start: int
    stop: int
    figure: Figure
    of: str


def _figures(side: Side, span: Range) -> list[_Told]:
    found = []
    for sentence in side.sentences:
        if sentence.stop <= span[0] or sentence.start >= span[1]:
            continue
        units = sentence.units
        for place, unit in enumerate(units):
            if not span[0] <= unit.start < span[1]:
                continue
            behind = units[place + 1] if place + 1 < len(units) else None
            if unit.key in FOLDED_WEEKDAYS or unit.key in _MONTHS:
                beside = units[max(0, place - 1) : place + 2]
                if unit.key not in _ALSO_WORDS or any(near.key[0] == "#" for near in beside):
                    found.append(_Told(unit.key, unit.start, unit.stop, Figure.DATE, ""))
            elif unit.key[0] == "#":
                of = "" if behind is None or behind.key[0] == "#" else side.text[behind.start : behind.stop]
                found.append(_Told(unit.key, unit.start, unit.stop, _figure(units, place), of))
    return found


def _figure(units: Sequence[Unit], place: int) -> Figure:
    before, behind = units[max(0, place - _NEAR) : place], units[place + 1 : place + 1 + _NEAR]
    if any(near.key in _MONTHS for near in (*behind[:1], *before[-1:])) or any(
        near.key in _DAYS for near in before[-1:]
    ):
        return Figure.DATE
    if any(_TOLLS.fullmatch(near.key) for near in (*behind, *before)):
        return Figure.TOLL
    return Figure.NUMBER


def _coupled(former: list[_Told], new: list[_Told], *, only_of_one_thing: bool) -> Iterator[tuple[_Told, _Told]]:
    """Yield which number became which: those of one thing first, then the others in their order."""
    rest: list[_Told] = []
    for one in former:
        match = next((other for other in new if other.of and fold(other.of) == fold(one.of)), None)
        if match is None:
            rest.append(one)
        else:
            new.remove(match)
            yield one, match
    for one in () if only_of_one_thing else rest:
        is_name = one.key[0] != "#"
        match = next((other for other in new if (other.key[0] != "#") == is_name), None)
        if match is not None:
            new.remove(match)
            yield one, match

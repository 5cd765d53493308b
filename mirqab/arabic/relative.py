"""Moments that the Arabic press tells from now: «قبل ساعتين», «منذ 5 دقائق», «أمس»."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from mirqab.arabic.folding import fold
from mirqab.arabic.numerals import UP_TO_TEN

# folded: «دقائق» is «دقاءق»
_UNITS: Final = {
    "minutes": ("دقيقه", "دقيقتين", "دقاءق", "minute"),
    "hours": ("ساعه", "ساعتين", "ساعات", "hour"),
    "days": ("يوم", "يومين", "ايام", "day"),
}
_NUMBERS: Final = {name: number for name, number in UP_TO_TEN.items() if number > 2}
_UNIT_OF: Final = {name: unit for unit, names in _UNITS.items() for name in names}
_TWO: Final = frozenset(names[1] for names in _UNITS.values() if names[1].endswith("ين"))
_MOST: Final = {"minutes": 600, "hours": 72, "days": 14}
"""What is told in larger numbers, or in weeks and months, is too coarse to be a date."""
_LABEL: Final = r"\A\W*(?:(?:تم )?(?:نشره?|نشرت|النشر|منشور|الخبر|published|posted)\W*)?"
_SINCE: Final = re.compile(
    rf"{_LABEL}(?:قبل|منذ|من)\s+(?:حوالي |نحو )?(?:(?P<number>\d{{1,3}}|{'|'.join(_NUMBERS)})\s+)?"
    rf"(?P<unit>{'|'.join(sorted(_UNIT_OF, key=len, reverse=True))})(?:\s+(?:واحده?|تقريبا))?\W*\Z"
)
_AGO: Final = re.compile(rf"{_LABEL}(?P<number>\d{{1,3}}|an?)\s+(?P<unit>minute|hour|day)s?\s+ago\W*\Z", re.IGNORECASE)
_NOW: Final = re.compile(rf"{_LABEL}(?:الان|(?:قبل|منذ) (?:قليل|لحظات|ثوان|ثواني))\W*\Z")
_YESTERDAY: Final = re.compile(rf"{_LABEL}(?:امس|يوم امس|yesterday)\W*\Z", re.IGNORECASE)
_LONGEST: Final = 60


def read_relative(raw: str, *, at: datetime) -> datetime | None:
    """Return the moment that a text tells from `at`, when it was shown; None when it tells none, or too coarsely.

    The text must say nothing else: «قبل ساعتين» in a sentence tells of an event. As exact as the text: a minute, an
    hour, a day.
    """
    if len(raw) > _LONGEST:
        return None
    text = " ".join(fold(raw).split())
    if _NOW.match(text):
        return at.astimezone(UTC)
    if _YESTERDAY.match(text):
        return (at - timedelta(days=1)).astimezone(UTC)
    found = _SINCE.match(text) or _AGO.match(text)
    if found is None:
        return None
    told, named = found["number"], found["unit"].lower()
    if told is None or told in ("a", "an"):
        number = 2 if named in _TWO else 1
    else:
        number = int(told) if told.isdigit() else _NUMBERS[told]
    unit = _UNIT_OF[named]
    return (at - timedelta(**{unit: number})).astimezone(UTC) if 0 < number <= _MOST[unit] else None

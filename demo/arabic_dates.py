"""Dates as the houses of the demo print them: each region has its own month names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

WEEKDAYS = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")
_LEVANT = (
    "كانون الثاني", "شباط", "آذار", "نيسان", "أيار", "حزيران",
    "تموز", "آب", "أيلول", "تشرين الأول", "تشرين الثاني", "كانون الأول",
)  # fmt: skip
_GULF = (
    "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو",
    "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
)  # fmt: skip
_EGYPT = (
    "يناير", "فبراير", "مارس", "إبريل", "مايو", "يونيه",
    "يوليه", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
)  # fmt: skip
_ALGERIA = (
    "جانفي", "فيفري", "مارس", "أفريل", "ماي", "جوان",
    "جويلية", "أوت", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
)  # fmt: skip
MONTHS: Mapping[str, tuple[str, ...]] = {
    "levant": _LEVANT,
    "gulf": _GULF,
    "egypt": _EGYPT,
    "algeria": _ALGERIA,
    "both": tuple(f"{levant}/{gulf}" for levant, gulf in zip(_LEVANT, _GULF, strict=True)),
}
_ARABIC_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_MARK = re.compile(r"\{(weekday|date|month|year)(?: ([+-]?\d+))?\}")


def arabic_digits(text: str) -> str:
    """Return the text with its digits in Arabic-Indic form."""
    return text.translate(_ARABIC_INDIC)


def fill_dates(text: str, *, published: datetime, months: str, indic: bool = False) -> str:
    """Replace the date marks of a story, so that what it says of yesterday stays true whenever the demo starts.

    Marks count from the story's own local time: `{weekday -1}` and `{date +30}` in days, `{month +2}` in months
    and `{year -20}` in years.
    """
    names = MONTHS[months]

    def replace(match: re.Match[str]) -> str:
        unit, offset = match[1], int(match[2] or 0)
        if unit == "weekday":
            return WEEKDAYS[(published + timedelta(days=offset)).weekday()]
        if unit == "month":
            return names[(published.month - 1 + offset) % 12]
        if unit == "year":
            written = str(published.year + offset)
        else:
            day = published + timedelta(days=offset)
            written = f"{day.day} {names[day.month - 1]}"
        return arabic_digits(written) if indic else written

    return _MARK.sub(replace, text)


def full_date(moment: datetime, *, months: str, indic: bool = False) -> str:
    """Return a visible date line such as «الأحد 3 آب 2025 - 14:05»."""
    month = MONTHS[months][moment.month - 1]
    line = f"{WEEKDAYS[moment.weekday()]} {moment.day} {month} {moment.year} - {moment:%H:%M}"
    return arabic_digits(line) if indic else line

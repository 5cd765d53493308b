"""Dates as the Arabic press writes them: ISO, RFC 822, numbers, and words in every family of month names."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_tz
from typing import Final

_MONTHS: Final = {
    1: "كانون الثاني|يناير|جانفي",
    2: "شباط|فبراير|فيفري",
    3: "آذار|مارس",
    4: "نيسان|أبريل|إبريل|أفريل",
    5: "أيار|مايو|ماي|مايس",
    6: "حزيران|يونيو|يونيه|جوان",
    7: "تموز|يوليو|يوليه|جويلية|يوليوز",
    8: "آب|أغسطس|أوت|غشت",
    9: "أيلول|سبتمبر|شتنبر",
    10: "تشرين الأول|أكتوبر",
    11: "تشرين الثاني|نوفمبر|نونبر",
    12: "كانون الأول|ديسمبر|دجنبر",
}

# Only zones that need no guess; times «بتوقيت» of another place keep the outlet's zone.
_NAMED_ZONES: Final = {"غرينتش": 0, "جرينتش": 0, "مكه": 3, "السعوديه": 3, "بغداد": 3, "gmt": 0, "utc": 0}

_FOLD: Final = str.maketrans(
    {
        **{chr(0x660 + digit): str(digit) for digit in range(10)},
        **{chr(0x6F0 + digit): str(digit) for digit in range(10)},
        **dict.fromkeys("أإآٱ", "ا"),
        **dict.fromkeys("\u200e\u200f\u202a\u202b\u202c\u061c\u2066\u2067\u2068\u2069ـ", ""),
        **{chr(mark): "" for mark in range(0x64B, 0x653)},
        "ة": "ه",
        "ى": "ي",
        "ی": "ي",
        "\xa0": " ",
        "،": ",",
    }
)


def _folded(text: str) -> str:
    return text.translate(_FOLD)


_MONTH_NUMBER: Final = {_folded(name): number for number, names in _MONTHS.items() for name in names.split("|")}
# Longest first, so that «مايو» is not read as «ماي».
_MONTH: Final = "|".join(
    re.escape(name).replace(r"\ ", r"\s+") for name in sorted(_MONTH_NUMBER, key=len, reverse=True)
)
# «تشرين الأول/ أكتوبر» and «أكتوبر (تشرين الأول)» are one month.
_MONTHS_SEEN: Final = rf"(?P<month>{_MONTH})(?:\s*[/(\-]\s*(?:{_MONTH})\s*\)?)?"
_WORDED: Final = re.compile(
    rf"(?<![\d.])(?P<day>\d{{1,2}})\s*(?:من\s+)?{_MONTHS_SEEN}[\s,/\-]*(?:عام\s+|سنه\s+)?(?P<year>\d{{4}})(?!\d)"
)
_WORDED_MONTH_FIRST: Final = re.compile(rf"(?<!\w){_MONTHS_SEEN}\s+(?P<day>\d{{1,2}})[\s,]+(?P<year>\d{{4}})(?!\d)")
_YEAR_FIRST: Final = re.compile(
    r"(?<!\d)(?P<year>\d{4})\s*[/.\-]\s*(?P<month>\d{1,2})\s*[/.\-]\s*(?P<day>\d{1,2})(?!\d)"
)
_DAY_FIRST: Final = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})\s*[/.\-]\s*(?P<month>\d{1,2})\s*[/.\-]\s*(?P<year>\d{4})(?!\d)"
)
_CLOCK: Final = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?![\d:])"
    r"\s*(?P<half>صباحا|مساء|ظهرا|عصرا|ليلا|فجرا|بعد الظهر|[صم](?!\w)|[ap]\.?m(?!\w))?",
    re.IGNORECASE,
)
_ISO: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:[.,]\d+)?\s*(?:Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?\Z"
)
_FRACTION: Final = re.compile(r"[.,]\d+")
_ZONE: Final = re.compile(r"غرينتش|جرينتش|مكه|السعوديه|بغداد|\bgmt\b|\butc\b", re.IGNORECASE)
_LONGEST: Final = 300

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)


def read_date(raw: str | None, *, zone: tzinfo | None = None, now: datetime | None = None) -> datetime | None:
    """Return the moment that `raw` names, in UTC, or None when it names none that can be believed.

    A text without a zone is taken in `zone`, without that in UTC; one without a time of day at 00:00. Dates before
    1990, more than a day ahead of `now`, or of the Hijri calendar are None: never a guess.
    """
    if not raw or len(raw) > _LONGEST:
        return None
    text = " ".join(_folded(raw).split())
    moment = _iso(text) or _rfc822(text) or _worded(text)
    if moment is None:
        return None
    try:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone or UTC)
        moment = moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return moment if believable(moment, now=now) else None


def believable(moment: datetime, *, now: datetime | None = None) -> bool:
    """Tell whether a page can have been published then: from 1990 to a day ahead of now."""
    return EARLIEST <= moment <= (now or datetime.now(UTC)) + timedelta(days=1)


def names_time(raw: str) -> bool:
    """Tell whether a date text has a time of day."""
    return bool(_CLOCK.search(_folded(raw))) or bool(re.search(r"\dT\d{2}:?\d{2}", raw))


def _iso(text: str) -> datetime | None:
    if not _ISO.match(text):
        return None
    try:
        return datetime.fromisoformat(_FRACTION.sub("", text).replace(" Z", "Z").replace(" +", "+"))
    except ValueError:
        return None


def _rfc822(text: str) -> datetime | None:
    try:
        fields = parsedate_tz(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if fields is None or fields[0] < 1000:
        return None
    try:
        moment = datetime(*fields[:6])  # noqa: DTZ001 - the zone follows
        # The Arabic press means Arabia's AST, three hours east, where RFC 822 readers think of the Atlantic.
        offset = 3 * 3600 if re.search(r"\bAST\b", text) else fields[9]
        if offset is None or not re.search(r"[+-]\d{4}|[A-Za-z]{1,5}\s*$", text):
            return moment
        return moment.replace(tzinfo=timezone(timedelta(seconds=offset)))
    except (ValueError, OverflowError):
        return None


def _worded(text: str) -> datetime | None:
    for pattern in (_WORDED, _WORDED_MONTH_FIRST, _YEAR_FIRST, _DAY_FIRST):
        found = pattern.search(text)
        if found:
            break
    else:
        return None
    month = found["month"]
    clock = _CLOCK.search(text)
    hour = minute = second = 0
    if clock:
        hour, minute, second = int(clock["hour"]), int(clock["minute"]), int(clock["second"] or 0)
        half = (clock["half"] or "").lower().replace(".", "")
        if half in {"مساء", "م", "pm", "عصرا", "بعد الظهر"} and hour < 12:
            hour += 12
        elif (half in {"ص", "صباحا", "am", "فجرا"} and hour == 12) or (half == "ليلا" and hour == 12):
            hour = 0
        elif half == "ليلا" and 6 <= hour < 12:
            hour += 12
    zone = _ZONE.search(text)
    try:
        return datetime(
            int(found["year"]),
            int(month) if month.isdigit() else _MONTH_NUMBER[" ".join(month.split())],
            int(found["day"]),
            hour,
            minute,
            second,
            tzinfo=timezone(timedelta(hours=_NAMED_ZONES[zone.group().lower()])) if zone else None,
        )
    except ValueError:
        return None

"""Dates as the Arabic press writes them: ISO, RFC 822, numbers, and words, in both calendars."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_tz
from functools import cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mirqab.arabic.calendars import HIJRI_MONTHS, MONTHS, numbers_of
from mirqab.arabic.folding import fold

# AST is Arabia's time to the Arabic press, three hours east, where RFC 822 readers think of the Atlantic.
_HOURS_EAST: Final = (
    {"z": 0, "gmt": 0, "utc": 0, "ut": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2, "eet": 2, "eest": 3}
    | {"ast": 3, "ksa": 3, "msk": 3, "gst": 4}
    | {"edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8}
)
_CITIES: Final = {
    "غرينتش": "Etc/UTC",
    "جرينتش": "Etc/UTC",
    "مكه": "Asia/Riyadh",
    "السعوديه": "Asia/Riyadh",
    "الرياض": "Asia/Riyadh",
    "بغداد": "Asia/Baghdad",
    "القاهره": "Africa/Cairo",
    "بيروت": "Asia/Beirut",
    "دمشق": "Asia/Damascus",
    "القدس": "Asia/Jerusalem",
    "فلسطين": "Asia/Jerusalem",
    "ابوظبي": "Asia/Dubai",
    "ابو ظبي": "Asia/Dubai",
    "الامارات": "Asia/Dubai",
    "الدوحه": "Asia/Qatar",
    "تونس": "Africa/Tunis",
    "الجزائر": "Africa/Algiers",
    "طرابلس": "Africa/Tripoli",
    "الخرطوم": "Africa/Khartoum",
}


def _folded(text: str) -> str:
    return fold(text).replace("،", ",")


def _pattern(names: Iterable[str]) -> str:
    """Return what matches any of the names, the longest first, so that «مايو» is not read as «ماي»."""
    return "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in sorted(names, key=len, reverse=True))


_MONTH_NUMBER: Final = numbers_of(MONTHS)
_HIJRI_MONTH_NUMBER: Final = numbers_of(HIJRI_MONTHS)
_MONTH: Final = rf"(?:{_pattern(_MONTH_NUMBER)})(?!\w)"
_HIJRI_MONTH: Final = rf"(?:{_pattern(_HIJRI_MONTH_NUMBER)})(?!\w)"
# «تشرين الأول/ أكتوبر» and «أكتوبر (تشرين الأول)» are one month.
_MONTHS_SEEN: Final = rf"(?P<month>{_MONTH})\.?(?:\s*[/(\-]\s*(?:{_MONTH})\s*\)?)?"
_YEAR: Final = r"(?P<year>(?:19|20)\d{2})(?!\d)"
_HIJRI_YEAR: Final = r"(?P<year>1[34]\d{2}|1500)(?!\d)"
_BEFORE_YEAR: Final = r"[\s,/\-]*(?:عام\s+|سنه\s+)?"
_DAY: Final = r"(?<![\d.:])(?P<day>\d{1,2})"
_DAY_OF: Final = rf"{_DAY}(?:st|nd|rd|th)?[\s\-/]*(?:من\s+)?(?:شهر\s+)?"


def _forms(month: str, year: str) -> tuple[re.Pattern[str], ...]:
    numbered = r"\s*[/.\-]\s*(?P<month>\d{1,2})\s*[/.\-]\s*"
    return (
        re.compile(rf"{_DAY_OF}{month}{_BEFORE_YEAR}{year}", re.IGNORECASE),
        re.compile(rf"(?<!\w){month}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,]+{year}", re.IGNORECASE),
        re.compile(rf"(?<!\d){year}{numbered}(?P<day>\d{{1,2}})(?!\d)"),
        re.compile(rf"(?<![\d:])(?P<day>\d{{1,2}}){numbered}{year}"),
    )


_GREGORIAN: Final = _forms(_MONTHS_SEEN, _YEAR)
_HIJRI: Final = _forms(rf"(?P<month>{_HIJRI_MONTH})(?:\s+(?:الحرام|الخير|المظفر|المعظم|المبارك))?", _HIJRI_YEAR)
_CLOCK: Final = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?(?![\d:])"
    r"\s*(?P<half>صباحا|مساء|ظهرا|عصرا|ليلا|فجرا|بعد الظهر|[صم](?!\w)|[ap]\.?m(?!\w))?",
    re.IGNORECASE,
)
_ISO: Final = re.compile(
    r"(?:19|20)\d{6}T\d{6}(?:Z|[+-]\d{4})?\Z|"
    r"(?:19|20)\d{2}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:[.,]\d+)?\s*(?:Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?\Z"
)
_YEAR_OF_NOTHING: Final = re.compile(r"(?<![\d+\-])0\d{3}(?!\d)")  # mail's rules make 2001 of the year 0001
_FRACTION: Final = re.compile(r"[.,]\d+")
_OFFSET: Final = re.compile(
    r"[\s(]*(?:(?P<named>gmt|utc|z)\s*)?(?P<sign>[+\-\u2212])"
    r"(?:(?P<hours>\d{2}):?(?P<minutes>\d{2})|(?P<whole>\d{1,2})(?=\s*\)?(?:\Z|\s)))(?!\d)",
    re.IGNORECASE,
)
_ZONES: Final = {name: timezone(timedelta(hours=hours)) for name, hours in _HOURS_EAST.items()}
_ZONE: Final = re.compile(
    rf"(?<![A-Za-z])({'|'.join(sorted(_ZONES, key=len, reverse=True))})(?![A-Za-z])", re.IGNORECASE
)
# A city alone may be where the story was written; as a zone it stands after «بتوقيت», Greenwich anywhere.
_CITY: Final = re.compile(rf"توقيت\s+({_pattern(_CITIES)})|(غرينتش|جرينتش)")
_MOST_HOURS_OFF: Final = 14
_LONGEST: Final = 300

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)


def read_date(raw: str | None, *, zone: tzinfo | None = None, now: datetime | None = None) -> datetime | None:
    """Return the moment that `raw` names, in UTC, or None when it names none that can be believed.

    A text without a zone is taken in `zone`, without that in the zone of `now`, at last in UTC; one without a time of
    day at 00:00. A Hijri date is converted by the calendar of Umm al-Qura, which may be a day off what a country saw; a
    Gregorian date beside it wins. Dates before 1990 or more than a day ahead of `now` are None: never a guess.
    """
    if not raw or len(raw) > _LONGEST:
        return None
    text = " ".join(_folded(raw).split())
    moment = _iso(text) or _worded(text) or _rfc822(text)
    if moment is None:
        return None
    try:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone or (now.tzinfo if now else None) or UTC)
        moment = moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return moment if believable(moment, now=now) else None


def now_in(zone: str | None) -> datetime:
    """Return this moment as the clocks of a zone (`Asia/Baghdad`) show it; in UTC where the zone is unknown."""
    try:
        return datetime.now(ZoneInfo(zone) if zone else UTC)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.now(UTC)


def believable(moment: datetime, *, now: datetime | None = None) -> bool:
    """Tell whether a page can have been published then: from 1990 to a day ahead of now."""
    return EARLIEST <= moment <= (now or datetime.now(UTC)) + timedelta(days=1)


def names_time(raw: str) -> bool:
    """Tell whether a date text has a time of day."""
    return bool(_CLOCK.search(_folded(raw))) or bool(re.search(r"\dT\d{2}:?\d{2}", raw))


# ------------------------------------------------------------------------------- dates in running text


class NamedDate(NamedTuple):
    """A day, a month or a year that a text names, as far as it says which; `start` and `stop` are its span there.

    One that `is_hijri` there was converted, and may be a day off, as may one that `is_relative` to the text's own day.
    `is_week`: the week of that day is meant, a Monday.
    """

    year: int | None
    month: int | None
    day: int | None
    start: int
    stop: int
    is_hijri: bool = False
    is_relative: bool = False
    is_week: bool = False

    @property
    def value(self) -> str:
        """The date as in ISO 8601: `2027-06-30`, `2027-06`, `2027`, `2027-W26`; without the year `--06-30`, `--06`."""
        if self.is_week and (monday := self._date()) is not None:
            return f"{monday:%G-W%V}"
        year = "-" if self.year is None else f"{self.year:04d}"
        parts = [f"{part:02d}" for part in (self.month, self.day) if part is not None]
        return "-".join([year, *parts])

    def is_told_by(self, other: NamedDate) -> bool:
        """Tell whether whoever knows the other date learns nothing from this one. A year left out may be any."""
        if self.is_week:
            return self._holds(other)
        if other.is_week:
            return self.day is None and self._says_no_more_than(other)
        if self.is_hijri != other.is_hijri or self.is_relative or other.is_relative:
            return any(one._says_no_more_than(near) for one in self._or_beside() for near in other._or_beside())
        return self._says_no_more_than(other)

    def _date(self) -> date | None:
        if self.year is None or self.month is None or self.day is None:
            return None
        try:
            return date(self.year, self.month, self.day)
        except ValueError:  # «31 نيسان»
            return None

    def _holds(self, other: NamedDate) -> bool:
        """Tell whether a day or a week lies in this week; of a day, since weeks begin on Saturday or Sunday, nearly."""
        monday, day = self._date(), other._replace(year=other.year or self.year)._date()
        if monday is None or day is None:
            return False
        return monday == day if other.is_week else -2 <= (day - monday).days <= 6

    def _or_beside(self) -> tuple[NamedDate, ...]:
        """Return the date, and of one that may be a day off also the days before and after.

        Of a Hijri one, for a country may have seen the moon then.
        """
        day = self._date()
        if not (self.is_hijri or self.is_relative) or day is None:
            return (self,)
        days = (day + timedelta(days=off) for off in (0, -1, 1))
        return tuple(self._replace(year=one.year, month=one.month, day=one.day) for one in days)

    def _says_no_more_than(self, other: NamedDate) -> bool:
        years = {self.year, other.year} - {None}
        if self.month is None:
            return self.year == other.year
        return len(years) < 2 and self.month == other.month and self.day in (None, other.day)


_WORDS_FOR_DAYS: Final = {
    _folded(word): number
    for number, word in enumerate(
        ("أول", "ثاني", "ثالث", "رابع", "خامس", "سادس", "سابع", "ثامن", "تاسع", "عاشر"), start=1
    )
} | {"حادي": 1}
_OTHER_WORDS_TOO: Final = frozenset(_folded(name) for name in ("مارس", "آب", "ماي", "جوان", "آذار", "may", "mar"))
"""Months that are not read without a day or a year, since they are other words as well."""

_OF_YEAR: Final = rf"(?:{_BEFORE_YEAR}(?:من\s+)?(?:عام\s+|سنه\s+)?{_YEAR})?"
_UNTIL: Final = (
    r"(?<!\w)(?:[بلوف]|ول)?"
    r"(?:في|بحلول|حتي|نهايه|اواخر|مطلع|منتصف|اواءل|بدايه|خلال|قبل|بعد|منذ|شهر|موعد|من|الي)\s+"
)
_TENS: Final = {"عشرين": 20, "ثلاثين": 30}


@cache
def _in_text() -> tuple[re.Pattern[str], ...]:
    """Return the forms of dates in running text, the fullest first: compiled only where texts are read for them."""
    return (
        re.compile(rf"{_DAY_OF}{_MONTHS_SEEN}{_OF_YEAR}", re.IGNORECASE),
        re.compile(
            rf"(?<!\w)[وبفل]?ال(?P<ones>{_pattern(_WORDS_FOR_DAYS)})(?:\s+(?P<teen>عشر)|\s+و(?:ال)?(?P<tens>عشرين|ثلاثين))?"
            rf"\s+من\s+(?:شهر\s+)?{_MONTHS_SEEN}{_OF_YEAR}"
        ),
        re.compile(rf"(?<!\w)[وبفل]?ال(?P<tens>عشرين|ثلاثين)\s+من\s+(?:شهر\s+)?{_MONTHS_SEEN}{_OF_YEAR}"),
        re.compile(rf"(?<!\w){_MONTHS_SEEN}{_BEFORE_YEAR}(?:من\s+)?(?:عام\s+|سنه\s+)?{_YEAR}", re.IGNORECASE),
        re.compile(rf"{_UNTIL}(?:شهر\s+)?{_MONTHS_SEEN}"),
        re.compile(rf"(?<!\w)(?:[بلوف]|ال)?(?:عام|سنه|العام)\s+{_YEAR}"),
        re.compile(rf"{_UNTIL}{_YEAR}(?!\s+\w*(?:جندي|عسكري|عنصر|مقاتل))"),
    )


def dates_in(folded: str) -> list[NamedDate]:
    """Return the days, months and years that a folded text (`mirqab.arabic.fold`) names, in its order.

    Weekdays and «غداً» are none of them: what they mean is known only beside the day on which they were written
    (`mirqab.arabic.coming`).
    """
    text, found = folded.replace("،", ","), []
    for form in (*_GREGORIAN, *_HIJRI, *_in_text()):
        for match in form.finditer(text):
            date = _hijri_date(match) if form in _HIJRI else _date_of(match)
            if date is not None:
                found.append(date)
                text = text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]
    return sorted(found, key=lambda one: one.start)


def _date_of(match: re.Match[str]) -> NamedDate | None:
    told = match.groupdict()
    name = " ".join((told.get("month") or "").lower().split())
    day = int(told["day"]) if told.get("day") else _worded_day(told)
    year = int(told["year"]) if told.get("year") else None
    month = _number(name, _MONTH_NUMBER) if name else None
    if day is None and year is None and name in _OTHER_WORDS_TOO:
        return None
    if not 1 <= (month or 1) <= 12 or not 1 <= (day or 1) <= 31:
        return None
    return NamedDate(year, month, day, *match.span())


def _worded_day(told: dict[str, str | None]) -> int | None:
    ones, tens = told.get("ones"), told.get("tens")
    day = (_WORDS_FOR_DAYS[ones] if ones else 0) + (10 if told.get("teen") else 0) + (_TENS[tens] if tens else 0)
    return day or None


def _hijri_date(match: re.Match[str]) -> NamedDate | None:
    day = _from_hijri(int(match["year"]), _number(match["month"], _HIJRI_MONTH_NUMBER), int(match["day"]))
    return None if day is None else NamedDate(day.year, day.month, day.day, *match.span(), is_hijri=True)


# ---------------------------------------------------------------------------------------------- steps


def _iso(text: str) -> datetime | None:
    if not _ISO.match(text):
        return None
    try:
        return datetime.fromisoformat(_FRACTION.sub("", text).replace(" Z", "Z").replace(" +", "+"))
    except ValueError:
        return None


def _worded(text: str) -> datetime | None:
    """Read a date of words or numbers, the time of day and the zone, wherever in the text they stand."""
    day = _day(text)
    if day is None:
        return None
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
    try:
        return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=_zone(text, clock))
    except ValueError:
        return None


def _day(text: str) -> date | None:
    """Return the day that a text names; the first of the Gregorian forms that fits, else the first Hijri one."""
    for form in _GREGORIAN:
        if found := form.search(text):
            try:
                return date(int(found["year"]), _number(found["month"], _MONTH_NUMBER), int(found["day"]))
            except ValueError:
                return None
    for form in _HIJRI:
        if found := form.search(text):
            return _from_hijri(int(found["year"]), _number(found["month"], _HIJRI_MONTH_NUMBER), int(found["day"]))
    return None


def _from_hijri(year: int, month: int, day: int) -> date | None:
    from hijridate import Hijri

    try:
        return Hijri(year, month, day).to_gregorian()
    except (ValueError, OverflowError):
        return None


def _number(month: str, names: dict[str, int]) -> int:
    return int(month) if month.isdigit() else names[" ".join(month.lower().split())]


def _zone(text: str, clock: re.Match[str] | None) -> tzinfo | None:
    """Return the zone that a text names: an offset behind the time of day, a name, or a city."""
    offset = _OFFSET.match(text, clock.end()) if clock else None
    if offset is not None:
        hours, minutes = int(offset["hours"] or offset["whole"]), int(offset["minutes"] or 0)
        if hours <= _MOST_HOURS_OFF and minutes < 60:
            east = timedelta(hours=hours, minutes=minutes)
            return timezone(east if offset["sign"] == "+" else -east)
    named = _ZONE.search(text)
    if named is not None:
        return _ZONES[named[1].lower()]
    city = _CITY.search(text)
    return ZoneInfo(_CITIES[" ".join((city[1] or city[2]).split())]) if city else None


def _rfc822(text: str) -> datetime | None:
    """Read what is left of mail's forms: years of two digits, the year at the end."""
    try:
        fields = parsedate_tz(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if fields is None or fields[0] < EARLIEST.year or _YEAR_OF_NOTHING.search(text):
        return None
    try:
        return datetime(*fields[:6], tzinfo=_zone(text, _CLOCK.search(text)))
    except (ValueError, OverflowError):
        return None

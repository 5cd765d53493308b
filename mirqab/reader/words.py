"""Words for the reading pages: times, counts and grades in Arabic."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from mirqab.arabic import arabic_share
from mirqab.arabic.calendars import WEEKDAYS
from mirqab.changes import Figure, Kind
from mirqab.developments import is_week, parts_of_date
from mirqab.types import Development, FlagState, Grade, Relation

MONTHS: Final = (
    "كانون الثاني/يناير",
    "شباط/فبراير",
    "آذار/مارس",
    "نيسان/أبريل",
    "أيار/مايو",
    "حزيران/يونيو",
    "تموز/يوليو",
    "آب/أغسطس",
    "أيلول/سبتمبر",
    "تشرين الأول/أكتوبر",
    "تشرين الثاني/نوفمبر",
    "كانون الأول/ديسمبر",
)

GRADES: Final = {Grade.MAIN: "موضوع الخبر", Grade.PASSING: "ذكر عابر", Grade.BACKGROUND: "خلفية"}
STATES: Final = {
    FlagState.OPEN: "جديد",
    FlagState.RELEVANT: "ذو صلة",
    FlagState.IRRELEVANT: "ليس ذا صلة",
    FlagState.TO_CHECK: "للتدقيق",
    FlagState.DEVELOPING: "فيه جديد",
    FlagState.WITHDRAWN: "سُحبت إشارته",
}
NEWS: Final = {
    "act": "فعل جديد",
    "theatre": "مسرح جديد",
    "date": "موعد جديد",
    "number": "رقم جديد",
    "speaker": "متحدث جديد",
}
EARNED: Final = {True: "الموضوع يرفعه", False: "الموضوع لا يرفعه"}
RELATIONS: Final = {
    Relation.NEW: "الأصل",
    Relation.EXACT: "نسخة مطابقة",
    Relation.NEAR: "نسخة قريبة",
    Relation.UPDATE: "تحديث",
    Relation.SAME_EVENT: "الحدث نفسه",
}
SEEN_FIRST: Final = "رُصد أولاً"
"""An article that is a copy of none, though others had published its text before."""

ARABIC_LINE: Final = 0.3  # of the letters; an Arabic sentence with long foreign names holds more

# one, two, three to ten, eleven and more
MINUTES: Final = ("دقيقة", "دقيقتين", "دقائق", "دقيقة")
HOURS: Final = ("ساعة", "ساعتين", "ساعات", "ساعة")
DAYS: Final = ("يوم", "يومين", "أيام", "يوماً")
WEEKS: Final = ("أسبوع", "أسبوعين", "أسابيع", "أسبوعاً")
MONTH_COUNT: Final = ("شهر", "شهرين", "أشهر", "شهراً")
YEARS: Final = ("سنة", "سنتين", "سنوات", "سنة")
OUTLETS: Final = ("منفذ واحد", "منفذان", "منافذ", "منفذاً")
TEXTS: Final = ("نص مستقل واحد", "نصّان مستقلان", "نصوص مستقلة", "نصاً مستقلاً")
FIGURES: Final = {Figure.DATE: "تاريخ", Figure.TOLL: "حصيلة", Figure.NUMBER: "رقم"}
CHANGED: Final = {
    Kind.ADDED: "أُضيفت",
    Kind.REMOVED: "حُذفت",
    Kind.REWORDED: "أُعيدت صياغتها",
    Kind.SPELLED: "تغيّر رسمها فقط",
}


def counted(number: int, forms: tuple[str, str, str, str]) -> str:
    """Return a number with its noun as Arabic counts: one and two without the number."""
    if number == 1:
        return forms[0]
    if number == 2:
        return forms[1]
    last = number % 100
    if 3 <= last <= 10:
        return f"{number} {forms[2]}"
    # 100, 101, 102 … take the singular in the genitive
    return f"{number} {forms[3] if last >= 11 else forms[0]}"


def carried_by(outlets: int) -> str:
    """Return how many outlets carried a story: the verb goes with the noun."""
    return f"{'حملته' if 3 <= outlets % 100 <= 10 else 'حمله'} {counted(outlets, OUTLETS)}"


def percent(share: float) -> str:
    """Return a share in percent, kept together in Arabic text."""
    return f"\u2068{whole_percent(share)}%\u2069"


def whole_percent(share: float) -> int:
    """Return a share in percent, rounded down: only what is the same is 100."""
    return int(share * 100 + 1e-9)


def ago(at: datetime, now: datetime) -> str:
    """Return how long ago a moment was, in words; a moment ahead of us is said to be so."""
    passed = now - at
    if passed < timedelta(minutes=-5):
        return "بتاريخ لاحق"
    seconds = max(0, int(passed.total_seconds()))
    if seconds < 60:
        return "الآن"
    for size, limit, forms in (
        (60, 3600, MINUTES),
        (3600, 86400, HOURS),
        (86400, 7 * 86400, DAYS),
        (7 * 86400, 30 * 86400, WEEKS),
        (30 * 86400, 365 * 86400, MONTH_COUNT),
    ):
        if seconds < limit:
            return f"قبل {counted(seconds // size, forms)}"
    return f"قبل {counted(seconds // (365 * 86400), YEARS)}"


def exact(at: datetime) -> str:
    """Return a moment in full, in this machine's zone: weekday, day, month by both its names, year, time, offset."""
    local = at.astimezone()
    offset = local.strftime("%z")
    return (
        f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]} {local.year}، "
        f"\u2068{local:%H:%M}\u2069 \u2068UTC{offset[:3]}:{offset[3:5]}\u2069"
    )


def news(one: Development) -> tuple[str, str]:
    """Return what is new in a decided story: which kind of thing, and the thing itself, dates by both month names."""
    if one.kind != "date":
        return NEWS[one.kind], one.value
    year, month, day = parts_of_date(one.value)
    parts = ("أسبوع" if is_week(one.value) else "", str(day) if day else "", MONTHS[month - 1] if month else "", year)
    return NEWS[one.kind], " ".join(part for part in parts if part)


def direction(text: str) -> str:
    """Return the direction of a line for HTML. An Arabic headline may begin with a Latin name and stays Arabic."""
    foreign = any(letter.isalpha() for letter in text) and arabic_share(text) < ARABIC_LINE
    return "ltr" if foreign else "rtl"


def number(value: float) -> str:
    """Return a score or points with at most two decimals, with a true minus sign."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text.replace("-", "\u2212")

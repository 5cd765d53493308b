"""Days that a text tells from its own day: «غداً», «السبت المقبل», «الأسبوع المقبل», «الشهر المقبل»."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from mirqab.arabic.calendars import WEEKDAYS
from mirqab.arabic.dates import NamedDate
from mirqab.arabic.folding import fold

_WEEKDAY_NUMBER: Final = {fold(name): number for number, name in enumerate(WEEKDAYS)}
_SUNDAY: Final = 6
_BEGINS: Final = r"(?<!\w)[وفبل]?"
_NEXT: Final = r"(?:المقبله?|القادمه?|الاتيه?)(?!\w)"
_COMING: Final = re.compile(
    rf"{_BEGINS}(?:يوم\s+)?(?P<after>بعد\s+غد)(?!\w)"
    rf"|{_BEGINS}(?P<tomorrow>غدا|(?:يوم|صباح|مساء|ظهر|فجر|من|حتي|الي|قبل|منذ)\s+(?:يوم\s+)?غد)(?!\w)"
    rf"|{_BEGINS}(?:يوم\s+)?(?P<weekday>{'|'.join(_WEEKDAY_NUMBER)})\s+{_NEXT}"
    rf"|{_BEGINS}(?P<week>الاسبوع)\s+{_NEXT}"
    rf"|{_BEGINS}(?P<month>الشهر)\s+{_NEXT}"
    # «الأمين العام المقبل» is a man
    rf"|(?<!\w)(?<!الامين )(?<!المدير )(?<!القاءد )(?<!المفتش )[وفبل]?(?P<year>العام|السنه)\s+{_NEXT}"
)


def coming_dates(folded: str, at: date) -> list[NamedDate]:
    """Return the days, weeks, months and years to come that a folded text of the day `at` names, in its order.

    A day is `is_relative`: it may be one off, since a text's own day is another one where clocks differ. A week begins
    on Sunday in the press of most countries, and is told by its Monday.
    """
    found = []
    for match in _COMING.finditer(folded):
        kind = match.lastgroup
        if kind == "month":
            months = at.year * 12 + at.month  # of the next one, counted from 0
            found.append(NamedDate(months // 12, months % 12 + 1, None, *match.span()))
        elif kind == "year":
            found.append(NamedDate(at.year + 1, None, None, *match.span()))
        elif kind == "week":
            monday = _next(at, _SUNDAY) + timedelta(days=1)
            found.append(NamedDate(monday.year, monday.month, monday.day, *match.span(), is_week=True))
        else:
            if kind == "weekday":
                day = _next(at, _WEEKDAY_NUMBER[match["weekday"]])
            else:
                day = at + timedelta(days=2 if kind == "after" else 1)
            found.append(NamedDate(day.year, day.month, day.day, *match.span(), is_relative=True))
    return found


def _next(at: date, weekday: int) -> date:
    """Return the first such weekday after a day."""
    return at + timedelta(days=(weekday - at.weekday() - 1) % 7 + 1)

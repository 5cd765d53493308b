"""Developments in words for a person."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Iterable
from datetime import date

from mirqab.types import Development


def told(developments: Iterable[Development]) -> str:
    """Return in English what is new: `new date 30 June 2027, new speaker …`."""
    return ", ".join(
        f"new {one.kind} {date_told(one.value) if one.kind == 'date' else one.value}" for one in developments
    )


def date_told(value: str) -> str:
    """Return a date as `Development` has it (`2027-06-30`, `--06-30`, `2027-W26`) in English: `30 June 2027`."""
    year, month, day = parts_of_date(value)
    parts = [*([str(day)] if day else []), *([month_name[month]] if month else []), *([year] if year else [])]
    return " ".join([*(["week of"] if is_week(value) else []), *parts])


def is_week(value: str) -> bool:
    """Tell whether a date is a week."""
    return "W" in value


def parts_of_date(value: str) -> tuple[str, int, int]:
    """Return the year as text (empty when it is not told), the month and the day (0 when they are not).

    Those of a week are its Monday's.
    """
    if is_week(value):
        monday = date.fromisocalendar(int(value[:4]), int(value[-2:]), 1)
        return str(monday.year), monday.month, monday.day
    year, _, rest = ("", "", value[2:]) if value.startswith("--") else value.partition("-")
    month, _, day = rest.partition("-")
    return year, int(month or 0), int(day or 0)

"""A time of the timetable, in cron's five fields: what APScheduler would read as another time is refused."""

from __future__ import annotations

import re
from typing import Final

WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")  # cron's order: 0 is Sunday


def check_cron(text: str) -> str:
    """Return the five fields with small letters; ValueError with the way to write what would mean another time."""
    parts = text.split()
    if len(parts) != 5:
        raise ValueError(f'expected five fields (minute hour day month weekday), found {len(parts)} in "{text}"')
    weekday = parts[4].lower()
    if re.search(r"\d", weekday):
        # APScheduler counts weekdays from Monday, cron from Sunday: a digit would silently mean another day
        raise ValueError(f'expected weekdays by name, found "{parts[4]}": write {_weekday_names(weekday)}')
    wrapped = re.fullmatch(r"([a-z]{3})-([a-z]{3})", weekday)
    if wrapped and all(name in WEEKDAYS for name in wrapped.groups()):
        names = _days(*(WEEKDAYS.index(name) for name in wrapped.groups()))
        if "sun" in names[:-1] and len(names) > 1:
            # its week starts on Monday, so a range over Sunday runs backwards there
            raise ValueError(f'expected a list of weekdays instead of "{parts[4]}": write {",".join(names)}')
    if parts[2] != "*" and weekday != "*":
        # cron runs when either fits, APScheduler only when both do
        raise ValueError("expected a day of the month or weekdays, not both: make two jobs")
    try:
        from apscheduler.triggers.cron import CronTrigger

        CronTrigger.from_crontab(" ".join([*parts[:4], weekday]), timezone="UTC")
    except ValueError as error:
        raise ValueError(f'is no time that can be read ("{text}"): {error}') from None
    return " ".join([*parts[:4], weekday])


def _days(first: int, last: int) -> list[str]:
    """The weekdays from one to another as cron counts them, over the end of the week where needed."""
    return [WEEKDAYS[day % 7] for day in range(first, last + 1 if last >= first else last + 8)]


def _weekday_names(field: str) -> str:
    """Return a weekday field with cron's digits spelled out, as far as it can be read."""
    names: list[str] = []
    for part in field.split(","):
        match = re.fullmatch(r"([0-7])(?:-([0-7]))?", part)
        if match is None:
            return "them as sun,mon,tue,wed,thu,fri,sat"
        names += _days(int(match[1]), int(match[2] or match[1]))
    return ",".join(dict.fromkeys(names))

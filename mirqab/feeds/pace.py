"""How often a feed wishes to be asked, as its own text says before its first item."""

from __future__ import annotations

import re
from typing import Final

from mirqab.types import FeedPace

SHORTEST_TTL_S: Final = 60.0
LONGEST_TTL_S: Final = 7 * 86_400.0
"""Weekly is the slowest that any outlet means; «yearly» and the like are taken for it."""
_UNBELIEVABLE_S: Final = 2 * 366 * 86_400.0

_HEAD_CHARS: Final = 200_000
_FIRST_ITEM: Final = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)\b", re.IGNORECASE)
_CDATA: Final = re.compile(r"<!\[CDATA\[|\]\]>")
_TTL: Final = re.compile(r"<(?:[\w.-]+:)?ttl\b[^<>]*>([^<]{1,200})<", re.IGNORECASE)
_PERIOD: Final = re.compile(r"<(?:[\w.-]+:)?updatePeriod\b[^<>]*>\s*([A-Za-z]{1,20})\s*<", re.IGNORECASE)
_FREQUENCY: Final = re.compile(r"<(?:[\w.-]+:)?updateFrequency\b[^<>]*>([^<]{1,200})<", re.IGNORECASE)
_SKIP_HOURS: Final = re.compile(r"<(?:[\w.-]+:)?skipHours\b[^<>]*>(.{0,2000}?)</(?:[\w.-]+:)?skipHours", re.I | re.S)
_SKIP_DAYS: Final = re.compile(r"<(?:[\w.-]+:)?skipDays\b[^<>]*>(.{0,2000}?)</(?:[\w.-]+:)?skipDays", re.I | re.S)
_HOUR: Final = re.compile(r"<(?:[\w.-]+:)?hour\b[^<>]*>\s*(\d{1,3})\s*<", re.IGNORECASE)
_DAY: Final = re.compile(r"<(?:[\w.-]+:)?day\b[^<>]*>\s*([A-Za-z]{2,12})\s*<", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\+?(\d{1,12}(?:\.\d{1,6})?)\Z")

_PERIODS_S: Final = {
    "hourly": 3_600.0,
    "daily": 86_400.0,
    "weekly": 7 * 86_400.0,
    "monthly": 30 * 86_400.0,
    "yearly": 365 * 86_400.0,
}
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def of_text(head: str) -> FeedPace:
    """Return the pace that the text of an RSS feed asks for; what follows its first item is not looked at.

    `<ttl>` in minutes and the period of `sy:updatePeriod` and `sy:updateFrequency`: the longer of both counts, at most
    a week. What is no number, not above zero or beyond two years counts as not said; so do hours or days that would
    skip everything. Hour 24, as RSS 0.91 writes it, is hour 0.
    """
    if len(head) > _HEAD_CHARS:
        head = head[:_HEAD_CHARS]
    first = _FIRST_ITEM.search(head)
    head = head[: first.start()] if first else head
    lowered = head.lower()
    if "ttl" not in lowered and "updateperiod" not in lowered and "skip" not in lowered:
        return FeedPace()
    head = _CDATA.sub("", _without_comments(head))
    wishes = [wish for wish in (_ttl_s(head), _period_s(head)) if wish is not None]
    return FeedPace(ttl_s=max(wishes, default=None), skip_hours=_hours(head), skip_days=_days(head))


def _without_comments(text: str) -> str:
    """Take comments out; by hand, because a pattern takes quadratic time over comments that never end."""
    kept, position = [], 0
    while (start := text.find("<!--", position)) >= 0:
        kept.append(text[position:start])
        end = text.find("-->", start + 4)
        if end < 0:
            return "".join(kept)
        position = end + 3
    return "".join((*kept, text[position:]))


def _number(text: str) -> float | None:
    found = _NUMBER.match(text.strip())
    value = float(found[1]) if found else 0.0
    return value if value > 0 else None


def _bounded(seconds: float) -> float | None:
    return None if seconds > _UNBELIEVABLE_S else min(max(seconds, SHORTEST_TTL_S), LONGEST_TTL_S)


def _ttl_s(head: str) -> float | None:
    found = _TTL.search(head)
    minutes = _number(found[1]) if found else None
    return None if minutes is None else _bounded(minutes * 60)


def _period_s(head: str) -> float | None:
    found = _PERIOD.search(head)
    period = _PERIODS_S.get(found[1].lower()) if found else None
    if period is None:
        return None
    said = _FREQUENCY.search(head)
    frequency = (_number(said[1]) if said else None) or 1.0
    return _bounded(period / frequency)


def _hours(head: str) -> tuple[int, ...]:
    found = _SKIP_HOURS.search(head)
    hours = {int(hour) % 24 for hour in _HOUR.findall(found[1]) if int(hour) <= 24} if found else set()
    return tuple(sorted(hours)) if len(hours) < 24 else ()


def _days(head: str) -> tuple[int, ...]:
    found = _SKIP_DAYS.search(head)
    names = {name[:3].lower() for name in _DAY.findall(found[1])} if found else set()
    days = tuple(number for number, name in enumerate(_DAYS) if name in names)
    return days if len(days) < 7 else ()

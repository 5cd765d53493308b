"""Which end of a feed is the new one: most feeds begin with their newest item, a few end with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final, TypeVar

_T = TypeVar("_T")

SAMPLED: Final = 40
"""So many items of a feed, spread over it, tell its order."""

_LEAST_STEPS: Final = 3
_MOST_AGAINST: Final = 5  # one step in so many may go the other way: pinned items, corrected dates


def spread(items: Sequence[_T]) -> list[_T]:
    """Return at most 40 of the items, spread evenly from the first to the last."""
    if len(items) <= SAMPLED:
        return list(items)
    return [items[place * (len(items) - 1) // (SAMPLED - 1)] for place in range(SAMPLED)]


def is_oldest_first(dates: Sequence[datetime | None]) -> bool:
    """Tell whether items with these dates, None where unknown, stand from the oldest to the newest.

    False in doubt: fewer than three steps between different dates, or more than one in five backward.
    """
    known = [date for date in dates if date is not None]
    ahead = sum(later > earlier for earlier, later in pairwise(known))
    back = sum(later < earlier for earlier, later in pairwise(known))
    return ahead >= _LEAST_STEPS and back * _MOST_AGAINST <= ahead

"""Years of made-up outlets: weekends, bursts of short items, videos without a text, dates that are now and then absent.

Nothing here is drawn independently: what makes false alarms in practice is that news comes in runs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from mirqab.archive import PageFact
from mirqab.types import Reason

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Habit:
    """What an outlet is like: pages a day, and how the kinds of its pages mix."""

    pages: float
    length: int = 1800
    spread: float = 0.5  # of the logarithm of the length
    weekend: float = 0.6  # of the pages, which are shorter then too
    tickers: float = 0.1  # the chance that a burst of one-liners begins at a page
    videos: float = 0.03  # and of pages without a text
    undated: float = 0.03
    other_way: float = 0.08
    quality: float = 0.85


CALM = (
    Habit(pages=15, tickers=0.0, videos=0.0),
    Habit(pages=45, tickers=0.0, videos=0.0),
    Habit(pages=150, tickers=0.0, videos=0.0, spread=0.6),
)
"""Outlets whose odd pages come one by one."""

HABITS = (
    Habit(pages=12),
    Habit(pages=40),
    Habit(pages=120, spread=0.7),
    Habit(pages=30, tickers=0.02, videos=0.05),
    Habit(pages=60, undated=0.3, other_way=0.3),
    Habit(pages=200, length=900, tickers=0.05, quality=0.7),
)


def pages(habit: Habit, days: int, *, seed: int) -> Iterator[PageFact]:
    """Yield an outlet's pages, the oldest first."""
    chance = random.Random(seed)
    number, burst, kind = 0, 0, "text"
    for day in range(days):
        weekend = day % 7 in (4, 5)
        busy = habit.pages * (habit.weekend if weekend else 1.0) * chance.lognormvariate(0, 0.2)
        moments = sorted(
            chance.uniform(5, 23) if chance.random() < 0.9 else chance.uniform(0, 24) for _ in range(int(busy))
        )
        mood = chance.gauss(0, 0.1)
        for hour in moments:
            number += 1
            if burst == 0:
                kind = "text"
                if chance.random() < habit.tickers / 4:
                    kind, burst = "ticker", chance.randint(1, 4)
                elif chance.random() < habit.videos / 2:
                    kind, burst = "video", chance.randint(1, 4)
            else:
                burst -= 1
            at = START + timedelta(days=day, hours=hour)
            if kind == "video":
                yield PageFact(entry=f"e{number}", outlet="rasid", at=at, reason=Reason.NO_ARTICLE)
                continue
            shape = chance.gauss(-0.2 if weekend else 0.0, habit.spread) + mood
            length = habit.length * 2.718**shape
            if kind == "ticker":
                length = chance.uniform(60, 150)
            yield PageFact(
                entry=f"e{number}",
                outlet="rasid",
                at=at,
                length=int(length),
                quality=min(max(chance.gauss(habit.quality, 0.06) - (0.2 if kind == "ticker" else 0), 0), 1),
                extractor="stated" if chance.random() > habit.other_way else "trafilatura",
                dated=chance.random() > habit.undated,
            )


def _lost_body(page: PageFact) -> PageFact:
    """Only the lead is taken out."""
    assert page.length is not None
    return replace(page, length=min(page.length // 8, 250), quality=0.5)


def _swallowed(page: PageFact) -> PageFact:
    """Menus and related stories are taken for text."""
    assert page.length is not None
    assert page.quality is not None
    return replace(page, length=page.length * 3 + 4000, quality=page.quality - 0.3)


CHANGES: dict[str, Callable[[PageFact], PageFact]] = {
    "length": _lost_body,
    "quality": _swallowed,
    "extractor": lambda page: replace(page, extractor="trafilatura fallback"),
    "undated": lambda page: replace(page, dated=False),
    "refused": lambda page: PageFact(entry=page.entry, outlet=page.outlet, at=page.at, reason=Reason.NO_ARTICLE),
}
"""Changes of a layout, by the measure in which they are to be seen."""

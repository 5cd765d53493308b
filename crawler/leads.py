"""Where an answer leads: to the newest sitemaps that an index names, and after a gap to where lost items may stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from mirqab import polling
from mirqab.types import ChildSitemap, Feed, FeedKind, FeedState, Outlet

MOST_CHILDREN: Final = 5
"""So many children of one sitemap index are asked in a run; after a gap so many of all indexes of an outlet together.
An index lists years of archives, of which only the newest hold what is new."""

MOST_PLACES: Final = 3
"""So many addresses are asked for what an outlet's feeds may have lost, children not counted."""

LATENESS: Final = timedelta(hours=6)
"""How long before an item appears its date may lie: editors date it when they begin, and caches keep feeds. What is
looked for after a gap begins so much earlier than the last answer before it."""

OWED: Final = timedelta(days=7)
"""How long after a gap a look elsewhere that was cut short is made up for. As long is the gap told by health."""

_DATE_SLACK: Final = timedelta(days=1)  # many indexes give a day, or a local time without its zone
_TURNS: Final = 2
_LATELY: Final = timedelta(days=2)
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def newest_children(
    children: Sequence[ChildSitemap],
    *,
    known: Mapping[str, FeedState],
    now: datetime,
    since: datetime | None = None,
    most: int = MOST_CHILDREN,
) -> tuple[list[ChildSitemap], int]:
    """Return the children to ask, the newest first, and how many more would have been worth it.

    One whose date says that it has not changed since we last read it (or since `since`) is passed over; so is one that
    failed until it is due again. Of more than `most` the last two places go by turns to those that changed in the last
    two days, first the one that was read longest ago. Children without a date stand after those with one, in the order
    of the index.
    """
    worth = {child.url: child for child in children if not _rests(known.get(child.url), now)}
    ordered = sorted(
        (child for child in worth.values() if not _is_old(child, known.get(child.url), since)),
        key=lambda child: child.modified or _LONG_AGO,
        reverse=True,
    )

    def turn(child: ChildSitemap) -> tuple[bool, datetime]:
        state = known.get(child.url)
        is_late = now - (child.modified or _LONG_AGO) > _LATELY
        return is_late, _LONG_AGO if is_late or state is None else state.last_success_at or _LONG_AGO

    first = max(0, most - _TURNS)
    chosen = [*ordered[:first], *sorted(ordered[first:], key=turn)[: most - first]]
    return chosen, len(ordered) - len(chosen)


def _rests(state: FeedState | None, now: datetime) -> bool:
    return state is not None and state.failures > 0 and not polling.is_due(state, now)


def _is_old(child: ChildSitemap, state: FeedState | None, since: datetime | None) -> bool:
    if child.modified is None:
        return False
    read_at = state.last_success_at if state is not None and not state.failures else None
    return any(moment is not None and child.modified + _DATE_SLACK < moment for moment in (read_at, since))


def places(outlet: Outlet, sitemaps: Sequence[str]) -> list[Feed]:
    """Return where an outlet may still list what its feeds have dropped, the likeliest first.

    What it declares for this, else `sitemaps`, which its robots.txt names.
    """
    if outlet.backfill:
        return list(outlet.backfill[:MOST_PLACES])
    return [Feed(url=url, kind=FeedKind.SITEMAP) for url in sitemaps[:MOST_PLACES]]


def home_page(outlet: Outlet) -> Feed:
    """Return the outlet's home page as a section, the last place to look."""
    return Feed(url=outlet.home, kind=FeedKind.SECTION)

"""Where an answer leads: to the newest sitemaps that an index names, and after a gap to where lost items may stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from mirqab.types import ChildSitemap, Feed, FeedKind, FeedState, Outlet

MOST_CHILDREN: Final = 5
"""So many children of one sitemap index are asked in a run; after a gap so many of all indexes of an outlet together.
An index lists years of archives, of which only the newest hold what is new."""

MOST_PLACES: Final = 3
"""So many addresses are asked for what an outlet's feeds may have lost, children not counted."""

_DATE_SLACK: Final = timedelta(days=1)  # many indexes give a day, or a local time without its zone
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def newest_children(
    children: Sequence[ChildSitemap],
    *,
    known: Mapping[str, FeedState],
    since: datetime | None = None,
    most: int = MOST_CHILDREN,
) -> tuple[list[ChildSitemap], int]:
    """Return the children to ask, the newest first, and how many more would have been worth it.

    One whose date says that it has not changed since we last read it (or since `since`) is passed over. Children
    without a date stand after those with one, in the order of the index.
    """
    worth = {child.url: child for child in children if not _is_old(child, known.get(child.url), since)}
    ordered = sorted(worth.values(), key=lambda child: child.modified or _LONG_AGO, reverse=True)
    return ordered[:most], max(0, len(ordered) - most)


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

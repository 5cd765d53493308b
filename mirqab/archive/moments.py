"""When an article was published, and which day it is of: no later than it was fetched, whatever its page says."""

from __future__ import annotations

from datetime import UTC, date, datetime


def moment_of(published: datetime | None, fetched_at: datetime) -> datetime:
    """Return when an article was published; when it was fetched, where its page does not say or claims a later time."""
    return min(published or fetched_at, fetched_at)


def day_of(published: datetime | None, fetched_at: datetime) -> date:
    """Return the day that an article is of, in UTC."""
    return moment_of(published, fetched_at).astimezone(UTC).date()

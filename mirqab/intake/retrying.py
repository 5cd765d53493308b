"""When an entry that failed is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from mirqab import polling
from mirqab.types import Reason

PASSES: Final[Mapping[Reason, bool]] = {
    Reason.BAD_URL: False,
    Reason.REFUSED_ADDRESS: False,
    Reason.REFUSED_BY_ROBOTS: False,
    Reason.DNS: True,
    Reason.CONNECTION: True,
    Reason.TLS: True,  # certificates are renewed
    Reason.TIMED_OUT: True,
    Reason.TOO_LARGE: False,
    Reason.TOO_MANY_REDIRECTS: True,  # a login or consent wall that misbehaves for a while
    Reason.NOT_FOUND: False,
    Reason.GONE: False,
    Reason.FORBIDDEN: True,  # a bot wall in a bad hour
    Reason.TOO_MANY_REQUESTS: True,
    Reason.HTTP_ERROR: True,
    Reason.BROKEN_ANSWER: True,
    Reason.EMPTY: True,
    Reason.NOT_A_FEED: False,
    Reason.UNREADABLE_FEED: False,
    Reason.TRUNCATED_FEED: False,
    Reason.NOT_HTML: False,
    Reason.NO_ARTICLE: False,
    Reason.WRONG_LANGUAGE: False,
    Reason.OUT_OF_MEMORY: False,  # the page needs it the next time too
    Reason.WORKER_DIED: True,
    Reason.OUR_FAULT: True,
    Reason.GAVE_UP: False,
}
"""Whether a reason may pass by itself, so that another try is worth a request. A final one is tried again only when
the feed tells the entry anew."""

RETRY_STEP_S: Final = 600.0
"""The n-th failure waits n times this long: with five tries an entry is given up 100 minutes after the first."""


def next_try(
    reason: Reason, attempts: int, now: datetime, *, max_attempts: int = 5, retry_after_s: float | None = None
) -> datetime | None:
    """Return when to try an entry again after its `attempts`-th failure (counted from 1), or None for never.

    The wait grows linearly, and is never shorter than what the server asked for.
    """
    if not PASSES[reason] or attempts >= max_attempts:
        return None
    wait_s = max(RETRY_STEP_S * attempts, min(retry_after_s or 0.0, polling.RETRY_AFTER_MOST_S))
    return now + timedelta(seconds=wait_s)

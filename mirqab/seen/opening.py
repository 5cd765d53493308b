"""Opens what all crawlers share, in the Redis of an address or the embedded server of a folder."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from mirqab.seen.bands import WINDOW_DAYS, Bands
from mirqab.seen.claims import LEASE_S, Seen


@asynccontextmanager
async def open_seen(
    *, redis_url: str | None, folder: Path, lease_s: float = LEASE_S, window_days: int = WINDOW_DAYS
) -> AsyncIterator[Seen]:
    """Connect to the Redis at `redis_url`, or to the embedded server of `folder`, starting it when nobody has.

    The embedded server stays up for as long as anybody on this machine has it open. A Redis that is merely away
    (down, frozen) gives a `Seen` that is not `available` and is asked again in the background.

    Raises SeenError for what a person must put right: no server program, a server that does not start, an engine
    older than 7, a read-only replica, wrong credentials.
    """
    # redis costs 0.16 s of CPU to import: paid by those who crawl, not by those who read
    from mirqab.seen.link import open_link

    async with open_link(redis_url=redis_url, folder=folder) as link:
        seen = Seen(link, lease_s=lease_s, window_days=window_days)
        try:
            yield seen
        finally:
            await seen.close()


@asynccontextmanager
async def open_private_bands(*, redis_url: str | None, folder: Path, window_days: int) -> AsyncIterator[Bands]:
    """Open bands of nobody else's, in the same Redis as `open_seen`; they are removed in the end.

    Raises SeenError as `open_seen` does.
    """
    from mirqab.seen.link import open_link

    async with open_link(redis_url=redis_url, folder=folder) as link:
        bands = Bands(link, window_days=window_days, private=uuid.uuid4().hex)
        try:
            yield bands
        finally:
            await bands.remove()

"""What is looked after when a crawl has ended: the room for raw pages, and whether pages are still as they were."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mirqab.cli import deployment
from mirqab.cli.raw import prune_after_run
from mirqab.cli.terminal import say
from mirqab.errors import MirqabError

if TYPE_CHECKING:
    from mirqab.settings import Settings


def look_after(deployed: Settings) -> None:
    """Write which outlets left their norm, and prune the raw pages when that is due; the crawl is done either way."""
    from mirqab.drift import look

    now = datetime.now(UTC)
    try:
        with deployment.archive_if_any(deployed) as archive:
            if archive is None:
                return
            known = {(row.outlet, row.measure) for row in archive.drifts(since=now)}
            for row in look(archive, now=now):
                if row.ended_at is None and (row.outlet, row.measure) not in known:
                    say(f"{row.outlet}: its pages are not as usual ({row.measure}); ./run health shows how.")
            prune_after_run(archive, deployed)
    except MirqabError as error:
        say(f"After the crawl: {error}")

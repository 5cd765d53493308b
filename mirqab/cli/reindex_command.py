"""`reindex`: what finds copies and stories, made again: signatures, marks in Redis, weights of terms."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mirqab.cli import deployment
from mirqab.cli.counting import Counting
from mirqab.cli.terminal import write_line
from mirqab.errors import SeenError
from mirqab.types import ExitCode

if TYPE_CHECKING:
    from mirqab.archive import Archive
    from mirqab.settings import Settings

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def reindex(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what there is to do.")] = False,
    stories: Annotated[
        bool,
        typer.Option("--stories", help="Then join the stories of copies that were stored before copies were told."),
    ] = False,
) -> int:
    """Make again what finds copies: missing signatures, and the marks of the last days in Redis.

    Nothing is fetched, and without --stories no article changes its story. A crawl does this by itself when it finds
    that Redis lost what it held; by hand it is of use for an archive made by an older Mirqab. May run beside a crawl,
    and be interrupted: the next call goes on.
    """
    deployed = deployment.settings()
    with deployment.archive_if_any(deployed) as archive:
        if archive is None:
            write_line(deployment.NOTHING_YET)
        elif dry_run:
            _say_what_is_to_do(deployed, archive, stories=stories)
        else:
            signed = asyncio.run(_reindex(deployed, archive))
            if stories:
                _join_stories(deployed, archive)
            elif signed:
                write_line("Copies among them are in stories of their own; ./run reindex --stories joins them.")
    return ExitCode.WELL


def _say_what_is_to_do(deployed: Settings, archive: Archive, *, stories: bool) -> None:
    from mirqab.intake import marked_from

    unsigned = archive.signatures.count_unsigned(since=BEGINNING)
    write_line(f"{unsigned:,} articles have no signature of today's making.")
    write_line(
        f"{archive.count_stored(marked_from(deployed.stories_window_days)):,} articles would be marked in Redis again."
    )
    if stories:
        write_line(f"{archive.founders.count():,} articles would be compared with those stored before them, and more")
        write_line("when they have signatures.")
    write_line("Nothing was written; without --dry-run it is.")


async def _reindex(deployed: Settings, archive: Archive) -> int:
    """Make signatures, marks and weights; return how many signatures."""
    from mirqab.archive import ArchiveThread
    from mirqab.intake import Marking, Telling, marked_from
    from mirqab.seen import open_seen

    window_days = deployed.stories_window_days
    thread = ArchiveThread(archive)
    try:
        async with open_seen(
            redis_url=deployed.redis_url, folder=deployed.redis_folder, window_days=window_days
        ) as seen:
            marking = Marking(archive, thread, seen, window_days=window_days)
            unsigned = await thread.call(archive.signatures.count_unsigned, since=BEGINNING)
            with Counting("signatures made", unsigned) as counting:
                signed = await marking.sign(since=BEGINNING, every=True, step=counting.step)
            write_line(f"{signed:,} signatures made.")
            to_mark = await thread.call(archive.count_stored, marked_from(window_days))
            with Counting("articles marked in Redis", to_mark) as counting:
                filled = await marking.refill(all_again=True, step=counting.step)
            write_line(f"{filled.made:,} articles marked in Redis.")
            if filled.epoch is None:
                raise SeenError(
                    "Redis did not take all marks. Copies are found without it, slower; run ./run reindex again."
                )
        with Counting("texts weighed") as counting:
            texts = 0
            for some in Telling(archive).weigh(anew=True):
                texts += some
                for _ in range(some):
                    counting.step()
        write_line(f"Terms weighed in {texts:,} texts.")
        return signed
    finally:
        await thread.close()


def _join_stories(deployed: Settings, archive: Archive) -> None:
    from mirqab.intake import join_founders

    joined = 0
    with Counting("articles compared with those before them", archive.founders.count()) as counting:
        for done in join_founders(archive, window_days=deployed.stories_window_days):
            joined += done is not None
            counting.step()
    write_line(f"{joined:,} stories joined to the one of which they hold a copy." if joined else "No story joined.")
    if joined:
        write_line("./run story history lists them, and ./run story undo takes one back.")

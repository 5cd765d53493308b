"""`prune`: keeping the raw pages within their budget, when it is asked for and after a crawl."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mirqab.cli import deployment
from mirqab.cli.terminal import moment, one_line, say, write_line

if TYPE_CHECKING:
    from mirqab.archive import Archive, PrunePlan, RawSpace
    from mirqab.settings import Settings

LOOK_EVERY: Final = timedelta(hours=6)
"""After a crawl the raw pages are looked over when the last look is so long ago."""

LITTLE_DISK: Final = 0.05
LITTLE_DISK_BYTES: Final = 2_000_000_000
"""The disk is nearly full when less than this share of it is free, and less than so many bytes."""

_MB: Final = 1_000_000


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would go.")] = False,
    flagged: Annotated[
        bool,
        typer.Option("--flagged", help="When nothing else is left, also drop pages of flagged stories; each is told."),
    ] = False,
) -> None:
    """Bring the raw pages down to raw.max_mb and raw.keep_days. The oldest go first, those of flagged stories stay.

    Articles, verdicts and flags are not touched: a page that is gone can no longer be taken out anew, that is all.
    """
    deployed = deployment.settings()
    with deployment.archive_if_any(deployed) as archive:
        if archive is None:
            write_line(deployment.NOTHING_YET)
            return
        plans: list[PrunePlan] = []

        def plan() -> PrunePlan:
            plans.append(_plan(archive, deployed, flagged_too=flagged))
            _tell(plans[0], deployed, dry_run=dry_run)
            return plans[0]

        if dry_run:
            plan()
            return
        done = archive.prune(plan)
    if done.records or done.files:
        write_line(f"Dropped {done.records:,} pages: {_mb(done.bytes)} freed.")
    if done.left:
        write_line(f"{done.left} files were left: what they hold changed meanwhile. Prune again.")


def prune_after_run(archive: Archive, deployed: Settings) -> None:
    """Prune when the last look is long ago, with a word only when something was dropped or cannot be."""
    from mirqab.archive import PrunedElsewhereError

    last = archive.raw_pruned_at()
    if last is not None and datetime.now(UTC) - last < LOOK_EVERY:
        return
    try:
        done = archive.prune(lambda: _plan(archive, deployed))
    except PrunedElsewhereError:
        return
    if done.records or done.bytes:
        say(f"Raw pages beyond raw.max_mb or raw.keep_days: {done.records:,} dropped, {_mb(done.bytes)} freed.")


def space_notes(archive: Archive, deployed: Settings) -> list[str]:
    """Return what a person should know of the room for raw pages; nothing when all is well."""
    space = archive.raw_space()
    notes = []
    if space.bytes > deployed.raw_max_mb * _MB:
        notes.append(
            f"Raw pages take {_mb(space.bytes)}, more than raw.max_mb ({_mb(deployed.raw_max_mb * _MB)}); "
            "./run prune --dry-run tells what can go."
        )
    if is_nearly_full(space):
        notes.append(
            f"The disk is nearly full: {_mb(space.free_bytes)} are free. Raw pages take {_mb(space.bytes)}; "
            "lower raw.max_mb, then ./run prune."
        )
    return notes


def is_nearly_full(space: RawSpace) -> bool:
    """Tell whether the disk with the raw pages has little room left."""
    return space.free_bytes < min(LITTLE_DISK * space.disk_bytes, LITTLE_DISK_BYTES)


def _plan(archive: Archive, deployed: Settings, *, flagged_too: bool = False) -> PrunePlan:
    return archive.plan_pruning(
        max_bytes=deployed.raw_max_mb * _MB, keep_days=deployed.raw_keep_days, flagged_too=flagged_too
    )


def _tell(plan: PrunePlan, deployed: Settings, *, dry_run: bool) -> None:
    """Print what a plan comes to."""
    days = "" if deployed.raw_keep_days is None else f", {deployed.raw_keep_days} days (raw.keep_days)"
    write_line(
        f"Raw pages: {_mb(plan.space.bytes)} in {plan.space.files:,} files; "
        f"allowed are {_mb(plan.max_bytes)} (raw.max_mb){days}."
    )
    for record in plan.flagged:
        write_line(
            f"  flagged  {record.story}  {record.article}  {_mb(record.bytes)}  "
            f"{one_line(record.headline)}  {one_line(record.url)}"
        )
    if plan.drop:
        verb = "Would drop" if dry_run else "To drop"
        write_line(
            f"{verb}: {plan.records:,} pages, {_mb(plan.bytes)}, "
            f"fetched from {moment(plan.since)} to {moment(plan.until)}; {len(plan.flagged)} of flagged stories."
        )
    else:
        write_line("Nothing is to be dropped.")
    if plan.over_bytes:
        write_line(
            f"That leaves {_mb(plan.over_bytes)} too many: {plan.kept_flagged:,} pages are of flagged stories, which "
            f"only --flagged drops, and {plan.in_use:,} files are in use by a crawl."
        )
    if plan.lost:
        write_line(f"{plan.lost:,} pages cannot be found: their files were removed by other means.")


def _mb(count: int) -> str:
    return f"{count / _MB:,.1f} MB" if count < 100 * _MB else f"{count / _MB:,.0f} MB"

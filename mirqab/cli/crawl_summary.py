"""What a crawl brought, printed at its end."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from mirqab.cli.terminal import Column, Format, Row, one_line, print_rows, write_line

if TYPE_CHECKING:
    from mirqab.cli.crawl_progress import OutletTally, Tally
    from mirqab.settings import Settings


SHOWN = 30  # flagged stories that are listed at the end of a run


def sum_up(deployed: Settings, tally: Tally, started_at: datetime) -> None:
    """Print every outlet that has something to tell, the failures with their reasons, and the stories flagged new."""
    rows: list[Row] = [
        {"outlet": name, "tally": outlet}
        for name, outlet in sorted(tally.outlets.items())
        if outlet.new or outlet.fetched or outlet.feed_problems
    ]
    columns: list[Column] = [
        ("outlet", lambda row: row["outlet"]),
        ("new", lambda row: row["tally"].new),
        ("known", lambda row: row["tally"].known),
        ("fetched", lambda row: row["tally"].fetched),
        ("stored", lambda row: row["tally"].stored),
        ("copies", lambda row: row["tally"].duplicates),
        ("failed", lambda row: row["tally"].failures.total()),
        ("flagged", lambda row: row["tally"].flagged),
        ("problems", lambda row: _problems(row["tally"])),
    ]
    print_rows(rows, columns, Format.TABLE, empty="Nothing new.")
    write_line(tally.line())
    _flagged_since(deployed, started_at)


def _problems(outlet: OutletTally) -> str:
    pages = [f"{reason} ×{count}" for reason, count in outlet.failures.most_common()]
    feeds = [f"feed {problem}: {url}" for url, problem in outlet.feed_problems]
    return ", ".join([*pages, *feeds])


def _flagged_since(deployed: Settings, started_at: datetime) -> None:
    """List the stories on which this run raised a flag; a story first seen earlier may be among them."""
    from mirqab.cli import deployment

    with deployment.archive_if_any(deployed) as archive:
        # a run that met no entry at all has stored nothing
        flagged = [] if archive is None else archive.flagged()
    stories = [story for story in flagged if story.raised_at >= started_at]
    if not stories:
        write_line("No story was flagged in this run; ./run flagged lists the earlier ones.")
        return
    write_line(f"Flagged in this run: {len(stories)}")
    for story in stories[:SHOWN]:
        theatres = "، ".join(story.theatres)
        write_line(f"  {story.story}  {round(story.score, 2):g}  {one_line(theatres)}  {one_line(story.headline)}")
    if len(stories) > SHOWN:
        write_line(f"  and {len(stories) - SHOWN} more: ./run flagged lists them all.")
    write_line("./run show ID shows one with its evidence; ./run serve opens them all in a browser.")

"""What a crawl brought, printed at its end."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from mirqab.cli.terminal import Column, Format, Row, one_line, print_rows, write_line

if TYPE_CHECKING:
    from mirqab.cli.crawl_progress import OutletReport, RunReport
    from mirqab.settings import Settings


SHOWN = 30  # notices, and flagged stories, that are listed at the end of a run


def sum_up(deployed: Settings, report: RunReport, started_at: datetime) -> None:
    """Print every outlet that has something to tell, the failures with their reasons, and the stories flagged new."""
    rows: list[Row] = [
        {"outlet": name, "report": outlet} for name, outlet in sorted(report.outlets.items()) if outlet.tells
    ]
    columns: list[Column] = [
        ("outlet", lambda row: row["outlet"]),
        ("feeds", lambda row: _feeds(row["report"])),
        ("unchanged", lambda row: row["report"].feeds_unchanged),
        ("new", lambda row: row["report"].new),
        ("fetched", lambda row: row["report"].fetched),
        ("stored", lambda row: row["report"].stored),
        ("copies", lambda row: row["report"].duplicates),
        ("failed", lambda row: row["report"].failed),
        ("refused", lambda row: row["report"].refused),
        ("later", lambda row: row["report"].put_off + row["report"].feeds_put_off),
        ("flagged", lambda row: row["report"].flagged),
        ("problems", lambda row: _problems(row["report"])),
    ]
    print_rows(rows, columns, Format.TABLE, empty="Nothing new.")
    write_line(report.line())
    if gaps := report.total("gaps"):
        feeds = "1 feed" if gaps == 1 else f"{gaps} feeds"
        write_line(f"{feeds} rolled over: items may be lost; {report.total('found_again')} found again.")
    notices = [f"{name}: {notice}" for name, outlet in sorted(report.outlets.items()) for notice in outlet.notices]
    for notice in notices[:SHOWN]:
        write_line("  " + one_line(notice))
    if len(notices) > SHOWN:
        write_line(f"  and {len(notices) - SHOWN} more: ./run health tells them all.")
    _flagged_since(deployed, started_at)


def _feeds(outlet: OutletReport) -> str:
    answered = outlet.feeds_read + outlet.feeds_unchanged
    return f"{answered}/{answered + outlet.feeds_failed + outlet.feeds_put_off}"


def _problems(outlet: OutletReport) -> str:
    pages = [f"{reason} ×{count}" for reason, count in outlet.failures.most_common()]
    later = [f"later: {reason} ×{count}" for reason, count in outlet.put_off_reasons.most_common()]
    feeds = [f"feed {problem}: {url}" for url, problem in outlet.feed_problems]
    return ", ".join([*pages, *later, *feeds])


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

"""What a crawl brought, printed at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirqab.cli.sums import outlet_columns, total, total_line
from mirqab.cli.terminal import Format, Row, one_line, print_rows, write_line
from mirqab.reader.queries import outlet_sums_json
from mirqab.types import FlagState

if TYPE_CHECKING:
    from mirqab.archive import Archive
    from mirqab.cli.crawl_progress import RunReport
    from mirqab.settings import Settings


SHOWN = 30  # feeds without an answer, notices, and flagged stories, that are listed at the end of a run
NAMED = 8  # outlets with nothing new that are named


def sum_up(deployed: Settings, report: RunReport) -> None:
    """Print what the ledger says of each outlet, feeds that gave nothing, and the stories this run flagged.

    The numbers are those that `./run runs RUN` prints.
    """
    from mirqab.cli import deployment

    run = str((report.summary or {}).get("run"))
    with deployment.archive_if_any(deployed) as archive:
        rows: list[Row] = [] if archive is None else [outlet_sums_json(sums) for sums in archive.run_outlets(run)]
        _print_sums(rows, report)
        _list([f"{outlet}: feed {reason}: {url}" for outlet, url, reason in report.feed_problems], "./run health")
        _list([f"{outlet}: {notice}" for outlet, notice in report.notices], "./run health")
        _flagged(archive, report)
        if archive is not None and report.developed:
            _developing(archive, report.developed)


def _print_sums(rows: list[Row], report: RunReport) -> None:
    telling = [row for row in rows if _tells(row)]
    quiet = [str(row["outlet"]) for row in rows if not _tells(row)]
    print_rows(telling, outlet_columns(report.flagged), Format.TABLE, empty="Nothing new.")
    if quiet:
        more = f" and {len(quiet) - NAMED} more" if len(quiet) > NAMED else ""
        write_line(f"Read, with nothing new: {', '.join(quiet[:NAMED])}{more}")
    write_line(total_line(total(rows), flagged=report.flagged.total(), not_due=report.not_due))
    summary = report.summary or {}
    if held := summary.get("held"):
        write_line(f"{held} pages are in the hands of another crawl.")
    if told := summary.get("gaps_told"):
        write_line(f"{told}.")


def _tells(row: Row) -> bool:
    """Whether anything happened at an outlet that is worth a line."""
    quiet = ("outlet", "feeds_ok", "feeds_not_modified", "found", "known")
    return any(value for key, value in row.items() if key not in quiet)


def _list(lines: list[str], where: str) -> None:
    for line in lines[:SHOWN]:
        write_line("  " + one_line(line))
    if len(lines) > SHOWN:
        write_line(f"  and {len(lines) - SHOWN} more: {where} tells them all.")


def _developing(archive: Archive, articles: list[str]) -> None:
    """List the decided stories of which this run told something new."""
    from mirqab.developments import told

    told_of = {found.story for article in articles if (found := archive.article(article)) is not None}
    lines = [
        f"{story.story}  {told(story.development)}  {story.headline}"
        for story in archive.flagged(states=[FlagState.DEVELOPING])
        if story.story in told_of
    ]
    write_line(f"Told something new since you decided: {len(lines)}")
    _list(lines, "./run flagged --state developing")


def _flagged(archive: Archive | None, report: RunReport) -> None:
    """List the stories on which this run raised a flag; a story first seen earlier may be among them."""
    raised: set[str] = set()
    if archive is not None:
        raised = {found.story for article in report.raised if (found := archive.article(article)) is not None}
    stories = [story for story in archive.flagged() if story.story in raised] if archive is not None and raised else []
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

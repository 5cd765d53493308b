"""`reextract`: working the kept pages anew, to see or to write what today's extraction makes of them."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mirqab.cli import deployment
from mirqab.cli.counting import ProgressLine
from mirqab.cli.known import check_outlets
from mirqab.cli.terminal import Format, one_line, print_rows, say, write_line
from mirqab.types import ExitCode

if TYPE_CHECKING:
    from mirqab.archive import Archive
    from mirqab.reextraction import Change, Progress

LINES_SHOWN: Final = 3
WIDTH: Final = 160


def reextract(
    outlet: Annotated[list[str] | None, typer.Option("--outlet", help="Only this outlet; may be repeated.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only pages fetched since: 7d, 12h, or a date such as 2024-01-26.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    afresh: Annotated[bool, typer.Option("--afresh", help="Begin anew where a former call was interrupted.")] = False,
    form: Annotated[
        Format, typer.Option("--format", "-f", help="How to print the changes: as text, or as rows.")
    ] = Format.TABLE,
) -> int:
    """Take the articles out of the kept pages anew, and show what changes.

    Nothing is fetched. Without --dry-run a changed text becomes the article's new version and is judged again, by
    today's topics; a person's decision stays. A call that was interrupted goes on where it was.
    """
    from mirqab.reader.queries import since_moment
    from mirqab.reextraction import Progress
    from mirqab.work import WorkPlan
    from mirqab.workers import Workers

    deployed = deployment.settings()
    declared = {one.id: one for one in deployment.outlets(deployed)}
    moment = None if since is None else since_moment(since, datetime.now(UTC))
    topics = tuple(deployment.load_topics(deployed))
    versions = [(topic.id, topic.version) for topic in topics]
    place = Bookmark(deployed.home, [] if outlet is None else outlet, since, versions)
    with deployment.archive_if_any(deployed) as archive:
        if archive is None:
            write_line(deployment.NOTHING_YET)
            return ExitCode.WELL
        check_outlets(outlet or (), declared.values(), archive)
        progress = Progress(after="" if dry_run or afresh else place.read())
        if progress.after:
            say("Going on where the last call was interrupted; --afresh begins anew.")
        layouts = TemporaryDirectory(prefix="mirqab-")
        run = None if dry_run else archive.start_run(_command(outlet, since), topics=versions)
        finish, code = "interrupted", ExitCode.FAILED
        workers = Workers(
            WorkPlan(
                topics=topics,
                layouts_folder=learned_copy(deployed.layouts_folder, Path(layouts.name)),
                max_page_bytes=deployed.crawl_max_bytes,
            ),
            count=deployed.workers_count,
            page_time_s=deployed.workers_page_time_s,
            page_memory_mb=deployed.workers_page_memory_mb,
            feed_time_s=deployed.workers_feed_time_s,
        )
        try:
            window_days = deployed.stories_window_days
            changes = _changes(archive, workers, declared, progress, outlet, moment, run, place, window_days)
            if form is Format.TABLE:
                for change in changes:
                    for line in change_lines(change):
                        write_line(line)
                for line in _sums(progress, dry_run=dry_run):
                    write_line(line)
            else:
                print_rows((asdict(change) for change in changes), [], form, empty="")
            finish = "finished"
            code = ExitCode.SOME_FAILED if progress.unreadable or progress.undecided else ExitCode.WELL
            if not dry_run:
                place.remove()
        finally:
            workers.close_now()
            layouts.cleanup()
            if run is not None:
                archive.end_run(run, exit_code=code, finish=finish)
    return code


def learned_copy(learned: Path, folder: Path) -> Path:
    """Return a copy of what the crawl learned of its outlets' pages: what old pages teach is not for the crawl."""
    copy = folder / learned.name
    with contextlib.suppress(OSError, shutil.Error):  # it only saves time; a crawl may write meanwhile
        shutil.copytree(learned, copy, ignore=shutil.ignore_patterns("*.part"))
    return copy


class Bookmark:
    """Where a call that writes was, in a small file of the home folder: for the same question by the same topics."""

    def __init__(self, home: Path, outlets: list[str], since: str | None, topics: list[tuple[str, str]]) -> None:
        self._path = home / "reextract.json"
        self._question = json.loads(json.dumps([sorted(outlets), since, topics]))

    def read(self) -> str:
        """Return the last entry that was dealt with; empty when there is nothing to go on with."""
        try:
            kept = json.loads(self._path.read_bytes())
            return str(kept["after"]) if kept["question"] == self._question else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def write(self, after: str) -> None:
        """Note that all up to this entry is done."""
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"question": self._question, "after": after}), encoding="utf-8")
        new.replace(self._path)

    def remove(self) -> None:
        """Note that all is done."""
        self._path.unlink(missing_ok=True)


def _changes(
    archive: Archive,
    workers: Any,
    declared: Any,
    progress: Progress,
    only: list[str] | None,
    since: datetime | None,
    run: str | None,
    place: Bookmark,
    window_days: int,
) -> Iterator[Change]:
    from mirqab.reextraction import reextract as work

    steps = work(archive, workers, declared, progress, only=only, since=since, run=run, window_days=window_days)
    with ProgressLine() as shown:
        for batch in steps:
            shown.clear()
            yield from batch
            if run is not None:
                place.write(progress.after)
            shown.say(lambda _: f"{progress.pages:,} pages worked, {sum(progress.kinds.values()):,} change")


def change_lines(change: Change) -> Iterator[str]:
    """Yield the lines that show a change: what it is, then what was, and what is now."""
    yield f"{change.article or change.entry}  {change.outlet}  {change.kind}  {one_line(change.url)}"
    for name, (before, after) in change.fields.items():
        yield f"  {name}"
        yield from _pair((before,), (after,))
    if change.removed or change.added:
        yield f"  body: {len(change.removed)} lines went, {len(change.added)} came"
        yield from _pair(change.removed, change.added)
    if change.gained:
        yield f"  flagged by {', '.join(change.gained)}, not before"
    if change.lost:
        yield f"  no longer flagged by {', '.join(change.lost)}"


def _pair(before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[str]:
    for sign, lines in (("-", before), ("+", after)):
        for line in lines[:LINES_SHOWN]:
            if line:
                text = one_line(line)
                yield f"    {sign} {text if len(text) <= WIDTH else text[: WIDTH - 1] + '…'}"
        if len(lines) > LINES_SHOWN:
            yield f"    {sign} … and {len(lines) - LINES_SHOWN} more"


def _sums(progress: Progress, *, dry_run: bool) -> Iterator[str]:
    kinds = [f"{count:,} {_SUMS[kind.name]}" for kind, count in progress.kinds.items() if count]
    verb = "would change" if dry_run else "changed"
    yield (
        f"{progress.pages:,} pages worked anew; {sum(progress.kinds.values()):,} {verb}"
        + (f": {', '.join(kinds)}" if kinds else "")
        + f". Flags of pages: {progress.gained} gained, {progress.lost} lost."
    )
    if dry_run and kinds:
        yield "Nothing was written; without --dry-run it is."
    if progress.changed_meanwhile:
        yield f"{progress.changed_meanwhile:,} were fetched again meanwhile and left."
    if progress.undecided:
        yield f"{progress.undecided:,} could not be worked within the limits and were left."
    if progress.unreadable:
        yield f"{progress.unreadable:,} kept pages cannot be read."


_SUMS: Final = {
    "CHANGED": "articles",
    "BECOMES_ARTICLE": "pages became articles",
    "NO_ARTICLE": "are no articles any more",
    "OTHER_REASON": "are none for another reason",
}


def _command(outlets: list[str] | None, since: str | None) -> str:
    words = ["reextract", *(f"--outlet {name}" for name in outlets or ()), *([f"--since {since}"] if since else [])]
    return " ".join(words)

"""`mirqab crawl`: one run of the crawler, watched and summed up."""

from __future__ import annotations

import os
import select
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from mirqab.cli import deployment
from mirqab.errors import UsageError
from mirqab.interrupts import INTERRUPTED
from mirqab.types import ExitCode

if TYPE_CHECKING:
    from mirqab.cli.crawl_progress import Display, EventLines, RunReport
    from mirqab.settings import Settings
    from mirqab.types import Outlet


# the first part is the crawler's STOP_DEADLINE_S, told here without importing Scrapy
ENDING = "Ending: what is under way gets up to 20 seconds; Ctrl-C once more ends at once."


def crawl(
    outlets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[OUTLET]...", help="Outlets to read; all that are on when none is named."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Only wire, newspaper, broadcaster or portal.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Ask only the feeds whose time has come.")] = False,
) -> int:
    """Read the outlets once. New articles are stored, and the stories on a topic are flagged.

    With --due each feed is asked as often as it brings something new, within poll.floor_s and poll.ceiling_s: for
    the timetable. Without it every feed is asked.
    """
    from mirqab.cli.contact import ask_for_contact, needs_contact

    deployed = deployment.settings()
    chosen = choose(deployment.outlets(deployed), outlets or [], kind)
    if needs_contact(deployed, chosen):
        ask_for_contact(deployed)
        deployed = deployment.settings()
    arguments = ["crawl", "feeds"]
    if outlets:
        arguments += ["-a", "outlet=" + ",".join(outlet.id for outlet in chosen)]
    if kind:
        arguments += ["-a", f"kind={kind}"]
    if due:
        arguments += ["-a", "due=yes"]
    named = ["crawl", *(outlets or []), *(["--kind", kind] if kind else []), *(["--due"] if due else [])]
    return watch(deployed, arguments, name=" ".join(named))


def choose(declared: tuple[Outlet, ...], names: list[str], kind: str | None) -> list[Outlet]:
    """Return the outlets of this crawl; what is misspelt, or switched off, is an error."""
    from difflib import get_close_matches

    from mirqab.declarations import read_kind

    wanted_kind = None if kind is None else read_kind(kind)
    known = {outlet.id: outlet for outlet in declared}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else "./run outlets lists them."
            raise UsageError(f"There is no outlet {name!r}. {hint}")
        if not known[name].enabled:
            why = known[name].reason or "no reason given"
            raise UsageError(
                f"The outlet {name} is off ({why}); set `enabled: true` in config/outlets.yaml to read it."
            )
    wanted = [known[name] for name in dict.fromkeys(names)] if names else [one for one in declared if one.enabled]
    wanted = [outlet for outlet in wanted if wanted_kind is None or outlet.kind is wanted_kind]
    if not wanted and names:
        raise UsageError(f"None of {', '.join(names)} is of the kind {kind}: leave out --kind, or the names.")
    if not wanted:
        raise UsageError("No outlet is on that could be read: ./run outlets lists them.")
    return wanted


def watch(deployed: Settings, arguments: list[str], *, name: str) -> int:
    """Run the crawler as a child, show how it goes under this name, sum it up and return its exit code."""
    from mirqab.cli.after_run import look_after
    from mirqab.cli.children import LOOK_S, ChildLog, PassedOn, has_terminal, start_scrapy
    from mirqab.cli.crawl_progress import CalmLines, EventLines, LiveLines, RunReport
    from mirqab.cli.crawl_summary import sum_up
    from mirqab.cli.terminal import plain, say

    log = ChildLog(deployed.log_folder, "crawl")
    reading, writing = os.pipe()
    environ = {**deployment.child_environ(deployed), "MIRQAB_PROGRESS": str(writing)}
    child = start_scrapy(arguments, environ, log=log.file, pass_fds=(writing,))
    os.close(writing)
    os.set_blocking(reading, False)
    report, lines = RunReport(), EventLines()
    # the clock's jobs run without a terminal of their own: two displays would overwrite each other on its
    live = sys.stderr.isatty() and has_terminal()
    display: Display = LiveLines() if live else CalmLines(name)
    with log.file, PassedOn(child) as passed, display:
        while True:
            ended = child.poll() is not None  # asked before the last look into the pipe
            select.select([reading], [], [], 0 if ended else LOOK_S)
            # not until the pipe closes: a grandchild may hold its other end for longer than the run
            _drain(reading, report, lines)
            if passed.received and not report.ending:
                report.ending = True
                say(ENDING if report.begun else "Ending.")
            display.show(report)
            if ended:
                break
            passed.end_if_overdue()
    os.close(reading)
    code = child.returncode
    if code == ExitCode.USAGE:
        print(plain(log.tail(5)), file=sys.stderr)
    elif passed.received and not report.begun:
        say("Interrupted before anything was asked.")
        return INTERRUPTED
    elif report.summary is None:
        say(f"The crawl ended before it was done (exit code {code}); the end of {log.path}:")
        print(plain(log.tail()), file=sys.stderr)
    else:
        sum_up(deployed, report)
        if code not in (ExitCode.WELL, ExitCode.SOME_FAILED):
            say(f"The run was not finished ({report.summary.get('finish')}); what is left is read by the next one.")
        look_after(deployed)
    return code if code >= 0 else ExitCode.FAILED


def _drain(reading: int, report: RunReport, lines: EventLines) -> None:
    while True:
        try:
            chunk = os.read(reading, 65536)
        except BlockingIOError:
            return
        if not chunk:
            return
        for event in lines.feed(chunk):
            report.take(event)

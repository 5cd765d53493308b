"""`up` and `serve`: keeping Mirqab going."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mirqab.cli import deployment
from mirqab.cli.terminal import Column, Format, Row, print_rows, say, write_line

if TYPE_CHECKING:
    import socket

    from starlette.types import ASGIApp

    from mirqab.settings import Settings
    from mirqab.types import Job, Outlet


def up(
    web: Annotated[bool, typer.Option("--web/--no-web", help="Serve the reading pages too.")] = True,
) -> None:
    """Keep the clock, and serve the pages. Every job of config/schedule.yaml is started when it is due."""
    from mirqab.cli.contact import ask_for_contact, needs_contact
    from mirqab.clock import Clock, hold_clock
    from mirqab.declarations import load_schedule
    from mirqab.errors import UsageError

    deployed = deployment.settings()
    outlets = deployment.outlets(deployed)
    jobs = load_schedule(deployed, problem_of=lambda command: command_problem(command, outlets))
    deployment.load_topics(deployed)  # its mistakes are better told now than at night
    if not jobs:
        raise UsageError("No job is declared: add one to config/schedule.yaml.")
    enabled = [outlet for outlet in outlets if outlet.enabled]
    if any(job.command[0] == "crawl" for job in jobs) and needs_contact(deployed, enabled):
        ask_for_contact(deployed)
        deployed = deployment.settings()
    with hold_clock(deployed.home):
        print_next_fires(jobs, datetime.now(UTC))
        clock = Clock(
            jobs,
            home=deployed.home,
            say=_dated,
            folder=deployment.CODE,
            environ=deployment.child_environ(deployed),
        )
        asyncio.run(_keep(clock.run, _pages(deployed, outlets) if web else None))


def command_problem(command: Sequence[str], outlets: Sequence[Outlet]) -> str | None:
    """Say why a job's command cannot be run as it is written; None when it can. Better now than at its turn."""
    from difflib import get_close_matches

    from mirqab.cli.app import app
    from mirqab.cli.crawl_command import choose
    from mirqab.errors import UsageError

    commands: Any = typer.main.get_command(app)
    name, *arguments = command
    if name in ("./run", "run", "mirqab"):
        return f"write the command as it follows on {name}, without {name} itself"
    if name.startswith("-"):
        return None
    if name not in commands.commands:
        near = get_close_matches(name, commands.commands, n=1)
        return f"there is no command {name!r}" + (f" (did you mean {near[0]}?)" if near else "")
    if {"-h", "--help"} & {*arguments}:
        return None
    try:
        given = commands.commands[name].make_context(name, arguments).params
        if name == "crawl":
            choose(tuple(outlets), given["outlets"] or [], given["kind"])
    except typer.TyperException as error:
        return f"{' '.join(command)}: {error.format_message()}"
    except UsageError as error:
        return f"{' '.join(command)}: {error}"
    return None


def serve(
    host: Annotated[str | None, typer.Option(help="Another loopback address than web.host.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Another port than web.port; 0 for any.")] = None,
) -> None:
    """Serve the reading pages on this machine, until Ctrl-C."""

    deployed = deployment.settings()
    pages = _pages(deployed, deployment.outlets(deployed), host=host, port=port)
    asyncio.run(_keep(None, pages))


def _pages(
    deployed: Settings, outlets: Sequence[Outlet], *, host: str | None = None, port: int | None = None
) -> tuple[ASGIApp, socket.socket]:
    from mirqab.reader.queries import open_if_any
    from mirqab.reader.web import ReadingPages, address_of, bind

    bound = bind(host or deployed.web_host, deployed.web_port if port is None else port)
    pages = ReadingPages(
        lambda: open_if_any(deployed.archive_url, raw_folder=deployed.raw_folder),
        names={outlet.id: outlet.name for outlet in outlets},
        topics={topic.id: topic.name for topic in deployment.load_topics(deployed)},
    )
    write_line(f"Reading pages: {address_of(bound)}")
    return pages.app(), bound


async def _keep(clock: Any, pages: tuple[ASGIApp, socket.socket] | None) -> None:
    """Run the clock and the pages until SIGINT or SIGTERM; either's failure ends both."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    tasks = []
    if clock is not None:
        tasks.append(asyncio.ensure_future(clock(stop)))
    if pages is not None:
        from mirqab.reader.web import serve as serve_pages

        tasks.append(asyncio.ensure_future(serve_pages(*pages, stop)))
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    await asyncio.gather(*tasks)


def _dated(text: str) -> None:
    say(f"{datetime.now(UTC).astimezone():%Y-%m-%d %H:%M:%S}  {text}")


def print_next_fires(jobs: Sequence[Job], now: datetime) -> None:
    """Print the next five runs over all jobs, in each job's zone and in UTC, and one of any job not among them."""
    from zoneinfo import ZoneInfo

    from mirqab.clock import fire_times, next_fires

    fires = next_fires(jobs, now)
    among = {job.id for job, _ in fires}
    fires += [(job, at) for job in jobs if job.id not in among for at in fire_times(job, now, count=1)]
    rows: list[Row] = [
        {"job": job.id, "local": at.astimezone(ZoneInfo(job.timezone)), "zone": job.timezone, "utc": at}
        | {"command": " ".join(job.command)}
        for job, at in fires
    ]
    columns: list[Column] = [
        ("next runs", lambda row: f"{row['local']:%a %Y-%m-%d %H:%M} {row['zone']}"),
        ("UTC", lambda row: f"{row['utc']:%Y-%m-%d %H:%M}"),
        ("job", lambda row: row["job"]),
        ("command", lambda row: row["command"]),
    ]
    print_rows(rows, columns, Format.TABLE, empty="No job will ever run: look at config/schedule.yaml.")

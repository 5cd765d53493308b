"""`runs`: what the runs brought, and what one run got from each outlet."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import typer

from mirqab.cli import deployment
from mirqab.cli.sums import answered_of_asked, counted, outlet_columns, why
from mirqab.cli.terminal import FORMAT, Column, Format, Row, one_line, print_rows, write_line


def runs(
    run: Annotated[str | None, typer.Argument(help="A run's id: tell of each outlet what this run got.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the latest.")] = 20,
    form: FORMAT = Format.TABLE,
) -> None:
    """List the latest runs and what each brought, or what one run got from each outlet, with the reasons."""
    from mirqab.reader.queries import run_json

    if run is not None:
        _run_outlets(run, form)
        return
    with deployment.archive_if_any(deployment.settings()) as archive:
        rows: list[Row] = [] if archive is None else [run_json(run) for run in archive.runs(limit)]
    columns: list[Column] = [
        ("run", lambda row: row["run"]),
        ("started", lambda row: f"{datetime.fromisoformat(row['started_at']).astimezone():%Y-%m-%d %H:%M}"),
        ("command", _command),
        ("state", _state),
        ("feeds", answered_of_asked),
        *(counted(key, word) for key, word in _COUNTS.items()),
        ("why", why),
    ]
    print_rows(rows, columns, form, empty=deployment.NOTHING_YET)
    if rows and form is Format.TABLE:
        write_line("./run runs RUN tells of each outlet all that one of them got.")


WIDTH: Final = 36
"""Letters of a command that are shown: a crawl of thousands of outlets names them all."""

_COUNTS = {"new": "new", "stored": "stored", "failed": "failed", "put_off": "later"}


def _command(row: Row) -> str:
    command = one_line(str(row["command"]))
    return command if len(command) <= WIDTH else command[: WIDTH - 1] + "…"


def _state(row: Row) -> str:
    return str(row["state"]) + (f" ({row['exit_code']})" if row["state"] == "failed" else "")


def _run_outlets(text: str, form: Format) -> None:
    from mirqab.errors import NotFoundError
    from mirqab.reader.queries import outlet_sums_json, resolve

    with deployment.archive(deployment.settings()) as archive:
        kind, identity = resolve(archive, text, wanted="run")
        if kind != "run":
            raise NotFoundError(f"{identity} is no run but an id of another kind: {kind}; ./run runs lists the runs.")
        rows: list[Row] = [outlet_sums_json(sums) for sums in archive.run_outlets(identity)]
    print_rows(rows, outlet_columns(), form, empty="This run asked nobody.")

"""The group `topic` of the command line: what its commands take, and what they call."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

topic_app = typer.Typer(
    help="Write topics and try them out. `topic check FILE` tells what is wrong with one.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

TOPIC = Annotated[str, typer.Argument(metavar="FILE|ID", help="A topic file, or the id of a declared topic.")]

DECIDED_TOPIC = Annotated[
    str | None, typer.Argument(metavar="ID", help="Only this topic; needed when several have decisions.")
]


@topic_app.callback()
def topic(context: typer.Context) -> None:
    """Look after the topics."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@topic_app.command("check")
def check(
    topics: Annotated[
        list[str], typer.Argument(metavar="FILE|ID...", help="Topic files to try out, or ids of declared topics.")
    ],
) -> None:
    """Compile topics and judge the examples in them; every mistake is listed with its file and line."""
    from mirqab.cli.topic.check import check_topics

    check_topics(topics)


@topic_app.command("precision")
def precision(
    topic: DECIDED_TOPIC = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only decisions made since then: 30d, or a date.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as one JSON object.")] = False,
) -> None:
    """Tell how many flags were right, by what persons decided: of each topic, version, rule, concept and outlet."""
    from mirqab.cli.topic.precision import print_precision

    print_precision(topic, since=since, as_json=as_json)


@topic_app.command("export-labels")
def export_labels(
    topic: DECIDED_TOPIC = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write them to this file.")] = None,
) -> None:
    """Write what persons decided as labelled texts, which `topic evaluate --labelled` reads."""
    from mirqab.cli.topic.export_labels import export

    export(topic, out)

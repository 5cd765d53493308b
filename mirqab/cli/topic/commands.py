"""The group `topic` of the command line: what its commands take, and what they call."""

from __future__ import annotations

from typing import Annotated

import typer

topic_app = typer.Typer(
    help="Write topics and try them out. `topic check FILE` tells what is wrong with one.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

TOPIC = Annotated[str, typer.Argument(metavar="FILE|ID", help="A topic file, or the id of a declared topic.")]


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

"""The group `outlet` of the command line: what its commands take, and what they call."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirqab.cli import deployment
from mirqab.types import ExitCode

outlet_app = typer.Typer(
    help="Try out, declare and move outlets. `outlet try URL` looks for feeds and changes nothing.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

URL = Annotated[str, typer.Argument(metavar="URL", help="The outlet's home page, or a feed of it.")]
ID = Annotated[str | None, typer.Option("--id", help="The outlet's id, short and lasting; else made from its host.")]
NAME = Annotated[str | None, typer.Option("--name", help="The outlet's name; else as its page says.")]
NAME_EN = Annotated[str | None, typer.Option("--name-en", help="Its name in English.")]
COUNTRY = Annotated[
    str | None, typer.Option("--country", metavar="CC", help="The newsroom's country, two letters such as iq.")
]
TIMEZONE = Annotated[
    str | None,
    typer.Option("--timezone", metavar="ZONE", help="For dates written without one, such as Asia/Baghdad."),
]
KIND = Annotated[str | None, typer.Option("--kind", help="wire, newspaper, broadcaster or portal.")]
LINKS = Annotated[
    str | None,
    typer.Option("--links", metavar="CSS", help="Read the page itself: this selector finds its article links."),
]


@outlet_app.callback()
def outlet(context: typer.Context) -> None:
    """Look after the declared outlets."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@outlet_app.command("try")
def try_(
    url: URL,
    id_: ID = None,
    name: NAME = None,
    name_en: NAME_EN = None,
    country: COUNTRY = None,
    timezone: TIMEZONE = None,
    kind: KIND = None,
    links: LINKS = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Look for an outlet's feeds. They are read, an article is taken out, and the declaration to paste is printed."""
    from mirqab.cli.outlet.proposing import read_wish, try_and_propose
    from mirqab.cli.outlet.showing import show_proposal, show_trial, trial_line
    from mirqab.cli.outlet.trying import what_next
    from mirqab.cli.terminal import say, to_json, write_line

    deployed = deployment.settings()
    wish = read_wish(id_, name, name_en, country, timezone, kind)
    trial, proposal = try_and_propose(url, wish, deployed, links=links)
    if as_json:
        write_line(to_json(trial_line(trial, proposal), indent=2))
    else:
        show_trial(trial)
        if proposal is None:
            say(f"Nothing was found that can be read. {what_next(trial)}")
        else:
            show_proposal(trial, proposal)
    failed = proposal is None or trial.article is None or trial.article.article is None
    return ExitCode.SOME_FAILED if failed else ExitCode.WELL


@outlet_app.command("add")
def add(
    url: URL,
    to: Annotated[
        str | None, typer.Option("--to", metavar="OUTLET", help="Add the feed to this outlet, declared already.")
    ] = None,
    id_: ID = None,
    name: NAME = None,
    name_en: NAME_EN = None,
    country: COUNTRY = None,
    timezone: TIMEZONE = None,
    kind: KIND = None,
    links: LINKS = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
) -> int:
    """Declare an outlet. It is tried out as by `try`, and written into config/outlets.yaml once you agree."""
    from mirqab.cli.outlet.adding import add_feed_of, add_new
    from mirqab.cli.outlet.proposing import read_wish

    deployed = deployment.settings()
    wish = read_wish(id_, name, name_en, country, timezone, kind)
    if to is not None:
        return add_feed_of(url, to, deployed, links=links, yes=yes)
    return add_new(url, wish, deployed, links=links, yes=yes)


@outlet_app.command("snapshot")
def snapshot(
    url: Annotated[str, typer.Argument(metavar="URL", help="A page, of an article or of anything else.")],
    of: Annotated[
        str | None, typer.Option("--outlet", metavar="OUTLET", help="Whose page it is; else the outlet of its host.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where the pair is saved; else tests/golden/ beside the code.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a pair that is there.")] = False,
) -> int:
    """Save a page with what is to be taken out of it. You correct the draft; from then on a test holds us to it."""
    from mirqab.cli.outlet.snapshots import save_snapshot

    return save_snapshot(url, deployment.settings(), outlet=of, folder=folder, force=force)


@outlet_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.opml", help="A list of feeds, as feed readers export it.")],
    country: COUNTRY = None,
    timezone: TIMEZONE = None,
    kind: KIND = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be written.")] = False,
) -> int:
    """Declare the feeds of an OPML file. All that can be declared are written in one go, the others named."""
    from mirqab.cli.outlet.lists import import_opml
    from mirqab.cli.outlet.proposing import read_wish

    wish = read_wish(None, None, None, country, timezone, kind)
    return import_opml(file, wish, deployment.settings(), dry_run=dry_run)


@outlet_app.command("export")
def export(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write; else standard output.")
    ] = None,
) -> int:
    """Write the declared outlets as OPML. Feed readers take it."""
    from mirqab.cli.outlet.lists import export_opml

    return export_opml(deployment.settings(), output)


@outlet_app.command("move")
def move(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[OUTLET] [OLD] [NEW]", help="The outlet, its old address if it has several, the new."),
    ] = None,
    suggested: Annotated[
        bool, typer.Option("--suggested", help="Take the addresses to which feeds redirect for good.")
    ] = False,
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Write the new address without asking it whether it is a feed.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
) -> int:
    """Give a feed its new address. With --suggested those that `health` suggests, of one outlet or all.

    An address that leads to where a declared feed is already is taken out by --suggested.
    """
    from mirqab.cli.outlet.moving import move_feed, move_suggested

    if suggested:
        return move_suggested(names or [], deployment.settings(), yes=yes)
    return move_feed(names or [], deployment.settings(), yes=yes, unchecked=unchecked)

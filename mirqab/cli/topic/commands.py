"""The group `topic` of the command line: what its commands take, and what they call."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

topic_app = typer.Typer(
    help="Write topics and try them out. `topic check FILE` tells what is wrong with one, "
    "`topic preview FILE` what an edit changes.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

TOPIC = Annotated[str, typer.Argument(metavar="FILE|ID", help="A topic file, or the id of a declared topic.")]

LABELLED = Annotated[
    str,
    typer.Option("--labelled", metavar="FILE", help="JSON Lines {id, title, text, lead?, label, theatre?, source?}."),
]
AS_JSON = Annotated[bool, typer.Option("--json", help="Print it as one JSON object.")]
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
        list[str] | None, typer.Argument(metavar="FILE|ID...", help="Topic files, or ids of declared topics.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="stored|FILE", help="Also look for rules that never fire on these stories."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 2 for hints too.")] = False,
    examples: Annotated[
        bool, typer.Option("--examples", help="Also list the examples that come out as written, with their rules.")
    ] = False,
    all_hints: Annotated[
        bool, typer.Option("--all-hints", help="List every hint, also where there are many alike.")
    ] = False,
    forms: Annotated[
        str | None, typer.Option("--forms", metavar="TERM", help="List the forms of a term and do nothing else.")
    ] = None,
    as_json: AS_JSON = False,
) -> int:
    """Compile topics, judge their examples and look for what seems wrong; each mistake and hint has file and line."""
    from mirqab.cli.topic.check import check_topics, show_forms

    return (
        show_forms(forms, as_json=as_json)
        if forms
        else check_topics(
            topics or [], against, strict=strict, examples=examples, every_hint=all_hints, as_json=as_json
        )
    )


@topic_app.command("precision")
def precision(
    topic: DECIDED_TOPIC = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only decisions made since then: 30d, or a date.")
    ] = None,
    as_json: AS_JSON = False,
) -> None:
    """Tell how many flags were right, by what persons decided: by topic, version, rule, concept, term and outlet."""
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


@topic_app.command("preview")
def preview(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The topic file as you edited it.")],
    base: Annotated[
        Path | None, typer.Option("--base", metavar="FILE", help="Compare with this file, not the declared topic.")
    ] = None,
    against: Annotated[
        str, typer.Option("--against", metavar="stored|FILE", help="The archive, or JSON Lines {id, title, text}.")
    ] = "stored",
    last: Annotated[
        int | None, typer.Option("--last", metavar="N", min=1, help="The N newest stored stories (10000).")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="K", min=0, help="Show at most K of each kind.")] = 20,
    as_json: AS_JSON = False,
) -> int:
    """Show what an edit of a topic would change, before you save it. Nothing is written.

    Flags gained and lost, and those with another grade or theatre, each with its evidence.
    """
    from mirqab.cli.topic.preview import preview_topic

    return preview_topic(file, base=base, against=against, last=last, limit=limit, as_json=as_json)


@topic_app.command("evaluate")
def evaluate(
    topic: TOPIC,
    labelled: LABELLED,
    by: Annotated[
        str, typer.Option("--by", metavar="NAME,…", help="Groups to tell apart: theatre, source, label.")
    ] = "theatre,source",
    names: Annotated[
        list[str] | None,
        typer.Option("--names", metavar="LABEL=THEATRE,…", help="What a label's theatre is called in the topic."),
    ] = None,
    errors: Annotated[str, typer.Option("--errors", metavar="K|all", help="List at most K errors of a kind.")] = "5",
    blind: Annotated[
        float | None, typer.Option("--blind", metavar="SHARE", help="Keep this share shut; its errors are not told.")
    ] = None,
    seed: Annotated[str, typer.Option("--seed", metavar="TEXT", help="Which texts are the blind ones.")] = "mirqab",
    only_blind: Annotated[bool, typer.Option("--only-blind", help="Figures of the blind part alone.")] = False,
    without_blind: Annotated[bool, typer.Option("--without-blind", help="The open part alone.")] = False,
    as_json: AS_JSON = False,
) -> int:
    """Hold a topic against labelled texts. Precision, recall and F1 with their intervals, and the errors."""
    from mirqab.cli.topic.evaluate import blinding, evaluate_topic, read_errors

    return evaluate_topic(
        topic,
        labelled=labelled,
        by=by,
        names=names or (),
        errors=read_errors(errors),
        shut=blinding(blind, seed, only=only_blind, without=without_blind),
        as_json=as_json,
    )

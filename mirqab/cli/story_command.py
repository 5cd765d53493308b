"""`story`: who told a story, why its articles are together, and what a person joins or parts."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from mirqab.cli import deployment
from mirqab.cli.mark_command import NAME_LIMIT, NOTE_LIMIT, limited, login_name
from mirqab.cli.terminal import FORMAT, Format, print_rows, to_json, write_line
from mirqab.errors import NotFoundError

if TYPE_CHECKING:
    from mirqab.archive import Archive, Regrouped

story_app = typer.Typer(
    help="Who told a story, in how many independent texts, and why its articles are together; join or part stories.",
    invoke_without_command=True,
    rich_markup_mode=None,
)

STORY = Annotated[str, typer.Argument(metavar="ID|URL", help="A story, an article, or an address.")]
NOTE = Annotated[str | None, typer.Option(metavar="TEXT", help="Why.")]
BY = Annotated[str | None, typer.Option(metavar="NAME", help="Who says so; your login name unless told.")]
DRY_RUN = Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and change nothing.")]


class ShownAs(StrEnum):
    """How one story is printed."""

    TABLE = "table"
    JSON = "json"


@story_app.callback()
def story(context: typer.Context) -> None:
    """Look into stories, join and part them."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@story_app.command("show")
def show(
    identity: STORY,
    changes: Annotated[
        bool, typer.Option("--changes", help="Tell what each copy and each version changed, word by word.")
    ] = False,
    form: Annotated[ShownAs, typer.Option("--format", "-f", help="How to print it.")] = ShownAs.TABLE,
) -> None:
    """Show who carried a story when: its outlets, its independent texts, and why its articles are together."""
    from mirqab.cli.story_shown import print_told
    from mirqab.reader.queries import story_named
    from mirqab.reader.told import edited, told, told_json, why

    with deployment.archive(deployment.settings()) as archive:
        detail, _ = story_named(archive, identity)
        carried, reasons = told(detail), list(why(archive, detail))
        changed = list(edited(archive, detail)) if changes else None
        regrouped = archive.regroupings(detail.id)
    if form is ShownAs.JSON:
        write_line(to_json(told_json(detail, carried, reasons, changed), indent=2))
    else:
        print_told(detail, carried, reasons, changed, regrouped)


@story_app.command("split")
def split(
    identity: STORY,
    articles: Annotated[list[str], typer.Argument(metavar="ARTICLE...", help="Articles of it, or their addresses.")],
    note: NOTE = None,
    by: BY = None,
    dry_run: DRY_RUN = False,
) -> None:
    """Put articles of a story into a story of their own, with their copies. No crawl puts them back."""
    who, why = _who(by), limited("--note", note, NOTE_LIMIT)

    def change(archive: Archive) -> Regrouped:
        story = _story(archive, identity)
        named = [_article(archive, article) for article in articles]
        return archive.split_story(story, named, by=who, note=why, keep=not dry_run)

    _regroup(change, dry_run=dry_run)


@story_app.command("merge")
def merge(
    identity: STORY,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The story whose articles join it.")],
    note: NOTE = None,
    by: BY = None,
    dry_run: DRY_RUN = False,
) -> None:
    """Put all articles of another story into a story. Its id leads here from then on; nothing is flagged anew."""
    who, why = _who(by), limited("--note", note, NOTE_LIMIT)

    def change(archive: Archive) -> Regrouped:
        return archive.merge_stories(
            _story(archive, identity), _story(archive, other), by=who, note=why, keep=not dry_run
        )

    _regroup(change, dry_run=dry_run)


@story_app.command("undo")
def undo(
    number: Annotated[int, typer.Argument(metavar="NUMBER", max=2**63 - 1, help="The one that `story history` tells.")],
    dry_run: DRY_RUN = False,
) -> None:
    """Take a split or a merge back: articles, flags and decisions are where they were."""
    _regroup(lambda archive: archive.undo_regrouping(number, keep=not dry_run), dry_run=dry_run)


@story_app.command("history")
def history(
    identity: Annotated[str | None, typer.Argument(metavar="[ID|URL]", help="Only what concerns this story.")] = None,
    form: FORMAT = Format.TABLE,
) -> None:
    """List what persons joined and parted, the last first."""
    from mirqab.cli.story_shown import regrouping_json

    with deployment.archive(deployment.settings()) as archive:
        found = archive.regroupings(None if identity is None else _story(archive, identity))
    print_rows(
        (regrouping_json(one) for one in found),
        [
            ("number", lambda row: row["number"]),
            ("what", lambda row: row["decision"] + ("" if row["undone_at"] is None else ", undone")),
            ("when", lambda row: row["decided_at"][:16]),
            ("by", lambda row: row["decided_by"]),
            ("story", lambda row: row["story"]),
            ("from", lambda row: row["other"]),
            ("articles", lambda row: len(row["articles"])),
            ("note", lambda row: row["note"] or ""),
        ]
        if form is Format.TABLE
        else [],
        form,
        empty="Nobody has joined or parted a story.",
    )


def _who(by: str | None) -> str:
    return limited("--by", by, NAME_LIMIT) or login_name()


def _story(archive: Archive, text: str) -> str:
    from mirqab.reader.queries import story_named

    return story_named(archive, text)[0].id


def _article(archive: Archive, text: str) -> str:
    from mirqab.reader.queries import story_named

    detail, article = story_named(archive, text)
    if article is not None:
        return article.article.id
    ids = ", ".join(one.article.id for one in detail.articles)
    raise NotFoundError(f"{text} is a story; name its articles: {ids}.")


def _regroup(change: Callable[[Archive], Regrouped], *, dry_run: bool) -> None:
    from mirqab.cli.story_shown import regrouped_lines

    with deployment.archive(deployment.settings()) as archive:
        done = change(archive)
        for line in regrouped_lines(archive, done, dry_run=dry_run):
            write_line(line)

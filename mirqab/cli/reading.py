"""`flagged`, `show` and `explain`: reading what was found, in the terminal or through a pipe."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mirqab.cli import deployment
from mirqab.cli.known import check_topic
from mirqab.cli.terminal import FORMAT, Column, Format, Row, moment, print_rows, to_json, write_line
from mirqab.types import LISTED, FlagState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mirqab.archive import FlaggedStory

NO_FLAG = "No story is flagged yet: ./run crawl reads what is new, ./run explain URL tells why a page is not flagged."

AS_JSON = Annotated[bool, typer.Option("--json", help="Print it as one JSON object.")]


class FlagShown(StrEnum):
    """The states by which flags are listed."""

    OPEN = "open"
    RELEVANT = "relevant"
    IRRELEVANT = "irrelevant"
    TO_CHECK = "to-check"
    DEVELOPING = "developing"
    WITHDRAWN = "withdrawn"
    ALL = "all"

    @classmethod
    def states(cls, wanted: Sequence[FlagShown] | None) -> tuple[FlagState, ...]:
        """Return the states that were asked for: without any, those of flags that call for a look."""
        if not wanted:
            return LISTED
        return tuple(FlagState) if cls.ALL in wanted else tuple(FlagState[one.name] for one in wanted)


def flagged(
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="First seen by us since then: 12h, 7d, or a date.")
    ] = None,
    topic: Annotated[str | None, typer.Option(metavar="ID", help="Only this topic.")] = None,
    theatre: Annotated[str | None, typer.Option(metavar="NAME", help="Only this theatre, such as العراق.")] = None,
    state: Annotated[
        list[FlagShown] | None,
        typer.Option(
            metavar="STATE",
            help="Only flags in this state: open, relevant, to-check, developing, irrelevant, withdrawn or all; "
            "may be repeated. Without it all but irrelevant and withdrawn ones.",
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="At most so many, the newest.")] = None,
    form: FORMAT = Format.TABLE,
) -> None:
    """List the flagged stories, newest first."""
    from collections import Counter
    from datetime import UTC, datetime

    from mirqab.reader.queries import flagged_json, since_moment

    deployed = deployment.settings()
    start = since_moment(since, datetime.now(UTC)) if since else None
    states = FlagShown.states(state)
    with deployment.archive_if_any(deployed) as archive:
        if topic is not None and not (archive and archive.flagged(topic=topic, limit=1, states=tuple(FlagState))):
            check_topic(topic, [one.id for one in deployment.load_topics(deployed)])
        if archive is None:
            print_rows([], [], form, empty=deployment.NOTHING_YET)
            return
        stories = archive.flagged(since=start, topic=topic, theatre=theatre, limit=limit, states=states)
        anything = bool(stories) or bool(archive.flagged(limit=1, states=tuple(FlagState)))
        elsewhere = archive.flagged(since=start, topic=topic, states=states) if theatre and not stories else ()
    if form is Format.TABLE:
        rows: Iterator[Row] = ({"story": story} for story in stories)
    else:
        rows = (flagged_json(story) for story in stories)
    columns: list[Column] = [
        ("story", lambda row: row["story"].story),
        ("score", lambda row: f"{row['story'].score:.2f}"),
        ("grade", lambda row: row["story"].grade.value),
        ("state", lambda row: _state(row["story"])),
        ("first seen", lambda row: moment(row["story"].first_seen_at)),
        ("theatre", lambda row: "، ".join(row["story"].theatres) or "-"),
        ("outlets", lambda row: ", ".join(row["story"].outlets)),
        ("texts", lambda row: row["story"].texts),
        ("headline", lambda row: row["story"].headline),
    ]
    empty = "No flagged story fits; leave out --since, --topic, --theatre or --state." if anything else NO_FLAG
    if counts := Counter(name for story in elsewhere for name in story.theatres):
        others = "، ".join(f"{name} ({count})" for name, count in counts.most_common())
        empty = f"No flagged story of the theatre {theatre}; there are {others}."
    print_rows(rows, columns, form, empty=empty)


def _state(story: FlaggedStory) -> str:
    """Return where a flag stands; of a developing one what is new, the first of it."""
    from mirqab.developments import told

    if not story.development:
        return story.state.value.replace("_", " ")
    more = len(story.development) - _NEWS
    return f"{story.state.value}: {told(story.development[:_NEWS])}" + (f" and {more} more" if more > 0 else "")


_NEWS: Final = 2


def show(
    identity: Annotated[str, typer.Argument(metavar="ID", help="A story or an article; the beginning is enough.")],
    as_json: AS_JSON = False,
) -> None:
    """Show a story with its evidence. The text is marked, its points are added up, and who carried it is listed."""
    from mirqab.cli.story import print_story
    from mirqab.reader.queries import story_json, story_of

    with deployment.archive(deployment.settings()) as archive:
        detail, article = story_of(archive, identity)
    if as_json:
        write_line(to_json(story_json(detail), indent=2))
    else:
        print_story(detail, article)


def explain(
    what: Annotated[str, typer.Argument(metavar="ID|URL", help="A story, an article, an entry, or an address.")],
) -> None:
    """Tell why a story is flagged, or is not. For an address: what became of it."""
    from mirqab.cli.story import print_explanation
    from mirqab.reader.explaining import explain as explained

    deployed = deployment.settings()
    with deployment.archive(deployed) as archive:
        explanation = explained(archive, lambda: deployment.load_topics(deployed), what)
    print_explanation(explanation)

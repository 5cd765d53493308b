"""`near`: the stories that a topic nearly flags, which is where a better topic begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mirqab.cli import deployment
from mirqab.cli.terminal import FORMAT, Column, Format, Row, moment, one_line, print_rows, say
from mirqab.reader.queries import iso

if TYPE_CHECKING:
    from mirqab.archive import NearMiss
    from mirqab.topics import Topic

SHOWN: Final = 20


def near(
    topic: Annotated[str | None, typer.Option(metavar="ID", help="Only this topic.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="First seen by us since then: 12h, 7d, or a date.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the nearest.")] = SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: FORMAT = Format.TABLE,
) -> None:
    """List the stories that scored and are not flagged. The nearest to the threshold first, and what they miss.

    Stories on which a person has decided are left out. `mark` decides, `explain` tells more.
    """
    from datetime import UTC, datetime

    from mirqab.documents import suggestion
    from mirqab.errors import NotFoundError
    from mirqab.reader.queries import since_moment

    form = Format.JSON if as_json else form
    deployed = deployment.settings()
    start = since_moment(since, datetime.now(UTC)) if since else None
    topics = {one.id: one for one in deployment.load_topics(deployed)}
    if topic is not None and topic not in topics:
        hint = suggestion(topic, list(topics)) or "; ./run topics lists them."
        raise NotFoundError(f"There is no topic {topic!r}{hint}")
    wanted = topics if topic is None else {topic: topics[topic]}
    with deployment.archive_if_any(deployed) as archive:
        if archive is None:
            print_rows([], [], form, empty=deployment.NOTHING_YET)
            return
        thresholds = {one.id: one.threshold for one in wanted.values()}
        found = archive.near_misses(thresholds=thresholds, since=start, limit=limit)
    rows = [_row(one, wanted) for one in found]
    print_rows(rows, _COLUMNS, form, empty=_EMPTY)
    if outdated := sorted({one.verdict.topic for one in found if _is_old(one, wanted)}):
        say(
            f"Judged by an older version of {', '.join(outdated)}: what is missing may not be true any more; "
            "./run rematch judges again."
        )


_EMPTY: Final = "No story scored without being flagged; ./run explain URL tells why a page is not flagged."


def _is_old(one: NearMiss, topics: dict[str, Topic]) -> bool:
    return one.verdict.version != topics[one.verdict.topic].version


def _row(one: NearMiss, topics: dict[str, Topic]) -> dict[str, Any]:
    verdict = one.verdict
    top = max(verdict.sentences, key=lambda sentence: sentence.points, default=None)
    evidence = ""
    if top is not None:
        text = one.headline if top.span.field == "title" else one.body
        evidence = text[top.span.start : top.span.stop].strip()
    return {
        "story": one.story,
        "article": one.article,
        "topic": verdict.topic,
        "topic_version": verdict.version,
        "current": not _is_old(one, topics),
        "score": verdict.score,
        "threshold": verdict.threshold,
        "short": round(verdict.threshold - verdict.score, 4),
        "headline": one.headline,
        "outlet": one.outlet,
        "url": one.url,
        "published": iso(one.published),
        "first_seen_at": iso(one.first_seen_at),
        "top_evidence": evidence,
        "sum": [list(part) for part in verdict.sum],
        "missing": list(verdict.missing),
    }


def _first_seen(row: Row) -> str:
    from datetime import datetime

    return moment(datetime.fromisoformat(row["first_seen_at"]))


_COLUMNS: Final[list[Column]] = [
    ("story", lambda row: row["story"]),
    ("score", lambda row: f"{row['score']:g} of {row['threshold']:g}"),
    ("topic", lambda row: row["topic"] + ("" if row["current"] else " (older)")),
    ("first seen", _first_seen),
    ("outlet", lambda row: row["outlet"]),
    ("headline, and what is missing", lambda row: f"{one_line(row['headline'])} — {'; '.join(row['missing'])}"),
]

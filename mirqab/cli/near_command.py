"""`near`: the stories that a topic nearly flags, which is where a better topic begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mirqab.cli import deployment
from mirqab.cli.known import check_topic
from mirqab.cli.terminal import FORMAT, Format, moment, one_line, print_rows, say, write_line
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
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many, the nearest.")] = SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    form: FORMAT = Format.TABLE,
) -> None:
    """List the stories that scored and are not flagged. The nearest to the threshold first, and what they miss.

    Stories on which a person has decided are left out. `mark` decides, `explain` tells more.
    """
    from datetime import UTC, datetime

    from mirqab.reader.queries import since_moment

    form = Format.JSON if as_json else form
    deployed = deployment.settings()
    start = since_moment(since, datetime.now(UTC)) if since else None
    topics = {one.id: one for one in deployment.load_topics(deployed)}
    if topic is not None:
        check_topic(topic, topics)
    wanted = topics if topic is None else {topic: topics[topic]}
    with deployment.archive_if_any(deployed) as archive:
        if archive is None:
            print_rows([], [], form, empty=deployment.NOTHING_YET)
            return
        found = archive.near_misses(
            thresholds={one.id: one.threshold for one in wanted.values()},
            outlet_thresholds={
                (one.id, outlet): threshold
                for one in wanted.values()
                for outlet, threshold in one.outlet_thresholds.items()
            },
            since=start,
            limit=limit + 1,
        )
    shown = found[:limit]
    if form is not Format.TABLE:
        print_rows((_row(one, wanted) for one in shown), [], form, empty="")
    elif shown:
        _print(shown, wanted)
    else:
        write_line(_EMPTY)
    if len(found) > limit:
        say(f"There are more than these {limit}; --limit shows more of them.")
    if outdated := sorted({one.verdict.topic for one in shown if _is_old(one, wanted)}):
        say(
            f"Judged by an older version of {', '.join(outdated)}: what is missing may not be true any more; "
            "./run rematch judges again."
        )


_EMPTY: Final = "No story scored without being flagged; ./run explain URL tells why a page is not flagged."


def _is_old(one: NearMiss, topics: Mapping[str, Topic]) -> bool:
    return one.verdict.version != topics[one.verdict.topic].version


def _row(one: NearMiss, topics: Mapping[str, Topic]) -> dict[str, Any]:
    verdict = one.verdict
    top = verdict.strongest
    return {
        "story": one.story,
        "article": one.text.article,
        "topic": verdict.topic,
        "topic_version": verdict.version,
        "current": not _is_old(one, topics),
        "score": verdict.score,
        "threshold": verdict.threshold,
        "short": round(verdict.threshold - verdict.score, 4),
        "headline": one.text.headline,
        "outlet": one.text.outlet,
        "url": one.text.url,
        "published": iso(one.text.published),
        "first_seen_at": iso(one.first_seen_at),
        "top_evidence": "" if top is None else top.span.cut(title=one.text.headline, text=one.text.body).strip(),
        "sum": [list(part) for part in verdict.sum],
        "missing": list(verdict.missing),
    }


def _print(found: Sequence[NearMiss], topics: Mapping[str, Topic]) -> None:
    from mirqab.cli.paper import Paper
    from mirqab.cli.topic.verdicts_shown import print_missing, print_points, print_strongest

    paper = Paper()
    for place, one in enumerate(found):
        if place:
            paper.line()
        verdict = one.verdict
        topic = verdict.topic + (", an older version" if _is_old(one, topics) else "")
        paper.line(f"{verdict.score:g} of {verdict.threshold:g}  {one_line(one.text.headline)}")
        paper.line(f"  {one.story}  {one_line(one.text.outlet)}  first seen {moment(one.first_seen_at)}  {topic}")
        print_strongest(paper, verdict, title=one.text.headline, text=one.text.body)
        print_points(paper, verdict)
        print_missing(paper, verdict)

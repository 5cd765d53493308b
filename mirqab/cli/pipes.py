"""The commands for a pipe: `feed`, `extract`, `judge` and `group` write one JSON line for each input and store nothing.

Each input stands for itself: one that is wrong is named on standard error, the rest goes on, and the exit code is 3.
Lines are written as they are done; memory does not grow with the number of inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mirqab.cli import deployment
from mirqab.cli.grouping_options import COPIES_ONLY, WEIGHTS, WINDOW_DAYS
from mirqab.cli.terminal import say, to_json, write_line
from mirqab.reader.queries import iso

if TYPE_CHECKING:
    from mirqab.cli.inputs import Arrived
    from mirqab.types import FeedReading, Page, Worked

INPUTS = Annotated[
    list[str], typer.Argument(metavar="INPUT...", help="Files, addresses (http, https), or - for standard input.")
]


def feed(
    inputs: INPUTS,
    base_url: Annotated[
        str | None, typer.Option("--base-url", metavar="URL", help="Where the feeds lie, for their relative links.")
    ] = None,
    links: Annotated[
        str | None,
        typer.Option("--links", metavar="CSS", help="Read pages as sections: this selector finds their article links."),
    ] = None,
) -> int:
    """Read feeds and sitemaps. What they say is printed as one JSON object an input."""
    from mirqab.cli.inputs import Complaints, arriving, in_order
    from mirqab.types import FeedBody, FeedKind

    if links is not None:
        check_selector_option(links)
    kind = FeedKind.FEED if links is None else FeedKind.SECTION
    deployed = deployment.settings()
    complaints = Complaints()
    workers = deployment.workers(deployed, most=len(inputs), pages=False)

    def read(stream: Iterator[Arrived]) -> Iterator[FeedReading]:
        return workers.read_feeds(
            (
                item.name,
                FeedBody(
                    body=item.body,
                    url=item.url or "",
                    content_type=item.content_type,
                    kind=kind,
                    links=links,
                    max_items=deployed.feeds_max_items,
                ),
            )
            for item in stream
        )

    try:
        for item, reading in in_order(arriving(inputs, deployed, complaints, url=base_url), read):
            problem = item.problem if reading is None else reading.problem
            detail = item.detail if reading is None else reading.detail
            if problem is not None:
                complaints.about(item.name, problem if detail is None else f"{problem} ({detail})")
            if reading is not None and (unusable := _unusable(reading)):
                say(f"{item.name}: {unusable} of {len(reading.items)} entries have no usable link")
            write_line(to_json(_feed_line(item, reading)))
    finally:
        workers.close_now()
    return complaints.exit_code


def check_selector_option(selector: str) -> None:
    """Raise UsageError when what --links says is no CSS selector."""
    from mirqab.declarations.checks import check_links
    from mirqab.errors import UsageError

    try:
        check_links(selector)
    except ValueError as error:
        raise UsageError(f"--links: {error}.") from None


def _feed_line(item: Arrived, reading: FeedReading | None) -> dict[str, Any]:
    if reading is None:
        line: dict[str, Any] = {"input": item.name, "version": "", "encoding": None, "title": ""}
        return {**line, "problem": item.problem, "entries": [], "unusable": 0, "left_out": 0, "children": []}
    return {
        "input": item.name,
        "version": reading.version,
        "encoding": reading.encoding,
        "title": reading.title,
        "problem": reading.problem,
        "entries": [
            {
                "id": entry.guid or entry.url,
                "url": entry.url,
                "title": entry.title,
                "summary": entry.summary,
                "published": iso(entry.published),
                "published_raw": entry.published_raw,
                "updated": iso(entry.updated),
                "updated_raw": entry.updated_raw,
                "authors": list(entry.authors),
            }
            for entry in reading.items
        ],
        "unusable": _unusable(reading),
        "left_out": reading.left_out,
        "children": [{"url": child.url, "modified": iso(child.modified)} for child in reading.children],
    }


def _unusable(reading: FeedReading) -> int:
    return sum(entry.url is None for entry in reading.items)


def extract(
    inputs: INPUTS,
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="Where the pages lie, for dates and links.")
    ] = None,
) -> int:
    """Take the article out of pages. It is printed as one JSON object an input."""
    from mirqab.cli.inputs import Complaints, arriving, in_order

    deployed = deployment.settings()
    complaints = Complaints()
    workers = deployment.workers(deployed, most=len(inputs))

    def work(stream: Iterator[Arrived]) -> Iterator[Worked]:
        return workers.work_each(_page(item) for item in stream)

    try:
        for item, worked in in_order(arriving(inputs, deployed, complaints, url=url), work):
            problem = item.problem if worked is None else worked.problem
            detail = item.detail if worked is None else worked.detail
            if problem is not None:
                complaints.about(item.name, problem if detail is None else f"{problem} ({detail})")
            write_line(to_json(_extract_line(item, worked)))
    finally:
        workers.close_now()
    return complaints.exit_code


def _page(item: Arrived) -> Page:
    from datetime import UTC, datetime

    from mirqab.types import Page, PageHints, make_id

    url = item.url or ""
    return Page(
        entry=make_id("e", "extract", item.name),
        outlet="extract",
        url=url,
        final_url=url,
        status=item.status,
        headers=() if item.content_type is None else (("Content-Type", item.content_type),),
        body=item.body,
        content_encoding="gzip" if item.body.startswith(b"\x1f\x8b") else "",
        fetched_at=datetime.now(UTC),
        hints=PageHints(),
    )


def _extract_line(item: Arrived, worked: Worked | None) -> dict[str, Any]:
    article = None if worked is None else worked.article
    return {
        "input": item.name,
        "url": item.url,
        "headline": "" if article is None else article.headline,
        "body": "" if article is None else article.body,
        "published": None if article is None else iso(article.published),
        "published_raw": None if article is None else article.published_raw,
        "authors": [] if article is None else list(article.authors),
        "embeds": [] if article is None else [asdict(embed) for embed in article.embeds],
        "language": None if article is None else article.language,
        "quality": 0.0 if article is None else article.quality,
        "quality_parts": {} if article is None else dict(article.quality_parts),
        "extractor": None if article is None else article.extractor,
        "problem": item.problem if worked is None else worked.problem,
    }


def judge(
    topic: Annotated[
        str | None,
        typer.Option("--topic", "-t", metavar="ID|FILE", help="Judge by this topic only: its id, or a topic file."),
    ] = None,
) -> int:
    """Judge texts by topics. JSON Lines {id, title, text, outlet?, published?} in, one line a text and topic out."""
    from mirqab.cli.judging import judge_lines, topics_for

    return judge_lines(topics_for(topic))


def group(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILE...]", help="JSON Lines, packed or not; without, standard input."),
    ] = None,
    window_days: WINDOW_DAYS = None,
    copies_only: COPIES_ONLY = False,
    weights: WEIGHTS = None,
) -> int:
    """Find copies and texts of one event. JSON Lines {id, title, text, outlet?, published?} in, their stories out."""
    from mirqab.cli.group_command import group_lines

    return group_lines(inputs or [], window_days=window_days, copies_only=copies_only, background=weights or [])

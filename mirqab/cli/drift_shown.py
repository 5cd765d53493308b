"""What a person reads of an outlet whose pages left their norm: what changed, since when, pages of before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from mirqab.cli.terminal import moment, one_line
from mirqab.reader.queries import iso

if TYPE_CHECKING:
    from datetime import datetime

    from mirqab.archive import DriftRow

TOLD_AFTER: Final = timedelta(days=7)
"""So long after its end a drift is told of."""


def drift_json(row: DriftRow) -> dict[str, Any]:
    """Return a drift as plain values."""
    return {
        "measure": row.measure,
        "since": iso(row.since),
        "ended_at": iso(row.ended_at),
        "ending": row.ending,
        "before": row.before,
        "after": row.after,
    }


def drift_lines(row: DriftRow) -> Iterator[str]:
    """Yield the lines that tell of a drift."""
    change = _CHANGES[row.measure].format(before=_value(row, row.before), after=_value(row, row.after))
    usual = f" (usual: {row.before['extractor']})" if row.measure == "extractor" else ""
    if row.ended_at is not None:
        yield f"{row.outlet}: {row.ending} since {moment(row.ended_at)}: {change}, from {moment(row.since)} on."
        return
    yield f"{row.outlet}: since {moment(row.since)} its pages are not as usual: {change}{usual}."
    for word, side in (("before", row.before), ("after", row.after)):
        page = side["page"]
        if page is None:
            continue
        yield f"  {word:7} {page['article'] or page['entry']}  {one_line(page['url'])}"
        told = [page["reason"] and f"({page['reason']}: {page['detail'] or ''})", page["headline"], *page["lines"]]
        if row.measure == "undated":
            told.append(f"(date: {page['published_raw'] or 'none'})")
        if row.measure == "extractor":
            told.append(f"(taken out by: {page['extractor']})")
        yield from (f"          {one_line(line)}" for line in told if line)
    yield f"  ./run reextract --outlet {row.outlet} --dry-run shows what a change of its declaration brings."


def told(rows: list[DriftRow], now: datetime) -> list[DriftRow]:
    """Return the drifts to tell of: those that go on, and those that ended lately."""
    return [row for row in rows if row.ended_at is None or now - row.ended_at <= TOLD_AFTER]


_CHANGES: Final = {
    "length": "articles of {after} characters, {before} before",
    "quality": "a quality of {after}, {before} before",
    "extractor": "{after} of the texts come by another way, {before} before",
    "undated": "{after} of the articles have no date, {before} before",
    "refused": "{after} of the pages are no article, {before} before",
}


def _value(row: DriftRow, side: Mapping[str, Any]) -> str:
    value = side["value"]
    match row.measure:
        case "length":
            return f"{value:,.0f}"
        case "quality":
            return f"{value:.2f}"
        case _:
            return f"{value:.0%}"

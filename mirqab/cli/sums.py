"""The sums of runs in a person's words, the same ones after a crawl, in `runs` and in `runs RUN`.

Rows are those of `mirqab.reader.queries.run_json` and `outlet_sums_json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mirqab.cli.terminal import NOTHING, Column, Row

PAGE_COUNTS: Final = {
    "new": "new",
    "reopened": "reopened",
    "fetched": "fetched",
    "stored": "stored",
    "near_copies": "near",
    "duplicates": "copies",
    "looked": "again",
    "changed": "changed",
    "gone": "gone",
    "failed": "failed",
    "refused": "refused",
    "put_off": "later",
}
"""Key of a row → the word for it."""

_FEED_COUNTS: Final = {
    "feeds_ok": "read",
    "feeds_not_modified": "unchanged",
    "feeds_failed": "failed",
    "feeds_refused": "refused",
    "feeds_put_off": "later",
}


def count(number: int) -> str:
    """Return a number for a table, zero as a dot."""
    return str(number) if number else NOTHING


def outlet_columns(flagged: Mapping[str, int] | None = None) -> list[Column]:
    """Return the columns of what one run got from each outlet; `flagged` is outlet → pages that raised a flag."""
    columns: list[Column] = [("outlet", lambda row: row["outlet"]), ("feeds", feeds)]
    columns += [counted(key, word) for key, word in PAGE_COUNTS.items()]
    if flagged is not None:
        columns.append(("flagged", lambda row: count(flagged.get(row["outlet"], 0))))
    return [*columns, ("why", why)]


def counted(key: str, word: str) -> Column:
    """Return the column of one count."""
    return word, lambda row: count(row[key])


def feeds(row: Row) -> str:
    """Return the ends of the feeds in words: `7 read, 3 failed, 1 later`."""
    return ", ".join(f"{row[key]} {word}" for key, word in _FEED_COUNTS.items() if row[key]) or NOTHING


def feeds_asked(row: Row) -> int:
    """Return how many feeds were to be asked: the sum of `feeds`."""
    return sum(int(row[key]) for key in _FEED_COUNTS)


def answered_of_asked(row: Row) -> str:
    """Return how many feeds answered well, of how many that were to be asked: `7 of 11`."""
    return f"{row['feeds_ok'] + row['feeds_not_modified']} of {asked}" if (asked := feeds_asked(row)) else NOTHING


def why(row: Row) -> str:
    """Return the reasons of what failed, was refused or was left for later, and what else is odd about a run."""
    told = [f"feed {reason} ×{number}" for reason, number in row["feed_reasons"].items()]
    told += [f"{reason} ×{number}" for reason, number in row["reasons"].items()]
    told += [f"back-fill {reason} ×{number}" for reason, number in row["backfill_reasons"].items()]
    if row["gaps"]:
        told.append(f"rolled over ×{row['gaps']}: items may be lost")
    if row["backfills"]:
        told.append(f"{row['backfills']} more addresses asked for them, {row['found_again']} found again")
    if row["left_out"]:
        told.append(f"{row['left_out']} items beyond feeds.max_items")
    return ", ".join(told)


def total(rows: Iterable[Row]) -> dict[str, Any]:
    """Return the sums over some rows."""
    keys = (*_FEED_COUNTS, *PAGE_COUNTS, "gaps", "backfills", "found_again")
    listed = list(rows)
    return {key: sum(int(row[key]) for row in listed) for key in keys}


def total_line(row: Row, *, flagged: int, not_due: int) -> str:
    """Return sums in one line."""
    told = f"feeds {feeds_asked(row)}" + (f" ({feeds(row)})" if feeds_asked(row) else "")
    told += f", {not_due} not due" if not_due else ""
    pages = [f"{word} {row[key]}" for key, word in PAGE_COUNTS.items()]
    return " · ".join([told, *pages, f"flagged {flagged}"])

"""`mirqab topic precision`: how many flags were right, by what persons decided."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mirqab.cli import deployment
from mirqab.cli.terminal import NOTHING, Column, Format, Row, print_rows, to_json, write_line
from mirqab.errors import NotFoundError

if TYPE_CHECKING:
    from mirqab.feedback import Tally

TERMS_SHOWN = 15  # the likeliest to be bad come first
NOTHING_DECIDED = "Nothing is decided yet: ./run mark ID relevant, or irrelevant, tells of a flagged story what it is."


def print_precision(topic: str | None, *, since: str | None, as_json: bool) -> None:
    """Print the counts and shares of every topic with decisions, or of one."""
    from mirqab.feedback import By, tallies
    from mirqab.reader.queries import since_moment

    start = None if since is None else since_moment(since, datetime.now(UTC))
    deployed = deployment.settings()
    with deployment.archive_if_any(deployed) as archive:
        decided = [] if archive is None else archive.decisions(topic=topic, since=start)
    if topic is not None and not decided and topic not in [one.id for one in deployment.load_topics(deployed)]:
        raise NotFoundError(f"There is no topic {topic!r} and no decision on one; ./run topics lists them.")
    found = tallies(decided)
    if as_json:
        write_line(to_json({"decisions": len(decided), "tallies": [tally_json(one) for one in found]}, indent=2))
        return
    if not found:
        write_line("No decision is that young." if since is not None else NOTHING_DECIDED)
        return
    several = len({one.topic for one in found}) > 1
    for by in By:
        rows: list[Row] = [{"tally": one} for one in found if one.by is by]
        if not rows:
            continue
        if by is not By.TOPIC:
            write_line("")
        shown = rows[:TERMS_SHOWN] if by is By.TERM else rows
        print_rows(shown, _columns(by, several), Format.TABLE, empty="")
        if len(shown) < len(rows):
            write_line(f"… and {len(rows) - len(shown):,} more terms; --json tells of all.")


def _columns(by: Any, several: bool) -> list[Column]:
    from mirqab.feedback import By

    columns: list[Column] = [
        ("precision", lambda row: _share(row["tally"])),
        ("95 % interval", lambda row: _interval(row["tally"])),
        ("relevant", lambda row: row["tally"].relevant or NOTHING),
        ("irrelevant", lambda row: row["tally"].irrelevant or NOTHING),
        ("to check", lambda row: row["tally"].to_check or NOTHING),
    ]
    if by in (By.TOPIC, By.VERSION, By.OUTLET):
        columns.append(("missed", lambda row: row["tally"].missed or NOTHING))
    if several and by is not By.TOPIC:
        columns.append(("topic", lambda row: row["tally"].topic))
    return [*columns, (by.value, lambda row: row["tally"].name)]


def _share(tally: Tally) -> str:
    value = tally.precision.value
    return "-" if value is None else f"{value:.2f}"


def _interval(tally: Tally) -> str:
    share = tally.precision
    return "-" if share.low is None else f"{share.low:.2f}–{share.high:.2f}"


def tally_json(tally: Tally) -> dict[str, Any]:
    """Return one line of the counts (docs/feedback.md)."""
    share = tally.precision
    return {
        "topic": tally.topic,
        "by": tally.by.value,
        "name": tally.name,
        "relevant": tally.relevant,
        "irrelevant": tally.irrelevant,
        "to_check": tally.to_check,
        "missed": tally.missed,
        "precision": share.value,
        "low": share.low,
        "high": share.high,
    }

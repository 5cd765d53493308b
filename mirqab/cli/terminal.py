"""What goes out to a person or a pipe: plain text without control characters, JSON, CSV and tables.

Text of the web never reaches a terminal as it is: an escape sequence in a headline could rewrite the screen, and a
bidi override could turn a line around.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# C0 without tab and line feed, DEL and C1, the bidi controls, line and paragraph separators, lone surrogates
_CONTROLS = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI}\u2028\u2029\ufeff\ud800-\udfff]")
# what json.dumps(ensure_ascii=False) leaves raw and a terminal or a line reader would act upon
_JSON_RAW = re.compile(f"[\x7f-\x9f{_BIDI}\u2028\u2029\ufeff\ud800-\udfff]")
NOTHING = "·"
"""A zero in a table, so that what is not zero can be seen."""
_SPACES = re.compile(r"\s+")
_FORMULA = re.compile(f"^[\\s{_BIDI}\ufeff]*[=+\\-@\t\r]")


class Format(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


FORMAT = Annotated[Format, typer.Option("--format", "-f", help="How to print the list.")]


def plain(text: str) -> str:
    """Return the text without control, escape and bidi control characters; line feeds and tabs stay."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Return the text as one line without control characters."""
    return _SPACES.sub(" ", plain(text)).strip()


def to_json(value: Any, *, indent: int | None = None) -> str:
    """Return JSON with Arabic as it is, and as escapes every character that a terminal would act upon."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _JSON_RAW.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def csv_cell(value: Any) -> Any:
    """Return the value for a CSV cell; text that a spreadsheet would take for a formula starts with an apostrophe."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        value = "; ".join(to_json(item) if isinstance(item, Mapping) else str(item) for item in value)
    elif isinstance(value, Mapping):
        value = to_json(value)
    text = plain(str(value))
    return f"'{text}" if _FORMULA.match(text) else text


def moment(at: datetime | None, *, seconds: bool = False) -> str:
    """Return a time for a table: local, to the minute or second, with its offset; a dash when it is unknown."""
    if at is None:
        return "-"
    local = at.astimezone()
    offset = local.strftime("%z")
    return f"{local:{'%Y-%m-%d %H:%M:%S' if seconds else '%Y-%m-%d %H:%M'}}{offset[:3]}:{offset[3:5]}"


def write_line(line: str) -> None:
    """Write one line to standard output and hand it on at once: a reader of the pipe sees it now."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Write one line for a person to standard error."""
    print(one_line(text), file=sys.stderr, flush=True)


def console(*, stderr: bool = False) -> Console:
    """Return a rich console that takes no markup from text, and uses colours on a terminal only."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=not stream.isatty())


Row = Mapping[str, Any]
Column = tuple[str, Callable[[Row], Any]]


def print_rows(rows: Iterable[Row], columns: Sequence[Column], form: Format, *, empty: str) -> None:
    """Print rows: the chosen columns as a table, or everything as JSON, JSON Lines or CSV.

    `empty` is what a person reads when there is nothing; a pipe gets an empty list.
    """
    match form:
        case Format.JSONL:
            for row in rows:
                write_line(to_json(row))
        case Format.JSON:
            write_line(to_json(list(rows), indent=2))
        case Format.CSV:
            _print_csv(rows)
        case Format.TABLE:
            cells = [[one_line(str(value(row))) for _, value in columns] for row in rows]
            if cells:
                _print_table([title for title, _ in columns], cells)
            else:
                write_line(empty)


def _print_csv(rows: Iterable[Row]) -> None:
    writer = None
    for row in rows:
        if writer is None:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(row.keys())
        writer.writerow([csv_cell(value) for value in row.values()])


# The last column is the one that wraps; narrower than this it is not read but deciphered.
_LAST_WIDTH = 30


def _print_table(titles: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich.cells import cell_len

    widths = [max(cell_len(row[place]) for row in [titles, *cells]) for place in range(len(titles))]
    if sys.stdout.isatty():
        _print_on_terminal(titles, cells, widths)
        return
    # a pipe or a file: one row a line, whatever its length, and no padding after the last column
    lines = io.StringIO()
    for row in [titles, *cells]:
        lines.write("  ".join([*_padded(row[:-1], widths), row[-1]]).rstrip() + "\n")
    sys.stdout.write(lines.getvalue())


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    from rich.cells import cell_len

    return [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=False)]


def _print_on_terminal(titles: Sequence[str], cells: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
    """Print a table where it fits, else with the last column below each row, else each row as a paragraph."""
    from rich.box import SIMPLE_HEAD
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    paper = console()
    if sum(widths[:-1]) + 3 * len(titles) + min(widths[-1], _LAST_WIDTH) <= paper.width:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
        for title in titles[:-1]:
            table.add_column(title, no_wrap=True)
        table.add_column(titles[-1], overflow="fold", ratio=1)
        for row in cells:
            table.add_row(*(Text(cell) for cell in row))
        paper.print(table)
        return
    aligned = sum(widths[:-1]) + 2 * (len(titles) - 2) <= paper.width
    if aligned:
        paper.print(Text("  ".join(_padded(titles[:-1], widths)).rstrip(), style="bold"))
    for row in cells:
        paper.print(
            Text("  ".join(_padded(row[:-1], widths)).rstrip()) if aligned else _record(titles, row, paper.width)
        )
        if row[-1]:
            paper.print(Padding(Text(row[-1]), (0, 0, 0, 2), expand=False))


def _record(titles: Sequence[str], row: Sequence[str], width: int) -> Text:
    """Return all but the last cell with their titles, broken between cells only: an id stays whole to be copied."""
    from rich.cells import cell_len
    from rich.text import Text

    text, length = Text(row[0], style="bold"), cell_len(row[0])
    for title, cell in zip(titles[1:-1], row[1:-1], strict=True):
        if cell == NOTHING:
            continue
        needed = 3 + cell_len(title) + cell_len(cell)
        if length + needed > width:
            text.append("\n")
            length = 0
        text.append(f"  {title} ", style="not bold dim").append(cell, style="not bold")
        length += needed
    return text

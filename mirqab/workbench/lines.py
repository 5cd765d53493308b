"""JSON Lines with a text in each: read one at a time, from a file, packed or not, or from a stream.

A line that is wrong is the world's, as a page is: it is complained about with its number, and the others go on.
"""

from __future__ import annotations

import gzip
import json
import math
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from mirqab.errors import UsageError
from mirqab.workbench.texts import Identity, Story, Text

LINE_LIMIT: Final = 64 * 2**20
"""Bytes; far above any article, and a line without end cannot fill the memory."""

STDIN: Final = "-"

Complain = Callable[[int, str], None]
"""Hears of a wrong line: its number, counted from 1, and what is wrong with it."""


class BadLineError(Exception):
    """One line of the input cannot be used; the text says why."""


def read_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines that hold something, with their numbers; None stands for one that is too long."""
    number = 0
    while line := stream.readline(LINE_LIMIT):
        number += 1
        if len(line) == LINE_LIMIT and not line.endswith(b"\n"):
            while (rest := stream.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif line.strip():
            yield number, line


def read_objects(name: str, complain: Complain) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the JSON objects of a file (`-` for standard input; gzip is undone), each with its line's number.

    Raises UsageError for a file that cannot be read at all.
    """
    number = 0
    with _opened(name) as stream:
        try:
            for number, line in read_lines(stream):
                try:
                    yield number, as_object(line)
                except BadLineError as error:
                    complain(number, str(error))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            complain(number + 1, f"the gzip stream is broken: {error}")


@contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STDIN:
        yield sys.stdin.buffer
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(name).open("rb"))
            packed = file.peek(2)[:2] == b"\x1f\x8b"
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise UsageError(f"{name} cannot be read ({getattr(error, 'strerror', None) or error}).") from None
        yield cast(BinaryIO, stack.enter_context(gzip.GzipFile(fileobj=file)) if packed else file)


def as_object(line: bytes | None) -> dict[str, Any]:
    """Return the JSON object that a line is; BadLineError for anything else, None being a line that is too long."""
    if line is None:
        raise BadLineError(f"is longer than {LINE_LIMIT} bytes")
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadLineError(f"is not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise BadLineError(f"is not JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError) as error:
        raise BadLineError(f"is not JSON that can be read: {error}") from None
    if not isinstance(value, dict):
        raise BadLineError("must be a JSON object with id, title and text")
    return value


def as_text(value: dict[str, Any], *, lead: bool = False) -> tuple[Identity, Text]:
    """Return the id and the text of an object {id, title, text, outlet?, published?}; BadLineError when it has none.

    With `lead` the key `lead`, where it holds something, stands for `text`.
    """
    identity = value.get("id")
    if identity is not None and (isinstance(identity, bool) or not isinstance(identity, str | int | float)):
        raise BadLineError("id must be a text or a number")
    if isinstance(identity, float) and not math.isfinite(identity):  # Python reads and writes them, JSON knows none
        raise BadLineError(f"id must be a finite number, and is {identity}")
    title, text, outlet = words_of(value, "title"), words_of(value, "text"), words_of(value, "outlet")
    if lead:
        text = words_of(value, "lead") or text
    if not title and not text:
        raise BadLineError("needs a title or a text")
    published = as_moment(value.get("published"))
    return identity, Text(title=title, text=text, published=published, outlet=outlet or None)


def words_of(value: dict[str, Any], key: str) -> str:
    """Return the text under a key, empty when there is none; BadLineError for anything else."""
    found = value.get(key)
    if not isinstance(found, str | None):
        raise BadLineError(f"{key} must be a text")
    return found or ""


def as_moment(value: Any) -> datetime | None:
    """Return a time in ISO 8601, in UTC when it has no offset; BadLineError for anything but that and nothing."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadLineError("published must be a time in ISO 8601, such as 2024-01-26T14:05:00+03:00")
    try:
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadLineError(f"published is no time in ISO 8601: {value[:60]!r}") from None


def read_stories(name: str, complain: Complain) -> Iterator[Story]:
    """Yield the texts of a file as stories of one text each, with few in memory at a time."""
    for number, value in read_objects(name, complain):
        try:
            identity, text = as_text(with_date(value), lead=True)
        except BadLineError as error:
            complain(number, str(error))
            continue
        yield Story(id=number if identity is None else identity, texts=(text,))


def with_date(value: dict[str, Any]) -> dict[str, Any]:
    """Return an object in which `date`, where it is a whole day or time, stands for a `published` that is missing.

    Collections of texts name the day so, and some know the year alone.
    """
    if value.get("published") is None and isinstance(value.get("date"), str):
        try:
            as_moment(value["date"])
        except BadLineError:
            return value
        return {**value, "published": value["date"]}
    return value

"""`mirqab judge`: one JSON line of text in, its judgement by each topic out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from mirqab.cli import deployment
from mirqab.cli.inputs import await_typing
from mirqab.cli.terminal import say, to_json, write_line
from mirqab.errors import ConfigurationError, UsageError
from mirqab.topics import Judge, compile_topic, judgement_line
from mirqab.types import ExitCode

if TYPE_CHECKING:
    from mirqab.topics import Topic

LINE_LIMIT = 64 * 2**20  # bytes; far above any article, and a line without end cannot fill the memory


def topics_for(wanted: str | None) -> list[Topic]:
    """Return the topics to judge by: all declared ones, the one with this id, or the one in this file."""
    if wanted is None:
        topics = deployment.load_topics(deployment.settings())
        if not topics:
            raise UsageError("No topic is declared in config/topics/; name a topic file: judge --topic FILE.")
        return topics
    return [topic_of(wanted)]


def topic_of(wanted: str) -> Topic:
    """Return the declared topic with this id, or the one in this file; ConfigurationError, UsageError.

    Files are compiled until the id is found, the likeliest first: other files' mistakes are not this call's.
    """
    from difflib import get_close_matches

    from mirqab.declarations import load_topic_documents, read_topic_document

    if "/" in wanted or wanted.endswith((".yaml", ".yml")):
        return compile_topic(read_topic_document(deployment.settings(), Path(wanted)))
    ids: list[str] = []
    mistakes: ConfigurationError | None = None
    documents = load_topic_documents(deployment.settings())
    for document in sorted(documents, key=lambda document: Path(document.path).stem != wanted):
        try:
            topic = compile_topic(document)
        except ConfigurationError as error:
            mistakes = mistakes or error
            continue
        if topic.id == wanted:
            return topic
        ids.append(topic.id)
    if mistakes is not None:
        raise mistakes
    near = get_close_matches(wanted, ids, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Topics are: {', '.join(ids) or 'none'}."
    raise UsageError(f"There is no topic {wanted!r}. {hint}")


class BadLineError(Exception):
    """One line of the input cannot be judged; the text says why."""


def judge_lines(topics: Sequence[Topic]) -> int:
    """Judge standard input line by line and return the exit code."""
    judge = Judge(topics)
    failed = 0
    await_typing("JSON Lines {id, title, text}")
    for number, line in _lines(sys.stdin.buffer):
        try:
            if line is None:
                raise BadLineError(f"is longer than {LINE_LIMIT} bytes")
            record = _record(line)
        except BadLineError as error:
            failed += 1
            say(f"line {number}: {error}")
            continue
        verdicts = judge.judge(title=record["title"], text=record["text"], published=record["published"])
        for verdict in verdicts:
            write_line(to_json(judgement_line(record["id"], verdict)))
    return ExitCode.SOME_FAILED if failed else ExitCode.WELL


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
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


def _record(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadLineError(f"is not UTF-8 (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise BadLineError(f"is not JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError) as error:
        raise BadLineError(f"is not JSON that can be read: {error}") from None
    if not isinstance(record, dict):
        raise BadLineError("must be a JSON object with id, title and text")
    identity = record.get("id")
    if identity is not None and (isinstance(identity, bool) or not isinstance(identity, str | int | float)):
        raise BadLineError("id must be a text or a number")
    for key in ("title", "text"):
        if not isinstance(record.get(key), str | None):
            raise BadLineError(f"{key} must be a text")
    title, text = record.get("title") or "", record.get("text") or ""
    if not title and not text:
        raise BadLineError("needs a title or a text")
    return {"id": identity, "title": title, "text": text, "published": _published(record.get("published"))}


def _published(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadLineError("published must be a time in ISO 8601, such as 2024-01-26T14:05:00+03:00")
    try:
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadLineError(f"published is no time in ISO 8601: {value[:60]!r}") from None

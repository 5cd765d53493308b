"""`mirqab judge`: one JSON line of text in, its judgement by each topic out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mirqab.cli import deployment
from mirqab.cli.inputs import await_typing
from mirqab.cli.terminal import say, to_json, write_line
from mirqab.errors import ConfigurationError, UsageError
from mirqab.topics import Judge, compile_topic, judgement_line
from mirqab.types import ExitCode
from mirqab.workbench.lines import BadLineError, as_object, as_text, read_lines

if TYPE_CHECKING:
    from mirqab.topics import Topic
    from mirqab.types import Document


def topics_for(wanted: str | None) -> list[Topic]:
    """Return the topics to judge by: all declared ones, the one with this id, or the one in this file."""
    if wanted is None:
        topics = deployment.load_topics(deployment.settings())
        if not topics:
            raise UsageError("No topic is declared in config/topics/; name a topic file: judge --topic FILE.")
        return topics
    return [topic_of(wanted)]


def topic_of(wanted: str) -> Topic:
    """Return the declared topic with this id, or the one in this file; ConfigurationError, UsageError."""
    return topic_with_document(wanted)[0]


def topic_with_document(wanted: str) -> tuple[Topic, Document]:
    """Return a topic and the document that it was compiled from; see `topic_of`.

    Files are compiled until the id is found, the likeliest first: other files' mistakes are not this call's.
    """
    from difflib import get_close_matches

    from mirqab.declarations import load_topic_documents, read_topic_document

    if "/" in wanted or wanted.endswith((".yaml", ".yml")):
        document = read_topic_document(deployment.settings(), Path(wanted))
        return compile_topic(document), document
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
            return topic, document
        ids.append(topic.id)
    if mistakes is not None:
        raise mistakes
    near = get_close_matches(wanted, ids, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Topics are: {', '.join(ids) or 'none'}."
    raise UsageError(f"There is no topic {wanted!r}. {hint}")


def judge_lines(topics: Sequence[Topic]) -> int:
    """Judge standard input line by line and return the exit code."""
    judge = Judge(topics)
    failed = 0
    await_typing("JSON Lines {id, title, text}")
    for number, line in read_lines(sys.stdin.buffer):
        try:
            identity, text = as_text(as_object(line))
        except BadLineError as error:
            failed += 1
            say(f"line {number}: {error}")
            continue
        for verdict in judge.judge(title=text.title, text=text.text, published=text.published, outlet=text.outlet):
            write_line(to_json(judgement_line(identity, verdict)))
    return ExitCode.SOME_FAILED if failed else ExitCode.WELL

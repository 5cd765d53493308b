"""`mirqab topic export-labels`: what persons decided, as labelled texts to measure topics by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mirqab.cli import deployment
from mirqab.cli.terminal import say, to_json, write_line
from mirqab.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from mirqab.archive import Decided


def export(topic: str | None, out: Path | None) -> None:
    """Write a line for each decision on a topic that stands; UsageError when it is not clear on which."""
    from mirqab.feedback import labels

    with deployment.archive(deployment.settings()) as archive:
        decided = archive.decisions(topic=topic)
        _check(topic, decided)
        lines = [to_json(label) for label in labels(archive, decided)]
    if out is None:
        for line in lines:
            write_line(line)
        return
    try:
        out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out} cannot be written ({error.strerror or error}).") from None
    counts = f"{len(lines)} labelled text{'' if len(lines) == 1 else 's'}"
    write_line(f"{out}: {counts}; ./run topic evaluate --labelled {out} measures a topic by them.")
    if not lines:
        say("Nothing is decided yet: ./run mark ID relevant, or irrelevant.")


def _check(topic: str | None, decided: list[Decided]) -> None:
    topics = sorted({one.topic for one in decided})
    if len(topics) > 1:
        raise UsageError(f"A labelled file is about one topic; name it: {', '.join(topics)}.")
    if topic is not None and not decided:
        known = [one.id for one in deployment.load_topics(deployment.settings())]
        if topic not in known:
            raise NotFoundError(f"There is no topic {topic!r} and no decision on one; ./run topics lists them.")

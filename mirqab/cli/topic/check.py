"""`mirqab topic check`: is a topic right, and do its examples come out as written?"""

from __future__ import annotations

from collections.abc import Sequence

from mirqab.cli.judging import topic_of
from mirqab.cli.terminal import say, write_line
from mirqab.errors import ConfigurationError, Mistake
from mirqab.topics import check_examples


def check_topics(wanted: Sequence[str]) -> None:
    """Check the topics in these files or with these ids; ConfigurationError with the mistakes of all of them."""
    mistakes: dict[Mistake, None] = {}
    for name in wanted:
        try:
            topic = topic_of(name)
        except ConfigurationError as error:
            mistakes |= dict.fromkeys(error.mistakes)
            say(f"{name}: {_many(len(error.mistakes), 'mistake')}")
            continue
        failing = check_examples(topic)
        mistakes |= dict.fromkeys(failing)
        if failing:
            say(f"{name}: {_many(len(failing), 'example')} not judged as expected")
        else:
            write_line(f"{name}: {topic.id} is right, version {topic.version}; every example is judged as expected")
    if mistakes:
        raise ConfigurationError(mistakes)


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")

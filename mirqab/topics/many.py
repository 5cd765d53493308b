"""Thousands of topics at once: compiled with the mistakes of all, while the garbage collector keeps still."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from mirqab.errors import ConfigurationError, Mistake
from mirqab.topics.language import Topic
from mirqab.topics.reading import compile_topic
from mirqab.types import Document


def compile_topics(documents: Iterable[Document]) -> tuple[Topic, ...]:
    """Return the topics that some documents declare; ConfigurationError with every mistake of all of them."""
    topics: list[Topic] = []
    mistakes: dict[Mistake, None] = {}  # each once, though a library be imported by many
    with uncollected():
        for document in documents:
            try:
                topics.append(compile_topic(document))
            except ConfigurationError as error:
                mistakes |= dict.fromkeys(error.mistakes)
    if mistakes:
        raise ConfigurationError(mistakes)
    return tuple(topics)


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector still while values are made that all stay.

    It would walk millions of them again and again, which is half of what it costs to compile thousands of topics.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

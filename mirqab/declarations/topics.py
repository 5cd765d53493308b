"""What we look for, as files: read here, compiled by `mirqab.topics`."""

from __future__ import annotations

from mirqab.documents import read_document
from mirqab.errors import ConfigurationError, Mistake
from mirqab.settings import Settings
from mirqab.types import Document


def load_topic_documents(settings: Settings) -> tuple[Document, ...]:
    """Return the files of `config/topics/`, in the order of their names. Raises ConfigurationError."""
    documents: list[Document] = []
    mistakes: list[Mistake] = []
    for path in sorted((settings.config / "topics").glob("*.yaml")):
        try:
            documents.append(read_document(path))
        except ConfigurationError as error:
            mistakes.extend(error.mistakes)
    if mistakes:
        raise ConfigurationError(mistakes)
    return tuple(documents)

"""Topics written inside a test, and the topic files of the repository, as documents with their lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mirqab.declarations import read_topic_document
from mirqab.documents import read_document
from mirqab.settings import load_settings
from mirqab.topics import Topic, compile_topic
from mirqab.types import Document

TOPIC_FILE = Path(__file__).parents[2] / "config" / "topics" / "troop-withdrawal-talks.yaml"


@pytest.fixture
def document(tmp_path: Path) -> Callable[[str], Document]:
    """Return a function that reads a YAML text as the document of the file `topic.yaml`."""

    def read(text: str) -> Document:
        path = tmp_path / "topic.yaml"
        path.write_text(text, encoding="utf-8")
        return read_document(path)

    return read


@pytest.fixture(scope="session")
def topic(tmp_path_factory: pytest.TempPathFactory) -> Topic:
    """Return the topic of the repository, with the library files that it imports."""
    settings = load_settings(environ={"MIRQAB_HOME": str(tmp_path_factory.mktemp("home"))})
    return compile_topic(read_topic_document(settings, TOPIC_FILE))

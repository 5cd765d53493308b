"""Topic files as they are written: each document with the library files that it imports.

What a topic means is compiled by `mirqab.topics`; here files are found and read, each once, so that a document can
travel to another process whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from mirqab.declarations.cache import DocumentCache
from mirqab.documents import dotted, parse_document, read_body
from mirqab.errors import ConfigurationError, Mistake
from mirqab.settings import Settings
from mirqab.types import Document

TOPICS_FOLDER: Final = "topics"
IMPORT_KEYS: Final = ("يستورد", "imports")
MAX_BYTES: Final = 1024 * 1024  # a topic of a thousand terms is 60 kB
MAX_IMPORT_DEPTH: Final = 5  # a library that imports a library that …
MAX_IMPORTS: Final = 20  # files that one topic may draw upon

_VOWELS = re.compile("[\u064b-\u0652\u0640]")
_NAME = re.compile(r"[^\W_][\w.-]*(?:/[^\W_][\w.-]*)*")


def load_topic_documents(settings: Settings) -> tuple[Document, ...]:
    """Return the files of `config/topics/`, in the order of their names, with what they import.

    Files in folders below it are no topics: they are there to be imported. Raises ConfigurationError.
    """
    paths = sorted((settings.config / TOPICS_FOLDER).glob("*.yaml"))
    return TopicFiles(settings).read_all(paths)


def read_topic_document(settings: Settings, path: Path) -> Document:
    """Return one topic file, wherever it lies, with what it imports. Raises ConfigurationError."""
    return TopicFiles(settings).read(path)


class TopicFiles:
    """Reads topic files and the files they import, each of these once.

    An import is named by its path below the topic's own folder, without `.yaml`; what is not there is taken from the
    folder of the declared topics, so that a copy of a topic can be tried out anywhere.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._read: dict[Path, Document] = {}

    def read_all(self, paths: Iterable[Path]) -> tuple[Document, ...]:
        """Return the documents of several topic files; ConfigurationError with the mistakes of all of them."""
        documents: list[Document] = []
        mistakes: dict[Mistake, None] = {}  # each once, though a library be imported by many
        for path in paths:
            try:
                documents.append(self.read(path))
            except ConfigurationError as error:
                mistakes |= dict.fromkeys(error.mistakes)
        if mistakes:
            raise ConfigurationError(mistakes)
        return tuple(documents)

    def read(self, path: Path) -> Document:
        """Return the document of one topic file."""
        return _Imports(self, path.parent).whole(self._plain(path))

    def folders(self, own: Path) -> tuple[Path, ...]:
        """Return the folders in which an import of a topic in the folder `own` is looked for."""
        return tuple(dict.fromkeys((own, self._settings.config / TOPICS_FOLDER)))

    def imported(self, path: Path) -> Document:
        """Return a library file without its own imports, read once."""
        if path not in self._read:
            self._read[path] = self._plain(path)
        return self._read[path]

    def _plain(self, path: Path) -> Document:
        body = read_body(path, max_bytes=MAX_BYTES)
        cache = DocumentCache(self._settings, path=path, body=body)
        document = cache.read()
        if document is None:
            document = parse_document(body, path=path, max_bytes=MAX_BYTES)
            cache.write(document)
        return document


class _Imports:
    """What one topic imports, directly and through its libraries."""

    def __init__(self, files: TopicFiles, own: Path) -> None:
        self._files, self._folders = files, files.folders(own)
        self._whole: dict[str, Document | None] = {}  # None: tried, and its mistakes are noted
        self._mistakes: list[Mistake] = []

    def whole(self, document: Document) -> Document:
        whole = self._with_imports(document, ())
        if self._mistakes:
            raise ConfigurationError(self._mistakes)
        return whole

    def _with_imports(self, document: Document, within: tuple[str, ...]) -> Document:
        imports: dict[str, Document] = {}
        for at, name in self._names(document):
            if name in within:
                chain = " → ".join((*within[within.index(name) :], name))
                self._note(document, at, f"a file that does not import itself in the end: {chain}")
            elif len(within) >= MAX_IMPORT_DEPTH:
                self._note(document, at, f"imports at most {MAX_IMPORT_DEPTH} deep: {' → '.join((*within, name))}")
            elif name not in self._whole and len(self._whole) >= MAX_IMPORTS:
                self._note(document, at, f"at most {MAX_IMPORTS} imported files for one topic")
            else:
                if name not in self._whole:
                    self._whole[name] = self._import(document, at, name, (*within, name))
                found = self._whole[name]
                if found is not None:
                    imports[name] = found
        return replace(document, imports=imports) if imports else document

    def _import(
        self, document: Document, at: tuple[str | int, ...], name: str, within: tuple[str, ...]
    ) -> Document | None:
        if not _NAME.fullmatch(name) or name.endswith(".yaml"):
            self._note(document, at, f"the name of a file below the topics folder, without .yaml, not {name!r}")
            return None
        for folder in self._folders:
            path = folder / f"{name}.yaml"
            if not path.is_file():
                continue
            if not path.resolve().is_relative_to(folder.resolve()):
                self._note(document, at, f"a file inside the topics folder; {name!r} leads out of it")
                return None
            try:
                return self._with_imports(self._files.imported(path), within)
            except ConfigurationError as error:
                self._mistakes += error.mistakes
                return None
        self._note(document, at, f"the name of a file that is there; there is no {self._folders[0] / name}.yaml")
        return None

    def _names(self, document: Document) -> list[tuple[tuple[str | int, ...], str]]:
        """Return the imports that a document writes, each with its place."""
        if not isinstance(document.content, dict):
            return []
        found: list[tuple[tuple[str | int, ...], str]] = []
        for key, value in document.content.items():
            if _VOWELS.sub("", key) not in IMPORT_KEYS:
                continue
            if not isinstance(value, list):
                self._note(document, (key,), "a list of names")
                continue
            for index, name in enumerate(value):
                if isinstance(name, str):
                    found.append(((key, index), name))
                else:
                    self._note(document, (key, index), "a name")
        return found

    def _note(self, document: Document, at: tuple[str | int, ...], expected: str) -> None:
        self._mistakes.append(
            Mistake(file=document.path, line=document.line(*at), key=dotted(at), expected=f"expected {expected}")
        )

"""The concepts that a topic may name: its own, those of its facets, and those of the library files it imports."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mirqab.arabic import fold, read_word
from mirqab.errors import Mistake
from mirqab.topics import limits
from mirqab.topics.blocks import ARABIC_COMMA, Block, UnreadableError, note, unknown
from mirqab.topics.language import Concept, Facet, Term, Word
from mirqab.types import Document

_LIBRARY = {"imports": "يستورد", "concepts": "مفاهيم"}
_CONCEPT = {"words": "كلمات", "includes": "يشمل", "not": "لا"}
_LIBRARIES_KEPT = 64

Path = tuple[str | int, ...]

_libraries: OrderedDict[tuple[object, ...], Mapping[str, Concept]] = OrderedDict()
"""The concepts of library files read without a mistake: many topics import the same few."""


class Vocabulary:
    """Reads the concepts of one document and resolves what they include.

    Concepts are first declared (`own`, `facet`), then resolved all together (`resolve`), since one may include another
    that stands below it.
    """

    def __init__(self, document: Document, mistakes: list[Mistake]) -> None:
        self.document, self.mistakes = document, mistakes
        self.concepts: dict[str, Concept] = {}
        self.facets: dict[str, Facet] = {}
        self.imported: dict[str, Concept] = {}
        self._from: dict[str, str] = {}  # imported name → the file it is from
        self._includes: dict[str, tuple[Path, tuple[str, ...]]] = {}
        self._resolved: dict[str, Concept] = {}

    def take_imports(self, block: Block) -> None:
        """Take over the concepts of the files that a document imports."""
        unread = False
        for path, name in block.items("imports"):
            library = self.document.imports.get(str(name))
            if library is None:
                note(self.mistakes, self.document, path, "a file that was read together with this one")
                unread = True
                continue
            for concept, value in read_library(library, self.mistakes).items():
                if self.imported.get(concept, value) is value:  # one library may come in on several ways
                    self.imported[concept] = value
                    self._from.setdefault(concept, str(name))
                else:
                    clash = f"names of their own: «{concept}» is also in {self._from[concept]}"
                    note(self.mistakes, self.document, path, clash)
        if unread:
            raise UnreadableError  # every name from there would seem unknown

    def own(self, path: Path, name: str, item: Any) -> None:
        """Declare a concept of the document."""
        self.concepts[name] = self._concept(path, name, item)
        if name in self.imported and name not in self._includes.get(name, ((), ()))[1]:
            hint = f"to add words to it write «{name}: {{يشمل: [{name}], كلمات: […]}}»"
            taken = f"a name of its own: «{name}» comes from {self._from[name]}; {hint}"
            note(self.mistakes, self.document, path, taken)

    def facet(self, facet: Facet, values: Mapping[str, tuple[Path, Any]]) -> None:
        """Declare a facet: each value has its words under the concept that the facet names."""
        for value, (path, item) in values.items():
            name = facet.values[value]
            self.concepts[name] = self._concept(path, name, item)
        self.facets[facet.name] = facet

    def resolve(self) -> None:
        """Give each concept those it includes; a facet's name stands for all its values."""
        for name in self.concepts:
            self._resolve(name, ())
        self.concepts = {name: self._resolved[name] for name in self.concepts}

    def _resolve(self, name: str, within: tuple[str, ...]) -> Concept:
        if name in self._resolved:
            return self._resolved[name]
        concept = self.concepts[name]
        path, included = self._includes.get(name, ((), ()))
        found: list[Concept] = []
        for other in included:
            for member in self._members(name, other, path):
                if member in self.imported and (member == name or member not in self.concepts):
                    found.append(self.imported[member])
                elif len(within) >= limits.INCLUDED_DEEP:
                    note(self.mistakes, self.document, path, f"inclusion at most {limits.INCLUDED_DEEP} deep")
                elif member in (*within, name):
                    chain = " → ".join((*within, name, member))
                    note(self.mistakes, self.document, path, f"concepts that do not include each other: {chain}")
                else:
                    found.append(self._resolve(member, (*within, name)))
        size = sum(map(_size, found)) + len(concept.terms)
        if size > limits.TERMS:
            self._note(path, f"at most {limits.TERMS:,} terms with those that are included, not {size:,}")
        elif found:
            concept = replace(concept, included=tuple(found))
        self._resolved[name] = concept
        return concept

    def _members(self, name: str, other: str, path: Path) -> tuple[str, ...]:
        """Return the concepts that an included name stands for."""
        if other in self.facets:
            return tuple(self.facets[other].values.values())
        if other in self.concepts or other in self.imported:
            return (other,)
        known = [known for names in (self.concepts, self.facets, self.imported) for known in names if known != name]
        note(self.mistakes, self.document, path, unknown(other, known))
        return ()

    def _concept(self, path: Path, name: str, item: Any) -> Concept:
        if isinstance(item, dict):
            block = Block(self.document, path, item, _CONCEPT, self.mistakes)
            included = block.names("includes", most=limits.INCLUDED)
            if included:
                self._includes[name] = (block.at("includes"), included)
            terms = [
                self._term(at, term) for at, term in block.items("words", most=limits.TERMS, required=not included)
            ]
            struck = frozenset(fold(form) for form in block.names("not", most=limits.STRUCK))
        elif isinstance(item, list) and item:
            if len(item) > limits.TERMS:
                self._note(path, f"at most {limits.TERMS:,} terms, not {len(item):,}")
                item = item[: limits.TERMS]
            terms = [self._term((*path, index), term) for index, term in enumerate(item)]
            struck = frozenset()
        else:
            note(self.mistakes, self.document, path, "a list of terms, or a block with «كلمات» and «لا»")
            return Concept(name=name, terms=())
        return Concept(name=name, terms=tuple(dict.fromkeys(term for term in terms if term)), struck=struck)

    def _term(self, path: Path, written: Any) -> Term:
        if isinstance(written, bool) or not isinstance(written, str | int):
            self._note(path, "a term: one word or several")
            return ()
        if "،" in str(written):
            self._note(path, ARABIC_COMMA)
            return ()
        text = str(written).strip()
        mark = "==" if text.startswith("==") else "=" if text.startswith("=") else ""
        found = []
        parts = text.removeprefix(mark).split()
        if len(parts) > limits.TERM_WORDS or any(len(part) > limits.WORD_LETTERS for part in parts):
            most = f"{limits.TERM_WORDS} words of at most {limits.WORD_LETTERS} letters"
            self._note(path, f"a term of at most {most}")
            return ()
        for part in parts:
            try:
                word, kind = read_word(mark + part)
            except ValueError as error:
                self._note(path, f"a term that can be read: {error} («{part}»)")
                return ()
            found.append(Word(text=word, kind=kind))
        if not found:
            self._note(path, "a term: one word or several")
        return tuple(found)

    def _note(self, path: Path, expected: str) -> None:
        note(self.mistakes, self.document, path, expected)


def _size(concept: Concept) -> int:
    return sum(map(len, concept.worded.values()))


def read_library(document: Document, mistakes: list[Mistake]) -> Mapping[str, Concept]:
    """Return the concepts of a library file and of those it imports, the same values for the same files."""
    key = _identity(document)
    found = _libraries.get(key)
    if found is not None:
        _libraries.move_to_end(key)
        return found
    own: list[Mistake] = []
    vocabulary = Vocabulary(document, own)
    try:
        block = Block(document, (), document.content, _LIBRARY, own)
        vocabulary.take_imports(block)
        for path, name, item in block.entries("concepts", most=limits.CONCEPTS, required=True):
            vocabulary.own(path, name, item)
        vocabulary.resolve()
    finally:
        mistakes += [mistake for mistake in own if mistake not in mistakes]
    found = {**vocabulary.imported, **vocabulary.concepts}
    if own:
        return found
    _libraries[key] = found
    if len(_libraries) > _LIBRARIES_KEPT:
        _libraries.popitem(last=False)
    return found


def _identity(document: Document) -> tuple[object, ...]:
    imports = tuple(sorted((name, _identity(library)) for name, library in document.imports.items()))
    return (document.digest, imports)

"""One lexicon for all topics: which concepts does a text name, and where?

A concept of several topics with the same terms is kept once. A text is read in two steps: its distinct words alone
say which concepts it can name at all (`present`), which is enough for the gate; only a text that passes is read word
by word (`hits`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from mirqab.arabic import Kind, Token, WordIndex
from mirqab.topics.language import Concept, Term

_MARKS = re.compile(r"[\u0610-\u061a\u0640\u064b-\u065f\u0670\u200b-\u200f]")

Span = tuple[int, int]
Original = Callable[[int], str]


class _Node:
    """One step of a phrase: the concepts that end here, and the words that may follow."""

    __slots__ = ("concepts", "next")

    def __init__(self) -> None:
        self.concepts: list[int] = []
        self.next: dict[int, _Node] = {}


class Lexicon:
    """The terms of all concepts, found by the numbers of their words."""

    def __init__(self) -> None:
        self._index = WordIndex()
        self._numbers: dict[frozenset[tuple[frozenset[str], frozenset[Term]]], int] = {}
        self._shared: dict[int, tuple[int, Concept]] = {}  # by identity; the concept is held so that it keeps it
        self._roots: dict[int, _Node] = {}
        self._single: dict[int, list[int]] = {}
        self._phrases: dict[int, list[tuple[frozenset[int], int]]] = {}  # by the word least likely to be met

    def add(self, concept: Concept) -> int:
        """Return the number of a concept, the same for equal terms."""
        shared = self._shared.get(id(concept))  # a library's concept is one value in all topics that use it
        if shared is not None:
            return shared[0]
        key = frozenset((struck, frozenset(terms)) for struck, terms in concept.worded.items())
        number = self._numbers.get(key, len(self._numbers))
        self._shared[id(concept)] = number, concept
        if key not in self._numbers:
            self._numbers[key] = number
            for struck, terms in concept.worded.items():
                for term in terms:
                    self._add(term, struck, number)
        return number

    def _add(self, term: Term, struck: frozenset[str], number: int) -> None:
        known = [self._index.add(word.text, word.kind, struck) for word in term]
        node = self._roots.setdefault(known[0], _Node())
        for word in known[1:]:
            node = node.next.setdefault(word, _Node())
        node.concepts.append(number)
        if len(known) == 1:
            self._single.setdefault(known[0], []).append(number)
        else:
            rare = max(
                zip(term, known, strict=True),
                key=lambda pair: (pair[0].kind is not Kind.PARTICLE, len(pair[0].text)),
            )
            self._phrases.setdefault(rare[1], []).append((frozenset(known), number))

    def known(self, words: Iterable[str]) -> set[str]:
        """Return those of the words that may stand in a term; the others can be left out of `present`."""
        return set(filter(self._index.find, set(words)))

    def present(self, words: Iterable[str]) -> set[int]:
        """Return the concepts that a text of these words can name: never too few, sometimes too many."""
        known = set(chain.from_iterable(map(self._index.find, words)))
        found: set[int] = set()
        for word_number in known:
            found.update(self._single.get(word_number, ()))
            for needed, concept in self._phrases.get(word_number, ()):
                if needed <= known:
                    found.add(concept)
        return found

    def hits(self, tokens: Sequence[Token], original: Original) -> dict[int, list[Span]]:
        """Return the places of every concept: spans of token indices, in reading order, each once.

        `original` gives the stored spelling of a token, asked for only where a term wants it.
        """
        find, roots, spelled = self._index.find, self._roots, self._index.spelled
        known = [find(token.text) for token in tokens]
        found: dict[int, dict[Span, None]] = {}

        def agrees(number: int, at: int) -> bool:
            return number not in spelled or _MARKS.sub("", original(at)) == spelled[number]

        def walk(node: _Node, start: int, stop: int) -> None:
            for concept in node.concepts:
                found.setdefault(concept, {})[(start, stop)] = None
            if node.next and stop < len(known):
                for number in known[stop]:
                    if number in node.next and agrees(number, stop):
                        walk(node.next[number], start, stop + 1)

        for at, numbers in enumerate(known):
            for number in numbers:
                if agrees(number, at):
                    walk(roots[number], at, at + 1) if number in roots else None
        return {concept: list(spans) for concept, spans in found.items()}

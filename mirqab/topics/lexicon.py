"""One lexicon for all topics: which concepts does a text name, and where?

A concept of several topics with the same terms is kept once. A text is read in two steps: its distinct words alone
say which concepts it can name at all (`present`), which is enough for the gate; only a text that passes is read word
by word (`hits`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence, Set
from itertools import chain

from mirqab.arabic import SHORTEST_GLUED, Kind, WordIndex, unglue
from mirqab.topics.language import Concept, Term

_MARKS = re.compile(r"[\u0610-\u061a\u0640\u064b-\u065f\u0670\u200b-\u200f]")
_REMEMBERED = 200_000
"""Words remembered before they are looked at afresh."""
_SHORTEST_PART = 3
_LONGEST_GLUED = 40
"""Letters of a word that is tried: two of the longest words. What is longer is no slip of a typist."""

_Named = tuple[frozenset[int], tuple[tuple[frozenset[int], int], ...]]
"""Concepts, and phrases: the words that one needs, and the concept that it is."""

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
        self._words: dict[int, set[int]] = {}  # concept → the words in its terms
        self._named: dict[str, _Named] = {}
        self._parts: dict[str, frozenset[str]] = {}  # long word → the known words that it may be glued of

    def add(self, concept: Concept) -> int:
        """Return the number of a concept, the same for equal terms."""
        shared = self._shared.get(id(concept))  # a library's concept is one value in all topics that use it
        if shared is not None:
            return shared[0]
        self._named.clear()
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
        self._words.setdefault(number, set()).update(known)
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

    def words_of(self, numbers: Iterable[int]) -> frozenset[int]:
        """Return the numbers of all words in the terms of these concepts."""
        return frozenset().union(*(self._words.get(number, ()) for number in numbers))

    def glued(self, words: Iterable[str]) -> dict[str, frozenset[str]]:
        """Return those of the words that may be several known words printed without a space, with all known parts.

        Which of the parts count for a topic is said by `cuts`.
        """
        found = {}
        for word in words:
            if SHORTEST_GLUED <= len(word) <= _LONGEST_GLUED:
                parts = self._parts.get(word)
                if parts is None:
                    if len(self._parts) >= _REMEMBERED:
                        self._parts.clear()
                    parts = self._parts[word] = self._parts_of(word)
                if parts:
                    found[word] = parts
        return found

    def _parts_of(self, word: str) -> frozenset[str]:
        find = self._index.find
        if unglue(word, find) is None:  # what is not glued for all topics together is not for any of them
            return frozenset()
        places = range(len(word) + 1)
        return frozenset(
            part for begin in places for end in places[begin + _SHORTEST_PART :] if find(part := word[begin:end])
        )

    def cuts(self, glued: Iterable[str], topic_words: frozenset[int]) -> dict[str, tuple[int, ...]]:
        """Return where glued words are cut for a topic of these words, to which they mean nothing uncut."""

        def known(word: str) -> bool:
            return not topic_words.isdisjoint(self._index.find(word))

        found = {word: unglue(word, known) for word in glued if not known(word)}
        return {word: cut for word, cut in found.items() if cut is not None}

    def present(self, words: Collection[str]) -> set[int]:
        """Return the concepts that a text of these words can name: never too few, sometimes too many."""
        named = [self._named.get(word) or self._named_by(word) for word in words]
        found: set[int] = set().union(*(singles for singles, _ in named))
        if any(phrases for _, phrases in named):
            known = set(chain.from_iterable(map(self._index.find, words)))
            found.update(concept for _, phrases in named for needed, concept in phrases if needed <= known)
        return found

    def _named_by(self, word: str) -> _Named:
        """Return the concepts that a word names by itself, and the phrases that it may be the rarest word of."""
        if len(self._named) >= _REMEMBERED:
            self._named.clear()
        numbers = self._index.find(word)
        singles = frozenset(concept for number in numbers for concept in self._single.get(number, ()))
        phrases = tuple(phrase for number in numbers for phrase in self._phrases.get(number, ()))
        found = self._named[word] = singles, phrases
        return found

    def hits(
        self, words: Sequence[str], first: int, after: int, original: Original, wanted: Set[int]
    ) -> dict[int, list[Span]]:
        """Return the places of the wanted concepts from the word `first` up to `after`: spans of word indices.

        In reading order, each once. `original` gives the stored spelling of a word, asked for where a term wants it.
        """
        roots, spelled = self._roots, self._index.spelled
        # the word before the first one may negate it
        before = min(first, 1)
        known = self._index.read(words[first - before : after])[before:]
        found: dict[int, dict[Span, None]] = {}

        def agrees(number: int, at: int) -> bool:
            return number not in spelled or _MARKS.sub("", original(at)) == spelled[number]

        def walk(node: _Node, start: int, stop: int) -> None:
            for concept in node.concepts:
                if concept in wanted:
                    found.setdefault(concept, {})[(start, stop)] = None
            if node.next and stop < after:
                for number in known[stop - first]:
                    if number in node.next and agrees(number, stop):
                        walk(node.next[number], start, stop + 1)

        for at, numbers in enumerate(known, first):
            for number in numbers:
                if number in roots and agrees(number, at):
                    walk(roots[number], at, at + 1)
        return {concept: list(spans) for concept, spans in found.items()}

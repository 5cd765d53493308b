"""An index of inflected words: which of the words known to it may a printed word be?"""

from __future__ import annotations

from collections.abc import Sequence

from mirqab.arabic.inflection import Kind, paradigms
from mirqab.arabic.paradigms import PARADIGMS, PREFIXES, SUFFIXES, Paradigm, needs_negation

_NEGATIONS = frozenset({"لم", "ولم", "فلم", "الم", "اولم", "افلم"})
_FIRST = frozenset(prefix[0] for prefix in PREFIXES if prefix)
_LAST = frozenset(suffix[-1] for suffix in SUFFIXES if suffix)
_LONGEST_PREFIX = max(map(len, PREFIXES))
_LONGEST_SUFFIX = max(map(len, SUFFIXES))
_CACHE_LIMIT = 200_000
"""Distinct words remembered before the cache starts afresh: about 30 MB."""


class WordIndex:
    """Known words under small numbers, found again in any of their forms.

    `add` gives the same number to the same word. `find` answers from a cache of the words seen; a new one costs a few
    dictionary look-ups. `read` is `find` for words in their order: it takes «يعد» for a form of «عاد» only in «لم يعد».
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, Kind, frozenset[str]], int] = {}
        self._stems: dict[str, list[tuple[Paradigm, frozenset[tuple[str, str]], int]]] = {}
        self._struck: dict[int, frozenset[str]] = {}
        self.spelled: dict[int, str] = {}
        """Numbers of the words that must also agree with the original spelling."""
        self._cache: dict[str, tuple[int, ...]] = {}
        self._negated: dict[str, frozenset[int]] = {}  # word → what it is only after «لم»

    def add(self, word: str, kind: Kind, struck: frozenset[str] = frozenset()) -> int:
        """Return the number of `word`, which is never found in one of the folded forms `struck`."""
        key = (word, kind, struck)
        if key in self._numbers:
            return self._numbers[key]
        number = self._numbers[key] = len(self._numbers)
        for stem, paradigm in paradigms(word, kind):
            self._stems.setdefault(stem, []).append((paradigm, PARADIGMS[paradigm], number))
        if struck:
            self._struck[number] = struck
        if kind is Kind.SPELLED:
            self.spelled[number] = word
        self._cache.clear()
        self._negated.clear()
        return number

    def find(self, word: str) -> tuple[int, ...]:
        """Return the numbers of the known words of which the folded `word` may be a form."""
        found = self._cache.get(word)
        if found is None:
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            found = self._cache[word] = self._look_up(word)
        return found

    def read(self, words: Sequence[str]) -> list[tuple[int, ...]]:
        """Return `find` of each word, less the words of which it is a form only after «لم», where no «لم» precedes."""
        found = [self.find(word) for word in words]
        if self._negated:
            for at, word in enumerate(words):
                if word in self._negated and (at == 0 or words[at - 1] not in _NEGATIONS):
                    found[at] = tuple(number for number in found[at] if number not in self._negated[word])
        return found

    def _look_up(self, word: str) -> tuple[int, ...]:
        stems, length = self._stems, len(word)
        found: set[int] = set()
        negated: set[int] = set()
        ends = [("", length)]
        if word[-1:] in _LAST:
            for cut in range(1, min(_LONGEST_SUFFIX, length - 1) + 1):
                suffix = word[length - cut :]
                if suffix in SUFFIXES:
                    ends.append((suffix, length - cut))
        for begin in range(min(_LONGEST_PREFIX, length - 1) + 1 if word[:1] in _FIRST else 1):
            prefix = word[:begin]
            if prefix not in PREFIXES:
                continue
            for suffix, end in ends:
                if begin < end and (known := stems.get(word[begin:end])):
                    for paradigm, pairs, number in known:
                        if (prefix, suffix) in pairs:
                            (negated if needs_negation(paradigm, prefix) else found).add(number)
        negated -= found
        if negated:
            self._negated[word] = frozenset(negated)
            found |= negated
        return tuple(sorted(number for number in found if word not in self._struck.get(number, ())))

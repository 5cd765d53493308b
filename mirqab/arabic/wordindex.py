"""An index of inflected words: which of the words known to it may a printed word be?"""

from __future__ import annotations

from mirqab.arabic.inflection import PARADIGMS, PREFIXES, SUFFIXES, Kind, Paradigm, paradigms

_LONGEST_PREFIX = max(map(len, PREFIXES))
_LONGEST_SUFFIX = max(map(len, SUFFIXES))
_CACHE_LIMIT = 200_000
"""Distinct words remembered before the cache starts afresh: about 30 MB."""


class WordIndex:
    """Known words under small numbers, found again in any of their forms.

    `add` gives the same number to the same word. `find` answers from a cache of the words seen; a new one costs a few
    dictionary look-ups.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, Kind, frozenset[str]], int] = {}
        self._stems: dict[str, list[tuple[frozenset[tuple[str, str]], int]]] = {}
        self._struck: dict[int, frozenset[str]] = {}
        self.spelled: dict[int, str] = {}
        """Numbers of the words that must also agree with the original spelling."""
        self._cache: dict[str, tuple[int, ...]] = {}

    def add(self, word: str, kind: Kind, struck: frozenset[str] = frozenset()) -> int:
        """Return the number of `word`, which is never found in one of the folded forms `struck`."""
        key = (word, kind, struck)
        if key in self._numbers:
            return self._numbers[key]
        number = self._numbers[key] = len(self._numbers)
        for stem, paradigm in paradigms(word, kind):
            self._stems.setdefault(stem, []).append((PARADIGMS[Paradigm(paradigm)], number))
        if struck:
            self._struck[number] = struck
        if kind is Kind.SPELLED:
            self.spelled[number] = word
        self._cache.clear()
        return number

    def find(self, word: str) -> tuple[int, ...]:
        """Return the numbers of the known words of which the folded `word` may be a form."""
        found = self._cache.get(word)
        if found is None:
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            found = self._cache[word] = self._look_up(word)
        return found

    def _look_up(self, word: str) -> tuple[int, ...]:
        stems, length = self._stems, len(word)
        found: set[int] = set()
        tails = [
            (word[length - cut :], length - cut)
            for cut in range(min(_LONGEST_SUFFIX, length - 1) + 1)
            if word[length - cut :] in SUFFIXES
        ]
        for begin in range(min(_LONGEST_PREFIX, length - 1) + 1):
            prefix = word[:begin]
            if prefix not in PREFIXES:
                continue
            for suffix, end in tails:
                if begin < end:
                    for pairs, number in stems.get(word[begin:end], ()):
                        if (prefix, suffix) in pairs:
                            found.add(number)
        return tuple(sorted(number for number in found if word not in self._struck.get(number, ())))

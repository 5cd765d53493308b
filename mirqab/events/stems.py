"""The term that a word stands for: its stem, and one for all the names of a country."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from mirqab.arabic.nations import NATION_NAMED, NATION_SEATED
from mirqab.arabic.stemming import light
from mirqab.topics.frequent import FREQUENT

_NATION_NAMES: Final = frozenset(NATION_NAMED.values())


@lru_cache(maxsize=65_536)
def term_of(word: str) -> str:
    """Return the term that a folded word stands for, empty for one that says nothing."""
    if word in FREQUENT:
        return ""
    if word[0].isascii():
        return word.lower() if len(word) > 1 else ""
    stem = light(word)
    return NATION_NAMED.get(stem, stem) if len(stem) > 1 else ""


def nation_of(term: str) -> str:
    """Return the country that a term means, empty for any other term."""
    return term if term in _NATION_NAMES else NATION_SEATED.get(term, "")

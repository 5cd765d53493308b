"""Light stems of folded words: labels by which the forms of a word meet when two texts are compared.

What a topic looks for is never read this way: `mirqab.arabic.wordindex` knows the forms of a word exactly.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

SHORTEST_STEM: Final = 3
"""Letters that are left of a word at least."""

_PREFIXES: Final = ("وبال", "وكال", "فبال", "ولل", "وال", "فال", "بال", "كال", "لل", "ال")
_CLITICS: Final = "وبل"  # a name that begins with one of them loses it everywhere: a stem is no more than a label
_SUFFIXES: Final = (
    # «يا» is the accusative of a nisba: «جنديا» meets «جندي»
    "ياتها", "ياتهم", "اتها", "اتهم", "تهم", "تها", "هما", "يات", "يين", "يون", "ات", "ان", "ون", "ين", "ها", "هم",
    "نا", "يه", "يا", "وا", "ه", "ي", "ا",
)  # fmt: skip


@lru_cache(maxsize=65_536)
def light(word: str) -> str:
    """Return a folded word without article, conjunction and ending, so that two texts meet in one form."""
    prefix = next((one for one in _PREFIXES if word.startswith(one) and len(word) - len(one) >= SHORTEST_STEM), "")
    if not prefix and word[0] in _CLITICS and len(word) > SHORTEST_STEM + 1:
        prefix = word[0]
    word = word[len(prefix) :]
    suffix = next((one for one in _SUFFIXES if word.endswith(one) and len(word) - len(one) >= SHORTEST_STEM), "")
    return word[: len(word) - len(suffix)]

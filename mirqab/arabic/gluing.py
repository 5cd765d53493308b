"""Words that were printed without the space between them: «انسحابالجيش», «لواشنطنوكابول»."""

from __future__ import annotations

import re
from collections.abc import Callable

SHORTEST_GLUED = 9
"""Folded letters from which an unknown word may be two: below, chance splits outnumber true ones."""

_ARTICLE = re.compile(r"(?<=...)(?=ال...)|(?<=....)(?=وال...)")
"""Where a word with the article may begin inside a word."""

# Measured on 13,594 stories with lexicons of 1,000 to 15,000 words: shorter halves split words that are whole.
_SHORT, _LONG, _LONG_AFTER_SHORT = 4, 5, 7

_ENDING = re.compile(r"(?:ال)?ي?ات?(?:ه|ها|هم|هما|هن|ك|كم|نا|ي|يه|يا|يها|يين|يون)?")
"""What ends plurals and nisbas: «تحقيقات+هم» is no «تحقيق» and «اتهم»."""

_DEFINITE = re.compile(r"[وف]?(?:[بك]?ال|لل)")


def unglue(token: str, known: Callable[[str], object]) -> tuple[int, ...] | None:
    """Return where to cut a folded word that is two or three known words glued together, or None.

    `known` says of a folded word whether it can be a form of a known one (anything true). Meant for words that are not
    known themselves; the caller remembers the answer for each distinct word. Cuts are positions in `token`: before a
    known word with the article, else where both halves are long enough that no whole word falls apart by chance.
    """
    length = len(token)
    if length < SHORTEST_GLUED or token.isascii():
        return None
    for cut in (*(match.start() for match in _ARTICLE.finditer(token)), *_between_long(length)):
        right = token[cut:]
        left = token[:cut]
        if not known(left) or _ENDING.fullmatch(right):
            continue
        # «الرأسمالية»: a nisba behind a definite noun would have the article too
        if right.endswith(("ي", "يه")) and _DEFINITE.match(left) and not right.startswith(("ال", "وال")):
            continue
        if known(right):
            return (cut,)
        further = unglue(right, known)
        if further is not None and len(further) == 1:
            return (cut, cut + further[0])
    return None


def _between_long(length: int) -> range | tuple[int, ...]:
    longer = range(_LONG, length - _LONG + 1)
    return (_SHORT, *longer) if length - _SHORT >= _LONG_AFTER_SHORT else longer

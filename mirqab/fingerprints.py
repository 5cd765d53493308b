"""The fingerprint of an article: equal means that the same text was published again."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

from mirqab.arabic import fold, words

SHORT_BODY: Final = 20
"""Tokens below which a body says too little by itself: «التفاصيل بعد قليل» stands under many headlines."""

_KEPT: Final = 64
_LONGEST_KEPT: Final = 50_000  # code points; sixty-four of them are some twenty megabytes of words


def body_words(body: str) -> tuple[str, ...]:
    """Return the folded words of a body. Those of the last few bodies are kept.

    A text is asked for several times in a row, for its fingerprint, its signature and every comparison; and candidates
    for copies, of which a serial report has many, are the same ones again and again.
    """
    return _kept_words(body) if len(body) <= _LONGEST_KEPT else tuple(words(fold(body)))


@lru_cache(maxsize=_KEPT)
def _kept_words(body: str) -> tuple[str, ...]:
    return tuple(words(fold(body)))


def fingerprint(headline: str, body: str) -> str:
    """Return 32 hexadecimal digits that are equal for texts of the same folded words.

    Spelling variants, marks, punctuation and white space do not count. The headline counts only when the body has
    fewer than `SHORT_BODY` words: outlets put their own headlines over one wire text.
    """
    said = body_words(body)
    if len(said) < SHORT_BODY:
        said = (*words(fold(headline)), "\x1e", *said)
    return hashlib.blake2b("\x1f".join(said).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

"""The fingerprint of an article: equal means that the same text was published again."""

from __future__ import annotations

import hashlib
from typing import Final

from mirqab.arabic import fold, words

SHORT_BODY: Final = 20
"""Tokens below which a body says too little by itself: «التفاصيل بعد قليل» stands under many headlines."""


def fingerprint(headline: str, body: str) -> str:
    """Return 32 hexadecimal digits that are equal for texts of the same folded words.

    Spelling variants, marks, punctuation and white space do not count. The headline counts only when the body has
    fewer than `SHORT_BODY` words: outlets put their own headlines over one wire text.
    """
    return fingerprint_of(headline, words(fold(body)))


def fingerprint_of(headline: str, said: list[str]) -> str:
    """Return the fingerprint of a text whose body has these folded words."""
    if len(said) < SHORT_BODY:
        said = [*words(fold(headline)), "\x1e", *said]
    return hashlib.blake2b("\x1f".join(said).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

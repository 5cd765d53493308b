"""Copies: is one text another one edited, shortened or lengthened?

In two steps. A signature of fixed size, made once per text, finds candidates among hundreds of thousands: texts that
share a band of it. Whether a candidate is a copy is then decided on the two texts themselves (`compare`), for a
signature cannot tell a rewritten wire story from the same form filled in with the figures of another day.

The signature is a similarity sketch over shingles of two folded words (Dahlgaard, Knudsen, Thorup: Fast Similarity
Sketching, 2017): every shingle is thrown into one of 64 bins and the smallest value of a bin stays, as in
one-permutation MinHash; while bins are empty the shingles are thrown again, by another hash. Two values are equal as
often as the Jaccard of the texts says, in short texts too. To fill empty bins from their neighbours instead lets two
short posts share a band by a single shingle: 48 candidates a text on a real stream, in place of 0.45.

The figures behind the numbers here are printed by `python -m benchmarks.grouping` (docs/grouping.md).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from operator import xor
from typing import Final

from mirqab.arabic import fold, words
from mirqab.fingerprints import SHORT_BODY, fingerprint

VALUES: Final = 64
"""Values of a signature."""

BANDS: Final = 21
"""Bands of three values each; the 64th value is in none."""

SIGNATURE_BYTES: Final = VALUES * 4
BAND_BYTES: Final = 6

LEAST_SIMILARITY: Final = 0.125
"""Texts whose signatures agree less are not compared. Any two that share a band agree in .05 of their values; of real
copies that share one, none agreed in less than .2."""

LEAST_WORDS: Final = 6
"""A text of fewer words has no signature; its fingerprint is its only band."""

_ROWS: Final = 3
_MASK: Final = (1 << 60) - 1  # two digits of Python's own numbers, half as slow as three
_VALUE_SHIFT: Final = 28  # the upper 32 bits of a shingle are its value
_BIN_SHIFTS: Final = (18, 12, 6, 0)  # where the numbers of bins lie in it, for four throws
_MIX: Final = 0x9E3779B97F4A7C15
_MIX_AGAIN: Final = 0xBF58476D1CE4E5B9  # odd, as the one above
_HASHES: Final = 12
"""Six words need sixty throws on average to fill every bin; what is empty after 48 gets the least of a hash of its own,
so that the end does not hang on chance."""

_FIGURE: Final = re.compile(r"\d+(?:[.,٫٬]\d+)*")

# What makes a copy; docs/grouping.md has the sweep of each. Lengths are in words.
TINY: Final = 12
TINY_JACCARD: Final = 0.9
SHORT: Final = 45
SHORT_CONTAINED: Final = 0.97
SHORT_JACCARD: Final = 0.4
BRIEF: Final = 80
BRIEF_CONTAINED: Final = 0.7
BRIEF_JACCARD: Final = 0.5
LEAD_LENGTH: Final = 55  # a sentence put in front takes thirty of it, the news of a serial report more
LEAD: Final = 0.25
CONTAINED: Final = 0.5
JACCARD: Final = 0.3
EXCERPT: Final = 150
EXCERPT_CONTAINED: Final = 0.75
HEADLINES_DIFFER_JACCARD: Final = 0.8
REFILLED: Final = 2
STRAYS: Final = 0.6
FIGURES_ASIDE_JACCARD: Final = 0.55
FIGURES_ASIDE_CONTAINED: Final = 0.9


def signature(headline: str, body: str) -> bytes:
    """Return the signature of a text, 256 bytes; empty for one of fewer than six words.

    Spelling variants, marks, punctuation and white space do not count. The headline counts only when the body has
    fewer than `SHORT_BODY` words, as in a fingerprint.
    """
    said = _said(headline, body)
    if len(said) < LEAST_WORDS:
        return b""
    bins: dict[int, int] = {}
    thrown = sorted(_hashed(said), reverse=True)
    for again in range(_HASHES):
        if again:
            thrown = sorted(((shingle ^ (shingle >> 29)) * _MIX + again & _MASK for shingle in thrown), reverse=True)
        for shift in _BIN_SHIFTS:
            # of the shingles of a bin the least comes last and stays; bins that are full keep what they have
            bins = {shingle >> shift & 63: shingle for shingle in thrown} | bins
            if len(bins) == VALUES:
                return _packed(bins)
    for place in range(VALUES):
        bins.setdefault(place, min((shingle ^ (place * _MIX)) * _MIX_AGAIN & _MASK for shingle in thrown))
    return _packed(bins)


def bands(headline: str, body: str, made: bytes) -> tuple[bytes, ...]:
    """Return the bands of a text and its signature, 6 bytes each: two texts that share one are worth comparing.

    21 of them; for a text too short for a signature a single one, which its exact copies share.
    """
    if not made:
        return (blake2b(fingerprint(headline, body).encode(), digest_size=BAND_BYTES).digest(),)
    width = 4 * _ROWS
    return tuple(
        blake2b(made[at : at + width], digest_size=BAND_BYTES, salt=bytes([number])).digest()
        for number, at in enumerate(range(0, BANDS * width, width))
    )


def similarity(one: bytes, other: bytes) -> float:
    """Return the share of equal values of two signatures, from 0 to 1: an estimate of the Jaccard of the texts.

    0 when either is empty. The standard error is about 0.06.
    """
    if not one or not other:
        return 0.0
    return sum(map(int.__eq__, memoryview(one).cast("I"), memoryview(other).cast("I"))) / VALUES


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """How much of two texts is the same, in shingles of two folded words.

    `jaccard` is the share of all shingles that both have, `contained` the share of the smaller text's shingles that
    the larger one has, `lead` the smaller share of one text's first 55 words that the other one has anywhere.
    `figures` counts the numbers of the smaller text, `strays` those of them that the larger one lacks. Between the same
    two words `refilled` numbers differ and `kept` ones are the same.
    `headlines_differ`: both headlines have numbers, and none in common. `shorter` is the words of the shorter text.
    """

    jaccard: float
    contained: float
    lead: float
    figures: int
    strays: int
    refilled: int
    kept: int
    headlines_differ: bool
    shorter: int

    @property
    def is_copy(self) -> bool:
        """Whether one text is the other one edited, shortened or lengthened.

        Three look-alikes are told from copies: serial reports, which share their background but not their lead; forms
        filled in anew (a bourse's day, an earthquake), which share all but their figures; and short posts of one
        form («غارة على بلدة …»), which differ in one name, so that a short text must be contained whole.
        """
        if self.shorter < TINY:
            return self.jaccard >= TINY_JACCARD
        is_whole = self.contained >= SHORT_CONTAINED and self.jaccard >= SHORT_JACCARD
        if self.shorter < SHORT:
            return is_whole
        if self.shorter < BRIEF:
            is_like = is_whole or (self.contained >= BRIEF_CONTAINED and self.jaccard >= BRIEF_JACCARD)
        elif self.jaccard < JACCARD:
            is_like = self.contained >= EXCERPT_CONTAINED and self.shorter >= EXCERPT
        else:
            is_like = self.contained >= CONTAINED
        if not is_like or self.lead < LEAD or (self.headlines_differ and self.jaccard < HEADLINES_DIFFER_JACCARD):
            return False
        if self.refilled >= REFILLED and self.refilled > self.kept:
            return False
        if self.jaccard >= FIGURES_ASIDE_JACCARD or self.contained >= FIGURES_ASIDE_CONTAINED:
            return True
        return self.strays < max(2, STRAYS * self.figures)


class Text:
    """A text made ready to be compared with several others."""

    __slots__ = ("blanks", "figures", "headline_figures", "lead", "shingles", "size")

    def __init__(self, headline: str, body: str) -> None:
        said = _said(headline, body)
        self.size = len(said)
        self.shingles = frozenset(pairwise(said))
        self.lead = frozenset(pairwise(said[:LEAD_LENGTH]))
        self.figures = _figures(said)
        # what a form leaves blank: the number between two words
        self.blanks = {
            (before, after): word
            for before, word, after in zip(said, said[1:], said[2:], strict=False)
            if word in self.figures
        }
        self.headline_figures = _figures(words(fold(headline)))


def compare(one: Text, other: Text) -> Comparison:
    """Return how much of two texts is the same."""
    shared = len(one.shingles & other.shingles)
    blanks = [one.blanks[blank] == other.blanks[blank] for blank in one.blanks.keys() & other.blanks.keys()]
    smaller, larger = sorted((one, other), key=lambda text: len(text.shingles))
    return Comparison(
        jaccard=_share(shared, len(one.shingles) + len(other.shingles) - shared),
        contained=_share(shared, len(smaller.shingles)),
        lead=min(
            _share(len(one.lead & other.shingles), len(one.lead)),
            _share(len(other.lead & one.shingles), len(other.lead)),
        ),
        figures=len(smaller.figures),
        strays=len(smaller.figures - larger.figures),
        refilled=blanks.count(False),
        kept=blanks.count(True),
        headlines_differ=bool(one.headline_figures and other.headline_figures)
        and one.headline_figures.isdisjoint(other.headline_figures),
        shorter=min(one.size, other.size),
    )


def _figures(said: list[str]) -> frozenset[str]:
    return frozenset(word for word in said if _FIGURE.fullmatch(word))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _said(headline: str, body: str) -> list[str]:
    said = words(fold(body))
    return said if len(said) >= SHORT_BODY else [*words(fold(headline)), *said]


def _hashed(said: list[str]) -> list[int]:
    """Return the shingles of a text as numbers of 60 bits: tabulation hashing, of a table for each of the two words."""
    first, second = zip(*map(_numbers, said), strict=True)
    return list(map(xor, first, second[1:]))


@lru_cache(maxsize=65_536)
def _numbers(word: str) -> tuple[int, int]:
    digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return int.from_bytes(digest[:8], "big") & _MASK, int.from_bytes(digest[8:], "big") & _MASK


def _packed(bins: dict[int, int]) -> bytes:
    return struct.pack(f"<{VALUES}I", *(bins[place] >> _VALUE_SHIFT for place in range(VALUES)))

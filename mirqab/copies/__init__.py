"""Copies: is one text another one edited, shortened or lengthened?

In two steps. A signature of fixed size, made once per text, finds candidates among hundreds of thousands: texts that
share a band of it. Whether a candidate is a copy is then decided on the two texts themselves (`compare`), for a
signature cannot tell a rewritten wire story from the same form filled in with the figures of another day.

The signature is a similarity sketch over shingles of five folded words (Dahlgaard, Knudsen, Thorup: Fast Similarity
Sketching, 2017): every shingle is thrown into one of 64 bins and the least of a bin stays, as in one-permutation
MinHash; while bins are empty the shingles are thrown again, by another hash. Two values are equal as often as the
Jaccard of the shingles says, in short texts too. A single value is a band: five words in a row stand in two texts
seldom by chance, and survive an editor's hand more often than three pairs of words drawn at random.

The figures behind the numbers here are printed by `python -m benchmarks.grouping` (docs/grouping.md).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import eq, xor
from typing import Final
from zlib import crc32

from mirqab.arabic import fold, is_figure, words
from mirqab.copies.renaming import renamed
from mirqab.fingerprints import SHORT_BODY, body_words

SIGNATURE_VERSION: Final = 1
"""The first byte of a signature. Signatures of two versions have nothing in common; `is_current` tells an old one."""

VALUES: Final = 64
"""Values of a signature."""

SIGNATURE_BYTES: Final = 2 + VALUES * 4
"""The version, the words of the text (255: as many or more) and the values."""

BANDS: Final = 20
"""The first values of a signature, each a band."""

BAND_BYTES: Final = 5

LEAST_WORDS: Final = 6
"""A text of fewer words has no signature, and so no bands."""

LEAST_SIMILARITY: Final = 5 / VALUES
"""Texts whose signatures agree less are not compared: of copies edited by 30 %, none agreed in less than 6 values."""

LEAST_SIMILARITY_SHORT: Final = 10 / VALUES
"""The same where a text has fewer than `SHORT` words: it must be contained whole, and agrees in 20 on average."""

_SHINGLE: Final = 5  # words
_MASK: Final = (1 << 60) - 1  # two digits of Python's own numbers, half as slow as three
_VALUE_MASK: Final = (1 << 32) - 1  # the lower bits of a shingle are its value, for the upper ones order and bin it
_BIN_SHIFTS: Final = (54, 48, 42, 36)  # where the numbers of bins lie in it, for four throws
_SPREAD: Final = 0xE3779B97F4A7C15  # all three are odd
_MIX: Final = 0x9E3779B97F4A7C15
_MIX_AGAIN: Final = 0xBF58476D1CE4E5B9
_HASHES: Final = 12
"""Six words need many throws to fill every bin; what is empty after 48 gets the least of a hash of its own, so that
the end does not hang on chance."""

_ADDRESS: Final = re.compile(r"(?:https?://|www\.)\S+")  # written in hexadecimal, one is as long as a story

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
FAINT_JACCARD: Final = 0.33
FAINT_LEAD: Final = 0.5
LENGTHENED_CONTAINED: Final = 0.8
LENGTHENED_LEAD: Final = 0.8
LENGTHENED_JACCARD: Final = 0.25
EXCERPT: Final = 150
EXCERPT_CONTAINED: Final = 0.75
HEADLINES_DIFFER_JACCARD: Final = 0.8
REFILLED: Final = 2
STRAYS: Final = 0.6
FIGURES_ASIDE_JACCARD: Final = 0.55
FIGURES_ASIDE_CONTAINED: Final = 0.9


def said(headline: str, body: str) -> tuple[str, ...]:
    """Return the folded words by which a text is compared.

    Spelling variants, marks, punctuation, white space and web addresses do not count. The headline counts only when
    the body has fewer than `SHORT_BODY` words, as in a fingerprint.
    """
    told = _body_words(body)
    return told if len(told) >= SHORT_BODY else (*words(fold(headline)), *told)


def _body_words(body: str) -> tuple[str, ...]:
    return body_words(_ADDRESS.sub(" ", body) if "://" in body or "www." in body else body)


def signature(headline: str, body: str) -> bytes:
    """Return the signature of a text, 258 bytes; empty for one of fewer than six words."""
    return signature_of(said(headline, body))


def signature_of(told: Sequence[str]) -> bytes:
    """Return the signature of the words that `said` returns."""
    if len(told) < LEAST_WORDS:
        return b""
    thrown = _shingles(told)
    least: list[int] = [_MASK + 1] * VALUES
    for shingle in thrown:
        place = shingle >> 54
        if shingle < least[place]:
            least[place] = shingle
    if max(least) > _MASK:
        least = _filled(thrown)
    return _SIGNATURE.pack(SIGNATURE_VERSION, min(len(told), 255), *[shingle & _VALUE_MASK for shingle in least])


def is_current(made: bytes) -> bool:
    """Whether a signature was made as this version makes them; an empty one always was."""
    return not made or (len(made) == SIGNATURE_BYTES and made[0] == SIGNATURE_VERSION)


def bands(made: bytes) -> tuple[bytes, ...]:
    """Return the 20 bands of a signature, 5 bytes each: two texts that share one are worth a look.

    An empty signature has none.
    """
    return tuple([made[at : at + 4] + number for number, at in _BAND_PLACES]) if made else ()


def similarity(one: bytes, other: bytes) -> float:
    """Return the share of equal values of two signatures, from 0 to 1.

    It estimates the Jaccard of the texts' shingles of five words, with a standard error of about 0.06. 0 when either is
    empty, or of another version.
    """
    if not one or not other or one[0] != other[0]:
        return 0.0
    equal: int = sum(map(eq, _VALUES_OF.unpack(one), _VALUES_OF.unpack(other)))
    return equal / VALUES


def worth_comparing(one: bytes, other: bytes) -> bool:
    """Whether texts of these signatures can be copies, so that the texts themselves are worth reading."""
    if not one or not other:
        return one == other
    least = LEAST_SIMILARITY_SHORT if min(one[1], other[1]) < SHORT else LEAST_SIMILARITY
    return similarity(one, other) >= least


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """How much of two texts is the same, in shingles of two folded words.

    `jaccard` is the share of all shingles that both have, `contained` the share of the smaller text's shingles that
    the larger one has, `lead` the smaller share of one text's first 55 words that the other one has anywhere.
    `figures` counts the numbers of the smaller text, `strays` those of them that the larger one lacks. Between the same
    two words `refilled` numbers differ and `kept` ones are the same.
    `headlines_differ`: both headlines have numbers, and none in common. `renamed`: what one calls by a name the other
    one calls by another, twice at least; asked of texts alone that share enough to be copies. `shorter` is the words of
    the shorter text, and `in_one_piece` whether its body stands in the other one as it is; asked of short texts alone.
    """

    jaccard: float
    contained: float
    lead: float
    figures: int
    strays: int
    refilled: int
    kept: int
    headlines_differ: bool
    renamed: bool
    shorter: int
    in_one_piece: bool

    @property
    def is_copy(self) -> bool:
        """Whether one text is the other one edited, shortened or lengthened.

        Three look-alikes are told from copies: serial reports, which share their background but not their lead; forms
        filled in anew (a bourse's day, an earthquake, a cable to another head of state), which share all but their
        figures or names; and short posts of one
        form («غارة على بلدة …»), which differ in one name, so that a short text must be contained whole and in one
        piece.
        """
        if self.shorter < TINY:
            return self.jaccard >= TINY_JACCARD
        is_whole = self.contained >= SHORT_CONTAINED and self.jaccard >= SHORT_JACCARD
        if self.shorter < SHORT:
            return is_whole and self.in_one_piece
        if self.shorter < BRIEF:
            is_like = is_whole or (self.contained >= BRIEF_CONTAINED and self.jaccard >= BRIEF_JACCARD)
        elif self.jaccard < JACCARD:
            is_like = self.contained >= EXCERPT_CONTAINED and self.shorter >= EXCERPT
        else:
            is_like = self.contained >= CONTAINED and (self.jaccard >= FAINT_JACCARD or self.lead >= FAINT_LEAD)
        # nearly all of it stands in the other one, from the first sentence on: more was written below
        is_like |= (
            self.contained >= LENGTHENED_CONTAINED
            and self.lead >= LENGTHENED_LEAD
            and self.jaccard >= LENGTHENED_JACCARD
            and not self.refilled
        )
        if (
            not is_like
            or self.renamed
            or self.lead < LEAD
            or (self.headlines_differ and self.jaccard < HEADLINES_DIFFER_JACCARD)
        ):
            return False
        if self.refilled >= REFILLED and self.refilled > self.kept:
            return False
        if self.shorter < BRIEF and self.refilled and self.refilled >= self.kept:
            return False
        if self.jaccard >= FIGURES_ASIDE_JACCARD or self.contained >= FIGURES_ASIDE_CONTAINED:
            return True
        return self.strays < max(2, STRAYS * self.figures)


class Text:
    """A text made ready to be compared with several others, in this process: hashes of words are its own."""

    __slots__ = ("blanks", "body", "figures", "headline", "headline_figures", "lead", "shingles", "size")

    def __init__(self, headline: str, body: str) -> None:
        told = said(headline, body)
        pairs = list(map(hash, pairwise(told)))  # numbers: tuples of words are slower by half, and ten times as large
        figures = [(place, word) for place, word in enumerate(told) if is_figure(word)]
        self.size = len(told)
        self.body = _body_words(body) or told
        self.shingles = frozenset(pairs)
        self.lead = frozenset(pairs[: LEAD_LENGTH - 1])
        self.figures = frozenset(word for _, word in figures)
        # what a form leaves blank: the number between two words
        self.blanks = {(told[place - 1], told[place + 1]): word for place, word in figures if 0 < place < len(told) - 1}
        self.headline = tuple(words(fold(headline)))
        self.headline_figures = frozenset(filter(is_figure, self.headline))


def compare(one: Text, other: Text) -> Comparison:
    """Return how much of two texts is the same."""
    shared = len(one.shingles & other.shingles)
    blanks = [one.blanks[blank] == other.blanks[blank] for blank in one.blanks.keys() & other.blanks.keys()]
    smaller, larger = sorted((one, other), key=lambda text: len(text.shingles))
    shorter = min(one.size, other.size)
    contained = _share(shared, len(smaller.shingles))
    lead = min(
        _share(len(one.lead & other.shingles), len(one.lead)),
        _share(len(other.lead & one.shingles), len(other.lead)),
    )
    return Comparison(
        jaccard=_share(shared, len(one.shingles) + len(other.shingles) - shared),
        contained=contained,
        lead=lead,
        figures=len(smaller.figures),
        strays=len(smaller.figures - larger.figures),
        refilled=blanks.count(False),
        kept=blanks.count(True),
        headlines_differ=bool(one.headline_figures and other.headline_figures)
        and one.headline_figures.isdisjoint(other.headline_figures),
        # dear: not asked of texts that are no copies in any case
        renamed=shorter >= SHORT
        and contained >= CONTAINED
        and lead >= LEAD
        and renamed(one.body, other.body, headlines=(one.headline, other.headline)),
        shorter=shorter,
        in_one_piece=shorter < SHORT and _stands_in(one.body, other.body),
    )


def _stands_in(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether the shorter one of two rows of words stands in the other one, all its words in a row."""
    shorter, longer = sorted((one, other), key=len)
    return f" {' '.join(shorter)} " in f" {' '.join(longer)} "


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


_SIGNATURE: Final = struct.Struct(f"<2B{VALUES}I")
_VALUES_OF: Final = struct.Struct(f"<2x{VALUES}I")
_BAND_PLACES: Final = tuple((bytes([number]), 2 + 4 * number) for number in range(BANDS))


def _shingles(told: Sequence[str]) -> list[int]:
    """Return the shingles of a text as numbers of 60 bits, each made of five words in whatever order.

    Made by C alone, without a table of words: that would be megabytes, which another text's work has driven out of the
    processor's cache by the time of the next.
    """
    raw = "\n".join(told).encode("utf-8", "surrogatepass").split(b"\n")
    until = list(accumulate([crc32(word) * _SPREAD & _MASK for word in raw], xor, initial=0))
    return list(map(xor, until, until[_SHINGLE:]))


def _filled(thrown: list[int]) -> list[int]:
    """Return the least shingle of each bin, thrown until no bin is empty."""
    bins: dict[int, int] = {}
    for again in range(_HASHES):
        if again:
            thrown = [(shingle ^ (shingle >> 29)) * _MIX + again & _MASK for shingle in thrown]
        thrown.sort(reverse=True)
        for shift in _BIN_SHIFTS:
            # of the shingles of a bin the least comes last and stays; bins that are full keep what they have
            bins = {shingle >> shift & 63: shingle for shingle in thrown} | bins
            if len(bins) == VALUES:
                return [bins[place] for place in range(VALUES)]
    for place in range(VALUES):
        bins.setdefault(place, min([(shingle ^ (place * _MIX)) * _MIX_AGAIN & _MASK for shingle in thrown]))
    return [bins[place] for place in range(VALUES)]

"""Weights: the rarer a term is among the recent texts, the more it says that two texts share it."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from mirqab.events.terms import Terms

HEAVIEST: Final = 9.0
"""The weight of a term that one text in 8,000 has; a rarer one may be a slip of the pen."""

FEW_TEXTS: Final = 100
"""Texts below which weights say little."""

_VERSION: Final = "2"  # of stems and so of stored weights
_MOST_TERMS: Final = 500_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """The terms of a text with their weights, ready to be compared with many; `norm` is the length of that vector."""

    terms: Terms
    weights: Mapping[str, float]
    norm: float
    is_of_few: bool


class Weights:
    """In how many of the recent texts each term stands, and so what it says when two texts share it.

    The weight of a term is the natural logarithm of one over the share of texts that have it, `HEAVIEST` at most. Made
    of the archive's recent texts; of fewer than `FEW_TEXTS` only an overwhelming likeness makes one event.
    """

    def __init__(self) -> None:
        self.texts = 0
        self._counts: dict[str, int] = {}

    @classmethod
    def of(cls, texts: Iterable[Terms]) -> Self:
        """Count the terms of texts."""
        weights = cls()
        for terms in texts:
            weights.add(terms)
        return weights

    def add(self, terms: Terms) -> None:
        """Count one text more."""
        self.texts += 1
        counts = self._counts
        for term in terms.all:
            counts[term] = counts.get(term, 0) + 1
        if len(counts) > _MOST_TERMS:
            self._counts = {term: count for term, count in counts.items() if count > 1}

    def weigh(self, terms: Terms) -> Weighed:
        """Return the terms with their weights."""
        texts, get, log = self.texts + 1, self._counts.get, math.log
        weights = {term: min(HEAVIEST, log(texts / (get(term, 0) + 1))) for term in terms.all}
        norm = math.sqrt(sum(weight * weight for weight in weights.values()))
        return Weighed(terms=terms, weights=weights, norm=norm, is_of_few=self.texts < FEW_TEXTS)

    def to_bytes(self) -> bytes:
        """Return a compact form; terms of a single text are left out, for they weigh little less than those of none."""
        lines = [f"{_VERSION} {self.texts}"]
        lines += sorted(f"{count} {term}" for term, count in self._counts.items() if count > 1)
        return zlib.compress("\n".join(lines).encode("utf-8", "surrogatepass"))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Read what `to_bytes` returned. Weights of other stems than today's are as good as none: of no texts."""
        weights = cls()
        head, *lines = zlib.decompress(raw).decode("utf-8", "surrogatepass").split("\n")
        version, _, texts = head.partition(" ")
        if version == _VERSION:
            weights.texts = int(texts)
            parts = (line.partition(" ") for line in lines)
            weights._counts = {term: int(count) for count, _, term in parts}
        return weights

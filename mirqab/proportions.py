"""Shares of a count, with the interval that says how little a small count tells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

Z: Final = 1.959963984540054
"""The 97.5 % point of the normal distribution: two-sided 95 % intervals."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """`part` of `of`, with the 95 % interval of the proportion behind it. All None where `of` is 0."""

    part: int
    of: int
    value: float | None
    low: float | None
    high: float | None


def wilson(part: int, of: int) -> tuple[float, float]:
    """Return the 95 % score interval of a proportion (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927, pages 209-212)."""
    p, z2 = part / of, Z * Z
    centre = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z / (1 + z2 / of) * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of))
    return max(0.0, centre - half), min(1.0, centre + half)


def share(part: int, of: int) -> Share:
    """Return a proportion with its interval."""
    if of == 0:
        return Share(part=part, of=of, value=None, low=None, high=None)
    low, high = wilson(part, of)
    return Share(part=part, of=of, value=part / of, low=low, high=high)

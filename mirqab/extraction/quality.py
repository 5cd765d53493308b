"""How far an extraction is to be trusted: one figure, and the parts that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mirqab.arabic import arabic_share
from mirqab.extraction.judging import Body, words_of
from mirqab.extraction.ladder import Reading
from mirqab.extraction.tree import letters_of, packed

WEIGHTS: Final[Mapping[str, float]] = {
    "length": 0.4,
    "headline": 0.15,
    "date": 0.15,
    "arabic": 0.1,
    "topic": 0.1,
    "links": 0.1,
}
"""What each part counts for; `open` is no part of the sum, it halves the whole."""

_FULL_LENGTH: Final = 1000
_MAINLY_ARABIC: Final = 0.8
_SHARED: Final = 2
_SHORTEST: Final = 12


def quality_parts(page: Reading, taken: Body, body: str, *, part: bool) -> dict[str, float]:
    """Return the parts of the quality of a body, each 0 to 1.

    `length`: full from 1,000 letters. `headline`, `date`: whether there is one. `arabic`: the share of Arabic letters,
    full from .8. `topic`: whether the text speaks of the headline's matter, full from two words. `links`: what of it
    is no link. `open`: 0 when the rest of it stands behind a wall (`part`).
    """
    text, words = packed(body), page.topic & words_of(body)
    shown = [block for block in page.blocks if block.letters >= _SHORTEST and packed(block.text) in text]
    letters = sum(block.letters for block in shown)
    linked = sum(block.linked for block in shown) / letters if letters else 0.0
    return {
        "length": round(min(len(letters_of(body)) / _FULL_LENGTH, 1.0), 3),
        "headline": float(bool(page.metadata.headline)),
        "date": float(page.metadata.published is not None),
        "arabic": round(min(arabic_share(body) / _MAINLY_ARABIC, 1.0), 3),
        "topic": min(len(words) / _SHARED, 1.0),
        "links": round(1 - linked, 3),
        "open": 0.0 if part else 1.0,
    }


def quality_of(parts: Mapping[str, float]) -> float:
    """Return the quality, 0 to 1, that parts add up to."""
    whole = sum(weight * parts[name] for name, weight in WEIGHTS.items())
    return round(whole if parts["open"] else whole / 2, 2)

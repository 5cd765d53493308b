"""What is usual for an outlet's pages, and when the latest ones are not: medians and counts, nothing is fetched.

A page is odd in a measure when it is far from the norm's median (in spreads, from the median absolute deviation), or
when it has what is counted (no date, say). Odd pages come in bursts as news does, so the norm holds how often a page
is odd after an ordinary one and how often after an odd one. The pages of the last 24 hours are then added up one by
one, each by how much likelier it is after a change of the layout than before (a cumulative sum test); at an ordinary
page the sum falls back. An alarm is a sum that chance reaches less than once in years at this outlet's pace.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import compress, pairwise
from statistics import median
from typing import Any, Final, Self

from mirqab.archive import PageFact

NORM_SPAN: Final = timedelta(days=30)
RECENT_SPAN: Final = timedelta(hours=24)
LEAST_IN_NORM: Final = 30
LEAST_RECENT: Final = 8
LAST: Final = 10
"""How many pages tell that a drift is over."""

# The numbers below are those of the simulation in tests/drift: years of news as usual, and changes of layouts.
_ODD_SHARES: Final = (0.95, 0.5)
"""How many pages are odd after a change: nearly all, or half, which takes more pages to see."""
_FALSE_A_YEAR: Final = 0.3  # at most, by a bound that is itself too high: 5 in 53 simulated years are .09
_ODD_SPREADS: Final = 2.0
_MAD_TO_SIGMA: Final = 1.4826
_BACK: Final = 0.2
"""A drift is over when odd pages are no more than this share above the norm's."""


class Measure(StrEnum):
    """What is measured of an outlet's pages."""

    LENGTH = "length"  # characters of the text
    QUALITY = "quality"  # the extraction's own estimate
    EXTRACTOR = "extractor"  # the share of texts that did not come by the usual way
    UNDATED = "undated"  # the share of articles without a date
    REFUSED = "refused"  # the share of pages that were no article


class Side(StrEnum):
    """Where a page is odd: below the middle, above it, or in having what is counted."""

    BELOW = "below"
    ABOVE = "above"
    HAVING = "having"


_SIDES: Final[Mapping[Measure, tuple[Side, ...]]] = {
    Measure.LENGTH: (Side.BELOW, Side.ABOVE),
    Measure.QUALITY: (Side.BELOW,),  # one above the middle is no worry
    Measure.EXTRACTOR: (Side.HAVING,),
    Measure.UNDATED: (Side.HAVING,),
    Measure.REFUSED: (Side.HAVING,),
}
_LEAST_ODD: Final[Mapping[Measure, float]] = {Measure.LENGTH: math.log(1.6), Measure.QUALITY: 0.1}
"""For a measure with a middle the least distance from it that is odd; length is on a logarithmic scale."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Usual:
    """What is usual in one measure, looked at from one side.

    A value beyond `limit` is odd. `begins` is the chance that a page is odd after an ordinary one, `goes_on` after an
    odd one, `odd` the share of odd pages, `value` the middle, or the share again.
    """

    value: float
    limit: float
    odd: float
    begins: float
    goes_on: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Norm:
    """What an outlet's pages are usually like; `examples` are entries that show it, by measure."""

    pages: int
    pages_a_year: float
    extractor: str
    usual: Mapping[Measure, Mapping[Side, Usual]]
    examples: Mapping[Measure, str]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Return the norm that `to_json` wrote."""
        usual = {
            Measure(measure): {Side(side): Usual(**one) for side, one in sides.items()}
            for measure, sides in plain["usual"].items()
        }
        examples = {Measure(measure): entry for measure, entry in plain["examples"].items()}
        return cls(**{**plain, "usual": usual, "examples": examples})


@dataclass(frozen=True, kw_only=True, slots=True)
class Departure:
    """A measure that left the norm: since when, its value before and after (characters, quality, or a share).

    `pages` came since then; `example` is an entry that shows it.
    """

    measure: Measure
    since: datetime
    before: float
    after: float
    pages: int
    example: str


def make_norm(pages: Iterable[PageFact]) -> Norm | None:
    """Return what these pages, the oldest first, are usually like; None when they are too few to tell."""
    facts = list(pages)
    if len(facts) < LEAST_IN_NORM:
        return None
    ways = Counter(fact.extractor for fact in facts if not fact.refused).most_common(1)
    extractor = (ways[0][0] if ways else None) or ""
    usual: dict[Measure, dict[Side, Usual]] = {}
    examples: dict[Measure, str] = {}
    every = _told(facts, extractor)
    for measure, sides in _SIDES.items():
        told = every[measure]
        if len(told) < LEAST_IN_NORM:
            continue
        values = [value for value, _ in told]
        centre, away = 0.0, 0.5
        if measure in _LEAST_ODD:
            centre = median(values)
            spread = _MAD_TO_SIGMA * median(abs(value - centre) for value in values)
            away = max(_ODD_SPREADS * spread, _LEAST_ODD[measure])
        usual[measure] = {
            side: _usual(values, side, centre, centre - away if side is Side.BELOW else centre + away) for side in sides
        }
        examples[measure] = min(reversed(told), key=lambda pair: abs(pair[0] - centre))[1].entry
    span_s = max((facts[-1].at - facts[0].at).total_seconds(), RECENT_SPAN.total_seconds())
    a_year = len(facts) * 365 * 86_400 / span_s
    return Norm(pages=len(facts), pages_a_year=a_year, extractor=extractor, usual=usual, examples=examples)


def departures(
    norm: Norm, recent: Iterable[PageFact], *, after: Mapping[Measure, datetime] | None = None
) -> list[Departure]:
    """Return the measures in which the pages of the last 24 hours, the oldest first, left the norm.

    Of a measure that came back to its norm a while ago only the pages `after` that moment count.
    """
    every = _told(recent, norm.extractor)
    found = []
    for measure, sides in norm.usual.items():
        told = every[measure]
        begin = None if after is None else after.get(measure)
        if begin is not None:
            told = [pair for pair in told if pair[1].at > begin]
        if len(told) < LEAST_RECENT:
            continue
        alarms = (_departure(norm, measure, side, usual, told) for side, usual in sides.items())
        found += [alarm for alarm in alarms if alarm is not None][:1]
    return found


def is_over(norm: Norm, measure: Measure, recent: Iterable[PageFact]) -> bool:
    """Tell whether of the last ten pages hardly more are odd than usual."""
    told = _told(recent, norm.extractor)[measure][-LAST:]
    if len(told) < LEAST_RECENT:
        return False
    return all(
        sum(_odd((value for value, _ in told), side, usual.limit)) / len(told) <= usual.odd + _BACK
        for side, usual in norm.usual.get(measure, {}).items()
    )


# ---------------------------------------------------------------------------------------------- measuring


_Told = list[tuple[float, PageFact]]


def _told(facts: Iterable[PageFact], extractor: str) -> dict[Measure, _Told]:
    """Return the values of every measure with their pages, in one pass; a page without a text has but one."""
    lengths: _Told = []
    qualities: _Told = []
    ways: _Told = []
    dates: _Told = []
    refusals: _Told = []
    for fact in facts:
        refused = fact.refused
        refusals.append((float(refused), fact))
        if refused:
            continue
        if fact.length is not None:
            lengths.append((math.log1p(fact.length), fact))
        if fact.quality is not None:
            qualities.append((fact.quality, fact))
        ways.append((float(fact.extractor != extractor), fact))
        dates.append((float(not fact.dated), fact))
    return {
        Measure.LENGTH: lengths,
        Measure.QUALITY: qualities,
        Measure.EXTRACTOR: ways,
        Measure.UNDATED: dates,
        Measure.REFUSED: refusals,
    }


def _odd(values: Iterable[float], side: Side, limit: float) -> list[bool]:
    return [value < limit for value in values] if side is Side.BELOW else [value > limit for value in values]


def _usual(values: Sequence[float], side: Side, centre: float, limit: float) -> Usual:
    odd = _odd(values, side, limit)
    steps = Counter(pairwise(odd))
    after_odd, after_ordinary = steps[True, True] + steps[True, False], steps[False, True] + steps[False, False]
    share = sum(odd) / len(odd)
    return Usual(
        value=share if side is Side.HAVING else centre,
        limit=limit,
        odd=share,
        # never 0 nor 1: what was not seen in a month may still be; some bursts are taken for granted
        begins=(steps[False, True] + 1) / (after_ordinary + 2),
        goes_on=(steps[True, True] + 1) / (after_odd + 4),
    )


def _departure(norm: Norm, measure: Measure, side: Side, usual: Usual, told: _Told) -> Departure | None:
    odd = _odd((value for value, _ in told), side, usual.limit)
    # Wald's bound: the mean number of pages between two false alarms is at least exp(limit)
    tests = len(_ODD_SHARES) * sum(map(len, norm.usual.values()))
    limit = math.log(norm.pages_a_year * tests / _FALSE_A_YEAR)
    begins = [begin for share in _ODD_SHARES if (begin := _excursion(odd, usual, share, limit)) is not None]
    if not begins:
        return None
    window = told[max(begins) :]
    values = [value for value, _ in window]
    now = median(values) if measure in _LEAST_ODD else sum(values) / len(values)
    oddest = list(compress(window, odd[-len(window) :]))
    example = min(reversed(oddest), key=lambda pair: abs(pair[0] - now))[1]
    in_characters = measure is Measure.LENGTH
    return Departure(
        measure=measure,
        since=window[0][1].at,
        before=math.expm1(usual.value) if in_characters else usual.value,
        after=math.expm1(now) if in_characters else now,
        pages=len(window),
        example=example.entry,
    )


def _excursion(odd: Sequence[bool], usual: Usual, share: float, limit: float) -> int | None:
    """Return where the sum that is beyond the limit at the last page began to rise; None when it is not.

    `share` of the pages are odd after the change.
    """
    if share <= max(usual.begins, usual.goes_on):  # an outlet where so many are odd anyway
        return None
    # what an ordinary page and an odd one add, after an ordinary one and after an odd one
    after_ordinary, after_odd = (
        (math.log((1 - share) / (1 - chance)), math.log(share / chance)) for chance in (usual.begins, usual.goes_on)
    )
    if sum(odd) * max(after_ordinary[1], after_odd[1]) <= limit:
        return None
    total, begin, steps = 0.0, 0, after_ordinary
    for number, is_odd in enumerate(odd):
        total += steps[is_odd]
        steps = after_odd if is_odd else after_ordinary
        if total <= 0:
            total, begin = 0.0, number + 1
    return begin if total > limit and len(odd) - begin >= LEAST_RECENT else None

"""How good a topic is on labelled texts: counts, precision, recall, F1 with their intervals, and the theatre."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mirqab.errors import UsageError
from mirqab.proportions import Share, share
from mirqab.types import Verdict
from mirqab.workbench.comparing import THEATRE
from mirqab.workbench.judging import JudgedStory
from mirqab.workbench.labelled import Labelled, Side
from mirqab.workbench.naming import ValueNames

ALL: Final = "all"
GROUPINGS: Final = ("theatre", "source", "label")


class Outcome(StrEnum):
    """What became of a labelled text."""

    HIT = "hit"
    FALSE_FLAG = "false_flag"
    MISS = "miss"
    PASSED_OVER = "passed_over"
    ASIDE = "aside"


class Place(StrEnum):
    """How the first theatre of a hit compares with its label's."""

    RIGHT = "right"
    WRONG = "wrong"
    NONE = "none"
    """The topic read none."""
    UNKNOWN = "unknown"
    """The label's names are none of the topic's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """A labelled text with its verdict. `place` is None where there is nothing to compare."""

    line: Labelled
    verdict: Verdict
    outcome: Outcome
    place: Place | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """The figures of one group of labelled texts: `all`, `theatre:NAME`, `source:NAME` or `label:NAME`."""

    group: str
    hits: int
    false_flags: int
    misses: int
    passed_over: int
    aside: int
    aside_flagged: int
    places: Counter[Place] = field(default_factory=Counter)

    @property
    def lines(self) -> int:
        """The texts that count one way or the other."""
        return self.hits + self.false_flags + self.misses + self.passed_over

    @property
    def precision(self) -> Share:
        """Of the flagged texts, those that are to be."""
        return share(self.hits, self.hits + self.false_flags)

    @property
    def recall(self) -> Share:
        """Of the texts that are to be flagged, those that are."""
        return share(self.hits, self.hits + self.misses)

    @property
    def f1(self) -> Share:
        """The harmonic mean of both, 2·hits / (2·hits + errors).

        It rises with hits / (hits + errors), which is a proportion: its interval is that one's, carried over.
        """
        of = self.hits + self.false_flags + self.misses
        found = share(self.hits, of)
        value, low, high = (
            None if one is None else 2 * one / (1 + one) for one in (found.value, found.low, found.high)
        )
        return Share(part=self.hits, of=of, value=value, low=low, high=high)

    @property
    def theatre(self) -> Share:
        """Of the hits whose label names a theatre that the topic knows, those whose first theatre is one of them."""
        compared = self.places[Place.RIGHT] + self.places[Place.WRONG] + self.places[Place.NONE]
        return share(self.places[Place.RIGHT], compared)


def score(lines: Sequence[Labelled], judged: Iterable[JudgedStory], *, names: ValueNames) -> tuple[list[Scored], int]:
    """Return the labelled texts with what one topic says of each, and how many could not be judged.

    `judged` comes in the order of the lines; `names` tells which of the topic's theatres the labels' names mean.
    """
    scored: list[Scored] = []
    unjudged = 0
    for line, one in zip(lines, judged, strict=True):
        if not one.verdicts:
            unjudged += 1
            continue
        verdict = one.verdicts[0][0]
        outcome = _outcome(line.side, verdict.flagged)
        place = _place(line, verdict, names) if outcome is Outcome.HIT else None
        scored.append(Scored(line=line, verdict=verdict, outcome=outcome, place=place))
    return scored, unjudged


def _outcome(side: Side, flagged: bool) -> Outcome:
    match side:
        case Side.ASIDE:
            return Outcome.ASIDE
        case Side.POSITIVE:
            return Outcome.HIT if flagged else Outcome.MISS
        case Side.NEGATIVE:
            return Outcome.FALSE_FLAG if flagged else Outcome.PASSED_OVER


def _place(line: Labelled, verdict: Verdict, names: ValueNames) -> Place | None:
    if not line.theatres or not names.values:
        return None
    wanted = frozenset().union(*map(names.meant, line.theatres))
    if not wanted:
        return Place.UNKNOWN
    first = verdict.facets.get(THEATRE, ())[:1]
    if not first:
        return Place.NONE
    return Place.RIGHT if first[0] in wanted else Place.WRONG


# ---------------------------------------------------------------------------------------------------- groups


def figures(scored: Sequence[Scored], by: Iterable[str] = ()) -> list[Figures]:
    """Return the figures of all, then of every theatre, source or label that `by` asks for, the richest in positives
    first. A text with two theatres counts in both."""
    found = [_figures(ALL, scored)]
    for name in by:
        groups: defaultdict[str, list[Scored]] = defaultdict(list)
        for one in scored:
            for value in _groups_of(one.line, name):
                groups[value].append(one)
        rows = [_figures(f"{name}:{value}", of_it) for value, of_it in groups.items()]
        found += sorted(rows, key=lambda row: (-row.recall.of, -row.lines, row.group))
    return found


def _groups_of(line: Labelled, name: str) -> tuple[str, ...]:
    match name:
        case "theatre":
            return line.theatres or ("-",)
        case "source":
            return (line.source or "-",)
        case _:
            return (line.label,)


def _figures(group: str, scored: Sequence[Scored]) -> Figures:
    outcomes = Counter(one.outcome for one in scored)
    return Figures(
        group=group,
        hits=outcomes[Outcome.HIT],
        false_flags=outcomes[Outcome.FALSE_FLAG],
        misses=outcomes[Outcome.MISS],
        passed_over=outcomes[Outcome.PASSED_OVER],
        aside=outcomes[Outcome.ASIDE],
        aside_flagged=sum(one.outcome is Outcome.ASIDE and one.verdict.flagged for one in scored),
        places=Counter(one.place for one in scored if one.place is not None),
    )


def read_groupings(text: str) -> list[str]:
    """Return what `theatre,source` asks for; UsageError for a word that names no grouping."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if word not in GROUPINGS:
            raise UsageError(f"--by takes {', '.join(GROUPINGS)}, one or several with commas between; not {word!r}.")
    return words


def read_names(texts: Iterable[str]) -> dict[str, str]:
    """Return what `Iraq=العراق,Syria=سوريا` says: a label's theatre, and the topic's name for it; UsageError."""
    names: dict[str, str] = {}
    for pair in (part.strip() for text in texts for part in text.split(",")):
        if not pair:
            continue
        label, equals, theatre = (piece.strip() for piece in pair.partition("="))
        if not (label and equals and theatre):
            raise UsageError(f"--names takes LABEL=THEATRE, such as Iraq=العراق, not {pair!r}.")
        names[label] = theatre
    return names

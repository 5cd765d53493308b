"""The figures of many pages: of all, of those that state their text in JSON-LD and the others, by class, by outlet."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from mirqab.errors import UsageError
from mirqab.evaluation.scoring import Outcome, PageScore

ALL: Final = "all"
STATED, UNSTATED = "json-ld", "no-json-ld"


def _share(outcome: Outcome | None) -> float | None:
    """Count a date or an author for the pages that have one."""
    return None if outcome in (None, Outcome.NONE, Outcome.UNFOUNDED) else float(outcome is Outcome.RIGHT)


def _part(bad: int, of: int) -> float | None:
    return 1 - bad / of if of else None


MEASURES: Final[dict[str, Callable[[PageScore], float | None]]] = {
    "precision": lambda one: one.precision,
    "recall": lambda one: one.recall,
    "f1": lambda one: one.f1,
    "headline": lambda one: None if one.headline is None else float(one.headline),
    "date": lambda one: _share(one.published),
    "author": lambda one: _share(one.author),
    "contains": lambda one: _part(len(one.missing), len(one.page.must_contain)),
    "clean": lambda one: _part(len(one.leaks), len(one.page.must_not_contain)),
    "recognised": lambda one: float(one.recognised),
}
"""What is measured of each page, 0 to 1, or None where its gold does not speak of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """The figures of one group of pages: means of what is measured, and counts of pages and of strings.

    `group` is all, json-ld, no-json-ld, `class:NAME` or `outlet:NAME`. A mean is None where no page has that measure.
    """

    group: str
    pages: int
    outlets: int
    means: dict[str, float | None]
    dates: Counter[Outcome]
    authors: Counter[Outcome]
    missing: int  # strings that must be in a body and are not
    leaks: int  # strings that must not be in a body and are


def figures(scores: Sequence[PageScore]) -> list[Figures]:
    """Return the figures of all pages and of every group that holds any.

    Means are over pages, but over outlets for a class: there an outlet counts once, however many pages it has.
    """
    stated = [one for one in scores if one.states_text]
    found = [_figures(ALL, scores)]
    if stated and len(stated) < len(scores):
        found += [_figures(STATED, stated), _figures(UNSTATED, [one for one in scores if not one.states_text])]
    for prefix, of, by_outlet in (("class", _kind, True), ("outlet", _outlet, False)):
        groups = _grouped(scores, of)
        found += [_figures(f"{prefix}:{name}", groups[name], by_outlet=by_outlet) for name in sorted(groups)]
    return found


def worst(scores: Iterable[PageScore], count: int) -> list[PageScore]:
    """Return the pages farthest from their gold, the worst first, without those at which nothing is wrong."""
    ranked = sorted(((_loss(one), one.page.name, one) for one in scores), key=lambda ranking: ranking[:2], reverse=True)
    return [one for loss, _, one in ranked[:count] if loss > 0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Floor:
    """The least that a measure of a group may be."""

    group: str
    measure: str
    least: float


def read_floors(text: str) -> list[Floor]:
    """Read `f1=.98,json-ld.headline=1`: measures of all pages or, before a dot, of a group; UsageError when wrong."""
    floors: list[Floor] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, value = part.rpartition("=")
        group, _, measure = name.strip().rpartition(".")
        if not equals or measure not in MEASURES:
            raise UsageError(f"--floor takes MEASURE=LEAST, with one of {', '.join(MEASURES)}; not {part!r}.")
        try:
            least = float(value)
        except ValueError:
            least = -1.0
        if not 0 <= least <= 1:
            raise UsageError(f"--floor {part}: the least is a number from 0 to 1, such as .98.")
        floors.append(Floor(group=group or ALL, measure=measure, least=least))
    return floors


def below(floors: Iterable[Floor], found: Iterable[Figures]) -> list[str]:
    """Return a sentence for each floor that is not reached, or that no page can be held to."""
    groups = {one.group: one for one in found}
    sentences: list[str] = []
    for floor in floors:
        if floor.group not in groups:
            raise UsageError(f"--floor: there is no group {floor.group!r}; groups are {', '.join(groups)}.")
        mean = groups[floor.group].means[floor.measure]
        what = f"{floor.measure} of {floor.group}"
        if mean is None:
            sentences.append(f"{what} must be {floor.least:g} at least, and no page's gold speaks of it.")
        elif mean < floor.least:
            sentences.append(f"{what} is {mean:.4f}, below {floor.least:g}.")
    return sentences


def _figures(group: str, scores: Sequence[PageScore], *, by_outlet: bool = False) -> Figures:
    return Figures(
        group=group,
        pages=len(scores),
        outlets=len({one.page.outlet for one in scores}),
        means={name: _mean(scores, measure, by_outlet=by_outlet) for name, measure in MEASURES.items()},
        dates=Counter(one.published for one in scores if one.published is not None),
        authors=Counter(one.author for one in scores if one.author is not None),
        missing=sum(len(one.missing) for one in scores),
        leaks=sum(len(one.leaks) for one in scores),
    )


def _mean(
    scores: Sequence[PageScore], measure: Callable[[PageScore], float | None], *, by_outlet: bool
) -> float | None:
    values: dict[str, list[float]] = defaultdict(list)
    for one in scores:
        if (value := measure(one)) is not None:
            values[one.page.outlet if by_outlet else ""].append(value)
    return fmean(fmean(outlet) for outlet in values.values()) if values else None


def _grouped(scores: Iterable[PageScore], of: Callable[[PageScore], str]) -> dict[str, list[PageScore]]:
    groups: dict[str, list[PageScore]] = defaultdict(list)
    for one in scores:
        groups[of(one)].append(one)
    return groups


def _kind(one: PageScore) -> str:
    return one.page.kind


def _outlet(one: PageScore) -> str:
    return one.page.outlet


def _loss(one: PageScore) -> float:
    """Add up what is missing to 1 in every measure but precision and recall, which F1 holds already."""
    values = (measure(one) for name, measure in MEASURES.items() if name not in ("precision", "recall"))
    unfounded = (one.published, one.author).count(Outcome.UNFOUNDED)
    return sum(1 - value for value in values if value is not None) + unfounded

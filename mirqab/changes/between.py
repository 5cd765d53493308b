"""All that changed between two wordings."""

from __future__ import annotations

from collections.abc import Iterable

from mirqab.changes.aligning import align
from mirqab.changes.cutting import Sentence, Side, joined
from mirqab.changes.figures import numbers
from mirqab.changes.told import Change, Changes, Kind, NumberChange, Wording
from mirqab.changes.words import compare


def changes(before: Wording, after: Wording) -> Changes:
    """Return what changed from one wording to another one. Pure."""
    found: list[Change] = []
    figures: list[NumberChange] = []
    titles = Side(before.headline), Side(after.headline)
    headline = (
        compare("headline", *titles, titles[0].whole, titles[1].whole)
        if any(side.sentences for side in titles)
        else None
    )
    if headline is not None:
        figures += numbers(headline, *titles)
    bodies = Side(before.body), Side(after.body)
    alignment = align(*(side.sentences for side in bodies))
    kept = 0
    for group in alignment.pairs:
        change = compare("body", *bodies, joined(group[0]), joined(group[1]))
        if change is None:
            kept += len(group[1])
        else:
            found.append(change)
            figures += numbers(change, *bodies)
    found += (_gone_or_come(one, bodies[0].text, Kind.REMOVED) for one in alignment.removed)
    found += (_gone_or_come(one, bodies[1].text, Kind.ADDED) for one in alignment.added)
    return Changes(
        headline=headline,
        numbers=tuple(sorted(figures, key=lambda one: (one.field == "body", one.after_span))),
        sentences=tuple(_in_reading_order(found)),
        kept=kept,
        moved=alignment.moved,
    )


def _gone_or_come(sentence: Sentence, text: str, kind: Kind) -> Change:
    span = sentence.start, sentence.stop
    said = text[span[0] : span[1]]
    if kind is Kind.ADDED:
        return Change(kind=kind, field="body", before=None, after=span, former="", text=said)
    return Change(kind=kind, field="body", before=span, after=None, former=said, text="")


def _in_reading_order(found: Iterable[Change]) -> list[Change]:
    """Sort by where a change stands in the new text; what was removed follows on what stood before it."""
    told = list(found)
    pairs = sorted((change.before[0], change.after[0]) for change in told if change.before and change.after)

    def place(change: Change) -> tuple[int, int, int]:
        if change.after is not None:
            return change.after[0], 1, 0
        assert change.before is not None
        former = change.before[0]
        return max((after for before, after in pairs if before < former), default=-1), 2, former

    return sorted(told, key=place)

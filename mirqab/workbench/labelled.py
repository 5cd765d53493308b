"""Labelled texts: what a person says of each, read from JSON Lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from mirqab.workbench.lines import BadLineError, Complain, as_text, read_objects, with_date, words_of
from mirqab.workbench.texts import Story


class Side(StrEnum):
    """What a label says: to be flagged, not to be, or neither way."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    ASIDE = "aside"


LABELS: Final = {
    "positive": Side.POSITIVE,
    "relevant": Side.POSITIVE,
    "hard_negative": Side.NEGATIVE,
    "easy_negative": Side.NEGATIVE,
    "negative": Side.NEGATIVE,
    "irrelevant": Side.NEGATIVE,
    "unsure": Side.ASIDE,
    "in_passing": Side.ASIDE,
    "completed": Side.ASIDE,
}
"""The words that a line may be labelled with."""

NO_THEATRE: Final = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Labelled:
    """One labelled text. `line` is where it stands; `group` is what ties it to others on the same story.

    `theatres` are the label's, none when it names none.
    """

    line: int
    story: Story
    label: str
    side: Side
    theatres: tuple[str, ...]
    source: str
    group: str


def read_labelled(name: str, complain: Complain) -> list[Labelled]:
    """Return the labelled texts of a file, in its order; wrong lines are complained about and left out.

    `lead`, where it holds something, stands for `text`. Raises UsageError for a file that cannot be read.
    """
    found: list[Labelled] = []
    for number, value in read_objects(name, complain):
        try:
            found.append(_labelled(number, value))
        except BadLineError as error:
            complain(number, str(error))
    return found


def _labelled(number: int, value: dict[str, Any]) -> Labelled:
    identity, text = as_text(with_date(value), lead=True)
    label = words_of(value, "label")
    if label not in LABELS:
        raise BadLineError(f"label must be one of {', '.join(LABELS)}, not {label[:40]!r}")
    identity = number if identity is None else identity
    return Labelled(
        line=number,
        story=Story(id=identity, texts=(text,)),
        label=label,
        side=LABELS[label],
        theatres=_theatres(value.get("theatre")),
        source=words_of(value, "source") or text.outlet or "",
        group=words_of(value, "story_group") or str(identity),
    )


def _theatres(value: Any) -> tuple[str, ...]:
    """Return the theatres of a label: a list, or one text in which they stand between commas."""
    names: Sequence[Any] = value if isinstance(value, list) else [value or ""]
    if not all(isinstance(name, str) for name in names):
        raise BadLineError("theatre must be a text or a list of texts")
    parts = [part.strip() for name in names for part in name.replace("،", ",").split(",")]
    return tuple(part for part in parts if part and part != NO_THEATRE)

"""What is told of a change: sentences and words with their spans, and numbers that became others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

Field = Literal["headline", "body"]
Range = tuple[int, int]


class Op(StrEnum):
    """What was done to some words."""

    INSERTED = "inserted"
    DELETED = "deleted"
    REPLACED = "replaced"
    SPELLED = "spelled"  # the same words, spelled, vowelled or joined otherwise


class Kind(StrEnum):
    """What became of a sentence, or of the headline."""

    ADDED = "added"
    REMOVED = "removed"
    REWORDED = "reworded"
    SPELLED = "spelled"  # nothing but spelling, vowel marks or punctuation


class Figure(StrEnum):
    """What a number tells."""

    DATE = "date"
    TOLL = "toll"
    NUMBER = "number"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """Headline and body as published."""

    headline: str
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """Some words that differ: their span in the former text and in the new one; one is empty where words came or
    went."""

    op: Op
    before: Range
    after: Range


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A run of text for showing a change, and what was done to it: None for what stayed."""

    text: str
    op: Op | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A sentence, or the headline, that is not what it was; sentences that were joined or split are one change.

    `before` and `after` are spans of the field, None for what was added or removed; `former` and `text` the words
    there. `edits` are in reading order, and empty where only punctuation differs.
    """

    kind: Kind
    field: Field
    before: Range | None
    after: Range | None
    former: str
    text: str
    edits: tuple[Edit, ...] = ()

    def pieces(self) -> tuple[Piece, ...]:
        """Return the change as running text: what went stands before what came in its place."""
        if self.before is None or self.after is None:
            op = Op.INSERTED if self.before is None else Op.DELETED
            return (Piece(text=self.text or self.former, op=op),)
        return tuple(piece for piece in self._pieces(self.before[0], self.after[0]) if piece.text)

    def _pieces(self, former_at: int, at: int) -> Iterator[Piece]:
        place = 0
        for edit in self.edits:
            start, stop = (bound - at for bound in edit.after)
            went = self.former[edit.before[0] - former_at : edit.before[1] - former_at]
            yield Piece(text=self.text[place:start], op=None)
            place = stop
            if edit.op is Op.SPELLED:
                yield Piece(text=self.text[start:stop], op=Op.SPELLED)
                continue
            if went:
                if start and not self.text[start - 1].isspace():
                    yield Piece(text=" ", op=None)
                yield Piece(text=went, op=Op.DELETED)
                yield Piece(text=" ", op=None)
            yield Piece(text=self.text[start:stop], op=Op.INSERTED)
        yield Piece(text=self.text[place:], op=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberChange:
    """A number, weekday or month that became another one, as printed. `of` is the word that says of what, or empty."""

    figure: Figure
    field: Field
    before: str
    after: str
    of: str
    before_span: Range
    after_span: Range


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """All that changed; numbers as they stand in the new text, the headline's first.

    `kept` counts the sentences that stayed as they were, `moved` those that stand elsewhere now.
    """

    headline: Change | None = None
    numbers: tuple[NumberChange, ...] = ()
    sentences: tuple[Change, ...] = ()
    kept: int = 0
    moved: int = 0

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """Return the sentences of the body that this became of."""
        return tuple(change for change in self.sentences if change.kind is kind)

    @property
    def is_none(self) -> bool:
        """Whether nothing differs but white space."""
        return self.headline is None and not self.sentences and not self.moved

    @property
    def is_material(self) -> bool:
        """Whether more changed than spelling, punctuation and the order of sentences."""
        told = (*self.sentences, *([self.headline] if self.headline else ()))
        return any(change.kind is not Kind.SPELLED for change in told)


def changes_json(found: Changes) -> dict[str, Any]:
    """Return changes as plain JSON values (docs/stories.md)."""
    return {
        "material": found.is_material,
        "headline": None if found.headline is None else _change_json(found.headline),
        "numbers": [
            {"figure": one.figure.value, "field": one.field, "before": one.before, "after": one.after, "of": one.of}
            | {"before_span": list(one.before_span), "after_span": list(one.after_span)}
            for one in found.numbers
        ],
        **{kind.value: [_change_json(one) for one in found.of(kind)] for kind in Kind},
        "kept": found.kept,
        "moved": found.moved,
    }


def _change_json(change: Change) -> dict[str, Any]:
    former_at, at = (change.before or (0, 0))[0], (change.after or (0, 0))[0]
    return {
        "kind": change.kind.value,
        "before": change.former,
        "after": change.text,
        "before_span": None if change.before is None else list(change.before),
        "after_span": None if change.after is None else list(change.after),
        "edits": [
            {
                "op": edit.op.value,
                "before": change.former[edit.before[0] - former_at : edit.before[1] - former_at],
                "after": change.text[edit.after[0] - at : edit.after[1] - at],
                "before_span": list(edit.before),
                "after_span": list(edit.after),
            }
            for edit in change.edits
        ],
    }

"""Lines for a person with the evidence marked: coloured on a terminal, between ⟦ and ⟧ where there are no colours."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.text import Text

from mirqab.changes import Op
from mirqab.cli.terminal import console, plain
from mirqab.reader.marks import Piece, pieces
from mirqab.types import Sentence

MARK = "bold black on yellow"
CHANGED = {Op.DELETED: ("[-", "-]", "red strike"), Op.INSERTED: ("{+", "+}", "green underline")}


class Paper:
    """Writes lines to standard output, with styles where it takes them."""

    def __init__(self) -> None:
        self._console = console()
        self._coloured = sys.stdout.isatty() and self._console.color_system is not None

    def line(self, *parts: str | Text) -> None:
        """Write one line, or an empty one."""
        text = Text()
        for part in parts:
            text.append_text(part if isinstance(part, Text) else Text(part))
        self._console.print(text)

    def marked(self, cut: Iterable[Piece]) -> Text:
        """Return pieces as one text; pieces that touch are one mark."""
        text = Text()
        inside = False
        for piece in cut:
            if bool(piece.evidence) != inside and not self._coloured:
                text.append("⟧" if inside else "⟦")
            inside = bool(piece.evidence)
            text.append(plain(piece.text), style=MARK if inside else "")
        if inside and not self._coloured:
            text.append("⟧")
        return text

    def changed(self, pieces: Iterable[tuple[str, Op | None]]) -> Text:
        """Return text with what went and came in colours, or as [-went-] and {+came+} where there are none."""
        text = Text()
        for said, op in pieces:
            line = plain(said).replace("\n", " ")
            opens, closes, style = ("", "", "") if op is None else CHANGED.get(op, ("", "", ""))
            text.append(line if self._coloured else f"{opens}{line}{closes}", style=style)
        return text

    def sentence(self, sentence: Sentence, *, title: str, text: str) -> Text:
        """Return a sentence of a verdict with its evidence marked; `title` and `text` are what was judged."""
        span = sentence.span
        original = title if span.field == "title" else text
        return self.marked(pieces(original, sentence.evidence, field=span.field, start=span.start, stop=span.stop))


def points_of(points: float) -> str:
    """Return points in words."""
    return f"{points:g} point" + ("" if points == 1 else "s")

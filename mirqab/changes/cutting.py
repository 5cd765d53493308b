"""A text cut into sentences, and those into words and numbers, each with its span in the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mirqab.arabic import fold_with_offsets, sentences, tokens
from mirqab.arabic.numerals import numerals
from mirqab.changes.told import Range


class Unit(NamedTuple):
    """A word, or a number of one or more words, with its span in the text. `key` is the same for the same meaning."""

    key: str
    start: int
    stop: int


class Sentence(NamedTuple):
    place: int
    start: int
    stop: int
    units: tuple[Unit, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(unit.key for unit in self.units)


class Side:
    """A text cut into sentences, and those into words and numbers."""

    def __init__(self, text: str) -> None:
        self.text = text
        folded = fold_with_offsets(text)
        said = tokens(folded.text)
        self.sentences: list[Sentence] = []
        first = 0
        for start, stop in sentences(folded.text):
            last = first
            while last < len(said) and said[last].start < stop:
                last += 1
            words = said[first:last]
            first = last
            if words:
                units = tuple(_units([folded.span(word.start, word.stop) for word in words], [w.text for w in words]))
                self.sentences.append(Sentence(len(self.sentences), *folded.span(start, stop), units))

    @property
    def whole(self) -> Sentence:
        """The text as one sentence."""
        return joined(self.sentences) if self.sentences else Sentence(0, 0, len(self.text), ())


def _units(spans: Sequence[Range], words: Sequence[str]) -> Iterator[Unit]:
    place = 0
    for numeral in (*numerals(words), None):
        until = len(words) if numeral is None else numeral.start
        for at in range(place, until):
            yield Unit(words[at], *spans[at])
        if numeral is not None:
            yield Unit("#" + numeral.value, spans[numeral.start][0], spans[numeral.stop - 1][1])
            place = numeral.stop


def joined(group: Sequence[Sentence]) -> Sentence:
    units = tuple(unit for sentence in group for unit in sentence.units)
    return Sentence(group[0].place, group[0].start, group[-1].stop, units)

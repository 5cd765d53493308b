"""Headline and text of a story as words and sentences, and the way back to the stored text.

Most sentences of a long text say nothing to a topic: where a sentence names concepts is looked up when it is asked for,
and so are the places of its words.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Literal, NamedTuple

from mirqab.arabic import Folded, fold_with_offsets, tokens, words
from mirqab.topics.composing import MOST_HITS, Span
from mirqab.topics.related import related_lines
from mirqab.types import Span as TextSpan

if TYPE_CHECKING:
    from mirqab.topics.lexicon import Lexicon

LONGEST_SENTENCE = 300
"""Words after which a sentence is cut: news writes 40 to 90, and composing costs the square of a sentence."""

LONGEST_TEXT = 20_000
"""Words of a text that are judged: ten times the longest of 13,594 stories. What stands below says nothing new."""

Field = Literal["title", "text"]
Cuts = Mapping[str, tuple[int, ...]]  # glued word → where its parts begin


class Written(NamedTuple):
    """One sentence as it was written: its span in the folded text, its words, and the concepts that it may name."""

    start: int
    stop: int
    words: list[str]
    possible: set[int]


class StoryField:
    """One field of a story, folded: the headline is one sentence, the text several.

    Words of `cuts` are taken apart; `repaired` holds the places of their parts. `wanted` are the concepts that may be
    asked for.
    """

    def __init__(
        self,
        name: Field,
        original: str,
        folded: str,
        written: Sequence[Written],
        cuts: Cuts,
        lexicon: Lexicon,
        wanted: frozenset[int],
    ) -> None:
        self.name: Field = name
        self.original = original
        self.words: list[str] = []
        self.repaired: set[int] = set()
        self._folded, self._written, self._cuts = folded, written, cuts
        self._lexicon, self._wanted = lexicon, wanted
        self._firsts = [0]  # of each written sentence the number of its first word, and last of all words
        for sentence in written:
            self.words += self._apart(sentence.words) if cuts else sentence.words
            self._firsts.append(len(self.words))
        self._map: Folded | None = None
        self._places: dict[int, list[Span]] = {}  # written sentence → where its words stand in the folded text
        self._named: dict[int, Mapping[int, Sequence[Span]]] = {}
        skipped = related_lines(folded)
        self.sentences: list[Span] = []
        self.origins: list[int] = []
        """Which of `written` each sentence is, or is a part of."""
        for origin, (first, after) in enumerate(zip(self._firsts, self._firsts[1:], strict=False)):
            if first < after and not (skipped and _inside(self._place(first)[0], skipped)):
                for begin in range(first, after, LONGEST_SENTENCE):
                    self.sentences.append((begin, min(begin + LONGEST_SENTENCE, after)))
                    self.origins.append(origin)

    def _apart(self, read: Sequence[str]) -> list[str]:
        found: list[str] = []
        for word in read:
            cuts = self._cuts.get(word)
            if cuts is None:
                found.append(word)
                continue
            for part in parts_of(word, cuts):
                self.repaired.add(len(self.words) + len(found))
                found.append(part)
        return found

    def may_name(self, concepts: Set[int], sentence: int) -> bool:
        """Say whether one of the sentences can name one of these concepts; to know it is to look at its words."""
        return not concepts.isdisjoint(self._written[self.origins[sentence]].possible)

    def named(self, sentence: int) -> Mapping[int, Sequence[Span]]:
        """Return the places of all wanted concepts in one of the sentences."""
        if sentence not in self._named:
            hits = self._hits(*self.sentences[sentence], self._wanted)
            self._named[sentence] = {number: spans[:MOST_HITS] for number, spans in hits.items()}
        return self._named[sentence]

    def places(self, concepts: Iterable[int], *, before: int | None = None) -> dict[int, list[Span]]:
        """Return the places of some wanted concepts in the whole field, or in its words before one of them."""
        after = len(self.words) if before is None else min(before, len(self.words))
        return self._hits(0, after, self._wanted.intersection(concepts))

    def _hits(self, first: int, after: int, wanted: frozenset[int]) -> dict[int, list[Span]]:
        return self._lexicon.hits(self.words, first, after, self.spelled, wanted)

    def _place(self, at: int) -> Span:
        """Return where a word stands in the folded text."""
        origin = bisect_right(self._firsts, at) - 1
        if origin not in self._places:
            sentence = self._written[origin]
            self._places[origin] = found = []
            for token in tokens(self._folded[sentence.start : sentence.stop]):
                start = sentence.start + token.start
                for part in parts_of(token.text, self._cuts[token.text]) if token.text in self._cuts else (token.text,):
                    found.append((start, start + len(part)))
                    start += len(part)
        return self._places[origin][at - self._firsts[origin]]

    def span(self, first: int, after: int) -> TextSpan:
        """Return the span of words in the original text."""
        if self._map is None:
            self._map = fold_with_offsets(self.original)
        start, stop = self._map.span(self._place(first)[0], self._place(after - 1)[1])
        return TextSpan(field=self.name, start=start, stop=stop)

    def spelled(self, at: int) -> str:
        """Return a word as it stands in the original text."""
        span = self.span(at, at + 1)
        return self.original[span.start : span.stop]

    def is_number(self, at: int) -> bool:
        """Say whether a word is a number."""
        return self.words[at][0].isdigit()

    def is_repaired(self, first: int, after: int) -> bool:
        """Say whether one of these words was cut out of a glued one."""
        return bool(self.repaired) and not self.repaired.isdisjoint(range(first, after))


def parts_of(word: str, cuts: Sequence[int]) -> tuple[str, ...]:
    """Return the parts of a glued word."""
    return tuple(word[begin:end] for begin, end in zip((0, *cuts), (*cuts, len(word)), strict=True))


def shortened(folded: str) -> str:
    """Return a folded text up to the last word that is judged."""
    if len(folded) <= LONGEST_TEXT or len(words(folded)) <= LONGEST_TEXT:  # a word has a letter at least
        return folded
    return folded[: tokens(folded)[LONGEST_TEXT].start]


def _inside(position: int, spans: Sequence[Span]) -> bool:
    at = bisect_right(spans, (position, position)) - 1
    # a span that begins at the position itself sorts after it
    return any(start <= position < stop for start, stop in spans[max(at, 0) : at + 2])

"""Headline and text of a story as words and sentences, and the way back to the stored text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Literal

from mirqab.arabic import Folded, Token, fold_with_offsets, tokens
from mirqab.topics.composing import MOST_HITS, Span
from mirqab.topics.related import related_lines
from mirqab.types import Span as TextSpan

LONGEST_SENTENCE = 300
"""Words after which a sentence is cut: news writes 40 to 90, and composing costs the square of a sentence."""

LONGEST_TEXT = 20_000
"""Words of a text that are judged: ten times the longest of 13,594 stories. What stands below says nothing new."""

Field = Literal["title", "text"]
Cuts = Mapping[str, tuple[int, ...]]  # glued word → where its parts begin


class StoryField:
    """One field of a story, folded: the headline is one sentence, the text several.

    Words of `cuts` are taken apart; `repaired` holds the places of their parts.
    """

    def __init__(self, name: Field, original: str, folded: str, spans: Sequence[Span], cuts: Cuts) -> None:
        self.name: Field = name
        self.original, self.folded = original, folded
        self.repaired: set[int] = set()
        self.tokens = self._apart(tokens(folded), cuts) if cuts else tokens(folded)
        self._map: Folded | None = None
        skipped = related_lines(folded)
        self.sentences: list[Span] = []
        self.origins: list[int] = []
        """Which of `spans` each sentence is, or is a piece of."""
        at = 0
        for origin, (start, stop) in enumerate(spans):
            while at < len(self.tokens) and self.tokens[at].start < start:
                at += 1
            first = at
            while at < len(self.tokens) and self.tokens[at].start < stop:
                at += 1
            if first < at and not _inside(self.tokens[first].start, skipped):
                for begin in range(first, at, LONGEST_SENTENCE):
                    self.sentences.append((begin, min(begin + LONGEST_SENTENCE, at)))
                    self.origins.append(origin)

    def _apart(self, read: Sequence[Token], cuts: Cuts) -> list[Token]:
        found: list[Token] = []
        for token in read:
            places = cuts.get(token.text)
            if places is None:
                found.append(token)
                continue
            start = token.start
            for part in parts_of(token.text, places):
                self.repaired.add(len(found))
                found.append(Token(part, start, start + len(part)))
                start += len(part)
        return found

    def place(self, hits: Mapping[int, Sequence[Span]]) -> None:
        """Take note of the places of all concepts, as a whole and by sentence."""
        self.hits = hits
        starts = [first for first, _ in self.sentences]
        self.named: list[dict[int, list[Span]]] = [{} for _ in self.sentences]
        for number, spans in hits.items():
            for span in spans:
                at = bisect_right(starts, span[0]) - 1
                if at >= 0 and span[1] <= self.sentences[at][1]:
                    inside = self.named[at].setdefault(number, [])
                    if len(inside) < MOST_HITS:
                        inside.append(span)

    def span(self, first: int, after: int) -> TextSpan:
        """Return the span of tokens in the original text."""
        if self._map is None:
            self._map = fold_with_offsets(self.original)
        start, stop = self._map.span(self.tokens[first].start, self.tokens[after - 1].stop)
        return TextSpan(field=self.name, start=start, stop=stop)

    def spelled(self, at: int) -> str:
        """Return a token as it stands in the original text."""
        span = self.span(at, at + 1)
        return self.original[span.start : span.stop]

    def is_number(self, at: int) -> bool:
        """Say whether a token is a number."""
        return self.tokens[at].text[0].isdigit()

    def is_repaired(self, first: int, after: int) -> bool:
        """Say whether one of these tokens was cut out of a glued word."""
        return bool(self.repaired) and not self.repaired.isdisjoint(range(first, after))


def parts_of(word: str, cuts: Sequence[int]) -> tuple[str, ...]:
    """Return the parts of a glued word."""
    return tuple(word[begin:end] for begin, end in zip((0, *cuts), (*cuts, len(word)), strict=True))


def shortened(folded: str) -> str:
    """Return a folded text up to the last word that is judged."""
    if len(folded) <= LONGEST_TEXT:  # a word has a letter at least
        return folded
    read = tokens(folded)
    return folded if len(read) <= LONGEST_TEXT else folded[: read[LONGEST_TEXT].start]


def _inside(position: int, spans: Sequence[Span]) -> bool:
    at = bisect_right(spans, (position, position)) - 1
    # a span that begins at the position itself sorts after it
    return any(start <= position < stop for start, stop in spans[max(at, 0) : at + 2])

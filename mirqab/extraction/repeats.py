"""Lines that an outlet sets into many of its articles: newsletter lines, slogans, legal lines, learned as lines.

What an outlet repeats is not always in an element of its own, nor worded as other outlets word it. So the short lines
of its last pages are remembered, and one that stands in several different articles whose matter it does not speak of is
left out from then on. Sub-headings of what follows, lines that introduce something, and names in brackets stay.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from mirqab.arabic import fold
from mirqab.extraction.boilerplate import LONGEST
from mirqab.extraction.judging import words_of
from mirqab.extraction.tree import letters_of

if TYPE_CHECKING:
    from mirqab.extraction.ladder import Reading

# The values are those of `python -m benchmarks.extraction_sweeps lines` over a stream of real articles by outlet.
PAGES: Final = 60
"""So many pages of an outlet are remembered, the last ones."""
ARTICLES: Final = 5
"""In so many different articles a line must stand, the one at hand among them."""
MOST_ALIKE: Final = 0.34
"""The share of a headline's words that another may have too and still be one of a different article."""
MOST_SPOKEN: Final = 0.5
"""A line may speak of the matter of so many of the articles that hold it; the background of a story does of most."""
SHORTEST: Final = 10
"""Letters; what is shorter (an agency's name, a word between paragraphs) stands in any text by chance."""

_MOST_LINES: Final = 40  # of one page: a live page or a table has hundreds
_MOST_WORDS: Final = 24
_DIGEST_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class _Page:
    """What is remembered of a page: its address and short lines as digests, the words of its headline and matter."""

    address: str
    headline: frozenset[str]
    matter: frozenset[str]
    lines: frozenset[str]


class RepeatedLines:
    """The short lines of an outlet's last pages."""

    def __init__(self, pages: Iterable[_Page] = ()) -> None:
        self._pages = deque(pages, maxlen=PAGES)

    def sift(self, lines: Sequence[str], *, address: str, headline: str, matter: Collection[str]) -> set[int]:
        """Return the numbers of an article's lines that the outlet repeats, and remember its short ones.

        `matter` are the words that say what the article is about, as `words_of` gives them.
        """
        short = {number: key for number, line in enumerate(lines) if (key := _key(line))}
        named = sorted(words_of(headline))[:_MOST_WORDS]
        told = sorted(set(matter).difference(named))[: _MOST_WORDS - len(named)]
        kept = list(dict.fromkeys(short.values()))[:_MOST_LINES]
        page = _Page(_digest(address), frozenset(named), frozenset((*named, *told)), frozenset(kept))
        others = [one for one in self._pages if one.address != page.address]
        self._pages = deque((*others, page), maxlen=PAGES)
        return {number for number, key in short.items() if _is_repeated(lines[number], key, page, others)}

    def to_json(self) -> list[list[str]]:
        """Return plain values: of each page four texts, for a list of hundreds of short ones costs more to write."""
        return [
            [one.address, *(" ".join(part) for part in (one.headline, one.matter - one.headline, one.lines))]
            for one in self._pages
        ]

    @classmethod
    def from_json(cls, plain: Sequence[Sequence[str]]) -> Self:
        """Return what `to_json` wrote."""
        pages = []
        for address, *parts in plain:
            headline, told, lines = (frozenset(part.split()) for part in parts)
            pages.append(_Page(address, headline, headline | told, lines))
        return cls(pages)


def without_repeated(lines: Sequence[str], page: Reading, repeated: RepeatedLines) -> list[str]:
    """Return the lines of an article without those that its outlet repeats; a heading goes with what it heads."""
    gone = repeated.sift(lines, address=page.url, headline=page.metadata.headline, matter=page.topic)
    if not gone:
        return list(lines)
    headings = {letters_of(heading.text_content()) for heading in page.tree.iter("h2", "h3", "h4")}
    above = {letters_of(text) for text in page.known}
    for number in sorted(gone, reverse=True):
        letters = letters_of(lines[number])
        heads = letters in headings and number + 1 < len(lines) and number + 1 not in gone
        if heads or letters in above:
            gone.discard(number)
    return [line for number, line in enumerate(lines) if number not in gone]


def _is_repeated(line: str, key: str, page: _Page, others: Sequence[_Page]) -> bool:
    """Tell whether a line stands in enough different articles, and speaks of the matter of few of them."""
    holding = [page, *(one for one in reversed(others) if key in one.lines)]
    if len(holding) < ARTICLES:
        return False
    words = words_of(line)
    if sum(not words.isdisjoint(one.matter) for one in holding) > MOST_SPOKEN * len(holding):
        return False
    different: list[_Page] = []
    for one in holding:
        if not any(_alike(one.headline, other.headline) for other in different):
            different.append(one)
            if len(different) == ARTICLES:
                return True
    return False


def _alike(left: frozenset[str], right: frozenset[str]) -> bool:
    """Tell whether two headlines may be of one article; of one without words nothing can be told."""
    return not left or not right or len(left & right) > MOST_ALIKE * min(len(left), len(right))


def _key(line: str) -> str:
    """Return what short lines are compared by; empty for one that is never left out."""
    bracketed = line[:1] in "([" and line[-1:] in ")]"
    if len(line) > LONGEST or line.endswith(":") or bracketed:
        return ""
    letters = letters_of(fold(line))
    return _digest(letters) if len(letters) >= SHORTEST else ""


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()

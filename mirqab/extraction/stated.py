"""The body that a page states itself, in its JSON-LD, with the paragraphs in which the page shows it.

`articleBody` is the publisher's own statement of what the article is, without menus, captions and teasers, but often
one run of text, sometimes only its beginning, and now and then not this article at all. So it is laid beside the blocks
of the page: where a block begins a paragraph begins, sub-headings between two of them are put back, and a statement
that the page shows little of, or much more than, is not taken.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mirqab.extraction.blocks import Block

SHORTEST_BLOCK: Final = 12
"""Letters; a shorter block may stand in any text by chance."""
LEAST_SHOWN: Final = 0.6
"""The share of a statement that the page must show."""
MOST_BESIDE: Final = 0.25
"""The letters of paragraphs among the stated ones that are not stated, as a share of the statement: with more it is an
excerpt. On whole statements they are promotions and captions, up to .2 of the text."""
SHORTEST_STATEMENT: Final = 80
MOST_BLOCKS: Final = 400
"""So many blocks are laid beside a statement, the longest: the work grows with their square."""

_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>")
_BREAKS: Final = re.compile(r"(?i)</?(?:p|div|br|li|h[1-6]|blockquote)\b[^<>]*>")


@dataclass(frozen=True, slots=True)
class _Shown:
    """A block whose text stands in the statement from the character `at` (white space not counted)."""

    index: int
    at: int
    size: int


def stated_lines(statement: str, blocks: list[Block]) -> list[str]:
    """Return the paragraphs of a stated body, or none when the page does not bear the statement out."""
    text = _plain(statement)
    places = [place for place, char in enumerate(text) if not char.isspace()]
    if len(places) < SHORTEST_STATEMENT:
        return []
    shown = _shown("".join(text[place] for place in places), blocks)
    if sum(one.size for one in shown) < LEAST_SHOWN * len(places) or _beside(blocks, shown) > MOST_BESIDE * len(places):
        return []
    cuts = {places[one.at]: one.index for one in shown}
    starts = sorted({0, *cuts})
    lines: list[str] = []
    last = None
    for start, stop in zip(starts, [*starts[1:], len(text)], strict=True):
        index = cuts.get(start)
        if index is not None and last is not None:
            lines += _unstated_headings(blocks, last, index)
        last = last if index is None else index
        lines += [line for part in text[start:stop].split("\n") if (line := " ".join(part.split()))]
    return lines


def _plain(statement: str) -> str:
    """Return a statement's text; publishers put markup into it, escaped once or twice."""
    if "&" in statement:
        statement = html.unescape(statement)
    if "<" in statement:
        statement = _TAG.sub("", _BREAKS.sub("\n", statement))
    return html.unescape(statement) if "&" in statement else statement


def _shown(packed: str, blocks: list[Block]) -> list[_Shown]:
    """Return the blocks that show the packed statement, in the order of both: the chain that covers most of it.

    The order matters: a teaser may repeat a sentence of the end before the beginning is shown.
    """
    found: list[_Shown] = []
    for index, block in enumerate(blocks):
        text = "".join(block.text.split())
        if len(text) >= SHORTEST_BLOCK and (at := packed.find(text)) >= 0:
            found.append(_Shown(index, at, len(text)))
    if len(found) > MOST_BLOCKS:
        longest = sorted(found, key=lambda one: one.size)[-MOST_BLOCKS:]
        found = sorted(longest, key=lambda one: one.index)
    covered = [one.size for one in found]
    before: list[int | None] = [None] * len(found)
    for here, one in enumerate(found):
        for there in range(here):
            fits = found[there].at + found[there].size <= one.at
            if fits and covered[there] + one.size > covered[here]:
                covered[here], before[here] = covered[there] + one.size, there
    chain: list[_Shown] = []
    place = max(range(len(found)), key=covered.__getitem__, default=None)
    while place is not None:
        chain.append(found[place])
        place = before[place]
    return chain[::-1]


def _beside(blocks: list[Block], shown: list[_Shown]) -> int:
    """Return the letters of the paragraphs that stand among the stated ones without being stated."""
    if not shown:
        return 0
    stated = {one.index for one in shown}
    frames = {blocks[index].owner.getparent() for index in stated}
    return sum(
        block.letters
        for index, block in enumerate(blocks)
        if index > shown[0].index
        and index not in stated
        and not block.margin
        and block.owner.tag == "p"
        and block.owner.getparent() in frames
    )


def _unstated_headings(blocks: list[Block], left: int, right: int) -> Iterator[str]:
    """Yield the sub-headings between two stated paragraphs that share their place on the page."""
    frames = {blocks[left].owner.getparent(), blocks[right].owner.getparent()}
    for block in blocks[left + 1 : right]:
        if block.heading and not block.margin and block.owner.getparent() in frames:
            yield block.text

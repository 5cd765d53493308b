"""The lead that a page shows between its headline and its text, and that extractors of the text leave out.

Publishers set it apart: a paragraph in the page's header, above the picture, in larger letters. It is the article's
first paragraph all the same, and the one that says what the news is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from mirqab.extraction.blocks import Block
from mirqab.extraction.tree import letters_of, packed

SHORTEST_LEAD: Final = 40
"""Letters: a shorter line above the text is a section's name, a place or a date."""
_SAME: Final = 30
"""So many first letters in common with the page's own description make a paragraph the lead that it describes."""
_NAMED: Final = re.compile(
    r"(?:\A|[\s_-])(?:article)?(?:lead|lede|intro|introduction|teaser|summary|standfirst|dek|deck|excerpt|sub-?title|"
    r"sub-?head(?:line|ing)?|description|chapo|abstract|brief|sapo)(?:[\s_-]|text|\Z)",
    re.IGNORECASE,
)
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def lead_of(blocks: list[Block], lines: list[str], headlines: Iterable[str], summary: str) -> str:
    """Return the paragraph between the headline and the first of `lines` that is the article's lead, or nothing.

    `summary` is what the page's meta elements say the article is about.
    """
    first = _first_shown(blocks, lines)
    known = {letters_of(text) for text in headlines if text}
    start = max((at for at in range(first) if letters_of(blocks[at].text) in known), default=-1)
    if start < 0:
        return ""
    text, described = packed("".join(lines)), letters_of(summary)
    for block in blocks[start + 1 : first]:
        if block.margin or block.letters < SHORTEST_LEAD or packed(block.text) in text:
            continue
        said = letters_of(block.text)
        same = len(described) >= _SAME and (described.startswith(said[:_SAME]) or said.startswith(described[:_SAME]))
        if same or _is_named(block):
            return block.text
    return ""


def _first_shown(blocks: list[Block], lines: list[str]) -> int:
    """Return the index of the block with which the lines begin; 0 when it is not found."""
    begin = packed(lines[0])[:_SAME] if lines else ""
    return next((at for at, block in enumerate(blocks) if begin and packed(block.text).startswith(begin)), 0)


def _is_named(block: Block) -> bool:
    """Tell whether the page's own names call a block the lead."""
    around = [block.owner]
    parent = block.owner.getparent()
    if parent is not None and len(parent) == 1:
        around.append(parent)
    return any(_NAMED.search(_CAMEL.sub(" ", element.get("class") or "")) for element in around)

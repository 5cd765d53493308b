"""The ladder: sources of an article's text from the surest to the last resort, each taken only when the judge agrees.

1. `feed`: the full text that the feed carries. 2. `json-ld`: the `articleBody` that the page states. Both are laid
beside what the page shows. 3. `declared`: the elements that the outlet's `keep` selects. 4. `learned`: the container in
which this outlet's earlier pages had their text. 5. `trafilatura-fast`: the library without its second opinions.
6. `microdata`: the element that the page marks as `articleBody`. 7. `trafilatura` in full, and `blocks` where that is
doubted. What `prune` selects is out of the page before the first of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from lxml.html import HtmlElement

from mirqab.arabic import arabic_share
from mirqab.extraction.blocks import Block, read_blocks
from mirqab.extraction.body import body_lines, without_heading
from mirqab.extraction.boilerplate import plain_lines, without_boilerplate
from mirqab.extraction.judging import (
    ENOUGH,
    JSON_LD,
    LEAST_ARABIC,
    LIBRARY,
    MOST_MARGIN,
    SHORT_LETTERS,
    SHORTEST_LETTERS,
    Body,
    settle,
    topic_of,
    words_of,
)
from mirqab.extraction.leads import lead_of
from mirqab.extraction.metadata import Metadata
from mirqab.extraction.stated import stated_lines
from mirqab.extraction.tree import is_outsized, packed
from mirqab.selectors import select
from mirqab.types import PageHints

if TYPE_CHECKING:
    from mirqab.extraction.learned import Layout

FEED: Final = "feed"
DECLARED: Final = "declared"
LEARNED: Final = "learned"
MICRODATA: Final = "microdata"
FAST: Final = "trafilatura-fast"
STATED: Final = frozenset((FEED, JSON_LD))
"""The extractors whose text is a statement of the publisher's."""

LEAST_SHOWN: Final = 0.8
"""The share of the fast library's text that must stand in blocks of the page outside its margins."""
MOST_LEFT: Final = 1.0
"""The letters of paragraphs that the fast library left out, as a multiple of what it took."""
# Both of a sweep over the 180 pages of publishers that state no text: on 178 the fast text is as good as the full one
# (F1 .975), its share in blocks at least .86 and what it leaves out at most .60; on the two where it is not (F1 .08
# against .997) the figures are .03 and 2.8. Anything from .1 to .85 and from .7 to 2.5 parts them.

_SHORTEST: Final = 12  # letters: what is shorter stands in any text by chance
_MICRODATA: Final = "//*[contains(concat(' ', @itemprop, ' '), ' articleBody ')]"
_PICTURES: Final = re.compile(r"(?is)<(figure|figcaption|script|style|iframe)\b[^>]*>.*?</\1\s*>")
_NEVER_PRUNED: Final = frozenset(("html", "body"))


@dataclass
class Reading:
    """A page as the rungs see it; what several of them need is read once."""

    tree: HtmlElement
    url: str
    metadata: Metadata
    hints: PageHints

    @cached_property
    def known(self) -> list[str]:
        """The texts that stand above a body and are not of it: the forms of the headline, the date."""
        return [self.metadata.headline, *self.metadata.headlines, self.metadata.published_raw or ""]

    @cached_property
    def blocks(self) -> list[Block]:
        """The blocks of the page."""
        return read_blocks(self.tree, self.known)

    @cached_property
    def topic(self) -> set[str]:
        """The words that say what the news is about."""
        return topic_of(self.metadata, self.hints)

    def finished(self, body: Body) -> Body:
        """Return a body without boilerplate, and with the lead that the page shows above its text."""
        if not body.lines:
            return body
        authors = self.metadata.authors
        if body.extractor in STATED:
            return replace(body, lines=plain_lines(body.lines, authors=authors))
        lines = without_boilerplate(body.lines, self.tree, authors=authors)
        if not lines:
            return replace(body, lines=[], refusal="only labels and promotions")
        lead = lead_of(self.blocks, lines, self.known, self.metadata.summary)
        return replace(body, lines=[lead, *lines] if lead else lines)


def climb(page: Reading, layout: Layout | None = None) -> Body:
    """Return the body of a page from the first rung that the judge accepts, or why there is none.

    `layout` is what is known of the outlet's pages; it learns from this one.
    """
    _prune(page)
    body = _from_feed(page) or _from_json(page) or _declared(page)
    if body is None and layout is not None:
        body = layout.read(page)
    if body is None:
        body = library_body(page)
        if layout is not None:
            layout.learn(page, body)
    return body


def library_body(page: Reading) -> Body:
    """Return what the library takes out of a page, fast where the page bears that out, or what stands in its stead."""
    if is_outsized(page.tree):
        return settle([], page.tree, page.metadata, page.hints)
    body = _fast(page) or _microdata(page) or settle(_lines(page, fast=False), page.tree, page.metadata, page.hints)
    return page.finished(body)


def objection(page: Reading, blocks: Sequence[Block]) -> str:
    """Return why these blocks are not believed to be the article's text; empty when they are.

    Asked are their length, what of them is link, their alphabet, and whether they speak of the headline's matter.
    """
    letters = sum(block.letters for block in blocks)
    if letters < SHORTEST_LETTERS:
        return "too short"
    if sum(block.linked for block in blocks) > MOST_MARGIN * letters:
        return "mostly links"
    texts = [block.text for block in blocks]
    if arabic_share("\n".join(texts)) < LEAST_ARABIC:
        return "not in Arabic"
    if page.topic and not page.topic & words_of(*texts):
        return "of another matter than the headline"
    return ""


def inside(blocks: Sequence[Block], containers: Sequence[HtmlElement]) -> list[Block]:
    """Return the blocks within these elements, without what stands beside an article in them."""
    owners = {element for container in containers for element in container.iter()}
    return [block for block in blocks if not block.margin and block.owner in owners]


# ----------------------------------------------------------------------------------------------- the rungs


def _prune(page: Reading) -> None:
    for selector in page.hints.prune:
        for element in select(page.tree, selector):
            if element.tag not in _NEVER_PRUNED and element.getparent() is not None:
                element.drop_tree()


def _from_feed(page: Reading) -> Body | None:
    """Return the feed's full text, with the page's paragraphs; an excerpt and the lines that a feed adds are not."""
    content = page.hints.content
    if not content or len(content) < ENOUGH:
        return None
    lines = stated_lines(_PICTURES.sub(" ", content), page.blocks)
    shown = packed("".join(block.text for block in page.blocks)) if lines else ""
    while lines and packed(lines[-1]) not in shown:
        del lines[-1]
    while lines and packed(lines[0]) not in shown:
        del lines[0]
    return page.finished(Body(without_heading(lines, page.known), FEED)) if lines else None


def _from_json(page: Reading) -> Body | None:
    """Return the body that the page states in its JSON-LD, when the page itself bears it out."""
    if not page.metadata.json_body:
        return None
    lines = stated_lines(page.metadata.json_body, page.blocks)
    return page.finished(Body(without_heading(lines, page.known), JSON_LD)) if lines else None


def _declared(page: Reading) -> Body | None:
    """Return the text of what the outlet's `keep` selects."""
    containers = [element for selector in page.hints.keep for element in select(page.tree, selector)]
    body = _contained(page, containers, DECLARED, least=SHORTEST_LETTERS) if containers else None
    return page.finished(body) if body else None


def _microdata(page: Reading) -> Body | None:
    """Return the text of the element that the page marks as its body.

    Such elements hold promotions and captions too, which the library leaves out. So they are asked where the fast
    library is not believed, and before the slow one is.
    """
    containers = page.tree.xpath(_MICRODATA)
    return _contained(page, containers, MICRODATA, least=SHORT_LETTERS) if containers else None


def _contained(page: Reading, containers: Sequence[HtmlElement], extractor: str, *, least: int) -> Body | None:
    blocks = inside(page.blocks, containers)
    if sum(block.letters for block in blocks) < least or objection(page, blocks):
        return None
    return Body(without_heading([block.text for block in blocks], page.known), extractor)


def _fast(page: Reading) -> Body | None:
    """Return the fast library's text where the page bears it out and nothing of it is doubted."""
    lines = _lines(page, fast=True)
    size = sum(map(len, lines))
    if size < ENOUGH:
        return None
    text = packed("".join(lines))
    taken = [not block.margin and block.letters >= _SHORTEST and packed(block.text) in text for block in page.blocks]
    shown = sum(block.letters for block, is_taken in zip(page.blocks, taken, strict=True) if is_taken)
    left = sum(
        block.letters
        for block, is_taken in zip(page.blocks, taken, strict=True)
        if not is_taken and not block.margin and block.owner.tag == "p" and block.letters >= _SHORTEST
    )
    if shown < LEAST_SHOWN * sum(map(str.isalnum, text)) or left > MOST_LEFT * shown:
        return None
    body = settle(lines, page.tree, page.metadata, page.hints, again=False)
    return replace(body, extractor=FAST) if body.lines else None


def _lines(page: Reading, *, fast: bool) -> list[str]:
    return without_heading(body_lines(page.tree, url=page.url, fast=fast), page.known)


__all__ = ["DECLARED", "FAST", "FEED", "LEARNED", "LIBRARY", "MICRODATA", "STATED", "Reading", "climb", "library_body"]

"""The text of a page as blocks in document order, each with what tells an article from what stands around it.

Only pages whose first extraction is doubted pay for this reading: it looks at every element.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from mirqab.extraction.tree import letters_of

_BREAKS: Final = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center", "dd", "details"),
        *("dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4"),
        *("h5", "h6", "header", "hr", "legend", "li", "main", "marquee", "menu", "nav", "ol", "option", "p", "pre"),
        *("section", "select", "summary", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "tr", "ul"),
    )
)
_HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BESIDE: Final = frozenset(
    ("aside", "nav", "footer", "header", "button", "select", "option", "textarea", "figure", "dialog", "marquee")
)
_BESIDE_ROLES: Final = frozenset(
    ("navigation", "complementary", "contentinfo", "banner", "search", "dialog", "alertdialog", "menu", "menubar")
)
# A form around these is asked to be filled in; ASP.NET wraps a whole page into a form with hidden fields.
_ASKING: Final = "boolean(.//input[not(@type) or contains('text email password radio checkbox search tel', @type)])"
_FORM_LONGEST: Final = 400
_MAINLY_LINK: Final = 0.5
# A teaser: a linked headline of some words and perhaps a summary; several of one kind side by side.
TEASER_LINK: Final = 12
TEASER_TEXT: Final = 400
TEASER_LABEL: Final = 40  # a date or a section above it; a paragraph above a link is an article's
_TEASER_LINKS: Final = 2
_ROW: Final = 2
_WRAPPERS: Final = frozenset(("div", "section"))

Frame = tuple[HtmlElement, object, object]
"""An element around, the tag and the class of those of one kind in it."""


@dataclass(slots=True, eq=False)
class Block:
    """One run of text between two block boundaries; `owner` is the innermost block element around it.

    `letters` counts all letters and digits, `linked` those inside links. `margin` is true for what stands beside an
    article: menus, forms, footers, links, teasers of other articles.
    """

    text: str
    owner: HtmlElement
    letters: int
    linked: int
    opens_linked: bool
    margin: bool

    @property
    def heading(self) -> bool:
        """Whether it is a heading."""
        return self.owner.tag in _HEADINGS

    def frames(self) -> Iterator[Frame]:
        """Yield what paragraphs of one text share: the element around them, also when each has its own wrapper."""
        parent = self.owner.getparent()
        if parent is not None:
            yield kind_of(self.owner, parent)
            if parent.tag in _WRAPPERS and (outer := parent.getparent()) is not None:
                yield kind_of(parent, outer)


def kind_of(element: HtmlElement, parent: HtmlElement) -> Frame:
    """Return what an element shares with those of its kind beside it; lists and cards number theirs in the class."""
    return parent, element.tag, None if element.tag in ("li", "article") else element.get("class")


def read_blocks(tree: HtmlElement, headlines: Collection[str]) -> list[Block]:
    """Return the blocks of a page; `headlines` are the forms of its headline, which no margin holds."""
    blocks = _runs(tree)
    known = {letters_of(text) for text in headlines}
    _mark_teasers(blocks, known)
    return blocks


def _runs(tree: HtmlElement) -> list[Block]:
    found: list[Block] = []
    owners: list[HtmlElement] = []
    pieces: list[tuple[str, bool]] = []
    margins: list[HtmlElement] = []  # the outermost open one, if any
    links = 0
    said = False  # most runs are the white space between two tags

    def flush() -> None:
        nonlocal said
        if said and owners:
            text = " ".join("".join([piece for piece, _ in pieces]).split())
            counts = [(len(letters_of(piece)), linked) for piece, linked in pieces]
            letters = sum(count for count, _ in counts)
            linked = sum(count for count, inside in counts if inside)
            opens = next((inside for count, inside in counts if count), False)
            margin = bool(margins) or linked > _MAINLY_LINK * letters
            found.append(Block(text, owners[-1], letters, linked, opens, margin))
        pieces.clear()
        said = False

    for event, element in iterwalk(tree, events=("start", "end")):
        tag = element.tag
        breaks = tag in _BREAKS
        if event == "start":
            if breaks:
                flush()
                if tag != "br":
                    owners.append(element)
                    if not margins and _stands_beside(element):
                        margins.append(element)
            links += tag == "a"
            text = element.text if tag not in ("head", "title") else None
        else:
            if breaks:
                flush()
                if tag != "br":
                    owners.pop()
                    if margins and margins[-1] is element:
                        margins.pop()
            links -= tag == "a"
            text = element.tail
        if text:
            pieces.append((text, links > 0))
            said = said or not text.isspace()
    return found


def _stands_beside(element: HtmlElement) -> bool:
    """Tell whether an element holds no text of an article, whatever stands in it."""
    tag = element.tag
    if tag == "form":
        return bool(element.xpath(_ASKING)) and len(letters_of(element.text_content())) <= _FORM_LONGEST
    if tag not in _BESIDE and (element.get("role") or "").lower() not in _BESIDE_ROLES:
        return False
    return next(element.iter("h1", "article", "main"), None) is None


def _mark_teasers(blocks: list[Block], headlines: Collection[str]) -> None:
    """Mark the blocks of teasers: small elements of one kind side by side, each with a link that opens a block."""
    inside: dict[HtmlElement, list[Block]] = defaultdict(list)
    kinds: dict[tuple[HtmlElement, object, object], list[HtmlElement]] = defaultdict(list)
    for block in blocks:
        element: HtmlElement | None = block.owner
        # no teaser lies deeper; the bound keeps the walk linear on nested pages
        for _ in range(8):
            if element is None or element.tag == "body":
                break
            inside[element].append(block)
            element = element.getparent()
    for element, held in inside.items():
        parent = element.getparent()
        if parent is None or element.tag in _HEADINGS or (element.tag == "p" and not held[0].margin):
            continue
        opening = [block.opens_linked and block.linked >= TEASER_LINK for block in held]
        links = sum(opening)
        before = sum(block.letters for block in held[: opening.index(True)]) if links else 0
        unlinked = sum(block.letters - block.linked for block in held)
        if not 0 < links <= _TEASER_LINKS or before > TEASER_LABEL or unlinked > TEASER_TEXT:
            continue
        if not any(letters_of(block.text) in headlines and not block.margin for block in held):
            kinds[kind_of(element, parent)].append(element)
    for alike in kinds.values():
        if len(alike) > 1:
            for element in alike:
                for block in inside[element]:
                    block.margin = True


def parted(blocks: list[Block], left: int, right: int) -> bool:
    """Tell whether two blocks are parted by several margin blocks in a row: another part of the page begins."""
    row = 0
    for block in blocks[left + 1 : right]:
        row = row + 1 if block.margin else 0
        if row >= _ROW:
            return True
    return False

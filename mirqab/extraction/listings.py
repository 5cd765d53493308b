"""Pages that list articles: each with its linked heading and a few lines of it, none of their own."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Final

from lxml.html import HtmlElement

from mirqab.extraction.tree import letters_of, packed

FEWEST_CARDS: Final = 4
"""With fewer side by side they may be the links at the end of an article."""
MOSTLY_CARDS: Final = 0.6
"""The share of a body found in cards from which the page is a list: on lists it is 1, on articles below .2."""
_HEADINGS: Final = ("h2", "h3", "h4", "h5")
_SHORTEST_HEADING: Final = 12
_HIGHEST: Final = 6  # a card's heading lies no deeper in it


def is_listing(lines: list[str], tree: HtmlElement, headlines: Collection[str]) -> bool:
    """Tell whether `lines`, taken out of a page, are the lines below the headings of other articles.

    `headlines` are the forms of the page's own headline: an article's heading may be a link to itself.
    """
    cards = _cards(tree, {letters_of(text) for text in headlines})
    if not cards or not lines:
        return False
    within = "\n".join(packed(card.text_content()) for card in cards)
    found = sum(len(line) for line in lines if packed(line) in within)
    return found >= MOSTLY_CARDS * sum(map(len, lines))


def _cards(tree: HtmlElement, own: Collection[str]) -> list[HtmlElement]:
    """Return the elements side by side that each hold one linked heading, where there are several."""
    headings = [heading for heading in tree.iter(*_HEADINGS) if _is_linked(heading, own)]
    if len(headings) < FEWEST_CARDS:
        return []
    held: Counter[HtmlElement] = Counter()
    for heading in headings:
        held.update(list(heading.iterancestors())[:_HIGHEST])
    side_by_side: dict[HtmlElement, list[HtmlElement]] = defaultdict(list)
    for heading in headings:
        card = heading
        for element in list(heading.iterancestors())[:_HIGHEST]:
            if held[element] > 1:
                break
            card = element
        parent = card.getparent()
        if parent is not None and card is not heading:
            side_by_side[parent].append(card)
    return [card for cards in side_by_side.values() if len(cards) >= FEWEST_CARDS for card in cards]


def _is_linked(heading: HtmlElement, own: Collection[str]) -> bool:
    """Tell whether a heading is the link to another page."""
    link = next(heading.iter("a"), None)
    if link is None:
        link = next(heading.iterancestors("a"), None)
    if link is None or (link.get("href") or "#").startswith("#"):
        return False
    letters = letters_of(heading.text_content())
    return len(letters) >= _SHORTEST_HEADING and letters not in own

"""The characters of a page, and what is asked of its tree before anything is taken out of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml import html as lxml_html
from lxml.etree import XPath

from mirqab.arabic.encodings import decode
from mirqab.markup import HEAD, charset_in, charset_of

_XML_CHARSET: Final = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{1,40})")
_UNSEEN: Final = ("script", "style", "noscript", "svg", "template", "iframe")
_HIDDEN: Final = (
    "//body//*[@hidden or (@style and contains(translate(@style,'DISPLAYNOE ','displaynoe'),'display:none'))]"
)
_SHOWN: Final = ("h1", "article", "main")
MOST_ELEMENTS: Final = 20_000
"""The library needs 20 s for 200,000 elements; of 500 publishers' pages the largest has 4,000."""
DEEPEST: Final = 400
"""The library's tables and lists need time with the square of their depth; publishers' pages stay below 60."""
_DEEPER: Final = XPath(f"boolean(/{'/'.join('*' * DEEPEST)}/*)")
_END_OF_DEPTH: Final = XPath(f"boolean(/{'/'.join('*' * 2047)})")  # libxml2 drops what lies deeper, in silence
_MANY: Final = XPath(f"count(//*) > {MOST_ELEMENTS}")
# the complement of str.isalnum; a substitution counts a page's letters four times as fast as asking each
_NO_LETTERS: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class PageText:
    """The characters of a page and the encoding they were read in."""

    text: str
    encoding: str


def read_characters(body: bytes, content_type: str | None) -> PageText:
    """Return the characters of a page; the header's charset counts before the page's own, the bytes before both."""
    declaration = _XML_CHARSET.search(body[:HEAD])
    stated = declaration[1].decode("ascii") if declaration else None
    decoded = decode(body, declared=(charset_of(content_type), stated, charset_in(body)))
    return PageText(decoded.text, decoded.encoding)


def is_outsized(tree: lxml_html.HtmlElement) -> bool:
    """Tell whether a page has more elements, or nests them deeper, than is given to costly readers."""
    root = tree.getroottree()
    return bool(_MANY(root) or _DEEPER(root))


def is_cut_off(tree: lxml_html.HtmlElement) -> bool:
    """Tell whether elements are nested as deep as the parser goes: what lay deeper is lost."""
    return bool(_END_OF_DEPTH(tree.getroottree()))


def drop_unseen(tree: lxml_html.HtmlElement) -> None:
    """Take out of the tree what a reader does not see: scripts, styles, hidden text."""
    for element in list(tree.iter(*_UNSEEN)):
        element.drop_tree()
    for element in tree.xpath(_HIDDEN):
        # what holds the headline or the article is hidden until a script shows it: no trick
        if element.getparent() is not None and next(element.iter(*_SHOWN), None) is None:
            element.drop_tree()


def text_beside(tree: lxml_html.HtmlElement) -> str:
    """Return the text that stands beside any article: menus, margins, footers; `packed`.

    A margin inside the article, or one that holds the page's headline, is not beside it.
    """
    beside = (
        element
        for element in tree.iter("nav", "aside", "footer")
        if not any(parent.tag in {"article", "main"} for parent in element.iterancestors())
        and next(element.iter("h1", "article"), None) is None
    )
    return packed(" ".join(element.text_content() for element in beside))


def letters_of(text: str) -> str:
    """Return the letters and digits of a text, for comparing what differs in spacing and punctuation."""
    return _NO_LETTERS.sub("", text)


def packed(text: str) -> str:
    """Return a text without white space, for looking it up in another of the same page."""
    return "".join(text.split())

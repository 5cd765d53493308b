"""The body of an article as lines of text, one paragraph each, taken out by trafilatura."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from lxml.etree import LxmlError, _Element
from lxml.html import HtmlElement

from mirqab.extraction.tree import letters_of
from mirqab.markup import raise_if_memory

_BLOCKS: Final = frozenset({"p", "head", "item", "quote", "row", "cell", "list", "table", "div", "code", "lb"})


def body_lines(tree: HtmlElement, *, url: str, fast: bool = False) -> list[str]:
    """Return the paragraphs of the article in `tree`; empty when the library finds none.

    With `fast` the library leaves out its comparison with other extractors, a third of its work.
    """
    import trafilatura

    try:
        document = trafilatura.bare_extraction(tree, url=url, fast=fast, include_comments=False, with_metadata=False)
    except LxmlError as error:
        raise_if_memory(error)
        return []
    if document is None or isinstance(document, dict) or document.body is None:
        return []
    return list(_lines(document.body))


def _lines(body: _Element) -> Iterator[str]:
    """Yield the text of every block once, in document order, white space single."""
    for raw in _blocks(body):
        line = " ".join(raw.split())
        if line:
            yield line


def _blocks(element: _Element) -> Iterator[str]:
    """Yield the runs of text between the blocks and line breaks inside an element; a row of figures is one run."""
    run = [element.text or ""]
    for child in element:
        if child.tag == "row" and not any(_holds_paragraphs(cell) for cell in child):
            yield "".join(run)
            run = [" ".join(_all_text(cell) for cell in child)]
        elif child.tag in _BLOCKS or next(child.iter(*_BLOCKS), None) is not None:
            yield "".join(run)
            run = []
            yield from _blocks(child)
        else:
            run.append(_all_text(child))
        run.append(child.tail or "")
    yield "".join(run)


def _holds_paragraphs(cell: _Element) -> bool:
    """Tell whether a table's cell lays out the page."""
    return sum(1 for _ in cell.iter("p", "head", "quote")) > 1


def _all_text(element: _Element) -> str:
    return "".join(str(piece) for piece in element.itertext())


def without_heading(lines: list[str], known: Iterable[str]) -> list[str]:
    """Return the lines without the headline and the date line (`known`) that pages repeat above the text."""
    headings = {letters_of(text) for text in known}
    start = 0
    while start < len(lines) - 1 and start < 3 and letters_of(lines[start]) in headings:
        start += 1
    return lines[start:]

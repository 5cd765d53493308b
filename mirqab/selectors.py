"""CSS selectors as users declare them: checked when declared, applied to pages later."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lxml.etree import XPath
    from lxml.html import HtmlElement

MAX_SELECTOR_CHARS: Final = 1_000


def check_selector(text: str) -> None:
    """Raise ValueError, with what is wrong for a person to read, unless `text` is a CSS selector that can be used.

    Pseudo-elements (`::text`, `::attr(href)`) are none: the elements themselves are wanted.
    """
    _compiled(text)


def select(tree: HtmlElement, text: str) -> list[HtmlElement]:
    """Return the elements under `tree` that the selector means, in the order of the page; ValueError as above."""
    from lxml.html import HtmlElement

    found = _compiled(text)(tree)
    return [element for element in found if isinstance(element, HtmlElement)] if isinstance(found, list) else []


@lru_cache(maxsize=256)
def _compiled(text: str) -> XPath:
    # imported here: most declarations hold no selector, and whoever reads them should not pay for it
    from cssselect import HTMLTranslator, SelectorError
    from lxml.etree import XPath, XPathError
    from lxml.html import Element

    if not text.strip():
        raise ValueError("an empty CSS selector")
    if len(text) > MAX_SELECTOR_CHARS:
        raise ValueError(f"a CSS selector of more than {MAX_SELECTOR_CHARS} characters")
    try:
        found = XPath(HTMLTranslator().css_to_xpath(text))
        found(Element("html"))  # an undefined namespace shows only now
    except SelectorError as error:
        raise ValueError(f"no CSS selector: {error}") from error
    except (XPathError, RecursionError, ValueError) as error:
        raise ValueError(f"a CSS selector that cannot be used: {error}") from error
    return found

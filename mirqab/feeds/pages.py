"""HTML where a feed is looked for: its characters, and what its links are relative to."""

from __future__ import annotations

from urllib.parse import urljoin

from lxml.html import HtmlElement

from mirqab.arabic.encodings import decode
from mirqab.markup import charset_in, charset_of


def page_text(body: bytes, content_type: str | None) -> str:
    """Return the characters of a page; the header's charset counts before the page's own, the bytes before both."""
    return decode(body, declared=(charset_of(content_type), charset_in(body))).text


def base_of(tree: HtmlElement, url: str) -> str:
    """Return what relative links of a page are relative to."""
    for element in tree.iter("base"):
        href = (element.get("href") or "").strip()
        if href:
            try:
                return str(urljoin(url, href))
            except ValueError:
                break
    return url

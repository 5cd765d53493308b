"""HTML where a feed is looked for: its characters and its tree."""

from __future__ import annotations

import re
from email.message import Message
from typing import Final
from urllib.parse import urljoin

from lxml import html as lxml_html
from lxml.etree import LxmlError
from lxml.html import HtmlElement

from mirqab.arabic.encodings import decode
from mirqab.markup import without_floods

_META_CHARSET: Final = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_DECLARATION: Final = re.compile(r"\A\s*<\?xml[^>]*>")
# Browsers look for the label in the first 1,024 bytes; publishers put it later.
_HEAD: Final = 16_384


def page_text(body: bytes, content_type: str | None) -> str:
    """Return the characters of a page; the header's charset counts before the page's own, the bytes before both."""
    return decode(body, declared=(charset_of(content_type), charset_in(body))).text


def charset_of(content_type: str | None) -> str | None:
    """Return the charset that a Content-Type header names."""
    if not content_type:
        return None
    message = Message()
    message["content-type"] = content_type.replace("\r", " ").replace("\n", " ")
    charset = message.get_param("charset")
    return charset if isinstance(charset, str) else None


def charset_in(body: bytes) -> str | None:
    """Return the charset that a page names in its head."""
    found = _META_CHARSET.search(body[:_HEAD])
    return found[1].decode("ascii") if found else None


def page_tree(text: str) -> HtmlElement | None:
    """Return the tree of a page without comments, or None when nothing in it is markup.

    `huge_tree`, because without it what lies below 256 levels of nesting is dropped in silence.
    """
    parser = lxml_html.HTMLParser(
        collect_ids=False, encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    markup = without_floods(_DECLARATION.sub("", text))
    try:
        tree = lxml_html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except (LxmlError, ValueError, AssertionError) as error:
        if "memory" in str(error).lower():
            raise MemoryError(str(error)) from error
        return None
    return tree if len(tree) else None


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

"""From the bytes of a page to its tree, for feeds and extraction alike: charset, what is cut before, the parse."""

from __future__ import annotations

import re
from email.message import Message
from typing import Final

from lxml import html as lxml_html
from lxml.etree import ErrorTypes, LxmlError

_META_CHARSET: Final = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
# Browsers look for the label in the first 1,024 bytes; publishers put it later.
HEAD: Final = 16_384
_DECLARATION: Final = re.compile(r"\A\s*<\?xml[^>]*>")
# The library reads attributes in quadratic time: 100,000 of one tag took a minute. No honest tag has hundreds.
_FLOOD: Final = re.compile(
    r"""(<[A-Za-z][^\s<>/]*+(?:\s+[^\s"'<>/=]++(?:\s*=\s*(?:"[^"]*+"|'[^']*+'|[^\s"'<>]++))?+){300})[^<>]*+"""
)


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
    found = _META_CHARSET.search(body[:HEAD])
    return found[1].decode("ascii") if found else None


def without_floods(markup: str) -> str:
    """Return markup in which no tag has more than 300 attributes; the rest of such a tag is dropped."""
    return _FLOOD.sub(r"\1", markup)


def parse(text: str) -> lxml_html.HtmlElement | None:
    """Return the page's tree without comments, or None when nothing in it is markup.

    `huge_tree`, because without it text below 256 levels of nesting is dropped in silence.
    """
    parser = lxml_html.HTMLParser(
        collect_ids=False, encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    markup = without_floods(_DECLARATION.sub("", text))
    try:
        tree = lxml_html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except (LxmlError, ValueError, AssertionError) as error:
        raise_if_memory(error)
        return None
    return tree if len(tree) else None


def raise_if_memory(error: Exception) -> None:
    """Raise MemoryError for what libxml2 reports as a syntax or XPath error although memory ran out."""
    log = getattr(error, "error_log", None) or ()
    if "memory" in str(error).lower() or any(entry.type == ErrorTypes.ERR_NO_MEMORY for entry in log):
        raise MemoryError(str(error)) from error

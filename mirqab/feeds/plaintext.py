"""The plain text of titles and summaries, which feeds give as markup."""

from __future__ import annotations

import html
import re
from typing import Final

from mirqab.arabic.encodings import without_controls

# What is never closed reaches to the end, as in a browser: to look further again and again takes quadratic time.
_UNSEEN: Final = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_BREAK: Final = re.compile(r"</?(?:p|div|br|li|ul|ol|h[1-6]|tr|td|table|blockquote|hr)\b[^<>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>")


def plain(markup: str) -> str:
    """Return the plain text of a title or summary: tags out, entities decoded, white space single, no controls."""
    text = markup
    if "<" in text:
        text = _TAG.sub("", _BREAK.sub(" ", _UNSEEN.sub(" ", text)))
    if "&" in text:
        text = html.unescape(text)
    return without_controls(" ".join(text.split()))

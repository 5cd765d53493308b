"""What is taken out of markup before any parser sees it, because parsers need minutes for it."""

from __future__ import annotations

import re
from typing import Final

# The library reads attributes in quadratic time: 100,000 of one tag took a minute. No honest tag has hundreds.
_FLOOD: Final = re.compile(
    r"""(<[A-Za-z][^\s<>/]*+(?:\s+[^\s"'<>/=]++(?:\s*=\s*(?:"[^"]*+"|'[^']*+'|[^\s"'<>]++))?+){300})[^<>]*+"""
)


def without_floods(markup: str) -> str:
    """Return markup in which no tag has more than 300 attributes; the rest of such a tag is dropped."""
    return _FLOOD.sub(r"\1", markup)

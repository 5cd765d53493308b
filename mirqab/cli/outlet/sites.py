"""What a page says about the site it belongs to: its name and its language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml.html import HtmlElement

from mirqab.feeds.pages import page_text
from mirqab.markup import parse

_SEPARATOR: Final = re.compile(r"\s[-–—|:«»•]+\s|\s*[|«»•]\s*|:\s")
# what a title has beside the name
_BESIDE: Final = frozenset(
    {"الرئيسية", "الصفحة الرئيسية", "آخر الأخبار", "أهم الأخبار", "الأخبار", "أخبار", "الخلاصة", "خلاصات", "نشرة"}
    | {"home", "homepage", "home page", "main", "index", "latest news", "news", "rss", "rss feed", "feed", "all"}
)
_NAMES: Final = ("og:site_name", "application-name", "apple-mobile-web-app-title")
_LONGEST: Final = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """What a site calls itself, the name in its page's title, and the code of its language; empty when not said."""

    name: str = ""
    titled: str = ""
    language: str = ""


def site_of(html: bytes, content_type: str | None) -> Site:
    """Return what a page says of its site."""
    tree = parse(page_text(html, content_type))
    if tree is None:
        return Site()
    title = next(tree.iter("title"), None)
    return Site(
        name=_named(tree)[:_LONGEST],
        titled=name_in(title.text_content() if title is not None else ""),
        language=(tree.get("lang") or "").partition("-")[0].strip().lower()[:8],
    )


def name_in(title: str) -> str:
    """Return the first part of a page's or a feed's title that may be the name of who publishes it."""
    parts = [part.strip() for part in _SEPARATOR.split(" ".join(title.split()))]
    return next((part for part in parts if part and part.casefold() not in _BESIDE), "")[:_LONGEST]


def _named(tree: HtmlElement) -> str:
    said: dict[str, str] = {}
    for element in tree.iter("meta"):
        key = (element.get("property") or element.get("name") or "").strip().lower()
        said.setdefault(key, " ".join((element.get("content") or "").split()))
    return next((said[name] for name in _NAMES if said.get(name)), "")

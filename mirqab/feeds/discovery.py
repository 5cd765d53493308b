"""Where an outlet's feeds may be found: declared by its home page, named in robots.txt, or at well-known places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from mirqab.addresses import clean_url, host_of, url_key
from mirqab.feeds.pages import base_of, page_text
from mirqab.markup import parse
from mirqab.types import FeedKind

_FEED_TYPES: Final = frozenset(
    ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")
)
# Written for feeds, but for the interfaces of a publishing system too: the address must speak of a feed.
_LOOSE_TYPES: Final = frozenset(("application/xml", "text/xml", "application/rss", "application/atom", "text/rss"))
_LOOSE_TYPES_JSON: Final = frozenset(("application/json",))
_FEED_PATH: Final = re.compile(
    r"/(?:rss|feeds?|atom)(?:[/.]|\Z)|(?:rss|feed|atom)[\w-]*\.(?:xml|aspx?|php|ashx|json)\Z|\.(?:rss|atom|rdf)\Z|"
    r"/rss[\w-]{0,12}/?\Z",
    re.IGNORECASE,
)
_FEED_QUERY: Final = re.compile(r"(?:\A|[&;])(?:feed|format|type|output|mode)=(?:rss2?|atom|feed|json)", re.IGNORECASE)
_NO_FEED: Final = re.compile(r"/wp-json\b|/oembed\b|/(?:share|sharer|intent)\b|/xmlrpc\.php", re.IGNORECASE)
_FEED_HOSTS: Final = ("feeds.feedburner.com", "feedburner.com", "feeds.feedblitz.com")
_FEED_WORDS: Final = re.compile(r"\brss\b|\batom\b|خلاصات|خلاصة المواقع|خدمة (?:الأخبار )?آر إس إس", re.IGNORECASE)
_COMMENTS: Final = re.compile(r"comment|تعليق|التعليقات|ردود", re.IGNORECASE)
_PART: Final = re.compile(r"/(?:tag|tags|category|author|topic|search)/|[?&](?:s|author|tag|cat)=", re.IGNORECASE)
_SITEMAP_LINE: Final = re.compile(r"^[ \t\ufeff]*sitemap[ \t]*:[ \t]*(\S[^\r\n#]*)", re.IGNORECASE | re.MULTILINE)
_NEWS_SITEMAP: Final = re.compile(r"news|google", re.IGNORECASE)
_BLOGGER: Final = re.compile(r"(?:\A|\.)blogspot\.[a-z.]{2,6}\Z")

_FEED_PLACES: Final = (
    "feed/",
    "rss",
    "rss.xml",
    "feed.xml",
    "atom.xml",
    "rss.php",
    "index.xml",
    "feed.json",
    "?feed=rss2",
)
_SITEMAP_PLACES: Final = ("news-sitemap.xml", "sitemap-news.xml", "sitemap_index.xml", "sitemap.xml", "wp-sitemap.xml")
_BLOGGER_PLACES: Final = ("feeds/posts/default", "feeds/posts/default?alt=rss", "sitemap.xml")

MOST_FOUND: Final = 50
"""Feeds of one page; the pages that list a feed for every section rarely have more."""
MOST_SITEMAPS: Final = 200
_MOST_LINKS: Final = 20_000
_LONGEST_TITLE: Final = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One feed or sitemap that a page names, not yet asked whether it is one."""

    url: str
    title: str
    kind: FeedKind


def find(html: bytes, *, url: str, content_type: str | None = None) -> list[Found]:
    """Return the feeds and sitemaps that a page declares or links to, the likeliest to be the outlet's main one first.

    Order: declared in `<link>` before linked to in the text, the page's own host before others, whole feeds before
    those of one tag or author, feeds before sitemaps, feeds of comments last; then as the page has them. Never raises
    for content.
    """
    tree = parse(page_text(html, content_type))
    if tree is None:
        return []
    base, host = base_of(tree, url), _site(host_of(url))
    ranked: list[tuple[tuple[int, ...], Found]] = []
    for declared, found in _candidates(tree, base):
        said = f"{found.title} {found.url}"
        ranked.append(
            (
                (
                    bool(_COMMENTS.search(said)),
                    found.kind is FeedKind.SITEMAP,
                    not declared,
                    _site(host_of(found.url)) != host,
                    bool(_PART.search(found.url)),
                ),
                found,
            )
        )
    ranked.sort(key=lambda pair: pair[0])
    best: dict[str, Found] = {}
    for _, found in ranked:
        best.setdefault(url_key(found.url), found)
    return list(best.values())[:MOST_FOUND]


def in_robots(text: str, base: str | None = None) -> list[str]:
    """Return the sitemaps that a robots.txt names, those for news first; relative ones only with `base`."""
    found: dict[str, str] = {}
    for line in _SITEMAP_LINE.finditer(text.replace("\r", "\n")):
        address = clean_url(line[1].strip(), base)
        if address is not None:
            found.setdefault(url_key(address), address)
        if len(found) >= MOST_SITEMAPS:
            break
    return sorted(found.values(), key=lambda address: not _NEWS_SITEMAP.search(urlsplit(address).path))


def guesses(url: str) -> list[str]:
    """Return well-known places where the site at `url` may have a feed or a sitemap, feeds first.

    A home page below the host's root (`/ar/`) is looked under as well as the root.
    """
    address = clean_url(url)
    if address is None:
        return []
    parts = urlsplit(address)
    root = f"{parts.scheme}://{parts.netloc}/"
    if _BLOGGER.search(host_of(address)):
        return [root + place for place in _BLOGGER_PLACES]
    folder = parts.path.rpartition("/")[0] if "." in parts.path.rpartition("/")[2] else parts.path.rstrip("/")
    below = f"{root.rstrip('/')}{folder}/"
    bases = [root] if below == root else [below, root]
    places = [base + place for base in bases for place in _FEED_PLACES]
    return [*places, root + _BLOGGER_PLACES[0], *(root + place for place in _SITEMAP_PLACES)]


def _site(host: str) -> str:
    return host.removeprefix("www.")


def _candidates(tree: HtmlElement, base: str) -> list[tuple[bool, Found]]:
    candidates: list[tuple[bool, Found]] = []
    for seen, element in enumerate(tree.iter("link", "a")):
        if seen >= _MOST_LINKS:
            break
        href = element.get("href")
        address = clean_url(href, base) if href else None
        if address is None or _NO_FEED.search(address):
            continue
        declared = element.tag == "link"
        kind = _declared_kind(element, address) if declared else _linked_kind(element, address, base)
        if kind is not None:
            title = element.get("title") or ("" if declared else element.text_content()) or ""
            found = Found(url=address, title=" ".join(title.split())[:_LONGEST_TITLE], kind=kind)
            candidates.append((declared, found))
    return candidates


def _declared_kind(element: HtmlElement, address: str) -> FeedKind | None:
    relations = (element.get("rel") or "").lower().split()
    if "sitemap" in relations:
        return FeedKind.SITEMAP
    if "stylesheet" in relations or not {"alternate", "feed"}.intersection(relations):
        return None
    media = (element.get("type") or "").partition(";")[0].strip().lower()
    if media in _FEED_TYPES or (media in _LOOSE_TYPES and not element.get("hreflang")):
        return FeedKind.FEED
    if (not media or media in _LOOSE_TYPES_JSON) and ("feed" in relations or _looks_like_feed(address)):
        return FeedKind.FEED
    return None


def _linked_kind(element: HtmlElement, address: str, base: str) -> FeedKind | None:
    """Take a link in the text for a feed when its address looks like one on this site, or it says so itself."""
    host = host_of(address)
    if host in _FEED_HOSTS:
        return FeedKind.FEED
    own = _site(host_of(base))
    if _site(host) != own and not host.endswith("." + own):
        return None
    media = (element.get("type") or "").partition(";")[0].strip().lower()
    if media in _FEED_TYPES or _looks_like_feed(address):
        return FeedKind.FEED
    path = urlsplit(address).path.lower()
    if path.endswith(".xml") and "sitemap" in path:
        return FeedKind.SITEMAP
    return FeedKind.FEED if path.endswith(".xml") and _FEED_WORDS.search(element.text_content()) else None


def _looks_like_feed(address: str) -> bool:
    parts = urlsplit(address)
    return bool(_FEED_PATH.search(parts.path) or _FEED_QUERY.search(parts.query))

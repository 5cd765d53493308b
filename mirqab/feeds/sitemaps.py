"""What a sitemap says: for search engines or for news, an index of others, or a plain list of addresses."""

from __future__ import annotations

import html
import io
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from mirqab.addresses import clean_url, url_key
from mirqab.arabic.dates import now_in, read_date
from mirqab.feeds.plaintext import plain
from mirqab.feeds.recognising import form_of, refusal, what_it_is
from mirqab.feeds.repairing import with_sound_references
from mirqab.types import ChildSitemap, FeedBody, FeedItem, FeedReading, Reason

_ROOT: Final = re.compile(r"<((?:[\w.-]+:)?(?:urlset|sitemapindex))\b[^<>]*>", re.IGNORECASE)
_BLOCK: Final = re.compile(r"<(?:[\w.-]+:)?(url|sitemap)\s*>\s*<(?:[\w.-]+:)?\w", re.IGNORECASE)
_BLOCK_END: Final = re.compile(r"</(?:[\w.-]+:)?(?:url|sitemap)\s*>", re.IGNORECASE)
_NEWS_NAMESPACE: Final = re.compile(r"xmlns:?[\w.-]*\s*=\s*[\"'][^\"']{0,200}sitemap-news", re.IGNORECASE)
# What publishers leave unescaped in addresses and titles. No entity survives, so none can be expanded.
_UNESCAPED: Final = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos);)(#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,30};)?|<(?![A-Za-z_/!?])"
)
_CDATA: Final = "<![CDATA["
_LINE: Final = re.compile(r"https?://\S+\Z", re.IGNORECASE)
_LEAST_LINES: Final = 0.8
_DATE_IN_URL: Final = re.compile(r"(?<!\d)(20\d\d)[-_/]?(0[1-9]|1[0-2])(?:[-_/]?(0[1-9]|[12]\d|3[01]))?(?!\d)")
_WORDPRESS_POSTS: Final = re.compile(r"/wp-sitemap-posts-post-(\d{1,6})\.xml\Z")
_NO_ARTICLES: Final = re.compile(
    r"taxonom|categor|[-_/]tags?\b|post_tag|author|users?\b|[-_/]pages?[-_.\d]|image|video|photo|static|attachment|section",
    re.IGNORECASE,
)
_LONGEST_TEXT: Final = 2_000
MOST_BLOCKS: Final = 100_000
"""Twice what a sitemap may hold; of more the first are read."""
MOST_CHILDREN: Final = 1_000


@dataclass(slots=True)
class _Entry:
    """One `<url>` or `<sitemap>`, as written."""

    place: int
    loc: str = ""
    modified_raw: str | None = None
    title: str = ""
    published_raw: str | None = None
    modified: datetime | None = None
    published: datetime | None = None

    @property
    def newest_first(self) -> tuple[float, int]:
        moment = self.published or self.modified
        return (-moment.timestamp() if moment else 0.0, self.place)


@dataclass(slots=True)
class _Found:
    """What stands in a sitemap, gathered while it is read."""

    urls: list[_Entry]
    sitemaps: list[_Entry]
    news: bool = False
    publication: str = ""
    error: str = ""


def read(text: str, feed: FeedBody, encoding: str) -> FeedReading:
    """Return what the text of a sitemap says: the articles of its `<url>` blocks, the sitemaps that an index names.

    Of more than `max_items` the newest are kept, undated ones after all dated, in the order given. TRUNCATED_FEED keeps
    what is complete. Children of an index come newest first. Images, videos and translations are ignored.
    """
    root = _ROOT.search(text)
    if root is None and _BLOCK.search(text) is None:
        return _read_list(text, feed, encoding)
    text, truncated = _complete(text, root)
    found = _parse(_mended(with_sound_references(text)))
    if not found.urls and root is not None and _NEWS_NAMESPACE.search(root[0]):
        found.news = True
    now = now_in(feed.timezone)
    entries, left_out = _newest(found.urls, feed.max_items, now)
    if len(found.urls) >= MOST_BLOCKS:
        left_out += max(0, sum(1 for _ in _BLOCK_END.finditer(text)) - len(found.urls))
    children = _children(found.sitemaps, feed.url, now)
    is_index = (bool(found.sitemaps) and not found.urls) or (root is not None and "index" in root[1].lower())
    problem, detail = None, None
    if truncated:
        what = f"{len(found.sitemaps)} sitemaps" if is_index else f"{len(found.urls)} addresses"
        problem, detail = Reason.TRUNCATED_FEED, f"the text ends before the sitemap does; {what} are complete"
    elif not found.urls and not found.sitemaps and (found.error or _BLOCK_END.search(text)):
        problem, detail = Reason.UNREADABLE_FEED, found.error or "no address could be read"
    elif left_out:
        detail = f"{left_out} addresses beyond the newest {feed.max_items} were left out"
    return FeedReading(
        version="sitemap-index" if is_index else "news-sitemap" if found.news else "sitemap",
        encoding=encoding,
        title=found.publication,
        items=tuple(_item(entry, feed.url) for entry in entries),
        problem=problem,
        detail=detail,
        children=children,
        left_out=left_out,
    )


def is_list(text: str) -> bool:
    """Tell whether a text is a plain list of addresses, one a line."""
    lines = [line.strip() for line in text[:20_000].splitlines() if line.strip()]
    if len(text) > 20_000:
        lines = lines[:-1]  # may be cut
    return bool(lines) and sum(bool(_LINE.match(line)) for line in lines) >= _LEAST_LINES * len(lines)


def _read_list(text: str, feed: FeedBody, encoding: str) -> FeedReading:
    if not is_list(text):
        return refusal(Reason.NOT_A_FEED, what_it_is(text, form_of(text)), encoding)
    lines = [line.strip() for line in text.splitlines()]
    entries = [_Entry(place=place, loc=line) for place, line in enumerate(lines) if _LINE.match(line)]
    left_out = max(0, len(entries) - feed.max_items)
    return FeedReading(
        version="sitemap",
        encoding=encoding,
        title="",
        items=tuple(_item(entry, feed.url) for entry in entries[: feed.max_items]),
        detail=f"{left_out} addresses beyond the first {feed.max_items} were left out" if left_out else None,
        left_out=left_out,
    )


def _complete(text: str, root: re.Match[str] | None) -> tuple[str, bool]:
    """Return the text from its root on, closed after its last whole block if it is cut short, and whether it was.

    What has no root at all gets one. A prefix that nobody declared is declared: without that, names keep it.
    """
    if root is None:
        first = _BLOCK.search(text)
        assert first is not None
        name, opening, body = "urlset", "<urlset>", text[first.start() :]
    else:
        name, opening, body = root[1], root[0], text[root.end() :]
        if opening.endswith("/>"):
            return opening, False
        prefix = name.rpartition(":")[0]
        if prefix and f"xmlns:{prefix}" not in opening:
            opening = f'{opening[:-1]} xmlns:{prefix}="sitemap">'
    closing = f"</{name}"
    end = body.lower().rfind(closing.lower())
    if end >= 0:
        return f"{opening}{body[:end]}{closing}>", False
    last = None
    for last in _BLOCK_END.finditer(body):  # noqa: B007 - the last one is wanted
        pass
    return f"{opening}{body[: last.end()] if last else ''}{closing}>", root is not None


def _mended(text: str) -> str:
    """Return the text with its CDATA and what was left unescaped written as XML wants it.

    By hand, because a pattern takes quadratic time over sections that never end.
    """
    first, *sections = text.split(_CDATA)
    mended = [_UNESCAPED.sub(_escaped, first)]
    for section in sections:
        inside, _, after = section.partition("]]>")
        mended += (html.escape(inside), _UNESCAPED.sub(_escaped, after))
    return "".join(mended)


def _escaped(found: re.Match[str]) -> str:
    whole = found[0]
    if whole == "<":
        return "&lt;"
    if found[1] and (known := html.unescape(whole)) != whole:
        return html.escape(known)
    return "&amp;" + (found[1] or "")


def _parse(text: str) -> _Found:
    """Gather the blocks one by one, forgetting each, so that memory does not grow with their number."""
    found = _Found([], [])
    blocks = etree.iterparse(
        io.BytesIO(text.encode("utf-8", "replace")),
        events=("end",),
        tag=("{*}url", "{*}sitemap", "{*}URL", "{*}Url"),
        recover=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        for _, block in blocks:
            parent = block.getparent()
            if parent is None:
                continue
            gathered = found.urls if _name(block) == "url" else found.sitemaps
            entry = _entry(block, len(gathered), found)
            if entry.loc:
                gathered.append(entry)
            elif len(block):
                found.error = "blocks without an address"
            block.clear()
            while parent.getparent() is None and block.getprevious() is not None:
                del parent[0]
            if len(found.urls) + len(found.sitemaps) >= MOST_BLOCKS:
                break
    except etree.XMLSyntaxError as error:
        if "memory" in str(error).lower():
            raise MemoryError(str(error)) from error
        found.error = f"bad XML: {error}"[:300]
    return found


def _name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def _space(element: etree._Element) -> str:
    """Return the namespace of an element, or the prefix that nobody declared."""
    tag = element.tag if isinstance(element.tag, str) else ""
    return tag.rpartition("}")[0].lower() or tag.partition(":")[0].lower()


def _entry(block: etree._Element, place: int, found: _Found) -> _Entry:
    entry = _Entry(place=place)
    for child in block:
        name = _name(child)
        space = _space(child)
        if "image" in space or "video" in space or "xhtml" in space:
            continue
        if name == "loc":
            entry.loc = entry.loc or _text(child)
        elif name == "lastmod":
            entry.modified_raw = entry.modified_raw or _text(child) or None
        elif name == "news" or "news" in space:
            found.news = True
            _take_news(child, entry, found)
    return entry


def _take_news(news: etree._Element, entry: _Entry, found: _Found) -> None:
    """Read `<news:news>`, or one of its parts where it stands without it."""
    for part in news.iter():
        name = _name(part)
        if name == "title":
            entry.title = entry.title or plain(_text(part))
        elif name == "publication_date":
            entry.published_raw = entry.published_raw or _text(part) or None
        elif name == "name" and not found.publication:
            found.publication = plain(_text(part))


def _text(element: etree._Element) -> str:
    return " ".join("".join(map(str, element.itertext()))[:_LONGEST_TEXT].split())


def _newest(entries: list[_Entry], most: int, now: datetime) -> tuple[list[_Entry], int]:
    dates: dict[str, datetime | None] = {}  # whole sitemaps share one lastmod

    def moment(raw: str | None) -> datetime | None:
        if raw is None:
            return None
        if raw not in dates:
            dates[raw] = read_date(raw, now=now)
        return dates[raw]

    for entry in entries:
        entry.published, entry.modified = moment(entry.published_raw), moment(entry.modified_raw)
    if len(entries) <= most:
        return entries, 0
    kept = sorted(entries, key=lambda entry: entry.newest_first)[:most]
    return sorted(kept, key=lambda entry: entry.place), len(entries) - most


def _children(entries: list[_Entry], base: str, now: datetime) -> tuple[ChildSitemap, ...]:
    """Return the sitemaps of an index: those of articles before others, dated before undated, newest first.

    A month in an address dates it too. WordPress names no dates and has its newest articles in the last part.
    """
    children: dict[str, tuple[tuple[bool, float, int], ChildSitemap]] = {}
    own = url_key(base)
    for entry in entries:
        url = clean_url(entry.loc, base)
        if url is None or url_key(url) == own:
            continue
        modified = read_date(entry.modified_raw, now=now)
        moment = modified or _dated(url, now)
        part = _WORDPRESS_POSTS.search(url)
        rank = (
            bool(_NO_ARTICLES.search(urlsplit(url).path)),
            -moment.timestamp() if moment else 0.0,
            -int(part[1]) if part else entry.place,
        )
        children.setdefault(url_key(url), (rank, ChildSitemap(url=url, modified=modified)))
    return tuple(child for _, child in sorted(children.values(), key=lambda pair: pair[0])[:MOST_CHILDREN])


def _dated(url: str, now: datetime) -> datetime | None:
    found = _DATE_IN_URL.search(url)
    return read_date(f"{found[1]}-{found[2]}-{found[3] or '01'}", now=now) if found else None


def _item(entry: _Entry, base: str) -> FeedItem:
    return FeedItem(
        guid=None,
        url=clean_url(entry.loc, base),
        title=entry.title,
        summary="",
        content=None,
        published=entry.published,
        published_raw=entry.published_raw,
        updated=entry.modified,
        updated_raw=entry.modified_raw,
    )

"""What a page without a feed offers: the articles it links to, found by a declared selector or by how they look."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Final

from lxml.html import HtmlElement

from mirqab.arabic.dates import now_in, read_date
from mirqab.feeds.links import (
    Link,
    Target,
    article_targets,
    by_target,
    choose_headline,
    is_own,
    link_of,
    links_of,
    text_of,
)
from mirqab.feeds.pages import base_of
from mirqab.feeds.recognising import is_wall, refusal
from mirqab.markup import parse
from mirqab.selectors import select
from mirqab.types import FeedBody, FeedItem, FeedReading, Reason

_CARD_LEVELS: Final = 6
_MOST_NODES: Final = 300
_DATED: Final = re.compile(
    r"(?:\A|[\s_-])(?:date|time|datetime|published|posted|timestamp|ago)(?:\Z|[\s_-])", re.IGNORECASE
)
_LONGEST_DATE: Final = 60
_DATE_WORDS: Final = 8
_YEAR: Final = re.compile(r"(?<!\d)(?:20|٢٠|۲۰)\d\d(?!\d)")
# What a consent page asks before it shows anything.
_CONSENT: Final = re.compile(
    r"before you continue|cookie consent|قبل المتابعة|قبل أن تتابع|الموافقة على ملفات", re.IGNORECASE
)
_FEW: Final = 3
_SEVERAL = object()


def read(text: str, feed: FeedBody, encoding: str) -> FeedReading:
    """Return the articles that a page links to, in its order, one item for each address.

    With `feed.links` they are what that selector means: links, or what holds one or stands in one. Without, they are
    links to the page's own site that look like articles. NOT_A_FEED for a wall in front of the page; EMPTY, with what
    was seen, when there is none.
    """
    tree = parse(text) if "<" in text else None
    if tree is None:
        return refusal(Reason.NOT_A_FEED, "no page: no markup in it", encoding)
    base = base_of(tree, feed.url)
    links: list[Link] = []
    if feed.links is not None:
        try:
            selected = select(tree, feed.links)
        except ValueError as error:  # checked when it was declared; an older declaration may still hold it
            return refusal(Reason.UNREADABLE_FEED, str(error)[:300], encoding)
        targets = _declared(selected, base)
    else:
        links = links_of(tree, base)
        targets = article_targets(links, feed.url)
    if len(targets) < _FEW and (wall := _wall(text)) is not None:
        return refusal(Reason.NOT_A_FEED, wall, encoding)
    if not targets:
        return refusal(Reason.EMPTY, _why_empty(tree, links, feed), encoding)
    left_out = max(0, len(targets) - feed.max_items)
    now = now_in(feed.timezone)
    owners = _owners(targets)
    return FeedReading(
        version="section",
        encoding=encoding,
        title=_title(tree),
        items=tuple(_item(target, owners, now) for target in targets[: feed.max_items]),
        detail=f"{left_out} links beyond the first {feed.max_items} were left out" if left_out else None,
        left_out=left_out,
    )


def _declared(selected: Iterable[HtmlElement], base: str) -> list[Target]:
    links: list[Link] = []
    for element in islice(selected, 20_000):
        anchor = _anchor(element)
        link = link_of(anchor, base) if anchor is not None else None
        if link is not None:
            if not link.says and element is not anchor:
                link.says = text_of(element)
            links.append(link)
    targets = list(by_target(links).values())
    for target in targets:
        choose_headline(target)
    return targets


def _anchor(element: HtmlElement) -> HtmlElement | None:
    """Return the link that a selected element is, holds, or stands in; of several in a card the one in a heading."""
    if element.get("href"):
        return element
    inside = list(islice((node for node in element.iter("a") if node.get("href")), 20))
    if inside:
        headed = [node for heading in ("h1", "h2", "h3", "h4") for node in _below(element, heading)]
        return headed[0] if headed else max(inside, key=lambda node: len(text_of(node)))
    return next((node for node in islice(element.iterancestors("a"), _CARD_LEVELS) if node.get("href")), None)


def _below(element: HtmlElement, heading: str) -> list[HtmlElement]:
    return [
        node for found in islice(element.iter(heading), 3) for node in islice(found.iter("a"), 3) if node.get("href")
    ]


def _wall(text: str) -> str | None:
    if is_wall(text):
        return "a bot wall"
    return "a consent page" if _CONSENT.search(text[:20_000]) else None


def _why_empty(tree: HtmlElement, links: list[Link], feed: FeedBody) -> str:
    number = sum(1 for _ in tree.iter("a"))
    if feed.links is not None:
        return f"the selector {feed.links!r} finds no link among the {number} of the page"
    if not number:
        return "a page without links; it may be built by scripts"
    own = sum(is_own(link.url, feed.url) for link in links)
    return f"no link looks like an article: {number} links, {own} of them to this site outside of menus"


def _title(tree: HtmlElement) -> str:
    found = next(tree.iter("title"), None)
    return text_of(found) if found is not None else ""


def _owners(targets: list[Target]) -> dict[HtmlElement, object]:
    """Return for each element around the links which address alone is linked to in it, or that several are."""
    owners: dict[HtmlElement, object] = {}
    for target in targets:
        for link in target.links:
            for around in islice(link.element.iterancestors(), _CARD_LEVELS):
                if owners.setdefault(around, link.key) != link.key:
                    owners[around] = _SEVERAL
    return owners


def _item(target: Target, owners: dict[HtmlElement, object], now: datetime) -> FeedItem:
    published, published_raw = None, None
    for card in _cards(target, owners):
        published, published_raw = _date_in(card, now)
        if published_raw is not None:
            break
    return FeedItem(
        guid=None,
        url=target.url,
        title=target.headline,
        summary="",
        content=None,
        published=published,
        published_raw=published_raw,
    )


def _cards(target: Target, owners: dict[HtmlElement, object]) -> list[HtmlElement]:
    """Return what stands around the links to one address and to no other: each link's largest such element."""
    cards: list[HtmlElement] = []
    for link in target.links[:4]:
        card = link.element
        for around in islice(link.element.iterancestors(), _CARD_LEVELS):
            if owners.get(around) != link.key or around.tag in ("body", "main"):
                break
            card = around
        cards.append(card)
    return cards


def _date_in(card: HtmlElement, now: datetime) -> tuple[datetime | None, str | None]:
    """Return the date that a card shows and how: in a `<time>`, in what is marked as a date, as a line of its own."""
    said: list[tuple[int, str]] = []
    for node in islice(card.iter(), _MOST_NODES):
        if not isinstance(node.tag, str) or node.tag == "a":
            continue
        if node.tag == "time":
            rank, written = 0, node.get("datetime") or text_of(node)
        elif _DATED.search(f"{node.get('class') or ''} {node.get('itemprop') or ''}"):
            rank, written = 1, node.get("datetime") or node.get("content") or text_of(node)
        elif len(node) == 0 and node.text and _YEAR.search(node.text) and len(node.text.split()) <= _DATE_WORDS:
            rank, written = 2, " ".join(node.text.split())
        else:
            continue
        if written and len(written) <= _LONGEST_DATE:
            said.append((rank, written.strip()))
    said.sort(key=lambda pair: pair[0])
    for _, raw in said:
        moment = read_date(raw, now=now)
        if moment is not None:
            return moment, raw
    return None, said[0][1] if said and said[0][0] == 0 else None

"""Headline, dates and authors of a page, read from its tree by light code.

Order of trust: JSON-LD of the article, then the head's meta elements, then what a reader sees (`h1`, `time`, a line
with a date), and what the feed said. Nothing is guessed: a date that no source states stays unknown. Dates have a
module of their own (`dating`), which also says how conflicts are settled.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from lxml.html import HtmlElement

from mirqab.addresses import host_of
from mirqab.arabic.dates import read_date
from mirqab.extraction.dating import choose_published, meta_dates, zone_named
from mirqab.extraction.tree import letters_of
from mirqab.types import PageHints

_ARTICLE_TYPES: Final = re.compile(r"(?:Article|Posting|Report|Review)\Z")
_TRAILING_COMMA: Final = re.compile(r",\s*([}\]])")
_JSON_LIMIT: Final = 1_000_000
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>")
_UPDATED_NAMES: Final = (
    *("article:modified_time", "og:updated_time", "og:modified_time", "datemodified"),
    *("dcterms.modified", "dc.date.modified", "last-modified", "lastmod"),
)
_AUTHOR_NAMES: Final = ("author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "byl")
_TITLE_NAMES: Final = ("og:title", "twitter:title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title")
_SUMMARY_NAMES: Final = ("og:description", "description", "twitter:description")
_SENTENCE_WORDS: Final = 12
_SEPARATORS: Final = re.compile(r"\s+[|\-–—•»:]+\s+|\s*[|»]\s*")
_AUTHOR_PLACES: Final = (
    "//*[(@itemprop='author' or @rel='author' or contains(@class,'author') or contains(@class,'byline')"
    " or contains(@class,'writer')) and not(ancestor::form) and not(contains(@class,'comment'))]"
)
_NO_NAME: Final = re.compile(r"\d{2}|developed|powered|designed|[*:@]", re.IGNORECASE)
_BYLINE: Final = re.compile(
    r"^(?:بقلم|كتبت?|إعداد|تقرير|المصدر|(?:(?:posted|written|published) )?by)\s*[:/\-–]?\s+", re.IGNORECASE
)


@dataclass(slots=True)
class Metadata:
    """What a page says about its article; raw texts stand beside what was read from them."""

    headline: str = ""
    headlines: list[str] = field(default_factory=list)  # every other form of it, to recognise its repetition
    site: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    published_raw: str | None = None
    updated: datetime | None = None
    updated_raw: str | None = None
    summary: str = ""
    json_body: str = ""  # as stated: markup, entities and line breaks still in it
    language: str | None = None


def read_metadata(tree: HtmlElement, article: dict[str, Any], *, url: str, hints: PageHints) -> Metadata:
    """Return what the page, its JSON-LD (`article`, from `json_article`) and the feed's hints say about the article."""
    meta = _meta_elements(tree)
    found = Metadata(site=meta.get("og:site_name", ""), language=tree.get("lang") or None)
    found.summary = next((meta[name] for name in _SUMMARY_NAMES if name in meta), "")
    body = article.get("articleBody")
    found.json_body = body.strip() if isinstance(body, str) else ""
    _choose_headline(found, tree, meta, article, hints)
    found.authors = _authors(tree, meta, article, found.site, url) or hints.authors
    zone = zone_named(hints.timezone)
    stated = (text_of(article.get("datePublished")), *meta_dates(meta), text_of(article.get("dateCreated")))
    found.published, found.published_raw = choose_published(
        tree, stated, url=url, hints=hints, zone=zone, headlines=[found.headline, *found.headlines]
    )
    for raw in (text_of(article.get("dateModified")), *(meta.get(name, "") for name in _UPDATED_NAMES)):
        moment = read_date(raw, zone=zone, now=hints.fetched_at)
        if moment is not None:
            if found.published is None or moment >= found.published:
                found.updated, found.updated_raw = moment, raw
            break
    return found


def _meta_elements(tree: HtmlElement) -> dict[str, str]:
    """Return the first content of every meta element by its lower-cased name, property or itemprop."""
    meta: dict[str, str] = {}
    for element in tree.iter("meta"):
        content = element.get("content")
        if not content:
            continue
        name = element.get("property") or element.get("name") or element.get("itemprop")
        if name and (value := _clean(content)):
            meta.setdefault(name.strip().lower(), value)
    return meta


# ------------------------------------------------------------------------------------------- JSON-LD


def json_article(tree: HtmlElement) -> dict[str, Any]:
    """Return the page's first article object of JSON-LD that has a headline or a date, else an empty one."""
    size = 0
    best: dict[str, Any] = {}
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        raw = script.text or ""
        size += len(raw)
        if size > _JSON_LIMIT:
            break
        for thing in _things(_json(raw)):
            if not any(_ARTICLE_TYPES.search(kind) for kind in _types(thing)):
                continue
            if thing.get("headline") and thing.get("datePublished"):
                return thing
            best = best or thing
    return best


def _json(raw: str) -> Any:
    """Return what a script of JSON-LD holds, without the wrappings of another age around it, or None."""
    text = raw.replace("<![CDATA[", "").replace("]]>", "")
    starts = [place for place in (text.find("{"), text.find("[")) if place >= 0]
    if not starts:
        return None
    text = text[min(starts) : max(text.rfind("}"), text.rfind("]")) + 1]
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", text)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _things(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > 5:
        return
    if isinstance(value, list):
        for item in value[:100]:
            yield from _things(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _things(value.get(key), depth + 1)


def _types(thing: dict[str, Any]) -> list[str]:
    kinds = thing.get("@type")
    return [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]


def text_of(value: Any) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return _clean(value) if isinstance(value, str) else ""


def _clean(value: str) -> str:
    """Return plain text of a metadata value, which publishers escape once or twice."""
    if "&" in value:
        value = html.unescape(value)
    if "<" in value:
        value = _TAG.sub(" ", value)
    return " ".join(value.split())


# ------------------------------------------------------------------------------------------ headline


def _choose_headline(
    found: Metadata, tree: HtmlElement, meta: dict[str, str], article: dict[str, Any], hints: PageHints
) -> None:
    """Pick the headline that the page shows, without the site's name that its other forms carry."""
    shown = [(" ".join(element.text_content().split()), element) for element in list(tree.iter("h1"))[:5]]
    shown = [(text, element) for text, element in shown if 3 < len(text) < 400]
    seen = [text for text, _ in shown]
    named = [
        text for text in (text_of(article.get("headline")), *(meta.get(name, "") for name in _TITLE_NAMES)) if text
    ]
    title = next((" ".join(element.text_content().split()) for element in tree.iter("title")), "")
    feed = hints.title or ""
    said = [text for text in (*named, title, feed) if text]
    # An h1 that another source repeats is the headline without decoration; unconfirmed it may be the site's name.
    confirmed = next((text for text in seen if any(_alike(text, other) for other in said)), "")
    # one of few words may be a section's name, unless it heads the article
    words = 1 if shown and next(shown[0][1].iterancestors("article"), None) is not None else 3
    alone = len(seen) == 1 and len(seen[0].split()) > words and not _is_sentence(seen[0])
    lone = seen[0] if alone and letters_of(seen[0]) != letters_of(found.site) else ""
    stripped = [_without_site(text, found.site) for text in (*named, title)]
    choices = [confirmed, *stripped[: len(named)], feed, lone, *stripped[len(named) :], *seen[:1]]
    found.headline = next((text for text in choices if text), "")
    forms = [text for text in dict.fromkeys((*seen, *named, title, feed, *stripped)) if text]
    found.headlines = [text for text in forms if _alike(text, found.headline) or not _is_sentence(text)]


def _is_sentence(text: str) -> bool:
    """Tell whether a heading is a paragraph in large letters: some pages begin their text so."""
    return text.rstrip().endswith(".") and len(text.split()) >= _SENTENCE_WORDS


def _alike(seen: str, said: str) -> bool:
    """Tell whether two texts are forms of one headline: one begins or ends the other, or they share most words."""
    left, right = letters_of(seen), letters_of(said)
    if left == right or (len(left) > 10 and (right.startswith(left) or right.endswith(left))):
        return bool(left)
    words, others = set(seen.split()), set(said.split())
    return len(words) > 3 and 2 * len(words & others) > len(words | others)


def _without_site(text: str, site: str) -> str:
    """Return a title without the name of the site at its start or end."""
    pieces = _SEPARATORS.split(text)
    if len(pieces) < 2 or not site:
        return text
    name = letters_of(site)
    if letters_of(pieces[-1]) == name:
        return text[: text.rfind(pieces[-1])].rstrip(" |-–—•»:")
    if letters_of(pieces[0]) == name:
        return text[len(pieces[0]) :].lstrip(" |-–—•»:")
    return text


# ------------------------------------------------------------------------------------------- authors


def _authors(tree: HtmlElement, meta: dict[str, str], article: dict[str, Any], site: str, url: str) -> tuple[str, ...]:
    """Return the first persons named, strongest source first; the site itself is no author."""
    names_of_site = {letters_of(site).lower(), *(letters_of(label).lower() for label in host_of(url).split("."))}
    names_of_site |= {
        letters_of(piece).lower() for title in tree.iter("title") for piece in _SEPARATORS.split(title.text or "")
    }
    for names in _author_names(tree, meta, article):
        cleaned = [_BYLINE.sub("", name).strip(" ,،|-") for name in names]
        kept = [name for name in cleaned if 1 < len(name) <= 60 and "://" not in name and not _NO_NAME.search(name)]
        kept = [name for name in kept if letters_of(name).lower() not in names_of_site]
        if kept:
            return tuple(dict.fromkeys(kept))
    return ()


def _author_names(tree: HtmlElement, meta: dict[str, str], article: dict[str, Any]) -> Iterator[list[str]]:
    yield list(_json_names(article.get("author")))
    yield [meta[name] for name in _AUTHOR_NAMES if name in meta]
    yield [" ".join(place.text_content().split()) for place in tree.xpath(_AUTHOR_PLACES)[:5]]


def _json_names(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value[:20]:
            yield from _json_names(item)
    elif isinstance(value, dict):
        # an organisation as the author is the outlet, which is known
        if "Organization" not in _types(value) and (name := text_of(value.get("name"))):
            yield name
    elif isinstance(value, str) and (name := _clean(value)):
        yield name

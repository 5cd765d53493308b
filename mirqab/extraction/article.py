"""The steps from a page to an `Extraction`, and the judgement whether what came out is an article."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from lxml.html import HtmlElement

from mirqab.arabic import arabic_share
from mirqab.arabic.encodings import without_controls
from mirqab.extraction.blocks import read_blocks
from mirqab.extraction.body import body_lines, without_heading
from mirqab.extraction.boilerplate import plain_lines, without_boilerplate
from mirqab.extraction.embeds import part_embeds, take_embeds
from mirqab.extraction.judging import JSON_LD, LIBRARY, Body, settle
from mirqab.extraction.language import language_of
from mirqab.extraction.leads import lead_of
from mirqab.extraction.listings import is_listing
from mirqab.extraction.metadata import Metadata, json_article, read_metadata
from mirqab.extraction.notices import detour_of, detour_refusal, is_walled
from mirqab.extraction.stated import stated_lines
from mirqab.extraction.tree import drop_unseen, is_cut_off, is_outsized, parse, read_characters
from mirqab.types import Extraction, PageHints, Reason

_BINARY: Final = (
    b"%PDF",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"RIFF",
    b"\x00\x00\x00\x18ftyp",
)
_MARKUP: Final = re.compile(
    r"<(?:!doctype|html|head|body|div|p|article|section|main|span|meta|title|h1|table)\b", re.IGNORECASE
)
# Arabic text with Latin names, quotes and figures stays well above; a foreign page well below.
_LEAST_ARABIC: Final = 0.4


def extract(html: bytes, *, url: str, content_type: str | None, hints: PageHints) -> Extraction:
    """Return the article of a page: headline, body, dates, authors; or the problem that makes it none.

    `url` is where the bytes came from, `content_type` the answer's header, `hints` what the feed and the declaration
    said. Never raises for content. Problems: EMPTY, NOT_HTML, NO_ARTICLE, WRONG_LANGUAGE.
    """
    if not html.strip():
        return _refused(Reason.EMPTY, "the body is empty", hints)
    if html.lstrip()[:16].startswith(_BINARY) or _other_type(content_type):
        return _refused(Reason.NOT_HTML, f"content type {content_type or 'unknown'}, and no markup", hints)
    page = read_characters(html, content_type)
    if not _MARKUP.search(page.text):
        return _refused(Reason.NOT_HTML, "no markup in it", hints)
    tree = parse(page.text)
    if tree is None:
        return _refused(Reason.NOT_HTML, "no markup could be read", hints)
    article = json_article(tree)
    detour = detour_of(tree)
    embeds = take_embeds(tree)
    drop_unseen(tree)
    metadata = read_metadata(tree, article, url=url, hints=hints)
    known = [metadata.headline, *metadata.headlines, metadata.published_raw or ""]
    body = _stated(tree, metadata, known)
    if body is None:
        lines = [] if is_outsized(tree) else without_heading(body_lines(tree, url=url), known)
        body = settle(lines, tree, metadata, hints)
        if body.lines:
            own = without_boilerplate(body.lines, tree, authors=metadata.authors)
            body = replace(body, lines=own, refusal="" if own else "only labels and promotions")
        if body.lines and (lead := lead_of(read_blocks(tree, known), body.lines, known, metadata.summary)):
            body = Body([lead, *body.lines], body.extractor)
        if is_listing(body.lines, tree, known):
            return _refused(Reason.NO_ARTICLE, "a list of articles, none of its own", hints, metadata)
    if body.refusal:
        deep = "elements are nested deeper than is read" if is_cut_off(tree) else ""
        detail = deep or (body.refusal if body.noticed else detour_refusal(detour, tree) or body.refusal)
        return _refused(Reason.NO_ARTICLE, detail, hints, metadata)
    lines, embeds = part_embeds(body.lines, embeds)
    return replace(_judged(metadata, replace(body, lines=lines), hints, part=is_walled(tree)), embeds=embeds)


def _stated(tree: HtmlElement, metadata: Metadata, known: list[str]) -> Body | None:
    """Return the body that the page states in its JSON-LD, when the page itself bears it out."""
    if not metadata.json_body:
        return None
    lines = stated_lines(metadata.json_body, read_blocks(tree, known))
    return Body(plain_lines(without_heading(lines, known), authors=metadata.authors), JSON_LD) if lines else None


def _judged(metadata: Metadata, taken: Body, hints: PageHints, *, part: bool) -> Extraction:
    """Say whether headline and body are an article in Arabic, and how far to trust them.

    `part` says that the rest of it stands behind a wall: what is open is kept, and half trusted.
    """
    body = without_controls("\n".join(taken.lines))
    letters = sum(map(str.isalpha, body))
    share = arabic_share(body)
    if share < _LEAST_ARABIC:
        return _refused(Reason.WRONG_LANGUAGE, f"{share:.0%} of the letters are Arabic", hints, metadata)
    language = language_of(body)
    if language != "ar":
        return _refused(Reason.WRONG_LANGUAGE, f"Arabic script, but the language is {language}", hints, metadata)
    return Extraction(
        headline=without_controls(metadata.headline),
        body=body,
        authors=tuple(map(without_controls, metadata.authors)),
        published=metadata.published,
        published_raw=metadata.published_raw,
        updated=metadata.updated,
        updated_raw=metadata.updated_raw,
        language=language,
        extractor=taken.extractor,
        quality=round(_quality(metadata, letters, share) * (0.5 if part else 1), 2),
        detail="only the open part: the rest is for subscribers" if part else None,
    )


def _refused(problem: Reason, detail: str, hints: PageHints, metadata: Metadata | None = None) -> Extraction:
    return Extraction(
        headline=without_controls((metadata.headline if metadata else "") or hints.title or ""),
        body="",
        authors=metadata.authors if metadata else hints.authors,
        published=metadata.published if metadata else hints.published,
        published_raw=metadata.published_raw if metadata else hints.published_raw,
        updated=metadata.updated if metadata else None,
        updated_raw=metadata.updated_raw if metadata else None,
        language=None,
        extractor=LIBRARY,
        quality=0.0,
        problem=problem,
        detail=detail,
    )


def _other_type(content_type: str | None) -> bool:
    """Tell whether the header names something that is certainly no page."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    return kind.startswith(("image/", "audio/", "video/", "font/")) or kind in {
        "application/pdf",
        "application/zip",
        "application/json",
        "application/rss+xml",
        "application/atom+xml",
    }


def _quality(metadata: Metadata, letters: int, share: float) -> float:
    """Return how complete the extraction is, 0 to 1.

    Half is the body's length (full from 1,000 letters), the rest in equal parts: a headline, a date, nearly all of
    the letters Arabic.
    """
    length = min(letters / 1000, 1.0)
    parts = (bool(metadata.headline), metadata.published is not None, share > 0.8)
    return round(0.5 * length + 0.5 * sum(parts) / 3, 2)

"""The steps from a page to an `Extraction`, and the judgement whether what came out is an article."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mirqab.arabic import arabic_share
from mirqab.arabic.encodings import without_controls
from mirqab.extraction.embeds import part_embeds, take_embeds
from mirqab.extraction.judging import LEAST_ARABIC, LIBRARY, Body
from mirqab.extraction.ladder import STATED, Reading, climb
from mirqab.extraction.language import language_of
from mirqab.extraction.listings import is_listing
from mirqab.extraction.metadata import Metadata, json_article, read_metadata
from mirqab.extraction.notices import detour_of, detour_refusal, is_walled
from mirqab.extraction.quality import quality_of, quality_parts
from mirqab.extraction.repeats import without_repeated
from mirqab.extraction.tree import drop_unseen, is_cut_off, read_characters
from mirqab.markup import parse
from mirqab.types import Extraction, PageHints, Reason

if TYPE_CHECKING:
    from mirqab.extraction.learned import Layout

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


def extract(
    html: bytes, *, url: str, content_type: str | None, hints: PageHints, layout: Layout | None = None
) -> Extraction:
    """Return the article of a page: headline, body, dates, authors; or the problem that makes it none.

    `url` is where the bytes came from, `content_type` the answer's header, `hints` what the feed and the declaration
    said. `layout` is what earlier pages of the outlet taught, and learns from this one; without it a page is read for
    itself. Never raises for content. Problems: EMPTY, NOT_HTML, NO_ARTICLE, WRONG_LANGUAGE.
    """
    if not html.strip():
        return _refused(Reason.EMPTY, "the body is empty", hints)
    if html.lstrip()[:16].startswith(_BINARY) or _other_type(content_type):
        return _refused(Reason.NOT_HTML, f"content type {content_type or 'unknown'}, and no markup", hints)
    text = read_characters(html, content_type).text
    if not _MARKUP.search(text):
        return _refused(Reason.NOT_HTML, "no markup in it", hints)
    tree = parse(text)
    if tree is None:
        return _refused(Reason.NOT_HTML, "no markup could be read", hints)
    article = json_article(tree)
    detour = detour_of(tree)
    embeds = take_embeds(tree)
    drop_unseen(tree)
    metadata = read_metadata(tree, article, url=url, hints=hints)
    page = Reading(tree, url, metadata, hints)
    body = climb(page, layout)
    if body.extractor not in STATED and is_listing(body.lines, tree, page.known):
        return _refused(Reason.NO_ARTICLE, "a list of articles, none of its own", hints, metadata)
    if body.refusal:
        deep = "elements are nested deeper than is read" if is_cut_off(tree) else ""
        detail = deep or (body.refusal if body.noticed else detour_refusal(detour, tree) or body.refusal)
        return _refused(Reason.NO_ARTICLE, detail, hints, metadata)
    lines, embeds = part_embeds(body.lines, embeds)
    if layout is not None:
        lines = without_repeated(lines, page, layout.repeated)
        if not lines:
            return _refused(Reason.NO_ARTICLE, "only lines that many pages of the outlet have", hints, metadata)
    return replace(_judged(page, replace(body, lines=lines), part=is_walled(tree)), embeds=embeds)


def _judged(page: Reading, taken: Body, *, part: bool) -> Extraction:
    """Say whether headline and body are an article in Arabic, and how far to trust them.

    `part` says that the rest of it stands behind a wall: what is open is kept, and half trusted.
    """
    metadata, hints = page.metadata, page.hints
    body = without_controls("\n".join(taken.lines))
    share = arabic_share(body)
    if share < LEAST_ARABIC:
        return _refused(Reason.WRONG_LANGUAGE, f"{share:.0%} of the letters are Arabic", hints, metadata)
    language = language_of(body)
    if language != "ar":
        return _refused(Reason.WRONG_LANGUAGE, f"Arabic script, but the language is {language}", hints, metadata)
    parts = quality_parts(page, taken, body, part=part)
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
        quality=quality_of(parts),
        quality_parts=parts,
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

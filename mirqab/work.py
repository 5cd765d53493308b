"""The pure function of a worker process: a fetched page in, an article with its verdicts out.

`prepare` runs once per process and pins the topics; `work` is then called for one page after another. The raw page is
appended to this process's own WARC file before anything is made of it, so that a page which kills the worker is kept
as evidence.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mirqab.killpoints import kill_point
from mirqab.types import Article, Extraction, Page, RawLocation, Reason, StoredText, Verdict, Worked, make_id

if TYPE_CHECKING:
    from mirqab.archive.raw import RawWriter
    from mirqab.extraction import Layouts
    from mirqab.topics import Judge, Topic


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkPlan:
    """What every worker process of a run needs: the topics, pinned, and where raw pages go (None keeps none).

    `layouts_folder` is where what is learned of each outlet's pages is kept; with None nothing is learned of them.
    `max_page_bytes` is what a page may weigh once inflated: a bomb of a gigabyte is refused without being unpacked.
    """

    topics: tuple[Topic, ...] = ()
    raw_folder: Path | None = None
    layouts_folder: Path | None = None
    max_page_bytes: int = 15 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Prepared:
    judge: Judge
    judged: tuple[tuple[str, str], ...]
    raw: RawWriter | None
    layouts: Layouts | None
    max_page_bytes: int


_prepared: _Prepared | None = None


class BrokenBodyError(ValueError):
    """The compressed bytes of a page end early or make no sense."""


class BodyTooLargeError(ValueError):
    """The page is larger than the plan allows once inflated."""


def prepare(plan: WorkPlan) -> None:
    """Make the plan's topics ready to judge by, and open the raw file, once per process."""
    global _prepared
    from mirqab.topics import Judge  # like all that pages need, not loaded by whoever reads feeds alone

    raw = None
    if plan.raw_folder is not None:
        from mirqab.archive.raw import RawWriter

        raw = RawWriter(plan.raw_folder)
    layouts = None
    if plan.layouts_folder is not None:
        from mirqab.extraction import Layouts

        layouts = Layouts(plan.layouts_folder)
    _prepared = _Prepared(
        judge=Judge(plan.topics),
        judged=tuple((topic.id, topic.version) for topic in plan.topics),
        raw=raw,
        layouts=layouts,
        max_page_bytes=plan.max_page_bytes,
    )


def work(page: Page) -> Worked:
    """Return what a page of a successful answer is: an article with its verdicts, or the reason why it is none.

    Kept are the verdicts worth keeping; `judged` names every topic that looked. Raises only for a process that was
    not prepared, and MemoryError.
    """
    if _prepared is None:
        raise RuntimeError("prepare(plan) must run before work(page)")
    location = None if _prepared.raw is None else _prepared.raw.append(page)
    kill_point("in_worker")
    try:
        html = inflate(page.body, page.content_encoding, limit=_prepared.max_page_bytes)
    except BodyTooLargeError as error:
        return no_article(page, Reason.TOO_LARGE, str(error), raw=location)
    except BrokenBodyError as error:
        return no_article(page, Reason.BROKEN_ANSWER, str(error), raw=location)
    extraction = _extraction(page, html, _prepared.layouts)
    if extraction.problem is not None:
        return no_article(page, extraction.problem, extraction.detail, raw=location)
    article = _article(page, extraction)
    verdicts = _prepared.judge.scored(
        title=article.headline, text=article.body, published=article.published, outlet=page.outlet
    )
    return Worked(
        page_url=page.url,
        final_url=page.final_url,
        entry=page.entry,
        outlet=page.outlet,
        fetched_at=page.fetched_at,
        status=page.status,
        article=article,
        verdicts=verdicts,
        judged=_prepared.judged,
        raw=location,
    )


def judge(texts: Sequence[StoredText]) -> list[tuple[Verdict, ...]]:
    """Return for each stored text the verdicts worth keeping, and those that it asks for.

    Raises only for a process that was not prepared, and MemoryError.
    """
    if _prepared is None:
        raise RuntimeError("prepare(plan) must run before judge(texts)")
    from mirqab.topics import worth_keeping

    found = []
    for text in texts:
        judge = _prepared.judge.judge if text.whole or text.asked else _prepared.judge.scored
        said = judge(title=text.headline, text=text.body, published=text.published, outlet=text.outlet)
        if text.asked and not text.whole:
            said = tuple(one for one in said if one.topic in text.asked or worth_keeping(one))
        found.append(said)
    return found


def _extraction(page: Page, html: bytes, layouts: Layouts | None) -> Extraction:
    """Take the article out of a page, with what is known of its outlet's pages, which it may add to."""
    layout = None if layouts is None else layouts.of(page.outlet)
    hints = replace(page.hints, fetched_at=page.fetched_at)
    from mirqab.extraction import extract  # by workers alone: whoever starts them does without its libraries

    found = extract(html, url=page.final_url, content_type=_content_type(page), hints=hints, layout=layout)
    if layouts is not None:
        layouts.keep(page.outlet)
    return found


def no_article(page: Page, problem: Reason, detail: str | None, *, raw: RawLocation | None = None) -> Worked:
    """Return the outcome of a page that gave no article."""
    return Worked(
        page_url=page.url,
        final_url=page.final_url,
        entry=page.entry,
        outlet=page.outlet,
        fetched_at=page.fetched_at,
        status=page.status,
        article=None,
        raw=raw,
        problem=problem,
        detail=detail,
    )


def inflate(body: bytes, content_encoding: str, *, limit: int) -> bytes:
    """Return the bytes of a body that came as `gzip`, `deflate` or plain (empty), at most `limit` of them.

    A server that says gzip and sends plain bytes is believed by its bytes. Raises BodyTooLargeError, and
    BrokenBodyError for a cut or senseless stream and for encodings that were never asked for.
    """
    encoding = content_encoding.strip().lower()
    if encoding in {"", "identity"} or not body:
        plain = body
    elif encoding in {"gzip", "x-gzip"}:
        plain = _members(body, limit) if body.startswith(b"\x1f\x8b") else body
    elif encoding == "deflate":
        plain = _deflated(body, limit)
    else:
        raise BrokenBodyError(f"content encoding {content_encoding[:40]!r} was not asked for")
    if len(plain) > limit:
        raise BodyTooLargeError(f"more than {limit} bytes")
    return plain


def _members(body: bytes, limit: int) -> bytes:
    """Inflate gzip, which may be several members one after another; what follows the last is ignored."""
    parts: list[bytes] = []
    size = 0
    while body.startswith(b"\x1f\x8b"):
        inflater = zlib.decompressobj(31)
        part = _bounded(inflater.decompress, body, limit + 1 - size)
        parts.append(part)
        size += len(part)
        if size > limit:
            break
        if not inflater.eof:
            raise BrokenBodyError("the gzip stream ends early")
        body = inflater.unused_data
    return b"".join(parts)


def _deflated(body: bytes, limit: int) -> bytes:
    """Inflate deflate, which servers send with and without its zlib header."""
    for window in (15, -15):
        inflater = zlib.decompressobj(window)
        try:
            plain = _bounded(inflater.decompress, body, limit + 1)
        except BrokenBodyError:
            continue
        if inflater.eof or len(plain) > limit:
            return plain
    if body.lstrip()[:1] == b"<":
        return body
    raise BrokenBodyError("the deflate stream ends early or is none")


def _bounded(decompress: Callable[[bytes, int], bytes], body: bytes, most: int) -> bytes:
    try:
        return decompress(body, most)
    except zlib.error as error:
        raise BrokenBodyError(str(error)) from error


def _content_type(page: Page) -> str | None:
    return next((value for name, value in page.headers if name.lower() == "content-type"), None)


def _article(page: Page, extraction: Extraction) -> Article:
    from mirqab.copies import signature
    from mirqab.credits import agencies_of
    from mirqab.fingerprints import fingerprint

    return Article(
        id=make_id("a", page.entry),
        entry=page.entry,
        outlet=page.outlet,
        url=page.final_url,
        headline=extraction.headline,
        body=extraction.body,
        authors=extraction.authors,
        published=extraction.published,
        published_raw=extraction.published_raw,
        updated=extraction.updated,
        updated_raw=extraction.updated_raw,
        language=extraction.language,
        extractor=extraction.extractor,
        quality=extraction.quality,
        fetched_at=page.fetched_at,
        fingerprint=fingerprint(extraction.headline, extraction.body),
        quality_parts=extraction.quality_parts,
        embeds=extraction.embeds,
        agencies=agencies_of(extraction.headline, extraction.body, extraction.authors),
        signature=signature(extraction.headline, extraction.body),
    )

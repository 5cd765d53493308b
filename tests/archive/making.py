"""Values to put into an archive: small, with fictional Arabic news of our own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from mirqab.addresses import url_key
from mirqab.fingerprints import fingerprint
from mirqab.types import (
    Article,
    Evidence,
    FeedItem,
    FeedReading,
    FeedSnapshot,
    Grade,
    RawLocation,
    Reason,
    Sentence,
    Span,
    Validators,
    Verdict,
    Worked,
    make_id,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FEED = "https://rasid.example/rss.xml"
WEEK_S = 7 * 86_400.0
TALKS = "أعلنت وزارة الدفاع في جمهورية النخيل بدء محادثات بشأن انسحاب القوات الأجنبية من أراضيها."
TOPIC = ("troop-withdrawal-talks", "v1")


def item(
    slug: str | None,
    title: str = "خبر",
    *,
    summary: str = "",
    published: datetime | None = NOON,
    updated: datetime | None = None,
    host: str = "rasid.example",
) -> FeedItem:
    """Return an item that links to /slug, or to nothing."""
    return FeedItem(
        guid=slug,
        url=None if slug is None else f"https://{host}/{slug}",
        title=title,
        summary=summary,
        content=None,
        published=published,
        updated=updated,
    )


def reading(*items: FeedItem, problem: Reason | None = None) -> FeedReading:
    """Return what the bytes of a feed said."""
    return FeedReading(version="rss20", encoding="utf-8", title="راصد", items=items, problem=problem)


def snapshot(
    *items: FeedItem,
    outlet: str = "rasid",
    url: str = FEED,
    at: datetime = NOON,
    etag: str | None = None,
    problem: Reason | None = None,
) -> FeedSnapshot:
    """Return a good answer with these items, or one with a problem."""
    return FeedSnapshot(
        outlet=outlet,
        url=url,
        fetched_at=at,
        status=200,
        validators=Validators(etag=etag),
        reading=reading(*items, problem=problem),
    )


def no_answer(problem: Reason, *, at: datetime = NOON) -> FeedSnapshot:
    """Return a poll that met no server."""
    return FeedSnapshot(outlet="rasid", url=FEED, fetched_at=at, status=0, problem=problem, detail="refused")


def entry_id(slug: str, *, outlet: str = "rasid", host: str = "rasid.example") -> str:
    """Return the id of the entry that an item of this slug becomes."""
    return make_id("e", outlet, url_key(f"https://{host}/{slug}"))


def body(subject: str, *, sentences: int = 4) -> str:
    """Return a text about a subject, long enough that the headline is no part of its fingerprint."""
    return "\n".join(
        f"الفقرة {number} من خبر طويل عن {subject} كتبناه للتجربة فقط." for number in range(1, sentences + 1)
    )


def verdict(text: str, *, flagged: bool = True, score: float = 7.0, topic: tuple[str, str] = TOPIC) -> Verdict:
    """Return a verdict whose one sentence is the text's first line."""
    first = text.split("\n", 1)[0]
    span = Span(field="text", start=0, stop=len(first))
    mark = Evidence(
        span=Span(field="text", start=0, stop=5), text=first[:5], concept="talks", rule="talks", points=score
    )
    return Verdict(
        topic=topic[0],
        version=topic[1],
        flagged=flagged,
        score=score,
        threshold=5.0,
        grade=Grade.MAIN if flagged else Grade.BACKGROUND,
        sum=(("talks", score),),
        sentences=(Sentence(span=span, points=score, parts=(("talks", score),), evidence=(mark,)),),
        facets={"theatre": ("العراق", "سوريا"), "act": ("talks",)} if flagged else {},
        missing=() if flagged else ("no talks",),
    )


def worked(
    slug: str,
    text: str,
    *,
    headline: str = "عنوان الخبر",
    outlet: str = "rasid",
    host: str = "rasid.example",
    final_url: str | None = None,
    verdicts: Sequence[Verdict] = (),
    version: str = "v1",
    minutes: int = 0,
) -> Worked:
    """Return a page of the outlet worked into an article with this text."""
    entry = entry_id(slug, outlet=outlet, host=host)
    url = f"https://{host}/{slug}"
    at = NOON + timedelta(minutes=minutes)
    return Worked(
        page_url=url,
        final_url=final_url or url,
        entry=entry,
        outlet=outlet,
        fetched_at=at,
        status=200,
        article=Article(
            id=make_id("a", entry),
            entry=entry,
            outlet=outlet,
            url=final_url or url,
            headline=headline,
            body=text,
            authors=("كاتب",),
            published=NOON,
            published_raw="Sun, 22 Nov 2026 12:00:00 GMT",
            updated=None,
            updated_raw=None,
            language="ar",
            extractor="trafilatura",
            quality=0.9,
            fetched_at=at,
            fingerprint=fingerprint(headline, text),
        ),
        verdicts=tuple(verdicts),
        judged=((TOPIC[0], version),),
        raw=RawLocation(file="2026-11-22/7-1.warc.gz", offset=10 + minutes, length=100),
    )


def unworked(slug: str, problem: Reason = Reason.NO_ARTICLE) -> Worked:
    """Return a page that was fetched and is no article."""
    url = f"https://rasid.example/{slug}"
    return Worked(
        page_url=url,
        final_url=url,
        entry=entry_id(slug),
        outlet="rasid",
        fetched_at=NOON,
        status=200,
        article=None,
        raw=RawLocation(file="2026-11-22/7-1.warc.gz", offset=900, length=50),
        problem=problem,
    )

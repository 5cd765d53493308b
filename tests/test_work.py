"""What a worker makes of a fetched page: article, fingerprint, verdicts, and the raw page kept first."""

from __future__ import annotations

import gzip
import pickle
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mirqab.archive.raw import read_raw
from mirqab.declarations import load_topic_documents
from mirqab.settings import Settings
from mirqab.topics import compile_topic
from mirqab.types import Page, PageHints, Reason, make_id
from mirqab.work import BodyTooLargeError, BrokenBodyError, WorkPlan, inflate, prepare, work

PARAGRAPH = "أعلنت الحكومة العراقية بدء محادثات مع واشنطن بشأن جدول زمني لانسحاب القوات الأمريكية من البلاد. "
ARTICLE = f"<html><body><h1>بغداد وواشنطن تبحثان سحب القوات الأمريكية</h1><p>{PARAGRAPH * 3}</p></body></html>"
WEATHER = (
    f"<html><body><h1>طقس معتدل في العاصمة</h1><p>{'تتوقع الأرصاد طقسا معتدلا مع رياح خفيفة. ' * 5}</p></body></html>"
)


def page(body: str | bytes, content_encoding: str = "") -> Page:
    return Page(
        entry="e1",
        outlet="noor",
        url="https://news.example/1",
        final_url="https://news.example/final",
        status=200,
        headers=(("Content-Type", "text/html; charset=utf-8"),),
        body=body.encode() if isinstance(body, str) else body,
        content_encoding=content_encoding,
        fetched_at=datetime(2026, 11, 20, tzinfo=UTC),
        hints=PageHints(published=datetime(2026, 11, 19, 8, tzinfo=UTC), published_raw="raw"),
    )


@pytest.fixture
def prepared(settings: Settings, tmp_path: Path) -> Path:
    """The real topics, and a private raw folder."""
    topics = tuple(map(compile_topic, load_topic_documents(settings)))
    prepare(WorkPlan(topics=topics, raw_folder=tmp_path / "raw"))
    return tmp_path / "raw"


def test_a_page_on_the_topic_comes_back_with_article_verdict_and_raw_page(prepared: Path) -> None:
    worked = work(page(gzip.compress(ARTICLE.encode()), "gzip"))

    assert worked.problem is None
    assert worked.article is not None
    assert worked.article.id == make_id("a", "e1")
    assert worked.article.url == "https://news.example/final"
    assert worked.article.published == datetime(2026, 11, 19, 8, tzinfo=UTC)
    assert len(worked.article.fingerprint) == 32
    (verdict,) = worked.verdicts
    assert verdict.flagged
    assert worked.judged == ((verdict.topic, verdict.version),)
    assert worked.raw is not None
    assert gzip.decompress(read_raw(prepared, worked.raw)[2]).decode() == ARTICLE
    assert pickle.loads(pickle.dumps(worked)) == worked


def test_a_page_off_the_topic_is_judged_and_keeps_no_verdict(prepared: Path) -> None:
    worked = work(page(WEATHER))

    assert worked.article is not None
    assert worked.verdicts == ()
    assert [topic for topic, _ in worked.judged] == ["troop-withdrawal-talks"]


def test_a_page_that_is_no_article_says_so_and_is_kept(prepared: Path) -> None:
    worked = work(page("<html><body></body></html>"))

    assert worked.article is None
    assert worked.problem is Reason.NO_ARTICLE
    assert worked.raw is not None


@pytest.mark.parametrize(
    ("body", "encoding", "problem"),
    [
        (gzip.compress(bytes(20 * 1024 * 1024)), "gzip", Reason.TOO_LARGE),
        (gzip.compress(ARTICLE.encode())[:-30], "gzip", Reason.BROKEN_ANSWER),
        (b"\x00\x01\x02", "deflate", Reason.BROKEN_ANSWER),
        (ARTICLE.encode(), "br", Reason.BROKEN_ANSWER),
        (b"", "gzip", Reason.EMPTY),
    ],
)
def test_what_cannot_be_inflated_has_a_reason(prepared: Path, body: bytes, encoding: str, problem: Reason) -> None:
    assert work(page(body, encoding)).problem is problem


def test_a_page_may_weigh_what_the_plan_says() -> None:
    prepare(WorkPlan(max_page_bytes=len(ARTICLE.encode())))

    assert work(page(gzip.compress(ARTICLE.encode()), "gzip")).problem is None
    assert work(page(gzip.compress(ARTICLE.encode() + b" "), "gzip")).problem is Reason.TOO_LARGE


def _raw_deflate(body: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(body) + deflater.flush()


@pytest.mark.parametrize(
    ("pack", "encoding"),
    [
        (gzip.compress, "gzip"),
        (gzip.compress, " X-GZIP "),
        (zlib.compress, "deflate"),
        (_raw_deflate, "deflate"),
        (bytes, ""),
        (bytes, "identity"),
        (bytes, "gzip"),  # a server that only says so
        (bytes, "deflate"),
        (lambda body: gzip.compress(body[:10]) + gzip.compress(body[10:]) + b"\n", "gzip"),
    ],
)
def test_every_way_servers_compress(pack: Callable[[bytes], bytes], encoding: str) -> None:
    assert inflate(pack(ARTICLE.encode()), encoding, limit=10_000) == ARTICLE.encode()


def test_a_bomb_is_refused_at_the_limit() -> None:
    with pytest.raises(BodyTooLargeError):
        inflate(gzip.compress(bytes(1001)), "gzip", limit=1000)
    with pytest.raises(BodyTooLargeError):
        inflate(gzip.compress(bytes(600)) * 2, "gzip", limit=1000)
    assert len(inflate(gzip.compress(bytes(1000)), "gzip", limit=1000)) == 1000


def test_two_encodings_on_top_of_each_other_are_refused() -> None:
    with pytest.raises(BrokenBodyError):
        inflate(b"x", "gzip, br", limit=1000)

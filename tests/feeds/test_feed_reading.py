"""The entrance: what is around a feed is taken off within bounds, and what it is decides who reads it."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from mirqab.feeds import read_feed
from mirqab.feeds.reading import MAX_INFLATED_BYTES
from mirqab.types import FeedBody, FeedKind, FeedReading, Reason
from tests.feeds.making import TITLE, URL, item, read, rss

JSON_FEED = '{"version": "https://jsonfeed.org/version/1.1", "title": "نور", "items": [{"id": "1", "url": "/1"}]}'
SITEMAP = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://news.example/1</loc></url></urlset>'
)


def of_kind(body: str | bytes, kind: FeedKind) -> FeedReading:
    return read_feed(FeedBody(body=body.encode() if isinstance(body, str) else body, url=URL, kind=kind))


@pytest.mark.parametrize("times", [1, 2])
def test_gzip_around_a_feed_is_undone(times: int) -> None:
    body = rss(item()).encode()
    for _ in range(times):
        body = gzip.compress(body)

    assert [each.title for each in read(body).items] == [TITLE]


def test_gzip_of_several_members_is_one_body() -> None:
    body = rss(item()).encode()
    assert read_feed(FeedBody(body=gzip.compress(body[:100]) + gzip.compress(body[100:]), url=URL)) == read_feed(
        FeedBody(body=body, url=URL)
    )


def test_gzip_that_inflates_to_too_much_is_refused() -> None:
    bomb = gzip.compress(bytes(MAX_INFLATED_BYTES + 1))

    for body in (bomb, gzip.compress(bomb)):
        assert (read(body).problem, read(body).items) == (Reason.TOO_LARGE, ())


def test_gzip_that_is_broken_or_cut_is_told() -> None:
    packed = gzip.compress(rss(*(item(link=f"/{n}-{n * n}") for n in range(500))).encode())

    assert read(packed[:20] + b"\x00" * 50 + packed[70:]).problem is Reason.BROKEN_ANSWER
    cut = read(packed[: len(packed) * 2 // 3])
    assert cut.problem is Reason.TRUNCATED_FEED
    assert len(cut.items) > 100


@pytest.mark.parametrize("kind", FeedKind)
def test_what_a_body_is_decides_and_not_what_was_declared(kind: FeedKind) -> None:
    readings = [of_kind(body, kind) for body in (rss(item()), JSON_FEED, SITEMAP, gzip.compress(SITEMAP.encode()))]

    assert [reading.version for reading in readings] == ["rss20", "json11", "sitemap", "sitemap"]
    assert [reading.items[0].url for reading in readings] == ["https://news.example/1"] * 4


@pytest.mark.parametrize("kind", [FeedKind.FEED, FeedKind.SITEMAP])
def test_a_page_is_no_feed(kind: FeedKind) -> None:
    page = "<html><body><a href='/politics/2026/11/1'>خبر طويل العنوان من الصفحة الأولى</a></body></html>"

    assert (of_kind(page, kind).problem, of_kind(page, kind).detail) == (Reason.NOT_A_FEED, "an HTML page")


@pytest.mark.parametrize(
    "body",
    [
        "<rss version='2.0'><channel><item><link>https://news.example/1</link>"
        "<pubDate>2026-03-01 09:00:00</pubDate></item></channel></rss>",
        '{"version": "https://jsonfeed.org/version/1.1", "title": "نور", "items": [{"id": "1", '
        '"url": "https://news.example/1", "date_published": "2026-03-01T09:00:00"}]}',
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>https://news.example/1</loc>"
        "<lastmod>2026-03-01T09:00:00</lastmod></url></urlset>",
    ],
)
def test_a_time_without_a_zone_is_that_of_the_outlet(body: str) -> None:
    def moment(zone: str | None) -> datetime | None:
        (item,) = read_feed(FeedBody(body=body.encode(), url="https://news.example/feed", timezone=zone)).items
        return item.published or item.updated

    assert moment("Asia/Baghdad") == datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert moment(None) == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert moment("Nowhere/At_All") == datetime(2026, 3, 1, 9, tzinfo=UTC)

"""Reading sitemaps, news sitemaps, indexes of them and plain lists."""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirqab.feeds import read_feed, sitemaps
from mirqab.types import FeedBody, FeedItem, FeedKind, FeedReading, Reason

URL = "https://marsad.example/sitemap.xml"
NEWS_SPACE = "http://www.google.com/schemas/sitemap-news/0.9"
IMAGE_SPACE = "http://www.google.com/schemas/sitemap-image/1.1"
VIDEO_SPACE = "http://www.google.com/schemas/sitemap-video/1.1"
OPENING = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    f'xmlns:news="{NEWS_SPACE}" xmlns:image="{IMAGE_SPACE}" xmlns:video="{VIDEO_SPACE}">'
)


def read(text: str, max_items: int = 2000) -> FeedReading:
    return sitemaps.read(text, FeedBody(body=b"", url=URL, kind=FeedKind.SITEMAP, max_items=max_items), "utf-8")


def plain(*blocks: str) -> str:
    return OPENING + "".join(f"<url>{block}</url>" for block in blocks) + "</urlset>"


def index(*blocks: str) -> str:
    inside = "".join(f"<sitemap>{block}</sitemap>" for block in blocks)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inside}</sitemapindex>'


def news(number: int = 1, title: str = "الميناء يستقبل أول سفينة", date: str = "2026-11-20T10:00:00+02:00") -> str:
    return (
        f"<loc>https://marsad.example/news/{number}</loc><news:news><news:publication><news:name>مرصد</news:name>"
        f"<news:language>ar</news:language></news:publication><news:publication_date>{date}</news:publication_date>"
        f"<news:title>{title}</news:title></news:news>"
    )


def test_a_news_sitemap_gives_titles_and_dates() -> None:
    reading = read(plain(news() + "<lastmod>2026-11-20T09:00:00Z</lastmod>"))
    assert (reading.version, reading.title, reading.problem) == ("news-sitemap", "مرصد", None)
    assert reading.items == (
        FeedItem(
            guid=None,
            url="https://marsad.example/news/1",
            title="الميناء يستقبل أول سفينة",
            summary="",
            content=None,
            published=datetime(2026, 11, 20, 8, tzinfo=UTC),
            published_raw="2026-11-20T10:00:00+02:00",
            updated=datetime(2026, 11, 20, 9, tzinfo=UTC),
            updated_raw="2026-11-20T09:00:00Z",
        ),
    )


def test_an_ordinary_sitemap_gives_addresses_and_changes_in_its_order() -> None:
    reading = read(plain("<loc>/2</loc><lastmod>2026-11-19</lastmod>", "<loc>\n https://marsad.example/1 \n</loc>"))
    assert reading.version == "sitemap"
    assert [(item.url, item.title, item.published) for item in reading.items] == [
        ("https://marsad.example/2", "", None),
        ("https://marsad.example/1", "", None),
    ]
    assert (reading.items[0].updated, reading.items[1].updated) == (datetime(2026, 11, 19, tzinfo=UTC), None)


def test_images_videos_and_translations_are_not_the_article() -> None:
    extra = (
        "<image:image><image:loc>https://marsad.example/i.jpg</image:loc><image:title>صورة</image:title></image:image>"
        "<video:video><video:title>مقطع</video:title><video:publication_date>2020-01-01</video:publication_date>"
        "<video:player_loc>https://marsad.example/v</video:player_loc></video:video>"
    )
    for block in (extra + news(), news() + extra):
        (item,) = read(plain(block)).items
        assert (item.url, item.title) == ("https://marsad.example/news/1", "الميناء يستقبل أول سفينة")
        assert item.published_raw == "2026-11-20T10:00:00+02:00"


@pytest.mark.parametrize(
    "change",
    [
        ("", ""),
        ('xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"', ""),
        ('xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"', 'xmlns="http://www.google.com/schemas/sitemap/0.84"'),
        (NEWS_SPACE, "urn:wrong"),
        (f'xmlns:news="{NEWS_SPACE}"', ""),
        (f'xmlns:image="{IMAGE_SPACE}"', ""),
        ("news:", "n:"),
        ("<url>", "<URL>"),
        (OPENING, "<urlset>"),
        (OPENING, "<!-- cached --><urlset>"),
        (OPENING, ""),
    ],
)
def test_namespaces_may_be_wrong_or_missing(change: tuple[str, str]) -> None:
    text = plain(news(), news(2) + "<image:image><image:loc>https://marsad.example/i</image:loc></image:image>")
    text = text.replace(*change)
    if change[1] == "<URL>":
        text = text.replace("</url>", "</URL>")
    if change[0] == "news:":
        text = text.replace("xmlns:news", "xmlns:n")
    reading = read(text)
    assert [item.url for item in reading.items] == ["https://marsad.example/news/1", "https://marsad.example/news/2"]
    assert reading.items[0].title == "الميناء يستقبل أول سفينة"
    assert (reading.problem, reading.version) == (None, "news-sitemap")


@pytest.mark.parametrize("declared", ['xmlns:sm="http://www.sitemaps.org/schemas/sitemap/0.9"', ""])
def test_names_may_carry_a_prefix(declared: str) -> None:
    text = f"<sm:urlset {declared}><sm:url><sm:loc>https://marsad.example/1</sm:loc></sm:url></sm:urlset>"
    assert [item.url for item in read(text).items] == ["https://marsad.example/1"]


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://marsad.example/?p=1&id=2&amp;x=3", "https://marsad.example/?p=1&id=2&x=3"),
        ("<![CDATA[https://marsad.example/?p=1&id=2]]>", "https://marsad.example/?p=1&id=2"),
        ("https://marsad.example/أخبار/الميناء", "https://marsad.example/أخبار/الميناء"),
        ("https://marsad.example/?a=1&copy=2", "https://marsad.example/?a=1&copy=2"),
        ("&#104;ttps://marsad.example/1", "https://marsad.example/1"),
        ("javascript:alert(1)", None),
        ("http://user:secret@marsad.example/1", "http://marsad.example/1"),
    ],
)
def test_addresses_are_read_as_written_and_cleaned(written: str, url: str | None) -> None:
    assert [item.url for item in read(plain(f"<loc>{written}</loc>")).items] == [url]


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("ربح &laquo;الميناء&raquo; &amp; خسارة", "ربح «الميناء» & خسارة"),
        ("<![CDATA[ربح & خسارة]]>", "ربح & خسارة"),
        ("أ < ب & ج > د", "أ < ب & ج > د"),
        ("&nosuch; خبر", "&nosuch; خبر"),
        ("خبر &#0;عاجل &#xD83D; &#xD83D;&#xDEA8; &#X41;&#1588;", "خبر عاجل \ufffd 🚨 Aش"),
        ("&amp;quot;خبر&amp;quot;", '"خبر"'),
    ],
)
def test_titles_survive_what_was_left_unescaped(written: str, title: str) -> None:
    assert read(plain(news(title=written))).items[0].title == title


@pytest.mark.parametrize("raw", ["2099-01-01", "1970-01-01T00:00:00Z", "أمس"])
def test_a_date_that_cannot_be_believed_is_kept_as_written(raw: str) -> None:
    (item,) = read(plain(news(date=raw))).items
    assert (item.published, item.published_raw) == (None, raw)


def test_an_arabic_date_is_read() -> None:
    (item,) = read(plain(news(date="٢٠ تشرين الثاني ٢٠٢٥ 10:30"))).items
    assert item.published == datetime(2025, 11, 20, 10, 30, tzinfo=UTC)


def test_the_newest_are_kept_in_their_order() -> None:
    days = [3, None, 9, 1, 7, None, 5]
    blocks = [
        f"<loc>https://marsad.example/{place}</loc>" + (f"<lastmod>2026-10-0{day}</lastmod>" if day else "")
        for place, day in enumerate(days)
    ]
    reading = read(plain(*blocks), max_items=3)
    assert [item.url for item in reading.items] == [f"https://marsad.example/{place}" for place in (2, 4, 6)]
    assert (reading.left_out, reading.problem) == (4, None)
    assert "4 addresses" in (reading.detail or "")
    assert [item.url for item in read(plain(*blocks), max_items=6).items][-1] == "https://marsad.example/6"
    undated = read(plain(*(f"<loc>https://marsad.example/{place}</loc>" for place in range(5))), max_items=2)
    assert [item.url for item in undated.items] == ["https://marsad.example/0", "https://marsad.example/1"]


def test_fifty_thousand_addresses_in_any_order_take_seconds() -> None:
    def block(number: int) -> str:
        spread = number * 7_919 % 50_000  # the newest stand anywhere
        date = (
            f"20{10 + spread // 3_600}-{1 + spread // 300 % 12:02}-{1 + spread // 12 % 25:02}T{spread % 12:02}:00:00Z"
        )
        return f"<loc>https://marsad.example/news/{number}?a=1&amp;b=2</loc><lastmod>{date}</lastmod>"

    text = plain(*map(block, range(50_000)))
    started = time.process_time()
    reading = read(text, max_items=100)
    assert time.process_time() - started < 20  # the rule is 5 s on a quiet machine
    assert (len(reading.items), reading.left_out) == (100, 49_900)
    oldest = min(item.updated for item in reading.items if item.updated)
    assert oldest >= datetime(2023, 1, 1, tzinfo=UTC)


def test_more_addresses_than_any_sitemap_may_hold_are_not_all_read() -> None:
    reading = read("<urlset>" + "<url><loc>/1</loc></url>" * 250_000 + "</urlset>", max_items=10)
    assert (len(reading.items), reading.left_out, reading.problem) == (10, 249_990, None)


def test_an_index_names_its_children_newest_first() -> None:
    reading = read(
        index(
            "<loc>https://marsad.example/a.xml</loc><lastmod>2026-01-05</lastmod>",
            "<loc>https://marsad.example/undated.xml</loc>",
            "<loc>/b.xml</loc><lastmod>2026-11-05T10:00:00+02:00</lastmod>",
            f"<loc>{URL}</loc>",
            "<loc>https://marsad.example/a.xml</loc>",
            "<loc>ftp://marsad.example/c.xml</loc>",
        )
    )
    assert (reading.version, reading.items, reading.problem) == ("sitemap-index", (), None)
    assert [(child.url, child.modified) for child in reading.children] == [
        ("https://marsad.example/b.xml", datetime(2026, 11, 5, 8, tzinfo=UTC)),
        ("https://marsad.example/a.xml", datetime(2026, 1, 5, tzinfo=UTC)),
        ("https://marsad.example/undated.xml", None),
    ]


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (["category-sitemap.xml", "author-sitemap.xml", "post-sitemap.xml"], "post-sitemap.xml"),
        ([f"wp-sitemap-posts-post-{part}.xml" for part in (1, 2, 3, 10)], "wp-sitemap-posts-post-10.xml"),
        (["sitemap-2026-09.xml", "sitemap-2026-11.xml", "sitemap-2026-10.xml"], "sitemap-2026-11.xml"),
        (["sitemap.xml?yyyy=2026&amp;mm=9", "sitemap.xml?page=1"], "sitemap.xml?yyyy=2026&mm=9"),
    ],
)
def test_undated_children_are_ranked_by_what_their_names_say(names: list[str], first: str) -> None:
    reading = read(index(*(f"<loc>https://marsad.example/{name}</loc>" for name in names)))
    assert reading.children[0].url == f"https://marsad.example/{first}"
    assert len(reading.children) == len(names)


def test_a_plain_list_of_addresses_is_a_sitemap() -> None:
    lines = "\ufeffhttps://marsad.example/1\r\n\r\n  https://marsad.example/2  \r\nhttp://marsad.example/3"
    text = lines.lstrip("\ufeff")
    assert [item.url for item in read(text).items] == [
        "https://marsad.example/1", "https://marsad.example/2", "http://marsad.example/3",
    ]  # fmt: skip
    assert read(text, max_items=2).left_out == 1
    for kind in (FeedKind.SITEMAP, FeedKind.FEED):
        assert len(read_feed(FeedBody(body=lines.encode(), url=URL, kind=kind)).items) == 3


@pytest.mark.parametrize("text", ["", "عفوا، الصفحة غير متاحة", "see https://marsad.example/1 for more", "x" * 100_000])
def test_a_text_that_is_no_list_is_no_sitemap(text: str) -> None:
    assert read(text).problem is Reason.NOT_A_FEED


def test_a_sitemap_without_addresses_is_one() -> None:
    for text in (plain(), "<urlset/>", '<urlset xmlns="x" />'):
        assert (read(text).problem, read(text).items) == (None, ())
    assert read(plain()).version == "news-sitemap"
    assert read(index()).version == "sitemap-index"


def test_a_sitemap_whose_addresses_cannot_be_read_says_so() -> None:
    assert read(plain("<link>https://marsad.example/1</link>")).problem is Reason.UNREADABLE_FEED


def test_a_sitemap_cut_short_keeps_its_whole_blocks_wherever_it_is_cut() -> None:
    text = plain(*map(news, range(3)))
    ends = [place for place in range(len(text)) if text.startswith("</url>", place)]
    for cut in range(len(OPENING), text.index("</urlset>") + len("</urlset")):
        reading = read(text[:cut])
        whole = sum(cut >= end + len("</url>") for end in ends)
        assert [item.url for item in reading.items] == [f"https://marsad.example/news/{n}" for n in range(whole)]
        if cut < text.index("</urlset>"):
            assert reading.problem is Reason.TRUNCATED_FEED


def test_an_index_cut_short_keeps_its_whole_blocks() -> None:
    text = index(*(f"<loc>https://marsad.example/{name}.xml</loc>" for name in "abc"))
    reading = read(text[: text.index("/c.xml")])
    assert (reading.problem, reading.version) == (Reason.TRUNCATED_FEED, "sitemap-index")
    assert len(reading.children) == 2


def test_a_block_that_was_never_closed_costs_no_other() -> None:
    text = plain(news(1), news(2), news(3)).replace("</url><url>", "<url>", 1)
    assert {item.url for item in read(text).items} == {f"https://marsad.example/news/{n}" for n in (1, 2, 3)}


def test_entities_are_never_expanded_and_nothing_is_opened() -> None:
    text = (
        '<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
        '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY file SYSTEM "file:///etc/hostname">'
        '<!ENTITY % far SYSTEM "http://marsad.example/x.dtd"> %far;]>'
        "<urlset><url><loc>https://marsad.example/&c;/&file;</loc></url></urlset>"
    )
    assert [item.url for item in read(text).items] == ["https://marsad.example/&c;/&file;"]


@pytest.mark.parametrize(
    "text",
    [
        "<urlset>" + "<url>" * 300_000,
        "<urlset>" + "<a>" * 300_000 + "</urlset>",
        "<urlset>" + "<![CDATA[" * 200_000 + "</urlset>",
        "<urlset>" + "<!--" * 200_000 + "</urlset>",
        "<urlset>" + "<" * 1_000_000 + "&" * 1_000_000 + "</urlset>",
        "<urlset " + " ".join(f"a{n}='1'" for n in range(50_000)) + "><url><loc>/1</loc></url></urlset>",
        "<urlset" * 200_000,
        "<url> " * 300_000,
        "<urlset><url><loc>" + "x" * 3_000_000 + "</loc></url></urlset>",
        "<urlset><url><loc>/1</loc>" + "<news:news>" * 100_000 + "</url></urlset>",
    ],
    ids=lambda text: text[:24],
)
def test_nothing_takes_long(text: str) -> None:
    started = time.process_time()
    read(text)
    assert time.process_time() - started < 20


def test_a_zipped_sitemap_is_read() -> None:
    body = FeedBody(body=gzip.compress(plain(news()).encode()), url=URL + ".gz", kind=FeedKind.SITEMAP)
    assert len(read_feed(body).items) == 1
    assert read_feed(body).version == "news-sitemap"


def test_real_sitemaps_are_read_as_in_their_gold(shared_data: Path) -> None:
    checked = 0
    for gold_path in sorted((shared_data / "feeds").glob("*sitemap*.gold.json")):
        gold = json.loads(gold_path.read_text("utf-8"))
        body = gold_path.with_name(gold["file"]).read_bytes()
        for kind in (FeedKind.FEED, FeedKind.SITEMAP):
            reading = read_feed(FeedBody(body=body, url=gold["first_loc"], kind=kind, content_type="application/xml"))
            found = [child.url for child in reading.children] + [item.url or "" for item in reading.items]
            assert (len(found), reading.problem) == (gold["entries"] - (gold["first_loc"] not in found), None)
            assert found[-1] == gold["last_loc"]
            assert sum(item.updated is not None for item in reading.items) == gold["lastmod"]
        checked += 1
    assert checked >= 2


_WORDS = ["<url>", "</url>", "<loc>", "</loc>", "<urlset>", "</urlset>", "<news:title>", "https://x.example/", "&", "<"]
_WORDS += [
    "<![CDATA[",
    "]]>",
    "<sitemap>",
    "</sitemap>",
    "<sitemapindex>",
    "<!DOCTYPE a [",
    "خبر",
    " ",
    "\n",
    "2026-11-20",
]


@given(st.lists(st.sampled_from(_WORDS) | st.text(max_size=5), max_size=30).map("".join))
def test_any_text_is_answered(text: str) -> None:
    reading = read(text)
    assert all(item.url is None or item.url.startswith("http") for item in reading.items)


@given(st.binary(max_size=200), st.integers(0, 600))
def test_any_damage_is_answered(noise: bytes, place: int) -> None:
    body = plain(news(), news(2)).encode()
    damaged = body[:place] + noise + body[place:]
    assert isinstance(read_feed(FeedBody(body=damaged, url=URL, kind=FeedKind.SITEMAP)), FeedReading)

"""Where feeds and sitemaps of an outlet are looked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirqab.feeds import discovery
from mirqab.types import FeedKind

HOME = "https://marsad.example/"


def page(*elements: str) -> bytes:
    return f"<!doctype html><html lang=ar><head>{''.join(elements)}</head><body></body></html>".encode()


def urls(html: bytes, url: str = HOME) -> list[str]:
    return [found.url for found in discovery.find(html, url=url, content_type="text/html; charset=utf-8")]


def test_a_declared_feed_is_found_with_its_title() -> None:
    html = page('<link rel="alternate" type="application/rss+xml" title="مرصد » الخلاصة" href="/feed/">')
    assert discovery.find(html, url=HOME, content_type=None) == [
        discovery.Found(url="https://marsad.example/feed/", title="مرصد » الخلاصة", kind=FeedKind.FEED)
    ]


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate" type="application/atom+xml" href="x">',
        '<link rel="ALTERNATE" type="Application/RSS+XML; charset=utf-8" href="x">',
        '<link rel="alternate home" type="application/feed+json" href="x">',
        '<link rel="alternate" type="application/rdf+xml" href="x">',
        '<link rel="alternate" type="text/xml" href="x">',
        '<link rel="feed" href="x">',
    ],
)
def test_feeds_are_declared_in_several_ways(link: str) -> None:
    assert urls(page(link)) == [HOME + "x"]


@pytest.mark.parametrize(
    "link",
    [
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/7">',
        '<link rel="alternate" type="application/json+oembed" href="/wp-json/oembed/1.0/embed?url=x">',
        '<link rel="alternate" type="text/xml+oembed" href="/oembed?format=xml">',
        '<link rel="alternate" hreflang="en" href="/en/">',
        '<link rel="alternate" media="handheld" href="/m/">',
        '<link rel="stylesheet" type="text/xml" href="/feed.css">',
        '<link rel="alternate stylesheet" href="/rss">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:void(0)">',
        '<link rel="alternate" type="application/rss+xml" href="">',
        '<link rel="alternate" type="application/rss+xml">',
        '<link rel="alternate" type="application/rss+xml" href="http://[bad/feed">',
    ],
)
def test_what_publishing_systems_declare_beside_feeds_is_none(link: str) -> None:
    assert urls(page(link)) == []


def test_json_is_a_feed_when_its_address_says_so() -> None:
    assert urls(page('<link rel="alternate" type="application/json" href="/feed.json">')) == [HOME + "feed.json"]


def test_the_main_feed_comes_first_and_comments_last() -> None:
    html = page(
        '<link rel="alternate" type="application/rss+xml" title="تعليقات على المقال" href="/2026/11/ميناء/feed/">',
        '<link rel="alternate" type="application/rss+xml" title="مرصد » Comments" href="/comments/feed/">',
        '<link rel="sitemap" type="application/xml" href="/sitemap.xml">',
        '<link rel="alternate" type="application/rss+xml" title="وسم" href="/tag/x/feed/">',
        '<link rel="alternate" type="application/rss+xml" title="جار" href="https://other.example/rss">',
        '<link rel="alternate" type="application/rss+xml" title="مرصد" href="/feed/">',
        '<a href="/rss/politics.xml">سياسة</a>',
    )
    assert urls(html) == [
        HOME + "feed/",
        HOME + "tag/x/feed/",
        "https://other.example/rss",
        HOME + "rss/politics.xml",
        HOME + "sitemap.xml",
        HOME + "2026/11/ميناء/feed/",
        HOME + "comments/feed/",
    ]


def test_links_in_the_text_count_when_they_look_like_feeds_of_the_site() -> None:
    html = page(
        '<a href="/rss">خدمة RSS</a>',
        '<a href="https://feeds.feedburner.com/marsad">خلاصات</a>',
        '<a href="https://news.marsad.example/feed.xml">x</a>',
        '<a href="/services/latest.xml">RSS</a>',
        '<a href="/?feed=rss2">x</a>',
        '<a href="/feedback">رأيك</a>',
        '<a href="/news/feed-the-hungry-17.html">خبر</a>',
        '<a href="https://reader.example/share/feed?u=x">شارك</a>',
        '<a href="/files/report.xml">تقرير</a>',
    )
    assert set(urls(html)) == {
        HOME + "rss",
        "https://feeds.feedburner.com/marsad",
        "https://news.marsad.example/feed.xml",
        HOME + "services/latest.xml",
        HOME + "?feed=rss2",
    }


def test_a_feed_named_twice_is_found_once() -> None:
    html = page(
        '<a href="/feed/?utm_source=footer">RSS</a>',
        '<link rel="alternate" type="application/rss+xml" title="مرصد" href="/feed/">',
    )
    assert urls(html) == [HOME + "feed/"]


def test_relative_addresses_follow_the_base_element() -> None:
    html = page('<base href="/ar/">', '<link rel="alternate" type="application/rss+xml" href="rss.xml">')
    assert urls(html) == [HOME + "ar/rss.xml"]


def test_a_page_in_windows_1256_is_read() -> None:
    html = '<meta charset=windows-1256><link rel=alternate type=application/rss+xml title="أخبار المرصد" href=/rss>'
    found = discovery.find(html.encode("cp1256"), url=HOME, content_type="text/html")
    assert [feed.title for feed in found] == ["أخبار المرصد"]


def test_robots_names_sitemaps_and_those_for_news_come_first() -> None:
    text = (
        "\ufeffSitemap: https://marsad.example/sitemap.xml\r\n"
        "User-agent: *\r\nDisallow: /admin\r\n"
        "  SITEMAP : https://marsad.example/news-sitemap.xml # every hour\r\n"
        "Sitemap: https://marsad.example/sitemap.xml\r\n"
        "Sitemap: /relative.xml\r\nSitemap:\r\nSitemap: ftp://marsad.example/x\r\n# Sitemap: https://no.example/x\r\n"
    )
    both = ["https://marsad.example/news-sitemap.xml", "https://marsad.example/sitemap.xml"]
    assert discovery.in_robots(text) == both
    assert discovery.in_robots(text, HOME) == [*both, "https://marsad.example/relative.xml"]


def test_a_robots_that_is_a_page_names_none() -> None:
    assert discovery.in_robots("<html><body>Sitemap of the site: <a href=https://x.example/>x</a></body>") == []


def test_robots_with_endless_sitemaps_are_bounded() -> None:
    text = "\n".join(f"Sitemap: https://marsad.example/{number}.xml" for number in range(5_000))
    assert len(discovery.in_robots(text)) == discovery.MOST_SITEMAPS


def test_well_known_places_are_guessed_feeds_first() -> None:
    guesses = discovery.guesses("https://marsad.example")
    assert guesses[0] == "https://marsad.example/feed/"
    assert {"https://marsad.example/rss.xml", "https://marsad.example/news-sitemap.xml"} < set(guesses)
    assert guesses.index("https://marsad.example/atom.xml") < guesses.index("https://marsad.example/sitemap.xml")
    assert len(set(guesses)) == len(guesses)


def test_a_home_below_the_root_is_guessed_under_first() -> None:
    guesses = discovery.guesses("https://marsad.example:8080/ar/index.html?x=1#top")
    assert guesses[0] == "https://marsad.example:8080/ar/feed/"
    assert "https://marsad.example:8080/feed/" in guesses
    assert not [guess for guess in guesses if "index.html" in guess]


def test_blogger_has_places_of_its_own() -> None:
    assert discovery.guesses("https://marsad.blogspot.com/")[0] == "https://marsad.blogspot.com/feeds/posts/default"


def test_nothing_is_guessed_of_what_is_no_address() -> None:
    assert discovery.guesses("javascript:alert(1)") == []


@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_a_page_perhaps_without_feeds(html: bytes) -> None:
    for found in discovery.find(html, url=HOME, content_type=None):
        assert found.url.startswith("http")


@given(st.text(max_size=300))
def test_any_text_is_a_robots(text: str) -> None:
    assert all(address.startswith("http") for address in discovery.in_robots(text, HOME))

"""`feed` and `extract` with addresses: one crawl fetches them all, politely, and files stand between them."""

from __future__ import annotations

import json
from pathlib import Path

from mirqab.types import Reason
from tests.cli.outlet.conftest import Newsroom, newsroom, publish
from tests.cli.test_pipes import FEED
from tests.crawl.conftest import news
from tests.crawl.pressweb import Answer, silent_address

__all__ = ["newsroom"]  # a fixture


def test_addresses_and_files_are_answered_in_order_by_one_crawl(newsroom: Newsroom, tmp_path: Path) -> None:
    site, other = newsroom.press.site(), newsroom.press.site()
    (tmp_path / "feed.xml").write_text(FEED, encoding="utf-8")
    first, second, third = publish(site, "/one"), publish(site, "/two"), publish(other, "/three")
    names = [first, str(tmp_path / "feed.xml"), f"{site.url}/missing", third, silent_address(), second, "https://"]

    said = newsroom.command("feed", *names, MIRQAB_CRAWL_DELAY_S="0.3")

    assert said.code == 3
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [line["input"] for line in lines] == names
    assert [line["problem"] for line in lines] == [
        None, None, Reason.NOT_FOUND, None, Reason.CONNECTION, None, Reason.BAD_URL,
    ]  # fmt: skip
    assert [len(line["entries"]) for line in lines] == [4, 2, 0, 4, 0, 4, 0]
    assert [site.times("/robots.txt"), other.times("/robots.txt")] == [1, 1]
    assert len(site.asked) == 4
    assert site.is_asked_apart(0.3), site.asked


def test_a_sitemap_and_a_page_are_read_by_the_same_command(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    index = (
        '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap>'
        f"<loc>{site.url}/part.xml</loc><lastmod>2026-11-22T08:00:00+03:00</lastmod></sitemap></sitemapindex>"
    )
    site.answers["/index.xml"] = Answer(body=index.encode(), content_type="application/xml")
    site.answers["/page"] = Answer(body='<!doctype html><p class="one"><a href="/a">خبر مختار</a></p>'.encode())
    (line,) = (json.loads(line) for line in newsroom.command("feed", f"{site.url}/index.xml").out.splitlines())
    assert (line["version"], line["entries"], line["left_out"]) == ("sitemap-index", [], 0)
    assert line["children"] == [{"url": f"{site.url}/part.xml", "modified": "2026-11-22T05:00:00+00:00"}]
    (line,) = (
        json.loads(line) for line in newsroom.command("feed", f"{site.url}/page", "--links", ".one a").out.splitlines()
    )
    assert (line["version"], [entry["url"] for entry in line["entries"]]) == ("section", [f"{site.url}/a"])
    assert newsroom.command("feed", f"{site.url}/page", "--links", "a[").code == 2


def test_items_beyond_the_limit_are_counted(newsroom: Newsroom) -> None:
    feed = publish(newsroom.press.site(), count=5)
    (line,) = (json.loads(line) for line in newsroom.command("-s", "feeds.max_items=3", "feed", feed).out.splitlines())
    assert (len(line["entries"]), line["left_out"], line["problem"]) == (3, 2, None)


def test_pages_are_fetched_for_extract(newsroom: Newsroom) -> None:
    site = newsroom.press.site()
    pages = [site.article(f"/n{number}", *news(number), gzipped=True) for number in range(3)]
    said = newsroom.command("extract", *pages)
    assert said.code == 0, said.err
    assert [json.loads(line)["headline"] for line in said.out.splitlines()] == [news(number)[0] for number in range(3)]

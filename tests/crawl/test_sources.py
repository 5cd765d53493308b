"""Outlets without RSS: sitemaps and their indexes, JSON feeds, section pages, each crawled to stored articles."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta

from tests.crawl.conftest import Deployment, news
from tests.crawl.pressweb import Answer, Press, Site, sitemap


def articles(site: Site, *numbers: int) -> list[str]:
    return [site.article(f"/n{number}", *news(number)) for number in numbers]


def test_every_kind_of_source_gives_articles(press: Press, deployment: Deployment) -> None:
    maps, page, feed = press.site(), press.site(), press.site()
    now = datetime.now(UTC)
    maps.answers["/news.xml.gz"] = Answer(
        body=gzip.compress(sitemap([(url, now) for url in articles(maps, 1, 2)])), content_type="application/gzip"
    )
    deployment.read("kharita", {"url": maps.url + "/news.xml.gz", "kind": "sitemap"})
    links = "".join(f'<div class="card"><a href="{url}">{news(3)[0]}</a></div>' for url in articles(page, 3, 4))
    listed = f'<!doctype html><html><body><nav><a href="/about">من نحن</a></nav><main>{links}</main></body></html>'
    page.answers["/section"] = Answer(body=listed.encode())
    deployment.read("safha", {"url": page.url + "/section", "kind": "section", "links": "div.card a"})
    items = [{"id": url, "url": url, "title": "خبر"} for url in articles(feed, 5, 6)]
    told = {"version": "https://jsonfeed.org/version/1.1", "title": "نشرة", "items": items}
    feed.answers["/feed.json"] = Answer(body=json.dumps(told).encode(), content_type="application/feed+json")
    deployment.read("jason", feed.url + "/feed.json")

    run = deployment.crawl()

    assert run.code == 0, run.log
    assert (run.end["feeds_ok"], run.end["new"], run.end["stored"]) == (3, 6, 6)
    assert page.times("/about") == 0
    again = deployment.crawl()
    assert (again.code, again.end["feeds_not_modified"], again.end["pages"]) == (0, 3, 0), again.log


def test_the_newest_children_of_an_index_are_asked_each_with_its_own_validators(
    press: Press, deployment: Deployment
) -> None:
    site = press.site()
    now = datetime.now(UTC)
    index = []
    for month in range(7):
        (url,) = articles(site, month)
        etag = (("ETag", f'"month-{month}"'),)
        changed = now - timedelta(minutes=month)
        site.answers[f"/month{month}.xml"] = Answer(
            body=sitemap([(url, changed)]), content_type="application/xml", headers=etag
        )
        index.append((f"{site.url}/month{month}.xml", changed))
    site.answers["/sitemap.xml"] = Answer(
        body=sitemap(index[::-1], index=True), content_type="application/xml", validated=True
    )
    deployment.read("nahr", {"url": site.url + "/sitemap.xml", "kind": "sitemap"})

    run = deployment.crawl()

    assert run.code == 0, run.log
    assert [site.times(f"/month{month}.xml") for month in range(7)] == [1, 1, 1, 1, 1, 0, 0]
    assert (run.end["feeds"], run.end["children"], run.end["stored"]) == (6, 5, 5)

    (fresh,) = articles(site, 20)
    site.answers["/month0.xml"] = Answer(
        body=sitemap([(fresh, now), (f"{site.url}/n0", now)]), content_type="application/xml"
    )
    asked = len(site.asked)
    again = deployment.crawl()

    assert (again.code, again.end["new"], again.end["stored"]) == (0, 3, 3), again.log
    children = {one.path: one.headers.get("if-none-match") for one in site.asked[asked:] if "month" in one.path}
    known = {f"/month{month}.xml": f'"month-{month}"' for month in range(3)}
    assert children == known | {"/month5.xml": None, "/month6.xml": None}, "it is the turn of those not read yet"


def test_an_index_that_fails_and_a_child_that_fails_are_both_counted(press: Press, deployment: Deployment) -> None:
    site = press.site()
    now = datetime.now(UTC)
    (url,) = articles(site, 1)
    site.answers["/good.xml"] = Answer(body=sitemap([(url, now)]), content_type="application/xml")
    children: list[tuple[str, datetime | None]] = [(f"{site.url}/good.xml", now), (f"{site.url}/missing.xml", now)]
    site.answers["/sitemap.xml"] = Answer(body=sitemap(children, index=True), content_type="application/xml")
    deployment.read(
        "nahr",
        {"url": site.url + "/sitemap.xml", "kind": "sitemap"},
        {"url": site.url + "/no-index.xml", "kind": "sitemap"},
    )

    run = deployment.crawl()

    assert run.code == 3, run.log
    assert (run.end["feeds"], run.end["feeds_ok"], run.end["feeds_failed"]) == (4, 2, 2)
    assert run.end["feed_reasons"] == {"not_found": 2}
    assert run.end["stored"] == 1

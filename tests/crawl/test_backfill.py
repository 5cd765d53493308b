"""A feed that rolled over between two polls: the gap is told, and what was lost is found elsewhere where it stands."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.crawl.conftest import Deployment, news
from tests.crawl.pressweb import Answer, Press, Site, sitemap

WINDOW, BEFORE, SINCE = 10, 10, 15
"""A feed of ten items; fifteen more are published between two polls."""

full = pytest.mark.full


def publish_up_to(site: Site, last: int) -> str:
    """Publish articles so that the newest has this number; the feed holds the last ten."""
    items = []
    for number in range(last):
        headline, paragraphs = news(number)
        items.append((site.article(f"/n{number}", headline, paragraphs), headline))
    return site.feed("/rss", items[-WINDOW:][::-1])


def name_in_robots(site: Site, *paths: str, encoding: str = "utf-8") -> None:
    lines = "".join(f"Sitemap: {site.url}{path}\n" for path in paths)
    body = f"User-agent: *\nDisallow:\n{lines}".encode(encoding)
    site.answers["/robots.txt"] = Answer(body=body, content_type="text/plain")


def all_of_it(site: Site, count: int) -> bytes:
    """Return a sitemap of every article, and of one that is older than what was read before the gap."""
    now = datetime.now(UTC)
    site.article("/archive", *news(99))
    return sitemap(
        [*((f"{site.url}/n{number}", now) for number in range(count)), (f"{site.url}/archive", now - timedelta(days=2))]
    )


def stored(deployment: Deployment, site: Site, count: int) -> set[int]:
    """Return the numbers of the articles that are stored."""
    with deployment.archive() as archive:
        trails = {number: archive.by_url(f"{site.url}/n{number}") for number in range(count)}
    return {number for number, trail in trails.items() if trail is not None and trail.entry.article is not None}


def test_what_rolled_over_is_found_in_the_sitemap_that_robots_names(press: Press, deployment: Deployment) -> None:
    site = press.site()
    name_in_robots(site, "/sitemap.xml", "/news-sitemap.xml", encoding="utf-16")
    deployment.read("nahr", publish_up_to(site, BEFORE), home=site.url + "/")
    assert deployment.crawl().end["stored"] == BEFORE
    total = BEFORE + SINCE
    publish_up_to(site, total)
    site.answers["/news-sitemap.xml"] = Answer(body=all_of_it(site, total), content_type="application/xml")

    run = deployment.crawl()

    assert stored(deployment, site, total) == set(range(total)), run.log
    assert (run.end["gaps"], run.end["found_again"], run.end["backfills"]) == (1, SINCE - WINDOW, 2)
    assert "1 feed rolled over: items may be lost; 5 found again" in run.end["summary"]
    assert site.times("/archive") == 0, "what was published before the gap is none of it"
    assert site.times("/") == 0, "the sitemap had it"
    assert run.code == 3, "the other sitemap is not there"
    assert deployment.crawl().end["gaps"] == 0


def test_without_any_place_to_look_the_gap_is_told(press: Press, deployment: Deployment) -> None:
    site = press.site()
    deployment.read("nahr", publish_up_to(site, BEFORE), home=site.url + "/")
    assert deployment.crawl().code == 0
    publish_up_to(site, BEFORE + SINCE)

    run = deployment.crawl()

    assert (run.end["gaps"], run.end["found_again"], run.end["stored"]) == (1, 0, WINDOW)
    assert "items may be lost" in run.log
    (gapped,) = [event for event in run.events if event["event"] == "feed" and event.get("gap")]
    assert gapped["url"] == site.url + "/rss"
    assert (site.times("/"), run.code) == (1, 3), "the home page was tried, and is not there"
    with deployment.archive() as archive:
        (state,) = [state for state in archive.feed_states(["nahr"]) if state.url == gapped["url"]]
        assert state.gaps == 1
        trail = archive.by_url(f"{site.url}/n{BEFORE + SINCE - 1}")
        assert trail is not None
        assert trail.entry.after_gap is not None


def test_the_home_page_is_the_last_place_to_look(press: Press, deployment: Deployment) -> None:
    site = press.site()
    deployment.read("nahr", publish_up_to(site, BEFORE), home=site.url + "/")
    assert deployment.crawl().code == 0
    total = BEFORE + SINCE
    publish_up_to(site, total)
    links = "".join(f'<li><h2><a href="/n{number}">{news(number)[0]}</a></h2></li>' for number in range(BEFORE, total))
    page = f'<!doctype html><html lang="ar"><body><main><ul>{links}</ul></main></body></html>'
    site.answers["/"] = Answer(body=page.encode())

    run = deployment.crawl()

    assert stored(deployment, site, total) == set(range(total)), run.log
    assert (run.code, run.end["found_again"]) == (0, SINCE - WINDOW)


def test_declared_places_come_first_and_few_are_asked(press: Press, deployment: Deployment) -> None:
    site = press.site()
    name_in_robots(site, "/never.xml")
    backfill = [{"url": f"{site.url}/archive{number}.xml", "kind": "sitemap"} for number in range(4)]
    deployment.read("nahr", publish_up_to(site, BEFORE), home=site.url + "/", backfill=backfill)
    assert deployment.crawl().code == 0
    total = BEFORE + SINCE
    publish_up_to(site, total)
    now = datetime.now(UTC)
    for number in range(4):
        children = [(f"{site.url}/month{number}-{month}.xml", now - timedelta(minutes=month)) for month in range(9)]
        site.answers[f"/archive{number}.xml"] = Answer(body=sitemap(children, index=True), content_type="text/xml")
        for month in range(9):
            site.answers[f"/month{number}-{month}.xml"] = Answer(
                body=all_of_it(site, total), content_type="application/xml"
            )

    run = deployment.crawl()

    assert stored(deployment, site, total) == set(range(total)), run.log
    asked = [asked.path for asked in site.asked]
    assert sum(path.startswith("/archive") and path.endswith(".xml") for path in asked) == 3
    assert sum(path.startswith("/month") for path in asked) == 5
    assert "/never.xml" not in asked
    assert run.end["backfills"] == 8


@full
def test_a_kill_between_gap_and_back_fill_loses_nothing(press: Press, deployment: Deployment) -> None:
    site = press.site()
    name_in_robots(site, "/sitemap.xml")
    deployment.read("nahr", publish_up_to(site, BEFORE), home=site.url + "/")
    assert deployment.crawl().code == 0
    total = BEFORE + SINCE
    publish_up_to(site, total)
    site.answers["/sitemap.xml"] = Answer(body=all_of_it(site, total), content_type="application/xml")
    assert deployment.crawl(MIRQAB_TEST_KILL_AT="after_admit").code == -signal.SIGKILL

    again = deployment.crawl()

    assert again.code == 0, again.log
    assert stored(deployment, site, total) == set(range(total))
    assert json.dumps(again.end["found_again"]) == str(SINCE - WINDOW)


def test_a_kill_between_two_places_goes_on_with_the_rest_of_them(press: Press, deployment: Deployment) -> None:
    site = press.site()
    places = [f"{site.url}/{name}.xml" for name in ("empty", "whole")]
    backfill = [{"url": url, "kind": "sitemap"} for url in places]
    deployment.read("nahr", publish_up_to(site, BEFORE), home=site.url + "/", backfill=backfill)
    assert deployment.crawl().code == 0
    total = BEFORE + SINCE
    publish_up_to(site, total)
    site.answers["/empty.xml"] = Answer(body=sitemap([]), content_type="application/xml")
    site.answers["/whole.xml"] = Answer(body=all_of_it(site, total), content_type="application/xml", stall_s=1)
    killed = deployment.crawl(MIRQAB_TEST_KILL_AT="after_admit:2")
    assert killed.code == -signal.SIGKILL
    assert len(stored(deployment, site, total)) < total

    again = deployment.crawl()

    assert again.code == 0, again.log
    assert stored(deployment, site, total) == set(range(total))
    assert (again.end["backfills"], again.end["found_again"]) == (2, SINCE - WINDOW)
    assert deployment.crawl().end["backfills"] == 0, "it has been looked for to the end"


def test_an_item_pinned_on_top_hides_no_gap(press: Press, deployment: Deployment) -> None:
    site = press.site()
    items = []
    for number in range(40):
        headline, paragraphs = news(number)
        items.append((site.article(f"/n{number}", headline, paragraphs), headline))
    pinned = items[0]
    deployment.read("nahr", site.feed("/rss", [pinned, *items[9:0:-1]]), home=site.url + "/")
    gaps = [deployment.crawl().end["gaps"]]
    for newest in (16, 22, 39):
        site.feed("/rss", [pinned, *items[newest : newest - 9 : -1]])
        gaps.append(deployment.crawl().end["gaps"])
    assert gaps == [0, 0, 0, 1], "the last answer is unlike the one before, but for what is pinned"

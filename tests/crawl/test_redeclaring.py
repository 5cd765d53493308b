"""An outlet's feed is declared at another address or in another way: nothing is fetched twice, and nothing is lost."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta

import pytest

from mirqab.types import Reason
from tests.crawl.conftest import Deployment, Ended, news
from tests.crawl.pressweb import Answer, Press, Site, sitemap


def items(site: Site, numbers: range) -> list[tuple[str, str]]:
    return [(site.article(f"/n{number}", *news(number)), news(number)[0]) for number in numbers]


def check_all_once(deployment: Deployment, site: Site, count: int) -> None:
    """Every article so far is stored, of one entry each, and was asked for once."""
    assert {number: site.times(f"/n{number}") for number in range(count)} == dict.fromkeys(range(count), 1)
    assert deployment.database("SELECT count(*) FROM articles") == [(count,)]
    assert deployment.database("SELECT count(*), count(DISTINCT url) FROM entries") == [(count, count)]
    assert deployment.database("SELECT count(*) FROM entries WHERE article IS NULL") == [(0,)]


@pytest.mark.parametrize("old", ["gone", "moved", "still there"])
def test_a_feed_at_another_address(press: Press, deployment: Deployment, old: str) -> None:
    site, elsewhere = press.site(), press.site()
    deployment.read("nahr", site.feed("/rss", items(site, range(6))))
    assert deployment.crawl().end["stored"] == 6
    new = elsewhere.feed("/feed.xml", items(site, range(3, 9)))
    if old == "gone":
        site.answers["/rss"] = Answer(status=410)
    elif old == "moved":
        site.answers["/rss"] = Answer(status=301, headers=(("Location", new),))
        before = deployment.crawl()  # the old address leads there before anybody declares it
        assert (before.code, before.end["new"], before.end["stored"]) == (0, 3, 3), before.log
    deployment.read("nahr", new)

    second = deployment.crawl()

    assert second.code == 0, second.log
    told = 0 if old == "moved" else 3
    assert (second.end["feeds"], second.end["new"], second.end["stored"]) == (1, told, told)
    assert second.end["gaps"] == 0
    check_all_once(deployment, site, 9)
    deployment.read("nahr", site.feed("/rss", items(site, range(5, 11))))  # and back again: old validators mislead none
    third = deployment.crawl()
    assert (third.code, third.end["new"], third.end["stored"]) == (0, 2, 2), third.log
    check_all_once(deployment, site, 11)


def test_as_a_sitemap_in_another_time_zone_and_a_feed_again(press: Press, deployment: Deployment) -> None:
    site = press.site()
    feed = site.feed("/rss", items(site, range(4)))
    deployment.read("nahr", feed)
    assert deployment.crawl().end["stored"] == 4
    now = datetime.now(UTC)
    listed = [(url, now - timedelta(minutes=5)) for url, _ in items(site, range(2, 7))]
    site.answers["/news.xml"] = Answer(body=sitemap(listed), content_type="application/xml", validated=True)
    deployment.read("nahr", {"url": site.url + "/news.xml", "kind": "sitemap"}, timezone="Africa/Cairo")
    assert deployment.crawl().end["stored"] == 3
    check_all_once(deployment, site, 7)

    # under its first address, unchanged there since, but to be read by other clocks: in full, and nothing of it is new
    deployment.read("nahr", feed, timezone="Africa/Cairo")
    again = deployment.crawl()
    assert (again.code, again.end["feeds_ok"], again.end["known"], again.end["pages"]) == (0, 1, 4, 0), again.log
    check_all_once(deployment, site, 7)


def test_pages_of_the_old_address_that_wait_are_fetched_under_the_new_one(press: Press, deployment: Deployment) -> None:
    site, elsewhere = press.site(), press.site()
    deployment.read("nahr", site.feed("/rss", items(site, range(5))))
    killed = deployment.crawl(MIRQAB_TEST_KILL_AT="after_fetch:2")
    assert killed.code == -signal.SIGKILL, killed.log
    asked = {number: site.times(f"/n{number}") for number in range(5)}
    assert 0 < sum(asked.values()) < 5
    deployment.read("nahr", elsewhere.feed("/feed.xml", items(site, range(4, 7))))

    run: Ended = deployment.crawl()

    assert run.code == 0, run.log
    assert run.end["reasons"] == {}
    assert deployment.database("SELECT count(*) FROM articles") == [(7,)]
    assert deployment.database("SELECT count(*) FROM entries WHERE article IS NULL") == [(0,)]
    # what was under way when the run was killed is asked once more, the rest once
    assert all(site.times(f"/n{number}") == 1 for number in range(7) if not asked.get(number))


def test_an_address_that_is_none_costs_the_outlet_nothing_that_was_told(press: Press, deployment: Deployment) -> None:
    site = press.site()
    feed = site.feed("/rss", items(site, range(3)))
    deployment.read("nahr", feed)
    assert deployment.crawl().end["stored"] == 3
    deployment.read("nahr", site.url + "/typing-mistake")
    wrong = deployment.crawl()
    assert (wrong.code, wrong.end["feed_reasons"]) == (3, {Reason.NOT_FOUND: 1})
    site.feed("/rss", items(site, range(1, 5)))
    deployment.read("nahr", feed)
    right = deployment.crawl()
    assert (right.code, right.end["new"], right.end["stored"], right.end["gaps"]) == (0, 2, 2, 0), right.log
    check_all_once(deployment, site, 5)

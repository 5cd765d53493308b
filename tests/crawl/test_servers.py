"""Two ports of one host are two servers: each has its own turns, delay, rest and wish for patience."""

from __future__ import annotations

import time

from mirqab.types import Reason
from tests.crawl.conftest import Deployment, news, publish, until
from tests.crawl.pressweb import Answer, Asked, Press, Site

NO_REDIS = "redis://127.0.0.1:9/0"


def of_one_host(press: Press) -> tuple[Site, Site]:
    first = press.site()
    return first, press.site(host=first.host)


def test_one_that_asks_for_patience_does_not_close_the_other_in_this_run_or_the_next(
    press: Press, deployment: Deployment
) -> None:
    busy, well = of_one_host(press)
    busy.answers["/rss"] = Answer(status=429, headers=(("Retry-After", "600"),))
    busy.article("/page", *news(7))
    deployment.read("nahr", busy.url + "/rss", publish(well, 2))

    # with a Redis that hands out turns, and without one
    for environ in ({}, {"MIRQAB_REDIS_URL": NO_REDIS}):
        well.asked.clear()
        crawl = deployment.crawl(**environ)
        assert crawl.code == 3, crawl.log
        assert well.times("/rss") == 1
    assert deployment.database("SELECT count(*) FROM articles") == [(2,)]
    assert [asked.path for asked in busy.asked] == ["/robots.txt", "/rss"], "it was let be"
    resting = deployment.database("SELECT host FROM hosts WHERE not_before IS NOT NULL")
    assert resting == [(f"http://{busy.host}:{busy.port}",)]


def test_one_that_does_not_answer_is_let_be_and_the_other_is_read(press: Press, deployment: Deployment) -> None:
    ill, well = of_one_host(press)
    hub = press.site()
    for number in range(6):
        ill.answers[f"/{number}"] = Answer(status=503)
    items = [(f"{ill.url}/{number}", f"{number}") for number in range(6)]
    pages = [(well.article(f"/{number}", *news(number)), f"{number}") for number in range(6)]
    deployment.read("nahr", hub.feed("/rss", [pair for two in zip(items, pages, strict=True) for pair in two]))

    crawl = deployment.crawl()

    assert crawl.end["stored"] == 6, crawl.log
    assert crawl.end["reasons"] == {Reason.HTTP_ERROR: 3}
    assert crawl.end["put_off_reasons"] == {Reason.HTTP_ERROR: 3}


def test_each_has_its_own_delay_and_is_asked_while_the_other_answers(press: Press, deployment: Deployment) -> None:
    slow, quick = of_one_host(press)
    slow.answers["/robots.txt"] = Answer(body=b"User-agent: *\nCrawl-delay: 1\n", content_type="text/plain")
    pages = [slow.article(path, *news(number)) for number, path in ((8, "/one"), (9, "/other"))]
    deployment.read("nahr", slow.feed("/rss", [(url, "أ") for url in pages]), delay_s=0.1)
    deployment.read("wadi", publish(quick, 4))
    page, answered_at = slow.answers["/one"], list[float]()
    assert isinstance(page, Answer)

    def when_the_other_is_read(_: Asked) -> Answer:
        until(lambda: len(quick.asked) == 6)
        answered_at.append(time.monotonic())
        return page

    slow.answers.update(dict.fromkeys(("/one", "/other"), when_the_other_is_read))

    crawl = deployment.crawl(MIRQAB_CRAWL_DELAY_S="0.05", MIRQAB_CRAWL_TIMEOUT_S="60")

    assert crawl.code == 0, crawl.log
    assert (len(slow.asked), len(answered_at)) == (4, 2), "the other had nothing to wait for"
    assert slow.asked[-1].at > answered_at[0], "one at a time"
    assert slow.is_asked_apart(1), slow.asked


def test_a_redirect_to_the_other_port_takes_the_other_ones_turn(press: Press, deployment: Deployment) -> None:
    old, new = of_one_host(press)
    new.answers["/robots.txt"] = Answer(body=b"User-agent: *\nDisallow: /closed\n", content_type="text/plain")
    for path in ("/open", "/closed"):
        old.answers[path] = Answer(status=302, headers=(("Location", new.article(path, *news(len(path)))),))
    deployment.read("nahr", old.feed("/rss", [(old.url + "/open", "أ"), (old.url + "/closed", "ب")]))

    crawl = deployment.crawl()

    assert crawl.end["stored"] == 1, crawl.log
    assert crawl.end["reasons"] == {Reason.REFUSED_BY_ROBOTS: 1}
    assert [one.path for one in new.asked] == ["/robots.txt", "/open"]

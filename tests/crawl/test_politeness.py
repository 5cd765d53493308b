"""Politeness over real HTTP: what robots.txt says is done, who asks for patience gets it, also from later runs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.deployment import Deployment as Deployed
from crawler.hosts import Hosts
from crawler.outcomes import RefusedError, patience_s
from crawler.robots import MOST_BYTES, MOST_READ_BYTES, RobotsMiddleware, _Rules, decoded
from crawler.run import CrawlRun
from crawler.spiders.feeds import FeedsSpider
from mirqab.addresses import origin_of
from mirqab.settings import Settings
from mirqab.types import HostState, Reason
from tests.crawl.conftest import Deployment, news, publish
from tests.crawl.pressweb import ROUNDED_S, Answer, Asked, Press, Site, silent_address

NO_REDIS = "redis://127.0.0.1:9/0"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ALL_FORBIDDEN = b"User-agent: *\nDisallow: /\n"


def text(body: bytes, **more: Any) -> Answer:
    return Answer(body=body, content_type="text/plain", **more)


def outcomes(deployment: Deployment) -> dict[str, tuple[Reason | None, str]]:
    """Return for each address that was tried why it gave no article; (None, "") when it did."""
    told = deployment.database(
        "SELECT url, outcomes.reason, outcomes.detail FROM outcomes JOIN entries ON entries.id = outcomes.entry"
    )
    return {str(url): (Reason(str(reason)) if reason else None, str(detail or "")) for url, reason, detail in told}


# --------------------------------------------------------------------------------------- case 30: robots.txt


async def test_a_refusal_is_raised_anew_for_every_address() -> None:
    rules = _Rules(refusal=RefusedError(Reason.HTTP_ERROR, "robots.txt answered 503"))
    middleware = RobotsMiddleware(Crawler(Spider, {"ROBOTSTXT_OBEY": True}))
    raised = []
    for number in range(3):
        with pytest.raises(RefusedError, match="answered 503") as caught:
            await middleware._decide(rules, f"https://nahr.example/{number}")
        raised.append(len(caught.traceback))
    assert raised[0] == raised[-1], "one exception raised by all would hold on to every request"


async def test_the_rules_of_few_hosts_stay_in_memory_and_the_others_are_read_from_the_archive_again() -> None:
    body = b"User-agent: *\nDisallow: /closed\n" + b"#" * 500_000
    recalled: list[str] = []

    async def recall(origin: str) -> HostState:
        recalled.append(origin)
        status = 404 if "bare" in origin else 200
        return HostState(host=origin, robots=body, robots_status=status, robots_at=datetime.now(UTC))

    crawler = Crawler(FeedsSpider, {"ROBOTSTXT_OBEY": True, "ROBOTSTXT_USER_AGENT": "Mirqab"})
    crawler.spider = FeedsSpider()
    crawler.spider.run = CrawlRun(Deployed(Settings()), (), command="crawl", hosts=[], keeps=False)
    crawler.spider.run.hosts = Hosts(no_wait, recall, crawler.spider.run.keep_host, asyncio.Event())
    middleware = RobotsMiddleware(crawler)
    room = MOST_READ_BYTES // len(body)
    hosts = ["https://bare.example", *(f"https://n{number}.example" for number in range(room + 1))]

    for host in (*hosts, hosts[-1], hosts[0], hosts[1]):
        await middleware.process_request(Request(f"{host}/open"))
        if host != hosts[0]:
            with pytest.raises(RefusedError, match="forbids"):
                await middleware.process_request(Request(f"{host}/closed"))

    assert recalled == [origin_of(host) for host in (*hosts, hosts[1])]
    assert len(middleware._read) == room


async def no_wait(host: str, delay_s: float) -> float:
    return 0.0


ROBOTS: dict[str, tuple[Answer, Reason | None, str]] = {
    "missing": (Answer(status=404), None, ""),
    "gone": (Answer(status=410), None, ""),
    "closed": (Answer(status=403), None, ""),
    "login": (Answer(status=401), None, ""),
    "odd": (Answer(status=418), None, ""),
    "ill": (Answer(status=500), Reason.HTTP_ERROR, "robots.txt answered 500"),
    "worse": (Answer(status=999), Reason.HTTP_ERROR, "robots.txt answered 999"),
    "busy": (Answer(status=429), Reason.TOO_MANY_REQUESTS, "robots.txt answered 429"),
    "slow": (Answer(stall_s=60), Reason.TIMED_OUT, "robots.txt: no full answer in time"),
    "cut": (text(b"#", declared_length=500), Reason.BROKEN_ANSWER, "robots.txt: the answer was cut short"),
    "empty": (text(b""), None, ""),
    "page": (Answer(body=b"<!doctype html><html><body>Disallow nothing</body></html>"), None, ""),
    "forbids": (text(ALL_FORBIDDEN), Reason.REFUSED_BY_ROBOTS, "robots.txt forbids this address"),
    "zipped": (text(ALL_FORBIDDEN, gzipped=True), Reason.REFUSED_BY_ROBOTS, "robots.txt forbids this address"),
    "bomb": (text(b"#" * 40_000_000, gzipped=True), Reason.HTTP_ERROR, "robots.txt: larger than the limit"),
    "marked": (text(b"\xef\xbb\xbf" + ALL_FORBIDDEN), Reason.REFUSED_BY_ROBOTS, ""),
    "wide": (text(ALL_FORBIDDEN.decode().encode("utf-16")), Reason.REFUSED_BY_ROBOTS, ""),
    "old": (text("User-agent: *\nDisallow: /خاص/\n".encode("windows-1256")), None, ""),
    "ours": (text(b"User-agent: *\nAllow: /\n\nUser-agent: mirqab\nDisallow: /\n"), Reason.REFUSED_BY_ROBOTS, ""),
    "others": (text(b"User-agent: OtherBot\nDisallow: /\n\nUser-agent: Mirqab\nDisallow: /private\n"), None, ""),
    "narrow": (text(b"User-agent: *\nDisallow: /\nAllow: /page\n"), None, ""),
    "huge": (text(ALL_FORBIDDEN + b"# filler\n" * 100_000 + b"User-agent: Mirqab\nAllow: /\n"), *(
        (Reason.REFUSED_BY_ROBOTS, "")
    )),
    "vast": (text(b"# filler\n" * 5_000_000 + ALL_FORBIDDEN), None, ""),
}  # fmt: skip


def test_case_30_every_robots_txt_is_read_as_rfc_9309_says(press: Press, deployment: Deployment) -> None:
    sites: dict[str, Site] = {}
    items = []
    for name, (answer, _, _) in ROBOTS.items():
        sites[name] = site = press.site()
        site.answers["/robots.txt"] = answer
        items.append((site.article("/page", *news(len(sites))), name))
    for name, target in (
        ("moved", "/elsewhere.txt"),
        ("loop", "/robots.txt"),
        ("inward", "http://10.0.0.1/robots.txt"),
    ):
        sites[name] = site = press.site()
        site.answers["/robots.txt"] = Answer(status=301, headers=(("Location", target),))
        site.answers["/elsewhere.txt"] = text(ALL_FORBIDDEN)
        items.append((site.article("/page", *news(len(sites))), name))
    silent = silent_address()
    hub = press.site()
    deployment.read("nahr", hub.feed("/rss", [*items, (f"{silent}/page", "silent")]))

    crawl = deployment.crawl(MIRQAB_CRAWL_TIMEOUT_S="6")

    assert crawl.code == 3, crawl.log
    found = outcomes(deployment)
    for name, (_, reason, detail) in ROBOTS.items():
        url = sites[name].url + "/page"
        assert found[url][0] is reason, (name, found[url])
        assert found[url][1].startswith(detail), (name, found[url])
        assert sites[name].times("/page") == (1 if reason is None else 0), name
        assert sites[name].times("/robots.txt") == 1, name
    assert found[sites["moved"].url + "/page"][0] is Reason.REFUSED_BY_ROBOTS
    assert sites["moved"].times("/page") == 0
    assert found[sites["loop"].url + "/page"][0] is None  # RFC 9309, 2.3.1.2: as if there were none
    assert found[sites["inward"].url + "/page"][0] is Reason.HTTP_ERROR  # says nothing lasting of the page
    assert found[f"{silent}/page"] == (Reason.CONNECTION, "robots.txt: connection refused")
    assert "Traceback" not in crawl.log
    waiting = deployment.database("SELECT url, state, attempts, reason FROM entries WHERE state = 'pending'")
    own = {sites[name].url + "/page" for name in ("ill", "worse", "busy", "slow", "cut", "bomb", "inward")}
    assert {str(url) for url, *_, attempts, _ in waiting if not attempts} == own, "what was not asked was not tried"
    assert {str(url) for url, *_, attempts, _ in waiting if attempts} == {f"{silent}/page"}


def test_pages_behind_an_ill_robots_txt_wait_until_it_is_well(press: Press, deployment: Deployment) -> None:
    hub, site = press.site(), press.site()
    site.answers["/robots.txt"] = Answer(status=500)
    deployment.read("nahr", hub.feed("/rss", [(site.article("/page", *news(1)), "أ")]))
    for _ in range(2):
        crawl = deployment.crawl(MIRQAB_CRAWL_MAX_ATTEMPTS="1")
        assert crawl.code == 3, crawl.log
        assert (crawl.end["put_off"], crawl.end["failed"]) == (1, 0)
        assert crawl.end["put_off_reasons"] == {Reason.HTTP_ERROR: 1}
    assert outcomes(deployment)[f"{site.url}/page"] == (Reason.HTTP_ERROR, "robots.txt answered 500")

    site.answers["/robots.txt"] = Answer(status=404)
    assert deployment.crawl(MIRQAB_CRAWL_MAX_ATTEMPTS="1").end["stored"] == 1


def test_robots_txt_is_asked_once_a_day(press: Press, deployment: Deployment) -> None:
    site = press.site()
    site.answers["/robots.txt"] = text(b"User-agent: *\nDisallow: /n1\n")
    deployment.read("nahr", publish(site, 2))
    assert deployment.crawl().end["reasons"] == {Reason.REFUSED_BY_ROBOTS: 1}
    assert deployment.crawl().code == 0
    assert site.times("/robots.txt") == 1
    assert site.times("/rss") == 2

    remember(deployment, site, age=timedelta(hours=25))
    assert deployment.crawl().code == 0
    assert site.times("/robots.txt") == 2


@pytest.mark.parametrize(("age", "asked"), [(timedelta(days=3), 2), (timedelta(days=31), 1)])
def test_an_older_copy_stands_in_for_a_robots_txt_that_cannot_be_read(
    press: Press, deployment: Deployment, age: timedelta, asked: int
) -> None:
    site = press.site()
    deployment.read("nahr", publish(site, 1))
    assert deployment.crawl().code == 0
    site.answers["/robots.txt"] = Answer(status=503)
    remember(deployment, site, age=age)

    again = deployment.crawl()

    assert site.times("/rss") == asked
    assert again.code == (0 if asked == 2 else 3)


def test_a_robots_txt_that_cannot_be_read_is_told_each_run_and_counts_as_none_after_a_month(
    press: Press, deployment: Deployment
) -> None:
    hub, site = press.site(), press.site()
    site.answers["/robots.txt"] = Answer(status=503)
    page = site.article("/page", *news(1))
    deployment.read("nahr", hub.feed("/rss", [(page, "أ")]), home=site.url + "/")
    first = deployment.crawl()
    with deployment.archive() as archive:
        (unread,) = archive.hosts_unread()
    assert (unread.host, unread.robots_status) == (origin_of(site.url), 503)
    (health,) = json.loads(deployment.mirqab("health", "--format", "json"))
    assert health["robots_unread"][0]["host"] == unread.host
    assert "cannot be read since" in deployment.mirqab("health")

    remember(deployment, site, age=timedelta(days=29))
    second = deployment.crawl()
    for crawl in (first, second):
        assert (crawl.code, crawl.end["put_off_reasons"]) == (3, {Reason.HTTP_ERROR: 1}), crawl.log
    assert len(set(deployment.database("SELECT run, reason, detail FROM outcomes"))) == 2, "each run says why"
    assert site.times("/robots.txt") == 2, "each run finds out anew"
    assert site.times("/page") == 0

    remember(deployment, site, age=timedelta(days=31))
    third = deployment.crawl()
    assert (third.code, third.end["stored"]) == (0, 1), third.log
    (said,) = deployment.database("SELECT robots FROM outcomes WHERE outcome = 'stored'")
    assert "counts as no rules after 30 days" in str(said[0])

    site.answers["/robots.txt"] = Answer(status=404)
    assert deployment.crawl("page", "-a", f"url={page}").code == 0
    with deployment.archive() as archive:
        assert archive.hosts_unread() == []


def remember(deployment: Deployment, site: Site, *, age: timedelta) -> None:
    """Make the remembered copy of a robots.txt that old."""
    with deployment.archive() as archive:
        known = archive.host(origin_of(site.url))
        assert known is not None
        archive.keep_host(replace(known, robots_at=datetime.now(UTC) - age))


def test_every_decision_is_kept_with_its_poll_and_its_page(press: Press, deployment: Deployment) -> None:
    site, bare, ill = press.site(), press.site(), press.site()
    site.answers["/robots.txt"] = text(b"User-agent: *\nDisallow: /n1\nCrawl-delay: 0.2\n")
    ill.answers["/robots.txt"] = Answer(status=503)
    for outlet, of in (("nahr", site), ("wadi", bare)):
        deployment.read(outlet, publish(of, 2))
    deployment.read("ill", publish(ill, 1))

    deployment.crawl()

    polls = {str(outlet): said for outlet, said in deployment.database("SELECT outlet, robots FROM polls")}
    assert polls == {
        "nahr": "allowed: crawl-delay 0.2 s",
        "wadi": "allowed: no robots.txt (404)",
        "ill": "refused: robots.txt answered 503",
    }
    pages = sorted(str(robots) for (robots,) in deployment.database("SELECT robots FROM outcomes"))
    assert pages == [
        "allowed: crawl-delay 0.2 s",
        *["allowed: no robots.txt (404)"] * 2,
        "refused: robots.txt forbids this address",
    ]


def test_a_crawl_delay_is_kept_when_it_is_longer_than_ours(press: Press, deployment: Deployment) -> None:
    slow, quick = press.site(), press.site()
    for site, delay in ((slow, b"1.5"), (quick, b"0.1")):
        site.answers["/robots.txt"] = text(b"User-agent: *\nCrawl-delay: " + delay + b"\n")
    deployment.read("nahr", publish(slow, 2))
    deployment.read("wadi", publish(quick, 2), delay_s=0.5)

    crawl = deployment.crawl()

    assert crawl.code == 0, crawl.log
    assert slow.is_asked_apart(1.5), slow.asked
    assert quick.is_asked_apart(0.5), quick.asked
    assert f"crawl-delay host={slow.host}:{slow.port} asked_s=1.5 kept_s=1.5" in crawl.log


def test_a_robots_txt_in_an_unknown_encoding_never_forbids_more_than_it_says() -> None:
    assert decoded("Disallow: /أ".encode("windows-1256")) == "Disallow: /\ufffd"
    assert decoded(b"\xff\xfeA\x00") == "A"
    assert MOST_BYTES == 512_000


# ------------------------------------------------------------------------------------ case 27: patience

SECONDS = ("Retry-After", "600")


def in_ten_minutes(_: Asked) -> Answer:
    at = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    return Answer(status=503, headers=(("Retry-After", at),))


@pytest.mark.parametrize(
    "busy",
    [
        pytest.param(Answer(status=429, headers=(SECONDS,)), id="429, seconds"),
        pytest.param(Answer(status=429), id="429, untold"),
        pytest.param(Answer(status=503, headers=(SECONDS,)), id="503, seconds"),
        pytest.param(in_ten_minutes, id="503, date"),
    ],
)
def test_case_27_a_host_that_asks_for_patience_is_not_asked_again_by_any_run(
    press: Press, deployment: Deployment, busy: Answer | Callable[[Asked], Answer]
) -> None:
    site = press.site()
    site.answers["/busy"] = busy
    site.article("/other", *news(1))
    deployment.read("nahr", site.url + "/busy")
    deployment.read("wadi", site.feed("/rss", [(site.url + "/other", "أ")]))

    first = deployment.crawl("feeds", "-a", "outlet=nahr", MIRQAB_REDIS_URL=NO_REDIS)
    assert first.code == 3, first.log
    asked = [one.path for one in site.asked]
    assert asked == ["/robots.txt", "/busy"]

    second = deployment.crawl("feeds", "-a", "outlet=nahr,wadi", MIRQAB_REDIS_URL=NO_REDIS)

    # another address of the same host, another run, and no Redis that could remember
    assert [one.path for one in site.asked] == asked, second.log


def test_case_27_a_host_is_asked_again_when_its_time_has_come(press: Press, deployment: Deployment) -> None:
    site = press.site()
    site.answers["/rss"] = Answer(status=429, headers=(("Retry-After", "2"),))
    deployment.read("nahr", site.url + "/rss")
    assert deployment.crawl(MIRQAB_REDIS_URL=NO_REDIS).code == 3
    publish(site, 1)
    with deployment.archive() as archive:
        known = archive.host(origin_of(site.url))
    assert known is not None
    assert known.not_before is not None
    time.sleep(max(0.0, (known.not_before - datetime.now(UTC)).total_seconds() + ROUNDED_S))

    assert deployment.crawl(MIRQAB_REDIS_URL=NO_REDIS).code == 0
    first, second = [asked.at for asked in site.asked if asked.path == "/rss"]
    assert second - first > 2


@pytest.mark.parametrize(
    ("status", "headers", "wait_s"),
    [
        (200, {}, None),
        (200, {"Cache-Control": "max-age=600"}, 600),
        (200, {"Cache-Control": "public, MAX-AGE = 600"}, 600),
        (200, {"Cache-Control": "max-age=600", "Age": "500"}, 100),
        (200, {"Cache-Control": "max-age=600", "Age": "700"}, None),
        (200, {"Cache-Control": "s-maxage=600"}, None),
        (200, {"Cache-Control": "no-cache, max-age=600"}, None),
        (200, {"Cache-Control": "max-age=60", "Expires": "Mon, 23 Nov 2026 11:00:00 GMT"}, 60),
        (200, {"Expires": "Sun, 22 Nov 2026 13:00:00 GMT"}, 3600),
        (200, {"Expires": "0"}, None),
        (200, {"Expires": "Sun, 22 Nov 2026 11:00:00 GMT"}, None),
        (200, {"Expires": "Fri, 31 Dec 9999 23:59:59 GMT"}, 86_400),
        (200, {"Cache-Control": "max-age=99999999999999"}, 86_400),
        (200, {"Retry-After": "60"}, None),
        (304, {"Cache-Control": "max-age=600"}, 600),
        (429, {"Retry-After": "60"}, 60),
        (503, {"Retry-After": "60", "Cache-Control": "max-age=600"}, 600),
    ],
)
def test_how_long_an_answer_asks_us_to_wait(status: int, headers: dict[str, str], wait_s: float | None) -> None:
    assert patience_s(Response("https://news.example/rss", status=status, headers=headers), NOW) == wait_s

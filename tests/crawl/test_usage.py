"""How the spiders are called: names, arguments, exit codes, and who may be crawled at all."""

from __future__ import annotations

import itertools
import json
import sys
import types
from pathlib import Path

import pytest
from scrapy.settings import Settings as ScrapySettings

from mirqab import __version__
from mirqab.types import Reason
from tests.crawl.conftest import Deployment, news, publish
from tests.crawl.pressweb import Answer, Press


def test_list_shows_every_outlet_and_the_common_spiders(deployment: Deployment) -> None:
    deployment.read("nahr", "http://127.0.0.1:9/rss")
    deployment.read("wadi", "http://127.0.0.1:9/rss", enabled=False, reason="its feed is gone")

    listed = deployment.scrapy("list")

    assert listed.code == 0, listed.log
    assert listed.log.split() == ["feeds", "fetch", "nahr", "page", "wadi"]


def test_disabled_outlet_is_crawled_by_its_name_only(press: Press, deployment: Deployment) -> None:
    on, off = press.site(), press.site()
    deployment.read("nahr", publish(on, 1))
    deployment.read("wadi", publish(off, 1), enabled=False, reason="slow")

    assert deployment.crawl().end["feeds_ok"] == 1
    assert off.asked == []
    assert deployment.crawl("wadi").code == 0
    assert off.times("/n0") == 1


def test_kind_and_outlet_choose(press: Press, deployment: Deployment) -> None:
    sites = {name: press.site() for name in ("nahr", "wadi", "jabal")}
    for name, site in sites.items():
        deployment.read(name, publish(site, 0), kind="wire" if name == "wadi" else "portal")

    def asked() -> set[str]:
        names = {name for name, site in sites.items() if site.asked}
        for site in sites.values():
            site.asked.clear()
        return names

    deployment.crawl("feeds", "-a", "kind=wire")
    assert asked() == {"wadi"}
    deployment.crawl("feeds", "-a", "outlet=nahr, jabal")
    assert asked() == {"nahr", "jabal"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("feeds", "-a", "kind=wires"), "There is no kind 'wires'; kinds are wire, newspaper"),
        (("feeds", "-a", "outlet=nahhr"), "there is no outlet 'nahhr'"),
        (("feeds", "-a", "outlets=nahr"), "is no argument of feeds"),
        (("nahhr",), "did you mean nahr"),
        (("page",), "give the page's address"),
        (("page", "-a", "url=javascript:alert(1)"), "give the page's address"),
        (("nahr", "-s", "MIRQAB_CRAWL_DELAY_S=soon"), "crawl.delay_s"),
        (("nahr", "-s", "MIRQAB_CRAWL_DELAYS=1"), 'did you mean "crawl.delay_s"?'),
    ],
)
def test_wrong_usage_is_told_and_exits_with_2(deployment: Deployment, arguments: tuple[str, ...], told: str) -> None:
    deployment.read("nahr", "http://127.0.0.1:9/rss")
    crawl = deployment.crawl(*arguments)
    assert crawl.code == 2, crawl.log
    assert told in crawl.log
    assert "Traceback" not in crawl.log
    assert not (deployment.home / "archive.sqlite").exists()


def test_wrong_declarations_are_told_with_file_and_line(deployment: Deployment) -> None:
    (deployment.config / "outlets.yaml").write_text("outlets:\n  - id: nahr\n    kindd: wire\n", encoding="utf-8")
    for arguments in (("list",), ("crawl", "feeds")):
        ended = deployment.scrapy(*arguments)
        assert ended.code == 2, ended.log
        assert "outlets.yaml:3" in ended.log
        assert "Traceback" not in ended.log


def test_who_crawls_others_must_have_a_contact(press: Press, deployment: Deployment) -> None:
    site = press.site()
    deployment.read("nahr", publish(site, 0))
    nobody = deployment.crawl("nahr", MIRQAB_CRAWL_ALLOW_HOSTS="127.0.0.1")
    assert nobody.code == 2
    assert "contact: you@example.org" in nobody.log
    assert site.asked == []


def test_private_hosts_are_refused_and_the_user_agent_says_who_we_are(press: Press, deployment: Deployment) -> None:
    site, private = press.site(), press.site()
    deployment.read("nahr", publish(site, 1))
    deployment.read("inner", publish(private, 1))

    crawl = deployment.crawl(MIRQAB_CONTACT="desk@news.example", MIRQAB_CRAWL_ALLOW_HOSTS=site.host)

    assert crawl.code == 3, crawl.log
    problems = {event["outlet"]: event["problem"] for event in crawl.events if event["event"] == "feed"}
    assert problems == {"nahr": None, "inner": Reason.REFUSED_ADDRESS}
    assert private.asked == []
    assert {asked.headers["user-agent"] for asked in site.asked} == {f"Mirqab/{__version__} (+desk@news.example)"}
    assert {asked.headers["accept-encoding"] for asked in site.asked if asked.path != "/robots.txt"} == {"gzip, deflate"}
    assert not any("cookie" in asked.headers or "referer" in asked.headers for asked in site.asked)


def test_page_by_hand_belongs_to_the_outlet_of_its_host(press: Press, deployment: Deployment) -> None:
    site, foreign = press.site(), press.site()
    deployment.read("nahr", publish(site, 1))
    page = site.article("/by-hand", *news(7))
    adrift = foreign.article("/adrift", *news(8))
    for url in (page, adrift, page):
        crawl = deployment.crawl("page", "-a", f"url={url}")
        assert crawl.code == 0, crawl.log
    with deployment.archive() as archive:
        outlets = {url: trail.entry.outlet for url in (page, adrift) if (trail := archive.by_url(url))}
    assert outlets == {page: "nahr", adrift: foreign.host}
    assert site.times("/by-hand") == 2
    assert site.times("/rss") == 0


def test_fetch_writes_the_answer_and_stores_nothing(press: Press, deployment: Deployment, tmp_path: Path) -> None:
    site = press.site()
    deployment.read("nahr", publish(site, 0))
    page = site.article("/page", *news(1), gzipped=True)
    site.answers["/robots.txt"] = Answer(body=b"User-agent: Mirqab\nDisallow: /closed\n", content_type="text/plain")

    into = tmp_path / "answer"
    assert deployment.crawl("fetch", "-a", f"url={page}", "-a", f"into={into}").code == 0
    head, _, body = into.read_bytes().partition(b"\n")
    told = json.loads(head)
    assert (told["status"], told["problem"], told["final_url"]) == (200, None, page)
    assert news(1)[0].encode() in body

    assert deployment.crawl("fetch", "-a", f"url={site.url}/closed", "-a", f"into={into}").code == 3
    assert json.loads(into.read_bytes().partition(b"\n")[0])["problem"] == Reason.REFUSED_BY_ROBOTS
    assert list(deployment.home.iterdir()) == []


def test_a_class_of_ones_own_wins_over_the_declaration(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    from crawler.spiderloader import OutletSpiderLoader
    from crawler.spiders.feeds import OutletSpider

    deployment.read("nahr", "http://127.0.0.1:9/rss")
    module = types.ModuleType("own_spiders")
    own = type("NahrSpider", (OutletSpider,), {"name": "nahr", "__module__": "own_spiders"})
    module.NahrSpider = own  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "own_spiders", module)
    monkeypatch.setenv("MIRQAB_CONFIG", str(deployment.config))
    from crawler.deployment import _deployment

    _deployment.cache_clear()
    settings = ScrapySettings({"SPIDER_MODULES": ["crawler.spiders", "own_spiders"]})
    assert OutletSpiderLoader.from_settings(settings).load("nahr") is own
    _deployment.cache_clear()


def test_politeness_one_request_at_a_time_and_the_delay_between(press: Press, deployment: Deployment) -> None:
    site = press.site()
    deployment.read("nahr", publish(site, 4), delay_s=0.5)
    crawl = deployment.crawl(MIRQAB_CRAWL_DELAY_S="0.1")
    assert crawl.code == 0, crawl.log
    times = [asked.at for asked in site.asked]
    assert len(times) == 6  # robots.txt, the feed, four pages
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps) >= 0.4, gaps  # they leave 0.5 s apart; how they arrive is up to a busy machine too

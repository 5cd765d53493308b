"""How the spiders are called: names, arguments, exit codes, and who may be crawled at all."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import types
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings as ScrapySettings

from mirqab import __version__
from mirqab.addresses import origin_of
from mirqab.types import HostState, Reason
from tests.crawl.conftest import Deployment, news, publish
from tests.crawl.pressweb import Answer, Asked, Press


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
    assert {asked.headers["accept-encoding"] for asked in site.asked if asked.path != "/robots.txt"} == {
        "gzip, deflate"
    }
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


def told_in(answer: Path) -> tuple[dict[str, Any], bytes]:
    head, _, body = answer.read_bytes().partition(b"\n")
    return json.loads(head), body


def test_fetch_writes_the_answers_and_stores_nothing(press: Press, deployment: Deployment, tmp_path: Path) -> None:
    site = press.site()
    deployment.read("nahr", publish(site, 0))
    page = site.article("/page", *news(1), gzipped=True)
    rules = b"User-agent: *\nDisallow: /robots.txt\nUser-agent: Mirqab\nDisallow: /closed\nDisallow: /robots.txt\n"
    site.answers["/robots.txt"] = Answer(body=rules, content_type="text/plain")
    addresses, into = tmp_path / "addresses", tmp_path / "into"
    into.mkdir()
    asked = [page, f"{site.url}/closed", "javascript:alert(1)", f"{site.url}/missing", f"{site.url}/robots.txt"]
    addresses.write_text("\n".join(asked) + "\n", encoding="utf-8")

    assert deployment.crawl("fetch", "-a", f"urls={addresses}", "-a", f"into={into}").code == 3

    answers = [told_in(into / str(number)) for number in range(5)]
    assert sorted(path.name for path in into.iterdir()) == ["0", "1", "2", "3", "4"]
    assert [told["url"] for told, _ in answers] == asked
    assert [told["problem"] for told, _ in answers] == [
        None, Reason.REFUSED_BY_ROBOTS, Reason.BAD_URL, Reason.NOT_FOUND, None,
    ]  # fmt: skip
    assert (answers[0][0]["status"], answers[0][0]["final_url"]) == (200, page)
    assert news(1)[0].encode() in answers[0][1]
    assert answers[4][1] == rules, "robots.txt itself is always allowed"
    assert list(deployment.home.iterdir()) == []


def test_fetch_keeps_to_what_the_archive_remembers_of_hosts(
    press: Press, deployment: Deployment, tmp_path: Path
) -> None:
    site, busy = press.site(), press.site()
    rules = b"User-agent: *\nDisallow: /closed\n"
    site.answers["/robots.txt"] = Answer(body=rules, content_type="text/plain")
    deployment.read("nahr", publish(site, 1))
    assert deployment.crawl().code == 0
    with deployment.archive() as archive:
        later = datetime.now(UTC) + timedelta(hours=1)
        archive.keep_host(HostState(host=origin_of(busy.url), not_before=later, because=Reason.TOO_MANY_REQUESTS))
    asked = [f"{site.url}/n0", f"{site.url}/closed", f"{busy.url}/page", f"{site.url}/robots.txt"]
    (tmp_path / "addresses").write_text("\n".join(asked) + "\n", encoding="utf-8")

    assert deployment.crawl("fetch", "-a", f"urls={tmp_path / 'addresses'}", "-a", f"into={tmp_path}").code == 3

    answers = [told_in(tmp_path / str(number)) for number in range(4)]
    assert [told["problem"] for told, _ in answers] == [
        None, Reason.REFUSED_BY_ROBOTS, Reason.TOO_MANY_REQUESTS, None,
    ]  # fmt: skip
    assert answers[3][1] == rules
    assert site.times("/robots.txt") == 1
    assert busy.asked == []
    assert deployment.database("SELECT count(*) FROM runs") == [(1,)]


def test_fetch_keeps_the_delay_over_what_is_asked_later(press: Press, deployment: Deployment, tmp_path: Path) -> None:
    site = press.site()
    deployment.read("nahr", publish(site, 0))
    pages = [site.article(f"/page{number}", *news(number)) for number in range(3)]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    crawl = deployment.start(
        "crawl", "fetch", "-a", f"urls={pipe}", "-a", f"into={tmp_path}", MIRQAB_CRAWL_DELAY_S="0.4"
    )
    with pipe.open("wb", buffering=0) as asking:
        for number, page in enumerate(pages):
            asking.write(page.encode() + b"\n")
            while not (tmp_path / str(number)).exists():
                assert crawl.poll() is None
                time.sleep(0.01)
    ended = deployment.wait(crawl)

    assert ended.code == 0, ended.log
    assert ended.end["feeds_ok"] == 3
    assert site.is_asked_apart(0.4), site.asked
    assert site.times("/robots.txt") == 1


def test_fetch_takes_turns_with_the_crawls_that_are_at_work(
    press: Press, deployment: Deployment, tmp_path: Path
) -> None:
    site = press.site()
    deployment.read("nahr", publish(site, 0))
    assert deployment.crawl().code == 0
    publish(site, 6)
    fetched = [site.article(f"/fetched{number}", *news(number)) for number in range(6)]
    (tmp_path / "addresses").write_text("\n".join(fetched) + "\n", encoding="utf-8")
    both_at_work = threading.Barrier(2)

    def when_both(answer: Answer | Callable[[Asked], Answer]) -> Callable[[Asked], Answer]:
        assert isinstance(answer, Answer)

        def answered(_: Asked) -> Answer:
            both_at_work.wait(60)
            return answer

        return answered

    for path in ("/rss", "/fetched0"):  # the first request of each
        site.answers[path] = when_both(site.answers[path])
    site.asked.clear()
    delay_s = 0.6
    delay = {"MIRQAB_CRAWL_DELAY_S": str(delay_s), "MIRQAB_CRAWL_TIMEOUT_S": "90"}

    first = deployment.start("crawl", "feeds", **delay)
    (deployment.folder / "log").rename(deployment.folder / "log-of-first")
    fetch = deployment.crawl("fetch", "-a", f"urls={tmp_path / 'addresses'}", "-a", f"into={tmp_path}",
                             MIRQAB_PROGRESS=str(tmp_path / "other"), **delay)  # fmt: skip
    assert (deployment.wait(first).code, fetch.code) == (0, 0), fetch.log

    # all turns but the first two are taken after the second request came, and no request comes before its turn: that
    # is ten delays, less one for a question to Redis that a busy machine cuts off; six would do were they not shared
    times = sorted(asked.at for asked in site.asked)
    assert len(times) == 13
    assert times[-1] - times[1] > 9 * delay_s, times


def test_fetch_asks_nobody_elses_host_without_a_contact(press: Press, deployment: Deployment, tmp_path: Path) -> None:
    site, other = press.site(), press.site()
    deployment.read("nahr", publish(site, 0))
    (tmp_path / "addresses").write_text(f"{site.url}/a\n{other.url}/b\n", encoding="utf-8")
    crawl = deployment.crawl(
        "fetch", "-a", f"urls={tmp_path / 'addresses'}", "-a", f"into={tmp_path}", MIRQAB_CRAWL_ALLOW_HOSTS=site.host
    )
    assert crawl.code == 3, crawl.log
    assert told_in(tmp_path / "0")[0]["problem"] == Reason.NOT_FOUND
    assert "contact: you@example.org" in told_in(tmp_path / "1")[0]["failure"]
    assert other.asked == []


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
    assert len(site.asked) == 6  # robots.txt, the feed, four pages
    assert site.is_asked_apart(0.5), site.asked

"""The sandbox's own parts: IPv6 under the guard, the second look at an answer's address, redirects, the log."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.http import Response
from scrapy.settings import Settings

from crawler.middlewares import RedirectsMiddleware
from crawler.outcomes import RefusedError
from mirqab.types import Reason
from tests.crawl.conftest import Deployment, publish
from tests.crawl.hostile import NO_ROBOTS, RESOLVER, HostileServer, names
from tests.crawl.pressweb import Answer, Press

AT_HOME = "https://news.example/rss"


@pytest.fixture
def server(shared_data: Path) -> Iterator[HostileServer]:
    with HostileServer(shared_data / "hostile" / "hostile_server.py") as server:
        yield server


@pytest.fixture
def ipv6() -> None:
    """Skips where there is no IPv6."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")


@pytest.mark.usefixtures("ipv6")
def test_ipv6_is_asked_when_it_is_allowed_and_not_before(
    server: HostileServer, press: Press, deployment: Deployment
) -> None:
    literal, named = server.url("[::1]", "/ok"), server.url("six.example", "/ok")
    site = press.site()
    deployment.read("nahr", site.feed("/rss", [(literal, "أ"), (named, "ب")]))
    six = {**names({"six.example": [["::1"]]}), "MIRQAB_CONTACT": "desk@news.example"}

    refused = deployment.crawl("feeds", *RESOLVER, *NO_ROBOTS, **six, MIRQAB_CRAWL_ALLOW_HOSTS=site.host)

    assert refused.end["reasons"] == {Reason.REFUSED_ADDRESS: 2}, refused.log
    assert server.hosts_that_asked("/ok") == []

    deployment.read("wadi", site.feed("/six", [(literal + "?2", "أ"), (named + "?2", "ب")]))
    allowed = f"{site.host},::1"
    reached = deployment.crawl(
        *("feeds", "-a", "outlet=wadi", *RESOLVER, *NO_ROBOTS), **six, MIRQAB_CRAWL_ALLOW_HOSTS=allowed
    )

    assert reached.end["reasons"] == {Reason.NO_ARTICLE: 2}, reached.log
    assert sorted(server.hosts_that_asked("/ok?2")) == [f"[::1]:{server.port}", f"six.example:{server.port}"]


def test_an_answer_from_inside_is_refused_even_when_nothing_guarded_the_way(
    server: HostileServer, press: Press, deployment: Deployment
) -> None:
    site = press.site()
    deployment.read("nahr", site.feed("/rss", [(server.url("127.0.0.1", "/secret"), "أ")]))
    unguarded = ("-s", "TWISTED_DNS_RESOLVER=scrapy.resolver.CachingThreadedResolver")

    crawl = deployment.crawl("feeds", *unguarded, *NO_ROBOTS, MIRQAB_CRAWL_ALLOW_HOSTS=site.host)

    assert crawl.end["reasons"] == {Reason.REFUSED_ADDRESS: 1}, crawl.log
    assert len(server.hosts_that_asked("/secret")) == 1  # so it was the second look that refused


def test_silent_name_servers_cost_nobody_else_an_answer(press: Press, deployment: Deployment) -> None:
    silent = {f"silent{number}.example": [["silence"]] for number in range(12)}
    for name in silent:
        deployment.read(name.partition(".")[0], f"http://{name}/rss")
    site = press.site()
    publish(site, 1)
    deployment.read("nahr", site.named("nahr.example") + "/rss")
    asked = names(silent | {"nahr.example": [[site.host]]})
    hosts = ",".join((site.host, "nahr.example", *silent))

    crawl = deployment.crawl(
        *("feeds", *RESOLVER, *NO_ROBOTS, "-s", "DNS_TIMEOUT=1"), **asked, MIRQAB_CRAWL_ALLOW_HOSTS=hosts
    )

    assert crawl.end["feed_reasons"] == {Reason.DNS: 12}, crawl.log
    assert crawl.end["feeds_ok"] == 1
    assert "Unhandled error" not in crawl.log


def test_credentials_in_a_redirect_are_neither_sent_nor_logged(press: Press, deployment: Deployment) -> None:
    site = press.site()
    publish(site, 1)
    inside = site.url.replace("http://", "http://reader:open-sesame@")
    site.answers["/from"] = Answer(status=302, headers=(("Location", inside + "/rss"),))
    site.answers["/failing"] = Answer(status=302, headers=(("Location", "http://reader:open-sesame@10.0.0.1/"),))
    deployment.read("nahr", site.url + "/from", site.url + "/failing")

    crawl = deployment.crawl("feeds", "-L", "DEBUG")

    assert crawl.end["stored"] == 1, crawl.log
    assert "open-sesame" not in crawl.log
    assert not [asked for asked in site.asked if "authorization" in asked.headers]


def test_slow_redirects_share_one_time_out(press: Press, deployment: Deployment) -> None:
    site = press.site()
    site.feed("/4", [])
    for number in range(4):
        onward = (("Location", f"/{number + 1}"),)
        site.answers[f"/{number}"] = Answer(status=302, headers=onward, stall_s=1.4)
    deployment.read("nahr", site.url + "/0")

    crawl = deployment.crawl(MIRQAB_CRAWL_TIMEOUT_S="2")

    assert crawl.end["feed_reasons"] == {Reason.TIMED_OUT: 1}, crawl.log
    assert site.times("/2") == 0


@pytest.fixture
def redirects() -> RedirectsMiddleware:
    middleware = RedirectsMiddleware(Settings({"REDIRECT_ENABLED": True, "REDIRECT_MAX_TIMES": 5}))
    middleware.crawler = SimpleNamespace(spider=None)  # type: ignore[assignment]
    return middleware


def follow(redirects: RedirectsMiddleware, *hops: tuple[int, str]) -> Request:
    request = Request(AT_HOME)
    for status, location in hops:
        headers = {"Location": location.encode("utf-8")}
        followed = redirects.process_response(request, Response(request.url, status=status, headers=headers))
        assert isinstance(followed, Request)
        request = followed
    return request


@pytest.mark.parametrize(
    ("hops", "moved_to"),
    [
        ([(301, "https://www.news.example/rss")], "https://www.news.example/rss"),
        ([(308, "/feed")], "https://news.example/feed"),
        ([(301, "feed#top")], "https://news.example/feed"),
        ([(301, "//cdn.example/feed")], "https://cdn.example/feed"),
        ([(301, "https://reader:secret@news.example/feed")], "https://news.example/feed"),
        ([(301, "/a"), (308, "/b"), (301, "/c")], "https://news.example/c"),
        ([(302, "/a")], None),
        ([(301, "/a"), (302, "/b")], None),
        ([(307, "/a"), (301, "/b")], None),
        ([(303, "/a")], None),
    ],
)
def test_only_permanent_redirects_move_an_address(
    redirects: RedirectsMiddleware, hops: list[tuple[int, str]], moved_to: str | None
) -> None:
    assert follow(redirects, *hops).meta["moved_to"] == moved_to


@pytest.mark.parametrize(
    "location", ["javascript:alert(1)", "file:///etc/passwd", "http://", "http://[::1", "http://a:0/"]
)
def test_a_redirect_to_no_address_is_refused(redirects: RedirectsMiddleware, location: str) -> None:
    with pytest.raises(RefusedError) as refused:
        follow(redirects, (301, location))
    assert refused.value.reason is Reason.BAD_URL


def test_the_sixth_redirect_is_not_followed(redirects: RedirectsMiddleware) -> None:
    with pytest.raises(RefusedError) as refused:
        follow(redirects, *((302, f"/{number}") for number in range(6)))
    assert refused.value.reason is Reason.TOO_MANY_REDIRECTS

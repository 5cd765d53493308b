"""What hostile servers do to a crawl, case by case (16 to 32 of the list of faults), over real HTTP.

Two crawls meet nearly all of it: in one only names are allowed, so that every way to the server's inner page must be
refused; in the other the server may be asked, and misbehaves.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mirqab.addresses import clean_url
from mirqab.types import Reason
from tests.crawl.conftest import Deployment, Ended, deployed, publish
from tests.crawl.hostile import NO_ROBOTS, RESOLVER, HostileServer, names
from tests.crawl.pressweb import Answer, Press

HERE = [["127.0.0.1"]]
TIMEOUT_S = 6
BOMB_MB = 200
MOST_MEMORY_MB = 300
full = pytest.mark.full


@dataclass
class Crawled:
    """A crawl that ended, and what became of every address."""

    server: HostileServer
    ended: Ended
    deployment: Deployment
    peak_mb: float
    feeds: dict[str, tuple[Reason | None, str]] = field(default_factory=dict)

    def page(self, url: str) -> tuple[Reason | None, str]:
        """Return why a page's entry gave no article."""
        with self.deployment.archive() as archive:
            trail = archive.by_url(clean_url(url) or url)
        assert trail is not None, url
        return trail.entry.reason, trail.entry.detail or ""


def crawl_all(
    folder: Path, server: HostileServer, press: Press, *, pages: list[str], feeds: list[str], allow: list[str]
) -> Iterator[Crawled]:
    """Crawl pages, listed by a feed of our own, and feeds, each of which is an outlet's only one."""
    found = {urlsplit(url).hostname or "" for url in (*pages, *feeds)}
    answers = {name.encode("idna").decode(): HERE for name in found if name.endswith(".example")}
    site = press.site()
    with deployed(folder) as deployment:
        deployment.read("pages", site.feed("/rss", [(url, url) for url in pages]))
        for number, url in enumerate(feeds):
            deployment.read(f"feed-{number}", url)
        child = deployment.start_measured(
            *("crawl", "feeds", *RESOLVER, *NO_ROBOTS),
            **names(answers),
            MIRQAB_CRAWL_ALLOW_HOSTS=",".join([site.host, *allow]),
            MIRQAB_CRAWL_TIMEOUT_S=str(TIMEOUT_S),
            MIRQAB_CONTACT="desk@news.example",
        )
        ended = deployment.wait(child)
        crawled = Crawled(server, ended, deployment, deployment.peak_mb)
        for event in ended.events:
            if event["event"] == "feed":
                crawled.feeds[event["url"]] = event["problem"], ""
        yield crawled


@pytest.fixture(scope="module")
def server(shared_data: Path) -> Iterator[HostileServer]:
    with HostileServer(shared_data / "hostile" / "hostile_server.py") as server:
        yield server


@pytest.fixture(scope="module")
def press_of_module() -> Iterator[Press]:
    with Press() as press:
        yield press


# --------------------------------------------------------------------------- 16 to 21: nothing inside is reached

LITERALS = (
    *("127.0.0.1", "127.0.0.1.", "localhost", "localhost.", "LOCALHOST", "0", "0.0.0.0", "127.1", "127.0.1"),
    *("2130706433", "017700000001", "0177.0.0.1", "0x7f.1", "0x7f000001", "0x7F.0.0.0x1"),
    *("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
    *("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fd00:ec2::254]", "[ff02::1]"),
    *("１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "user@127.0.0.1", "user:hush@127.0.0.1"),
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "224.0.0.1", "255.255.255.255"),
    *("inner.example", "داخلي.example"),
)
INWARD = ("internal", "dec", "oct", "hex", "v6", "v4mapped", "zero", "userinfo", "metadata")
NO_WEB = ("file", "data", "ftp", "js")
REFRESHING = ("internal", "file", "loop")


@pytest.fixture(scope="module")
def sandbox(
    tmp_path_factory: pytest.TempPathFactory, server: HostileServer, press_of_module: Press
) -> Iterator[Crawled]:
    ways = [f"{kind}-{way}.example" for kind, known in WAYS.items() for way in known]
    pages = [
        *(server.url(host, "/secret") for host in LITERALS),
        *(server.url(f"{kind}-{way}.example", f"/{kind}/{way}") for kind, known in WAYS.items() for way in known),
    ]
    feeds = [server.url("redir-feed.example", "/redir/hex"), server.url("meta-feed.example", "/meta/internal")]
    yield from crawl_all(
        tmp_path_factory.mktemp("sandbox"),
        server,
        press_of_module,
        pages=pages,
        feeds=feeds,
        allow=[*ways, "redir-feed.example", "meta-feed.example"],
    )


WAYS = {"redir": (*INWARD, *NO_WEB), "meta": REFRESHING}


@pytest.mark.parametrize("host", LITERALS)
def test_case_16_an_internal_address_in_every_spelling_is_refused(sandbox: Crawled, host: str) -> None:
    reason, detail = sandbox.page(sandbox.server.url(host, "/secret"))
    assert reason is Reason.REFUSED_ADDRESS
    assert "is not a public address; if it is your own, list it in crawl.allow_hosts" in detail


@pytest.mark.parametrize("way", INWARD)
def test_cases_17_and_19_a_redirect_to_an_internal_address_is_refused(sandbox: Crawled, way: str) -> None:
    reason, _ = sandbox.page(sandbox.server.url(f"redir-{way}.example", f"/redir/{way}"))
    assert reason is Reason.REFUSED_ADDRESS


def test_cases_17_and_19_a_feed_that_redirects_to_an_internal_address_is_refused(sandbox: Crawled) -> None:
    problem, _ = sandbox.feeds[sandbox.server.url("redir-feed.example", "/redir/hex")]
    assert problem == Reason.REFUSED_ADDRESS


@pytest.mark.parametrize("way", REFRESHING)
def test_case_18_a_meta_refresh_is_never_followed(sandbox: Crawled, way: str) -> None:
    reason, detail = sandbox.page(sandbox.server.url(f"meta-{way}.example", f"/meta/{way}"))
    assert reason in (Reason.NO_ARTICLE, Reason.EMPTY)
    assert detail


def test_case_18_a_feed_that_only_refreshes_is_no_feed(sandbox: Crawled) -> None:
    assert sandbox.feeds[sandbox.server.url("meta-feed.example", "/meta/internal")][0] == Reason.NOT_A_FEED


@pytest.mark.parametrize("way", NO_WEB)
def test_case_21_a_redirect_out_of_the_web_is_refused(sandbox: Crawled, way: str) -> None:
    reason, _ = sandbox.page(sandbox.server.url(f"redir-{way}.example", f"/redir/{way}"))
    assert reason is Reason.BAD_URL


def test_cases_16_to_21_the_server_itself_saw_nobody_at_its_inner_page(sandbox: Crawled) -> None:
    asked = sandbox.server.log()
    assert sum(seen["path"].startswith(("/redir/", "/meta/")) for seen in asked) >= len(INWARD)  # it was asked at all
    assert [seen for seen in asked if "secret" in seen["path"]] == []
    assert sandbox.ended.code == 3, sandbox.ended.log
    assert "Traceback" not in sandbox.ended.log
    assert "hush" not in sandbox.ended.log


@pytest.mark.parametrize(
    "url", ["file:///etc/hostname", "data:text/html,x", "ftp://127.0.0.1/x", "javascript:alert(1)"]
)
def test_case_21_an_address_that_is_not_of_the_web_is_wrong_usage(deployment: Deployment, url: str) -> None:
    crawl = deployment.crawl("page", "-a", f"url={url}")
    assert crawl.code == 2, crawl.log


def test_case_20_a_name_that_changes_its_mind_is_refused_at_its_second_answer(
    server: HostileServer, press: Press, deployment: Deployment
) -> None:
    # on the port of the inner server, so that only the address tells them apart
    site = press.site(port=server.port)
    for number in range(3):
        site.answers[f"/{number}"] = Answer(body=b"outside", headers=(("Connection", "close"),))
    named = site.named("rebind.example")
    deployment.read("nahr", site.feed("/rss", [(f"{named}/{number}", "أ") for number in range(3)]))
    rebinding = names({"rebind.example": [[site.host], ["127.0.0.1"]]})
    kept_out = {"MIRQAB_CRAWL_ALLOW_HOSTS": site.host, "MIRQAB_CONTACT": "desk@news.example", **rebinding}

    crawl = deployment.crawl("feeds", *RESOLVER, *NO_ROBOTS, "-s", "DNSCACHE_ENABLED=False", **kept_out)

    # one look-up for one connection: a second one between check and connecting would have led to the inner server
    assert sum(asked.path != "/rss" for asked in site.asked) == 1, crawl.log
    assert crawl.end["reasons"] == {Reason.NOT_HTML: 1, Reason.REFUSED_ADDRESS: 2}
    assert not [seen for seen in server.log() if "rebind.example" in seen["headers"].get("host", "")]


def test_case_20_of_several_addresses_only_the_allowed_are_connected_to(
    server: HostileServer, press: Press, deployment: Deployment
) -> None:
    site = press.site(port=server.port)
    site.answers["/"] = Answer(body=b"outside")
    mixed, inner = site.named("mixed.example"), site.named("inner.example")
    deployment.read("nahr", site.feed("/rss", [(f"{mixed}/", "أ"), (f"{inner}/", "ب")]))
    answers = names({"mixed.example": [["127.0.0.1", "::1", site.host]], "inner.example": [["127.0.0.1", "::1"]]})
    kept_out = {"MIRQAB_CRAWL_ALLOW_HOSTS": site.host, "MIRQAB_CONTACT": "desk@news.example", **answers}

    crawl = deployment.crawl("feeds", *RESOLVER, *NO_ROBOTS, **kept_out)

    assert site.times("/") == 1, crawl.log
    assert crawl.end["reasons"] == {Reason.NOT_HTML: 1, Reason.REFUSED_ADDRESS: 1}
    assert not [seen for seen in server.log() if seen["headers"].get("host", "").startswith(("mixed", "inner"))]


# --------------------------------------------------------------------------- 22 to 31: servers that misbehave

ENDS = {
    # 22
    "/redir/loop": Reason.TOO_MANY_REDIRECTS,
    "/redir/loop2": Reason.TOO_MANY_REDIRECTS,
    "/redir/empty": Reason.TOO_MANY_REDIRECTS,
    "/redir/nolocation": Reason.HTTP_ERROR,
    # 23
    "/slow/never": Reason.TIMED_OUT,
    "/slow/headers": Reason.TIMED_OUT,
    "/slow/body": Reason.TIMED_OUT,
    # 24, beside the bombs
    "/big40": Reason.TOO_LARGE,
    "/many-encodings": Reason.BROKEN_ANSWER,
    # 25
    "/endless": Reason.TOO_LARGE,
    # 28 as a page; feeds are below
    "/304": Reason.HTTP_ERROR,
    "/410": Reason.GONE,
    "/404": Reason.NOT_FOUND,
    "/451": Reason.FORBIDDEN,
    # 29
    "/cl/long": Reason.BROKEN_ANSWER,
    "/cl/neg": Reason.BROKEN_ANSWER,
    "/cl/huge": Reason.TOO_LARGE,
    "/cl/short": Reason.NOT_HTML,  # cut where it says: there is no way to know
    "/chunk/bad": Reason.BROKEN_ANSWER,
    "/chunk/cut": Reason.BROKEN_ANSWER,
    "/status/999": Reason.HTTP_ERROR,
    "/status/nan": Reason.BROKEN_ANSWER,
    "/http09": Reason.CONNECTION,
    "/empty-reply": Reason.CONNECTION,
    "/rst": Reason.CONNECTION,
    "/204": Reason.EMPTY,
    "/bin": Reason.NOT_HTML,
    # 31
    "/hdr/cookie": Reason.TOO_LARGE,
    "/hdr/cookies": Reason.TOO_LARGE,
    "/hdr/many": Reason.TOO_LARGE,
    "/hdr/long": Reason.TOO_LARGE,
    "/hdr/bad": Reason.BROKEN_ANSWER,
    "/hdr/duplen": Reason.BROKEN_ANSWER,
    "/redir/crlf": Reason.NOT_FOUND,
}
BOMBS = {"gzip": Reason.TOO_LARGE, "deflate": Reason.TOO_LARGE, "br": Reason.TOO_LARGE, "zstd": Reason.TOO_LARGE}
NOT_ASKED_FOR = {"br", "zstd"}  # a page's worker does not even open them
FED = {"/410": Reason.GONE, "/404": Reason.NOT_FOUND, "/204": Reason.EMPTY, "/redir/301": Reason.NOT_A_FEED}


@pytest.fixture(scope="module")
def misbehaving(
    tmp_path_factory: pytest.TempPathFactory, server: HostileServer, press_of_module: Press
) -> Iterator[Crawled]:
    for kind in BOMBS:
        server.get(f"/bomb/{kind}/{BOMB_MB}")  # made once and kept: it stands still meanwhile
    paths = [*ENDS, *(f"/bomb/{kind}/{BOMB_MB}" for kind in BOMBS), "/ok", "/redir/arabic", "/redir/308"]
    fed = [*FED, *(f"/bomb/{kind}/{BOMB_MB}" for kind in BOMBS), "/many-encodings", "/endless", "/304"]
    pages = [server.url(named("page", path), path) for path in paths]
    feeds = [server.url(named("feed", path), path) for path in fed]
    yield from crawl_all(
        tmp_path_factory.mktemp("misbehaving"),
        server,
        press_of_module,
        pages=pages,
        feeds=feeds,
        allow=["127.0.0.1", *(urlsplit(url).hostname or "" for url in (*pages, *feeds))],
    )


def named(kind: str, path: str) -> str:
    """Return a name of its own for a path: a host that does not answer three times is left alone."""
    return f"{kind}{path.replace('/', '-')}.example"


@pytest.mark.parametrize("path", ENDS)
def test_cases_22_to_31_every_misbehaviour_has_its_reason(misbehaving: Crawled, path: str) -> None:
    reason, detail = misbehaving.page(misbehaving.server.url(named("page", path), path))
    assert reason is ENDS[path], detail
    assert detail
    assert "Failure" not in detail
    assert "Error" not in detail


@pytest.mark.parametrize("path", FED)
def test_case_28_a_feed_that_is_no_feed_any_more_has_its_reason(misbehaving: Crawled, path: str) -> None:
    assert misbehaving.feeds[misbehaving.server.url(named("feed", path), path)][0] == FED[path]


def test_case_22_a_loop_is_left_after_five_redirects(misbehaving: Crawled) -> None:
    misbehaving.page(misbehaving.server.url(named("page", "/redir/loop"), "/redir/loop"))
    asked = [seen["path"] for seen in misbehaving.server.log()]
    assert asked.count("/redir/loop") == 6
    assert sum(path.startswith("/redir/loop2") for path in asked) == 6


def test_case_23_slow_servers_cost_their_own_time_alone(misbehaving: Crawled) -> None:
    log = misbehaving.server.log()
    slow = [seen["t"] for seen in log if seen["path"].startswith("/slow/")]
    assert len(slow) == 3
    # the event that tells of each comes when its own time is over, not one after the other
    assert misbehaving.ended.code == 3, misbehaving.ended.log
    assert max(slow) - min(slow) < TIMEOUT_S * 2


@pytest.mark.parametrize("kind", BOMBS)
def test_case_24_a_bomb_is_refused_as_a_page_and_as_a_feed(misbehaving: Crawled, kind: str) -> None:
    path = f"/bomb/{kind}/{BOMB_MB}"
    reason, _ = misbehaving.page(misbehaving.server.url(named("page", path), path))
    assert reason is (Reason.BROKEN_ANSWER if kind in NOT_ASKED_FOR else BOMBS[kind])
    assert misbehaving.feeds[misbehaving.server.url(named("feed", path), path)][0] == BOMBS[kind]


def test_case_24_fifty_layers_of_compression_are_not_opened(misbehaving: Crawled) -> None:
    path = "/many-encodings"
    assert misbehaving.feeds[misbehaving.server.url(named("feed", path), path)][0] == Reason.BROKEN_ANSWER


def test_cases_24_and_25_bombs_and_endless_bodies_cost_little_memory(misbehaving: Crawled) -> None:
    assert misbehaving.feeds[misbehaving.server.url(named("feed", "/endless"), "/endless")][0] == Reason.TOO_LARGE
    assert misbehaving.peak_mb < MOST_MEMORY_MB


def test_case_24_double_compression(press: Press, deployment: Deployment) -> None:
    site = press.site()
    twice = gzip.compress(gzip.compress(bytes(64 * 1024 * 1024)))
    site.answers["/bomb"] = Answer(body=twice, headers=(("Content-Encoding", "gzip, gzip"),))
    harmless = gzip.compress(gzip.compress(b"<rss version='2.0'><channel><title>x</title></channel></rss>"))
    site.answers["/twice"] = Answer(body=harmless, headers=(("Content-Encoding", "gzip, gzip"),))
    deployment.read("nahr", site.url + "/bomb", site.url + "/twice")
    problems = {event["url"]: event["problem"] for event in deployment.crawl().events if event["event"] == "feed"}
    assert problems[site.url + "/bomb"] == Reason.TOO_LARGE
    assert problems[site.url + "/twice"] != Reason.BROKEN_ANSWER


@full
def test_case_24_the_great_double_bomb(server: HostileServer, deployment: Deployment) -> None:
    server.get("/bomb/gzip/1200")
    server.get("/bomb/gzip/900")
    deployment.read("nahr", server.url("127.0.0.1", "/bomb2"), server.url("127.0.0.1", "/bomb/gzip/900"))
    ended = deployment.wait(deployment.start_measured("crawl", "feeds", *NO_ROBOTS, MIRQAB_CRAWL_TIMEOUT_S="20"))
    assert ended.end["feed_reasons"] == {Reason.TOO_LARGE: 2}
    assert deployment.peak_mb < MOST_MEMORY_MB


def test_case_28_a_not_modified_that_nobody_asked_for_is_no_answer(misbehaving: Crawled) -> None:
    assert misbehaving.feeds[misbehaving.server.url(named("feed", "/304"), "/304")][0] == Reason.HTTP_ERROR


def test_case_28_not_modified_is_a_success(press: Press, deployment: Deployment) -> None:
    site = press.site()
    deployment.read("nahr", publish(site, 1))
    deployment.crawl()
    again = deployment.crawl()
    assert (again.code, again.end["feeds_not_modified"]) == (0, 1), again.log
    first, second = [asked for asked in site.asked if asked.path == "/rss"]
    assert "if-none-match" not in first.headers
    assert second.headers["if-none-match"]


def test_case_31_nothing_is_sent_that_a_server_put_into_a_header(misbehaving: Crawled) -> None:
    seen = misbehaving.server.log()
    assert [one["path"] for one in seen if "x-injected" in one["path"].lower()] == ["/ok%0d%0aX-Injected:%201"]
    assert not [one for one in seen if "x-injected" in one["headers"] or "cookie" in one["headers"]]
    assert not [one for one in seen if "referer" in one["headers"]]


def test_cases_22_to_31_every_request_met_one_end(misbehaving: Crawled) -> None:
    end = misbehaving.ended.end
    assert misbehaving.ended.code == 3, misbehaving.ended.log
    assert end["pages"] == end["stored"] + end["duplicates"] + end["failed"]
    assert "Traceback" not in misbehaving.ended.log
    reached = misbehaving.page(misbehaving.server.url(named("page", "/ok"), "/ok"))[0]
    assert reached is Reason.NO_ARTICLE  # the page that behaves was read
    arabic = misbehaving.page(misbehaving.server.url(named("page", "/redir/arabic"), "/redir/arabic"))[0]
    assert arabic is Reason.NOT_HTML


# --------------------------------------------------------------------------- 32: one among many


def test_case_32_one_bad_address_among_fifty_feeds_hides_none_of_them(press: Press, deployment: Deployment) -> None:
    bad = f"https://{'a' * 70}.example/rss"  # a name that cannot be
    sites = [press.site() for _ in range(7)]
    good = [site.feed(f"/{number}", []) for site in sites for number in range(7)]
    deployment.read("nahr", *good[:20], bad, *good[20:])

    crawl = deployment.crawl("feeds", *RESOLVER, MIRQAB_CONTACT="desk@news.example")

    assert crawl.code == 3, crawl.log
    problems = {event["url"]: event["problem"] for event in crawl.events if event["event"] == "feed"}
    assert len(problems) == 50
    assert [url for url, problem in problems.items() if problem] == [bad]
    assert all(site.times(f"/{number}") == 1 for site in sites for number in range(7))
    run = deployment.last_run()
    assert (run.feeds_ok, run.feeds_failed) == (49, 1)

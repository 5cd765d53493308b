"""Kills, stops and a Redis that goes away: every article stored once, every flag raised once, and the run ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mirqab.types import FlagState
from tests.crawl.conftest import Deployment, Ended, publish, until
from tests.crawl.pressweb import Answer, Press, Site

ARTICLES, OF_TALKS = 6, 2
KILL_POINTS = ("after_admit", "after_fetch", "in_worker", "after_store", "before_confirm")
full = pytest.mark.full


def check_everything_once(deployment: Deployment, site: Site) -> None:
    """Every article is stored once and every flag raised once, whatever happened on the way."""
    with deployment.archive() as archive:
        trails = [archive.by_url(f"{site.url}/n{number}") for number in range(ARTICLES)]
        articles = [trail.entry.article for trail in trails if trail is not None]
        assert None not in articles
        assert len(set(articles)) == ARTICLES
        counts = archive.outlet_counts()["nahr"]
        assert counts.articles == ARTICLES
        flagged = archive.flagged(states=tuple(FlagState))
        assert len(flagged) == OF_TALKS
        assert len({story.story for story in flagged}) == OF_TALKS


@pytest.mark.parametrize(
    "point",
    [
        "after_store",
        *(pytest.param(point, marks=full) for point in KILL_POINTS if point != "after_store"),
        *(pytest.param(f"{point}:3", marks=full) for point in KILL_POINTS if point != "after_admit"),
    ],
)
def test_killed_at(point: str, press: Press, deployment: Deployment) -> None:
    site = press.site()
    deployment.read("nahr", publish(site, ARTICLES, of_talks=OF_TALKS))

    killed = deployment.crawl(MIRQAB_TEST_KILL_AT=point)
    assert killed.code == -signal.SIGKILL, killed.log

    again = deployment.crawl()

    assert again.code == 0, again.log
    check_everything_once(deployment, site)
    with deployment.archive() as archive:
        assert [run.state for run in archive.runs(2)] == ["done", "interrupted"]
        assert archive.marks.unmade() == []


# ------------------------------------------------------------------------------------------------ Redis


@pytest.fixture
def halfway(press: Press, deployment: Deployment) -> tuple[Site, Callable[[], subprocess.Popen[bytes]]]:
    """A site whose pages come slowly, and what starts its crawl and returns when the first pages are in."""
    site = press.site()
    deployment.read("nahr", publish(site, ARTICLES, of_talks=OF_TALKS))
    for number in range(ARTICLES):
        quick = site.answers[f"/n{number}"]
        assert isinstance(quick, Answer)
        site.answers[f"/n{number}"] = Answer(**{**vars(quick), "stall_s": 0.4})

    def start() -> subprocess.Popen[bytes]:
        child = deployment.start("crawl", "feeds")
        until(lambda: sum(asked.path.startswith("/n") for asked in site.asked) >= 2 or child.poll() is not None)
        return child

    return site, start


def redis_server(deployment: Deployment) -> int:
    """Return the process id of the deployment's own Redis server, found by its command line."""
    wanted = str(deployment.home / "redis").encode()
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes() if folder.name.isdigit() else b""
            if wanted in command and b"supervisor" not in command and b"scrapy" not in command:
                return int(folder.name)
    raise AssertionError("no Redis server runs for this deployment")


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def settle(deployment: Deployment, site: Site, ended: Ended) -> None:
    assert ended.code == 0, ended.log
    assert deployment.crawl().code == 0
    check_everything_once(deployment, site)


def test_redis_frozen_in_mid_run(
    halfway: tuple[Site, Callable[[], subprocess.Popen[bytes]]], deployment: Deployment
) -> None:
    site, start = halfway
    child = start()
    with frozen(redis_server(deployment)):
        ended = deployment.wait(child)
    settle(deployment, site, ended)


@full
def test_redis_killed_in_mid_run(
    halfway: tuple[Site, Callable[[], subprocess.Popen[bytes]]], deployment: Deployment
) -> None:
    site, start = halfway
    child = start()
    os.kill(redis_server(deployment), signal.SIGKILL)
    settle(deployment, site, deployment.wait(child))


@full
def test_redis_flushed_in_mid_run(
    halfway: tuple[Site, Callable[[], subprocess.Popen[bytes]]], deployment: Deployment
) -> None:
    import redis

    site, start = halfway
    child = start()
    pid = redis_server(deployment)
    (socket,) = (
        word.removeprefix("unixsocket:")
        for word in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").split()
        if word.startswith("unixsocket:")
    )
    client = redis.Redis(unix_socket_path=socket)
    assert client.info("server")["process_id"] == pid  # our own child's server, before anything is destroyed
    client.flushall()
    client.close()
    settle(deployment, site, deployment.wait(child))


def test_without_redis_the_crawl_goes_on(press: Press, deployment: Deployment) -> None:
    site = press.site()
    deployment.read("nahr", publish(site, ARTICLES, of_talks=OF_TALKS))
    ended = deployment.crawl(MIRQAB_REDIS_URL="redis://127.0.0.1:9/0")
    settle(deployment, site, ended)


# --------------------------------------------------------------------------------------- two at a time


def test_two_crawls_at_once_share_the_work(
    halfway: tuple[Site, Callable[[], subprocess.Popen[bytes]]], deployment: Deployment
) -> None:
    site, start = halfway
    first = start()
    (deployment.folder / "log").rename(deployment.folder / "log-of-first")
    second = deployment.crawl(MIRQAB_PROGRESS=str(deployment.folder / "second"))
    ended = deployment.wait(first)

    assert (ended.code, second.code) == (0, 0), second.log
    assert all(site.times(f"/n{number}") == 1 for number in range(ARTICLES))
    check_everything_once(deployment, site)


# ---------------------------------------------------------------------------------------------- stopping


def test_sigterm_finishes_what_is_under_way_and_leaves_the_rest(
    halfway: tuple[Site, Callable[[], subprocess.Popen[bytes]]], deployment: Deployment
) -> None:
    site, start = halfway
    go_on = site.hold("/n", after=1)
    child = start()
    child.terminate()
    go_on.set()
    ended = deployment.wait(child)

    assert ended.code == 1, ended.log
    assert ended.end["put_off"] > 0
    assert ended.end["stored"] + ended.end["put_off"] == ended.end["pages"]
    run = deployment.last_run()
    assert (run.finish, run.ended_at is not None, run.failed) == ("interrupted", True, 0)
    assert run.state == "interrupted"
    settle(deployment, site, deployment.crawl())


@full
def test_sigterm_with_a_stuck_download_ends(press: Press, deployment: Deployment) -> None:
    site = press.site()
    site.answers["/rss"] = Answer(body=b"x" * 4096, drip_s=30)
    deployment.read("nahr", site.url + "/rss")
    child = deployment.start("crawl", "feeds", MIRQAB_CRAWL_TIMEOUT_S="300")
    until(lambda: site.times("/rss") == 1)
    begun = time.monotonic()
    child.terminate()
    ended = deployment.wait(child)
    assert time.monotonic() - begun < 50, "the rest of the answer would take half an hour"
    assert ended.code == 1
    assert deployment.last_run().finish == "interrupted"


def test_second_signal_ends_at_once(press: Press, deployment: Deployment) -> None:
    site = press.site()
    site.answers["/rss"] = Answer(body=b"x" * 4096, drip_s=30)
    deployment.read("nahr", site.url + "/rss")
    child = deployment.start("crawl", "feeds", MIRQAB_CRAWL_TIMEOUT_S="300")
    until(lambda: site.times("/rss") == 1)
    child.terminate()
    time.sleep(0.5)
    assert child.poll() is None
    child.send_signal(signal.SIGINT)
    ended = deployment.wait(child)
    assert ended.code == 1
    assert "again: ending at once" in ended.log, "or it would have had some time left"
    assert ended.end["finish"] == "interrupted"


def test_archive_that_cannot_be_written_is_our_failure(press: Press, deployment: Deployment) -> None:
    site = press.site()
    deployment.read("nahr", publish(site, 1))
    (deployment.home / "archive.sqlite").write_bytes(b"this is no database " * 100)
    ended = deployment.crawl()
    assert ended.code == 1, ended.log
    assert "archive.sqlite" in ended.log
    assert "Traceback" not in ended.log

"""What many large answers at once cost: each is within its limit, and all together would not fit."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Literal

import pytest

from crawler.incoming import SMALL, Incoming
from mirqab.types import Reason
from tests.crawl.conftest import Deployment
from tests.crawl.pressweb import Answer, Asked, Press

HOSTS = 16  # as many as are asked at one time
MOST_MB = 300
MB = 1 << 20
BODY = (b"<rss version='2.0'><channel><item><title>x</title><description>" + b"word " * (3 * MB))[: 15 * MB - 1000]


class Line:
    """A connection that only notes what is asked of it."""

    def __init__(self) -> None:
        self.is_paused = self.is_aborted = False

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False

    def abort_connection(self) -> None:
        self.is_aborted = True


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.01)


async def test_beyond_the_bound_only_the_answer_that_began_first_goes_on() -> None:
    being_read = 0
    incoming = Incoming(3 * MB, lambda: being_read, longest_s=60)
    first, second, small = Line(), Line(), Line()
    incoming.took(first, MB)
    incoming.took(second, 2 * MB + 1)
    assert (first.is_paused, second.is_paused) == (False, True)
    incoming.took(first, MB)
    assert not first.is_paused, "or each would wait for the other"
    incoming.took(small, SMALL)
    assert not small.is_paused

    incoming.ended(first)
    being_read = 2 * MB  # it is stored soon, and until then it counts
    await asyncio.sleep(0.1)
    assert second.is_paused
    being_read = 0
    await until(lambda: not second.is_paused)


async def test_what_is_read_holds_up_all_that_is_large_until_it_is_stored() -> None:
    being_read = 4 * MB
    incoming = Incoming(3 * MB, lambda: being_read, longest_s=60)
    line, entered = Line(), asyncio.Event()

    async def inflate() -> None:
        async with incoming.room():
            entered.set()

    incoming.took(line, MB)
    inflating = asyncio.create_task(inflate())
    await asyncio.sleep(0.1)
    assert line.is_paused
    assert not entered.is_set()
    being_read = 0
    await inflating
    await until(lambda: not line.is_paused)


async def test_an_answer_that_nobody_waits_for_any_more_holds_up_no_other() -> None:
    incoming = Incoming(MB, lambda: 0, longest_s=0.2)
    stuck, other = Line(), Line()
    incoming.took(stuck, 2 * MB)
    incoming.took(other, MB // 2)
    assert other.is_paused
    await until(lambda: stuck.is_aborted and (other.is_aborted or not other.is_paused))
    async with asyncio.timeout(60), incoming.room():
        pass


@pytest.mark.parametrize(
    "kind",
    [
        "feeds",
        pytest.param("inflated", marks=pytest.mark.full),
        pytest.param("pages", marks=pytest.mark.full),
    ],
)
def test_sixteen_hosts_that_send_the_most_they_may_at_once_fit_into_the_memory(
    press: Press, deployment: Deployment, kind: Literal["feeds", "inflated", "pages"]
) -> None:
    together = threading.Barrier(HOSTS)

    def large(asked: Asked) -> Answer:
        together.wait(60)  # all begin at once, or this was no test
        return Answer(body=BODY, content_type="application/rss+xml", gzipped=kind == "inflated")

    sites = [press.site() for _ in range(HOSTS)]
    for site in sites:
        site.answers["/large"] = large
    if kind == "pages":
        deployment.read("nahr", press.site().feed("/rss", [(f"{site.url}/large", site.host) for site in sites]))
    else:
        for number, site in enumerate(sites):
            deployment.read(f"outlet-{number}", f"{site.url}/large")

    crawl = deployment.wait(deployment.start_measured("crawl", "feeds", MIRQAB_CRAWL_TIMEOUT_S="90"))

    # each had its turn, though most of them had to wait on the line
    expected = {Reason.NOT_HTML: HOSTS} if kind == "pages" else {Reason.TRUNCATED_FEED: HOSTS}
    assert crawl.end["reasons" if kind == "pages" else "feed_reasons"] == expected, crawl.log
    assert deployment.peak_mb < MOST_MB

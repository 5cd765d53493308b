"""Feeds read some at a time in one turn of a worker: each has its own outcome, whatever befalls the worker."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence

import pytest

from crawler.reading import AT_A_TIME, MOST_BYTES, FeedReads
from mirqab.feeds import read_feed
from mirqab.types import FeedBody, FeedReading, Reason
from mirqab.work import WorkPlan
from mirqab.workers import Workers


class Watched(Workers):
    """Workers that note how many feeds went into each turn."""

    turns: list[int]

    async def read_feeds_together(self, feeds: Sequence[FeedBody]) -> list[FeedReading] | None:
        self.turns.append(len(feeds))
        return await super().read_feeds_together(feeds)

    async def read_feed(self, feed: FeedBody) -> FeedReading:
        self.turns.append(1)
        return await super().read_feed(feed)


@pytest.fixture
def workers() -> Iterator[Watched]:
    made = Watched(WorkPlan(), count=2, page_time_s=60, page_memory_mb=16, feed_time_s=60)
    made.turns = []
    yield made
    made.close_now()


def polled_again(number: int, *, more: str = "") -> FeedBody:
    """Return a feed with an item that it did not have the last time."""
    url = f"https://news.example/{number}/rss"

    def body(*items: int) -> bytes:
        told = "".join(f"<item><title>خبر {item}</title><link>/{number}/{item}</link></item>" for item in items)
        return f"<rss version='2.0'><channel><title>ن{more}</title>{told}</channel></rss>".encode()

    known = read_feed(FeedBody(body=body(1, 2), url=url)).item_hashes
    assert known
    return FeedBody(body=body(3, 1, 2), url=url, known=known)


def costly(number: int) -> FeedBody:
    """Return a feed that takes more memory than a feed may."""
    items = "<item><title>خبر</title><link>https://news.example/1</link></item>" * 60_000
    body = f"<rss version='2.0'><channel>{items}</channel></rss>".encode()
    return FeedBody(body=body, url=f"https://large.example/{number}", known=b"12345678", max_items=60_000)


async def test_feeds_known_before_are_read_in_one_turn_and_each_says_what_it_says_alone(workers: Watched) -> None:
    feeds = [polled_again(number) for number in range(AT_A_TIME + 2)]
    reads = FeedReads(workers)

    readings = await asyncio.gather(*map(reads.read, feeds))

    assert workers.turns == [AT_A_TIME, 2]
    assert readings == [read_feed(feed) for feed in feeds]
    assert [[item.url for item in reading.items] for reading in readings[:2]] == [
        ["https://news.example/0/3"],
        ["https://news.example/1/3"],
    ]


async def test_a_feed_asked_first_or_a_large_one_has_a_turn_of_its_own(workers: Watched) -> None:
    known = polled_again(1)
    large = polled_again(2, more="." * MOST_BYTES)
    reads = FeedReads(workers)

    readings = await asyncio.gather(*map(reads.read, (FeedBody(body=known.body, url=known.url), large)))

    assert workers.turns == [1, 1]
    assert [len(reading.items) for reading in readings] == [3, 1]


async def test_a_feed_that_kills_its_worker_takes_no_other_along(
    workers: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.reading.MOST_BYTES", 10_000_000)
    reads = FeedReads(workers)
    feeds = [polled_again(1), costly(2), polled_again(3)]

    readings = await asyncio.gather(*map(reads.read, feeds))

    assert workers.turns == [3, 1, 1, 1]
    assert [reading.problem for reading in readings] == [None, Reason.OUT_OF_MEMORY, None]
    assert [len(reading.items) for reading in readings] == [1, 0, 1]


async def test_whoever_waits_when_the_workers_close_hears_of_it(workers: Watched) -> None:
    reads = FeedReads(workers)
    waiting = asyncio.ensure_future(reads.read(polled_again(1)))
    await asyncio.sleep(0)
    await workers.close()

    reading = await asyncio.wait_for(waiting, 60)

    assert reading.problem is Reason.WORKER_DIED
    assert re.search("closed", reading.detail or "")


async def test_whoever_gives_up_holds_up_nobody(workers: Watched) -> None:
    reads = FeedReads(workers)
    gone = asyncio.ensure_future(reads.read(polled_again(1)))
    waiting = asyncio.ensure_future(reads.read(polled_again(2)))
    await asyncio.sleep(0)
    gone.cancel()

    assert len((await waiting).items) == 1

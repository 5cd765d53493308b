"""A feed that is too long keeps its newest items, at whichever end they stand."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from mirqab.feeds import read_feed
from mirqab.feeds.ordering import SAMPLED, is_oldest_first, spread
from mirqab.types import FeedBody

COUNT, MOST = 60, 10
NOW = datetime.now(UTC).replace(microsecond=0)
MOMENTS = [NOW - timedelta(hours=COUNT - number) for number in range(COUNT)]  # number 0 is the oldest
NUMBERS = list(range(COUNT))


def rss(numbers: list[int], *, dated: bool = True) -> bytes:
    items = "".join(
        f"<item><title>{number}</title><link>https://news.example/{number}</link>"
        + (f"<pubDate><![CDATA[{format_datetime(MOMENTS[number])}]]></pubDate>" if dated else "")
        + "</item>"
        for number in numbers
    )
    return f"<rss version='2.0'><channel><title>نشرة</title>{items}</channel></rss>".encode()


def atom(numbers: list[int]) -> bytes:
    # all of them were changed today, the oldest last: when they were published is what counts
    items = "".join(
        f"<entry><title>{number}</title><id>https://news.example/{number}</id><link href='https://news.example/{number}'/>"
        f"<updated>{(NOW - timedelta(minutes=number)).isoformat()}</updated>"
        f"<published>{MOMENTS[number].isoformat()}</published></entry>"
        for number in numbers
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>نشرة</title>{items}</feed>".encode()


def in_arabic(numbers: list[int]) -> bytes:
    items = "".join(
        f"<item><title>{number}</title><link>https://news.example/{number}</link>"
        f"<dc:date>{number // 10 + 1} آذار 2026 {number % 10 + 10}:00</dc:date></item>"
        for number in numbers
    )
    return (
        f"<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>نشرة</title>{items}</channel></rss>"
    ).encode()


def json_feed(numbers: list[int], *, padding: int = 0) -> bytes:
    items = [
        {
            "id": f"https://news.example/{number}",
            "title": f"{number}",
            "content_text": "نص " * padding,
            "date_published": MOMENTS[number].isoformat(),
        }
        for number in numbers
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "نشرة", "items": items}).encode()


def read(body: bytes) -> tuple[list[int], int, str]:
    reading = read_feed(FeedBody(body=body, url="https://news.example/feed", timezone="Asia/Baghdad", max_items=MOST))
    assert reading.problem is None
    return [int(item.title) for item in reading.items], reading.left_out, reading.detail or ""


@pytest.mark.parametrize(
    "feed",
    [
        rss,
        atom,
        in_arabic,
        json_feed,
        pytest.param(lambda numbers: json_feed(numbers, padding=6_000), id="a JSON feed read item by item"),
    ],
)
def test_the_newest_items_are_kept_whichever_end_they_stand_at(feed: Callable[[list[int]], bytes]) -> None:
    newest = NUMBERS[-MOST:]
    assert read(feed(NUMBERS)) == (newest, COUNT - MOST, f"{COUNT - MOST} items beyond the last {MOST} were left out")
    told = f"{COUNT - MOST} items beyond the first {MOST} were left out"
    assert read(feed(NUMBERS[::-1])) == (newest[::-1], COUNT - MOST, told)


def test_without_dates_or_order_the_first_are_kept() -> None:
    assert read(rss(NUMBERS, dated=False))[0] == NUMBERS[:MOST]
    mixed = random.Random(3).sample(NUMBERS, COUNT)
    assert read(rss(mixed))[0] == mixed[:MOST]


def test_a_pinned_item_does_not_hide_the_order() -> None:
    assert read(rss([COUNT - 1, *NUMBERS[:-1]]))[0] == NUMBERS[-MOST - 1 : -1]
    assert read(rss([0, *NUMBERS[:0:-1]]))[0] == [0, *NUMBERS[:-MOST:-1]]


def test_a_feed_that_is_short_enough_is_read_as_it_stands() -> None:
    assert read(rss(NUMBERS[:MOST])) == (NUMBERS[:MOST], 0, "")


def test_what_tells_the_order() -> None:
    assert spread(NUMBERS)[0] == 0
    assert spread(NUMBERS)[-1] == COUNT - 1
    assert len(spread(NUMBERS)) == SAMPLED == len(set(spread(NUMBERS)))
    assert spread([1, 2]) == [1, 2]
    assert not is_oldest_first(MOMENTS[:3]), "two steps may be chance"
    assert is_oldest_first(MOMENTS[:4])
    assert is_oldest_first([None, *MOMENTS[:4], None])
    assert not is_oldest_first([MOMENTS[0]] * 9)
    assert not is_oldest_first(MOMENTS[::-1])

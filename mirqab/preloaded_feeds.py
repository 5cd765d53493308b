"""What the workers of feeds inherit, where no page is worked: half as much to load (`preloaded`)."""

from __future__ import annotations

import gc
from typing import Final

import mirqab.workers  # noqa: F401
from mirqab.feeds import read_feed
from mirqab.forking import listen
from mirqab.types import FeedBody

_FEED: Final = (
    "<rss version='2.0'><channel><item><title>خبر</title><link>https://news.example/1</link></item></channel></rss>"
)

read_feed(FeedBody(body=_FEED.encode(), url="https://news.example/feed"))
gc.collect()
gc.freeze()
listen()

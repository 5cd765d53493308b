"""What the workers of feeds inherit, where no page is worked: half as much to load (`preloaded`)."""

from __future__ import annotations

import gc
from typing import Final

gc.disable()  # what is loaded here stays

import mirqab.workers  # noqa: E402, F401
from mirqab.feeds import read_feed  # noqa: E402
from mirqab.forking import listen  # noqa: E402
from mirqab.types import FeedBody  # noqa: E402

_FEED: Final = (
    "<rss version='2.0'><channel><item><title>خبر</title><link>https://news.example/1</link></item></channel></rss>"
)

read_feed(FeedBody(body=_FEED.encode(), url="https://news.example/feed"))
gc.collect()
gc.freeze()
gc.enable()
listen()

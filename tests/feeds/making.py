"""Small feeds about fictional news, and the packs of hostile ones as a test reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from mirqab.feeds import read_feed
from mirqab.types import FeedBody, FeedItem, FeedReading

URL = "https://news.example/rss/all.xml"
TITLE = "وزير الخارجية يصل إلى العاصمة لبحث جدول الزيارة"
UTF8 = '<?xml version="1.0" encoding="utf-8"?>'


def rss(*items: str, declaration: str = UTF8) -> str:
    """Return an RSS feed that holds these items."""
    return f"{declaration}<rss version='2.0'><channel><title>نور نيوز</title>{''.join(items)}</channel></rss>"


def item(title: str = TITLE, link: str = "https://news.example/1", more: str = "") -> str:
    """Return one item of an RSS feed."""
    return f"<item><title>{title}</title><link>{link}</link>{more}</item>"


def feed_body(feed: str | bytes, *, content_type: str | None = "application/rss+xml", most: int = 2000) -> FeedBody:
    """Return an answer with this body."""
    body = feed.encode() if isinstance(feed, str) else feed
    return FeedBody(body=body, url=URL, content_type=content_type, max_items=most)


def read(feed: str | bytes, *, content_type: str | None = "application/rss+xml") -> FeedReading:
    """Read a feed that came from `URL`."""
    return read_feed(feed_body(feed, content_type=content_type))


def only(feed: str | bytes, *, content_type: str | None = "application/rss+xml") -> FeedItem:
    """Read a feed without a problem and return its only item."""
    reading = read(feed, content_type=content_type)
    assert reading.problem is None, reading.detail
    (found,) = reading.items
    return found


def pack(folder: Path, index: str) -> list[tuple[dict[str, Any], FeedBody]]:
    """Return the rows of a pack's index, each with its file as an answer."""
    rows = [json.loads(line) for line in (folder / index).read_text(encoding="utf-8").splitlines()]
    found = []
    for row in rows:
        headers = {name.lower(): value for name, value in (row["headers"] or {}).items()}
        url = f"http://127.0.0.1:8097/{row['file']}"
        location = urljoin(url, headers.get("content-location", ""))
        url = location if location.startswith("http") else url
        body = (folder / row["file"]).read_bytes()
        found.append((row, FeedBody(body=body, url=url, content_type=headers.get("content-type"))))
    return found


def nasty(shared_data: Path) -> list[tuple[dict[str, Any], FeedBody]]:
    """Return the nastiest feeds of other projects, with what our reading of each must be."""
    return pack(shared_data / "hostile" / "feeds" / "nasty", "index.jsonl")


def fixtures(shared_data: Path) -> list[tuple[dict[str, Any], FeedBody]]:
    """Return feedparser's own test files, with what it expects of each."""
    return pack(shared_data / "hostile" / "feeds" / "feedparser", "expectations.jsonl")

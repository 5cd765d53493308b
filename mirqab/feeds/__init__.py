"""What the bytes of a feed say: RSS, Atom, JSON Feed, a sitemap, or a page of links where there is no feed."""

from mirqab.feeds.plaintext import plain
from mirqab.feeds.reading import read_feed

__all__ = ["plain", "read_feed"]

"""What the bytes of a feed say: RSS and Atom."""

from mirqab.feeds.syndication import plain, read_feed

__all__ = ["plain", "read_feed"]

"""What the bytes of a feed say: RSS, Atom and RDF."""

from mirqab.feeds.plaintext import plain
from mirqab.feeds.reading import read_feed

__all__ = ["plain", "read_feed"]

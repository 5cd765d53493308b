"""Mirqab, a watchman for the Arabic press: the product, which knows no Scrapy and no Twisted."""

from typing import Final

# pyproject.toml carries the same string; a test compares the two.
__version__: Final = "0.1.0"

"""From the bytes of a page to its article: text exactly as published, or the reason why there is none.

The tree is parsed once. Headline, dates and authors are read from it by light code of our own (`metadata`), which
costs a tenth of the library's; the body comes from the first rung of the `ladder` that is believed. `extract` runs in
a worker process: hostile pages can take minutes and gigabytes, and only a killed process bounds that.
"""

from mirqab.extraction.article import extract
from mirqab.extraction.learned import Layouts

__all__ = ["Layouts", "extract"]

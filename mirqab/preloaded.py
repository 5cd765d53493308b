"""What the workers of pages inherit: imported by the server that they are forked from, and by nothing else.

Everything a page needs is imported here and used once, besides what a feed needs (`preloaded_feeds`), so that tables
filled at the first use are filled once for all workers. Freezing what is there keeps their garbage collectors from
walking it, which would also copy its memory into every worker.
"""

from __future__ import annotations

import gc
from typing import Final

import mirqab.archive.raw
import mirqab.fingerprints
import mirqab.preloaded_feeds
import mirqab.topics  # noqa: F401
from mirqab.extraction import extract
from mirqab.types import PageHints

_SENTENCE: Final = "قالت البلدية في بيان إن أعمال صيانة الجسر القديم تبدأ صباح الأحد وتستمر ثلاثة أيام. "
_PAGE: Final = (
    f"<html><head><title>الجسر القديم</title></head><body><h1>الجسر القديم</h1><p>{_SENTENCE * 6}</p></body></html>"
)

extract(_PAGE.encode(), url="https://news.example/1", content_type=None, hints=PageHints())
gc.collect()
gc.freeze()

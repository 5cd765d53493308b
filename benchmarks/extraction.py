"""CPU of taking articles out of pages, beside bare trafilatura on the same pages in the same run.

    python -m benchmarks.extraction [FOLDER] [--every N] [--rounds N] [--warm N]

FOLDER holds pages and an index.jsonl with file, url, headline and body (default: pages/ of the real inputs). Printed
are milliseconds of CPU a page for `extract` and for the reference
`trafilatura.bare_extraction(html, include_comments=False, with_metadata=True)`, their ratio, and the token F1 of both
bodies against the gold. With --warm N the first N pages of each host are read, but not measured: they teach our
extraction the outlet's layout, as earlier runs would have. Pages alternate between the two, so that a busy machine
slows both alike.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Any

import trafilatura

from mirqab.addresses import host_of
from mirqab.extraction import extract
from mirqab.extraction.learned import Layouts
from mirqab.types import PageHints

SHARED = Path(os.environ.get("MIRQAB_SHARED_DATA") or Path(__file__).resolve().parent.parent / ".." / "shared" / "data")


def token_f1(found: str, gold: str) -> float:
    """Return the harmonic mean of precision and recall over the words of two texts."""
    left, right = Counter(re.findall(r"\w+", found)), Counter(re.findall(r"\w+", gold))
    return 2 * (left & right).total() / max(left.total() + right.total(), 1)


def ours(html: bytes, url: str) -> str:
    """Return the body that Mirqab takes out of a page of an outlet that it does not know."""
    return extract(html, url=url, content_type="text/html", hints=PageHints()).body


def ours_warm(layouts: Layouts, html: bytes, url: str) -> str:
    """Return the body that Mirqab takes out of a page of an outlet whose layout is kept in a folder, as in a crawl."""
    outlet = host_of(url)
    layout = layouts.of(outlet)
    try:
        return extract(html, url=url, content_type="text/html", hints=PageHints(), layout=layout).body
    finally:
        layouts.keep(outlet)


def reference(html: bytes, _url: str) -> str:
    """Return the body of the bare library."""
    document = trafilatura.bare_extraction(html, include_comments=False, with_metadata=True)
    text: Any = getattr(document, "text", None)
    return text or ""


def measure(rows: list[dict[str, str]], folder: Path, rounds: int, own: Callable[[bytes, str], str]) -> None:
    """Measure both on every row and print the result."""
    spent: dict[str, list[float]] = {"ours": [], "reference": []}
    scores: dict[str, list[float]] = {"ours": [], "reference": []}
    ways = (("ours", own), ("reference", reference))
    pages = [((folder / row["file"]).read_bytes(), row) for row in rows]
    for html, row in pages[:20]:  # word lists and patterns are loaded once per process
        for _, way in ways:
            way(html, row["url"])
    for turn in range(rounds):
        totals = {"ours": 0.0, "reference": 0.0}
        for number, (html, row) in enumerate(pages):
            for name, way in ways if (number + turn) % 2 else ways[::-1]:
                began = time.process_time()
                body = way(html, row["url"])
                totals[name] += time.process_time() - began
                if turn == 0:
                    scores[name].append(token_f1(body, row["body"]))
        for name, total in totals.items():
            spent[name].append(1000 * total / len(pages))
    ratio = median(a / b for a, b in zip(spent["ours"], spent["reference"], strict=True))
    for name in spent:
        print(f"{name:10} {median(spent[name]):6.1f} ms CPU a page   body F1 {mean(scores[name]):.4f}")
    print(f"ratio {ratio:.3f} over {len(pages)} pages, median of {rounds} rounds")


def main() -> None:
    """Read the arguments and measure."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", nargs="?", type=Path, default=SHARED / "pages")
    arguments.add_argument("--every", type=int, default=1, help="measure every Nth page only")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--warm", type=int, default=0, metavar="N", help="learn from the first N pages of a host")
    chosen = arguments.parse_args()
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    lines = (chosen.folder / "index.jsonl").read_text(encoding="utf-8").splitlines()[:: chosen.every]
    rows = [json.loads(line) for line in lines]
    if not chosen.warm:
        measure(rows, chosen.folder, chosen.rounds, ours)
        return
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        layouts = Layouts(Path(folder))
        measured = []
        for row in rows:
            host = host_of(row["url"])
            seen[host] += 1
            if seen[host] > chosen.warm:
                measured.append(row)
            else:
                ours_warm(layouts, (chosen.folder / row["file"]).read_bytes(), row["url"])
        measure(measured, chosen.folder, chosen.rounds, partial(ours_warm, layouts))


if __name__ == "__main__":
    main()

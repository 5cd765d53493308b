"""Sweeps over the numbers by which an outlet's lines and its container are learned; the values in use have a star.

    python -m benchmarks.extraction_sweeps lines [--show]
    python -m benchmarks.extraction_sweeps layouts [--every N]

`lines` lets the articles of stream/ go by outlet for outlet, in the order in which they came, and prints how many lines
would be left out of them and how often, by the pages that are remembered and the articles that a line must stand in.
`--show` prints the lines at the values in use, for somebody to read whether any is of a story.

`layouts` lets pages go by in four ways: the outlets of pages-warm/ and those of pages/ with six pages or more, each by
itself; an outlet whose layout changes after half of its pages; one that sets the second half of every text outside the
container from then on; one that does so on every fourth page. For every value of one number, the others as they are,
it prints of each way the mean F1 of the bodies, the pages whose body is more than .03 worse than the library's, and
the share of pages for which the library was asked.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from lxml.html import tostring

from benchmarks._measuring import SHARED
from mirqab.evaluation import read_golden, states_text, token_scores
from mirqab.extraction import Layouts, extract, ladder, learned, repeats
from mirqab.extraction.boilerplate import plain_lines
from mirqab.extraction.judging import Body, words_of
from mirqab.extraction.tree import read_characters
from mirqab.markup import parse
from mirqab.types import PageHints

PAGES = (30, 60, 120)
ARTICLES = (2, 3, 4, 5, 6, 8)
LONG = 100  # characters: of the lines that an outlet repeats few are longer, of those of a story most

NUMBERS: Mapping[str, tuple[float, ...]] = {
    "PAGES": (1, 2, 3, 4, 6),
    "AGREE": (0.8, 0.9, 0.95, 0.98, 0.995),
    "SAMPLE": (5, 10, 20, 40),
    "FAILURES": (1, 2, 3, 5),
    "MISSES": (2, 5, 10),
    "MORE_OUTSIDE": (0.02, 0.1, 0.2, 0.4),
    "MOST_UNKNOWN": (0.1, 0.3, 0.5, 0.8),
}
WORSE = 0.03
LEAST_OF_OUTLET = 6
LONG_GROUP = 15
LEAST_PARAGRAPHS = 4


# ----------------------------------------------------------------------------------------------- lines


def articles() -> dict[str, list[dict[str, Any]]]:
    """Return the articles of the stream by outlet, the oldest first."""
    with gzip.open(SHARED / "stream" / "stream.jsonl.gz", "rt", encoding="utf-8") as file:
        every = sorted(map(json.loads, file), key=lambda one: (one["outlet"], one["date"]))
    return {outlet: list(group) for outlet, group in itertools.groupby(every, key=lambda one: str(one["outlet"]))}


def left_out(stream: Mapping[str, Sequence[dict[str, Any]]]) -> Counter[tuple[str, str]]:
    """Return how often each line of each outlet is left out."""
    gone: Counter[tuple[str, str]] = Counter()
    for outlet, group in stream.items():
        repeated = repeats.RepeatedLines()
        for one in group:
            lines = plain_lines([line for raw in one["text"].split("\n") if (line := " ".join(raw.split()))])
            numbers = repeated.sift(
                lines, address=one["url"] or one["id"], headline=one["title"], matter=words_of(one["title"])
            )
            gone.update((outlet, lines[number]) for number in numbers)
    return gone


def sweep_lines(*, show: bool) -> None:
    """Print the table of `lines`."""
    stream = articles()
    print(f"{sum(map(len, stream.values())):,} articles of {len(stream)} outlets")
    print("pages  articles  lines left out  times  of them long")
    for pages, least in itertools.product(PAGES, ARTICLES):
        in_use = (pages, least) == (repeats.PAGES, repeats.ARTICLES)
        with replaced(repeats, PAGES=pages, ARTICLES=least):
            gone = left_out(stream)
        long = sum(len(line) > LONG for _, line in gone)
        print(f"{pages:5}{'*' if in_use else ' '} {least:8}  {len(gone):14}  {gone.total():5}  {long:12}", flush=True)
        if in_use and show:
            for (outlet, line), count in gone.most_common():
                print(f"    {count:4}  {outlet}  {line}")


# --------------------------------------------------------------------------------------------- layouts


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one page: the F1 of its body, how much better the library's is, whether the library was asked."""

    f1: float
    worse_by: float
    asked: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """A page as it goes by, with the words that are its article."""

    name: str
    outlet: str
    html: bytes
    body: str


class Library:
    """The library's body of each page, taken out once and remembered: it does not hang on what is swept."""

    def __init__(self) -> None:
        self._bodies: dict[str, Body] = {}
        self._asked = False
        self._real = ladder.library_body

    def body(self, page: ladder.Reading) -> Body:
        """Stand for `library_body`."""
        self._asked = True
        if page.url not in self._bodies:
            self._bodies[page.url] = self._real(page)
        return self._bodies[page.url]

    def was_asked(self) -> bool:
        """Tell whether it was asked since this was asked last."""
        asked, self._asked = self._asked, False
        return asked


def outlets(every: int) -> list[list[Sample]]:
    """Return the pages of outlets that have enough of them to learn from and no text in JSON-LD."""
    found: dict[str, list[Sample]] = {}
    for folder, step, least in (("pages-warm", every, 1), ("pages", 1, LEAST_OF_OUTLET)):
        pages = read_golden(SHARED / folder)[::step]
        counts = Counter(page.outlet for page in pages)
        for page in pages:
            html = page.path.read_bytes()
            if counts[page.outlet] >= least and not states_text(html):
                name = f"{folder}/{page.name}"
                found.setdefault(f"{folder} {page.outlet}", []).append(Sample(name, "", html, page.body or ""))
    return list(found.values())


def parted(sample: Sample) -> Sample:
    """Return a page with the second half of its paragraphs in another element, behind what held them."""
    tree = parse(read_characters(sample.html, None).text)
    assert tree is not None
    shown = {" ".join(one.text_content().split()): one for one in tree.iter("p")}
    told = [shown[line] for line in sample.body.split("\n") if line in shown]
    if len(told) < LEAST_PARAGRAPHS:
        return sample
    parent = told[-1].getparent()
    assert parent is not None
    more = parent.makeelement("div", {"class": "continued"})
    parent.addnext(more)
    more.extend(told[len(told) // 2 :])
    return replace(sample, name=f"{sample.name}, parted", html=bytes(tostring(tree, encoding="utf-8")))


def ways(groups: Sequence[Sequence[Sample]]) -> dict[str, list[Sample]]:
    """Return the orders in which pages go by, each page with the outlet that it is said to be of."""
    long = [group for group in groups if len(group) >= LONG_GROUP]
    changes = [(*left[: len(left) // 2], *right[len(right) // 2 :]) for left, right in itertools.permutations(long, 2)]
    after = [(*group[: len(group) // 2], *map(parted, group[len(group) // 2 :])) for group in long]
    now_and_then = [
        [parted(sample) if number % 4 == 3 else sample for number, sample in enumerate(group)] for group in long
    ]
    every = {"steady": groups, "changes": changes, "parted later": after, "parted at times": now_and_then}
    return {
        way: [replace(one, outlet=f"{way} {number}") for number, group in enumerate(orders) for one in group]
        for way, orders in every.items()
    }


def go_by(pages: Sequence[Sample], library: Library, alone: Mapping[str, float]) -> list[Fate]:
    """Take the articles out of pages in their order, with what the ones before taught."""
    layouts = Layouts()
    fates = []
    for page in pages:
        library.was_asked()
        found = _taken(page, layouts.of(page.outlet))
        fates.append(Fate(found, alone[page.name] - found, library.was_asked()))
    return fates


def _taken(page: Sample, layout: learned.Layout | None) -> float:
    url = f"https://outlet.example/{page.name}"
    found = extract(page.html, url=url, content_type="text/html", hints=PageHints(), layout=layout)
    return token_scores(found.body, page.body)[2]


def sweep_layouts(every: int) -> None:
    """Print the table of `layouts`."""
    orders = ways(outlets(every))
    library = Library()
    with replaced(ladder, library_body=library.body), replaced(learned, library_body=library.body):
        alone = {page.name: _taken(page, None) for order in orders.values() for page in order}
        print(f"{'':20}" + "".join(f"{way:>30}" for way in orders))
        print("the library alone".ljust(20) + "".join(_alone(order, alone) for order in orders.values()))
        print(f"{'':20}" + f"{'F1    worse    asked':>30}" * len(orders))
        for name, values in NUMBERS.items():
            used = getattr(learned, name)
            for value in values:
                with replaced(learned, **{name: value}):
                    figures = [_figures(go_by(order, library, alone)) for order in orders.values()]
                print(f"{name:14} {value:g}{'*' if value == used else ''}".ljust(20) + "".join(figures), flush=True)


def _alone(order: Sequence[Sample], alone: Mapping[str, float]) -> str:
    return f"{fmean(alone[page.name] for page in order):.4f}".rjust(11).ljust(30)


def _figures(fates: Sequence[Fate]) -> str:
    f1 = fmean(one.f1 for one in fates)
    worse = sum(one.worse_by > WORSE for one in fates)
    return f"{f1:.4f}  {worse:3}/{len(fates):3}  {fmean(one.asked for one in fates):6.1%}".rjust(30)


@contextmanager
def replaced(module: Any, **values: object) -> Iterator[None]:
    """Give names of a module other values for a while."""
    former = {name: getattr(module, name) for name in values}
    for name, value in values.items():
        setattr(module, name, value)
    try:
        yield
    finally:
        for name, value in former.items():
            setattr(module, name, value)


def main() -> None:
    """Read the arguments and sweep."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", choices=("lines", "layouts"))
    arguments.add_argument("--show", action="store_true", help="print the lines that are left out")
    arguments.add_argument("--every", type=int, default=1, help="take every Nth page only")
    chosen = arguments.parse_args()
    logging.disable(logging.CRITICAL)
    if chosen.what == "lines":
        sweep_lines(show=chosen.show)
    else:
        sweep_layouts(chosen.every)


if __name__ == "__main__":
    main()

"""The container learned for an outlet: the element in which its pages have their text, found again without the library.

A few pages whose text was taken out by the library teach where it stands: the path of tags, ids and classes that they
share, and the kinds of blocks in it that were left out. From then on the text is read from that element. Each reading
is held against what was learned (length, links, the headline's matter, paragraphs outside), and on doubt, and on every
`SAMPLE`th page anyway, the library is asked again; when both part twice in a row the container is forgotten.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lxml.html import HtmlElement

import mirqab
from mirqab.extraction.blocks import Block
from mirqab.extraction.body import without_heading
from mirqab.extraction.judging import BLOCKS, ENOUGH, Body
from mirqab.extraction.ladder import LEARNED, Reading, inside, library_body, objection
from mirqab.extraction.repeats import RepeatedLines
from mirqab.extraction.tree import packed

FORMAT: Final = 2

# The values below are of `python -m benchmarks.extraction_sweeps layouts`; docs/extraction.md has what it prints. They
# lie where bodies are no worse than the library's and a neighbour saves no more than a few pages of an outlet's life.
PAGES: Final = 3
"""So many pages must agree on the container before it is read: two to learn, one to confirm."""
AGREE: Final = 0.95
"""The F1 of the words of a reading and the library's text from which they agree."""
SAMPLE: Final = 20
"""Every so many readings the library is asked too."""
FAILURES: Final = 2
"""Readings in a row that part from the library, after which the container is forgotten."""
MISSES: Final = 5
"""Pages in a row without the container, after which it is forgotten; an outlet has galleries and videos too."""
MORE_OUTSIDE: Final = 0.1
"""By how much the share of paragraphs outside may exceed what was ever seen before a reading is doubted."""
MOST_UNKNOWN: Final = 0.3
"""The share of a reading that may stand in blocks of kinds that were never seen."""

_MOST_OUTLETS: Final = 500
_MOST_KINDS: Final = 200
_MOST_BYTES: Final = 200_000
_STEPS: Final = 6
_COVERED: Final = 0.9
_SHORTEST: Final = 12
_OUTSIDE_LETTERS: Final = 40
_WORD: Final = re.compile(r"\w+")
_NUMBERED: Final = re.compile(r"\d")

Step = tuple[str, str, frozenset[str]]
"""An element on the way to the container: its tag, its id or nothing, the classes that all its pages share."""


@dataclass
class Layout:
    """What is known of the pages of one outlet; made by `Layouts.of`.

    `pages` counts those that agreed on the container at the end of `path`; `kinds` how many letters of each kind of
    block in it were taken and left; `outside` is the largest share of paragraphs that stood outside it. `repeated`
    holds the outlet's lines, which outlive a container.
    """

    path: tuple[Step, ...] = ()
    pages: int = 0
    kinds: dict[str, tuple[int, int]] = field(default_factory=dict)
    outside: float = 0.0
    readings: int = 0  # since the library agreed
    failures: int = 0
    misses: int = 0
    repeated: RepeatedLines = field(default_factory=RepeatedLines)

    @property
    def trusted(self) -> bool:
        """Whether enough pages agreed on a container for it to be read."""
        return self.pages >= PAGES

    def read(self, page: Reading) -> Body | None:
        """Return the text of the outlet's container, or None when the library is to be asked, which then teaches."""
        if not self.trusted:
            return None
        container = _find(page.tree, self.path)
        if container is None:
            self.misses += 1
            if self.misses >= MISSES:
                self._forget()
            return None
        self.misses = 0
        blocks = self._taken(inside(page.blocks, [container]))
        found = self._body(page, blocks)
        self.readings += 1
        due = self.readings >= SAMPLE or self.failures > 0
        if not due and found.lines and not self._doubt(page, container, blocks):
            return found
        body = library_body(page)
        if _f1(found.lines, body.lines) >= AGREE:
            self.readings = self.failures = 0
            self._count(page, container, body)
            return found
        self.failures += 1
        if self.failures >= FAILURES:
            self._forget()
        return body

    def learn(self, page: Reading, body: Body) -> None:
        """Learn from a page whose text the library took out; nothing from one that is short, doubted or refused."""
        if self.trusted or body.extractor == BLOCKS or sum(map(len, body.lines)) < ENOUGH:
            return
        container = _container_of(page.blocks, body.lines)
        if container is None:
            return
        path = _path_to(container)
        merged = _merged(self.path, path) if self.pages else path
        if not _is_named(merged) or _find(page.tree, merged) is not container:
            self._forget()
            merged = path
            if not _is_named(merged) or _find(page.tree, merged) is not container:
                return
        self.path = merged
        self._count(page, container, body)
        found = self._body(page, self._taken(inside(page.blocks, [container])))
        if _f1(found.lines, body.lines) >= AGREE:
            self.pages += 1
        else:
            self._forget()

    def _doubt(self, page: Reading, container: HtmlElement, blocks: list[Block]) -> bool:
        """Tell whether a reading is odd for this outlet."""
        letters = sum(block.letters for block in blocks)
        unknown = sum(block.letters for block in blocks if kind_of_block(block) not in self.kinds)
        return (
            letters < ENOUGH / 2
            or unknown > MOST_UNKNOWN * letters
            or bool(objection(page, blocks))
            or _outside(page.blocks, container, letters) > self.outside + MORE_OUTSIDE
        )

    def _body(self, page: Reading, blocks: list[Block]) -> Body:
        return page.finished(Body(without_heading([block.text for block in blocks], page.known), LEARNED))

    def _taken(self, blocks: list[Block]) -> list[Block]:
        """Return the blocks of the container without those of kinds that were mostly left out, and marks alone."""
        kept = []
        for block in blocks:
            if not block.letters:
                continue
            taken, left = self.kinds.get(kind_of_block(block), (0, 0))
            if taken >= left:
                kept.append(block)
        return kept

    def _count(self, page: Reading, container: HtmlElement, body: Body) -> None:
        """Note which kinds of blocks the library took and left, and how much stood outside."""
        lines = {packed(line) for line in body.lines}
        text = "".join(map(packed, body.lines))
        letters = 0
        # what is known of an outlet that is read stays, or its pages would be read now with a line, now without
        known = set(self.kinds) if self.trusted else set()
        for block in inside(page.blocks, [container]):
            if not block.letters:
                continue
            # a word or two stand in any text by chance
            is_taken = packed(block.text) in (text if block.letters >= _SHORTEST else lines)
            letters += block.letters * is_taken
            kind = kind_of_block(block)
            if kind in known or (kind not in self.kinds and len(self.kinds) >= _MOST_KINDS):
                continue
            taken, left = self.kinds.get(kind, (0, 0))
            self.kinds[kind] = (taken + block.letters * is_taken, left + block.letters * (not is_taken))
        self.outside = max(self.outside, _outside(page.blocks, container, letters))

    def _forget(self) -> None:
        self.path, self.pages, self.kinds, self.outside = (), 0, {}, 0.0
        self.readings = self.failures = self.misses = 0


def kind_of_block(block: Block) -> str:
    """Return what blocks of one kind share in an outlet's container: tag and classes, and those of the parent."""
    parent = block.owner.getparent()
    steps = [block.owner] if parent is None else [block.owner, parent]
    return "<".join(".".join((step[0], *sorted(step[2]))) for step in map(_step, steps))


# ------------------------------------------------------------------------------------------- the container


def _step(element: HtmlElement) -> Step:
    """Return how an element is told; ids and classes with numbers in them are of one page."""
    name = element.get("id") or ""
    classes = (element.get("class") or "").split()
    return (
        str(element.tag),
        "" if _NUMBERED.search(name) else name,
        frozenset(one for one in classes[:12] if not _NUMBERED.search(one)),
    )


def _path_to(element: HtmlElement) -> tuple[Step, ...]:
    """Return the steps down to an element from the nearest one with an id of its own, at most `_STEPS`."""
    steps: list[Step] = []
    at: HtmlElement | None = element
    while at is not None and len(steps) < _STEPS and at.tag != "html":
        steps.append(_step(at))
        if steps[-1][1]:
            break
        at = at.getparent()
    return tuple(reversed(steps))


def _merged(left: Sequence[Step], right: Sequence[Step]) -> tuple[Step, ...]:
    """Return what two paths share, from the container upwards."""
    steps: list[Step] = []
    for (tag, name, classes), (other_tag, other_name, others) in zip(reversed(left), reversed(right), strict=False):
        if tag != other_tag:
            break
        steps.append((tag, name if name == other_name else "", classes & others))
    return tuple(reversed(steps))


def _is_named(path: Sequence[Step]) -> bool:
    """Tell whether more than the order of nameless elements leads to the container."""
    return any(name or classes or tag in ("article", "main") for tag, name, classes in path)


def _find(tree: HtmlElement, path: Sequence[Step]) -> HtmlElement | None:
    """Return the only element at the end of a path, or None."""
    if not path:
        return None
    found = [element for element in tree.iter(path[-1][0]) if _leads_to(path, element)]
    return found[0] if len(found) == 1 else None


def _leads_to(path: Sequence[Step], element: HtmlElement) -> bool:
    at: HtmlElement | None = element
    for tag, name, classes in reversed(path):
        if at is None or at.tag != tag or (name and at.get("id") != name):
            return False
        if classes and not classes <= set((at.get("class") or "").split()):
            return False
        at = at.getparent()
    return True


def _container_of(blocks: Sequence[Block], lines: Sequence[str]) -> HtmlElement | None:
    """Return the smallest element around the longest paragraph that holds nearly all of the text."""
    text = packed("".join(lines))
    taken = [
        block for block in blocks if not block.margin and block.letters >= _SHORTEST and packed(block.text) in text
    ]
    letters = sum(block.letters for block in taken)
    held: Counter[HtmlElement] = Counter()
    for block in taken:
        for element in _around(block.owner):
            held[element] += block.letters
    longest = max(taken, key=lambda block: block.letters, default=None)
    if longest is None:
        return None
    return next((element for element in _around(longest.owner) if held[element] >= _COVERED * letters), None)


def _around(element: HtmlElement) -> Iterator[HtmlElement]:
    at: HtmlElement | None = element
    for _ in range(12):
        if at is None or at.tag in ("body", "html"):
            return
        yield at
        at = at.getparent()


def _outside(blocks: Sequence[Block], container: HtmlElement, letters: int) -> float:
    """Return the share of the page's paragraphs, from the container on, that stand outside it and beside no margin."""
    owners = set(container.iter())
    first = next((at for at, block in enumerate(blocks) if block.owner in owners), 0)
    loose = sum(
        block.letters
        for block in blocks[first:]
        if not block.margin
        and block.owner.tag == "p"
        and block.letters >= _OUTSIDE_LETTERS
        and block.owner not in owners
    )
    return loose / max(loose + letters, 1)


def _f1(found: Sequence[str], other: Sequence[str]) -> float:
    left, right = Counter(_WORD.findall("\n".join(found))), Counter(_WORD.findall("\n".join(other)))
    return 2 * (left & right).total() / max(left.total() + right.total(), 1)


# ---------------------------------------------------------------------------------------------- its keeping


class Layouts:
    """The layouts of many outlets: in memory, and with a `folder` in a small file for each, shared by all workers.

    A file is only ever replaced whole; one that is damaged, or of another version of Mirqab, is forgotten.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: OrderedDict[str, tuple[Layout, int]] = OrderedDict()  # with the time of the file it was read of

    def of(self, outlet: str) -> Layout:
        """Return what is known of an outlet, as the last worker left it."""
        layout, read_at = self._known.get(outlet, (Layout(), -1))
        changed_at = self._changed_at(outlet)
        if changed_at not in (-1, read_at):
            layout = self._load(outlet)
        self._known[outlet] = (layout, changed_at)
        self._known.move_to_end(outlet)
        if len(self._known) > _MOST_OUTLETS:
            self._known.popitem(last=False)
        return layout

    def keep(self, outlet: str) -> None:
        """Write what is known of an outlet, for other workers and later runs."""
        if self._folder is None or outlet not in self._known:
            return
        layout = self._known[outlet][0]
        path = self._path(outlet)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        with contextlib.suppress(OSError):  # it only saves time
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                part.write_text(json.dumps(_to_json(outlet, layout), ensure_ascii=False), encoding="utf-8")
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        self._known[outlet] = (layout, self._changed_at(outlet))

    def _load(self, outlet: str) -> Layout:
        try:
            with self._path(outlet).open("rb") as file:
                return _from_json(outlet, json.loads(file.read(_MOST_BYTES)))
        except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return Layout()

    def _changed_at(self, outlet: str) -> int:
        if self._folder is None:
            return -1
        try:
            return self._path(outlet).stat().st_mtime_ns
        except OSError:
            return -1

    def _path(self, outlet: str) -> Path:
        assert self._folder is not None
        plain = (
            outlet if re.fullmatch(r"[a-z0-9-]{1,60}", outlet) else hashlib.blake2b(outlet.encode()).hexdigest()[:32]
        )
        return self._folder / f"{plain}.json"


def _version() -> str:
    return f"{mirqab.__version__}/{FORMAT}"


def _to_json(outlet: str, layout: Layout) -> dict[str, Any]:
    return {
        "version": _version(),
        "outlet": outlet,
        "path": [[tag, name, sorted(classes)] for tag, name, classes in layout.path],
        "pages": layout.pages,
        "kinds": layout.kinds,
        "outside": layout.outside,
        "readings": layout.readings,
        "failures": layout.failures,
        "misses": layout.misses,
        "repeated": layout.repeated.to_json(),
    }


def _from_json(outlet: str, kept: dict[str, Any]) -> Layout:
    if kept["version"] != _version() or kept["outlet"] != outlet:
        raise ValueError("of another version, or another outlet")
    return Layout(
        path=tuple((str(tag), str(name), frozenset(map(str, classes))) for tag, name, classes in kept["path"]),
        pages=int(kept["pages"]),
        kinds={str(kind): (int(taken), int(left)) for kind, (taken, left) in kept["kinds"].items()},
        outside=float(kept["outside"]),
        readings=int(kept["readings"]),
        failures=int(kept["failures"]),
        misses=int(kept["misses"]),
        repeated=RepeatedLines.from_json(kept["repeated"]),
    )

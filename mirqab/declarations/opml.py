"""OPML, the format in which feed readers hand their subscriptions on: read, made into outlets, and written."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from html.entities import html5
from typing import Final
from urllib.parse import urlsplit
from xml.parsers import expat

from mirqab.addresses import host_of, url_key
from mirqab.declarations.checks import RESERVED_IDS, check_country, check_url, check_zone
from mirqab.errors import Mistake, UsageError
from mirqab.types import Feed, FeedKind, Outlet, OutletKind

MAX_BYTES: Final = 8 * 1024 * 1024  # 10,000 subscriptions are some 3 MiB
MAX_DEPTH: Final = 40
MAX_CHARS: Final = 500  # of a title or an address, as in outlets.yaml
MAX_ID_CHARS: Final = 40

# what no name holds: controls, half letters, and what turns the direction of a line
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")
_AMPERSAND = re.compile(rb"&(#\d+;|#[xX][0-9a-fA-F]+;|\w+;)?")
_OF_XML: Final = frozenset({b"amp;", b"lt;", b"gt;", b"quot;", b"apos;"})
# what stands before a country's ending without being anybody's name: bbc.co.uk, aa.com.tr
_SECOND_LEVEL: Final = frozenset({"com", "co", "org", "net", "gov", "edu", "ac", "info", "or", "go"})


@dataclass(frozen=True, kw_only=True, slots=True)
class OpmlEntry:
    """One subscription: an address that can be declared, with what the file says about it."""

    title: str
    url: str
    home: str  # the file's, else the root of the feed's host
    folder: tuple[str, ...]  # the names of the folders it lies in, outermost first
    kind: FeedKind
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OpmlFeeds:
    """What an OPML file holds: the entries that can be read, in its order, and what was left out and why.

    `is_list` is false for a file that is no list of feeds at all; the problems say why. `known` are problems that are
    none: those feeds are declared already.
    """

    entries: tuple[OpmlEntry, ...]
    problems: tuple[Mistake, ...]
    known: tuple[Mistake, ...] = ()
    is_list: bool = True


# ---------------------------------------------------------------------------------------------------- reading


def read_opml(body: bytes, *, name: str = "OPML") -> OpmlFeeds:
    """Read the bytes of an OPML file, 1.0 or 2.0; `name` is what the problems call it. Raises nothing.

    Each address stands once. A file that breaks off keeps what came before, and the last problem says so; one that
    declares entities, as a bomb does, or that is no OPML keeps nothing.
    """
    reading = _Reading(name)
    if len(body) > MAX_BYTES:
        reading.note(None, f"is larger than {MAX_BYTES // 1024 // 1024} MiB")
        return reading.result()
    try:
        reading.read(_mended(body))
    except expat.ExpatError as error:
        reading.note(
            error.lineno, f"is no XML that can be read ({expat.ErrorString(error.code)}): what follows is left out"
        )
    except (LookupError, ValueError):  # from the codec; expat itself knows the usual ones
        reading.note(1, "is in an encoding that cannot be read: save it as UTF-8")
    except _RefusedError as refused:
        reading.entries.clear()
        reading.is_list = False
        reading.note(reading.line, str(refused))
    if not reading.entries and not reading.problems:
        reading.note(None, "holds no feed: no outline in it has an `xmlUrl`")
    return reading.result()


class _RefusedError(Exception):
    """The file as a whole is not read."""


@dataclass(slots=True)
class _Reading:
    """Takes the outlines as expat meets them; nothing of the file is kept but what they say."""

    name: str
    entries: list[OpmlEntry] = field(default_factory=list)
    problems: list[Mistake] = field(default_factory=list)
    line: int = 0
    is_list: bool = False
    _folders: list[str] = field(default_factory=list)
    _first: dict[str, int] = field(default_factory=dict)
    _depth: int = 0
    _hidden_at: int | None = None  # how deep the outline lies that is commented out, with all below it

    def result(self) -> OpmlFeeds:
        return OpmlFeeds(entries=tuple(self.entries), problems=tuple(self.problems), is_list=self.is_list)

    def note(self, line: int | None, text: str) -> None:
        self.problems.append(Mistake(file=self.name, line=line, key="", expected=text))

    def read(self, body: bytes) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True

        def start(tag: str, attributes: dict[str, str]) -> None:
            self.line = parser.CurrentLineNumber
            self._start(tag.lower(), {key.lower(): value for key, value in attributes.items()})

        def end(tag: str) -> None:
            self._depth -= 1
            if tag.lower() == "outline":
                self._folders.pop()
            if self._hidden_at is not None and self._depth < self._hidden_at:
                self._hidden_at = None

        def declare(*_declared: object) -> None:
            self.line = parser.CurrentLineNumber
            raise _RefusedError("declares entities, which no list of feeds needs")

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.EntityDeclHandler = declare
        parser.Parse(body, True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._depth == 0 and tag != "opml":
            raise _RefusedError(f"is no OPML: its outermost element is <{_shown(tag)[:40]}>")
        if self._depth > MAX_DEPTH:
            raise _RefusedError(f"is nested deeper than {MAX_DEPTH} levels")
        self._depth += 1
        if tag != "outline":
            return
        self.is_list = True
        title = _shown(attributes.get("title", "")) or _shown(attributes.get("text", ""))
        if self._hidden_at is None and attributes.get("iscomment", "").lower() == "true":
            self._hidden_at = self._depth
        self._take(title, attributes)
        self._folders.append(title)

    def _take(self, title: str, attributes: dict[str, str]) -> None:
        raw = attributes.get("xmlurl", "").strip()
        called = f'"{title[:60]}": ' if title else ""
        kind = attributes.get("type", "").lower()
        if not raw:
            if kind in ("rss", "atom", "link", "include") or "url" in attributes:
                self.note(self.line, f"{called}has no `xmlUrl`: a link, no feed")
            return
        if self._hidden_at is not None:
            self.note(self.line, f"{called}is commented out")
            return
        url = re.sub(r"^feed:(?=https?://)|^feed(?=://)", lambda found: "http" if found[0] == "feed" else "", raw)
        try:
            check_url(url)
        except ValueError as error:
            self.note(self.line, f"{called}{error}")
            return
        if len(url) > MAX_CHARS:
            self.note(self.line, f"{called}its address has more than {MAX_CHARS} characters")
            return
        key = url_key(url)
        if key in self._first:
            self.note(self.line, f"{called}its address stands on line {self._first[key]} already")
            return
        self._first[key] = self.line
        self.entries.append(
            OpmlEntry(
                title=title or host_of(url),
                url=url,
                home=_home(attributes.get("htmlurl", "").strip(), url),
                folder=tuple(folder for folder in self._folders if folder),
                kind=FeedKind(kind) if kind in ("sitemap", "section") else FeedKind.FEED,
                line=self.line,
            )
        )


def _mended(body: bytes) -> bytes:
    """Escape bare ampersands, which many programs write into addresses, and spell out HTML's names of letters."""
    if b"\x00" in body[:4]:  # UTF-16, which expat reads as it is
        return body

    def mend(found: re.Match[bytes]) -> bytes:
        name = found[1]
        if name is None:
            return b"&amp;"
        if name.startswith(b"#") or name in _OF_XML:
            return found[0]
        letters = html5.get(name.decode("ascii", "replace"))
        return "".join(f"&#{ord(letter)};" for letter in letters).encode() if letters else found[0]

    return _AMPERSAND.sub(mend, body)


def _shown(text: str) -> str:
    return " ".join(_UNSHOWN.sub(" ", text).split())[:MAX_CHARS]


def _home(declared: str, url: str) -> str:
    try:
        if len(declared) <= MAX_CHARS:
            return check_url(declared)
    except ValueError:
        pass
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


# ------------------------------------------------------------------------------------------------ into outlets


def unknown_feeds(feeds: OpmlFeeds, declared: Iterable[Outlet], *, name: str = "OPML") -> OpmlFeeds:
    """Return the feeds without those that an outlet has already, which are told as known."""
    owners = {url_key(feed.url): one.id for one in declared for feed in (*one.feeds, *one.backfill)}
    known = [(entry, owners[key]) for entry in feeds.entries if (key := url_key(entry.url)) in owners]
    told = [
        Mistake(file=name, line=entry.line, key="", expected=f'"{entry.title[:60]}": the outlet {owner} has it already')
        for entry, owner in known
    ]
    kept = tuple(entry for entry in feeds.entries if url_key(entry.url) not in owners)
    return replace(feeds, entries=kept, known=tuple(told))


def outlets_of(
    entries: Iterable[OpmlEntry], *, country: str, timezone: str, kind: OutletKind, taken: set[str]
) -> list[Outlet]:
    """Return complete outlets: the feeds of one host are one outlet, named and called after it.

    What OPML does not say (country, time zone, kind) comes from the caller; UsageError when that is wrong. Ids differ
    from each other and from `taken`.
    """
    try:
        check_country(country)
        check_zone(timezone)
    except ValueError as error:
        raise UsageError(str(error)) from error
    groups: dict[str, list[OpmlEntry]] = {}
    for entry in entries:
        groups.setdefault(host_of(entry.home).removeprefix("www."), []).append(entry)
    used = {*taken, *RESERVED_IDS}
    outlets = []
    for host, group in groups.items():
        id_ = outlet_id(host, used)
        used.add(id_)
        several = len(group) > 1
        outlets.append(
            Outlet(
                id=id_,
                name=_name([entry.title for entry in group]),
                name_en=host[:MAX_CHARS],
                country=country,
                kind=kind,
                timezone=timezone,
                home=group[0].home,
                feeds=tuple(
                    Feed(url=entry.url, kind=entry.kind, note=entry.title if several else None) for entry in group
                ),
            )
        )
    return outlets


def outlet_id(host: str, used: set[str]) -> str:
    """Return an id for the outlet of a host (without `www.`) that is not in `used`."""
    labels = host.split(".")
    if not labels[-1].isdigit():  # the last part of an IP address is no ending
        labels = labels[:-1] or labels
        if len(labels) > 1 and labels[-1] in _SECOND_LEVEL:
            labels = labels[:-1]
    words = re.findall(r"[a-z0-9]+", "-".join(labels).lower()) or ["outlet"]
    if words[0][0].isdigit():
        words.insert(0, "outlet")
    wanted = "-".join(words)[:MAX_ID_CHARS].rstrip("-")
    id_, number = wanted, 1
    while id_ in used:
        number += 1
        id_ = f"{wanted[: MAX_ID_CHARS - 1 - len(str(number))].rstrip('-')}-{number}"
    return id_


def _name(titles: Sequence[str]) -> str:
    """The words that the titles of an outlet's feeds begin with in common; without any, the first title."""
    shared = itertools.takewhile(
        lambda words: len(set(words)) == 1, zip(*(one.split() for one in titles), strict=False)
    )
    return " ".join(words[0] for words in shared).rstrip(" -–—|:/»›·،,") or titles[0]


# ---------------------------------------------------------------------------------------------------- writing


def write_opml(outlets: Iterable[Outlet]) -> str:
    """Return the outlets as OPML 2.0: one folder an outlet, in it each feed; `type` marks sitemaps and sections.

    An outlet without a feed is a link to its home page. Where it is asked after a gap (`backfill`) is not told.
    """
    root = ET.Element("opml", version="2.0")
    ET.SubElement(ET.SubElement(root, "head"), "title").text = "Mirqab"
    body = ET.SubElement(root, "body")
    for outlet in outlets:
        if not outlet.feeds:
            ET.SubElement(body, "outline", type="link", text=_shown(outlet.name), url=outlet.home)
            continue
        folder = ET.SubElement(body, "outline", text=_shown(outlet.name))
        for feed in outlet.feeds:
            title = _shown(outlet.name if feed.note is None or len(outlet.feeds) == 1 else feed.note)
            ET.SubElement(
                folder,
                "outline",
                type="rss" if feed.kind is FeedKind.FEED else feed.kind.value,
                text=title,
                title=title,
                xmlUrl=feed.url,
                htmlUrl=outlet.home,
            )
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'

"""The moment an article was published, out of all that a page and its feed say.

The order in which a statement is believed:

1. JSON-LD `datePublished`; 2. the meta elements of the head; 3. JSON-LD `dateCreated`;
4. what a reader sees beside the headline (`time`, a line with a date), not in margins, menus and teasers;
5. the feed's date; 6. a time told from now («قبل ساعتين»), counted from the fetch; 7. the day in the address.

Conflicts: a day without a time of day yields to the feed's minute on that day. A time labelled UTC is the outlet's
own time where it would lie ahead of the fetch, or where the feed, or (for a bare Z) the line beside the headline, says
so. A date that a reader sees is passed over when the address tells another day, and so is the day of the fetch in the
page's header. What is before 1990 or ahead of the fetch by more than a day, and a year alone, are no dates.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lxml.etree import XPath
from lxml.html import HtmlElement

from mirqab.arabic.dates import names_time, read_date
from mirqab.arabic.relative import read_relative
from mirqab.extraction.tree import letters_of
from mirqab.types import PageHints

_PUBLISHED_NAMES: Final = (
    *("article:published_time", "og:published_time", "og:article:published_time", "article.published"),
    *("datepublished", "publishdate", "publish-date", "publish_date", "pubdate", "originalpublicationdate"),
    *("parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime"),
    *("dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date", "dcterms.date", "date"),
)
_DATE_WORDS: Final = ("date", "Date", "time", "Time", "publish", "created", "posted", "meta", "info")
# one predicate: a union of as many paths looks at every element as many times
_DATE_PLACES: Final = XPath(
    "//*[self::time or @pubdate or @itemprop='datePublished' or ((@class or @id) and ("
    + " or ".join(f"contains(@{name},'{word}')" for name in ("class", "id") for word in _DATE_WORDS)
    + "))]"
)
_DATE_PLACES_TRIED: Final = 60
_DATE_TEXT_LONGEST: Final = 120
_URL_DATE: Final = re.compile(r"/(20\d{2})[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?=[/-]|\Z)")
_SAME: Final = timedelta(seconds=60)
_CLOSE: Final = timedelta(hours=36)
_AHEAD: Final = timedelta(minutes=5)
_OTHER_DAY: Final = timedelta(days=2)
_UTC_LABEL: Final = re.compile(r"(?:Z|[+-]00:?00)\Z")
_BESIDE: Final = frozenset(("nav", "aside", "footer"))
_BESIDE_NAMED: Final = re.compile(
    r"comment|related|side-?bar|(?:\A|\s)widget(?:_|\s|\Z|-area)|latest|most-|ticker|breaking|footer|menu|"
    r"more-news|recommend",
    re.IGNORECASE,
)
_HEADINGS: Final = ("h2", "h3", "h4", "h5", "h6")
_TEASER_DEPTH: Final = 4

Dated = tuple[datetime | None, str | None]


def zone_named(name: str | None) -> tzinfo | None:
    """Return the zone of that name, or None for none and for one that is not known."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def meta_dates(meta: dict[str, str]) -> Iterator[str]:
    """Yield the dates of publication in the head, the best names first."""
    return (meta[name] for name in _PUBLISHED_NAMES if name in meta)


def choose_published(
    tree: HtmlElement,
    stated: Sequence[str],
    *,
    url: str,
    hints: PageHints,
    zone: tzinfo | None,
    headlines: Collection[str],
) -> Dated:
    """Return when a page was published, in UTC, and the text that says so; both None when nothing does.

    `stated` are the dates of JSON-LD and head in order, `headlines` the forms of the page's headline, `zone` the
    outlet's.
    """
    now = hints.fetched_at
    for raw in stated:
        if (moment := read_date(raw, zone=zone, now=now)) is not None:
            if zone is not None and _UTC_LABEL.search(raw.strip()):
                moment = _as_meant(moment, raw, tree, hints, zone, headlines)
            return _with_minute(moment, raw, hints)
    in_url = _day_in(url, zone)
    shown = list(_shown_texts(tree, headlines, now, zone))
    for raw in shown:
        moment = read_date(raw, zone=zone, now=now)
        if moment is not None and (in_url[0] is None or abs(moment - in_url[0]) <= _OTHER_DAY):
            return _with_minute(moment, raw, hints)
    if hints.published is not None:
        return hints.published, hints.published_raw
    if now is not None:
        for raw in shown:
            if (moment := read_relative(raw, at=now)) is not None:
                return moment, raw
    return in_url


def _with_minute(moment: datetime, raw: str, hints: PageHints) -> Dated:
    """Give a day without a time of day the feed's minute, when that is on the same day or beside it."""
    if hints.published and not names_time(raw) and abs(hints.published - moment) < _CLOSE:
        return hints.published, hints.published_raw or raw
    return moment, raw


def _as_meant(
    moment: datetime, raw: str, tree: HtmlElement, hints: PageHints, zone: tzinfo, headlines: Collection[str]
) -> datetime:
    """Return the moment that a time labelled UTC means: some systems put the label behind the outlet's own time."""
    local = moment.replace(tzinfo=zone).astimezone(UTC)
    if local == moment or not names_time(raw):
        return moment
    if hints.fetched_at is not None and moment > hints.fetched_at + _AHEAD and local <= hints.fetched_at + _AHEAD:
        return local
    if hints.published is not None and abs(hints.published - local) < _SAME:
        return local
    if raw.strip().endswith("Z"):
        for text in _shown_texts(tree, headlines, hints.fetched_at, zone):
            if names_time(text) and not _UTC_LABEL.search(text):
                seen = read_date(text, zone=zone, now=hints.fetched_at)
                return local if seen is not None and abs(seen - local) < _SAME else moment
    return moment


def _day_in(url: str, zone: tzinfo | None) -> Dated:
    found = _URL_DATE.search(url)
    if found is None:
        return None, None
    year, month, day = (int(part) for part in found.groups())
    raw = f"{year}-{month:02}-{day:02}"
    moment = read_date(raw, zone=zone or UTC)
    return moment, raw if moment else None


# ------------------------------------------------------------------------------------- what a reader sees


def _shown_texts(
    tree: HtmlElement, headlines: Collection[str], now: datetime | None, zone: tzinfo | None
) -> Iterator[str]:
    """Yield the texts that may be the article's date, those in the headline's own element first."""
    own = {letters_of(text) for text in headlines}
    heading = next((h1 for h1 in tree.iter("h1") if letters_of(h1.text_content()) in own), None)
    frame = None if heading is None else next(heading.iterancestors("article", "main"), None)
    found: list[HtmlElement] = _DATE_PLACES(tree)  # type: ignore[assignment]
    places = [place for place in found[:_DATE_PLACES_TRIED] if not _stands_beside(place, own)]
    # a stable sort: document order within each rank
    places.sort(key=lambda place: _rank(place, frame))
    for place in places:
        for text in _texts(place):
            if not (frame is None or frame in place.iterancestors()) and _is_today(text, now, zone):
                continue
            yield text


def _rank(place: HtmlElement, frame: HtmlElement | None) -> int:
    outside = frame is not None and frame not in place.iterancestors()
    published = "publish" in (place.get("class") or "").lower() or place.get("itemprop") == "datePublished"
    return 4 * int(outside) + 2 * int(place.tag != "time") - int(published)


def _is_today(text: str, now: datetime | None, zone: tzinfo | None) -> bool:
    """Tell whether a text is the day of the fetch without a time: headers of pages show it."""
    if now is None or names_time(text):
        return False
    moment = read_date(text, zone=zone, now=now)
    return moment is not None and moment.astimezone(zone or UTC).date() == now.astimezone(zone or UTC).date()


def _stands_beside(place: HtmlElement, own: Collection[str]) -> bool:
    """Tell whether a date is of something else: a margin, a menu, a comment, a teaser, the page's header."""
    for depth, element in enumerate((place, *place.iterancestors())):
        if element.tag in ("body", "html", "main"):
            return False
        holds_headline = next(element.iter("h1"), None) is not None
        if holds_headline:
            return False
        if element.tag in _BESIDE or (element.tag == "header" and next(element.iter("nav"), None) is not None):
            return True
        if depth and _BESIDE_NAMED.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
            return True
        if depth <= _TEASER_DEPTH and any(_is_other(heading, own) for heading in element.iter(*_HEADINGS)):
            return True
    return False


def _is_other(heading: HtmlElement, own: Collection[str]) -> bool:
    """Tell whether a heading is the link to another article."""
    linked = next(heading.iter("a"), None) is not None or next(heading.iterancestors("a"), None) is not None
    return linked and letters_of(heading.text_content()) not in own


def _texts(place: HtmlElement) -> Iterator[str]:
    if place.tag == "time":
        yield place.get("datetime") or ""
    yield place.get("content") or ""
    text = place.text_content()
    if len(text) > 4 * _DATE_TEXT_LONGEST:
        return
    text = " ".join(text.split())
    # «آخر تحديث» names another moment unless the same line has both
    if len(text) <= _DATE_TEXT_LONGEST and ("تحديث" not in text or "نشر" in text):
        yield text

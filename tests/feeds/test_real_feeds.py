"""Real feeds and sitemaps of Arabic sites: every entry, title, link and date as their gold says.

The gold counts entries with a pattern and names the first and the last; what lies between is compared with what a
strict XML parser finds.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from mirqab.addresses import clean_url
from mirqab.feeds import plain, read_feed
from mirqab.types import FeedBody, FeedKind, FeedReading, Reason
from tests.feeds.making import read

URL = "https://news.example/feed"
ATOM = "{http://www.w3.org/2005/Atom}"
UNKNOWN = "Mon, 01 Jan 0001 00:00:00 +0000"
"""What one publishing system writes for pages without a date; mail's rules would make 2001 of it."""


def golds(shared_data: Path, *, sitemaps: bool) -> list[tuple[dict[str, Any], FeedReading]]:
    found = []
    for path in sorted((shared_data / "feeds").rglob("*.gold.json")):
        gold = json.loads(path.read_text(encoding="utf-8"))
        if (gold["format"] == "sitemap") is sitemaps:
            body = (path.parent / gold["file"]).read_bytes()
            kind = FeedKind.SITEMAP if sitemaps else FeedKind.FEED
            found.append((gold, read_feed(FeedBody(body=body, url=URL, kind=kind))))
    assert found
    return found


def text(raw: str | None) -> str:
    return plain(raw or "")


def moment(raw: str) -> datetime | None:
    """Return the moment by other code than ours."""
    if raw == UNKNOWN:
        return None
    try:
        return parsedate_to_datetime(raw).astimezone(UTC)
    except ValueError:
        return datetime.fromisoformat(raw).astimezone(UTC)


def test_feeds_give_what_their_gold_says(shared_data: Path) -> None:
    wrong: list[tuple[object, ...]] = []
    for gold, reading in golds(shared_data, sitemaps=False):
        said = {"problem": None, "entries": gold["entries"], "title": text(gold["channel_title"])}
        found: dict[str, object] = {
            "problem": reading.problem, "entries": len(reading.items), "title": reading.title
        }  # fmt: skip
        for which, place in (("first", 0), ("last", -1)) if reading.items else ():
            item = reading.items[place]
            found |= {f"{which}_title": item.title, f"{which}_date": item.published}
            said |= {f"{which}_title": text(gold[f"{which}_title"]), f"{which}_date": moment(gold[f"{which}_date"])}
        if reading.items and gold.get("first_link"):
            found["first_link"], said["first_link"] = reading.items[0].url, clean_url(gold["first_link"])
        found["dates"] = sum(item.published is not None for item in reading.items)
        unknown = sum(item.published_raw == UNKNOWN for item in reading.items)
        said["dates"] = gold["dates_parse"] - unknown
        found["raw dates"], said["raw dates"] = (
            sum(bool(each.published_raw) for each in reading.items),
            gold["dates_present"],
        )
        if found != said:
            wrong.append(
                (gold["file"], {name: (found[name], said[name]) for name in said if found[name] != said[name]})
            )

    assert not wrong


def test_links_that_are_none_in_the_gold_are_none_here(shared_data: Path) -> None:
    # these pages were saved for reading without a network: the host runs straight into the path
    offline = [
        reading
        for gold, reading in golds(shared_data, sitemaps=False)
        if "OFFLINEZIP" in (gold.get("first_link") or "")
    ]

    assert offline
    assert all(item.url is None and item.guid and item.title for reading in offline for item in reading.items)


def test_sitemaps_give_what_their_gold_says(shared_data: Path) -> None:
    for gold, reading in golds(shared_data, sitemaps=True):
        found: list[Any] = list(reading.items) or list(reading.children)
        assert reading.problem is None
        # children of an index come newest first, or in an order of worth; entries as they stand
        ends = [found[0].url, found[-1].url] if reading.items else [gold["first_loc"], gold["last_loc"]]
        assert (len(found), ends) == (gold["entries"], [gold["first_loc"], gold["last_loc"]]), gold["file"]
        assert {gold["first_loc"], gold["last_loc"]} <= {each.url for each in found}
        dated = (
            [each.published or each.updated for each in found] if reading.items else [each.modified for each in found]
        )
        assert sum(each is not None for each in dated) == gold["lastmod"], gold["file"]


def whole_feeds(shared_data: Path) -> list[Path]:
    folder = shared_data / "feeds"
    return [
        path for path in sorted(folder.rglob("*")) if path.suffix in (".xml", ".rss") and "sitemap" not in path.name
    ]


def test_every_entry_is_as_a_strict_parser_finds_it(shared_data: Path) -> None:
    compared = 0
    for path in whole_feeds(shared_data):
        try:
            root = etree.fromstring(path.read_bytes(), etree.XMLParser(resolve_entities=False, huge_tree=True))
        except etree.XMLSyntaxError:
            continue
        reading = read_feed(FeedBody(body=path.read_bytes(), url=URL))
        found = [(item.title, item.url, item.published) for item in reading.items]
        assert found == (
            [_rss(item) for item in root.iter("item")] or [_atom(one) for one in root.iter(f"{ATOM}entry")]
        )
        compared += len(found)

    assert compared > 700


def _rss(item: etree._Element) -> tuple[str, str | None, datetime | None]:
    date = item.findtext("pubDate")
    return text(item.findtext("title")), clean_url(item.findtext("link") or "", URL), moment(date) if date else None


def _atom(entry: etree._Element) -> tuple[str, str | None, datetime | None]:
    links = [link for link in entry.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"]
    date = entry.findtext(f"{ATOM}published") or entry.findtext(f"{ATOM}updated")
    return (
        text(entry.findtext(f"{ATOM}title")),
        clean_url(links[0].get("href") or "", URL),
        moment(date) if date else None,
    )


@pytest.mark.parametrize("label", [None, "text/xml", "text/xml; charset=utf-8", "text/html; charset=iso-8859-1"])
def test_reencoded_feeds_read_like_their_originals(shared_data: Path, label: str | None) -> None:
    folder = shared_data / "feeds" / "reencoded"
    readings = {path.name: read(path.read_bytes(), content_type=label) for path in sorted(folder.glob("*.xml"))}

    assert {name for name, reading in readings.items() if reading.problem} == {"asharq_truncated_miditem.xml"}
    assert readings["asharq_truncated_miditem.xml"].problem is Reason.TRUNCATED_FEED
    titles = [found.title for found in readings["asharq_windows1256.xml"].items]
    assert [found.title for found in readings["asharq_cp1256_bytes_but_declares_utf8.xml"].items] == titles
    assert all("\u0600" < letter < "\u0700" for title in titles for letter in title if letter.isalpha())
    assert all(reading.items for reading in readings.values())

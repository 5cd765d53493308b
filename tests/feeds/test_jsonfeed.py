"""Reading JSON Feed."""

from __future__ import annotations

import json
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirqab.feeds import jsonfeed
from mirqab.types import FeedBody, FeedItem, FeedReading, Reason

URL = "https://marsad.example/feed.json"
ITEM: dict[str, Any] = {
    "id": "m-7",
    "url": "https://marsad.example/news/7",
    "title": "الميناء يستقبل أول سفينة &amp; ينتظر الثانية",
    "summary": "وصلت السفينة <b>فجر</b> اليوم.",
    "content_html": "<p>وصلت السفينة فجر اليوم إلى الرصيف الشرقي.</p>",
    "date_published": "2026-11-20T08:30:00+02:00",
    "date_modified": "2026-11-20T09:00:00Z",
    "authors": [{"name": "سلمى"}, {"name": "هادي"}, {"name": "سلمى"}],
}


def read(text: str, max_items: int = 2000) -> FeedReading:
    return jsonfeed.read(text, FeedBody(body=b"", url=URL, max_items=max_items), "utf-8")


def feed(*items: object, **more: object) -> str:
    whole = {"version": "https://jsonfeed.org/version/1.1", "title": "مرصد", "items": list(items), **more}
    return json.dumps(whole, ensure_ascii=False)


def test_an_item_is_read_whole() -> None:
    reading = read(feed(ITEM))
    assert (reading.version, reading.title, reading.encoding, reading.problem) == ("json11", "مرصد", "utf-8", None)
    assert reading.items == (
        FeedItem(
            guid="m-7",
            url="https://marsad.example/news/7",
            title="الميناء يستقبل أول سفينة & ينتظر الثانية",
            summary="وصلت السفينة فجر اليوم.",
            content="<p>وصلت السفينة فجر اليوم إلى الرصيف الشرقي.</p>",
            authors=("سلمى", "هادي"),
            published=datetime(2026, 11, 20, 6, 30, tzinfo=UTC),
            published_raw="2026-11-20T08:30:00+02:00",
            updated=datetime(2026, 11, 20, 9, tzinfo=UTC),
            updated_raw="2026-11-20T09:00:00Z",
        ),
    )


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("https://jsonfeed.org/version/1", "json1"),
        ("https://jsonfeed.org/version/1.1", "json11"),
        ("http://jsonfeed.org/version/1.1/", "json11"),
        ("https://jsonfeed.org/version/1234", "json1"),
        ("1.1", "json11"),
        (1.1, "json11"),
        ("", "json1"),
        (None, "json1"),
    ],
)
def test_the_version_is_named_or_guessed(said: object, version: str) -> None:
    assert read(feed(ITEM, version=said)).version == version


def test_a_feed_without_a_version_is_told_by_its_items() -> None:
    assert [item.guid for item in read(json.dumps({"items": [ITEM]})).items] == ["m-7"]
    assert read(json.dumps({"items": [{"id": 1, "price": 5}]})).problem is Reason.NOT_A_FEED


def test_version_1_names_one_author() -> None:
    item = {**ITEM, "author": {"name": "نور"}}
    del item["authors"]
    assert read(feed(item)).items[0].authors == ("نور",)


def test_an_item_without_authors_is_by_those_of_the_feed() -> None:
    item = {**ITEM, "authors": []}
    assert read(feed(item, authors=[{"name": "هيئة التحرير"}])).items[0].authors == ("هيئة التحرير",)


@pytest.mark.parametrize(
    "authors", [["سلمى"], [{"name": "سلمى"}, {"url": "x"}, None, 7, {"name": 7}, []], [{"name": " سلمى\n"}]]
)
def test_authors_written_wrong_are_read_as_far_as_they_go(authors: object) -> None:
    assert read(feed({**ITEM, "authors": authors})).items[0].authors == ("سلمى",)


@pytest.mark.parametrize(
    ("written", "guid"),
    [
        ("17", "17"),
        ("3.50", "3.50"),
        ("9" * 6000, "9" * 6000),
        ('"م-1"', "م-1"),
        ("null", None),
        ("[]", None),
        ('" "', None),
    ],
)
def test_an_id_may_be_any_number_and_stays_as_written(written: str, guid: str | None) -> None:
    reading = read(feed({"id": "*", "title": "خبر"}).replace('"*"', written))
    assert reading.items[0].guid == guid


@pytest.mark.parametrize(
    ("links", "url"),
    [
        ({"url": "/news/8"}, "https://marsad.example/news/8"),
        ({"external_url": "https://other.example/1"}, "https://other.example/1"),
        ({"url": "javascript:alert(1)", "external_url": "https://other.example/1"}, "https://other.example/1"),
        ({"id": "https://marsad.example/news/9"}, "https://marsad.example/news/9"),
        ({"id": "9"}, None),
        ({"url": 7.5}, None),
        ({"url": {"href": "/x"}}, None),
    ],
)
def test_the_link_is_the_articles_own_before_another_sites(links: dict[str, object], url: str | None) -> None:
    item = {key: value for key, value in ITEM.items() if key != "url"}
    assert read(feed({**item, **links})).items[0].url == url


def test_text_content_becomes_markup_that_shows_it() -> None:
    item = {**ITEM, "content_text": "سطر <أول>\nسطر ثان"}
    assert read(feed(item)).items[0].content == ITEM["content_html"]
    del item["content_html"]
    assert read(feed(item)).items[0].content == "سطر &lt;أول&gt;<br>\nسطر ثان"


@pytest.mark.parametrize("raw", ["2099-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "غدا"])
def test_a_date_that_cannot_be_believed_is_kept_as_written(raw: str) -> None:
    item = read(feed({**ITEM, "date_published": raw})).items[0]
    assert (item.published, item.published_raw) == (None, raw)


def test_escapes_bring_in_nothing_that_is_no_text() -> None:
    item = r'{"id": "1", "url": "/1", "title": "\u0000خبر\u0008 \ud83d عاجل \ud83d\udea8\ufffe"}'
    reading = read(feed("*").replace('"*"', item))
    assert reading.items[0].title == "خبر \ufffd عاجل 🚨"
    reading.items[0].title.encode()


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff  " + feed(ITEM),
        feed(ITEM) + "\n<!-- cached -->",
        feed(ITEM, rating=float("nan"), rank=float("inf")),
        feed(ITEM).replace("فجر اليوم.", "فجر\nاليوم."),
        '{"title": "قديم", ' + feed(ITEM)[1:],
        feed(ITEM, hubs=[{"type": "WebSub", "url": "https://hub.example/"}], next_url="https://marsad.example/2"),
        feed(ITEM, None, "خبر", 7, []),
    ],
    ids=["mark", "after", "nan", "line break", "duplicate key", "hubs", "no items between"],
)
def test_what_writers_of_json_do_wrong_costs_no_item(text: str) -> None:
    reading = read(text)
    assert (reading.problem, reading.title, len(reading.items)) == (None, "مرصد", 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"error": {"code": 429, "message": "rate limit exceeded"}}', "rate limit exceeded"),
        ('{"status": "error", "message": "الخدمة غير متاحة"}', "الخدمة غير متاحة"),
        ('{"items": []}', "no feed"),
        ("[]", "no feed"),
        ("{", "cannot be read"),
        ("{" * 200_000, "cannot be read"),
        ("[" * 200_000, "cannot be read"),
    ],
)
def test_json_that_is_no_feed_says_what_it_says(text: str, said: str) -> None:
    reading = read(text)
    assert reading.problem is Reason.NOT_A_FEED
    assert said in (reading.detail or "")


def test_a_feed_without_items_is_one_but_one_without_a_readable_item_is_not() -> None:
    assert read(feed()).problem is None
    assert read(feed("خبر", 7)).problem is Reason.UNREADABLE_FEED
    assert read('{"version": "https://jsonfeed.org/version/1", "title": "x"').problem is Reason.UNREADABLE_FEED


def test_a_feed_cut_short_keeps_its_whole_items_wherever_it_is_cut() -> None:
    text = feed(*({**ITEM, "id": f"m-{number}"} for number in range(4)))
    ends = [text.index(f'"m-{number}"') for number in range(1, 4)]
    for cut in range(text.index("[") + 1, len(text)):
        reading = read(text[:cut])
        guids = [item.guid for item in reading.items]
        assert reading.problem is Reason.TRUNCATED_FEED
        assert reading.title == "مرصد"
        whole = sum(cut >= end for end in ends)
        assert guids in ([f"m-{n}" for n in range(whole)], [f"m-{n}" for n in range(whole + 1)])


def test_a_nesting_bomb_costs_what_comes_after_it() -> None:
    bomb = "[" * 100_000 + "]" * 100_000
    whole = feed(ITEM, {"id": "bomb", "attachments": "*"}, {**ITEM, "id": "after"}).replace('"*"', bomb)
    reading = read(whole)
    assert reading.items[0].guid == "m-7"
    assert reading.problem in (None, Reason.TRUNCATED_FEED)


def test_no_more_items_are_kept_than_wanted_and_the_rest_counted() -> None:
    reading = read(feed(*({**ITEM, "id": str(number)} for number in range(10))), max_items=4)
    assert [item.guid for item in reading.items] == ["0", "1", "2", "3"]
    assert (reading.left_out, reading.problem) == (6, None)
    assert "6 items" in (reading.detail or "")


def test_a_huge_feed_is_read_item_by_item() -> None:
    head, _, tail = feed(ITEM, {"id": "last"}).partition(', {"id": "last"')
    huge = head + (", " + " " * 30 + "{}") * 200_000 + tail.replace("}", "", 1)
    reading = read(huge, max_items=50)
    assert (reading.problem, reading.title, len(reading.items), reading.left_out) == (None, "مرصد", 50, 200_001 - 50)
    assert read(huge[:-2], max_items=50).problem is Reason.TRUNCATED_FEED


def test_more_values_than_any_feed_has_are_not_all_read() -> None:
    bomb = feed(ITEM, {"id": "bomb", "attachments": "*"}).replace('"*"', "[" + "{}," * 4_000_000 + "0]")
    started = time.process_time()
    tracemalloc.start()
    reading = read(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - started < 20
    assert peak < 200_000_000
    assert (reading.problem, [item.guid for item in reading.items]) == (Reason.TRUNCATED_FEED, ["m-7"])


def test_feeds_that_other_projects_found_nasty(shared_data: Path) -> None:
    folder = shared_data / "hostile" / "feeds" / "nasty" / "real"
    plain = read((folder / "gofeed__testdata__parser__universal__json11_feed.json").read_text("utf-8"))
    assert (plain.version, [item.title for item in plain.items]) == ("json11", ["title"])
    invalid = read((folder / "reader__tests__data__invalid.json").read_text("utf-8"))
    assert [item.guid for item in invalid.items][:2] == ["2", "3.1415"]
    assert (invalid.title, invalid.items[0].title, invalid.items[0].content) == ("", "", None)
    assert read((folder / "reader__tests__data__unknown.json").read_text("utf-8")).problem is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*ITEM, "items", "version", "author", "external_url"]) | st.text(), inner, max_size=5
        )
    ),
    max_leaves=12,
)


@given(st.lists(_JSON, max_size=4), _JSON)
def test_any_json_is_answered(items: list[object], other: object) -> None:
    for text in (json.dumps({"version": "https://jsonfeed.org/version/1", "items": items}), json.dumps(other)):
        for item in read(text).items:
            "".join((item.title, item.summary, item.content or "", item.url or "", *item.authors)).encode()


@given(st.text(max_size=300))
def test_any_text_is_answered(text: str) -> None:
    assert isinstance(read(text), FeedReading)

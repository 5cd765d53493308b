"""Feeds are read from bytes alone: right, or with a problem that says what is wrong; never with an exception."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from mirqab.feeds import plain
from mirqab.types import FeedItem, FeedReading, Reason
from tests.feeds.making import TITLE, UTF8, item, only, read, rss

# ------------------------------------------------------------------------------------------- what it says


def test_an_item_of_rss_with_all_its_parts() -> None:
    more = (
        "<guid isPermaLink='false'>n-17</guid><description>&lt;p&gt;وصل الوزير &amp;amp; الوفد&lt;/p&gt;</description>"
        "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'><![CDATA[<p>نص</p>]]></content:encoded>"
        "<dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'>سالم الراوي</dc:creator>"
        "<pubDate>Fri, 26 Jan 2024 12:00:00 +0300</pubDate>"
    )

    found = only(rss(item(more=more)))

    assert found == FeedItem(
        guid="n-17",
        url="https://news.example/1",
        title=TITLE,
        summary="وصل الوزير & الوفد",
        content="<p>نص</p>",
        authors=("سالم الراوي",),
        published=datetime(2024, 1, 26, 9, 0, tzinfo=UTC),
        published_raw="Fri, 26 Jan 2024 12:00:00 +0300",
    )


def test_an_entry_of_atom_with_both_dates() -> None:
    reading = read(
        f"{UTF8}<feed xmlns='http://www.w3.org/2005/Atom'><title>نور</title><entry><id>tag:1</id><title>{TITLE}</title>"
        "<link rel='enclosure' href='/a.mp3'/><link href='/2'/><published>2024-01-26T10:00:00Z</published>"
        "<updated>2024-01-26T11:30:00+03:00</updated></entry></feed>"
    )

    assert reading.version == "atom10"
    (entry,) = reading.items
    assert entry.url == "https://news.example/2"
    assert entry.published == datetime(2024, 1, 26, 10, 0, tzinfo=UTC)
    assert entry.updated == datetime(2024, 1, 26, 8, 30, tzinfo=UTC)


def test_the_only_date_of_an_atom_entry_counts_as_published() -> None:
    entry = only(
        f"{UTF8}<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>خبر</title><link href='/2'/>"
        "<updated>2024-01-26T10:00:00Z</updated></entry></feed>"
    )

    assert entry.published == entry.updated == datetime(2024, 1, 26, 10, 0, tzinfo=UTC)


def test_a_feed_without_items_is_no_problem() -> None:
    assert read(rss()) == FeedReading(version="rss20", encoding="utf-8", title="نور نيوز", items=())


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<b>عاجل</b>: خبر", "عاجل: خبر"),
        ("قال &quot;نعم&quot;", 'قال "نعم"'),
        ("سطر<br>آخر<p>ثالث</p>", "سطر آخر ثالث"),
        ("قبل<script>alert(1)</script>بعد", "قبل بعد"),
        ("أقل < من", "أقل < من"),
        ("&#xD83D;خبر", "\ufffdخبر"),
    ],
)
def test_plain_text_of_markup(markup: str, text: str) -> None:
    assert plain(markup) == text


# ------------------------------------------------------------------------------------------------ links


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/politics/7", "https://news.example/politics/7"),
        ("7?id=1&amp;p=2", "https://news.example/rss/7?id=1&p=2"),
        ("//cdn.news.example/7", "https://cdn.news.example/7"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("", None),
    ],
)
def test_links_are_absolute_and_clean_or_none(link: str, url: str | None) -> None:
    assert only(rss(item(link=link))).url == url


def test_a_guid_that_is_an_address_stands_in_for_a_missing_link() -> None:
    found = only(rss("<item><title>خبر</title><guid>https://news.example/9</guid></item>"))

    assert found.url == "https://news.example/9"


# ------------------------------------------------------------------------------------------------ dates


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("الجمعة، ٢٦ كانون الثاني ٢٠٢٤ 12:30", datetime(2024, 1, 26, 12, 30, tzinfo=UTC)),
        ("Fri, 26 Jan 2024 12:00:00 AST", datetime(2024, 1, 26, 9, 0, tzinfo=UTC)),
        ("2024-01-26 12:00", datetime(2024, 1, 26, 12, 0, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", None),
        ("2099-01-01T00:00:00Z", None),
        ("١٤ رجب ١٤٤٥", datetime(2024, 1, 26, tzinfo=UTC)),
        ("قريبا", None),
    ],
)
def test_dates_are_believed_or_left_out_and_kept_raw(raw: str, moment: datetime | None) -> None:
    found = only(rss(item(more=f"<pubDate>{raw}</pubDate>")))

    assert found.published == moment
    assert found.published_raw == raw


def test_a_date_of_tomorrow_is_believed_and_one_of_next_week_is_not() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    soon, late = (format_datetime(now + timedelta(hours=hours)) for hours in (20, 170))

    assert only(rss(item(more=f"<pubDate>{soon}</pubDate>"))).published == now + timedelta(hours=20)
    assert only(rss(item(more=f"<pubDate>{late}</pubDate>"))).published is None


# ------------------------------------------------------------------------------------------------- damage


def test_a_bad_reference_in_escaped_html_costs_no_item() -> None:
    found = only(rss(item(more="<description>&lt;p&gt;نص &amp;#xD83D; آخر&lt;/p&gt;</description>")))

    found.summary.encode("utf-8")
    assert found.title == TITLE


def test_control_characters_are_taken_out() -> None:
    assert only(rss(item(title="خبر\x08 عا\x0bجل\x00"))).title == "خبر عاجل"


def test_a_feed_cut_short_keeps_the_complete_items_and_says_so() -> None:
    whole = rss(item(link="/1"), item(link="/2"), item(link="/3-a-long-address"))
    cut = whole[: whole.index("/3-a") + 3]

    reading = read(cut)

    assert reading.problem is Reason.TRUNCATED_FEED
    assert [found.url for found in reading.items] == ["https://news.example/1", "https://news.example/2"]


def test_what_makes_the_library_raise_costs_no_item() -> None:
    doctype = '<!DOCTYPE rss [<!ENTITY a "\\1">]>'
    point = "<Point xmlns='http://www.opengis.net/gml' srsName='EPSG:x'>1</Point>"
    where = f"<where xmlns='http://www.georss.org/georss'>{point}</where>"

    assert only(rss(item(), declaration=UTF8 + doctype)).title == TITLE
    assert only(rss(item(more=where))).title == TITLE

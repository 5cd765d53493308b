"""Feeds are read from bytes alone: right, or with a problem that says what is wrong; never with an exception."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from mirqab.feeds import plain, read_feed
from mirqab.types import FeedBody, FeedItem, FeedReading, Reason

URL = "https://news.example/rss/all.xml"
TITLE = "وزير الخارجية يصل إلى العاصمة لبحث جدول الزيارة"
UTF8 = '<?xml version="1.0" encoding="utf-8"?>'


def rss(*items: str, declaration: str = UTF8) -> str:
    return f"{declaration}<rss version='2.0'><channel><title>نور نيوز</title>{''.join(items)}</channel></rss>"


def item(title: str = TITLE, link: str = "https://news.example/1", more: str = "") -> str:
    return f"<item><title>{title}</title><link>{link}</link>{more}</item>"


def read(feed: str | bytes, *, content_type: str | None = "application/rss+xml") -> FeedReading:
    return read_feed(
        FeedBody(body=feed.encode() if isinstance(feed, str) else feed, url=URL, content_type=content_type)
    )


def only(feed: str | bytes, *, content_type: str | None = "application/rss+xml") -> FeedItem:
    reading = read(feed, content_type=content_type)
    assert reading.problem is None, reading.detail
    (found,) = reading.items
    return found


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


def test_items_that_share_a_guid_are_all_kept() -> None:
    reading = read(rss(*(item(link=f"/{n}", more="<guid isPermaLink='false'>x</guid>") for n in range(5))))

    assert len({found.url for found in reading.items}) == 5


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


# --------------------------------------------------------------------------------------------- encodings


@pytest.mark.parametrize(
    ("declaration", "content_type"),
    [
        ('<?xml version="1.0" encoding="windows-1256"?>', "text/xml"),
        ("", "text/xml; charset=windows-1256"),
        ("", "text/xml"),
        (UTF8, "text/xml; charset=utf-8"),
        ('<?xml version="1.0" encoding="iso-8859-1"?>', None),
    ],
)
def test_windows_1256_is_read_however_it_is_labelled(declaration: str, content_type: str | None) -> None:
    reading = read(rss(item(), declaration=declaration).encode("cp1256"), content_type=content_type)

    assert reading.encoding == "cp1256"
    assert [found.title for found in reading.items] == [TITLE]


@pytest.mark.parametrize("label", ["windows-1256", "iso-8859-1", "utf-16", "nonsense"])
def test_utf8_is_read_however_it_is_labelled(label: str) -> None:
    reading = read(
        rss(item(), declaration=f'<?xml version="1.0" encoding="{label}"?>'), content_type=f"text/xml; charset={label}"
    )

    assert (reading.encoding, reading.items[0].title) == ("utf-8", TITLE)


# ------------------------------------------------------------------------------------------------- damage


@pytest.mark.parametrize(
    ("reference", "read_as"),
    [
        ("&#xD83D;", "\ufffd"),
        ("&#xD83D;&#xDEA8;", "\U0001f6a8"),
        ("&#x110000;", "\ufffd"),
        ("&#xFFFFFFFF;", "\ufffd"),
        ("&#8;", ""),
        ("&#x645;", "م"),
    ],
)
def test_a_bad_character_reference_costs_no_item(reference: str, read_as: str) -> None:
    assert only(rss(item(title=f"خبر {reference}عاجل"))).title == f"خبر {read_as}عاجل"


def test_a_bad_reference_in_escaped_html_costs_no_item() -> None:
    found = only(rss(item(more="<description>&lt;p&gt;نص &amp;#xD83D; آخر&lt;/p&gt;</description>")))

    found.summary.encode("utf-8")
    assert found.title == TITLE


def test_control_characters_are_taken_out() -> None:
    assert only(rss(item(title="خبر\x08 عا\x0bجل\x00"))).title == "خبر عاجل"


@pytest.mark.parametrize(
    ("body", "problem", "detail"),
    [
        (b"", Reason.EMPTY, "empty"),
        (b" \r\n ", Reason.EMPTY, "empty"),
        (b"<!doctype html><html><body><item>x</item></body></html>", Reason.NOT_A_FEED, "HTML"),
        (b'{"error": "rate limited"}', Reason.NOT_A_FEED, "JSON"),
        (b"/etc/passwd", Reason.NOT_A_FEED, "neither"),
        (b"/dev/zero", Reason.NOT_A_FEED, "neither"),
        (bytes(range(256)) * 20, Reason.NOT_A_FEED, "neither"),
    ],
)
def test_what_is_no_feed_says_what_it_is(body: bytes, problem: Reason, detail: str) -> None:
    reading = read(body)

    assert reading.problem is problem
    assert detail in (reading.detail or "")
    assert reading.items == ()


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


def test_a_giant_author_takes_no_time() -> None:
    began = time.process_time()

    found = only(rss(item(more=f"<author>{'a@' * 40_000}</author>")))

    assert found.title == TITLE
    assert time.process_time() - began < 2


# --------------------------------------------------------------------------------------------- real inputs


def _gold(shared_data: Path) -> list[Path]:
    return sorted((shared_data / "feeds").glob("*.gold.json"))


def test_real_feeds_give_their_items_titles_and_dates(shared_data: Path) -> None:
    wrong: list[tuple[object, ...]] = []
    for path in _gold(shared_data):
        gold = json.loads(path.read_text(encoding="utf-8"))
        reading = read_feed(FeedBody(body=(path.parent / gold["file"]).read_bytes(), url="https://news.example/feed"))
        if "sitemap" in gold["format"]:
            continue
        titles = (
            [" ".join((gold[key] or "").split()) for key in ("first_title", "last_title")] if gold["entries"] else []
        )
        found = [reading.items[index].title for index in (0, -1)] if reading.items else []
        dated = sum(each.published is not None for each in reading.items)
        if (len(reading.items), found, dated) != (gold["entries"], titles, gold["dates_parse"]):
            wrong.append((gold["file"], len(reading.items), found, dated))

    assert not wrong


def test_reencoded_feeds_read_like_their_originals(shared_data: Path) -> None:
    folder = shared_data / "feeds" / "reencoded"
    readings = {path.name: read(path.read_bytes(), content_type=None) for path in sorted(folder.glob("*.xml"))}

    assert {name for name, reading in readings.items() if reading.problem} == {"asharq_truncated_miditem.xml"}
    assert readings["asharq_truncated_miditem.xml"].problem is Reason.TRUNCATED_FEED
    titles = [found.title for found in readings["asharq_windows1256.xml"].items]
    assert [found.title for found in readings["asharq_cp1256_bytes_but_declares_utf8.xml"].items] == titles
    assert all("\u0600" < letter < "\u0700" for title in titles for letter in title if letter.isalpha())


HOSTILE_TITLE = "محادثات انسحاب القوات الأمريكية من العراق"


def _nasty(shared_data: Path) -> list[tuple[dict[str, str], FeedReading]]:
    folder = shared_data / "hostile" / "feeds" / "nasty"
    rows = [json.loads(line) for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        (row, read((folder / row["file"]).read_bytes(), content_type=row["headers"].get("content-type")))
        for row in rows
        if "giant" not in row["id"]  # bounded by the worker's time limit
    ]


def test_the_nastiest_feeds_are_read_as_their_index_asks(shared_data: Path) -> None:
    wrong = []
    for row, reading in _nasty(shared_data):
        must = row.get("must") or ""
        titles = [found.title for found in reading.items]
        json.dumps([reading.title, *titles, *(found.summary for found in reading.items)], ensure_ascii=False).encode()
        if "title equals expected" in must and titles[:1] != [HOSTILE_TITLE]:
            wrong.append((row["id"], titles[:1], reading.problem))
        if must.startswith(("entry kept", "first kept", "both entries kept", "5 stored")) and not titles:
            wrong.append((row["id"], titles, reading.problem))
        if "error" in must and not titles and reading.problem is None:
            wrong.append((row["id"], titles, reading.problem))

    assert not wrong


def test_the_library_s_own_fixtures_never_raise_and_lose_no_item(shared_data: Path) -> None:
    folder = shared_data / "hostile" / "feeds" / "feedparser"
    rows = [json.loads(line) for line in (folder / "expectations.jsonl").read_text(encoding="utf-8").splitlines()]
    lost = []
    for row in rows:
        reading = read((folder / row["file"]).read_bytes(), content_type=None)
        if reading.problem is None and len(reading.items) < int(row.get("entries") or 0):
            lost.append((row["file"], len(reading.items), row["entries"]))

    assert not lost

"""OPML as feed readers write it: read with what was left out and why, made into outlets, and written."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirqab.declarations import load_outlets
from mirqab.declarations.opml import MAX_BYTES, OpmlFeeds, outlets_of, read_opml, unknown_feeds, write_opml
from mirqab.errors import UsageError
from mirqab.settings import Settings
from mirqab.types import Feed, FeedKind, Outlet, OutletKind


def opml(outlines: str, *, head: str = "", version: str = "2.0") -> bytes:
    """Return a file whose outlines start on line 3."""
    body = f'<opml version="{version}"><head/><body>\n{dedent(outlines)}\n</body></opml>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}\n{body}'.encode()


def told(feeds: OpmlFeeds) -> list[str]:
    return [str(problem) for problem in feeds.problems]


def made(feeds: OpmlFeeds, *taken: str) -> list[Outlet]:
    return outlets_of(feeds.entries, country="iq", timezone="Asia/Baghdad", kind=OutletKind.PORTAL, taken=set(taken))


def test_nested_folders_titles_and_homes_are_read() -> None:
    feeds = read_opml(
        opml(
            """\
            <outline text="العراق">
              <outline title="صحف &amp; مواقع" text="x">
                <outline type="rss" text="المرفأ" title="صحيفة المرفأ" xmlUrl="https://marfa.example/rss?a=1&amp;b=2"
                         htmlUrl="https://www.marfa.example/"/>
              </outline>
              <outline text="  وادي\n السدر " xmlUrl="https://sidr.example/feed"/>
            </outline>
            <outline text="لا شيء"/>
            <outline xmlUrl="feed://tal.example/atom.xml"/>
            <outline xmlUrl="feed:https://tal.example/more.xml" htmlUrl="javascript:alert(1)"/>
            """
        )
    )
    assert [(e.title, e.url, e.home, e.folder, e.line) for e in feeds.entries] == [
        (
            "صحيفة المرفأ",
            "https://marfa.example/rss?a=1&b=2",
            "https://www.marfa.example/",
            ("العراق", "صحف & مواقع"),
            5,
        ),
        ("وادي السدر", "https://sidr.example/feed", "https://sidr.example/", ("العراق",), 8),
        ("tal.example", "http://tal.example/atom.xml", "http://tal.example/", (), 12),
        ("tal.example", "https://tal.example/more.xml", "https://tal.example/", (), 13),
    ]
    assert feeds.problems == ()


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0", ""])
def test_every_version_and_every_spelling_of_an_attribute_is_read(version: str) -> None:
    feeds = read_opml(opml('<outline TEXT="أ" xmlurl="https://a.example/rss"/>', version=version))
    assert [(entry.title, entry.url) for entry in feeds.entries] == [("أ", "https://a.example/rss")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1256", "iso-8859-6"])
def test_the_declared_encoding_counts(encoding: str) -> None:
    name = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{name}"?><opml><body><outline text="النهر" xmlUrl="https://n.example/"/></body></opml>'
    assert [entry.title for entry in read_opml(text.encode(encoding)).entries] == ["النهر"]


def test_what_is_left_out_is_said_with_its_line() -> None:
    feeds = read_opml(
        opml(
            """\
            <outline text="مرة" xmlUrl="https://a.example/rss"/>
            <outline text="مرتين" xmlUrl="http://A.example/rss?utm_source=x"/>
            <outline text="ملف" xmlUrl="file:///etc/passwd"/>
            <outline text="سر" xmlUrl="https://me:hunter2@a.example/rss"/>
            <outline text="رابط" type="link" url="https://a.example/"/>
            <outline text="مطفأ" isComment="true"><outline text="تحته" xmlUrl="https://b.example/rss"/></outline>
            <outline text="بعده" xmlUrl="https://c.example/rss"/>
            <outline text="طويل" xmlUrl="https://d.example/ARABIC"/>
            """.replace("ARABIC", "a" * 600)
        ),
        name="mine.opml",
    )
    assert [entry.title for entry in feeds.entries] == ["مرة", "بعده"]
    said = told(feeds)
    assert [line.partition(": ")[0] for line in said] == [f"mine.opml:{line}" for line in (4, 5, 6, 7, 8, 10)]
    assert said[0] == 'mine.opml:4: "مرتين": its address stands on line 3 already'
    assert "http:// or https://" in said[1]
    assert "hunter2" not in said[2]
    assert "a link, no feed" in said[3]
    assert said[4] == 'mine.opml:8: "تحته": is commented out'


def test_addresses_on_one_line_are_told_apart() -> None:
    feeds = read_opml(opml('<outline xmlUrl="https://a.example/1"/><outline xmlUrl="https://a.example/2"/>'))
    assert len(feeds.entries) == 2


def test_bare_ampersands_and_html_names_are_mended() -> None:
    feeds = read_opml(
        opml('<outline text="أ&nbsp;ب &laquo;ج&raquo; R&D" xmlUrl="https://a.example/?a=1&b=2&#38;c=3"/>')
    )
    assert [(entry.title, entry.url) for entry in feeds.entries] == [("أ ب «ج» R&D", "https://a.example/?a=1&b=2&c=3")]


def test_a_file_that_breaks_off_keeps_what_came_before() -> None:
    feeds = read_opml(opml('<outline xmlUrl="https://a.example/1"/>\n<outline xmlUrl="https://a.example/2'))
    assert [entry.url for entry in feeds.entries] == ["https://a.example/1"]
    assert told(feeds)[-1].endswith("what follows is left out")
    assert told(feeds)[-1].startswith("OPML:5: is no XML that can be read")


BOMB = '<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{10 * f"&{below};"}">' for below, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (opml('<outline text="&i;" xmlUrl="https://a.example/"/>', head=BOMB + "]>"), "declares entities"),
        (
            opml(
                '<outline text="&x;" xmlUrl="https://a.example/"/>',
                head='<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            ),
            "declares entities",
        ),
        (
            opml(
                '<outline xmlUrl="https://a.example/"/>',
                head='<!DOCTYPE o [<!ENTITY % p SYSTEM "http://a.example/">%p;]>',
            ),
            "declares entities",
        ),
        (b"<html><body>no</body></html>", "is no OPML: its outermost element is <html>"),
        (b"<rss><outline xmlUrl='https://a.example/'/></rss>", "is no OPML"),
        (opml("<outline>" * 5000), "nested deeper"),
        (b"", "no XML that can be read"),
        (b"not xml", "no XML that can be read"),
        (b"\x00\x01\x02", "no XML that can be read"),
        (b'<?xml version="1.0" encoding="nothing"?><opml/>', "in an encoding"),
        (opml(""), "holds no feed"),
        (b" " * (MAX_BYTES + 1), "is larger than 8 MiB"),
    ],
)
def test_what_is_no_list_of_feeds_is_refused(body: bytes, said: str) -> None:
    feeds = read_opml(body)
    assert feeds.entries == ()
    assert said in told(feeds)[0]


@given(st.binary(max_size=200) | st.text(alphabet="<>&;\"'=ا outlinexmUr/", max_size=200).map(str.encode))
def test_no_bytes_make_it_raise(body: bytes) -> None:
    read_opml(body)
    read_opml(b"<opml><body>" + body + b"</body></opml>")


# ------------------------------------------------------------------------------------------------ into outlets


def test_the_feeds_of_one_host_are_one_outlet() -> None:
    feeds = read_opml(
        opml(
            """\
            <outline text="المرفأ - سياسة" xmlUrl="https://rss.marfa.com.example/1" htmlUrl="https://www.marfa.com.tr/p"/>
            <outline text="صوت النهر" xmlUrl="https://nahr.example/rss"/>
            <outline text="المرفأ - اقتصاد" xmlUrl="https://feeds.example/2" htmlUrl="https://marfa.com.tr/e"/>
            """
        )
    )
    marfa, nahr = made(feeds)
    assert marfa == Outlet(
        id="marfa",
        name="المرفأ",
        name_en="marfa.com.tr",
        country="iq",
        kind=OutletKind.PORTAL,
        timezone="Asia/Baghdad",
        home="https://www.marfa.com.tr/p",
        feeds=(
            Feed(url="https://rss.marfa.com.example/1", note="المرفأ - سياسة"),
            Feed(url="https://feeds.example/2", note="المرفأ - اقتصاد"),
        ),
    )
    assert (nahr.id, nahr.name, nahr.feeds[0].note) == ("nahr", "صوت النهر", None)


@pytest.mark.parametrize(
    ("host", "id_"),
    [
        ("www.bbc.co.uk", "bbc"),
        ("arabic.cnn.com", "arabic-cnn"),
        ("24.ae", "outlet-24"),
        ("127.0.0.1", "outlet-127-0-0-1"),
        ("localhost", "localhost"),
        ("feeds.example", "feeds-2"),  # the crawler's own
        ("known.example", "known-2"),  # taken
        ("xn--mgb9awbf.example", "xn-mgb9awbf"),
        ("إذاعة.example", "xn-kgbeg0a0c"),
        ("a" * 60 + ".example", "a" * 40),
        ("a_b--c.example", "a-b-c"),
    ],
)
def test_an_id_is_made_of_the_host(host: str, id_: str) -> None:
    (outlet,) = made(read_opml(opml(f'<outline xmlUrl="https://{host}/rss"/>')), "known")
    assert outlet.id == id_


def test_ids_that_would_be_one_are_numbered() -> None:
    outlines = "".join(f'<outline xmlUrl="https://{"a" * 45}.{end}/rss"/>' for end in ("com", "net", "example"))
    assert [outlet.id for outlet in made(read_opml(opml(outlines)))] == ["a" * 40, "a" * 38 + "-2", "a" * 38 + "-3"]


def test_what_the_caller_gives_is_checked() -> None:
    with pytest.raises(UsageError, match="Asia/Baghdad"):
        outlets_of([], country="iq", timezone="Asia/Bagdad", kind=OutletKind.PORTAL, taken=set())
    with pytest.raises(UsageError, match="two small letters"):
        outlets_of([], country="Iraq", timezone="Asia/Baghdad", kind=OutletKind.PORTAL, taken=set())


def test_what_is_declared_already_is_left_out(settings: Settings) -> None:
    declared = load_outlets(settings)
    outlet = next(one for one in declared if one.feeds)
    text = f'<outline text="x" xmlUrl="{outlet.feeds[0].url}"/><outline xmlUrl="https://new.example/rss"/>'
    feeds = unknown_feeds(read_opml(opml(text.replace("&", "&amp;"))), declared)
    assert [entry.url for entry in feeds.entries] == ["https://new.example/rss"]
    assert [str(one) for one in feeds.known] == [f'OPML:3: "x": the outlet {outlet.id} has it already']
    assert told(feeds) == []


# ---------------------------------------------------------------------------------------------------- writing


def test_what_is_written_is_read_again(settings: Settings) -> None:
    sources = (
        Feed(url="https://marfa.example/rss?a=1&b=2", note='"سياسة" & <اقتصاد>'),
        Feed(url="https://marfa.example/map.xml", kind=FeedKind.SITEMAP),
        Feed(url="https://marfa.example/latest", kind=FeedKind.SECTION, links="h3 > a"),
    )
    marfa = Outlet(
        id="marfa", name="صحيفة\x1b المرفأ", name_en="Harbour", country="iq", kind=OutletKind.NEWSPAPER,
        timezone="Asia/Baghdad", home="https://marfa.example/", feeds=sources,
    )  # fmt: skip
    outlets = (*load_outlets(settings), marfa)
    text = write_opml(outlets)
    ET.fromstring(text.encode("utf-8"))  # any reader can
    feeds = read_opml(text.encode("utf-8"))
    assert {entry.url for entry in feeds.entries} == {feed.url for outlet in outlets for feed in outlet.feeds}
    assert [(entry.title, entry.kind, entry.folder) for entry in feeds.entries[-3:]] == [
        ('"سياسة" & <اقتصاد>', FeedKind.FEED, ("صحيفة المرفأ",)),
        ("صحيفة المرفأ", FeedKind.SITEMAP, ("صحيفة المرفأ",)),
        ("صحيفة المرفأ", FeedKind.SECTION, ("صحيفة المرفأ",)),
    ]
    without = [outlet for outlet in outlets if not outlet.feeds]
    assert len(feeds.problems) == len(without)
    assert all("a link, no feed" in problem.expected for problem in feeds.problems)
    assert "صحيفة" in text

"""Outlets as declared; what is declared wrong is said with file, line and key."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime, timedelta, timezone

import pytest

from mirqab.declarations import load_outlets, load_schedule
from mirqab.errors import ConfigurationError
from mirqab.settings import Settings
from mirqab.types import Feed, FeedKind, Outlet, OutletKind
from tests.declarations.declaring import OUTLET, outlet_mistakes, with_lines, write


def test_an_outlet_is_as_declared(declared: Settings) -> None:
    write(declared, "outlets.yaml", OUTLET.format(id="marfa"))
    assert load_outlets(declared) == (
        Outlet(
            id="marfa",
            name="صحيفة المرفأ",
            name_en="Harbour Paper",
            country="iq",
            kind=OutletKind.NEWSPAPER,
            timezone="Asia/Baghdad",
            home="https://marfa.example/",
            feeds=(
                Feed(
                    url="https://marfa.example/rss",
                    note="all sections",
                    last_answered=datetime(2024, 1, 26, 10, tzinfo=timezone(timedelta(hours=3))),
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    "address", ["https://me:hunter2@marfa.example/rss", "marfa:hunter2@marfa.example", "//:hunter2@m"]
)
def test_a_password_in_an_address_is_refused_and_not_repeated(declared: Settings, address: str) -> None:
    (mistake,) = outlet_mistakes(declared, OUTLET.format(id="marfa").replace("https://marfa.example/rss", address))
    assert mistake[:2] == (11, "outlets.0.feeds.0.url")
    assert "hunter2" not in mistake[2]


@pytest.mark.parametrize("id_", ["feeds", "page", "fetch", "Marfa", "1marfa", "مرفأ", "mar fa", "-marfa", "m" * 41])
def test_an_id_that_cannot_name_a_spider_is_refused(declared: Settings, id_: str) -> None:
    (mistake,) = outlet_mistakes(declared, OUTLET.format(id=id_))
    assert mistake[:2] == (3, "outlets.0.id")


def test_an_outlet_called_no_is_an_outlet(declared: Settings) -> None:
    write(declared, "outlets.yaml", OUTLET.format(id="no").replace("country: iq", "country: no"))
    assert (load_outlets(declared)[0].id, load_outlets(declared)[0].country) == ("no", "no")


@pytest.mark.parametrize(
    ("before", "after", "line", "key"),
    [
        ("Asia/Baghdad", "Asia/Bagdad", 8, "timezone"),
        ("Asia/Baghdad", "Asia", 8, "timezone"),
        ("Asia/Baghdad", "../../etc/passwd", 8, "timezone"),
        ("https://marfa.example/rss", "ftp://marfa.example/rss", 11, "feeds.0.url"),
        ("https://marfa.example/rss", "https://", 11, "feeds.0.url"),
        ("https://marfa.example/rss", "https://me:pass@marfa.example/rss", 11, "feeds.0.url"),
        ("https://marfa.example/rss", "https://marfa.example:99999/rss", 11, "feeds.0.url"),
        ("home: https://marfa.example/", "home: javascript:alert(1)", 9, "home"),
        ("country: iq", "country: Iraq", 6, "country"),
        ("kind: newspaper", "kind: blog", 7, "kind"),
        ("kind: newspaper", "kind: newspaper\n    delay_s: -1", 8, "delay_s"),
        ("kind: newspaper", "kind: newspaper\n    enabled: yes", 8, "enabled"),
        ("kind: newspaper", "kind: newspaper\n    enabled: false", 8, "enabled"),
        ("2024-01-26T10:00:00+03:00", "2024-01-26T10:00:00", 13, "feeds.0.last_answered"),
    ],
)
def test_a_wrong_value_is_named_where_it_stands(
    declared: Settings, before: str, after: str, line: int, key: str
) -> None:
    found = outlet_mistakes(declared, OUTLET.format(id="marfa").replace(before, after))
    assert [mistake[:2] for mistake in found] == [(line, f"outlets.0.{key}")]


def test_the_nearest_zone_and_key_are_suggested(declared: Settings) -> None:
    text = OUTLET.format(id="marfa").replace("Asia/Baghdad", "Asia/Bagdad").replace("note:", "notes:")
    said = " ".join(expected for _, _, expected in outlet_mistakes(declared, text))
    assert 'did you mean "Asia/Baghdad"?' in said
    assert 'did you mean "note"?' in said


def test_ids_and_feeds_stand_once(declared: Settings) -> None:
    one = OUTLET.format(id="marfa")
    again = one.replace("\noutlets:\n", "") + "      - url: https://marfa.example/rss\n"
    found = outlet_mistakes(declared, one + again)
    assert [mistake[:2] for mistake in found] == [(14, "outlets.1.id"), (25, "outlets.1.feeds.1.url")]
    assert '"marfa" is taken by line 3' in found[0][2]


def test_an_enabled_outlet_needs_a_feed(declared: Settings) -> None:
    text = OUTLET.format(id="marfa").partition("    feeds:")[0]
    assert [mistake[1] for mistake in outlet_mistakes(declared, text)] == ["outlets.0.feeds"]
    write(declared, "outlets.yaml", text + "    enabled: false\n    reason: no documented feed\n")
    assert load_outlets(declared)[0].reason == "no documented feed"


def test_every_kind_of_source_is_declared(declared: Settings) -> None:
    more = """
      - url: https://marfa.example/news-sitemap.xml
        kind: sitemap
      - url: https://marfa.example/politics
        kind: section
        links: "main h3 > a[href*='/news/']"
      - url: https://marfa.example/economy
        kind: section
    backfill:
      - url: https://marfa.example/sitemap.xml
        kind: sitemap
      - url: https://marfa.example/latest
        kind: section
        links: .headline
    verify_tls: false
    poll_floor_s: 120
    poll_ceiling_s: 3600.5
"""
    write(declared, "outlets.yaml", OUTLET.format(id="marfa") + more.removeprefix("\n"))
    (outlet,) = load_outlets(declared)
    assert [(feed.url.rpartition("/")[2], feed.kind, feed.links) for feed in (*outlet.feeds, *outlet.backfill)] == [
        ("rss", FeedKind.FEED, None),
        ("news-sitemap.xml", FeedKind.SITEMAP, None),
        ("politics", FeedKind.SECTION, "main h3 > a[href*='/news/']"),
        ("economy", FeedKind.SECTION, None),
        ("sitemap.xml", FeedKind.SITEMAP, None),
        ("latest", FeedKind.SECTION, ".headline"),
    ]
    assert len(outlet.backfill) == 2
    assert (outlet.verify_tls, outlet.poll_floor_s, outlet.poll_ceiling_s) == (False, 120, 3600.5)


@pytest.mark.parametrize("kind", ["sitemap", "section"])
def test_a_sitemap_or_a_section_is_source_enough(declared: Settings, kind: str) -> None:
    text = OUTLET.format(id="marfa").replace("        note: all sections", f"        kind: {kind}")
    write(declared, "outlets.yaml", text)
    assert [feed.kind for feed in load_outlets(declared)[0].feeds] == [kind]


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        ("h3 >", 'found "h3 >"'),
        ("a[href", "expected a CSS selector"),
        ("a::attr(href)", "seudo-element"),
        ("a::text", "seudo-element"),
        ("svg|a", "namespace"),
        ("//h3/a", "expected a CSS selector"),
        ("", "empty"),
    ],
)
def test_a_selector_that_selects_nothing_that_can_be_read_is_refused(
    declared: Settings, selector: str, said: str
) -> None:
    section = f"kind: section\n        links: {json.dumps(selector)}"
    text = OUTLET.format(id="marfa").replace("note: all sections", section)
    (mistake,) = outlet_mistakes(declared, text)
    assert mistake[:2] == (13, "outlets.0.feeds.0.links")
    assert said in mistake[2]


def test_links_are_for_sections_only(declared: Settings) -> None:
    text = OUTLET.format(id="marfa").replace("note: all sections", "links: h3 > a")
    text += "    backfill:\n      - url: https://marfa.example/map\n        kind: sitemap\n        links: h3 > a\n"
    found = outlet_mistakes(declared, text)
    assert [mistake[:2] for mistake in found] == [(12, "outlets.0.feeds.0.links"), (17, "outlets.0.backfill.0.links")]
    assert "write `kind: section`" in found[0][2]


@pytest.mark.parametrize(
    ("lines", "line", "key", "said"),
    [
        ("backfill: https://marfa.example/map", 14, "backfill", "expected a list"),
        ("backfill:\n  - kind: sitemap", 15, "backfill.0.url", "is missing"),
        ("backfill:\n  - url: https://marfa.example/rss", 15, "backfill.0.url", "already has this feed"),
        ("backfill:\n  - url: https://a.example/\n    kind: sitemaps", 16, "backfill.0.kind", 'mean "sitemap"?'),
        ("verify_tls: no", 14, "verify_tls", "expected true or false"),
        ("verify_tsl: false", 14, "verify_tsl", 'mean "verify_tls"?'),
        ("poll_floor_s: -1", 14, "poll_floor_s", "expected at least 0"),
        ("poll_floor_s: 86401", 14, "poll_floor_s", "expected at most 86400"),
        ("poll_ceiling_s: 0", 14, "poll_ceiling_s", "expected at least 1"),
        ("poll_ceiling_s: soon", 14, "poll_ceiling_s", "expected a number"),
        ("poll_ceiling_s: 60\npoll_floor_s: 90", 15, "poll_floor_s", "the outlet's poll_ceiling_s, 60, found 90"),
        ("poll_ceiling_s: 60", 14, "poll_ceiling_s", "at least 240, the setting poll.floor_s, found 60"),
        ("poll_floor_s: 30000", 14, "poll_floor_s", "at most 21600, the setting poll.ceiling_s, found 30000"),
    ],
)
def test_a_wrong_value_of_polling_is_named_where_it_stands(
    declared: Settings, lines: str, line: int, key: str, said: str
) -> None:
    (mistake,) = outlet_mistakes(declared, with_lines(lines))
    assert mistake[:2] == (line, f"outlets.0.{key}")
    assert said in mistake[2]


def test_an_outlet_is_measured_by_the_settings_of_this_deployment(declared: Settings) -> None:
    write(declared, "outlets.yaml", with_lines("poll_ceiling_s: 60"))
    assert load_outlets(dataclasses.replace(declared, poll_floor_s=30.0))[0].poll_ceiling_s == 60


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("", None, ""),
        ("# nothing yet\n", None, ""),
        ("outlets:\n", 1, "outlets"),
        ("outlets: {}\n", 1, "outlets"),
        ("outlets:\n  - id: [marfa\n", 3, ""),
        ("outlets:\n  - id: marfa\n   name: x\n", 3, ""),
        ("outlets:\n  - \x00\n", 2, ""),
        ("\x00\x01\x02\x03", 1, ""),
        ("[" * 5000, 1, ""),
        ("outlets:\n  - &a {id: a}\n  - *a\n", 2, "outlets.0"),
    ],
)
def test_case_51_a_corrupt_or_empty_file_is_refused_and_the_line_named(
    declared: Settings, text: str, line: int | None, key: str
) -> None:
    found = outlet_mistakes(declared, text)
    assert found[0][:2] == (line or 1, key)


def test_case_51_a_file_that_is_no_utf8_or_not_there_is_refused(declared: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"outlets\.yaml: cannot be read \(No such file"):
        load_outlets(declared)
    body = OUTLET.format(id="marfa").encode("cp1256", "replace")
    (declared.config / "outlets.yaml").write_bytes(body)
    with pytest.raises(ConfigurationError, match=r"outlets\.yaml:4: is not UTF-8 text"):
        load_outlets(declared)


def test_the_shipped_declarations_are_right(settings: Settings) -> None:
    outlets = load_outlets(settings)
    assert load_schedule(settings)
    hosts = [outlet.home for outlet in outlets]
    assert len(hosts) == len(set(hosts))

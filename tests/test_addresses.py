"""Addresses: which spellings are one, which links are usable, which hosts are public."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirqab.addresses import (
    AllowedHosts,
    clean_url,
    host_of,
    is_public,
    mask_credentials,
    origins_of,
    server_of,
    url_key,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://News.Example/a", "https://news.example/a"),
        ("https://news.example:443/a", "https://news.example/a"),
        ("http://news.example:80/a", "http://news.example/a"),
        ("https://news.example", "https://news.example/"),
        ("https://news.example/a#top", "https://news.example/a"),
        ("https://news.example/a?", "https://news.example/a"),
        ("https://news.example/a?utm_source=rss&utm_medium=feed&id=7", "https://news.example/a?id=7"),
        ("https://news.example/a?fbclid=x", "https://news.example/a"),
        ("https://news.example/%d8%a7", "https://news.example/%D8%A7"),
        ("https://news.example/ا", "https://news.example/%D8%A7"),
        ("https://news.example/%7Ea", "https://news.example/~a"),
        ("https://news.example/a/../b", "https://news.example/b"),
        ("https://أخبار.example/a", "https://xn--igbicxr.example/a"),
        ("https://news.example/a b", "https://news.example/a%20b"),
    ],
)
def test_two_spellings_of_one_address_have_one_key(one: str, other: str) -> None:
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://news.example/a", "https://www.news.example/a"),
        ("https://news.example/A", "https://news.example/a"),
        ("https://news.example/a", "https://news.example/a/"),
        ("https://news.example/?id=1", "https://news.example/?id=2"),
        ("https://news.example/?a=1&b=2", "https://news.example/?b=2&a=1"),
        ("https://news.example/?ref=1", "https://news.example/"),
        ("https://news.example:8080/a", "https://news.example/a"),
        ("https://news.example/a%2Fb", "https://news.example/a/b"),
        ("https://news.example/?q=a%26b", "https://news.example/?q=a&b"),
    ],
)
def test_different_articles_stay_different(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


@pytest.mark.parametrize(
    ("link", "cleaned"),
    [
        ("/a", "https://news.example/a"),
        ("//cdn.example/a", "https://cdn.example/a"),
        ("b?x=1#y", "https://news.example/feed/b?x=1"),
        ("  https://news.example/a\n", "https://news.example/a"),
        ("https://news.exa\nmple/a", "https://news.example/a"),
        ("https://user:secret@news.example/a", "https://news.example/a"),
        ("HTTPS://NEWS.example:443/A", "https://news.example/A"),
        ("https://news.example/خبر عاجل", "https://news.example/خبر%20عاجل"),
        ("https://news.example/\u202egpj", "https://news.example/%E2%80%AEgpj"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a"),
    ],
)
def test_links_become_absolute_and_clean(link: str, cleaned: str) -> None:
    assert clean_url(link, "https://news.example/feed/rss.xml") == cleaned


@pytest.mark.parametrize(
    "link",
    [
        "",
        " ",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://news.example/a",
        "mailto:a@news.example",
        "https://",
        "https:///a",
        "https://news.example:0/a",
        "https://news.example:99999/a",
        "https://news.example:port/a",
        "https://[::1/a",
        "https://good.example\\@evil.example/",
        "https://news.example/\x00a",
        "https://news.example/\x1b[31m",
        "https://news.example/\ud800",
        "https://news.example/" + "a" * 9000,
    ],
)
def test_hostile_links_are_none(link: str) -> None:
    assert clean_url(link, "https://news.example/feed") is None


def test_relative_link_without_base_is_none() -> None:
    assert clean_url("/a") is None


@given(st.text(max_size=80))
def test_cleaning_never_raises_and_is_stable(text: str) -> None:
    for link in (text, "https://news.example/" + text, "https://" + text):
        cleaned = clean_url(link, "https://news.example/")
        if cleaned is not None:
            assert clean_url(cleaned) == cleaned
            key = url_key(cleaned)
            assert url_key(cleaned.partition("://")[0] + "://" + key) == key


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::6810:84e5", "::ffff:93.184.216.34"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0"),
        *("fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
        *("fec0::1", "feff::7", "3fff::1", "64:ff9b:1::7f00:1", "::127.0.0.1", "0.1.2.3", "2001:0:7f00:1::1"),
        *("localhost", "2130706433", ""),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_allowed_hosts_are_names_addresses_or_networks() -> None:
    allowed = AllowedHosts.of(["intranet.example", "127.0.0.0/8", "10.0.0.7", " "])
    assert allowed.may_connect("intranet.example", "192.168.0.9")
    assert allowed.may_connect("other.example", "127.3.0.1")
    assert allowed.may_connect("other.example", "10.0.0.7")
    assert allowed.may_connect("other.example", "93.184.216.34")
    assert not allowed.may_connect("other.example", "10.0.0.8")
    assert not allowed.may_connect("sub.intranet.example", "10.0.0.8")
    assert allowed.has_host("127.0.0.44")
    assert not allowed.has_host("93.184.216.34")


def test_host_is_lower_case_ascii_without_port() -> None:
    assert host_of("https://News.Example:8080/a") == "news.example"
    assert host_of("http://[::1]:80/") == "::1"
    assert host_of("nonsense") == ""


def test_a_server_is_a_host_and_a_port_that_is_not_the_usual_one() -> None:
    usual = ("http://News.Example/a", "https://news.example/b", "http://news.example:80/", "https://news.example:443/")
    assert {server_of(url) for url in usual} == {"news.example"}
    assert {origins_of(url) for url in usual} == {("http://news.example:80", "https://news.example:443")}
    for url, server, origin in (
        ("http://news.example:8080/a", "news.example:8080", "http://news.example:8080"),
        ("http://news.example:443/", "news.example:443", "http://news.example:443"),
        ("http://[::1]:8080/", "[::1]:8080", "http://[::1]:8080"),
    ):
        assert (server_of(url), origins_of(url)) == (server, (origin,))
    assert server_of("http://[::1]/") == "::1"
    assert origins_of("http://[::1]/") == ("http://[::1]:80", "https://[::1]:443")
    assert (server_of("nonsense"), origins_of("nonsense")) == ("", ())


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("at https://user:p@ss@news.example/a?x=1 now", "at https://***@news.example/a?x=1 now"),
        ("redis://:secret@host:6379/0", "redis://***@host:6379/0"),
        ("https://news.example/feed?token=abc&x=1", "https://news.example/feed?token=***&x=1"),
        ("write to a@b.example", "write to a@b.example"),
        ("https://news.example/@name/post", "https://news.example/@name/post"),
    ],
)
def test_secrets_in_addresses_are_masked(text: str, masked: str) -> None:
    assert mask_credentials(text) == masked

"""The key of an address, on every address in the real inputs: different articles stay different."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections import defaultdict
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirqab.addresses import clean_url, url_key

TRACKING = re.compile(
    r"(?:utm_|at_custom|mtm_|pk_|hsa_).*|(?:fb|g|d|ms|y|ys|tw|tt)clid|gbraid|wbraid|igsh(?:id)?|li_fat_id|mc_[ce]id"
    r"|_ga|_gl|_hs(?:enc|mi)|at_(?:medium|campaign)|traffic_source|srsltid|vero_id|wickedid|oly_(?:anon|enc)_id",
    re.IGNORECASE,
)
"""All that may be taken out of an address, listed here once more and apart from the product."""

IDENTITY = ("sid", "cid", "id", "aid", "nid", "p", "page", "page_id", "article", "ArticleID", "newsid", "m", "ref", "q")
_ADDRESS = re.compile(r"https?://[^\s<>\"'\]\\]{1,2000}")


@pytest.fixture(scope="module")
def addresses(shared_data: Path) -> list[str]:
    """Every address in the feeds, sitemaps, stories, labels and saved pages."""
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in _files(shared_data)]
    for name in ("stream/stream.jsonl.gz", "labelled/dev.jsonl"):
        packed = (shared_data / name).read_bytes()
        lines = (gzip.decompress(packed) if name.endswith(".gz") else packed).decode("utf-8").rstrip("\n").split("\n")
        texts += [str(json.loads(line).get("url") or "") for line in lines]
    found = {html.unescape(address) for text in texts for address in _ADDRESS.findall(text)}
    usable = sorted(address for address in found if clean_url(address))
    assert len(usable) > 10_000
    return usable


def _files(shared_data: Path) -> list[Path]:
    folders = ("feeds", "feeds-bench", "html", "dups")
    kinds = (".xml", ".rss", ".html", ".json", ".jsonl")
    return [path for name in folders for path in sorted((shared_data / name).rglob("*")) if path.suffix in kinds]


def what_it_names(address: str) -> tuple[object, ...]:
    """Return what may tell one article from another, worked out another way than in the product."""
    parts = urlsplit(address)
    port = None if parts.port in (80, 443) else parts.port
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not TRACKING.fullmatch(name)]
    return (parts.hostname or "").lower().rstrip("."), port, unquote(parts.path or "/"), kept


def test_one_key_means_one_article(addresses: list[str]) -> None:
    by_key: dict[str, set[str]] = defaultdict(set)
    for address in addresses:
        by_key[url_key(clean_url(address) or "")].add(address)

    merged = [sorted(group) for group in by_key.values() if len(group) > 1]
    wrong = [group for group in merged if len({repr(what_it_names(address)) for address in group}) > 1]

    assert merged  # the inputs do hold two spellings of one address
    assert not wrong


def test_one_article_has_one_key(addresses: list[str]) -> None:
    by_name: dict[str, set[str]] = defaultdict(set)
    for address in addresses:
        if "%2F" not in address.upper() and "%25" not in address:  # an escaped slash or percent sign is no plain one
            by_name[repr(what_it_names(address))].add(url_key(clean_url(address) or ""))

    assert not [sorted(keys) for keys in by_name.values() if len(keys) > 1]


def test_stories_of_different_titles_keep_different_keys(shared_data: Path) -> None:
    lines = gzip.decompress((shared_data / "stream" / "stream.jsonl.gz").read_bytes()).decode("utf-8")
    titles: dict[str, dict[str, str]] = defaultdict(dict)
    for row in map(json.loads, lines.rstrip("\n").split("\n")):
        if row.get("url") and (cleaned := clean_url(row["url"])):
            titles[url_key(cleaned)].setdefault(row["url"], row["title"])

    wrong = {key: stories for key, stories in titles.items() if len(set(stories.values())) > 1}

    assert len(titles) > 5_000
    assert not wrong


def test_only_known_tracking_parameters_are_taken_out(addresses: list[str]) -> None:
    taken_out: set[str] = set()
    for address in addresses:
        cleaned = clean_url(address) or ""
        said = [piece.partition("=")[0] for piece in urlsplit(cleaned).query.split("&") if piece]
        kept = [piece.partition("=")[0] for piece in url_key(cleaned).partition("?")[2].split("&") if piece]
        if len(kept) < len(said):
            taken_out |= {unquote(name) for name in said} - {unquote(name) for name in kept}

    assert not [name for name in taken_out if not TRACKING.fullmatch(name)]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(place=st.integers(0, 10**6), name=st.sampled_from(IDENTITY), one=st.integers(0, 99), other=st.integers(0, 99))
def test_identity_parameters_tell_articles_apart(
    addresses: list[str], place: int, name: str, one: int, other: int
) -> None:
    base = clean_url(addresses[place % len(addresses)]) or ""
    joint = "&" if urlsplit(base).query else "?"
    first, second = (url_key(f"{base}{joint}{name}={value}") for value in (one, other))

    assert (first == second) is (one == other)
    assert first != url_key(base)
    assert url_key(f"{base}{joint}utm_source=rss&{name}={one}&fbclid=Abc") == first


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(place=st.integers(0, 10**6))
def test_the_case_of_a_path_and_its_last_slash_tell_articles_apart(addresses: list[str], place: int) -> None:
    base = clean_url(addresses[place % len(addresses)]) or ""
    parts = urlsplit(base)
    swapped = re.sub(r"%[0-9a-fA-F]{2}|([a-zA-Z])", lambda found: (found[1] or "").swapcase() or found[0], parts.path)
    if swapped != parts.path:
        assert url_key(parts._replace(path=swapped).geturl()) != url_key(base)
    if not parts.path.endswith("/"):
        assert url_key(parts._replace(path=parts.path + "/").geturl()) != url_key(base)


def test_cleaning_twice_changes_nothing(addresses: list[str]) -> None:
    for address in addresses:
        cleaned = clean_url(address)
        assert cleaned is not None
        assert clean_url(cleaned) == cleaned
        assert url_key(cleaned) == url_key(address.strip())

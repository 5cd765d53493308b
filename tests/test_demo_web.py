"""The demo web by real HTTP: its content counts, its misbehaviours and its politeness about what was not asked."""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import feedparser
import httpx
import pytest
from ruamel.yaml import YAML

from demo.stories import Label, Outcome
from demo.web import DemoWeb

EPOCH = datetime(2025, 3, 16, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def web() -> Iterator[DemoWeb]:
    with DemoWeb(epoch=EPOCH, slow_s=0.3) as served:
        yield served


def feed_of(web: DemoWeb, outlet: str) -> feedparser.FeedParserDict:
    answer = httpx.get(web.feed_urls(outlet)[0])
    parsed = feedparser.parse(answer.content, response_headers={"content-type": answer.headers["content-type"]})
    assert not parsed.bozo, parsed.bozo_exception
    return parsed


def test_the_content_is_as_wide_as_promised(web: DemoWeb) -> None:
    stories = web.stories.values()
    assert len(web.outlets) >= 7
    assert sum(bool(story.paragraphs) for story in stories) >= 80
    labels = Counter(story.label for story in stories)
    assert 16 <= labels[Label.TOPIC] <= 22
    assert labels[Label.TRAP] >= 20
    assert labels[Label.EVERYDAY] >= 30
    assert len({story.theatres[0] for story in stories if story.theatres}) >= 6
    assert all(bool(story.theatres) == (story.label is Label.TOPIC) for story in stories)
    lengths = [len(story.body.split()) for story in stories if story.outcome is Outcome.STORED]
    assert sum(120 <= length <= 350 for length in lengths) >= 0.9 * len(lengths)


def test_no_date_mark_is_left_and_no_text_is_repeated(web: DemoWeb) -> None:
    for story in web.stories.values():
        assert not re.search(r"[{}]", story.headline + story.summary + story.body), story.id
    paragraphs = Counter(line for story in web.stories.values() if story.copy_of is None for line in story.paragraphs)
    assert [line for line, count in paragraphs.items() if count > 1] == []


def test_stories_are_dated_back_from_the_epoch(web: DemoWeb) -> None:
    for story in web.stories.values():
        age = EPOCH - story.published
        if story.outcome is Outcome.NOTED:
            assert age > timedelta(days=7)
        else:
            assert timedelta(0) < age < timedelta(days=5)


def test_every_outlet_is_a_loopback_host_of_its_own(web: DemoWeb) -> None:
    assert all(host.startswith("127.") for host in web.hosts)
    assert len(set(web.places.values())) == len(web.outlets)
    # where many loopback addresses exist, each outlet has one
    assert len(web.hosts) in (1, len(web.outlets))


def test_one_address_is_enough(web: DemoWeb) -> None:
    with DemoWeb(epoch=EPOCH, one_address=True) as other:
        assert other.hosts == ("127.0.0.1",)
        assert len({port for _, port in other.places.values()}) == len(other.outlets)
        assert httpx.get(other.url("sidra-khareef")).status_code == 200


def test_the_same_places_serve_the_same_bytes_again() -> None:
    with DemoWeb(epoch=EPOCH) as first:
        places = first.places
        url, feed = first.url("mirsal-olive-oil"), first.feed_urls("mirsal")[0]
        before = httpx.get(url).content, httpx.get(feed).headers["etag"]
        with pytest.raises(OSError):
            DemoWeb(places=places)
    with DemoWeb(epoch=EPOCH, places=places) as second:
        assert second.places == places
        assert (httpx.get(url).content, httpx.get(feed).headers["etag"]) == before


def test_feeds_list_every_story_and_its_pages_answer(web: DemoWeb) -> None:
    for outlet in web.outlets:
        if outlet.style.broken_feed or outlet.style.slow:
            continue
        entries = feed_of(web, outlet.id).entries
        assert [entry.title for entry in entries] == [story.headline for story in outlet.stories]
        for entry, story in zip(entries, outlet.stories, strict=True):
            page = httpx.get(entry.link)
            assert page.status_code == (404 if story.outcome is Outcome.NOT_FOUND else 200), entry.link
            if story.outcome is Outcome.STORED:
                assert entry.link.partition("?utm")[0] == web.url(story.id)
                for paragraph in story.paragraphs:
                    assert httpx_text(page).count(escaped(paragraph)) >= 1, story.id


def httpx_text(page: httpx.Response) -> str:
    assert page.charset_encoding is not None
    return page.content.decode(page.charset_encoding)


def escaped(paragraph: str) -> str:
    return paragraph.removeprefix("## ").replace("&", "&amp;").replace('"', "&#34;").replace("'", "&#39;")


def test_the_slow_host_takes_its_time(web: DemoWeb) -> None:
    answer = httpx.get(web.url("haboob-chad-exit"))
    assert answer.status_code == 200
    assert answer.elapsed >= timedelta(seconds=0.3)
    assert httpx.get(web.url("haboob-removed")).status_code == 404


def test_the_egyptian_outlet_speaks_windows_1256(web: DemoWeb) -> None:
    page = httpx.get(web.url("fanar-subway"))
    assert page.charset_encoding == "windows-1256"
    assert "الاسكندرية" in page.content.decode("windows-1256")
    feed = httpx.get(web.feed_urls("fanar")[0]).content
    assert feed.startswith(b'<?xml version="1.0" encoding="windows-1256"?>')
    with pytest.raises(UnicodeDecodeError):
        feed.decode("utf-8")


def test_feed_formats(web: DemoWeb) -> None:
    assert feed_of(web, "sidra").version == "atom10"
    with_text = feed_of(web, "bunn")
    assert with_text.version == "rss20"
    assert all(entry.content[0].value.startswith("<p>") for entry in with_text.entries)
    every, politics = (httpx.get(url).content for url in web.feed_urls("sura"))
    titles = {entry.title for entry in feedparser.parse(every).entries}
    assert {entry.title for entry in feedparser.parse(politics).entries} < titles


@pytest.mark.parametrize("outlet", ["mirsal", "sura", "shanasheel", "fanar"])
def test_feeds_answer_not_modified(outlet: str) -> None:
    with DemoWeb(epoch=EPOCH) as web:
        url = web.feed_urls(outlet)[0]
        first = httpx.get(url)
        conditions = {}
        if "etag" in first.headers:
            conditions["If-None-Match"] = first.headers["etag"]
        if "last-modified" in first.headers:
            conditions["If-Modified-Since"] = first.headers["last-modified"]
        assert conditions
        assert httpx.get(url, headers=conditions).status_code == 304
        assert httpx.get(url, headers={"If-None-Match": '"another"'}).status_code == 200
        web.advance()
        assert httpx.get(url, headers=conditions).status_code == (200 if outlet == "sura" else 304)


def test_a_story_is_updated_when_the_web_advances() -> None:
    with DemoWeb(epoch=EPOCH) as web:
        before = {story.id: story for story in web.stories.values()}
        urls = {story: web.url(story) for story in before}
        web.advance()
        changed = {name for name, story in web.stories.items() if story != before[name]}
        assert changed == {"sura-gaza-corridor", "sidra-khareef"}
        assert {story: web.url(story) for story in before} == urls
        for name in changed:
            updated = web.stories[name].updated
            assert updated is not None
            assert before[name].published < updated < EPOCH
            assert web.stories[name].paragraphs[0] in httpx.get(urls[name]).text
        entry = feed_of(web, "sura").entries[1]
        assert entry.title == web.stories["sura-gaza-corridor"].headline != before["sura-gaza-corridor"].headline


def test_robots_are_compressed_and_refuse_one_path(web: DemoWeb) -> None:
    answer = httpx.get(web.origin("sidra") + "/robots.txt")
    assert answer.headers["content-encoding"] == "gzip"
    assert "Disallow: /members/" in answer.text
    refused = [story for story in web.stories.values() if story.outcome is Outcome.REFUSED_BY_ROBOTS]
    assert [story.path.startswith("/members/") for story in refused] == [True]
    assert httpx.get(web.origin("fanar") + "/robots.txt").status_code == 404


def test_one_feed_is_in_error(web: DemoWeb) -> None:
    broken = [outlet.id for outlet in web.outlets if outlet.style.broken_feed]
    assert len(broken) == 1
    assert httpx.get(web.feed_urls(broken[0])[0]).status_code == 500


def test_pages_are_compressed_when_accepted(web: DemoWeb) -> None:
    url = web.url("rabwa-couscous")
    assert httpx.get(url).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in httpx.get(url, headers={"Accept-Encoding": "identity"}).headers


def test_the_wire_story_is_carried_by_four_outlets(web: DemoWeb) -> None:
    wire = web.stories["mirsal-iraq-timetable"]
    copies = [story for story in web.stories.values() if story.copy_of == wire.id]
    assert len({story.outlet for story in [wire, *copies]}) == 4
    assert [story.id for story in copies if story.body == wire.body] == ["sidra-iraq-timetable"]
    assert len({story.headline for story in [wire, *copies]}) == 4


def test_requests_are_counted(web: DemoWeb) -> None:
    with DemoWeb(epoch=EPOCH) as fresh:
        httpx.get(fresh.url("sindiyana-cedar") + "?utm_source=rss")
        httpx.get(fresh.url("sindiyana-cedar"))
        httpx.get(fresh.origin("mirsal") + "/robots.txt")
        assert fresh.requests_of("sindiyana-cedar") == 2
        assert fresh.requests[fresh.origin("mirsal") + "/robots.txt"] == 1
        assert sum(fresh.requests.values()) == 3


def test_declarations_name_every_outlet(web: DemoWeb) -> None:
    declared = YAML(typ="safe", pure=True).load(web.outlets_yaml())["outlets"]
    assert [outlet["id"] for outlet in declared] == [outlet.id for outlet in web.outlets]
    assert all(feed["url"].startswith("http://127.") for outlet in declared for feed in outlet["feeds"])


def test_front_pages_and_sections_open(web: DemoWeb) -> None:
    for outlet in web.outlets:
        if outlet.style.slow:
            continue
        origin = web.origin(outlet.id)
        assert outlet.name in httpx_text(httpx.get(origin + "/"))
        word = next(iter(outlet.sections.values()))
        assert httpx.get(f"{origin}/section/{word}").status_code == 200


def test_it_listens_on_loopback_only(web: DemoWeb) -> None:
    for host, port in web.places.values():
        with socket.create_connection((host, port), timeout=30) as connection:
            assert connection.getpeername()[0].startswith("127.")

"""The reading pages over real HTTP: what they show, what they refuse, and that text of the web stays text."""

from __future__ import annotations

import html
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mirqab.archive import Archive
from mirqab.errors import ArchiveError, UsageError
from mirqab.reader.plain import safe_link
from mirqab.reader.web import PAGE_SIZE, bind
from mirqab.settings import Settings, load_settings
from mirqab.types import Decision
from tests.reader import newsroom
from tests.reader.conftest import serving
from tests.reader.newsroom import HOSTILE, LIBYA, SPORT, TALKS


def visible(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def test_the_list_shows_flagged_stories_newest_first(pages: str) -> None:
    page = visible(httpx.get(pages).text)
    places = [page.index(one.headline) for one in (TALKS, HOSTILE, LIBYA)]
    assert places == sorted(places)
    assert SPORT.headline not in page
    assert "راصد" in page
    assert "قبل 3 ساعات" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"theatre": "ليبيا"}, {LIBYA.headline}),
        ({"theatre": "العراق", "topic": "troop-withdrawal-talks"}, {TALKS.headline, HOSTILE.headline}),
        ({"since": "24h"}, {TALKS.headline, HOSTILE.headline, LIBYA.headline}),
        ({"topic": "other"}, set()),
        ({"page": "2"}, set()),
        ({"since": "'; --", "page": "٣"}, {TALKS.headline, HOSTILE.headline, LIBYA.headline}),
    ],
)
def test_the_list_can_be_narrowed_by_plain_links(pages: str, query: dict[str, str], shown: set[str]) -> None:
    answer = httpx.get(pages, params=query)
    page = visible(answer.text)
    assert answer.status_code == 200
    assert {one.headline for one in newsroom.STORIES if one.headline in page} == shown
    assert shown or "لا خبر بهذه الشروط" in page


def test_the_posts_of_an_article_are_quotes_below_its_text(pages: str, stories: dict[str, str]) -> None:
    page = httpx.get(f"{pages}story/{stories[TALKS.headline]}").text
    quotes = page[page.index('class="posts"') : page.index('id="why"')]
    body = page[page.index('class="body"') : page.index('class="posts"')]
    first, second = TALKS.embeds
    for line in first.text.split("\n"):
        assert line in visible(quotes)
        assert line not in visible(body)
    for told in (first.handle, first.date_raw, second.handle):
        assert told is not None
        assert told in visible(quotes)
    assert f'href="{first.url}"' in quotes
    assert quotes.count("<blockquote>") == 1
    assert 'class="posts"' not in httpx.get(f"{pages}story/{stories[LIBYA.headline]}").text


def test_a_story_shows_its_text_its_points_and_who_carried_it(pages: str, stories: dict[str, str]) -> None:
    page = httpx.get(f"{pages}story/{stories[TALKS.headline]}").text
    shown = visible(page)
    for line in TALKS.body.split("\n"):
        assert line in shown
    assert "كيف جُمعت النقاط" in shown
    assert "سديم" in shown
    assert "نسخة مطابقة" in shown
    assert f'<a href="{TALKS.url}" rel="noopener noreferrer nofollow"' in page
    assert re.search(r'<mark title="[^"]+">محادثات</mark>', page)


def test_a_story_shows_where_its_flag_stands_and_what_a_person_said(tmp_path: Path) -> None:
    settings = load_settings(environ={"MIRQAB_HOME": str(tmp_path)})
    newsroom.fill(settings, (TALKS, LIBYA))
    archive = Archive.open(settings.archive_url)
    stories = {line.headline: line for line in archive.flagged()}
    line = stories[TALKS.headline]
    detail = archive.article(line.article)
    assert detail is not None
    fallback = (line.article, detail.verdicts[0])
    archive.decide(line.story, Decision.IRRELEVANT, by="سلمى", note="<b>ليس</b> صلبه", fallback=fallback)
    for address in serving(lambda: archive):
        assert TALKS.headline not in visible(httpx.get(address).text)
        raw = httpx.get(f"{address}story/{line.story}").text
        assert "&lt;b&gt;ليس&lt;/b&gt; صلبه" in raw
        shown = visible(raw)
        assert "ليس ذا صلة" in shown
        assert "قرار سلمى" in shown
        assert "الموضوع يرفعه" in shown
        other = visible(httpx.get(f"{address}story/{stories[LIBYA.headline].story}").text)
        assert "جديد" in other
        assert "قرار" not in other


def test_a_story_that_no_topic_flags_is_not_said_to_be(filled: Settings, pages: str, stories: dict[str, str]) -> None:
    archive = Archive.open(filled.archive_url)
    trail = archive.by_url(SPORT.url)
    assert trail is not None
    assert trail.article is not None
    detail = archive.article(trail.article)
    archive.close()
    assert detail is not None
    shown = visible(httpx.get(f"{pages}story/{detail.story}").text)
    assert "لماذا لم يُرفع" in shown
    assert f"./run explain {detail.story}" in shown
    flagged = visible(httpx.get(f"{pages}story/{stories[TALKS.headline]}").text)
    assert "لماذا رُفع" in flagged
    assert "لماذا لم يُرفع" not in flagged


def test_text_of_the_web_stays_text(pages: str, stories: dict[str, str]) -> None:
    for path in ("", f"story/{stories[HOSTILE.headline]}"):
        page = httpx.get(pages + path).text
        assert "<script" not in page
        assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert HOSTILE.headline in visible(page)


def test_every_answer_carries_the_policy(pages: str) -> None:
    for path in ("", "nothing", "story/s000000000000000", "static/style.css", "static/../web.py"):
        answer = httpx.get(pages + path)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers
    assert httpx.get(pages + "nothing").status_code == 404
    assert "لا خبر بهذا المعرّف" in httpx.get(pages + "story/s0").text


def test_another_host_name_is_refused(pages: str) -> None:
    port = httpx.URL(pages).port
    for host, status in (
        ("evil.example", 400),
        (f"127.0.0.1.evil.example:{port}", 400),
        ("", 400),
        (f"localhost:{port}", 200),
        (f"127.0.0.1:{port}", 200),
        (f"[::1]:{port}", 200),
    ):
        assert httpx.get(pages, headers={"Host": host}).status_code == status, host


def test_nothing_can_be_changed(pages: str) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert httpx.request(method, pages).status_code == 405


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_only_loopback_is_bound(host: str) -> None:
    with pytest.raises(UsageError, match="this machine alone"):
        bind(host, 0)


def test_a_taken_port_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="another port"):
            bind("127.0.0.1", taken.getsockname()[1])


def test_links_lead_to_the_web_only() -> None:
    assert safe_link("https://rasid.example/a?b") == "https://rasid.example/a?b"
    for url in (
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "file:///etc/passwd",
        "http:",
        "http://[",
        "",
    ):
        assert safe_link(url) is None, url


@pytest.mark.parametrize("problem", [ArchiveError("the archive is damaged"), ZeroDivisionError()])
def test_an_error_of_ours_is_a_page_with_the_policy_too(problem: Exception) -> None:
    def broken() -> Archive:
        raise problem

    for address in serving(broken):
        answer = httpx.get(address)
        assert answer.status_code == 500
        assert "تعذّر عرض هذه الصفحة" in answer.text
        assert str(problem) in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")


# ------------------------------------------------------------------------------ an archive that comes later


@pytest.fixture
def empty(settings: Settings) -> Iterator[str]:
    from mirqab.reader.queries import open_if_any

    yield from serving(lambda: open_if_any(settings.archive_url, raw_folder=settings.raw_folder))


def test_with_nothing_crawled_the_page_says_what_to_type_until_there_is_something(
    empty: str, settings: Settings
) -> None:
    page = httpx.get(empty)
    assert page.status_code == 200
    assert "./run crawl" in page.text
    newsroom.fill(settings, [SPORT])
    assert "لم يُرفع أي خبر بعد" in httpx.get(empty).text
    newsroom.fill(settings, [TALKS])
    assert TALKS.headline in visible(httpx.get(empty).text)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from mirqab.reader.queries import open_if_any

    settings = load_settings(environ={"MIRQAB_HOME": str(tmp_path_factory.mktemp("home"))})
    told = [
        newsroom.Told(
            outlet="rasid",
            slug=f"n{number}",
            headline=f"الجولة رقم {number} من محادثات انسحاب القوات الأجنبية من العراق",
            body=f"{TALKS.body}\nرقم {number}",
            published=newsroom.NOW,
        )
        for number in range(PAGE_SIZE + 3)
    ]
    newsroom.fill(settings, told)
    yield from serving(lambda: open_if_any(settings.archive_url, raw_folder=settings.raw_folder))


def test_pages_turn_and_show_each_story_once(many: str) -> None:
    first = httpx.get(many, params={"theatre": "العراق"}).text
    match = re.search(r'href="([^"]+)" rel="next"', first)
    assert match is not None
    second = httpx.get(many.rstrip("/") + html.unescape(match[1])).text
    shown = [re.findall(r"الجولة رقم (\d+) من", visible(page)) for page in (first, second)]
    numbers = [set(found) for found in shown]
    assert [len(found) for found in numbers] == [PAGE_SIZE, 3]
    assert not numbers[0] & numbers[1]
    assert 'rel="prev"' in second
    assert 'rel="next"' not in second

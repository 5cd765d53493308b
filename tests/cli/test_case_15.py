"""Case 15 of the fault list: NUL, control and bidi characters of a feed and its pages, on their way to people.

In the archive, on the pages of the reading room, and on a terminal. (Webhooks are part of the case; there are none
yet, and they belong here when there are.)
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from lxml import html as lxml_html
from lxml.html import HtmlElement

from mirqab.reader.queries import open_if_any
from mirqab.settings import load_settings
from tests.cli.outlet.conftest import Desk
from tests.crawl.conftest import Deployment, deployment, press, talks
from tests.crawl.pressweb import Answer, Press, article_html
from tests.reader.conftest import serving

__all__ = ["deployment", "press"]  # fixtures

OVERRIDE, ISOLATE, MARK, END = "\u202e", "\u2067", "\u200f", "\u202c"
# C0 but tab and line feed, DEL and C1
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# elements that are paragraphs of their own, or isolated: no override leads out of them
CLOSED = {"bdi", "p", "h1", "h2", "h3", "li", "td", "th", "dd", "dt", "div", "title", "blockquote", "summary"}

HEADLINE, PARAGRAPHS = talks(1)
DIRTY_HEADLINE = f"{OVERRIDE}{HEADLINE}{ISOLATE} \x1b[2J\x9b31m \x07\x00!"
DIRTY_PARAGRAPHS = [
    PARAGRAPHS[0],
    f"{PARAGRAPHS[1]}{OVERRIDE} نص مقلوب{END} \x1b]0;title\x07 \x00\x01\x7f\x85",
    f"{MARK}{PARAGRAPHS[2]}",
]


def feed(url: str, title: str, summary: str) -> bytes:
    """A feed with raw control bytes, and with references to characters that XML does not allow."""
    referred = "&#0;&#1;&#x1b;[31m&#x202e;&#xD800;&#155;"
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>نشرة \x1b[1m&#x202e;</title>'
        f"<item><title>{html.escape(title)}{referred}</title><link>{url}</link><guid>{url}\x08</guid>"
        f"<author>سلمى\x1b[5m{OVERRIDE}</author>"
        f"<description>{html.escape(summary)}{referred}</description></item></channel></rss>"
    ).encode()


def elements_with_bidi(page: HtmlElement) -> Iterator[HtmlElement]:
    for element in page.iter():
        texts = [element.text or "", *(child.tail or "" for child in element)]
        if isinstance(element.tag, str) and any(BIDI.search(text) for text in texts):
            yield element


@dataclass(frozen=True)
class Crawled:
    """What was crawled, and where it lies."""

    deployment: Deployment
    url: str

    @property
    def flagged(self) -> str:
        """The id of the one story that is flagged."""
        with self.deployment.archive() as archive:
            (story,) = archive.flagged()
        return story.story


@pytest.fixture
def crawled(press: Press, deployment: Deployment) -> Crawled:
    site = press.site()
    page = article_html(DIRTY_HEADLINE, DIRTY_PARAGRAPHS).encode()
    site.answers["/story"] = Answer(body=page)
    url = f"{site.url}/story"
    site.answers["/rss"] = Answer(body=feed(url, DIRTY_HEADLINE, DIRTY_PARAGRAPHS[1]), content_type="text/xml")
    deployment.read("nahr", f"{site.url}/rss")
    ended = deployment.crawl()
    assert ended.code == 0, ended.log
    assert ended.pages() == {"stored": 1}
    return Crawled(deployment, url)


def test_case_15_the_archive_holds_no_control_characters(crawled: Crawled) -> None:
    with crawled.deployment.archive() as archive:
        (flagged,) = archive.flagged()
        trail = archive.by_url(crawled.url)
        detail = archive.story(flagged.story)
    assert trail is not None
    assert detail is not None
    entry, article = trail.entry, detail.articles[0].article
    for text in (entry.title, entry.summary, *entry.authors, article.headline, article.body, *article.authors):
        assert not CONTROL.search(text), repr(text)
        text.encode("utf-8")
    assert HEADLINE in article.headline
    assert PARAGRAPHS[0] in article.body
    assert PARAGRAPHS[2] in article.body, "the story is stored as published"


@pytest.fixture
def reading_room(crawled: Crawled) -> Iterator[str]:
    """The address of the pages over what was crawled."""
    settings = load_settings(environ={"MIRQAB_HOME": str(crawled.deployment.home)})
    yield from serving(lambda: open_if_any(settings.archive_url, raw_folder=settings.raw_folder))


def test_case_15_no_text_turns_a_page_of_the_reading_room_around(crawled: Crawled, reading_room: str) -> None:
    for place in ("", f"story/{crawled.flagged}"):
        answer = httpx.get(reading_room + place)
        assert answer.status_code == 200
        shown = html.unescape(answer.text)
        assert HEADLINE in shown
        assert not CONTROL.search(shown), place
        page = lxml_html.fromstring(answer.text)
        dangerous = list(elements_with_bidi(page))
        assert dangerous, "the text is shown as published"
        for element in dangerous:
            closed = next(one for one in (element, *element.iterancestors()) if one.tag in CLOSED)
            beside = closed.text_content().replace(element.text_content(), "", 1)
            assert not beside.strip(), lxml_html.tostring(closed, encoding="unicode")


def test_case_15_nothing_of_it_reaches_a_terminal(
    crawled: Crawled, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(crawled.deployment.environ, monkeypatch, capsys)
    story = crawled.flagged
    for arguments in (
        ("flagged",),
        ("flagged", "--format", "csv"),
        ("flagged", "--format", "json"),
        ("show", story),
        ("show", story, "--json"),
        ("explain", story),
        ("explain", crawled.url),
        ("outlets",),
        ("feed", f"{crawled.url.rpartition('/')[0]}/rss"),
        ("extract", crawled.url),
    ):
        said = desk(*arguments)
        assert said.code == 0, said.err
        assert said.out
        assert not CONTROL.search(said.out + said.err), arguments
        assert not BIDI.search(said.out + said.err), arguments

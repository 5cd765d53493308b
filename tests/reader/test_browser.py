"""The reading pages in a real browser: direction, joined letters under marks, and no life in what an outlet wrote."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.reader.newsroom import HOSTILE, TALKS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        yield opened
        opened.close()


class Watched:
    """A page, what it asked for and what it complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(locale="ar", viewport={"width": 1000, "height": 900})
    yield Watched(context.new_page())
    context.close()


def test_the_pages_run_from_right_to_left_and_need_nothing_from_elsewhere(watched: Watched, pages: str) -> None:
    page = watched.page
    page.goto(pages)
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    page.click(f"text={TALKS.headline}")
    page.wait_for_load_state()
    assert page.locator("h1").inner_text() == TALKS.headline
    box, outlet = page.locator("h1").bounding_box(), page.locator(".origin .outlet").first.bounding_box()
    assert box is not None
    assert outlet is not None
    assert abs((box["x"] + box["width"]) - (outlet["x"] + outlet["width"])) < 2, "both begin at the right edge"
    assert {urlsplit(url).hostname for url in watched.asked} == {"127.0.0.1"}
    assert watched.complaints == []


def test_evidence_is_marked_exactly_on_the_text_as_published(
    watched: Watched, pages: str, stories: dict[str, str]
) -> None:
    page = watched.page
    page.goto(f"{pages}story/{stories[TALKS.headline]}")
    shown = [line.inner_text() for line in page.locator(".body p").all()]
    assert shown == TALKS.body.split("\n")
    marks = page.locator(".body mark, h1 mark").all_inner_texts()
    assert "محادثات" in marks
    assert all(mark in TALKS.headline + TALKS.body for mark in marks)
    title = page.locator("h1 mark").first.get_attribute("title")
    assert title
    assert ":" in title
    assert "الطقس" not in "".join(marks)


def test_a_mark_inside_a_word_leaves_its_letters_joined(watched: Watched, pages: str, stories: dict[str, str]) -> None:
    page = watched.page
    page.goto(f"{pages}story/{stories[TALKS.headline]}")
    widths = page.evaluate(
        """() => ['<p>والانسحاب</p>', '<p>وال<mark>انسحا</mark>ب</p>'].map(html => {
            const box = document.createElement('div');
            box.style.display = 'inline-block';
            box.innerHTML = html;
            document.querySelector('.body').append(box);
            return box.getBoundingClientRect().width;
        })"""
    )
    assert abs(widths[0] - widths[1]) < 0.6


def test_what_an_outlet_wrote_does_nothing(watched: Watched, pages: str, stories: dict[str, str]) -> None:
    page = watched.page
    for path in ("", f"story/{stories[HOSTILE.headline]}"):
        page.goto(pages + path)
        page.wait_for_load_state("networkidle")
        assert HOSTILE.headline in page.locator("main").inner_text()
        assert page.title() != "taken"
        assert page.locator("main script, main img").count() == 0
    assert "<img src=x" in page.locator(".body").inner_text()
    assert watched.complaints == [], "nothing was there for the policy to refuse"
    assert {urlsplit(url).hostname for url in watched.asked} == {"127.0.0.1"}


def test_the_policy_refuses_a_script_that_got_in(watched: Watched, pages: str) -> None:
    watched.page.goto(pages)
    watched.page.evaluate(
        """() => { const script = document.createElement('script');
                   script.textContent = "document.title = 'taken'"; document.body.append(script); }"""
    )
    assert watched.page.title() != "taken"
    assert any("Content Security Policy" in complaint for complaint in watched.complaints)


def test_a_bidi_override_ends_with_its_paragraph(watched: Watched, pages: str, stories: dict[str, str]) -> None:
    page = watched.page
    page.goto(f"{pages}story/{stories[HOSTILE.headline]}")
    assert page.locator("#why").inner_text() == "لماذا رُفع"
    assert "\u202e" in (page.locator(".body").text_content() or ""), "the text is shown as published"


@pytest.mark.parametrize("width", [320, 390, 1000])
def test_nothing_runs_out_of_a_narrow_screen(watched: Watched, pages: str, stories: dict[str, str], width: int) -> None:
    page = watched.page
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("", *(f"story/{story}" for story in stories.values())):
        page.goto(pages + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_filters_work_without_scripts(browser: Browser, pages: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages)
    page.select_option("select[name=theatre]", "ليبيا")
    page.click("button")
    assert page.locator(".stories > li").count() == 1
    page.click("text=إلغاء التصفية")
    assert page.locator(".stories > li").count() == 3
    context.close()


def test_a_minus_stands_before_its_number(watched: Watched, pages: str) -> None:
    page = watched.page
    page.goto(pages)
    places = page.evaluate(
        """() => {
            const number = document.querySelector('.score bdi');
            number.textContent = '\\u22123';
            return [0, 1].map(place => {
                const range = document.createRange();
                range.setStart(number.firstChild, place);
                range.setEnd(number.firstChild, place + 1);
                return range.getBoundingClientRect().x;
            });
        }"""
    )
    assert places[0] < places[1]

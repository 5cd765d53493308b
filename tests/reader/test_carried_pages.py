"""How a story that several outlets carried is shown in the browser: counts, copies, and what each changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from mirqab.reader.queries import open_if_any
from mirqab.settings import Settings, load_settings
from tests.reader import newsroom
from tests.reader.carried import CARRIED, COPY, DISPATCH
from tests.reader.conftest import serving


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = load_settings(environ={"MIRQAB_HOME": str(tmp_path_factory.mktemp("home"))})
    newsroom.fill(settings, CARRIED)
    return settings


@pytest.fixture(scope="module")
def address(shelf: Settings) -> Iterator[str]:
    yield from serving(lambda: open_if_any(shelf.archive_url, raw_folder=shelf.raw_folder))


@pytest.fixture(scope="module")
def story(shelf: Settings) -> str:
    archive = open_if_any(shelf.archive_url, raw_folder=shelf.raw_folder)
    assert archive is not None
    try:
        return next(line.story for line in archive.flagged() if len(line.outlets) > 1)
    finally:
        archive.close()


def test_the_list_says_how_many_carried_a_story_in_how_many_texts(address: str) -> None:
    page = httpx.get(address).text
    assert "<bdi>حملته 5 منافذ</bdi> · <bdi>نصّان مستقلان</bdi> · الأول: <bdi>فرانس برس</bdi>" in page
    assert "<bdi>حمله منفذ واحد</bdi> · <bdi>نص مستقل واحد</bdi></span>" in page


def test_the_id_of_a_story_that_was_merged_away_opens_the_other(shelf: Settings, address: str, story: str) -> None:
    archive = open_if_any(shelf.archive_url, raw_folder=shelf.raw_folder)
    assert archive is not None
    try:
        other = next(line.story for line in archive.flagged() if line.story != story)
        done = archive.merge_stories(story, other, by="سلمى", note=None)
        try:
            page = httpx.get(f"{address}story/{other}")
            assert page.status_code == 200
            assert "وضعه هنا <bdi>سلمى</bdi>" in page.text
        finally:
            archive.undo_regrouping(done.regrouping.id or 0)
    finally:
        archive.close()


@pytest.mark.parametrize(("column", "said"), [("gone_at", "لم تعد صفحته موجودة"), ("changed_at", "استبدل بنصه غيره")])
def test_the_outlet_that_took_its_copy_down_or_changed_it_is_named(
    shelf: Settings, address: str, story: str, column: str, said: str
) -> None:
    def write(at: str | None) -> None:
        with closing(sqlite3.connect(shelf.archive_url.removeprefix("sqlite:///"))) as db, db:
            db.execute(f"UPDATE sightings SET {column} = ? WHERE outlet = 'nabaa'", (at,))

    write("2026-01-05 11:00:00")
    try:
        shown = [line for line in httpx.get(f"{address}story/{story}").text.split("<li>") if said in line]
    finally:
        write(None)
    assert len(shown) == 1
    assert '<bdi class="outlet">nabaa</bdi>' in shown[0]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.mark.browser
class TestInTheBrowser:
    @pytest.fixture
    def page(self, browser: Browser, address: str, story: str) -> Iterator[Page]:
        context = browser.new_context(locale="ar", viewport={"width": 1000, "height": 900})
        page = context.new_page()
        page.goto(f"{address}story/{story}")
        yield page
        context.close()

    def test_carriers_stand_in_the_order_in_which_they_published(self, page: Page) -> None:
        lines = page.locator(".carried > li").all()
        assert [line.locator(".outlet").inner_text() for line in lines] == ["wasl", "راصد", "سديم", "nabaa", "qalam"]
        first, seen, copy, twin, own = (line.locator(".origin").first.inner_text() for line in lines)
        assert "نسخة قريبة عن راصد" in first
        assert "نُشر أولاً" in first
        assert "رُصد أولاً" in seen
        assert "71%" in copy
        assert "فرانس برس" in copy
        assert "نسخة مطابقة عن راصد" in twin
        assert "الحدث نفسه كما عند راصد" in own
        assert "النص 2" in own

    def test_what_was_changed_opens_without_scripts(self, page: Page) -> None:
        line = page.locator(".carried > li").nth(2)
        details = line.locator("details").first
        assert not details.locator(".changed").first.is_visible()
        details.locator("summary").click()
        headline = details.locator(".changed").first
        assert headline.is_visible()
        assert headline.locator("del").all_inner_texts() == ["بغداد والتحالف يتفقان", "900", "سبتمبر"]
        assert headline.locator("ins").all_inner_texts() == ["اتفاق", "600", "من العراق", "أكتوبر"]
        kept = headline.evaluate(
            "line => { const copy = line.cloneNode(true);"
            " copy.querySelectorAll('del, .where').forEach(one => one.remove()); return copy.textContent; }"
        )
        assert kept.split() == COPY.headline.split()

    def test_a_number_that_came_stands_to_the_left_of_the_one_that_went(self, page: Page) -> None:
        line = page.locator(".carried > li").nth(2)
        line.locator("details").first.locator("summary").click()
        gone, come = (
            line.locator(".changed").first.locator(f'{tag}:text-is("{number}")').bounding_box()
            for tag, number in (("del", "900"), ("ins", "600"))
        )
        assert gone is not None
        assert come is not None
        assert come["x"] + come["width"] <= gone["x"] + 1
        for tag in ("del", "ins"):
            assert line.locator(tag).first.evaluate("one => getComputedStyle(one).unicodeBidi") == "isolate"

    def test_why_a_text_is_there_is_shown_as_it_was_printed(self, page: Page) -> None:
        for place in (2, 4):
            page.locator(".carried > li").nth(place).locator("details").last.locator("summary").click()
        passages = page.locator(".carried > li").nth(2).locator("blockquote").all_inner_texts()
        assert passages
        assert all(" ".join(passage.split()) in " ".join(COPY.body.split()) for passage in passages)
        terms = page.locator(".carried > li").nth(4).locator("details").last.inner_text()
        assert "900 جندي" in terms

    @pytest.mark.parametrize("width", [320, 390, 1000])
    def test_nothing_runs_out_of_a_narrow_screen(self, page: Page, width: int) -> None:
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert DISPATCH.headline.split()[0] in page.locator("main").inner_text()

"""The body that a page states in its JSON-LD is laid beside what the page shows; the lead above the text is its first
paragraph."""

from __future__ import annotations

import json

import pytest

from mirqab.extraction import extract
from mirqab.types import Extraction, PageHints

HEADLINE = "بلدية المرفأ تعيد فتح الجسر القديم أمام المشاة"
PARAGRAPHS = [
    "أعلنت بلدية المرفأ صباح اليوم إعادة فتح الجسر القديم أمام المشاة بعد أعمال ترميم استمرت ثلاثة أشهر كاملة.",
    "وقال رئيس البلدية في مؤتمر صحفي إن المهندسين فحصوا الأعمدة كلها واستبدلوا الألواح الخشبية التي أصابها التلف.",
    "وأضاف أن حركة السيارات ستبقى ممنوعة إلى أن تنتهي أعمال الإنارة، وهو ما تتوقعه البلدية قبل نهاية الشهر المقبل.",
    "ورحب أصحاب المتاجر في السوق المجاور بالقرار، وقال أحدهم إن الزبائن كانوا يقطعون مسافة طويلة للوصول إليهم.",
]
TEASER = "«المرفأ» يفوز على ضيفه «الميناء» بهدفين في ختام الدوري"


def page(shown: list[str], *, stated: str | None = None, above: str = "", between: str = "", meta: str = "") -> bytes:
    thing = {"@type": "NewsArticle", "headline": HEADLINE, "datePublished": "2026-03-01T08:00:00+03:00"}
    script = json.dumps(thing | ({"articleBody": stated} if stated else {}), ensure_ascii=False)
    text = between.join(f"<p>{paragraph}</p>" for paragraph in shown)
    return (
        f"<html lang='ar'><head><title>{HEADLINE}</title>{meta}"
        f"<script type='application/ld+json'>{script}</script></head>"
        f"<body><nav><a href='/1'>الرئيسية</a></nav><article><header><h1>{HEADLINE}</h1>{above}</header>"
        f"<div class='text'>{text}</div></article>"
        f"<aside><ul><li><a href='/2'>{TEASER}</a></li><li><a href='/3'>{TEASER} أيضاً</a></li></ul></aside>"
        "</body></html>"
    ).encode()


def read(html: bytes) -> Extraction:
    return extract(html, url="https://marfa.example/1", content_type="text/html; charset=utf-8", hints=PageHints())


@pytest.mark.parametrize("between", [" ", "", "\n", "\r\n\r\n"])
def test_a_stated_body_has_the_paragraphs_that_the_page_shows(between: str) -> None:
    found = read(page(PARAGRAPHS, stated=between.join(PARAGRAPHS)))

    assert found.extractor == "json-ld"
    assert found.body.split("\n") == PARAGRAPHS


def test_markup_in_a_stated_body_is_no_text() -> None:
    found = read(page(PARAGRAPHS, stated="".join(f"&lt;p&gt;{text}&lt;/p&gt;" for text in PARAGRAPHS)))

    assert found.body.split("\n") == PARAGRAPHS


def test_a_sub_heading_that_is_not_stated_is_kept() -> None:
    shown = page(PARAGRAPHS, stated=" ".join(PARAGRAPHS), between="<h2>أعمال لم تنته</h2>")

    assert read(shown).body.split("\n") == [line for text in PARAGRAPHS for line in (text, "أعمال لم تنته")][:-1]


def test_an_excerpt_is_not_taken_for_the_whole() -> None:
    found = read(page(PARAGRAPHS * 2, stated=" ".join(PARAGRAPHS[:2])))

    assert found.extractor != "json-ld"
    assert PARAGRAPHS[3] in found.body


def test_a_statement_that_the_page_does_not_show_is_not_taken() -> None:
    other = "تستضيف المدينة الشهر المقبل معرضاً للكتاب يشارك فيه ناشرون من عشرين بلداً، وتقام على هامشه ندوات. " * 5
    found = read(page(PARAGRAPHS, stated=other))

    assert found.extractor != "json-ld"
    assert PARAGRAPHS[0] in found.body
    assert "معرضاً" not in found.body


def test_a_teaser_that_repeats_the_end_does_not_hide_the_beginning() -> None:
    above = f"<p>{PARAGRAPHS[-1]}</p>"
    found = read(page(PARAGRAPHS, stated=" ".join(PARAGRAPHS), above=above))

    assert found.body.split("\n") == PARAGRAPHS


# -------------------------------------------------------------------------------------------------- leads

LEAD = "ثلاثة أشهر من الترميم تنتهي بعودة المشاة إلى أقدم جسور المدينة، والسيارات تنتظر الإنارة."


@pytest.mark.parametrize("name", ["lead", "article-intro", "post_excerpt", "articleTeaserText", "sub-title"])
def test_a_lead_that_the_page_calls_so_is_the_first_paragraph(name: str) -> None:
    found = read(page(PARAGRAPHS * 2, above=f"<p class='{name}'>{LEAD}</p><time>1 آذار 2026</time>"))

    assert found.body.split("\n")[0] == LEAD


def test_a_paragraph_that_the_description_repeats_is_the_lead() -> None:
    meta = f"<meta name='description' content='{LEAD}'>"
    found = read(page(PARAGRAPHS * 2, above=f"<div class='x7'>{LEAD}</div>", meta=meta))

    assert found.body.split("\n")[0] == LEAD


def test_what_stands_above_the_text_is_no_lead_by_itself() -> None:
    found = read(page(PARAGRAPHS * 2, above=f"<div class='share'>{LEAD}</div>"))

    assert LEAD not in found.body


def test_a_first_paragraph_in_large_letters_is_not_the_headline() -> None:
    shown = page(PARAGRAPHS[1:] * 2).replace(f"<h1>{HEADLINE}</h1>".encode(), f"<h1>{PARAGRAPHS[0]}</h1>".encode())
    found = read(shown)

    assert found.headline == HEADLINE
    assert PARAGRAPHS[1] in found.body

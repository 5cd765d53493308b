"""Lines that an outlet sets into many articles are learned as lines and left out; what its articles tell is not."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from lxml.html import HtmlElement, tostring

from mirqab.evaluation import read_golden
from mirqab.extraction import Layouts, extract
from mirqab.extraction.repeats import ARTICLES, PAGES, RepeatedLines
from mirqab.extraction.tree import read_characters
from mirqab.markup import parse
from mirqab.types import PageHints, Reason

SLOGAN = "صوت النهر: نافذتكم على ما يجري كل صباح ومساء"
NEWSLETTER = "رسالتنا الأسبوعية تحمل إليكم أجمل ما كتبه محررونا"
LEGAL = "ما ينشر هنا ملك للمؤسسة ولا يعاد نشره بلا إذن مكتوب منها"
BACKGROUND = "وكانت بلدية الميناء قد أغلقت الجسر القديم قبل عامين بعد فيضان النهر"
HEADLINES = (
    "بلدية الوادي ترمم المكتبة العامة",
    "افتتاح حديقة جديدة في المدينة القديمة",
    "الأمطار تؤخر موسم الزيتون",
    "فريق الناشئين يفوز بكأس الصداقة",
    "معرض للكتاب يجمع مئة ناشر",
    "قطار سريع يصل الساحل بالجبل",
    "طلاب يبتكرون جهازاً لتنقية المياه",
    "مهرجان الموسيقى يبدأ مساء الجمعة",
    "ارتفاع أسعار القمح في الأسواق",
    "ندوة طبية عن صحة الأطفال",
)
SAYINGS = ("إن الأعمال تتم على مراحل", "إن الزوار أكثر من العام الماضي", "إن النتائج تعلن بعد شهر")


def lines(number: int, *more: str) -> list[str]:
    headline = HEADLINES[number % 10]
    told = [
        f"وقال متحدث رقم {number * 10 + turn} عن {headline} {SAYINGS[turn % 3]}، وأضاف أن الميزانية {number}{turn} ألف "
        "دينار يدفعها المجلس المحلي، وأن العمل يستمر حتى نهاية السنة بمشاركة الأهالي والمتطوعين من أحياء المدينة كلها."
        for turn in range(5)
    ]
    return [*told[:3], *more, *told[3:]]


def page(number: int, *more: str, below: tuple[str, ...] = ()) -> bytes:
    shown = "".join(f"<{line[1:3]}>{line[4:]}</{line[1:3]}>" if line[0] == "<" else f"<p>{line}</p>" for line in more)
    text = "".join(f"<p>{line}</p>" for line in lines(number)[:3]) + shown
    text += "".join(f"<p>{line}</p>" for line in (*lines(number)[3:], *below))
    return (
        f"<html lang='ar'><head><title>{HEADLINES[number % 10]}</title></head><body><nav><a href='/'>الرئيسية</a></nav>"
        f"<div id='main'><h1>{HEADLINES[number % 10]}</h1><div class='story'>{text}</div></div></body></html>"
    ).encode()


def read(layouts: Layouts, number: int, html: bytes, *, outlet: str = "nahr") -> list[str]:
    found = extract(
        html,
        url=f"https://nahr.example/{number}",
        content_type="text/html; charset=utf-8",
        hints=PageHints(),
        layout=layouts.of(outlet),
    )
    assert found.problem is None
    layouts.keep(outlet)
    return found.body.split("\n")


def test_lines_that_an_outlet_repeats_are_left_out_after_a_few_articles() -> None:
    layouts = Layouts()
    for number in range(ARTICLES - 1):
        body = read(layouts, number, page(number, NEWSLETTER, below=(SLOGAN, LEGAL)))
        assert body == [*lines(number, NEWSLETTER), SLOGAN, LEGAL]  # never in the first pages
    for number in range(ARTICLES - 1, len(HEADLINES)):
        assert read(layouts, number, page(number, NEWSLETTER, below=(SLOGAN, LEGAL))) == lines(number)


def test_pointing_and_spacing_make_no_other_line() -> None:
    layouts = Layouts()
    for number in range(ARTICLES - 1):
        read(layouts, number, page(number, below=(SLOGAN,)))
    pointed = SLOGAN.replace("صوت", "صَوْت").replace("على", "علــى") + " …"

    assert read(layouts, 8, page(8, below=(pointed,))) == lines(8)


def test_the_lines_of_one_outlet_are_not_those_of_another() -> None:
    layouts = Layouts()
    for number in range(ARTICLES + 2):
        read(layouts, number, page(number, below=(SLOGAN,)))

    assert read(layouts, 8, page(8, below=(SLOGAN,)), outlet="wadi")[-1] == SLOGAN


def test_one_page_whose_text_changes_again_and_again_repeats_nothing() -> None:
    layouts = Layouts()
    for number in range(3 * ARTICLES):
        assert read(layouts, 1, page(number, below=(SLOGAN,)))[-1] == SLOGAN


def test_versions_of_one_story_under_several_addresses_repeat_nothing() -> None:
    layouts = Layouts()
    for number in range(3 * ARTICLES):
        assert read(layouts, number, page(1, BACKGROUND, below=(SLOGAN,))) == [*lines(1, BACKGROUND), SLOGAN]


def test_the_background_of_a_matter_is_told() -> None:
    places = ("المدخل", "السوق", "المصعد", "الطلاء", "الأنوار", "الأرصفة", "اللوحات", "الكلفة", "الموعد", "المقاول")
    repeated = RepeatedLines()
    for number, place in enumerate(places):
        headline = f"{place} في الجسر القديم"
        gone = repeated.sift(
            [*lines(number), BACKGROUND],
            address=str(number),
            headline=place,
            matter=("جسر", "قديم") if number % 3 else headline.split(),
        )
        assert not gone


@pytest.mark.parametrize("line", ["(وكالة أنباء النهر)", "قال رئيس البلدية:", "نهاية"])
def test_signatures_introductions_and_single_words_stay(line: str) -> None:
    layouts = Layouts()
    for number in range(2 * ARTICLES):
        assert line in read(layouts, number, page(number, below=(line, *lines(number + 20)[:1])))


def test_a_sub_heading_stays_and_goes_with_what_it_heads() -> None:
    layouts = Layouts()
    for number in range(2 * ARTICLES):
        body = read(layouts, number, page(number, "<h3>ماذا يقول أهل المكان"))
        assert body == lines(number, "ماذا يقول أهل المكان")
    for number in range(2 * ARTICLES):
        body = read(layouts, number, page(number, "<h3>بريد قرائنا الأسبوعي", NEWSLETTER))
    assert body == lines(number)


def test_a_page_of_such_lines_alone_is_no_article() -> None:
    layouts = Layouts()
    long = NEWSLETTER + "، ومعها صور وقصص من أحياء المدينة وحكايات قرائنا الذين يكتبون إلينا كل يوم"
    for number in range(ARTICLES):
        read(layouts, number, page(number, long))
    bare = (
        f"<html><head><title>{HEADLINES[8]}</title></head><body><article><h1>{HEADLINES[8]}</h1><p>{long}</p></article>"
    )
    found = extract(
        bare.encode(),
        url="https://nahr.example/8",
        content_type="text/html; charset=utf-8",
        hints=PageHints(),
        layout=layouts.of("nahr"),
    )

    assert found.problem is Reason.NO_ARTICLE
    assert found.body == ""


# --------------------------------------------------------------------------------------------------- its keeping


def test_they_are_kept_with_the_layouts_within_bounds(tmp_path: Path) -> None:
    for number in range(PAGES + 20):
        body = read(Layouts(tmp_path), number, page(number, below=(SLOGAN,)))  # a worker of its own each time
    assert SLOGAN not in body
    kept = json.loads((tmp_path / "nahr.json").read_text())["repeated"]
    assert len(kept) == PAGES
    assert (tmp_path / "nahr.json").stat().st_size < 60_000


def test_a_container_that_is_forgotten_takes_no_lines_with_it() -> None:
    layouts = Layouts()
    for number in range(ARTICLES):
        read(layouts, number, page(number, below=(SLOGAN,)))
    layouts.of("nahr")._forget()

    assert read(layouts, 8, page(8, below=(SLOGAN,))) == lines(8)


# ---------------------------------------------------------------------------------------------- on real pages


def planted(html: bytes, text: str) -> bytes:
    """Set the newsletter line below the second paragraph of a page's text, and the legal line below its last."""
    tree = parse(read_characters(html, None).text)
    assert tree is not None
    paragraphs = [one for line in text.split("\n") if len(line) > 80 and (one := _showing(tree, line)) is not None]
    for line, at in ((NEWSLETTER, paragraphs[min(1, len(paragraphs) - 1)]), (LEGAL, paragraphs[-1])):
        new = at.makeelement(at.tag, dict(at.attrib))
        new.text, new.tail, at.tail = line, at.tail, None
        at.addnext(new)
    return bytes(tostring(tree, encoding="utf-8"))


def _showing(tree: HtmlElement, line: str) -> HtmlElement | None:
    return next((one for one in tree.iter("p", "div") if " ".join(one.text_content().split()) == line), None)


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.full)])
def test_on_publishers_pages_only_what_was_set_into_them_goes(shared_data: Path, every: int) -> None:
    layouts = Layouts()
    seen: Counter[str] = Counter()
    gone = 0
    for number, golden in enumerate(read_golden(shared_data / "pages-warm")[::every]):
        html, gold, url = golden.path.read_bytes(), golden.body or "", f"https://rasid.example/{number}"
        try:
            html = planted(html, gold)
        except IndexError:
            continue  # its text is in no paragraph of its own
        plain = extract(html, url=url, content_type="text/html", hints=PageHints())
        found = extract(html, url=url, content_type="text/html", hints=PageHints(), layout=layouts.of(golden.outlet))
        seen[golden.outlet] += 1
        if seen[golden.outlet] >= 2 * ARTICLES:  # many tell of the same matters
            assert NEWSLETTER not in found.body
            assert LEGAL not in found.body
            gone += NEWSLETTER in plain.body
        lost = {*plain.body.split("\n")} - {*found.body.split("\n")}
        assert not lost & {*gold.split("\n")}
    assert gone

"""The sources of an article's text, from the surest to the last resort: which is taken, and when it is not believed."""

from __future__ import annotations

import pytest

from mirqab.extraction import extract
from mirqab.extraction.quality import WEIGHTS
from mirqab.types import Extraction, PageHints

HEADLINE = "بلدية الوادي تبدأ ترميم السوق القديم"
PARAGRAPHS = [
    "بدأت بلدية الوادي صباح اليوم ترميم السوق القديم في وسط المدينة بعد سنوات من مطالبة التجار بإصلاح سقفه المتداعي.",
    "وقال المهندس المشرف على المشروع إن العمل يجري على ثلاث مراحل حتى تبقى معظم الدكاكين مفتوحة أمام الزبائن.",
    "وأوضح أن المرحلة الأولى تشمل الأقواس الشمالية والبوابة الكبرى، وتستمر أربعة أشهر إذا سمح الطقس بذلك.",
    "ورحب التجار بالقرار لكنهم طالبوا البلدية بتعويض أصحاب الدكاكين التي ستغلق أبوابها في أثناء العمل.",
    "ويعود بناء السوق إلى أكثر من مئتي سنة، ويزوره في الصيف آلاف السياح القادمين من المدن الساحلية القريبة.",
    "وتقدر كلفة الأعمال بمليوني دينار، يدفع المجلس المحلي نصفها ويأتي نصفها الآخر من صندوق حماية التراث.",
]
OTHER = "تستضيف القاعة الكبرى مساء الخميس أمسية موسيقية تعزف فيها فرقة من الشباب مقطوعات كتبها ملحنون من المنطقة."


def page(shown: list[str], *, inside: str = "", beside: str = "", of_text: str = "class='story'") -> bytes:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in shown)
    return (
        f"<html lang='ar'><head><title>{HEADLINE}</title></head><body><nav><a href='/1'>الرئيسية</a></nav>"
        f"<h1>{HEADLINE}</h1><div {of_text}>{text}{inside}</div>{beside}</body></html>"
    ).encode()


def read(html: bytes, **hints: object) -> Extraction:
    found = PageHints(**hints)  # type: ignore[arg-type]
    return extract(html, url="https://wadi.example/1", content_type="text/html; charset=utf-8", hints=found)


def lines(found: Extraction) -> list[str]:
    return found.body.split("\n")


# --------------------------------------------------------------------------------------------- the feed's text


def test_the_full_text_of_a_feed_is_taken_in_the_page_s_paragraphs() -> None:
    found = read(page(PARAGRAPHS, inside=f"<div>{OTHER}</div>"), content=" ".join(PARAGRAPHS))

    assert (found.extractor, lines(found)) == ("feed", PARAGRAPHS)


def test_pictures_and_lines_that_only_the_feed_has_are_not_taken() -> None:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    picture = "<figure><img src='/a.jpg'><figcaption>البوابة الكبرى للسوق كما بدت صباح اليوم</figcaption></figure>"
    found = read(page(PARAGRAPHS), content=f"{picture}{text}<p>نشر الخبر أولاً على موقع الوادي.</p>")

    assert (found.extractor, lines(found)) == ("feed", PARAGRAPHS)


@pytest.mark.parametrize(
    "content",
    [
        " ".join(PARAGRAPHS[:3]),
        " ".join(PARAGRAPHS[:2]) + " " + PARAGRAPHS[2][:40] + "… اقرأ المزيد",
        " ".join([OTHER] * 8),
    ],
    ids=["excerpt", "stub", "another text"],
)
def test_an_excerpt_a_stub_and_another_text_are_not_believed(content: str) -> None:
    found = read(page(PARAGRAPHS * 3), content=content + " " * 600)

    assert found.extractor != "feed"
    assert lines(found)[-1] == PARAGRAPHS[-1]


# ---------------------------------------------------------------------------------------------- declared hints


def test_what_the_outlet_declares_to_hold_the_text_is_the_text() -> None:
    beside = f"<div class='extra'><p>{OTHER}</p><p>{OTHER[::-1]}</p></div>"
    found = read(page(PARAGRAPHS, beside=beside), keep=(".none", ".story"))

    assert (found.extractor, lines(found)) == ("declared", PARAGRAPHS)


def test_a_selector_of_an_old_layout_loses_no_article() -> None:
    menu = "<div class='old'><a href='/1'>الرياضة والملاعب وأخبار الفرق</a> <a href='/2'>الاقتصاد والأسواق</a></div>"
    found = read(page(PARAGRAPHS, beside=menu), keep=(".gone", ".old"))

    assert found.extractor == "trafilatura-fast"
    assert lines(found) == PARAGRAPHS


def test_a_text_of_another_matter_is_not_believed_though_it_is_declared() -> None:
    found = read(page(PARAGRAPHS, beside=f"<div class='old'><p>{OTHER}</p></div>"), keep=(".old",))

    assert OTHER not in found.body
    assert lines(found) == PARAGRAPHS


def test_what_is_pruned_is_in_no_text_whoever_took_it_out() -> None:
    shown = page(PARAGRAPHS, inside=f"<div class='more'><p>{OTHER}</p></div>")

    assert OTHER in read(shown).body
    assert lines(read(shown, prune=(".more", "html", "body"))) == PARAGRAPHS
    assert lines(read(shown, prune=(".more",), keep=(".story",))) == PARAGRAPHS


# -------------------------------------------------------------------------------------------------- the others


def test_the_fast_library_is_believed_where_the_page_bears_it_out() -> None:
    assert read(page(PARAGRAPHS)).extractor == "trafilatura-fast"
    assert read(page(PARAGRAPHS[:3])).extractor != "trafilatura-fast"


def test_the_element_marked_as_the_body_stands_in_for_a_library_that_is_not_believed() -> None:
    found = read(page(PARAGRAPHS[:4], of_text="itemprop='articleBody'"))

    assert (found.extractor, lines(found)) == ("microdata", PARAGRAPHS[:4])


# ------------------------------------------------------------------------------------------------------ quality


def test_the_quality_is_the_sum_of_its_parts() -> None:
    whole, short = read(page(PARAGRAPHS * 3)), read(page(PARAGRAPHS[:2]))

    assert set(whole.quality_parts) == {"length", "headline", "date", "arabic", "topic", "links", "open"}
    assert whole.quality_parts["date"] == 0
    assert whole.quality > short.quality
    assert whole.quality == pytest.approx(sum(WEIGHTS[name] * whole.quality_parts[name] for name in WEIGHTS), abs=0.01)
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    assert short.quality_parts["length"] < whole.quality_parts["length"]


def test_links_in_a_text_lower_its_quality() -> None:
    linked = page([*PARAGRAPHS, f"{OTHER} <a href='/5'>{PARAGRAPHS[0]}</a>"])

    assert read(linked).quality_parts["links"] <= read(page(PARAGRAPHS)).quality_parts["links"] == 1

"""Topics that are shipped but not declared: the one that a page teaches, and one of another kind than the first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mirqab.declarations import load_topic_documents, read_topic_document
from mirqab.settings import Settings
from mirqab.topics import Judge, Topic, check_examples, compile_topic

ROOT = Path(__file__).parents[2]
OPTIONAL = ROOT / "config" / "topics" / "optional"
PAGE = (ROOT / "docs" / "write-a-topic.md").read_text(encoding="utf-8")


def read(settings: Settings, name: str) -> Topic:
    return compile_topic(read_topic_document(settings, OPTIONAL / name))


@pytest.mark.parametrize("name", sorted(path.name for path in OPTIONAL.glob("*.yaml")))
def test_it_is_right_but_not_declared(settings: Settings, name: str) -> None:
    topic = read(settings, name)
    assert check_examples(topic) == []
    assert topic.id == Path(name).stem
    assert topic.id not in [document.content["معرّف"] for document in load_topic_documents(settings)]


def test_the_first_file_of_the_page_is_a_topic_that_works(settings: Settings, tmp_path: Path) -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    path = tmp_path / "port-strikes.yaml"
    path.write_text(block, encoding="utf-8")
    topic = compile_topic(read_topic_document(settings, path))
    assert topic.examples
    assert check_examples(topic) == []


def test_the_stories_of_the_page_come_out_as_its_table_says(settings: Settings) -> None:
    judge = Judge([read(settings, "port-strikes.yaml")])
    rows = re.findall(r"^\| ([\u0621-\u0652][^|]+?) \| ([^|:]+):[^|]+\|$", PAGE, re.MULTILINE)
    assert len(rows) == 4
    for wanted, unwanted in rows:
        assert judge.judge(title="", text=wanted, published=None)[0].flagged, wanted
        assert not judge.judge(title="", text=unwanted, published=None)[0].flagged, unwanted


def test_the_libraries_of_the_page_are_those_that_are_there() -> None:
    named = set(re.findall(r"^\| `library/(\w+)` \|", PAGE, re.MULTILINE))
    assert named == {path.stem for path in (ROOT / "config" / "topics" / "library").glob("*.yaml")}


@pytest.mark.parametrize(
    ("text", "theatre", "mediator"),
    [
        ("أعلنت مسقط نجاح جولة مفاوضات جديدة بشأن الأسرى بين صنعاء وعدن.", "اليمن", "عمان"),
        ("قال الكرملين إن موسكو مستعدة لمبادلة ألف أسير مع كييف وفق اتفاق إسطنبول.", "أوكرانيا", "تركيا"),
        ("تصر حماس في محادثات الدوحة على الإفراج عن أسرى المؤبدات مقابل الرهائن.", "غزة", "قطر"),
        ("رفضت طهران مقايضة سجناء أوروبيين بدبلوماسي معتقل، وفق مفاوضين.", "إيران والغرب", None),
        ("طلبت يريفان من باكو إطلاق سراح أسرى الحرب شرطاً لتوقيع الاتفاق.", "القوقاز", None),
    ],
)
def test_talks_on_prisoners_are_flagged(settings: Settings, text: str, theatre: str, mediator: str | None) -> None:
    (verdict,) = Judge([read(settings, "prisoner-exchange-talks.yaml")]).judge(title="", text=text, published=None)
    assert verdict.flagged
    assert theatre in verdict.facets["theatre"]
    assert mediator is None or mediator in verdict.facets["mediator"]


@pytest.mark.parametrize(
    "text",
    [
        "تبادلت القوتان إطلاق النار عبر الحدود لليوم الثالث.",
        "أتم النادي صفقة تبادل حارسه بمهاجم شاب.",
        "اندلعت أعمال شغب في سجن مركزي وأصيب سجناء.",
        "شمل العفو الرئاسي مئات السجناء بمناسبة العيد.",
        "أرجأت المحكمة محاكمة معتقلين إلى الشهر المقبل.",
        "بحث الوزيران تبادل الطلاب والخبرات الزراعية.",
        "توقفت مفاوضات الميزانية بين الحزبين.",
    ],
)
def test_the_same_words_about_other_things_are_not(settings: Settings, text: str) -> None:
    (verdict,) = Judge([read(settings, "prisoner-exchange-talks.yaml")]).judge(title="", text=text, published=None)
    assert not verdict.flagged, verdict.evidence

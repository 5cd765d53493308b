"""The topic file of the repository: its own examples, its words, and its floor on labelled stories."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mirqab.topics import Judge, Topic, check_examples
from tests.workbench.measured import measured

# just below what was measured on titles and leads: P 1.00, R .95; the file was tuned on these very stories, so this
# guards against a step back and claims nothing about others
PRECISION_FLOOR = 0.93
RECALL_FLOOR = 0.93
THEATRE_FLOOR = 0.95
# our own headlines and leads about thirty theatres, in seven sets, each written before the words that find it and tried
# unseen (R .34, .51, .58, .50, .66, .83, .68; P .81, .86, .96, then 1.00), then used for tuning: now P 1.00, R .92. A
# guard against a step back
OWN_STORIES = Path(__file__).parent / "theatres.jsonl"
OWN_PRECISION_FLOOR = 0.97
OWN_RECALL_FLOOR = 0.88


def test_its_examples_come_out_as_written(topic: Topic) -> None:
    assert check_examples(topic) == []
    assert sum(example.flagged for example in topic.examples) >= 10
    assert sum(not example.flagged for example in topic.examples) >= 8


def test_its_facets_have_the_ids_that_scripts_read(topic: Topic) -> None:
    assert topic.facet_names == ("theatre", "act", "force")


def test_every_concept_and_composition_is_used(topic: Topic) -> None:
    used = {name for way in topic.compositions for pair in way.pairs for name in (pair.first, pair.second)}
    used |= {way.anaphora for way in topic.compositions} | {topic.filler}
    used |= {name for rule in topic.rules for name in rule.together}
    used |= {name for penalty in topic.penalties for name in (penalty.concept, *penalty.unless)}
    used |= {drop.concept for drop in topic.drops}
    used |= {concept for facet in topic.facets for concept in facet.values.values()}
    named = {*topic.concepts, *(way.name for way in topic.compositions)}
    assert named - used == set()


def test_it_goes_to_another_process_whole(topic: Topic) -> None:
    assert pickle.loads(pickle.dumps(topic)) == topic


@pytest.mark.parametrize(
    ("title", "text", "theatre", "force"),
    [
        ("أديس أبابا تبحث مع مقديشو جدولاً زمنياً لسحب القوات الإثيوبية من الصومال", "", "الصومال", "إثيوبية"),
        ("مجلس الأمن ينهي مهمة بعثة حفظ السلام في مالي ويحدد موعد المغادرة", "", "الساحل", "أممية"),
        ("", "دعت اللجنة العسكرية المشتركة 5+5 إلى خروج المرتزقة من ليبيا بحلول نهاية العام.", "ليبيا", "مرتزقة"),
        ("", "طالبت الخرطوم بسحب القوات الأجنبية من أبيي فوراً.", "السودان", None),
        ("", "أعلنت صنعاء أنها ترفض بقاء القوات الإماراتية في سقطرى.", "اليمن", "إماراتية"),
        ("", "اشترطت موسكو انسحاب القوات الأوكرانية من دونباس قبل بدء الهدنة.", "أوكرانيا", "أوكرانية"),
        ("كابول تذكّر واشنطن بموعد انسحاب القوات الأميركية من أفغانستان", "", "أفغانستان", "أميركية"),
        ("الجزائر تدعو إلى انسحاب القوات من الكركرات في الصحراء الغربية", "", "الصحراء الغربية", None),
        ("", "وافقت كيغالي خلال المفاوضات على سحب القوات الرواندية من شرق الكونغو.", "الكونغو", "رواندية"),
    ],
)
def test_theatres_with_few_labelled_stories(
    topic: Topic, title: str, text: str, theatre: str, force: str | None
) -> None:
    (verdict,) = Judge([topic]).judge(title=title, text=text, published=None)
    assert verdict.flagged
    assert verdict.facets["theatre"][:1] == (theatre,)
    if force:
        assert force in verdict.facets["force"]


@pytest.mark.parametrize(
    "text",
    [
        "انسحب اللاعب الفرنسي من بطولة باريس بعد إصابته.",
        "أعلنت الشركة الأميركية انسحابها من السوق الروسية.",
        "سحب البنك المركزي العملة القديمة من التداول.",
        "غادر السفير التركي بغداد بعد انتهاء مهمته.",
        "أجلت فرق الدفاع المدني السكان من المنطقة الغارقة.",
        "وصلت تعزيزات من القوات الأميركية إلى قاعدة عين الأسد.",
        "أعلنت إيران استعدادها لاستئناف المحادثات مع واشنطن.",
        "قُتل ثلاثة جنود في هجوم على قاعدة عسكرية شمال البلاد.",
        "انسحبت الكتلة من جلسة البرلمان احتجاجاً على القانون.",
        "نصرةً لغزة خرجت تظاهرات في العواصم الأوروبية.",
    ],
)
def test_the_same_words_in_another_sense(topic: Topic, text: str) -> None:
    (verdict,) = Judge([topic]).judge(title="", text=text, published=None)
    assert not verdict.flagged, verdict.evidence


def test_the_floor_on_our_own_stories_of_all_theatres(topic: Topic) -> None:
    judge = Judge([topic])
    right = false = missed = placed = 0
    for row in map(json.loads, OWN_STORIES.read_text(encoding="utf-8").splitlines()):
        (verdict,) = judge.judge(title=row["title"], text=row["text"], published=datetime(2025, 6, 1, tzinfo=UTC))
        right += row["flagged"] and verdict.flagged
        false += not row["flagged"] and verdict.flagged
        missed += row["flagged"] and not verdict.flagged
        placed += verdict.flagged and verdict.facets["theatre"][:1] == (row.get("theatre"),)
    assert right / (right + false) >= OWN_PRECISION_FLOOR
    assert right / (right + missed) >= OWN_RECALL_FLOOR
    assert placed / right >= 0.80  # the rest name no place: «القرى الحدودية»


def test_a_theatre_named_only_in_the_headline_is_found(topic: Topic) -> None:
    text = "أكد الوزير أن سحب القوات الأجنبية سيبدأ الشهر المقبل."
    (verdict,) = Judge([topic]).judge(title="مباحثات في مقديشو بشأن أمن الصومال", text=text, published=None)
    assert verdict.facets["theatre"] == ("الصومال",)


def test_the_floor_on_labelled_stories(topic: Topic, shared_data: Path) -> None:
    found = measured(topic, shared_data / "labelled" / "dev.jsonl")
    assert (found.precision.value or 0) >= PRECISION_FLOOR
    assert (found.recall.value or 0) >= RECALL_FLOOR
    assert (found.theatre.value or 0) >= THEATRE_FLOOR

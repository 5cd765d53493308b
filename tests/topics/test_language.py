"""Active dates, thresholds of outlets, rules that want several hits, grades, glued words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from mirqab.errors import ConfigurationError
from mirqab.topics import Judge, compile_topic, verdict_from_json, verdict_to_json
from mirqab.types import Document, Grade, Verdict

TOPIC = """\
موضوع: تجربة
معرّف: trial
عتبة: 3
مفاهيم:
  خروج: [انسحاب]
  قوة: [قوات, جيش]
  كلام: [محادثات]
  قديم: [عقب]
تراكيب:
- اسم: انسحاب_قوات
  أي:
  - [خروج, قوة, 3, بعده]
قواعد:
- {اسم: وحده, معا: [انسحاب_قوات], نقاط: 3}
- {اسم: مع كلام, معا: [انسحاب_قوات, كلام], نقاط: 4}
خصومات:
- {اسم: مضى, مفهوم: قديم, ضمن: 1, قبل: نعم, نقاط: -2}
"""
Read = Callable[[str], Document]


def judged(
    read: Document, text: str, *, title: str = "", published: datetime | None = None, outlet: str | None = None
) -> Verdict:
    (verdict,) = Judge([compile_topic(read)]).judge(title=title, text=text, published=published, outlet=outlet)
    return verdict


def day(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def test_a_topic_judges_what_is_published_while_it_is_active(document: Read) -> None:
    read = document(TOPIC + "نافذة_نشر: {من: 2024-01-01, إلى: 2024-12-31}\n")
    for inside in (None, day("2024-01-01"), day("2024-12-31T23:59")):
        assert judged(read, "انسحاب القوات", published=inside).flagged
    for outside in (day("2023-12-31"), day("2025-01-01")):
        verdict = judged(read, "انسحاب القوات", published=outside)
        assert (verdict.flagged, verdict.score) == (False, 0)
        assert "2024-01-01" in verdict.missing[0]
        assert not Judge([compile_topic(read)]).scored(title="", text="انسحاب القوات", published=outside)
    assert judged(
        document(TOPIC + "نافذة_نشر: {من: 2024-01-01}\n"), "انسحاب القوات", published=day("2030-01-01")
    ).flagged


@pytest.mark.parametrize("written", ["{من: غداً}", "{من: 2024-02-01, إلى: 2024-01-01}", "2024", "{بعد: 2024-01-01}"])
def test_a_mistaken_window_is_refused(document: Read, written: str) -> None:
    with pytest.raises(ConfigurationError):
        compile_topic(document(f"{TOPIC}نافذة_نشر: {written}\n"))


def test_an_outlet_may_have_a_threshold_of_its_own(document: Read) -> None:
    read = document(TOPIC + "عتبات: {nahr: 4}\n")
    assert judged(read, "انسحاب القوات").flagged
    assert judged(read, "انسحاب القوات", outlet="other").flagged
    verdict = judged(read, "انسحاب القوات", outlet="nahr")
    assert (verdict.flagged, verdict.score, verdict.threshold) == (False, 3, 4)
    assert "ينقص 1" in verdict.missing[0]
    with pytest.raises(ConfigurationError):
        compile_topic(document(TOPIC + "عتبات: {nahr: كثير}\n"))


def test_a_rule_may_want_several_hits_in_the_story(document: Read) -> None:
    read = document(TOPIC.replace("معا: [انسحاب_قوات], نقاط: 3", "معا: [انسحاب_قوات], مرات: 2, نقاط: 3"))
    once = judged(read, "انسحاب القوات.")
    assert once.score == 0
    assert any("2" in line and "مرات" in line for line in once.missing)
    assert judged(read, "انسحاب القوات. كلام عن الطقس. انسحاب القوات.").score == 3
    assert judged(read, "انسحاب القوات. والمحادثات. محادثات انسحاب القوات.").score >= 4


@pytest.mark.parametrize(
    ("title", "text", "grade"),
    [
        ("انسحاب القوات", "كلام عن الطقس. " * 300, Grade.MAIN),
        ("", "انسحاب القوات.", Grade.MAIN),
        ("", "انسحاب القوات. " + "كلام عن الطقس. " * 300, Grade.PASSING),
        ("", "انسحاب القوات. " + "كلام عن الطقس. " * 300 + "انسحاب الجيش.", Grade.MAIN),
        ("", "كلام عن الطقس. " * 300 + "انسحاب القوات. " * 3, Grade.PASSING),
        ("", "عقب انسحاب القوات. " * 3 + "عقب انسحاب الجيش.", Grade.BACKGROUND),
    ],
    ids=["headline", "short", "one line of a round-up", "lead and more", "far below", "all of it past"],
)
def test_the_grade_is_told_from_place_and_number_of_evidence(
    document: Read, title: str, text: str, grade: Grade
) -> None:
    read = document(TOPIC + "وزن_بقية_الجمل: 1\n")
    verdict = judged(read, text, title=title)
    assert verdict.flagged
    assert verdict.grade is grade


def test_the_amounts_of_the_grade_stand_in_the_file(document: Read) -> None:
    text = "انسحاب القوات. " + "كلام عن الطقس. " * 300
    assert judged(document(TOPIC + "درجات: {جمل: 1}\n"), text).grade is Grade.MAIN
    assert judged(document(TOPIC + "درجات: {نصيب: 0}\n"), text).grade is Grade.MAIN
    late = "كلام عن الطقس. " * 25 + "انسحاب القوات."
    assert judged(document(TOPIC + "درجات: {جمل: 1}\n"), late).grade is Grade.PASSING
    assert judged(document(TOPIC + "درجات: {جمل: 1, مطلع: 90}\n"), late).grade is Grade.MAIN


def test_words_printed_without_a_space_are_cut_and_marked(document: Read) -> None:
    text = "بدأ انسحابالجيش من الأرض."
    verdict = judged(document(TOPIC), text)
    assert [(item.text, item.repaired) for item in verdict.evidence] == [("انسحاب", True), ("الجيش", True)]
    assert all(item.text == text[item.span.start : item.span.stop] for item in verdict.evidence)
    assert verdict_from_json(verdict_to_json(verdict)) == verdict
    plain = verdict_to_json(judged(document(TOPIC), "بدأ انسحاب الجيش."))
    assert "repaired" not in plain["sentences"][0]["evidence"][0]


def test_what_else_is_declared_cuts_no_word_of_a_topic(document: Read) -> None:
    alone = compile_topic(document(TOPIC.replace("جيش", "فرقة")))
    other = compile_topic(document(TOPIC.replace("trial", "other").replace("خروج: [انسحاب]", "خروج: [خروج]")))
    whole = compile_topic(document(TOPIC.replace("trial", "whole").replace("جيش", "انسحابالجيش")))
    text = "بدأ انسحابالجيش من الأرض. انسحاب القوات."
    for topics in ([alone], [alone, other], [alone, whole], [whole, other, alone]):
        verdicts = Judge(topics).judge(title="", text=text, published=None)
        (verdict,) = (verdict for verdict in verdicts if verdict.topic == "trial")
        assert [item.text for item in verdict.evidence] == ["انسحاب", "القوات"]


def test_scored_gives_what_is_worth_keeping(document: Read) -> None:
    judge = Judge([compile_topic(document(TOPIC)), compile_topic(document(TOPIC.replace("trial", "other")))])
    assert judge.scored(title="", text="كلام عن الطقس", published=None) == ()
    assert judge.scored(title="", text="انسحاب القوات", published=None) == judge.judge(
        title="", text="انسحاب القوات", published=None
    )


def test_a_near_miss_is_told_by_its_arithmetic(document: Read) -> None:
    read = document(TOPIC.replace("عتبة: 3", "عتبة: 4"))
    verdict = judged(read, "انسحاب القوات غداً")
    assert verdict.missing[0] == "النقاط 3 والعتبة 4: ينقص 1"
    assert any("«مع كلام» (+4): كلام في الجملة نفسها" in line for line in verdict.missing)
    past = judged(read, "عقب انسحاب القوات")
    assert any("مضى -2" in line for line in past.missing)


def test_a_composition_without_its_rule_is_told(document: Read) -> None:
    read = document(TOPIC.replace("- {اسم: وحده, معا: [انسحاب_قوات], نقاط: 3}\n", ""))
    lines = judged(read, "انسحاب القوات. كلام. محادثات.").missing
    assert "«انسحاب قوات»" in lines[0]
    assert "كلام" in lines[0]

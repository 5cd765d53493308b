"""Hints on a topic that compiles: each kind of them, its place, and none where nothing is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mirqab.topics import Finding, compile_topic, lint
from mirqab.types import Document

GOOD = """\
موضوع: تجربة
معرّف: trial
عتبة: 3
مفاهيم:
  خروج: [انسحاب]
  قوة: [قوات, جنود]
  كلام: [محادثات]
تراكيب:
- اسم: انسحاب_قوات
  أي:
  - [خروج, قوة, 3, بعده]
قواعد:
- {اسم: مع كلام, معا: [انسحاب_قوات, كلام], ضمن: 9, نقاط: 4}
- {اسم: وحده, معا: [انسحاب_قوات], نقاط: 3}
أمثلة:
  يجب_أن_يُرفع:
  - نص: انسحاب القوات
  - نص: محادثات انسحاب القوات
"""


def findings(
    document: Callable[[str], Document], text: str, corpus: list[tuple[str, str]] | None = None
) -> list[Finding]:
    read = document(text)
    return lint(compile_topic(read), read, corpus=corpus)


def test_nothing_is_said_of_a_topic_without_faults(document: Callable[[str], Document]) -> None:
    assert findings(document, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "kind", "line", "text"),
    [
        ("  كلام:", "  زائد: [كلمة]\n  كلام:", "unused", 7, "names it"),
        ("تراكيب:\n", "تراكيب:\n- {اسم: زائد, أي: [خروج]}\n", "unused", 9, "no composition, rule or penalty names"),
        ("مفاهيم:", "حشو: كلام\nمفاهيم:", "unused", 4, "filler"),
        ("[قوات, جنود]", "[قوات, قوات روسية]", "doubled", 6, "where «قوات روسية» stands, «قوات» is found anyway"),
        ("[محادثات]", "[محادثات, أصر/يصر]", "collides", 7, "نصره"),
        ("عتبة: 3", "threshold: 3", "mixed", 3, "one language"),
        ("نقاط: 4}", "نقاط: 2}", "no effect", 13, "no more than the easier «وحده»"),
        ("  - نص: محادثات انسحاب القوات\n", "", "never fires", 13, "«مع كلام»"),
        ("أمثلة:", "خصومات:\n- {اسم: لا أثر, مفهوم: كلام, إلا: [كلام], نقاط: -1}\nأمثلة:", "no effect", 16, "lifted"),
        (
            "أمثلة:",
            "أوجه: {ساحة: {معرّف: place, قيم: {أ: [حلب], ب: [حلب]}}}\nأمثلة:",
            "no effect",
            15,
            "«ب» has the very words of «أ»",
        ),
    ],
)
def test_a_hint_is_placed_and_explained(
    document: Callable[[str], Document], old: str, new: str, kind: str, line: int, text: str
) -> None:
    assert old in GOOD
    found = findings(document, GOOD.replace(old, new, 1))
    assert any(one.kind == kind and one.line == line and text in one.text for one in found), found
    assert all(str(one).startswith(one.file) for one in found)


def test_what_is_struck_out_collides_no_more(document: Callable[[str], Document]) -> None:
    text = GOOD.replace("كلام: [محادثات]", "كلام: {كلمات: [محادثات, أصر/يصر], لا: [نصره]}")
    assert not any("نصره" in one.text for one in findings(document, text))


def test_stories_tell_of_words_that_are_printed_all_the_time(document: Callable[[str], Document]) -> None:
    text = GOOD.replace("[محادثات]", "[محادثات, كفل/يكفل]")
    corpus = [("", f"خبر رقم {at} عن تكفل الجهة") for at in range(200)] + [("", "يكفل النص ذلك")]
    assert not any("تكفل" in one.text for one in findings(document, text))
    found = findings(document, text, corpus)
    assert any(one.kind == "collides" and "تكفل" in one.text for one in found), found


def test_stories_tell_of_rules_that_never_fire(document: Callable[[str], Document]) -> None:
    text = GOOD.replace("  - نص: محادثات انسحاب القوات\n", "")
    assert any(one.kind == "never fires" for one in findings(document, text, [("", "كلام عن الطقس")]))
    assert not any(one.kind == "never fires" for one in findings(document, text, [("محادثات انسحاب القوات", "")]))


def test_a_few_stories_do_not_tell_of_words_that_are_printed_all_the_time(document: Callable[[str], Document]) -> None:
    text = GOOD.replace("[محادثات]", "[محادثات, كفل/يكفل]")
    corpus = [("", "خبر عن تكفل الجهة")] * 4
    assert not any("تكفل" in one.text for one in findings(document, text, corpus))
    assert any("تكفل" in one.text for one in findings(document, text, [*corpus, corpus[0]]))


def test_what_is_written_as_a_term_is_never_to_be_struck_out(document: Callable[[str], Document]) -> None:
    corpus = [("", "خبر عن تكفل الجهة"), ("", "مضى لقرار")] * 100
    text = GOOD.replace("[محادثات]", "[محادثات, كفل/يكفل, تكفل, قرار]")
    assert not any("تكفل" in one.text or "لقرار" in one.text for one in findings(document, text, corpus))

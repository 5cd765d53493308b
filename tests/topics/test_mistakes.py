"""What an author writes wrong is said all at once, with line, key and what was expected."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mirqab.errors import ConfigurationError, Mistake
from mirqab.topics import check_examples, compile_topic
from mirqab.types import Document

GOOD = """\
موضوع: تجربة
معرّف: trial
عتبة: 3
مفاهيم:
  خروج: [انسحاب]
  قوة: [قوات]
تراكيب:
- اسم: انسحاب_قوات
  أي:
  - [خروج, قوة, 3, بعده]
قواعد:
- {اسم: وحده, معا: [انسحاب_قوات], نقاط: 3}
خصومات:
- {اسم: قديم, سنة_ماضية: لا, مفهوم: خروج, قبل: نعم, نقاط: -1}
"""
ENGLISH = """\
topic: trial
id: trial
threshold: 3
concepts:
  leaving: {words: [انسحاب], not: [انسحابي]}
  force: [قوات]
filler: force
compose:
- name: withdrawal
  any:
  - [leaving, force, 3, after]
drop:
- {name: no place, concept: force, within: 0, of: [withdrawal]}
rules:
- {name: alone, together: [withdrawal], points: 3}
penalties:
- {name: old, past_year: true, points: -1}
facets:
  place: {id: theatre, values: {Libya: [ليبيا]}}
examples:
  flagged:
  - {text: لا شيء, facets: {place: Libya}}
"""


def mistakes(read: Callable[[str], Document], text: str) -> tuple[Mistake, ...]:
    with pytest.raises(ConfigurationError) as caught:
        compile_topic(read(text))
    return caught.value.mistakes


def test_arabic_and_english_keys_say_the_same(document: Callable[[str], Document]) -> None:
    assert compile_topic(document(GOOD)).id == compile_topic(document(ENGLISH)).id == "trial"


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("عتبة: 3\n", "عتبه_: 3\n", 3, "did you mean «عتبة»"),
        ("عتبة: 3\n", "عتبة: ثلاثة\n", 3, "a number"),
        ("معرّف: trial", "معرّف: Trial_1", 2, "lower-case Latin letters"),
        ("قوة: [قوات]", "قوة: [قوات، جنود]", 6, "the Arabic comma «،» does not separate"),
        ("قوة: [قوات]", "قوة: [قو*]", 6, "no patterns, wildcards or operators"),
        ("قوة: [قوات]", "قوة: [سحب/سحب]", 6, "a verb is written past/present"),
        ("قوة: [قوات]", "قوة: 5", 6, "a list of terms"),
        ("قوة: [قوات]", "قوة: {كلمات: [قوات], ليس: [قو]}", 6, "a known name; «ليس»"),
        ("قوة: [قوات]", "قوة: {كلمات: [قوات], يشمل: [خرووج]}", 6, "did you mean «خروج»"),
        ("[خروج, قوة, 3, بعده]", "[خروج، قوة، 3]", 10, "the Arabic comma «،»"),
        ("[خروج, قوة, 3, بعده]", "[خروج, قوه_, 3]", 10, "did you mean «قوة»"),
        ("[خروج, قوة, 3, بعده]", "[خروج, قوة, 3, بعدة_]", 10, "did you mean «بعده»"),
        ("[خروج, قوة, 3, بعده]", "[خروج, قوة]", 10, "number of words between"),
        ("[خروج, قوة, 3, بعده]", "[خروج, قوة, -4]", 10, "a whole number from 0, the words between, not -4"),
        ("[خروج, قوة, 3, بعده]", "[خروج, قوة, ٤٫٥]", 10, "a whole number from 0, the words between, not 4.5"),
        ("[خروج, قوة, 3, بعده]", "[خروج, قوة, 1" + "0" * 400 + "]", 10, "at most 300 words between"),
        ("[خروج, قوة, 3, بعده]", "[خروج, قوة, -1" + "0" * 400 + "]", 10, "a whole number from 0"),
        ("قبل: نعم", "ضمن: -4", 14, "a whole number from 0, not -4"),
        ("قبل: نعم", "ضمن: ٤٫٥", 14, "a whole number from 0, not 4.5"),
        ("قبل: نعم", "ضمن: 3.0", 14, "a whole number from 0, not 3.0"),
        ("[خروج, قوة, 3, بعده]", "[خروج, قوة, 3, بعده, قبله]", 10, "not both"),
        ("معا: [انسحاب_قوات]", "معا: [انسحاب_قوة]", 12, "did you mean «انسحاب_قوات»"),
        ("معا: [انسحاب_قوات]", "معا: [خروج]", 12, "a composition first"),
        ("نقاط: 3}", "نقاط: -3}", 12, "a number above 0"),
        ("نقاط: -1}", "نقاط: 1}", 14, "a number below 0"),
        ("قبل: نعم", "قبل: ربما", 14, "نعم or لا"),
        ("سنة_ماضية: لا", "سنة_ماضية: نعم", 14, "one condition"),
        ("سنة_ماضية: لا", "نطاق: مقال", 14, "a meaning in the scope story"),
        ("سنة_ماضية: لا", "نطاق: فقرة", 14, "جملة, عنوان or مقال"),
    ],
)
def test_a_mistake_is_placed_and_explained(
    document: Callable[[str], Document], old: str, new: str, line: int, expected: str
) -> None:
    assert old in GOOD
    found = mistakes(document, GOOD.replace(old, new))
    assert any(mistake.line == line and expected in mistake.expected for mistake in found), found
    assert all(mistake.file.endswith("topic.yaml") and mistake.key for mistake in found)
    assert all(mistake.expected.startswith("expected ") for mistake in found)


def test_all_mistakes_are_reported_at_once(document: Callable[[str], Document]) -> None:
    text = GOOD.replace("عتبة: 3", "عتبة: x").replace("قوة: [قوات]", "قوة: [ق*]").replace("نقاط: -1}", "نقاط: 1}")
    assert [mistake.line for mistake in mistakes(document, text)] == [3, 6, 14]


@pytest.mark.parametrize("text", ["[]", "نص", "{}", "مفاهيم: []\nقواعد: نص\nتراكيب: 3\n"])
def test_a_file_of_another_shape_is_a_mistake(document: Callable[[str], Document], text: str) -> None:
    assert mistakes(document, text)


def test_a_name_used_twice_under_two_keys(document: Callable[[str], Document]) -> None:
    assert any("says the same" in mistake.expected for mistake in mistakes(document, GOOD + "threshold: 4\n"))


def test_a_failing_example_is_reported_with_its_line(document: Callable[[str], Document]) -> None:
    examples = "أمثلة:\n  يجب_أن_يُرفع:\n  - نص: انسحاب القوات\n  - نص: الطقس جميل\n"
    examples += "  يجب_ألّا_يُرفع:\n  - نص: انسحاب القوات غداً\n"
    found = check_examples(compile_topic(document(GOOD + examples)))
    assert [(mistake.line, mistake.key) for mistake in found] == [(18, "الطقس جميل"), (20, "انسحاب القوات غداً")]


def test_an_example_with_a_wrong_facet_is_reported(document: Callable[[str], Document]) -> None:
    (first, *rest) = check_examples(compile_topic(document(ENGLISH)))
    assert "to be flagged" in first.expected
    assert "«Libya»" in rest[0].expected


def test_the_version_follows_what_bears_on_verdicts(document: Callable[[str], Document]) -> None:
    version = compile_topic(document(GOOD)).version
    head, _, rest = GOOD.partition("عتبة: 3\n")
    for same in (
        GOOD,
        GOOD + "# تعليق\n",
        f"{rest}عتبة: 3.0\n{head}",
        GOOD.replace("موضوع: تجربة", "موضوع: محاولة"),
        GOOD.replace("  قوة: [قوات]\n", "  قوة: [قوات, قوات]\n  لا_يُستعمل: [كلمة]\n"),
        GOOD + "أمثلة:\n  يجب_أن_يُرفع:\n  - نص: انسحاب القوات\n",
    ):
        assert compile_topic(document(same)).version == version, same
    for other in (
        GOOD.replace("عتبة: 3", "عتبة: 4"),
        GOOD.replace("قوة: [قوات]", "قوة: [قوات, جنود]"),
        GOOD.replace("3, بعده", "4, بعده"),
        GOOD.replace("اسم: وحده", "اسم: لوحده"),
        GOOD.replace("نقاط: -1", "نقاط: -2"),
    ):
        assert compile_topic(document(other)).version != version, other


def test_numbers_may_be_written_in_arabic_and_persian_digits(document: Callable[[str], Document]) -> None:
    plain = GOOD.replace("سنة_ماضية: لا, ", "").replace("عتبة: 3", "عتبة: 12.5").replace("نقاط: 3", "نقاط: 13")
    arabic = plain.replace("12.5", "١٢٫٥").replace("13", "١٣").replace("قوة, 3", "قوة, ٣").replace("-1", "-١")
    persian = plain.replace("12.5", "۱۲٫۵").replace("13", "۱۳").replace("قوة, 3", "قوة, ۳").replace("-1", "−۱")
    topics = [compile_topic(document(text)) for text in (plain, arabic, persian)]
    assert (topics[1].threshold, topics[1].compositions[0].pairs[0].gap) == (12.5, 3)
    assert (topics[1].rules[0].points, topics[1].penalties[0].points) == (13.0, -1.0)
    assert len({topic.version for topic in topics}) == 1


def test_an_unknown_name_comes_with_the_author_s_own_names_first(document: Callable[[str], Document]) -> None:
    facet = "أوجه: {ساحة: {معرّف: theatre, قيم: {ليبيا: [ليبيا]}}}\n"
    (mistake,) = mistakes(document, facet + GOOD.replace("سنة_ماضية: لا, ", "").replace("[خروج, قوة, 3", "[xx, قوة, 3"))
    assert "(known: خروج, قوة, ساحة: ليبيا)" in mistake.expected


def test_a_composition_used_above_its_place_must_be_written_above(document: Callable[[str], Document]) -> None:
    above = "تراكيب:\n- اسم: كله\n  أي:\n  - [انسحاب_قوات, قوة, 3]\n"
    text = GOOD.replace("سنة_ماضية: لا, ", "").replace("تراكيب:\n", above)
    (mistake,) = mistakes(document, text)
    assert (mistake.line, "the composition «انسحاب_قوات» must be written above" in mistake.expected) == (10, True)


def test_two_rules_with_one_name_are_a_mistake(document: Callable[[str], Document]) -> None:
    rule = "- {اسم: وحده, معا: [انسحاب_قوات], نقاط: 3}\n"
    (mistake,) = mistakes(document, GOOD.replace("سنة_ماضية: لا, ", "").replace(rule, rule * 2))
    assert (mistake.line, "another rule is called «وحده»" in mistake.expected) == (13, True)


def test_an_example_that_must_not_be_flagged_names_the_words_found(document: Callable[[str], Document]) -> None:
    example = "أمثلة: {يجب_ألّا_يُرفع: [{نص: بدأ انسحاب القوات أمس}]}\n"
    (mistake,) = check_examples(
        compile_topic(
            document(
                GOOD.replace("سنة_ماضية: لا, ", "")
                .replace("قبل: نعم, ", "")
                .replace("نقاط: -1", "نقاط: -0.1")
                .replace("عتبة: 3", "عتبة: 2")
                + example
            )
        )
    )
    assert "found: «انسحاب», «القوات»" in mistake.expected

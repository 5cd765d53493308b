"""Words and sentences as Arabic news prints them."""

from __future__ import annotations

import pytest

from mirqab.arabic import fold, sentences, tokens, words


def split(text: str) -> list[str]:
    folded = fold(text)
    return [folded[start:stop] for start, stop in sentences(folded)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("قال: «سننسحب»!", ["قال", "سننسحب"]),
        ('"جيش" الاحتلال', ["جيش", "الاحتلال"]),
        ("نحو 2.500 جندي و٣٬٠٠٠", ["نحو", "2.500", "جندي", "و", "3٬000"]),
        ("حلف NATO-2025", ["حلف", "NATO", "2025"]),
        ("پاريس-گاز", ["پاريس", "گاز"]),
        ("#القوات_الأجنبية", ["القوات", "الاجنبيه"]),
        ("", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(fold(text)) == found


def test_tokens_stand_where_they_say() -> None:
    folded = fold("أعلنت الوزارة، اليوم، سحب 900 جندي.")
    assert all(folded[token.start : token.stop] == token.text for token in tokens(folded))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("انسحبت القوات. وعاد الهدوء.", 2),
        ("هل تنسحب القوات؟ لا أحد يعلم!", 2),
        ("سطر أول\nسطر ثان", 2),
        ("بلغ العدد 2.5 ألف جندي", 1),
        ("نقلت أ. ف. ب عن مصدر", 1),
        ("نقلت إ.ب.أ عن مصدر", 1),
        ("قال د. محمد إن القوات باقية", 1),
        ("نشر موقع example.com الخبر", 1),
        ('قال "لن ننسحب. لن نخرج." وأضاف', 2),
        ('قال "لن ننسحب. أبداً" ثم سكت', 1),
        ("قال «لن ننسحب! أبداً» ثم سكت", 1),
        ("وزارة الدفاع:\nانسحاب القوات غداً", 1),
        ("انسحبت القوات من الجنوب.وعاد الأهالي", 2),
        ("…", 1),
        ("", 0),
        ("\n \n", 0),
    ],
)
def test_sentence_ends(text: str, count: int) -> None:
    assert len(split(text)) == count


def test_a_long_quotation_is_split_inside() -> None:
    long = " ".join(["كلمة"] * 20)
    assert len(split(f'قال "{long}. {long}" وسكت')) == 2


def test_a_quotation_does_not_reach_over_a_line() -> None:
    assert len(split('قال "لن ننسحب\nوقالت الوزارة. "لا تعليق"')) == 3


def test_no_letter_is_lost_between_sentences() -> None:
    text = 'أولاً. ثانياً؟ "ثالثاً. رابعاً" خامساً\nسادساً…'
    assert [word for sentence in split(text) for word in words(sentence)] == words(fold(text))

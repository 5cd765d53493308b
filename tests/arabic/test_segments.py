"""Words and sentences as Arabic news prints them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ('الـ"بنتاغون" ولـ«القوات»', ["ال", "بنتاغون", "ول", "القوات"]),
        ("الـ30 دبّابة و3 من F-35", ["ال", "30", "دبابه", "و", "3", "من", "F", "35"]),
        ("بـNATO وبالNATOفي", ["ب", "NATO", "وبال", "NATO", "في"]),
        ("٢٫٥ و۲۰۲۵/۱/۳", ["2٫5", "و", "2025", "1", "3"]),
        ("قوات🔴الاحتلال 🇮🇶 العراق❗️", ["قوات", "الاحتلال", "العراق"]),
        ("تل\u200cأبيب والقو\u200dات وال\u00adجيش", ["تلابيب", "والقوات", "والجيش"]),
        ("ﺍﻟﻘﻮﺍﺕ ﻻ ﷲ", ["القوات", "لا", "الله"]),
        ("café", ["cafe"]),
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
        ("نقلت أ . ف . ب عن مصدر", 1),
        ("نقلت ا.ف.ب. عن U.S. Army", 1),
        ("انتهى الاجتماع في الجنوب   . وقال", 2),
        ("بلغ ٢٫٥ مليون. وقال", 2),
        ("في 26.1.2024 عند 10.30 قال", 1),
        ("وصف «انسحاب» (!) القوات (؟) بأنه", 1),
        ("سنبقى... ثم قال", 2),
        ("غزة.. مفاوضات", 2),
        ("• انسحاب القوات • عودة الأهالي", 2),
        ("▪️ انسحاب القوات\n▪️ عودة الأهالي", 2),
        ('قال أ" ثم "ننسحب. أبداً" انتهى', 1),
        ("وزارة الدفاع:\nانسحاب القوات غداً", 1),
        ("وزارة الدفاع:\r\nانسحاب القوات غداً\r\n\r\nعودة الأهالي", 2),
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


def test_a_closing_mark_stays_with_its_sentence() -> None:
    long = " ".join(["كلمة"] * 40)
    assert [sentence[-2:] for sentence in split(f'قال "{long}." وسكت (غضباً.) ومضى')] == ['."', ".)", "ضي"]


arabic = st.text(alphabet=st.sampled_from('ابتوهمن 12.,!؟؛…:"«»“”()•\n\u00a0\u200f\u064bA'), max_size=80)


@given(arabic)
def test_sentences_follow_each_other_and_hold_every_word(text: str) -> None:
    folded = fold(text)
    spans = sentences(folded)
    assert all(start < stop for start, stop in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert [word for start, stop in spans for word in words(folded[start:stop])] == words(folded)


@given(arabic, st.integers(2, 9), st.sampled_from(" \u00a0\u2009\t"))
def test_more_or_other_spaces_change_no_sentence(text: str, times: int, space: str) -> None:
    wider = text.replace(" ", space * times)
    assert [words(sentence) for sentence in split(wider)] == [words(sentence) for sentence in split(text)]


def test_a_quotation_does_not_reach_over_a_line() -> None:
    assert len(split('قال "لن ننسحب\nوقالت الوزارة. "لا تعليق"')) == 3


def test_no_letter_is_lost_between_sentences() -> None:
    text = 'أولاً. ثانياً؟ "ثالثاً. رابعاً" خامساً\nسادساً…'
    assert [word for sentence in split(text) for word in words(sentence)] == words(fold(text))

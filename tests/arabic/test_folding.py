"""Folding: what it joins, what it keeps apart, and the way back to the original."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from mirqab.arabic import arabic_share, fold, fold_with_offsets, tokens

MARKS = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670\u0640"
arabic_text = st.text(
    alphabet=st.one_of(
        st.characters(min_codepoint=0x0600, max_codepoint=0x06FF),
        st.sampled_from(MARKS + ' \u00a0\u200f\u200b\ufeff.,،؛\n"«»0123ABCxyz'),
        st.characters(min_codepoint=0xFB50, max_codepoint=0xFDFF),
        st.characters(min_codepoint=0xFE70, max_codepoint=0xFEFC),
        st.characters(),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("أُعلِنَ إنهاءُ الآثار", "اعلن انهاء الاثار"),
        ("مسؤول", "مسءول"),
        ("مسئول", "مسءول"),
        ("شئون", fold("شؤون")),
        ("جلائهم", fold("جلاءهم")),
        ("أميركيّةٌ", "اميركيه"),
        ("فى مبنى على", "في مبني علي"),
        ("انســـحاب", "انسحاب"),
        ("کابل ایران", "كابل ايران"),
        ("٢٠٢٤ و۲۰۲۵", "2024 و2025"),
        ("ﻻ ﺍﻟﻘﻮﺍﺕ", "لا القوات"),
        ("القوات\u00a0الأجنبية\u200f", "القوات الاجنبيه"),
        ("گاز چاد پاريس ڤيينا", "گاز چاد پاريس ڤيينا"),
        ("ذرة درة ظل ضل ثار سار", "ذره دره ظل ضل ثار سار"),
        ("سطر\r\nسطر\u2028سطر", "سطر\n\nسطر\nسطر"),
        ("«٪ ، ؛ ؟»", "«٪ ، ؛ ؟»"),
    ],
)
def test_joins_spellings_and_keeps_meaning(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(arabic_text)
def test_both_paths_fold_alike_and_folding_twice_changes_nothing(text: str) -> None:
    assert fold_with_offsets(text).text == fold(text)
    assert fold(fold(text)) == fold(text)


@given(arabic_text)
def test_every_character_leads_back_to_the_one_it_came_from(text: str) -> None:
    expected = [index for index, character in enumerate(text) for _ in fold(character)]
    folded = fold_with_offsets(text)
    assert [folded.offset(position) for position in range(len(folded.text))] == expected


@given(arabic_text, st.data())
def test_a_span_folds_to_what_was_matched(text: str, data: DataObject) -> None:
    folded = fold_with_offsets(text)
    start = data.draw(st.integers(0, len(folded.text)))
    stop = data.draw(st.integers(start, len(folded.text)))
    first, last = folded.span(start, stop)
    assert 0 <= first <= last <= len(text)
    assert folded.text[start:stop] in fold(text[first:last])
    assert (first < last) == (start < stop)


def test_a_span_keeps_the_marks_on_its_last_letter() -> None:
    text = "قال أيضاً: انسحابُهم"
    folded = fold_with_offsets(text)
    assert [text[slice(*folded.span(token.start, token.stop))] for token in tokens(folded.text)] == [
        "قال",
        "أيضاً",
        "انسحابُهم",
    ]


@pytest.mark.parametrize("text", ["مسؤول شؤون", "هيئة أرجئ لُؤْلُؤٌ", "آب إلى أُفق", "café", "مسئول\u200dون"])
def test_composed_and_decomposed_texts_fold_alike(text: str) -> None:
    decomposed = normalize("NFD", text)
    assert fold(decomposed) == fold(normalize("NFC", text)) == fold_with_offsets(decomposed).text
    folded = fold_with_offsets(decomposed)
    spans = [folded.span(token.start, token.stop) for token in tokens(folded.text)]
    assert [fold(decomposed[slice(*span)]) for span in spans] == [token.text for token in tokens(folded.text)]


@given(st.text(alphabet="اويبةءئؤ" + MARKS + "\u0653\u0654\u0655\u200d\u200f ", max_size=40))
def test_words_with_hamzas_of_their_own_are_cut_with_their_marks(text: str) -> None:
    folded = fold_with_offsets(text)
    assert folded.text == fold(text)
    for token in tokens(folded.text):
        first, last = folded.span(token.start, token.stop)
        assert fold(text[first:last]) == token.text


def test_a_span_outside_the_text_is_an_error() -> None:
    with pytest.raises(IndexError):
        fold_with_offsets("نص").span(1, 3)


@pytest.mark.parametrize(
    ("text", "share"), [("", 0.0), ("123 !?", 0.0), ("NATO", 0.0), ("قوات", 1.0), ("قوات NATO", 0.5), ("قُوّات", 1.0)]
)
def test_arabic_share(text: str, share: float) -> None:
    assert arabic_share(text) == share

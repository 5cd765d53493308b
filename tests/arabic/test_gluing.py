"""Words printed without the space between them, and words that only look so."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirqab.arabic import SHORTEST_GLUED, WordIndex, fold, read_word, unglue

KNOWN = """
    انسحاب سحب/يسحب سحب الجيش قوات القوات وحدات الولايات المتحدة أفغانستان واشنطن كابول بغداد إعادة انتشار أميركي+
    أعلن/يعلن منطقة عازل+ تحقيق مستشفى مجتمع التزام تنظيم اتهم/يتهم بيان بيروت أفاد/يفيد آلية آليات
    الرأس رأس مالي+ من في لا عن حي كان
"""


@pytest.fixture(scope="module")
def index() -> WordIndex:
    index = WordIndex()
    for word in KNOWN.split():
        index.add(*read_word(word))
    return index


@pytest.mark.parametrize(
    "printed",
    [
        "انسحاب|الجيش",
        "وانسحاب|القوات",
        "سحب|القوات",
        "الجيش|والقوات",
        "الولايات|المتحدة",
        "الولايات|المتحدة|وأفغانستان",
        "لواشنطن|وكابول",
        "بغداد|أعلنت",
        "بيروت|أفادت",
        "إعادة|انتشار",
        "قوات|أميركية",
        "المنطقة|العازلة",
        "انسحاب|قواتها",
    ],
)
def test_glued_words_are_cut(index: WordIndex, printed: str) -> None:
    parts = fold(printed).split("|")
    cuts = unglue("".join(parts), index.find)
    assert cuts is not None
    assert cuts == tuple(len("".join(parts[:stop])) for stop in range(1, len(parts)))


WHOLE = """
    تحقيقاتهم تحقيقاتهما وبتنظيماتها التزاماتهم بياناتهم مجتمعاتهم مستشفياتهم والمستشفيات فعالياتها المسؤوليات
    والاستعمار السوفياتية العملياتية إشكالياتها احتمالاتها استقلاليتها والانسحابات الاحتلال ليستخرجها
    الرأسمالية والرأسمالي Afghanistan 2.500.000 الجيشوشيء قواتشتى بالعلاقات منالحدود فيالعراق كانالوزير
"""


@pytest.mark.parametrize("word", WHOLE.split())
def test_whole_words_and_doubtful_ones_are_not(index: WordIndex, word: str) -> None:
    assert unglue(fold(word), index.find) is None


@given(st.text(alphabet="ابتلويهمنقسحرع", max_size=24), st.sets(st.text(alphabet="ابتلوي", min_size=1, max_size=6)))
def test_the_pieces_are_known_and_make_the_word(token: str, known: set[str]) -> None:
    cuts = unglue(token, known.__contains__)
    if cuts is not None:
        bounds = [0, *cuts, len(token)]
        assert len(token) >= SHORTEST_GLUED
        assert bounds == sorted(set(bounds))
        assert all(token[start:stop] in known for start, stop in pairwise(bounds))

"""The page on topics: its complete example is one, and its fragments are read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import indent

import pytest

from mirqab.arabic import fold, forms, read_word
from mirqab.topics import Judge, check_examples, compile_topic, limits
from mirqab.topics.language import Grading
from mirqab.types import Document

PAGE = (Path(__file__).parents[2] / "docs" / "topics.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
COMPLETE = [block for block in BLOCKS if not block.startswith("# ")]
LIBRARY = next(block for block in BLOCKS if block.startswith("# مكتبة"))
IMPORTING = next(block for block in BLOCKS if block.startswith("# مستورِد"))
FRAGMENTS = [block for block in BLOCKS if block.startswith("# جزء")]


@pytest.mark.parametrize("block", COMPLETE)
def test_a_complete_example_compiles_and_its_examples_pass(document: Callable[[str], Document], block: str) -> None:
    topic = compile_topic(document(block))
    assert topic.examples
    assert check_examples(topic) == []


def test_there_are_both_kinds() -> None:
    assert len(COMPLETE) >= 1
    assert len(FRAGMENTS) >= 2


def test_the_fragment_on_concepts_is_accepted(document: Callable[[str], Document]) -> None:
    block = next(block for block in FRAGMENTS if "يشمل" in block)
    text = COMPLETE[0].replace("مفاهيم:\n", "مفاهيم:\n" + indent(block, "  "), 1)
    assert "أرض" in compile_topic(document(text)).concepts


def test_the_fragment_on_compositions_is_accepted(document: Callable[[str], Document]) -> None:
    block = next(block for block in FRAGMENTS if "إسقاط" in block)
    concepts = "".join(
        f"  {name}: [كلمة]\n" for name in ("قوة", "صاحبها", "سحب", "كلمات_حشو", "من_غير_مكان", "الانسحاب")
    )
    rules = "قواعد:\n- {اسم: وحده, معا: [انسحاب_قوات], نقاط: 3}\n"
    head = "موضوع: تجربة\nمعرّف: trial\nعتبة: 3\nمفاهيم:\n"
    assert compile_topic(document(head + concepts + block + rules)).drops


def test_the_table_of_words_says_what_is_found() -> None:
    rows = re.findall(r"^\| `\"?([^`\"]+)\"?` \| [^|]+ \| ([^|]+?) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 7
    for written, found in rows:
        known = forms(*read_word(written))
        for form in re.findall(r"[\u0621-\u0652]+", found.partition(", but not")[0]):
            assert fold(form) in known, (written, form)


def test_the_library_is_one_and_adds_to_the_topic(document: Callable[[str], Document]) -> None:
    rest = "موضوع: أ\nمعرّف: a\nعتبة: 3\nتراكيب: [{اسم: ب, أي: [[خروج, قوة, 3]]}]\n"
    rest += "قواعد: [{اسم: ق, معا: [ب], نقاط: 3}]\n"
    topic = compile_topic(replace(document(IMPORTING + rest), imports={"library/actors": document(LIBRARY)}))
    for text in ("انسحاب الجنود", "انسحاب الكشافة"):
        assert Judge([topic]).judge(title="", text=text, published=None)[0].flagged


def test_the_fragment_on_amounts_names_the_defaults(document: Callable[[str], Document]) -> None:
    block = next(block for block in FRAGMENTS if "درجات" in block)
    topic = compile_topic(document(COMPLETE[0] + block))
    assert topic.grading == Grading() == compile_topic(document(COMPLETE[0])).grading
    assert topic.outlet_thresholds
    assert topic.active_to


def test_the_limits_are_those_that_hold() -> None:
    section = PAGE.partition("## Limits")[2].partition("## The version")[0]
    told = {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\d|\d", section)}
    for limit in (
        limits.CONCEPTS, limits.TERMS, limits.ALL_TERMS, limits.TERM_WORDS, limits.COMPOSITIONS, limits.WAYS,
        limits.ALL_WAYS, limits.COMPOSED_DEEP, limits.DISTANCE, limits.RULES, limits.TOGETHER, limits.PENALTIES,
        limits.DROPS, limits.FACETS, limits.VALUES, limits.EXAMPLES,
    ):  # fmt: skip
        assert limit in told

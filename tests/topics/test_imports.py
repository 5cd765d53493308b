"""Concepts from library files: what a topic takes over, how it adds to it, and what it cannot do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mirqab.errors import ConfigurationError
from mirqab.topics import Judge, compile_topic
from mirqab.types import Document

ACTORS = """\
مفاهيم:
  قوة: [قوات, جنود]
  بقاء: {كلمات: [بقي/يبقى], لا: [تبقى]}
  كل_قوة: {يشمل: [قوة, جماعة]}
  جماعة: {كلمات: [مرتزقة], يشمل: [فاغنر]}
  فاغنر: [فاغنر]
"""
TOPIC = """\
موضوع: تجربة
معرّف: trial
يستورد: [library/actors]
عتبة: 3
مفاهيم:
  خروج: [انسحاب]
تراكيب:
- اسم: انسحاب_قوات
  أي:
  - [خروج, قوة, 3, بعده]
قواعد:
- {اسم: وحده, معا: [انسحاب_قوات], نقاط: 3}
"""

Read = Callable[[str], Document]


@pytest.fixture
def compiling(document: Read) -> Callable[..., Document]:
    """Return a function that reads a topic with its libraries."""

    def read(text: str, **libraries: str) -> Document:
        imports = {f"library/{name}": document(library) for name, library in libraries.items()}
        return replace(document(text), imports=imports)

    return read


def flags(read: Document, text: str) -> bool:
    (verdict,) = Judge([compile_topic(read)]).judge(title="", text=text, published=None)
    return verdict.flagged


def test_an_imported_concept_counts_like_an_own_one(compiling: Callable[..., Document]) -> None:
    read = compiling(TOPIC, actors=ACTORS)
    assert flags(read, "انسحاب القوات غداً")
    assert not flags(read, "انسحاب المرتزقة غداً")
    assert flags(compiling(TOPIC.replace("خروج, قوة", "خروج, كل_قوة"), actors=ACTORS), "انسحاب فاغنر غداً")


def test_only_what_is_used_travels_with_the_topic(compiling: Callable[..., Document]) -> None:
    topic = compile_topic(compiling(TOPIC, actors=ACTORS))
    assert set(topic.concepts) == {"خروج", "قوة"}
    assert (
        compile_topic(compiling(TOPIC, actors=ACTORS.replace("فاغنر: [فاغنر]", "فاغنر: [بارخان]"))).version
        == topic.version
    )
    assert compile_topic(compiling(TOPIC, actors=ACTORS.replace("جنود", "ضباط"))).version != topic.version


def test_an_own_block_adds_to_an_imported_concept(compiling: Callable[..., Document]) -> None:
    block = "مفاهيم:\n  قوة: {يشمل: [قوة], كلمات: [كشافة]}\n"
    read = compiling(TOPIC.replace("مفاهيم:\n", block), actors=ACTORS)
    assert flags(read, "انسحاب الكشافة غداً")
    assert flags(read, "انسحاب القوات غداً")


def test_what_a_library_strikes_out_stays_out(compiling: Callable[..., Document]) -> None:
    text = TOPIC.replace("خروج: [انسحاب]", "خروج: {كلمات: [انسحاب], يشمل: [بقاء]}")
    assert flags(compiling(text, actors=ACTORS), "يبقى الجنود غداً")
    assert not flags(compiling(text, actors=ACTORS), "ما تبقى من القوات")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  خروج: [انسحاب]\n", "  خروج: [انسحاب]\n  قوة: [فرقة]\n", "«قوة» comes from library/actors"),
        ("library/actors]", "library/actors, library/others]", "«قوة» is also in library/actors"),
        ("library/actors]", "library/nowhere]", "read together with this one"),
        ("خروج, قوة", "خروج, قوه_", "did you mean «قوة»"),
        ("[انسحاب]", "{يشمل: [جماعه_]}", "did you mean «جماعة»"),
        ("[انسحاب]", "{يشمل: [دخول]}\n  دخول: {يشمل: [خروج]}", "do not include each other"),
    ],
)
def test_a_clash_or_an_unknown_name_is_a_mistake(
    compiling: Callable[..., Document], old: str, new: str, expected: str
) -> None:
    assert old in TOPIC
    others = ACTORS.replace("فاغنر: [فاغنر]", "فاغنر: [بارخان]").replace("جنود", "ضباط")
    with pytest.raises(ConfigurationError) as caught:
        compile_topic(compiling(TOPIC.replace(old, new, 1), actors=ACTORS, others=others))
    assert any(expected in mistake.expected and mistake.line for mistake in caught.value.mistakes), caught.value


def test_a_library_holds_concepts_alone(compiling: Callable[..., Document]) -> None:
    for library in (ACTORS + "عتبة: 3\n", "[]", "مفاهيم: []\n", ACTORS.replace("[فاغنر]", "[فا*]")):
        with pytest.raises(ConfigurationError):
            compile_topic(compiling(TOPIC, actors=library))
        with pytest.raises(ConfigurationError):  # what was wrong once is not remembered as right
            compile_topic(compiling(TOPIC, actors=library))


def test_libraries_meet_again_by_several_ways(document: Read, compiling: Callable[..., Document]) -> None:
    places = document("مفاهيم: {أرض: [أرض]}\n")
    actors = replace(document("يستورد: [library/places]\n" + ACTORS), imports={"library/places": places})
    text = TOPIC.replace("library/actors]", "library/actors, library/places]").replace("3, بعده]", "3, بعده]\n  - أرض")
    topic = compile_topic(replace(document(text), imports={"library/actors": actors, "library/places": places}))
    assert "أرض" in topic.concepts

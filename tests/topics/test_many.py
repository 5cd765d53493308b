"""Many topics compiled at once."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import pytest

from mirqab.documents import parse_document
from mirqab.errors import ConfigurationError
from mirqab.topics import Judge, compile_topics
from mirqab.types import Document

FILE = """\
موضوع: جسور {number}
معرّف: bridges-{number}
عتبة: {threshold}
مفاهيم: {{جسر: [جسر, جسور], إغلاق: [إغلاق]}}
تراكيب: [{{اسم: إغلاق_جسر, أي: [[إغلاق, جسر, 3, بعده]]}}]
قواعد: [{{اسم: إغلاق, معا: [إغلاق_جسر], نقاط: 3}}]
"""


@pytest.fixture
def written() -> Callable[[int, object], Document]:
    def write(number: int, threshold: object = 3) -> Document:
        text = FILE.format(number=number, threshold=threshold)
        return parse_document(text.encode(), path=Path(f"bridges-{number}.yaml"), max_bytes=10_000)

    return write


def test_topics_keep_their_order_and_the_collector_its_state(written: Callable[..., Document]) -> None:
    assert gc.isenabled()
    topics = compile_topics(written(number) for number in range(5))
    assert [topic.id for topic in topics] == [f"bridges-{number}" for number in range(5)]
    verdicts = Judge(topics).judge(title="", text="أعلن إغلاق الجسر القديم.", published=None)
    assert [verdict.topic for verdict in verdicts if verdict.flagged] == [topic.id for topic in topics]
    assert gc.isenabled()


def test_the_mistakes_of_all_are_told_at_once(written: Callable[..., Document]) -> None:
    with pytest.raises(ConfigurationError) as error:
        compile_topics([written(1, "كثير"), written(2), written(3, "قليل")])
    assert [mistake.file for mistake in error.value.mistakes] == ["bridges-1.yaml", "bridges-3.yaml"]
    assert gc.isenabled()


def test_what_stands_still_may_be_still_already(written: Callable[..., Document]) -> None:
    gc.disable()
    try:
        compile_topics([written(1)])
        assert not gc.isenabled()
    finally:
        gc.enable()

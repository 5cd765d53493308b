"""Topic files that would hang or blow up: refused with the limit they break, or judged in bounded time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mirqab.documents import parse_document
from mirqab.errors import ConfigurationError
from mirqab.topics import Judge, Topic, check_examples, compile_topic
from mirqab.types import Document


def declared(**changed: Any) -> Document:
    """Return a small topic with other values in place of some of its own."""
    content: dict[str, Any] = {
        "topic": "trial",
        "id": "trial",
        "threshold": 3,
        "concepts": {"leaving": ["انسحاب"], "force": ["قوات"], "talk": ["محادثات"]},
        "compose": [{"name": "withdrawal", "any": [["leaving", "force", 3]]}],
        "rules": [{"name": "alone", "together": ["withdrawal"], "points": 3}],
    }
    return Document(path="topic.yaml", content=content | changed, lines={(): 1}, digest="")


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail when the block takes more CPU time, even of a machine four times slower than ours."""
    start = time.process_time()
    yield
    assert time.process_time() - start < 4 * seconds


def refused(document: Document) -> str:
    with at_most(5), pytest.raises(ConfigurationError) as caught:
        compile_topic(document)
    assert len(caught.value.mistakes) <= 200
    assert all(len(str(mistake)) < 2_000 for mistake in caught.value.mistakes)
    return "\n".join(str(mistake) for mistake in caught.value.mistakes)


BASE: dict[str, Any] = declared().content
MANY = 10_000


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"concepts": {**BASE["concepts"], **{f"c{at}": ["كلمة"] for at in range(MANY)}}}, "at most 1,000 entries"),
        ({"concepts": BASE["concepts"] | {"many": [f"كلمة{at}" for at in range(10**6)]}}, "at most 5,000 terms"),
        ({"concepts": BASE["concepts"] | {"many": {"words": ["ك"] * 10**6}}}, "at most 5,000 items"),
        ({"concepts": BASE["concepts"] | {"long": ["كلمة " * MANY]}}, "a term of at most 8 words"),
        ({"concepts": BASE["concepts"] | {"long": ["ك" * 10**6]}}, "of at most 60 letters"),
        ({"concepts": BASE["concepts"] | {"ك" * 10**5: ["ك"]}}, "a name of at most 200 characters"),
        (
            {
                "concepts": BASE["concepts"]
                | {f"c{at}": {"includes": [f"c{at + 1}"]} for at in range(900)}
                | {"c900": [1]}
            },
            "inclusion at most 10 deep",
        ),
        (
            {
                "concepts": BASE["concepts"]
                | {"c0": [f"ك{at}" for at in range(100)]}
                | {f"c{at}": {"includes": [f"c{at - 1}"] * 100} for at in range(1, 9)}
            },
            "at most 5,000 terms with those that are included",
        ),
        ({"compose": BASE["compose"] * 400}, "at most 300 items"),
        ({"compose": [{"name": "withdrawal", "any": ["leaving"] * 101}]}, "at most 100 items"),
        ({"compose": [{"name": "withdrawal", "any": [["leaving", "force", 10**9]]}]}, "at most 300 words between"),
        ({"compose": [{"name": "withdrawal", "any": [["leaving", "force", 3, *["after"] * MANY]]}]}, "at most 5 items"),
        (
            {"compose": [{"name": f"w{at}", "any": [f"w{at - 1}" if at else "leaving"]} for at in range(99)]},
            "at most 20 deep",
        ),
        (
            {"compose": BASE["compose"] + [{"name": f"w{at}", "any": ["leaving"] * 90} for at in range(20)]},
            "at most 1,000 lines",
        ),
        ({"rules": BASE["rules"] * 301}, "at most 300 items"),
        ({"rules": [{"name": "r", "together": ["withdrawal", *["force"] * 9], "points": 3}]}, "at most 8 items"),
        ({"rules": [{"name": "r", "together": ["withdrawal"], "within": 10**9, "points": 3}]}, "at most 300"),
        ({"rules": [{"name": "r", "together": ["withdrawal"], "times": 10**9, "points": 3}]}, "at most 1,000"),
        ({"rules": [{"name": "r", "together": ["withdrawal"], "points": 10**400}]}, "at most 1,000,000"),
        ({"threshold": float("nan")}, "at most 1,000,000"),
        ({"threshold": float("inf")}, "at most 1,000,000"),
        ({"penalties": [{"name": "p", "past_year": True, "points": -1}] * 101}, "at most 100 items"),
        ({"penalties": [{"name": "p", "concept": "talk", "points": -1, "unless": ["force"] * 101}]}, "at most 100"),
        ({"facets": {f"f{at}": {"id": "f", "values": {"v": ["ك"]}} for at in range(21)}}, "at most 20 entries"),
        ({"facets": {"f": {"id": "f", "values": {f"v{at}": ["ك"] for at in range(501)}}}}, "at most 500 entries"),
        ({"examples": {"flagged": [{"text": "نص"}] * 1_001}}, "at most 1,000 items"),
        ({"examples": {"flagged": [{"text": "ن" * 10**6}]}}, "at most 50000 characters"),
        ({"rules": [{"name": "r", "together": [f"withdrawl{at}"], "points": 3} for at in range(300)]}, "known name"),
        ({f"key{at}": 1 for at in range(MANY)}, "a known name"),
        ({"ك" * 10**6: 1}, "a known name"),
        ({"id": "a" * 10**6}, "at most 200 characters"),
    ],
)  # fmt: skip
def test_a_limit_is_named(changed: dict[str, Any], expected: str) -> None:
    assert expected in refused(declared(**changed))


def test_a_yaml_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    lines = ["a0: &a0 [انسحاب]"] + [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 30)]
    for text in ("\n".join(lines), "مفاهيم: " + "[" * 100_000, "مفاهيم: " + "{a: " * 5_000, "ن" * 3_000_000):
        with at_most(10), pytest.raises(ConfigurationError):
            parse_document(text.encode(), path=tmp_path / "topic.yaml")


def worst() -> Topic:
    """Return a topic that is as costly as the limits allow, in all of whose words a text can be written."""
    names = [f"c{at}" for at in range(40)]
    concepts = {name: {"words": ["كلمة", "كلمه+", "كلمة كلمة", "=كلمة"], "not": [f"ا{name}"]} for name in names}
    compose = [{"name": "w0", "any": [[one, other, 300] for one in names[:10] for other in names[10:20]]}]
    compose += [{"name": f"w{at}", "any": [[f"w{at - 1}", name, 300] for name in names[:40]]} for at in range(1, 19)]
    rules = [
        {"name": f"r{at}", "together": [f"w{at % 19}", *names[at % 30 : at % 30 + 7]], "within": 300, "points": 3}
        for at in range(300)
    ]
    return compile_topic(declared(concepts=concepts, compose=compose, rules=rules))


@pytest.mark.parametrize(
    "text",
    ["كلمة " * 300, "كلمة " * 2_000, "كلمة كلمة. " * 300, "كلام " * 400_000, "كلمة" * 100_000],
    ids=["sentence", "text", "sentences", "beyond the text", "one word"],
)
def test_the_costliest_topic_on_the_costliest_text(text: str) -> None:
    with at_most(5):
        judge = Judge([worst()])
    with at_most(30):
        judge.judge(title="", text=text, published=None)


def test_ways_that_multiply_are_not_told_apart() -> None:
    names = [f"c{at}" for at in range(20)]
    compose = [{"name": "w0", "any": [[one, other, 3] for one in names[:10] for other in names[10:]]}]
    compose += [{"name": f"w{at}", "any": [[f"w{at - 1}", f"w{at - 1}", 9]]} for at in range(1, 20)]
    rules = [{"name": "r", "together": ["w19"], "points": 3}]
    with at_most(5):
        topic = compile_topic(
            declared(concepts={name: [f"كلمة{name}"] for name in names}, compose=compose, rules=rules)
        )
        (verdict,) = Judge([topic]).judge(title="", text="كلمةc0 كلمةc10 " * 200, published=None)
    assert verdict.missing


def test_examples_of_a_large_topic_are_judged_in_time() -> None:
    examples = {"not_flagged": [{"text": "كلمة " * 300} for _ in range(1_000)]}
    with at_most(30):
        check_examples(compile_topic(declared(examples=examples)))

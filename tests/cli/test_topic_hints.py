"""Hints on a topic as `topic check` prints them: few lines, the serious ones first, and nothing that is not so."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mirqab.cli.topic.hints_shown import SHOWN, hint_lines
from mirqab.topics import Finding

if TYPE_CHECKING:
    from tests.cli.conftest import Reader

OWN = "config/topics/troop-withdrawal-talks.yaml"

TOPIC = """\
موضوع: تجربة
معرّف: trial
عتبة: 3
حشو: كلمات_حشو
مفاهيم:
  كلمات_حشو: [آخر, كبير, منظم]
  خروج: [انسحاب, عاد/يعود]
  قوة: [قوات]
تراكيب:
- {اسم: خروج_قوة, أي: [[خروج, قوة, 3, بعده, حشو]]}
- {اسم: خروج_وحده, أي: [خروج]}
قواعد:
- {اسم: خروج, معا: [خروج_قوة], نقاط: 5}
خصومات:
- {اسم: كثير, مفهوم: خروج_وحده, ضمن: 0, نقاط: -1}
أمثلة:
  يجب_أن_يُرفع:
  - نص: عاد القوات
"""


def finding(kind: str, number: int, text: str = "") -> Finding:
    return Finding(kind=kind, file="trial.yaml", line=number, key=f"مفاهيم.{number}", text=text or f"{kind} {number}")


def test_the_first_of_a_kind_are_told_and_the_others_counted() -> None:
    findings = [finding("never fires", number) for number in range(40)] + [finding("unused", 50)]
    lines = list(hint_lines(findings, every=False))
    assert lines[0] == "hint: trial.yaml:50: مفاهيم.50: unused 50", "what matters most stands first"
    assert len(lines) == 1 + SHOWN + 1
    assert lines[-1] == f"hint: trial.yaml: {40 - SHOWN} more rules that never fire; --all-hints lists them"
    assert len(list(hint_lines(findings, every=True))) == 41


def test_one_more_is_told_rather_than_counted() -> None:
    lines = list(hint_lines([finding("unused", number) for number in range(SHOWN + 1)], every=False))
    assert len(lines) == SHOWN + 1
    assert not any("more" in line for line in lines)


def test_the_same_hint_on_several_concepts_is_one_line() -> None:
    findings = [finding("collides", number, "the same") for number in (3, 7, 9)]
    (line,) = hint_lines(findings, every=False)
    assert line == "hint: trial.yaml:3: مفاهيم.3: the same (also in مفاهيم.7, مفاهيم.9)"


def test_our_own_topic_gets_few_lines(newcomer: Reader) -> None:
    said = newcomer("topic", "check", OWN)
    assert said.code == 0
    assert len(said.lines) <= 15, said.out
    every = newcomer("topic", "check", OWN, "--all-hints")
    assert len(every.lines) > len(said.lines)
    assert every.lines[-1] == said.lines[-1]
    (told,) = json.loads(newcomer("topic", "check", OWN, "--json").out)["topics"]
    assert re.search(rf", {len(told['hints'])} hints$", said.lines[-1]), "a program gets them one by one"


@pytest.mark.parametrize("wrong", ["يعد", "اخري", "كبيره", "خروج_وحده"])
def test_what_is_not_so_is_not_said(newcomer: Reader, tmp_path_factory: pytest.TempPathFactory, wrong: str) -> None:
    path: Path = tmp_path_factory.mktemp("topics") / "trial.yaml"
    path.write_text(TOPIC, encoding="utf-8")
    said = newcomer("topic", "check", str(path), "--all-hints")
    # «يعد» is a form of «عاد» only after «لم»; fillers find nothing; a penalty uses the composition
    assert said.code == 0, said.err
    assert wrong not in said.out

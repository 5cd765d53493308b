"""`evaluate extraction`: a folder of golden pages in, figures, floors and differences out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Command

HEADLINE = "اللجنة المشتركة تحدد موعد جلستها المقبلة"
PARAGRAPHS = (
    "أعلنت اللجنة المشتركة في بيانٍ، اليوم الأربعاء، أنها ستعقد جلستها المقبلة مطلع الأسبوع في العاصمة.",
    "وقال المتحدث سالم الراوي إن جدول الأعمال يضم ثلاثة بنود، بينها تقرير الخبراء عن حالة الطرق الجبلية.",
    "ومن المقرر أن تنشر اللجنة محضر الجلسة بعد يومين من انعقادها، على أن يعقبه مؤتمر صحفي مفتوح.",
)
HTML = (
    "<!doctype html><html lang=ar><head><meta charset=utf-8><title>{headline}</title>"
    '<meta property="article:published_time" content="2024-01-26T12:00:00+03:00"></head>'
    "<body><main><article><h1>{headline}</h1>{text}</article></main></body></html>"
)


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    """Three pages of two outlets: one as its gold says, one whose gold is of another mind, one that is no article."""
    folder = tmp_path / "golden"
    folder.mkdir()
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    body = "\n".join(PARAGRAPHS)
    right: dict[str, Any] = {"outlet": "Nahr", "class": "news", "title": HEADLINE, "body_text": body, "author": None}
    pairs: dict[str, tuple[str, dict[str, Any]]] = {
        "nahr-1": (text, {**right, "published": "2024-01-26T12:00:00+03:00", "must_contain": ["ثلاثة بنود"]}),
        "wadi-1": (
            text,
            {**right, "outlet": "Wadi", "title": "\x1b[2Jعنوان", "published": None, "must_not_contain": ["ثلاثة بنود"]},
        ),
        "wadi-2": ("", {"outlet": "Wadi", "class": "listing", "is_article": False, "title": None}),
    }
    for name, (markup, gold) in pairs.items():
        (folder / f"{name}.html").write_text(HTML.format(headline=HEADLINE, text=markup), encoding="utf-8")
        (folder / f"{name}.gold.json").write_text(json.dumps({"file": f"{name}.html", **gold}), encoding="utf-8")
    return folder


def test_figures_are_printed_by_group_and_the_worst_pages_after_them(mirqab: Command, golden: Path) -> None:
    said = mirqab("evaluate", "extraction", str(golden))

    assert said.code == 0, said.err
    groups = [line.split()[0] for line in said.lines[1:6]]
    assert groups == ["all", "class:listing", "class:news", "outlet:Nahr", "outlet:Wadi"]
    assert "1/0/0/1" in said.lines[1]
    assert "0 missing, 1 leaked" in said.lines[1]
    (bad,) = [line for line in said.lines if line.startswith("wadi-1")]
    assert "leaks «ثلاثة بنود»" in bad
    assert "date unfounded" in bad
    assert "nahr-1.html" not in said.out


def test_a_pipe_gets_the_same_as_json(mirqab: Command, golden: Path) -> None:
    lines = mirqab("evaluate", "extraction", str(golden), "--format", "jsonl", "--worst", "9").lines
    rows = [json.loads(line) for line in lines]

    whole = next(row for row in rows if row.get("group") == "all")
    assert (whole["pages"], whole["outlets"], whole["f1"], whole["headline"]) == (3, 2, 1.0, 0.5)
    assert (whole["dates_right"], whole["dates_unfounded"], whole["leaks"], whole["recognised"]) == (1, 1, 1, 1.0)
    (page,) = [row for row in rows if "page" in row]
    assert (page["page"], page["leaks"], page["date"]) == ("wadi-1.html", ["ثلاثة بنود"], "unfounded")
    assert json.loads(mirqab("evaluate", "extraction", str(golden), "--format", "json", "--worst", "9").out) == rows


def test_floors_decide_the_exit_code(mirqab: Command, golden: Path) -> None:
    above = mirqab("evaluate", "extraction", str(golden), "--floor", "f1=.98,outlet:Nahr.headline=1")
    assert (above.code, above.err.strip()) == (0, "")
    fallen = mirqab("evaluate", "extraction", str(golden), "--floor", "f1=.98", "--floor", "headline=.9,clean=1")
    assert fallen.code == 1
    assert fallen.err.splitlines()[0] == "headline of all is 0.5000, below 0.9."
    assert "clean of all" in fallen.err
    assert fallen.out


def test_one_page_is_shown_with_its_differences(mirqab: Command, golden: Path) -> None:
    said = mirqab("evaluate", "extraction", str(golden), "--show", "wadi-1.html")

    assert said.code == 0
    assert "+ headline: " + HEADLINE in said.lines
    assert "+ must not contain: ثلاثة بنود" in said.lines
    assert "\x1b" not in said.out
    assert mirqab("evaluate", "extraction", str(golden), "--show", "nahr-1").lines == ["as its gold says"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (lambda golden: [str(golden / "nowhere")], "is no folder"),
        (lambda golden: [str(golden), "--show", "wadi-3.html"], "Did you mean wadi-"),
        (lambda golden: [str(golden), "--floor", "f2=.9"], "--floor takes MEASURE=LEAST"),
        (lambda golden: [str(golden), "--floor", "class:blog.f1=.9"], "no group 'class:blog'"),
    ],
)
def test_what_cannot_work_is_said_with_2(
    mirqab: Command, golden: Path, arguments: Callable[[Path], list[str]], said: str
) -> None:
    answer = mirqab("evaluate", "extraction", *arguments(golden))
    assert answer.code == 2
    assert said in answer.err


def test_a_mistake_in_a_golden_file_is_named_with_its_place(mirqab: Command, golden: Path) -> None:
    (golden / "nahr-1.gold.json").write_text('{\n "title": "x",\n "published": "yesterday"\n}', encoding="utf-8")
    answer = mirqab("evaluate", "extraction", str(golden))
    assert answer.code == 2
    assert "nahr-1.gold.json:3: published: expected a time in ISO 8601" in answer.err

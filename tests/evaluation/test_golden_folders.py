"""Golden pages are read however their folder is written, and a mistake in them is named with its place."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mirqab.errors import ConfigurationError, UsageError
from mirqab.evaluation import read_golden

HEADLINE = "اللجنة المشتركة تحدد موعد جلستها المقبلة"
BODY = "أعلنت اللجنة المشتركة أنها ستعقد جلستها المقبلة مطلع الأسبوع."


def save(folder: Path, name: str, gold: Any, *, page: str | None = "") -> None:
    if page is not None:
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    (folder / f"{name}.gold.json").write_text(json.dumps(gold, ensure_ascii=False, indent=1), encoding="utf-8")


def mistakes(folder: Path) -> list[tuple[str, int | None, str]]:
    with pytest.raises(ConfigurationError) as error:
        read_golden(folder)
    return [(Path(one.file).name, one.line, one.key) for one in error.value.mistakes]


def test_an_index_names_pages_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "1.html").touch()
    row = {"file": "1.html", "url": "https://a.example/1", "shell": "Nahr", "headline": HEADLINE, "body": BODY}
    (tmp_path / "index.jsonl").write_text(json.dumps(row) + "\n\n", encoding="utf-8")

    (page,) = read_golden(tmp_path)

    assert (page.name, page.outlet, page.kind, page.url) == ("1.html", "Nahr", "news", "https://a.example/1")
    assert (page.headline, page.body, page.is_article) == (HEADLINE, BODY, True)
    assert not page.says_published
    assert not page.says_author


def test_a_pair_says_more(tmp_path: Path) -> None:
    gold = {
        "class": "site", "outlet": "Wadi", "title": HEADLINE, "published": "2024-01-26T14:05:00", "author": None,
        "timezone": "Asia/Baghdad", "body_text": BODY, "must_contain": ["ستعقد جلستها"], "optional": ["(نور)"],
        "must_not_contain": ["اقرأ أيضا"], "provenance": {"headers": [["Content-Type", "text/html"]]},
    }  # fmt: skip
    save(tmp_path, "wadi-1", gold)

    (page,) = read_golden(tmp_path)

    assert (page.name, page.kind, page.content_type) == ("wadi-1.html", "site", "text/html")
    assert page.published is not None
    assert page.published.at == datetime(2024, 1, 26, 11, 5, tzinfo=UTC)
    assert not page.published.day_only
    assert page.says_author
    assert page.author is None
    assert (page.must_contain, page.optional) == (("ستعقد جلستها",), ("(نور)",))


@pytest.mark.parametrize(
    ("written", "hour", "day_only"),
    [
        ("2013-08-03 (from the URL)", 0, True),
        ("2013-08-03", 0, True),
        ("2013-08-03T13:52:13.299Z", 13, False),
        ("2013-08-03T16:52:13+03:00", 13, False),
    ],
)
def test_a_time_is_read_as_it_is_written(tmp_path: Path, written: str, hour: int, day_only: bool) -> None:
    save(tmp_path, "1", {"title": HEADLINE, "published": written})

    moment = read_golden(tmp_path)[0].published

    assert moment is not None
    assert abs(moment.at - datetime(2013, 8, 3, hour, tzinfo=UTC)) < timedelta(hours=1)
    assert moment.day_only is day_only


def test_one_file_may_speak_of_several_pages(tmp_path: Path) -> None:
    for name in ("1", "2"):
        (tmp_path / f"{name}.html").touch()
    golds = [{"file": "1.html", "full_text": BODY}, {"file": "2.html", "title": HEADLINE, "url": "https://b.example/2"}]
    save(tmp_path, "html", golds, page=None)

    assert [(page.name, page.outlet) for page in read_golden(tmp_path)] == [
        ("1.html", "1.html"),
        ("2.html", "b.example"),
    ]


def test_every_mistake_is_named_with_its_file_line_and_key(tmp_path: Path) -> None:
    save(tmp_path, "1", {"title": 7, "published": "yesterday", "must_contain": "text", "timezone": "Asia/Nowhere"})
    save(tmp_path, "2", {"file": "gone.html", "title": HEADLINE})
    save(tmp_path, "3", {"outlet": "Nahr"})
    save(tmp_path, "4", [{"file": "1.html", "title": HEADLINE}, "page"])
    (tmp_path / "5.gold.json").write_text('{\n "title": "x",\n}', encoding="utf-8")
    rows = ('{"file": "1.html", "body": []}', "{", '{"file": "../1.html", "headline": "x"}')
    (tmp_path / "index.jsonl").write_text("\n".join(rows), encoding="utf-8")

    assert mistakes(tmp_path) == [
        ("index.jsonl", 1, "body"),
        ("index.jsonl", 2, ""),
        ("index.jsonl", 3, "file"),
        ("1.gold.json", 5, "timezone"),
        ("1.gold.json", 2, "title"),
        ("1.gold.json", 4, "must_contain"),
        ("1.gold.json", 3, "published"),
        ("2.gold.json", 2, "file"),
        ("3.gold.json", 1, ""),
        ("4.gold.json", None, "1"),
        ("5.gold.json", 3, ""),
    ]


def test_a_page_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.html").touch()
    folder = tmp_path / "golden"
    folder.mkdir()
    save(folder, "1", {"file": "../secret.html", "title": HEADLINE})

    assert mistakes(folder) == [("1.gold.json", 2, "file")]


def test_a_folder_without_gold_is_a_wrong_call(tmp_path: Path) -> None:
    (tmp_path / "1.html").touch()
    with pytest.raises(UsageError, match=r"index\.jsonl"):
        read_golden(tmp_path)
    with pytest.raises(UsageError, match="no folder"):
        read_golden(tmp_path / "nowhere")

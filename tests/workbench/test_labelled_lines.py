"""Lines with texts: what is read, what is complained about, and what a file may be."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mirqab.errors import UsageError
from mirqab.workbench import Side, read_labelled, read_stories

LINE: dict[str, Any] = {"id": "a", "title": "عنوان", "text": "نص طويل", "label": "positive"}


class Complaints:
    def __init__(self) -> None:
        self.heard: list[tuple[int, str]] = []

    def __call__(self, line: int, why: str) -> None:
        self.heard.append((line, why))


@pytest.fixture
def complain() -> Complaints:
    return Complaints()


def file_of(folder: Path, *lines: Any) -> str:
    path = folder / "lines.jsonl"
    written = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_text("\n".join(written) + "\n", encoding="utf-8")
    return str(path)


def test_a_lead_stands_for_the_text_and_a_date_for_the_time(tmp_path: Path, complain: Complaints) -> None:
    name = file_of(
        tmp_path,
        {**LINE, "lead": "مقدمة", "date": "2024-07-05"},
        {**LINE, "lead": "", "date": "2022", "published": None},
        {**LINE, "date": "2024-07-05", "published": "2025-01-01T10:00:00+03:00"},
    )
    texts = [line.story.texts[0] for line in read_labelled(name, complain)]
    assert [text.text for text in texts] == ["مقدمة", "نص طويل", "نص طويل"]
    assert [text.published for text in texts] == [
        datetime(2024, 7, 5, tzinfo=UTC),
        None,  # a year alone is no day, and no mistake either
        datetime(2025, 1, 1, 7, tzinfo=UTC),
    ]
    assert next(text.text for story in read_stories(name, complain) for text in story.texts) == "مقدمة"
    assert not complain.heard


@pytest.mark.parametrize(
    ("label", "side"),
    [
        ("positive", Side.POSITIVE),
        ("relevant", Side.POSITIVE),
        ("hard_negative", Side.NEGATIVE),
        ("easy_negative", Side.NEGATIVE),
        ("irrelevant", Side.NEGATIVE),
        ("unsure", Side.ASIDE),
        ("in_passing", Side.ASIDE),
        ("completed", Side.ASIDE),
    ],
)
def test_labels(label: str, side: Side, tmp_path: Path, complain: Complaints) -> None:
    (line,) = read_labelled(file_of(tmp_path, {**LINE, "label": label}), complain)
    assert line.side is side


@pytest.mark.parametrize(
    ("theatre", "names"),
    [
        ("Syria,Iraq", ("Syria", "Iraq")),
        ("العراق، سوريا", ("العراق", "سوريا")),
        (["العراق"], ("العراق",)),
        ("none", ()),
        ("", ()),
        (None, ()),
    ],
)
def test_theatres_of_a_label(theatre: Any, names: tuple[str, ...], tmp_path: Path, complain: Complaints) -> None:
    (line,) = read_labelled(file_of(tmp_path, {**LINE, "theatre": theatre}), complain)
    assert line.theatres == names


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ({**LINE, "label": "yes"}, "label must be one of positive"),
        ({**LINE, "label": 1}, "label must be a text"),
        ({**LINE, "theatre": 7}, "theatre must be"),
        ({"id": 1, "label": "positive"}, "needs a title or a text"),
        ({**LINE, "published": "yesterday"}, "published is no time"),
        ("{", "is not JSON"),
        ("[]", "must be a JSON object"),
    ],
)
def test_a_wrong_line_is_named_and_the_others_go_on(line: Any, why: str, tmp_path: Path, complain: Complaints) -> None:
    found = read_labelled(file_of(tmp_path, {**LINE, "id": 1}, line, {**LINE, "id": 3}), complain)
    assert [one.story.id for one in found] == [1, 3]
    ((number, heard),) = complain.heard
    assert number == 2
    assert why in heard


def test_gzip_is_undone_and_a_cut_stream_keeps_what_came_before(tmp_path: Path, complain: Complaints) -> None:
    lines = "".join(json.dumps({**LINE, "id": number, "text": f"نص {number * 7919}"}) + "\n" for number in range(3000))
    whole = tmp_path / "whole.jsonl.gz"
    whole.write_bytes(gzip.compress(lines.encode()))
    assert len(read_labelled(str(whole), complain)) == 3000
    assert not complain.heard
    cut = tmp_path / "cut"
    cut.write_bytes(whole.read_bytes()[:-2000])
    found = read_labelled(str(cut), complain)
    assert 0 < len(found) < 3000
    assert any("gzip" in why for _, why in complain.heard)


def test_a_file_that_cannot_be_read_is_a_wrong_call(tmp_path: Path, complain: Complaints) -> None:
    for name in (str(tmp_path / "nothing"), str(tmp_path), "a\0b"):
        with pytest.raises(UsageError, match="cannot be read"):
            read_labelled(name, complain)

"""What goes out to a terminal, a pipe or a spreadsheet holds no control characters of the web."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirqab.cli.terminal import Format, csv_cell, moment, one_line, plain, print_rows, to_json

DANGEROUS = [chr(code) for code in (*range(9), *range(11, 32), *range(127, 160))]
DANGEROUS += ["\u061c", "\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))]
ANY = st.text(st.one_of(st.characters(), st.sampled_from(DANGEROUS), st.sampled_from("\ud800\udfff\u2028")))


@given(ANY)
def test_plain_text_holds_nothing_that_a_terminal_acts_upon(text: str) -> None:
    assert not set(plain(text)) & set(DANGEROUS)
    assert "\n" not in one_line(text)
    plain(text).encode()


def test_plain_text_keeps_arabic_with_its_marks_and_joiners() -> None:
    text = "أيضاً مُسوَّدة\u200cها\n\tسطر"
    assert plain(text) == text
    assert plain("\x1b[31mأحمر\x1b]0;title\x07") == "[31mأحمر]0;title"


@given(ANY)
def test_json_is_one_line_of_utf8_and_loses_nothing(text: str) -> None:
    line = to_json({"text": text})
    assert not set(line) & {*DANGEROUS, "\n", "\u2028", "\u2029"}
    line.encode()
    assert json.loads(line) == {"text": text}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", " =x", "\u200f=x", "\t=x", "=cmd|' /C calc'!A0"])
def test_a_spreadsheet_takes_no_text_for_a_formula(text: str) -> None:
    assert str(csv_cell(text)).startswith("'")


def test_numbers_and_plain_text_stay_as_they_are_in_csv() -> None:
    assert [csv_cell(value) for value in (-1.5, 3, None, "خبر", ["أ", "ب"])] == [-1.5, 3, None, "خبر", "أ; ب"]


# ---------------------------------------------------------------------------------------------- tables

STORIES = [
    {
        "story": "s0123456789abcde",
        "theatre": "العراق",
        "headline": "بغداد تعلن موعد رحيل القوات الأجنبية عن آخر قواعدها",
    },
    {"story": "s9876543210fedcb", "theatre": "ليبيا", "headline": "لجنة مشتركة تبحث في سرت رحيل القوات الأجنبية"},
]


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """Return what a terminal of a given width shows of the stories, line by line."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def show(width: int) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("TERM", "xterm")
        terminal = Terminal()
        monkeypatch.setattr(sys, "stdout", terminal)
        columns = [(name, lambda row, name=name: row[name]) for name in ("story", "theatre", "headline")]
        print_rows(STORIES, columns, Format.TABLE, empty="")
        return [
            line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).splitlines() if line.strip()
        ]

    return show


def test_a_wide_terminal_shows_a_table(on_terminal: Callable[[int], list[str]]) -> None:
    head, rule, first, *_ = on_terminal(100)
    assert head.split() == ["story", "theatre", "headline"]
    assert set(rule.strip()) == {"─"}
    assert first.split(maxsplit=2) == list(STORIES[0].values())


def test_a_narrow_terminal_keeps_ids_whole_and_headlines_on_lines_of_their_own(
    on_terminal: Callable[[int], list[str]],
) -> None:
    head, first, *headline = on_terminal(40)[: 2 + 2]
    assert head.split() == ["story", "theatre"]
    assert first.split() == ["s0123456789abcde", "العراق"]
    assert " ".join(line.strip() for line in headline) == STORIES[0]["headline"]


def test_a_terminal_too_narrow_for_columns_shows_paragraphs(on_terminal: Callable[[int], list[str]]) -> None:
    lines = on_terminal(24)
    assert lines[:2] == ["s0123456789abcde", "  theatre العراق"]
    assert "s9876543210fedcb" in lines
    assert all(len(line) <= 24 for line in lines)


def test_a_time_is_printed_once_with_its_offset() -> None:
    at = datetime(2024, 1, 26, 14, 5, 9, tzinfo=UTC)
    assert re.fullmatch(r"2024-01-2\d \d\d:\d\d[+-]\d\d:\d\d", moment(at))
    assert re.fullmatch(r"2024-01-2\d \d\d:\d\d:09[+-]\d\d:\d\d", moment(at, seconds=True))
    assert moment(None) == "-"

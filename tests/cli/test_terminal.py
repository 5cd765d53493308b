"""What goes out to a terminal, a pipe or a spreadsheet holds no control characters of the web."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirqab.cli.terminal import csv_cell, one_line, plain, to_json

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

"""Slips of the pen, told from other words."""

from __future__ import annotations

import pytest

from mirqab.arabic.slips import is_slip, one_letter_off


@pytest.mark.parametrize(
    ("one", "other"), [("الجاانبين", "الجانبين"), ("المحادثات", "المحادثتا"), ("محاثدات", "محادثات")]
)
def test_a_letter_doubled_or_two_neighbours_exchanged_are_slips(one: str, other: str) -> None:
    assert is_slip(one, other)
    assert is_slip(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("سينسحب", "ينسحب"), ("العلم", "العمل"), ("3000", "300"), ("30", "3"), ("الجدول", "الجدال"), ("قال", "قالت")],
)
def test_what_may_be_another_word_is_no_slip(one: str, other: str) -> None:
    assert not is_slip(one, other)
    assert not is_slip(other, one)


def test_names_may_differ_in_one_letter() -> None:
    assert one_letter_off("الجابري", "الجابيري")
    assert one_letter_off("غوتيريش", "غوتيريس")
    assert not one_letter_off("الجابري", "الحديدي")

"""Times, counts and directions in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mirqab.errors import UsageError
from mirqab.reader import words
from mirqab.reader.queries import since_moment

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(seconds=59), "الآن"),
        (timedelta(minutes=-2), "الآن"),
        (timedelta(hours=-2), "بتاريخ لاحق"),
        (timedelta(minutes=1), "قبل دقيقة"),
        (timedelta(minutes=2), "قبل دقيقتين"),
        (timedelta(minutes=3), "قبل 3 دقائق"),
        (timedelta(minutes=10), "قبل 10 دقائق"),
        (timedelta(minutes=11), "قبل 11 دقيقة"),
        (timedelta(hours=3), "قبل 3 ساعات"),
        (timedelta(hours=23), "قبل 23 ساعة"),
        (timedelta(days=2), "قبل يومين"),
        (timedelta(days=8), "قبل أسبوع"),
        (timedelta(days=95), "قبل 3 أشهر"),
        (timedelta(days=364), "قبل 12 شهراً"),
        (timedelta(days=800), "قبل سنتين"),
    ],
)
def test_how_long_ago(passed: timedelta, said: str) -> None:
    assert words.ago(NOW - passed, NOW) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(100, "100 سنة"), (101, "101 سنة"), (103, "103 سنوات"), (111, "111 سنة")],
)
def test_hundreds_count_by_their_last_two_digits(count: int, said: str) -> None:
    assert words.counted(count, words.YEARS) == said


def test_the_exact_time_names_the_month_both_ways_and_the_offset() -> None:
    shown = words.exact(NOW)
    assert "تشرين الثاني/نوفمبر 2026" in shown
    assert "UTC" in shown


def test_numbers_are_short_and_minus_is_minus() -> None:
    assert [words.number(value) for value in (8, 5.25, -1.5, 0.0, -0.001, 3.10)] == [
        "8",
        "5.25",
        "−1.5",
        "0",
        "0",
        "3.1",
    ]


def test_a_line_that_begins_with_a_foreign_name_stays_arabic() -> None:
    assert words.direction("CNN: بدء محادثات حول الانسحاب") == "rtl"
    assert words.direction("Talks on withdrawal (محادثات)") == "ltr"
    assert words.direction("2026") == words.direction("") == "rtl"


def test_since() -> None:
    assert since_moment("7d", NOW) == NOW - timedelta(days=7)
    assert since_moment(" 12H ", NOW) == NOW - timedelta(hours=12)
    assert since_moment("2026-11-20T10:00:00+03:00", NOW) == datetime(2026, 11, 20, 7, tzinfo=UTC)
    for wrong in ("", "7", "d", "-1d", "أمس", "2026-13-01"):
        with pytest.raises(UsageError):
            since_moment(wrong, NOW)

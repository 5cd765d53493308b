"""Dates in every family of month names; nothing is guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mirqab.arabic.dates import names_time, read_date

MONTHS = {
    1: "كانون الثاني|يناير|جانفي",
    2: "شباط|فبراير|فيفري",
    3: "آذار|مارس",
    4: "نيسان|أبريل|إبريل|أفريل",
    5: "أيار|مايس|مايو|ماي",
    6: "حزيران|يونيو|يونيه|جوان",
    7: "تموز|يوليو|يوليه|جويلية|يوليوز",
    8: "آب|أغسطس|أوت|غشت",
    9: "أيلول|سبتمبر|شتنبر",
    10: "تشرين الأول|أكتوبر",
    11: "تشرين الثاني|نوفمبر|نونبر",
    12: "كانون الأول|ديسمبر|دجنبر",
}


@pytest.mark.parametrize(
    ("month", "name"), [(number, name) for number, names in MONTHS.items() for name in names.split("|")]
)
def test_every_family_of_month_names(month: int, name: str) -> None:
    assert read_date(f"الثلاثاء، ١٧ {name} ٢٠٢٣") == datetime(2023, month, 17, tzinfo=UTC)
    assert read_date(f"نُشر في 17 {name} 2023") == datetime(2023, month, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("24 نيسان / أبريل 2020 09:22 مساءً", datetime(2020, 4, 24, 21, 22)),
        ("5 أكتوبر (تشرين الأول) 2021", datetime(2021, 10, 5)),
        ("تشرين الأوّل/ أكتوبر 5، 2021", datetime(2021, 10, 5)),
        ("الأربعاء، 07 أكتوبر 2020 - 12:09 م", datetime(2020, 10, 7, 12, 9)),
        ("7 أكتوبر 2020 12:09 ص", datetime(2020, 10, 7, 0, 9)),
        ("2020/10/07 14:05", datetime(2020, 10, 7, 14, 5)),
        ("26-1-2024", datetime(2024, 1, 26)),
        ("2024-01-26T10:00:00.123+03:00", datetime(2024, 1, 26, 7)),
        ("2024-01-26T10:00:00+0300", datetime(2024, 1, 26, 7)),
        ("Fri, 26 Jan 2024 12:00:00 GMT", datetime(2024, 1, 26, 12)),
        ("12 مايو 2023 10:05 بتوقيت غرينتش", datetime(2023, 5, 12, 10, 5)),
        ("12 مايو 2023 10:05 بتوقيت مكة المكرمة", datetime(2023, 5, 12, 7, 5)),
    ],
)
def test_forms_that_outlets_print(raw: str, moment: datetime) -> None:
    assert read_date(raw) == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    ["", None, "أمس", "26 يناير", "14 رجب 1445 هـ", "1445-07-14", "31/02/2024", "2099-01-01", "1899-12-31", "م" * 400],
)
def test_what_names_no_believable_day_is_none(raw: str | None) -> None:
    assert read_date(raw) is None


def test_a_time_without_zone_is_local_to_the_outlet() -> None:
    baghdad = ZoneInfo("Asia/Baghdad")

    assert read_date("26 كانون الثاني 2024 12:00", zone=baghdad) == datetime(2024, 1, 26, 9, tzinfo=UTC)
    assert read_date("2024-01-26T12:00:00Z", zone=baghdad) == datetime(2024, 1, 26, 12, tzinfo=UTC)


def test_a_day_is_told_from_a_moment() -> None:
    assert names_time("2024-01-26T12:00:00Z")
    assert names_time("٢٦ يناير ٢٠٢٤ ١٢:٣٠")
    assert not names_time("26 يناير 2024")

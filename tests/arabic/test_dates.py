"""Dates in every family of month names; nothing is guessed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    ["", None, "أمس", "26 يناير", "31/02/2024", "2099-01-01", "1899-12-31", "م" * 400],
)
def test_what_names_no_believable_day_is_none(raw: str | None) -> None:
    assert read_date(raw) is None


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("14 رجب 1445 هـ", datetime(2024, 1, 26)),
        ("الجمعة ١٤ رجب ١٤٤٥", datetime(2024, 1, 26)),
        ("1445-07-14", datetime(2024, 1, 26)),
        ("1445/7/14 هـ 10:05 م", datetime(2024, 1, 26, 22, 5)),
        ("1445-07-14T10:00:00+03:00", datetime(2024, 1, 26, 7)),
        ("13-09-1447هـ", datetime(2026, 3, 2)),
        ("13 رمضان المبارك 1447 هـ", datetime(2026, 3, 2)),
        ("30 صفر 1445", datetime(2023, 9, 15)),
        ("1 محرّم 1446", datetime(2024, 7, 7)),
        ("9 ذو الحجة 1445", datetime(2024, 6, 15)),
        ("9 ذي القعدة 1445", datetime(2024, 5, 17)),
        ("5 جمادى الآخرة 1445", datetime(2023, 12, 18)),
        ("5 جمادى الأولى 1445", datetime(2023, 11, 19)),
        ("12 ربيع الأول 1445", datetime(2023, 9, 27)),
        ("12 ربيع الآخر 1445", datetime(2023, 10, 27)),
    ],
)
def test_hijri_dates_are_converted(raw: str, moment: datetime) -> None:
    assert read_date(raw) == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "raw", ["14 رجب 1445 هـ الموافق 25 يناير 2024 م", "14-07-1445هـ 25-01-2024م", "1445/07/14 - 2024/01/25"]
)
def test_a_gregorian_date_beside_a_hijri_one_wins(raw: str) -> None:
    assert read_date(raw) == datetime(2024, 1, 25, tzinfo=UTC)


@pytest.mark.parametrize("raw", ["30 محرم 1446", "1445-13-01", "1445-07-31", "14 رجب 1300", "1403/05/12"])
def test_what_is_no_believable_hijri_day_is_none(raw: str) -> None:
    assert read_date(raw) is None


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("+0300", 3),
        ("+03:00", 3),
        ("GMT+3", 3),
        ("GMT+03:00", 3),
        ("UTC+03:00", 3),
        ("(GMT+3)", 3),
        ("-0500", -5),
        ("Z", 0),
        ("GMT", 0),
        ("AST", 3),
        ("EET", 2),
        ("EEST", 3),
        ("CEST", 2),
        ("EST", -5),
        ("بتوقيت القاهرة", 2),
        ("بتوقيت أبو ظبي", 4),
        ("بتوقيت القدس المحتلة", 2),
        ("بتوقيت غرينتش", 0),
        ("", 0),
        ("+9999", 0),
    ],
)
def test_zones(zone: str, hours: int) -> None:
    moment = datetime(2024, 1, 26, 12 - hours, 30, tzinfo=UTC)

    assert read_date(f"Fri, 26 Jan 2024 12:30:00 {zone}") == moment
    assert read_date(f"الجمعة، 26 يناير 2024 12:30 {zone}") == moment


@pytest.mark.parametrize("raw", ["القاهرة - 26 يناير 2024 12:30", "12:30 - 26 يناير 2024", "بغداد 26 يناير 2024 12:30"])
def test_a_dateline_or_a_dash_is_no_zone(raw: str) -> None:
    assert read_date(raw, zone=ZoneInfo("Asia/Dubai")) == datetime(2024, 1, 26, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "Fri, 26 Jan 2024 09:05 PM",
        "January 26, 2024 9:05 p.m.",
        "Friday, January 26, 2024 - 21:05",
        "Fri, 26-Jan-24 21:05:00 GMT",
        "Fri Jan 26 21:05:00 2024",
        "2024-01-26 21:05:00 GMT",
        "20240126T210500Z",
        "٢٦/٠١/٢٠٢٤ ٠٩:٠٥ م",
        "26 كانون 2 2024 21:05",
        "26 كانون ثاني 2024 21:05",
    ],
)
def test_one_moment_in_many_forms(raw: str) -> None:
    assert read_date(raw) == datetime(2024, 1, 26, 21, 5, tzinfo=UTC)


@pytest.mark.parametrize("raw", ["1970-01-01T00:00:00Z", "Wed, 31 Dec 1969 23:59:59 GMT", "0001-01-01T00:00:00"])
def test_the_zero_of_a_clock_is_no_date(raw: str) -> None:
    assert read_date(raw) is None


@pytest.mark.parametrize("raw", ["1 " * 140, "1:" * 140, "١٢/" * 90, "26 " + "يناير " * 45, "(" * 300, "+" * 300])
def test_a_hostile_date_takes_no_time(raw: str) -> None:
    began = time.process_time()

    read_date(raw)

    assert time.process_time() - began < 0.5


@given(st.text(alphabet="0123456789٠١٢٣ :/-+.,TZGMT()رجبينامص", max_size=80))
def test_any_text_gives_a_moment_or_none(raw: str) -> None:
    moment = read_date(raw)

    assert moment is None or moment.tzinfo is UTC


def test_a_time_without_zone_is_local_to_the_outlet() -> None:
    baghdad = ZoneInfo("Asia/Baghdad")

    assert read_date("26 كانون الثاني 2024 12:00", zone=baghdad) == datetime(2024, 1, 26, 9, tzinfo=UTC)
    assert read_date("2024-01-26T12:00:00Z", zone=baghdad) == datetime(2024, 1, 26, 12, tzinfo=UTC)


def test_a_day_is_told_from_a_moment() -> None:
    assert names_time("2024-01-26T12:00:00Z")
    assert names_time("٢٦ يناير ٢٠٢٤ ١٢:٣٠")
    assert not names_time("26 يناير 2024")

"""Names of months and weekdays in the Arabic press, as they are printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mirqab.arabic.folding import fold

MONTHS: Final[Mapping[int, str]] = {
    1: "كانون الثاني|كانون ثاني|كانون 2|يناير|جانفي|january|jan",
    2: "شباط|فبراير|فيفري|february|feb",
    3: "آذار|مارس|march|mar",
    4: "نيسان|أبريل|إبريل|أفريل|april|apr",
    5: "أيار|مايو|ماي|مايس|may",
    6: "حزيران|يونيو|يونيه|جوان|june|jun",
    7: "تموز|يوليو|يوليه|جويلية|يوليوز|july|jul",
    8: "آب|أغسطس|أوت|غشت|أغشت|august|aug",
    9: "أيلول|سبتمبر|شتنبر|شتمبر|september|sept|sep",
    10: "تشرين الأول|تشرين أول|تشرين 1|أكتوبر|october|oct",
    11: "تشرين الثاني|تشرين ثاني|تشرين 2|نوفمبر|نونبر|november|nov",
    12: "كانون الأول|كانون أول|كانون 1|ديسمبر|دجنبر|دجمبر|december|dec",
}
"""Each month's names, from the Mashriq to the Maghreb, and English ones of datelines."""

HIJRI_MONTHS: Final[Mapping[int, str]] = {
    1: "محرم",
    2: "صفر",
    3: "ربيع الأول|ربيع أول",
    4: "ربيع الثاني|ربيع الآخر|ربيع ثاني|ربيع ثان",
    5: "جمادى الأولى|جمادى الأول|جمادى أولى",
    6: "جمادى الآخرة|جمادى الآخر|جمادى الثانية|جمادى الثاني|جمادى ثانية",
    7: "رجب",
    8: "شعبان",
    9: "رمضان",
    10: "شوال",
    11: "ذو القعدة|ذي القعدة",
    12: "ذو الحجة|ذي الحجة",
}

WEEKDAYS: Final = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")
"""From Monday on, as `datetime.weekday` counts."""

FOLDED_WEEKDAYS: Final = frozenset(map(fold, WEEKDAYS))


def numbers_of(months: Mapping[int, str]) -> dict[str, int]:
    """Return the number of each month by each of its folded names."""
    return {fold(name): number for number, names in months.items() for name in names.split("|")}


def first_words(months: Mapping[int, str]) -> frozenset[str]:
    """Return the folded words with which months' Arabic names begin: «تشرين» of both, without the «ذو» of two."""
    return frozenset(name.split()[0] for name in numbers_of(months) if not name.isascii()) - {"ذو", "ذي"}

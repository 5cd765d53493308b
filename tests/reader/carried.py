"""One story as five outlets carry it: a dispatch, two copies, one to the letter, and a report of an outlet's own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mirqab.types import Relation
from tests.reader.newsroom import NOW, Told

DISPATCH = Told(
    outlet="rasid",
    slug="dispatch",
    headline="بغداد والتحالف يتفقان على سحب 900 جندي قبل نهاية سبتمبر",
    body=(
        "بغداد (أ ف ب) - اتفقت الحكومة العراقية والتحالف الدولي اليوم الخميس على سحب 900 جندي أجنبي من العراق "
        "قبل نهاية سبتمبر، وفق بيان مشترك صدر بعد محادثات استمرت يومين.\n"
        "وقال المتحدث باسم اللجنة العسكرية المشتركة (JMC) إن القوات ستغادر قاعدتي عين الأسد والحرير على مرحلتين.\n"
        "وأضاف أن 12 مستشارا سيبقون في بغداد لتدريب القوات العراقية.\n"
        "ولم يصدر تعليق من وزارة الدفاع حتى الآن."
    ),
    published=NOW - timedelta(hours=6),
    agencies=("afp",),
)
CHANGED = replace(  # the same page, an hour later
    DISPATCH,
    body=DISPATCH.body.replace(
        "ولم يصدر تعليق من وزارة الدفاع حتى الآن.", "ورحبت وزارة الدفاع بالاتفاق في بيان."
    ).replace("مستشارا", "مستشاراً"),
)
COPY = Told(
    outlet="sadeem",
    slug="copy",
    headline="اتفاق على سحب 600 جندي من العراق قبل نهاية أكتوبر",
    body=(
        "اتفقت الحكومة العراقية والتحالف الدولي اليوم الخميس على سحب 600 جندي أجنبي من العراق "
        "قبل نهاية أكتوبر، وفق بيان مشترك صدر بعد محادثات استمرت يومين.\n"
        "وقال المتحدث باسم اللجنة العسكرية المشتركة (JMC) إن القوات ستغادر قاعدتي عين الأسد وحرير على ثلاث مراحل.\n"
        "وأضاف أن 12 مستشارا سيبقون في بغداد لتدريب القوات العراقية، بينهم ضباط من بعثة NATO.\n"
        "المصدر: الفرنسية"
    ),
    published=NOW - timedelta(hours=5),
    agencies=("afp",),
    copied=(Relation.NEAR, DISPATCH.headline, 0.71),
)
EARLIER = Told(  # stored after the others, and published before them all
    outlet="wasl",
    slug="earlier",
    headline="عاجل: اتفاق على سحب 900 جندي من العراق",
    body=DISPATCH.body.removeprefix("بغداد (أ ف ب) - ").rpartition("\n")[0],
    published=NOW - timedelta(hours=7),
    copied=(Relation.NEAR, DISPATCH.headline, 0.88),
)
TWIN = replace(DISPATCH, outlet="nabaa", slug="twin", published=NOW - timedelta(hours=4))
OWN = Told(
    outlet="qalam",
    slug="own",
    headline="مراسلنا: قوافل أجنبية تستعد لمغادرة عين الأسد بعد اتفاق بغداد",
    body=(
        "رصد مراسلنا صباح اليوم حركة قوافل قرب قاعدة عين الأسد، بعد ساعات من إعلان بغداد والتحالف الدولي "
        "اتفاقا على انسحاب القوات الأجنبية من العراق.\n"
        "وقال سائق شاحنة إن الاستعدادات بدأت قبل أسبوع، وإن 900 جندي سيغادرون المكان قبل نهاية سبتمبر."
    ),
    published=NOW - timedelta(hours=3),
    copied=(Relation.SAME_EVENT, DISPATCH.headline, 0.34),
)
APART = Told(
    outlet="sadeem",
    slug="apart",
    headline="طرابلس: مفاوضات حول خروج المرتزقة والقوات الأجنبية من ليبيا",
    body=(
        "استأنفت اللجنة العسكرية المشتركة في طرابلس مفاوضات حول خروج المرتزقة والقوات الأجنبية من ليبيا، "
        "وقالت إن جدول الانسحاب سيعلن قريبا."
    ),
    published=NOW - timedelta(days=1),
)
CARRIED = (APART, DISPATCH, COPY, EARLIER, TWIN, OWN, CHANGED)

"""Credits to news agencies: where they stand, how they are written, and what only looks like one."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from mirqab.agencies import AGENCIES, UNNAMED
from mirqab.credits import agencies_of

LATER = (
    "\nوأوضح المتحدث أن الوفدين سيلتقيان مجدداً بعد أسبوعين في العاصمة.\n"
    "وتضم اللجنة ضباطاً من الجانبين، ويرأسها نائب رئيس الأركان.\n"
    "ومن المقرر أن ترفع اللجنة توصياتها نهاية الشهر الجاري."
)
SAID = "أعلنت اللجنة المشتركة بدء جولة جديدة من المحادثات حول سحب القوات."

OPENS = [
    ("بغداد (أ ف ب) - " + SAID, ["afp"]),
    ("بغداد (أ.ف.ب): " + SAID, ["afp"]),
    ("بغداد ـ أ. ف. ب. - " + SAID, ["afp"]),
    ("بغداد/ فرانس برس\n" + SAID, ["afp"]),
    ("لندن (رويترز) - " + SAID, ["reuters"]),
    ("لندن – رويترز: " + SAID, ["reuters"]),
    ("إسطنبول / سليم النجار / الأناضول\n" + SAID, ["aa"]),
    ("بغداد- واع\n" + SAID, ["ina"]),
    ("أبوظبي في 26 يناير / وام / " + SAID, ["wam"]),
    ("دمشق-سانا\n" + SAID, ["sana"]),
    ("عمان 26 كانون الثاني (بترا)- " + SAID, ["petra"]),
    ("رام الله 26-1-2024 وفا- " + SAID, ["wafa"]),
    ("الدوحة في 26 يناير /قنا/ " + SAID, ["qna"]),
    ("الكويت - 26 - 1 (كونا) -- " + SAID, ["kuna"]),
    ("مسقط في 26 يناير /العمانية/ " + SAID, ["ona"]),
    ("جدة 14 رجب 1445 هـ الموافق 26 يناير 2024 م واس\n" + SAID, ["spa"]),
    ("برلين (د ب أ)- " + SAID, ["dpa"]),
    ("القاهرة - أ ش أ: " + SAID, ["mena"]),
    ("روما - آكي\n" + SAID, ["aki"]),
    ("موسكو - سبوتنيك. " + SAID, ["sputnik"]),
    ("موسكو (تاس). " + SAID, ["tass"]),
    ("بكين (شينخوا) " + SAID, ["xinhua"]),
    ("راصد - وكالات: " + SAID, [UNNAMED]),
    ("راصد نت/وكالات أعلنت اللجنة المشتركة بدء جولة جديدة.", [UNNAMED]),
    ("بغداد - (رويترز، أ ف ب) - " + SAID, ["reuters", "afp"]),
    ("بغداد (رويترز وأ ف ب) - " + SAID, ["reuters", "afp"]),
    ("رويترز: " + SAID, ["reuters"]),
    ("📰\nرويترز:\n" + SAID, ["reuters"]),
    ("عاجل | «رويترز»: " + SAID, ["reuters"]),
    ("وكالة فارس عن مسؤول: " + SAID, ["fars"]),
    ("مصدر حكومي رفيع لفرانس برس: سنبدأ المحادثات الأسبوع المقبل.", ["afp"]),
    ('وكالة "تسنيم" الإيرانية تنقل عن مصدر مطلع أن المحادثات بدأت.', ["tasnim"]),
    ("نقلت وكالة نوفوستي عن مصدر دبلوماسي أن المحادثات بدأت.", ["ria"]),
    ("بدأت المحادثات اليوم، نقلاً عن وكالة أسوشيتد برس.", ["ap"]),
    ("بدأت المحادثات اليوم، وفقاً لوكالة الأنباء الألمانية.", ["dpa"]),
    ("بدأت المحادثات اليوم، بحسب ما ذكرت وكالة الأنباء العراقية (واع).", ["ina"]),
    ("بدأت المحادثات اليوم وفق ما نقلت وكالتا رويترز وفرانس برس.", ["reuters", "afp"]),
    ("أفادت وكالة «مهر» للأنباء ببدء المحادثات.", ["mehr"]),
    ("المصدر: الفرنسية\n" + SAID, ["afp"]),
]

ENDS = [
    ("وقال إن الموعد سيعلن لاحقاً. (رويترز)", ["reuters"]),
    ("وقال إن الموعد سيعلن لاحقاً (أ ف ب).", ["afp"]),
    ("وقال إن الموعد سيعلن لاحقاً. أ ش أ", ["mena"]),
    ("وقال إن الموعد سيعلن لاحقاً. *و.م.ع", ["map"]),
    ("وقال إن الموعد سيعلن لاحقاً. *وكالة أنباء الأناضول", ["aa"]),
    ("المصدر : راصد + وكالات", [UNNAMED]),
    ("المصدر: رويترز + الفرنسية", ["reuters", "afp"]),
    ("وقال إن الموعد سيعلن لاحقاً. المصدر : أ ش أ", ["mena"]),
    ("س.ن/ع.ع (د ب أ، رويترز)", ["dpa", "reuters"]),
    ("(وام)", ["wam"]),
    ("(د ب أ) س ع / م ن", ["dpa"]),
    ("راصد نت - وكالات", [UNNAMED]),
    ("#سانا", ["sana"]),
]

MENTIONS = [
    SAID + LATER + "\nوقال مراسل رويترز إن دوي انفجار سمع قرب القاعدة." + LATER,
    SAID + LATER + "\nوقال المتحدث لوكالة فرانس برس إن الوفد غادر." + LATER,
    SAID + LATER + "\nوذكرت وكالة رويترز أن الوفد غادر." + LATER,
    "قال مراسل رويترز إن دوي انفجار سمع قرب القاعدة." + LATER,
    "أصيب مصور وكالة فرانس برس في غارة على البلدة." + LATER,
    "آليات عسكرية عند المعبر الحدودي صباح اليوم (رويترز)\n" + SAID + LATER,
    SAID + LATER + "\nجانب من لقاء الوفدين في العاصمة (أ ف ب)",
    "صورة أرشيفية للقاعدة - رويترز\n" + SAID + LATER,
    SAID + LATER + "\nتصوير: رويترز",
    SAID + LATER + "\nمصدر الصورة: أ ف ب",
    "يسود وئام بين الجانبين، ودوام العمل مستمر في وام الصغيرة." + LATER,
    "افتتح المهندس مشروع قنا الجديد - محافظة قنا في صعيد مصر." + LATER,
    "قنا - افتتح المحافظ طريقاً جديداً." + LATER,
    "زار السياح البتراء، وقالت بترا نوفاك إنها سعيدة." + LATER,
    "أعربت سانا مارين عن تأييد بلادها." + LATER,
    "وفا الرجل بوعده، وواس أهل الفقيد." + LATER,
    "دعت وكالات الأمم المتحدة إلى وقف القتال، وحذرت وكالات الاستخبارات." + LATER,
    "وكالات الأمم المتحدة: الوضع في المخيم صعب." + LATER,
    "وزارة الدفاع الألمانية: سنسحب سفينتين من البحر الأحمر." + LATER,
    "تقع البلدة في هضبة الأناضول وسط تركيا." + LATER,
    "سلطنة عمان: الخارجية العمانية - قسم الإعلام - أصدرت بياناً." + LATER,
    "ارتدى ثوباً من الكتان، ومع ذلك شعر بالحر." + LATER,
    "مقتل مصور رويترز: روايات الشهود." + LATER,
    "وصل الفارس - فارس النجار - إلى خط النهاية." + LATER,
]


@pytest.mark.parametrize(("opening", "agencies"), OPENS)
def test_a_credit_at_the_beginning(opening: str, agencies: list[str]) -> None:
    assert agencies_of("بدء جولة جديدة من المحادثات", opening + LATER) == tuple(agencies)


@pytest.mark.parametrize(("ending", "agencies"), ENDS)
def test_a_credit_at_the_end(ending: str, agencies: list[str]) -> None:
    assert agencies_of("بدء جولة جديدة من المحادثات", SAID + LATER + "\n" + ending) == tuple(agencies)


@pytest.mark.parametrize("body", MENTIONS)
def test_a_mention_is_no_credit(body: str) -> None:
    assert agencies_of("بدء جولة جديدة من المحادثات", body) == ()


@pytest.mark.parametrize(
    ("author", "agencies"),
    [
        ("رويترز", ("reuters",)),
        ("أ ف ب", ("afp",)),
        ("وكالة الأناضول", ("aa",)),
        ("راصد - وكالات", (UNNAMED,)),
        ("الفرنسية", ("afp",)),
        ("سلمى النخيلي", ()),
        ("فارس النجار", ()),
        ("وفا الخطيب", ()),
    ],
)
def test_a_byline(author: str, agencies: tuple[str, ...]) -> None:
    assert agencies_of("عنوان", SAID + LATER, [author]) == agencies


def test_a_headline_opens_with_its_speaker() -> None:
    assert agencies_of("رويترز: واشنطن وبغداد تقتربان من اتفاق", SAID + LATER) == ("reuters",)
    assert agencies_of("مقتل مصور رويترز في غارة", SAID + LATER) == ()


def test_a_row_of_marks_is_read_in_one_way_only() -> None:
    assert agencies_of("#_" * 40 + "ب", "#_#" * 40) == ()  # or this would not end
    assert agencies_of("«" * 200_000, "«" * 700) == ()
    assert agencies_of("#خبر_عاجل #_ رويترز: القوات تنسحب", "") == ("reuters",)


def test_each_agency_stands_once_and_nothing_is_no_credit() -> None:
    assert agencies_of("رويترز: عنوان", "بغداد (رويترز) - " + SAID + LATER + "\n(رويترز)", ["رويترز"]) == ("reuters",)
    assert agencies_of("", "") == ()


def test_every_agency_is_found_by_each_of_its_forms() -> None:
    for agency in AGENCIES.values():
        assert agency.name
        assert agency.name_en
        for written in (*agency.words, *agency.short, *agency.bracketed):
            assert agency.id in agencies_of("", f"بغداد ({written}) - {SAID}{LATER}"), written


def test_real_texts_of_an_agency_are_credited_to_it(shared_data: Path) -> None:
    with gzip.open(shared_data / "stream" / "stream.jsonl.gz", "rt", encoding="utf-8") as lines:
        told = [json.loads(line) for line in lines]
    own = [one for one in told if "/قنا/" in one["text"][:60]]
    assert len(own) > 150
    assert all("qna" in agencies_of(one["title"], one["text"]) for one in own)
    assert sum(bool(agencies_of(one["title"], one["text"])) for one in told if one["source"] == "naya_channel") < 90

"""What a text tells that is new since a person decided, and what only looks new."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mirqab.arabic import fold, sentences
from mirqab.arabic.dates import dates_in
from mirqab.developments import KnownText, NewText, developments, told
from mirqab.developments.speakers import speakers
from mirqab.types import Development, Evidence, FacetEvidence, Grade, Sentence, Span, Verdict

HEADLINE = "محادثات في مدينة السدر بشأن انسحاب القوات الأجنبية"
KNOWN = (
    "أعلنت وزارة الدفاع بدء محادثات بشأن انسحاب نحو 2500 جندي أجنبي من جمهورية النخيل قبل 30 حزيران 2027. "
    "وقال وزير الدفاع ثابت الجابري إن الجانبين اتفقا على جدول زمني. "
    "وشارك في الاجتماع 12 ضابطاً."
)
PUBLISHED = datetime(2026, 11, 20, 9, tzinfo=UTC)


def new(
    text: str,
    *,
    facets: Mapping[str, Mapping[str, str]] | None = None,
    points: float = 4.0,
    evidence: Sequence[int] | None = None,
    flagged: bool = True,
    published: datetime | None = PUBLISHED,
    marked: str = "",
) -> NewText:
    """Return a text whose sentences (those of these numbers) are evidence; `facets` are facet → value → words.

    `marked` are the words of those sentences that the topic found.
    """
    spans = [Span(field="text", start=start, stop=stop) for start, stop in sentences(text)]
    counted = [span for number, span in enumerate(spans) if evidence is None or number in evidence]
    pieces = [
        FacetEvidence(
            facet=facet,
            value=value,
            span=Span(field="text", start=text.index(words), stop=text.index(words) + len(words)),
            text=words,
        )
        for facet, values in (facets or {}).items()
        for value, words in values.items()
    ]
    verdict = Verdict(
        topic="talks",
        version="v1",
        flagged=flagged,
        score=points,
        threshold=3.0,
        grade=Grade.MAIN,
        sum=(),
        sentences=tuple(
            Sentence(span=span, points=points, parts=(), evidence=tuple(found_in(text, span, marked.split())))
            for span in counted
        ),
        facets={facet: tuple(values) for facet, values in (facets or {}).items()},
        facet_evidence=tuple(pieces),
    )
    return NewText(article="a1", headline=HEADLINE, body=text, published=published, verdict=verdict)


def found_in(text: str, span: Span, marked: Sequence[str]) -> Iterator[Evidence]:
    for match in re.finditer(r"\w+", text[span.start : span.stop]):
        if match.group() in marked:
            place = Span(field="text", start=span.start + match.start(), stop=span.start + match.end())
            yield Evidence(span=place, text=match.group(), concept="c", rule="r", points=1.0)


def found(after: NewText, *, must_flag: bool = False, known: str = KNOWN) -> list[tuple[str, str]]:
    """Return what is new beside the known text: kind and value."""
    before = [KnownText(headline=HEADLINE, body=known, published=PUBLISHED)]
    facets = {"act": ["محادثات", "إعلان"], "theatre": ["العراق"]}
    return [(one.kind, one.value) for one in developments(before, facets, after, must_flag=must_flag)]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("أعلنت وزارة الدفاع أن الانسحاب يكتمل في 31 كانون الأول 2027.", ("date", "2027-12-31")),
        ("يبدأ الانسحاب في الأول من أيلول.", ("date", "--09-01")),
        # tomorrow, of a text of the day before
        ("وسيبدأ انسحاب القوات في 21 تشرين الثاني.", ("date", "--11-21")),
        ("يسري اتفاق الانسحاب اعتباراً من 21 تشرين الثاني 2026.", ("date", "2026-11-21")),
        ("يكتمل انسحاب القوات قبل 15 صفر 1449 هـ.", ("date", "2027-07-19")),
        ("يكتمل الانسحاب عام 2029.", ("date", "2029")),
        ("يبدأ انسحاب القوات بحلول آذار 2027.", ("date", "2027-03")),
        ("اتفق الجانبان على انسحاب 4000 جندي.", ("number", "4000")),
        ("اتفق الجانبان على انسحاب ثلاثة آلاف جندي.", ("number", "3000")),
        ("وقال النائب سالم الحمداني إن الانسحاب تأخر.", ("speaker", "النائب سالم الحمداني")),
        ("وأعلنت لندن سحب قواتها.", ("speaker", "لندن")),
    ],
)
def test_what_is_new_is_told_with_its_sentence(text: str, what: tuple[str, str]) -> None:
    after = new(KNOWN + " " + text)
    assert found(after) == [what]
    (one,) = developments([KnownText(headline=HEADLINE, body=KNOWN)], {}, after)
    assert (one.sentence, one.article) == (text, "a1")


@pytest.mark.parametrize(
    "text",
    [
        # another spelling, marks, digits
        "أعلنت وزارة الدفاع انسحاب ٢٥٠٠ جندي قبل ٣٠ حزيران ٢٠٢٧.",
        "أُعلِنَ انسحابُ 2,500 جنديٍّ قبل 30 حزيران 2027.",
        # the same date and the same number written another way
        "ينسحب الجنود قبل 30 يونيو 2027.",
        "ينسحب الجنود قبل 2027-06-30، أي قبل الثلاثين من حزيران/يونيو.",
        "ينسحب الجنود قبل 30/6/2027 وفي حزيران وفي عام 2027.",
        "ينسحب ألفان وخمسمئة جندي، وقيل 2.5 ألف.",
        # the same date in the other calendar, which may be a day off
        "ينسحب الجنود قبل 26 محرم 1449 هـ.",
        "ينسحب الجنود قبل 25 محرم 1449 هـ الموافق 30 حزيران.",
        # rounded
        "ينسحب 2480 جندياً.",
        "ينسحب أكثر من 2600 جندي.",
        # told before, though in no evidence
        "شارك 12 ضابطاً في محادثات الانسحاب.",
        # a report's own day, and times of day
        "أعلنت الوزارة في 20 تشرين الثاني عند الساعة 10:30 أن المحادثات بدأت.",
        "بدأت محادثات الانسحاب في 21 تشرين الثاني بتوقيت المدينة.",
        "تبدأ محادثات الانسحاب اليوم السبت 21 تشرين الثاني.",
        # who spoke before, in other words, with a slip of a letter; nobody in particular
        "وأكد الجابري أن المحادثات مستمرة.",
        "وقال الوزير ثابت الجابيري إن المحادثات مستمرة.",
        "الجابري: المحادثات مستمرة.",
        "وقال مصدر مطلع إن المحادثات مستمرة. وأعلن مسؤول رفيع أن الانسحاب قريب.",
        "وأكدت وزارة الدفاع أن المحادثات مستمرة.",
    ],
)
def test_what_only_looks_new_is_not(text: str) -> None:
    assert found(new(text)) == []


def test_only_evidence_counts() -> None:
    text = KNOWN + " وافتتحت البلدية 77 مدرسة في 5 آذار 2028، وقال رئيسها كامل العاني إن العمل اكتمل."
    assert found(new(text, evidence=[0, 1])) == []
    assert len(found(new(text))) == 3


def test_an_act_and_a_theatre_are_read_from_new_sentences() -> None:
    facets = {"act": {"رفض": "رفضت", "إعلان": "أعلنت"}, "theatre": {"سوريا": "سوريا"}, "force": {"روسية": "الروسية"}}
    later = KNOWN + " ثم رفضت بقاء القوات الروسية في سوريا."
    assert found(new(later, facets=facets)) == [("act", "رفض"), ("theatre", "سوريا")]
    # another version of the topic reads another act in what was there before: that is no news
    assert found(new(KNOWN, facets={"act": {"اتفاق": "اتفقا"}})) == []
    slip = KNOWN.replace("الجانبين", "الجاانبين")
    assert found(new(slip, facets={"act": {"اتفاق": "اتفقا"}})) == [], "a slip makes no sentence new"


def test_a_new_word_makes_the_sentence_new() -> None:
    text = KNOWN.replace("اتفقا على", "رفضا")
    assert found(new(text, facets={"act": {"رفض": "رفضا"}})) == [("act", "رفض")]


def test_what_is_new_in_an_irrelevant_story_must_flag_it_by_itself() -> None:
    text = KNOWN + " وسيكتمل الانسحاب في 1 أيلول 2028."
    assert found(new(text, points=3.0), must_flag=True) == [("date", "2028-09-01")]
    assert found(new(text, points=2.9), must_flag=True) == []
    assert found(new(text, points=3.0, flagged=False), must_flag=True) == []
    assert found(new(text, points=2.9)) == [("date", "2028-09-01")]


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("لن تنسحب القوات الأجنبية من المدينة.", "لن تنسحب"),
        ("ولم ينسحبوا من المدينة.", "لم ينسحبوا"),
        ("لا تنسحبُ القوات من المدينة.", "لا تنسحبُ"),
        ("والحديث عن عدم الانسحاب.", "عدم الانسحاب"),
        ("لا انسحاب من المدينة.", "لا انسحاب"),
        ("لن يتم سحب القوات من المدينة.", "لن يتم سحب"),
    ],
)
def test_a_denied_act_is_another_act(text: str, act: str) -> None:
    marked = "تنسحب تنسحبُ ينسحبوا الانسحاب انسحاب سحب القوات"
    after = new(KNOWN + " " + text, marked=marked)
    assert found(after) == [("act", act)]
    # whoever knew it denied, in whatever form, learns nothing
    for denied in ("لن ينسحب أحد.", "وأكدت عدم انسحابها.", "ورفضت أن تنسحب.", "لا سحب لأحد ولا انسحاب."):
        if ("سحب" in act.split()) == ("سحب" in denied.split()):
            assert found(after, known=f"{KNOWN} {denied}") == [], denied


@pytest.mark.parametrize(
    "text",
    [
        "لا تزال القوات تنسحب من المدينة.",
        "ستبقى المحادثات ما لم تنسحب القوات.",
        "قد تستمر المحادثات إذا لم تنسحب القوات.",
        "ولم تعلن القوات متى تنسحب.",  # nothing is denied of what was not said
        "لا تنسحب من ذهنه صورة القاعدة، وقوات المدينة في مكانها.",  # the topic found something else
    ],
)
def test_what_denies_nothing_is_no_denied_act(text: str) -> None:
    marked = "القوات تعلن" if "صورة" in text else "تنسحب القوات تعلن"
    assert found(new(KNOWN + " " + text, marked=marked)) == []


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ("نفت الوزارة العراقية وجود نية لتأجيل الانسحاب.", "أكدت الوزارة أنه لا تأجيل للانسحاب."),
        ("فشلت بغداد وواشنطن في الاتفاق على موعد.", "لم تتفق بغداد وواشنطن على موعد."),
        ("لم تتوصل بغداد وواشنطن إلى اتفاق.", "لم تتفق بغداد وواشنطن."),
        ("ليست المدينة بحاجة إلى القوات.", "لم تعد المدينة بحاجة إلى القوات."),
        ("نفت الوزارة خطة لسحب القوات.", "لا توجد خطة لسحب القوات."),
    ],
)
def test_a_denial_in_other_words_is_known(known: str, text: str) -> None:
    after = new(KNOWN + " " + text, marked="تأجيل تتفق تعد توجد القوات")
    assert found(after, known=f"{KNOWN} {known}") == []


@pytest.mark.parametrize(
    "known", ["نفت الوزارة الخبر، وقالت إن القوات تنسحب.", "بدأ تنفيذ الاتفاق حتى تنسحب القوات كلها."]
)
def test_what_is_behind_a_denials_clause_is_not_denied(known: str) -> None:
    after = new(KNOWN + " لن تنسحب القوات.", marked="تنسحب القوات")
    assert found(after, known=f"{KNOWN} {known}") == [("act", "لن تنسحب")]


def test_a_refusal_told_of_what_was_denied_is_known() -> None:
    after = new(KNOWN + " لن تنسحب القوات.", facets={"act": {"رفض": "لن تنسحب"}}, marked="تنسحب")
    assert found(after) == [("act", "رفض")]
    assert found(after, known=KNOWN + " القوات لا تنسحب.") == []


def test_an_act_that_was_denied_and_is_told_now_is_new() -> None:
    denied = KNOWN + " ولن تغادر القوات قاعدة الرمال."
    after = new(KNOWN + " وغادرت القوات قاعدة الرمال.", marked="وغادرت القوات")
    assert found(after, known=denied) == [("act", "غادرت")]
    assert found(after) == [], "it was never denied"
    assert found(after, known=denied + " وغادرت سرية المدينة.") == [], "it was told, too"


def test_a_denied_act_of_the_topic_is_not_told_as_its_facet() -> None:
    text = KNOWN + " ثم لم يتوافق الطرفان."
    facets = {"act": {"توافق": "يتوافق"}}
    assert found(new(text, facets=facets)) == [("act", "لم يتوافق")]
    # where denying is an act of the topic that was not known, it is told once
    refused = KNOWN + " ثم لن تنسحب القوات."
    assert found(new(refused, facets={"act": {"رفض": "لن تنسحب"}}, marked="تنسحب")) == [("act", "رفض")]


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("ينسحب نصف القوات من المدينة.", "1/2"),
        ("ينسحب نصف عدد القوات من المدينة.", "1/2"),
        ("ينسحب ثلثا القوات من المدينة.", "2/3"),
        ("ينسحب ثلاثة أرباع القوات من المدينة.", "3/4"),
        ("تخفض القوات إلى النصف في المدينة.", "1/2"),
    ],
)
def test_a_share_of_what_the_topic_found_is_a_number(text: str, share: str) -> None:
    after = new(KNOWN + " " + text, marked="القوات")
    assert ("number", share) in found(after)
    assert found(after, known=f"{KNOWN} {text[:-1]} كما اتفق.") == []


@pytest.mark.parametrize(
    "text",
    [
        "استمرت المحادثات نصف ساعة.",
        "تنسحب القوات في النصف الثاني.",
        "عند منتصف الليل تنسحب القوات.",
        "بعد ساعة ونصف تنسحب القوات.",
    ],
)
def test_other_halves_are_no_numbers(text: str) -> None:
    assert found(new(KNOWN + " " + text, marked="القوات المحادثات")) == []


def test_a_share_is_so_many_of_a_hundred() -> None:
    after = new(KNOWN + " ينسحب نصف القوات.", marked="القوات")
    assert found(after, known=KNOWN + " ينسحب 50 في المئة.") == []
    assert found(new(KNOWN + " ينسحب 33 في المئة من القوات."), known=KNOWN + " ينسحب ثلث القوات.") == []


# the texts are of Friday, 20 November 2026
@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("يبدأ انسحاب القوات غداً.", "2026-11-21"),
        ("يبدأ انسحاب القوات بعد غد.", "2026-11-22"),
        ("يبدأ انسحاب القوات يوم الخميس المقبل.", "2026-11-26"),
        ("يبدأ انسحاب القوات الجمعة القادمة.", "2026-11-27"),
        ("يبدأ انسحاب القوات مطلع الأسبوع المقبل.", "2026-W48"),
        ("يبدأ انسحاب القوات الشهر المقبل.", "2026-12"),
        ("يبدأ انسحاب القوات العام المقبل.", "2027"),
    ],
)
def test_a_date_told_from_the_texts_own_day_is_new(text: str, date: str) -> None:
    known = "أعلنت وزارة الدفاع بدء محادثات بشأن انسحاب القوات."
    after = new(known + " " + text)
    assert found(after, known=known) == [("date", date)]
    assert found(replace(after, published=None), known=known) == [], "of which day it is told is not known"
    assert found(after, known=f"{known} وقيل {text}") == []


def test_a_date_told_from_ones_own_day_is_that_day() -> None:
    tomorrow = new("وسيبدأ انسحاب القوات غداً.")
    assert found(tomorrow, known="يبدأ انسحاب القوات في 21 تشرين الثاني.") == []
    # clocks differ
    assert found(tomorrow, known="يبدأ انسحاب القوات في 22 تشرين الثاني.") == []
    assert found(tomorrow, known="يبدأ انسحاب القوات في 23 تشرين الثاني.") == [("date", "2026-11-21")]
    week = new("وسيبدأ انسحاب القوات الأسبوع المقبل.")
    assert found(week, known="يبدأ انسحاب القوات في 25 تشرين الثاني.") == []
    assert found(week, known="يبدأ انسحاب القوات في 5 كانون الأول 2026.") == [("date", "2026-W48")]
    # a day says more than its week
    day = new("وسيبدأ انسحاب القوات الأربعاء المقبل.")
    assert found(day, known="يبدأ انسحاب القوات الأسبوع المقبل.") == [("date", "2026-11-25")]
    # one date, told twice
    both = new("وسيبدأ انسحاب القوات غداً، 21 تشرين الثاني 2026.")
    assert found(both, known="بدأت محادثات الانسحاب.") == [("date", "2026-11-21")]


def test_who_comes_next_is_no_date() -> None:
    assert found(new("وقيل إن الأمين العام المقبل يدعم انسحاب القوات.")) == []


def test_dates_named_in_a_text() -> None:
    text = fold(
        "في ١٥ آب/أغسطس 2027 و2026-12-01 والخامس والعشرين من تشرين الثاني، ثم في سبتمبر المقبل وعام 2030، "
        "وفي 15 ذو القعدة 1447؛ ومارس القائد مهامه، وسحب 2000 جندي، والقرار 1701."
    )
    assert [(one.value, one.day) for one in dates_in(text)] == [
        ("2027-08-15", 15),
        ("2026-12-01", 1),
        ("--11-25", 25),
        ("--09", None),
        ("2030", None),
        ("2026-05-02", 2),
    ]


def test_who_speaks_in_a_sentence() -> None:
    asked = {
        "وقال وزير الدفاع ثابت الجابري إن القوات ستنسحب": ["وزير الدفاع ثابت الجابري"],
        "بغداد تعلن جدولا زمنيا": ["بغداد"],
        "وخلال مؤتمر صحفي أكد الوزير سالم الحمداني أن الانسحاب قريب": ["الوزير سالم الحمداني"],
        "الحكومة التي أعلنت سحب القوات": [],
        "وأوضح أن الجانبين اتفقا": [],
        "واتهم حزب الوفاق الحكومة بالتأخير": ["حزب الوفاق"],
        "وقد جدد النائب سالم الحمداني دعوته إلى الانسحاب": ["النائب سالم"],
        "خلاف بين الحزبين يهدد صفقة الانسحاب": [],
        "وقالت وكالة النخيل للأنباء إن القوات انسحبت": [],
        "وقالت فرانس برس إن القوات انسحبت": [],
        "وذكرت سانا أن القوات انسحبت": [],
        "ولم تعلن لندن متى تنسحب القوات": [],
        "ولا تؤكد بغداد أن القوات انسحبت": [],
        "قال الأمين العام للحزب الأسبوع الماضي إن القوات انسحبت": ["الأمين العام للحزب"],
    }
    for sentence, names in asked.items():
        text = fold(sentence)
        assert [text[one.start : one.stop] for one in speakers(text)] == [fold(name) for name in names], sentence


def test_told_in_words() -> None:
    values = [
        ("date", "2026-W48"),
        ("date", "2027-06-30"),
        ("date", "--09-01"),
        ("date", "2027-03"),
        ("date", "2029"),
        ("number", "4000"),
    ]
    assert told(Development(kind=kind, value=value, article="a", sentence="") for kind, value in values) == (  # type: ignore[arg-type]
        "new date week of 23 November 2026, new date 30 June 2027, new date 1 September, new date March 2027, "
        "new date 2029, new number 4000"
    )

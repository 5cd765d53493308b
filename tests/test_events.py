"""Events: texts that tell of one event in words of their own are told from texts that only look like it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mirqab.events import FEW_TEXTS, Likeness, Report, Weights, alike, as_written, join, terms_of

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)

COMMON = (
    "قال المتحدث باسم الوزارة إن الاجتماع المقبل سيعقد في العاصمة لبحث ملف الحدود والأمن بين البلدين",
    "أكد رئيس الوفد أن المفاوضات مستمرة وأن الطرفين يعملان على تثبيت وقف إطلاق النار وتبادل الأسرى",
    "دعت المنظمة الدولية إلى حماية المدنيين وفتح الممرات الإنسانية أمام قوافل الإغاثة والدواء",
    "شهدت الأسواق ارتفاعا في أسعار القمح والوقود وسط مخاوف التجار من استمرار إغلاق المعابر",
    "ناقش البرلمان مشروع الموازنة العامة وطالب النواب بزيادة مخصصات الصحة والتعليم في المحافظات",
    "انسحاب القوات الأجنبية من القواعد العسكرية مطلب قديم تتمسك به أحزاب المعارضة في البلاد",
    "أعلنت القيادة العسكرية تنفيذ غارات على مواقع المسلحين قرب الحدود الشرقية وتدمير آليات",
    "يواجه المنتخب ضيفه مساء اليوم في تصفيات البطولة ويسعى المدرب إلى الفوز والنقاط الثلاث",
)

# one event: a base is handed over in two phases, told by two outlets
HARBOUR = (
    "سهران: قاعدة الرمال تخلى على مرحلتين",
    "اتفقت حكومة سهران مع قيادة القوات الأطلسية على إخلاء قاعدة الرمال الجوية على مرحلتين تبدأ أولاهما في الأول من "
    "نيسان، بحسب ما أعلن وزير الدفاع السهراني ناجي البرهومي. وأوضح البرهومي عقب جولة تفاوض في قصر المرجان أن 1850 "
    "جنديا سيغادرون القاعدة قبل منتصف حزيران، وأن سرب الطائرات المسيرة سيعود إلى بلدته الأصلية. ووقع عن الجانب الأطلسي "
    "الجنرال هارفي كولدن الذي وصف الاتفاق بأنه منظم ومشترك، فيما ستتسلم الكتيبة السهرانية الخامسة أبراج المراقبة.",
)
RETOLD = (
    "وزير الدفاع السهراني يكشف جدول مغادرة الأطلسيين",
    "كشف ناجي البرهومي وزير الدفاع في سهران أن القوات الأطلسية ستسلم قاعدة الرمال للكتيبة السهرانية الخامسة، وذلك "
    "بعد جولة تفاوض طويلة احتضنها قصر المرجان. ويقضي الاتفاق الذي وقعه الجنرال هارفي كولدن بأن يغادر 1850 جنديا خلال "
    "مرحلتين، الأولى مطلع نيسان والثانية تنتهي في حزيران. وقال البرهومي للصحفيين إن أبراج المراقبة وسرب الطائرات "
    "المسيرة هما آخر ما بقي على الطاولة، وإن الاتفاق لا يتضمن ملحقا سريا.",
)
# another base of the same country in the same days
OTHER_BASE = (
    "سهران: خلاف على رادار الجبل الأبيض",
    "قال نائب وزير الدفاع السهراني كمال الزيتوني إن بلاده لن تمدد عقد رادار الجبل الأبيض الذي تشغله القوات الأطلسية "
    "منذ اثني عشر عاما، مضيفا أن 40 فنيا أجنبيا سيبقون حتى الخريف لتدريب المهندسين المحليين. وطالبت نقابة العاملين في "
    "الرادار بضمان رواتبها، في حين رفض السفير الأطلسي دانيال روفر التعليق. ويرى محللون أن الخلاف مالي قبل أن يكون "
    "سياسيا، وأن البرلمان سيحسمه في جلسة مغلقة الأسبوع المقبل.",
)


def recent(texts: int = 400) -> Weights:
    chance = random.Random(1)
    return Weights.of(terms_of("", " ".join(chance.sample(COMMON, 3))) for _ in range(texts))


def report(
    name: str,
    text: tuple[str, str],
    outlet: str | None = None,
    *,
    at: datetime = NOON,
    weights: Weights | None = None,
    theatres: frozenset[str] = frozenset(),
) -> Report[str]:
    weighed = (weights or recent()).weigh(terms_of(*text))
    return Report(name=name, weighed=weighed, outlet=outlet or name, published=at, theatres=theatres)


def likeness(one: tuple[str, str], other: tuple[str, str], weights: Weights | None = None) -> Likeness:
    weights = weights or recent()
    return alike(weights.weigh(terms_of(*one)), weights.weigh(terms_of(*other)))


# -------------------------------------------------------------------------------------------------- terms


def test_terms_are_stems_counted_nouns_and_what_the_lead_says() -> None:
    terms = terms_of(
        "مقتل ثلاثة جنود عراقيين", "أعلنت بغداد يوم الأحد مقتل 3 جنود وإصابة ١٢ ألف نازح قرب الحدود السورية"
    )
    assert {"3 جنود", "12000 نازح", "العراق", "سوريا"} <= terms.all
    assert "في" not in terms.all
    assert terms.figures == {"3", "12000"}
    assert terms.weekdays == {"الاحد"}
    assert terms.nations == {"العراق", "سوريا"}
    assert terms.counted["جنود"] == {"3"}


@pytest.mark.parametrize(
    ("written", "figure"),
    [
        ("ثلاثة عشر جندياً", "13"),
        ("خمسة وعشرين جندياً", "25"),
        ("١٣٠٠ جندي", "1300"),
        ("1,300 جندي", "1300"),
        ("ألف وثلاثمئة جندي", "1300"),
        ("1.3 ألف جندي", "1300"),
    ],
)
def test_a_number_is_one_in_whatever_writing(written: str, figure: str) -> None:
    terms = terms_of("", f"يغادر {written}")
    assert f"{figure} جند" in terms.all
    assert terms.figures == {figure}


def test_one_of_some_is_no_number() -> None:
    assert terms_of("", "قال أحد الجنود إن واحدة من القواعد أخليت").figures == frozenset()


@pytest.mark.parametrize("pair", ["المفاوضات والمفاوضات", "مفاوضات بالمفاوضات", "لبنان اللبنانية", "سوريا السوري"])
def test_one_word_in_two_coats_is_one_term(pair: str) -> None:
    one, other = pair.split()
    assert terms_of("", one).all == terms_of("", other).all


def test_only_the_first_words_are_read() -> None:
    lead = "بدأت الجولة " * 130
    assert terms_of("", lead + "البرهومي").all == terms_of("", lead).all


def test_nothing_has_no_terms_and_is_like_nothing() -> None:
    empty = terms_of("", "")
    assert (empty.all, empty.counted, empty.headline) == (frozenset(), {}, frozenset())
    weights = recent()
    found = alike(weights.weigh(empty), weights.weigh(empty))
    assert (found.score, found.evidence, found.shared, found.is_same_event) == (0.0, 0.0, (), False)


def test_a_term_is_shown_as_it_is_written() -> None:
    written = as_written(["14 جند", "برهوم", "مرجان"], "وصل الوزير البُرهومي و14 جنديًا إلى القصر، وغادر البرهومي")
    assert written == {"14 جند": "14 جنديًا", "برهوم": "البُرهومي"}


# ------------------------------------------------------------------------------------------------ weights


def test_a_term_that_few_texts_have_weighs_more_and_none_below_zero() -> None:
    weighed = recent().weigh(terms_of("", "الحدود البرهومي"))
    assert weighed.weights["برهوم"] > weighed.weights["حدود"] >= 0


def test_weights_come_back_from_their_bytes() -> None:
    weights, terms = recent(), terms_of(*HARBOUR)
    weights.add(terms)
    again = Weights.from_bytes(weights.to_bytes())
    assert again.texts == weights.texts
    common = terms_of("", COMMON[0])
    assert again.weigh(common) == weights.weigh(common)
    assert Weights.from_bytes(Weights().to_bytes()).texts == 0
    assert len(weights.to_bytes()) < 2000


# -------------------------------------------------------------------------------------------------- pairs


def test_one_event_in_other_words_is_the_same_event_and_says_why() -> None:
    found = likeness(HARBOUR, RETOLD)
    assert found.is_same_event
    assert found.against == ()
    assert "كولدن" in {term for term, _ in found.shared}
    assert [weight for _, weight in found.shared] == sorted((weight for _, weight in found.shared), reverse=True)
    assert found == likeness(RETOLD, HARBOUR)


def test_another_matter_of_the_same_country_and_days_is_not() -> None:
    for one in (HARBOUR, RETOLD):
        found = likeness(one, OTHER_BASE)
        assert not found.is_same_event
        assert not found.agrees


@pytest.mark.parametrize(
    ("before", "after", "against", "is_same"),
    [
        ("1850", "320", "figures", True),
        ("اتفقت حكومة سهران", "اتفقت حكومة سهران يوم الأحد", "weekdays", False),
    ],
)
def test_what_speaks_against_it_raises_the_bar(before: str, after: str, against: str, is_same: bool) -> None:
    one = HARBOUR[0], HARBOUR[1].replace(before, after)
    other = RETOLD[0], "أمس الخميس " + RETOLD[1]
    plain, found = likeness(HARBOUR, other), likeness(one, other)
    assert plain.against == ()
    assert found.against == (against,)
    assert found.is_same_event is is_same, "a story is told with slips, but not of two days"


def test_each_naming_a_country_that_the_other_does_not_speaks_against_it() -> None:
    call = "تلقى الأمير اتصالا هاتفيا من رئيس {} بحثا خلاله العلاقات الثنائية وسبل تعزيز التعاون المشترك"
    assert likeness(("", call.format("الصومال")), ("", call.format("تركيا"))).against == ("nations",)
    assert likeness(("", call.format("الصومال")), ("", call.format("الصومال وتركيا"))).against == ()


def test_headlines_with_other_figures_are_of_two_events() -> None:
    one, other = ("مقتل 14 جنديا في سهران", HARBOUR[1]), ("مقتل 9 جنود في سهران", HARBOUR[1])
    assert likeness(one, other).score > 0.9
    assert likeness(one, other).against == ("tolls",)
    assert not likeness(one, other).is_same_event
    assert likeness(one, ("سهران تشيع 14 جنديا بينهم 9 ضباط", HARBOUR[1])).is_same_event


def test_two_reports_with_one_background_are_of_two_events() -> None:
    one = (
        "سهران: غارة على سوق الحدادين",
        "قصفت مسيرة مجهولة سوق الحدادين في بلدة الفنار وأحرقت ستة دكاكين ومخبز الحي، ونقل مسعفون ثمانية مصابين إلى "
        "مركز القرية بينهم بائع خضار وابنته، وقال شهود إن صفارات الإنذار لم تعمل. ",
    )
    other = (
        "نقابة المعلمين تضرب",
        "دعت نقابة المعلمين إلى إضراب مفتوح احتجاجا على تأخر الرواتب والعلاوات في المدارس الريفية، وأمهلت الوزارة "
        "أسبوعا لصرف المستحقات قبل تعليق امتحانات الفصل الثاني، ودعت الأهالي إلى التضامن مع مطالبها. ",
    )
    found = likeness((one[0], one[1] + HARBOUR[1] * 2), (other[0], other[1] + HARBOUR[1] * 2))
    assert found.score > 0.6
    assert found.against == ("headlines", "openings")
    assert not found.is_same_event


def test_a_form_filled_in_anew_tells_of_another_day() -> None:
    form = (
        "أغلق مؤشر بورصة سهران على {} عند 4210,{} نقطة، بعد تداول {} ألف سهم بقيمة {} مليون دينار، وقادت أسهم مصرف "
        "الميناء وشركة الحدادين للنقل وتعاونية الفنار السوق، فيما استقر سعر أونصة المرجان وحافظ البرهومي على مركزه."
    )
    one, other = form.format("ارتفاع", "35", "812", "67"), form.format("انخفاض", "12", "745", "59")
    found = likeness(("بورصة سهران ترتفع", one), ("بورصة سهران تنخفض", other))
    assert found.score > 0.8
    assert "forms" in found.against
    assert not found.is_same_event


def test_few_texts_give_weights_that_say_little() -> None:
    few = recent(FEW_TEXTS - 1)
    assert likeness(HARBOUR, RETOLD).is_same_event
    assert likeness(HARBOUR, RETOLD, few).evidence > 75
    assert not likeness(HARBOUR, RETOLD, few).is_same_event
    assert not likeness(HARBOUR, HARBOUR, Weights()).is_same_event


# ------------------------------------------------------------------------------------------------ stories


def test_a_text_joins_the_story_of_the_one_it_is_most_alike() -> None:
    stories = {"base": [report("jabal", HARBOUR)], "radar": [report("nahr", OTHER_BASE)]}
    found = join(report("sahil", RETOLD), stories)
    assert found is not None
    assert (found.story, found.nearest.name) == ("base", "jabal")
    assert found.likeness.is_same_event
    assert join(report("sahil", RETOLD), {"radar": stories["radar"]}) is None
    assert join(report("sahil", RETOLD), {}) is None


def test_outlet_time_and_theatre_can_forbid_it() -> None:
    def joins(**changed: object) -> bool:
        return join(replace(report("sahil", RETOLD), **changed), {"base": [before]}) is not None  # type: ignore[arg-type]

    before = report("jabal", HARBOUR, theatres=frozenset({"Iraq"}))
    assert joins()
    assert not joins(outlet="jabal"), "an outlet's own form"
    assert not joins(outlet=None)
    assert joins(published=NOON + timedelta(hours=71))
    assert joins(published=NOON - timedelta(hours=71))
    assert not joins(published=NOON + timedelta(hours=73))
    assert not joins(theatres=frozenset({"Libya"}))
    assert joins(theatres=frozenset({"Libya", "Iraq"}))
    assert joins(theatres=frozenset())


def test_a_story_does_not_drift_along_a_chain() -> None:
    """The one text that is alike does not suffice when the first one, and most others, tell of something else."""
    far = [report("first", OTHER_BASE), report("second", OTHER_BASE), report("third", OTHER_BASE)]
    link = report("jabal", HARBOUR)
    arriving = report("sahil", RETOLD)
    assert join(arriving, {"story": [*far, link]}) is None
    assert join(arriving, {"story": [far[0], link]}) is not None, "half of them agree"
    late = replace(link, published=NOON - timedelta(days=9))
    assert join(arriving, {"story": [late, far[0], far[1], link]}) is not None, "the first one agrees"
    assert join(arriving, {"story": [late]}) is None, "but it is not within the window"

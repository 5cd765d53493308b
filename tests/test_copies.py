"""Copies: real pairs of one text are told from real look-alikes, and from our own."""

from __future__ import annotations

import dataclasses
import json
import random
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mirqab.copies import (
    BAND_BYTES,
    BANDS,
    SHORT,
    SIGNATURE_BYTES,
    VALUES,
    Text,
    bands,
    compare,
    is_current,
    said,
    signature,
    similarity,
    worth_comparing,
)

WIRE = (
    "أعلنت هيئة الموانئ في مدينة الساحل، صباح الثلاثاء، استئناف حركة السفن في الميناء القديم بعد توقف دام ستة أيام "
    "بسبب العاصفة التي ضربت الشاطئ الشمالي. وقال مدير الهيئة سالم الراوي إن الفرق الفنية أنهت إصلاح الرصيفين الثالث "
    "والرابع، وإن أول سفينة محملة بالقمح رست عند الفجر. وأضاف أن الخسائر اقتصرت على مخزنين ورافعة واحدة، وأن تعويض "
    "أصحاب القوارب الصغيرة سيبدأ مطلع الشهر المقبل بالتعاون مع البلدية. وكانت الأرصاد الجوية قد حذرت قبل "
    "أسبوع من رياح "
    "شديدة وأمواج عالية، ودعت الصيادين إلى عدم الإبحار حتى إشعار آخر. ويعمل في الميناء نحو ألفي عامل، وتمر به ثلث "
    "واردات المنطقة من الحبوب والأخشاب."
)
BACKGROUND = (
    "وكانت المواجهات قد اندلعت في الوادي قبل ثلاثة أشهر بعد خلاف على تقاسم مياه النهر بين القريتين، وأدت "
    "إلى نزوح مئات "
    "العائلات إلى المدينة المجاورة. وفشلت وساطتان سابقتان قادهما شيوخ المنطقة في التوصل إلى اتفاق دائم، بينما تقول "
    "الحكومة إن لجنة من الخبراء ستقدم تقريرها عن حصص المياه قبل نهاية العام. وتعتمد القريتان على زراعة "
    "الزيتون واللوز، "
    "وتضررت معظم الحقول بسبب انقطاع الري."
)


def is_copy(one: str, other: str, *, headlines: tuple[str, str] = ("", "")) -> bool:
    return compare(Text(headlines[0], one), Text(headlines[1], other)).is_copy


def shared(one: str, other: str) -> bool:
    return not set(bands(signature("", one))).isdisjoint(bands(signature("", other)))


# --------------------------------------------------------------------------------------------- real pairs


def test_every_near_pair_is_a_copy_and_no_different_pair(shared_data: Path) -> None:
    near = joined = banded = 0
    for line in (shared_data / "dups" / "groups.jsonl").read_text(encoding="utf-8").splitlines():
        group = json.loads(line)
        if group["relation"] != "near_duplicate_text":
            continue
        for one, other in combinations(group["docs"], 2):
            near += 1
            joined += is_copy(one["text"], other["text"], headlines=(one["title"], other["title"]))
            banded += shared(one["text"], other["text"])
    assert (near, joined) == (81, 81)
    assert banded == 81
    for line in (shared_data / "dups" / "different_pairs.jsonl").read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        one, other = pair["a"], pair["b"]
        assert not is_copy(one["text"], other["text"], headlines=(one["title"] or "", other["title"] or "")), pair


# ------------------------------------------------------------------------------------------ how it is made


def test_a_signature_is_the_same_on_every_machine() -> None:
    made = signature("", WIRE)
    assert len(made) == SIGNATURE_BYTES
    assert made[:12].hex() == "0164e449e15e5b626e8ca66a", "another signature needs another SIGNATURE_VERSION"
    assert [len(band) for band in bands(made)] == [BAND_BYTES] * BANDS


def test_a_text_too_short_for_a_signature_has_no_bands() -> None:
    assert signature("", "توقف المطار عن العمل") == b""
    assert bands(b"") == ()
    assert similarity(b"", b"") == 0


@pytest.mark.parametrize(
    "varied",
    [
        WIRE.replace("أ", "ا").replace("إ", "ا"),
        WIRE.replace("ة ", "ه "),
        WIRE.replace("،", " ,").replace(".", " …\n\n"),
        WIRE.replace("السفن", "السُّفُن").replace("الشمالي", "الشـــمالي"),
    ],
)
def test_spelling_punctuation_and_white_space_change_nothing(varied: str) -> None:
    assert varied != WIRE
    assert signature("", varied) == signature("", WIRE)
    assert is_copy(WIRE, varied)


@pytest.mark.parametrize("count", [8, 15, 40, 400])
def test_similarity_estimates_the_jaccard_of_five_words_in_short_texts_too(count: int) -> None:
    chance = random.Random(count)
    off = []
    for turn in range(60):
        words = [f"كلمة{turn}{chance.randrange(10**6)}" for _ in range(count)]
        others = [*words[: 3 * count // 4], *(f"لفظ{turn}{number}" for number in range(count // 4))]
        one, other = " ".join(words), " ".join(others)
        first, second = (
            set(zip(*(text[at:] for at in range(5)), strict=False)) for text in (said("", one), said("", other))
        )
        exact = len(first & second) / len(first | second)
        off.append(similarity(signature("", one), signature("", other)) - exact)
    assert abs(sum(off) / len(off)) < 0.03


def test_a_signature_of_another_version_is_told_and_like_no_other() -> None:
    made = signature("", WIRE)
    older = bytes([made[0] - 1]) + made[1:]
    assert is_current(made)
    assert is_current(b"")
    assert not is_current(older)
    assert not is_current(made[:-1])
    assert similarity(made, made) == 1
    assert similarity(made, older) == 0


def test_a_short_text_must_agree_in_more_to_be_worth_comparing() -> None:
    made = signature("", WIRE)
    assert made[1] == len(said("", WIRE)) > SHORT

    def agreeing(values: int, length: int) -> bytes:
        return bytes([made[0], length]) + made[2 : 2 + 4 * values] + bytes(4 * (VALUES - values))

    assert worth_comparing(made, agreeing(5, 200))
    assert not worth_comparing(made, agreeing(4, 200))
    assert worth_comparing(made, agreeing(10, SHORT - 1))
    assert not worth_comparing(made, agreeing(9, SHORT - 1))
    assert worth_comparing(b"", b"")
    assert not worth_comparing(made, b"")


def test_short_posts_share_no_band_for_a_single_shingle() -> None:
    chance = random.Random(1)

    def post() -> str:
        return "غارة إسرائيلية " + " ".join(f"لفظ{chance.randrange(10**9)}" for _ in range(12))

    posts = [post() for _ in range(100)]
    assert sum(shared(one, other) for one, other in combinations(posts, 2)) <= 20


# --------------------------------------------------------------------------------------- what an editor does


def test_an_outlets_edits_leave_a_copy() -> None:
    shortened = WIRE[: WIRE.index("وكانت الأرصاد")]
    prefixed = (
        "الساحل – خاص. " + WIRE + " وفي سياق متصل، تفقد وزير النقل الرصيف الجديد واستمع إلى شرح عن مراحل العمل فيه."
    )
    reworded = (
        WIRE.replace("صباح الثلاثاء", "اليوم")
        .replace("وأضاف", "وتابع")
        .replace("شديدة", "قوية")
        .replace("نحو", "قرابة")
    )
    for edited in (shortened, prefixed, reworded):
        assert is_copy(WIRE, edited)
        assert shared(WIRE, edited)


NAMES = (
    "الميناء",
    "المدينة",
    "الوادي",
    "الجسر",
    "السوق",
    "الحي",
    "النهر",
    "المجلس",
    "الطريق",
    "المصنع",
    "الحقل",
    "المطار",
)
VERBS = ("وصل", "أعلن", "عبر", "غادر", "طلب", "رفض", "أكد", "نفى", "زار", "أغلق", "فتح", "شهد")


@some.composite
def stories_and_edits(draw: some.DrawFn) -> tuple[str, str]:
    """A story of ninety words and more, and the same with one word in twelve replaced, left out or put in."""
    chance = random.Random(draw(some.integers(0, 2**32)))
    written = [
        f"{chance.choice(VERBS)}{chance.choice(('', 'وا', 'ت'))} {chance.choice(NAMES)}"
        for _ in range(draw(some.integers(45, 200)))
    ]
    words = " ".join(written).split()
    edited: list[str] = []
    for number, word in enumerate(words):
        place = number % 12
        if place != 6:
            edited.append(word)
        else:
            # another word each time: the same one for the same word is a name that stands for another
            edited += draw(some.sampled_from([[], ["".join(chance.choices("بتثجحخدرزسش", k=6))], [word, "زائد"]]))
    return " ".join(words), " ".join(edited)


@settings(max_examples=60)
@given(stories_and_edits())
def test_an_edited_story_stays_a_copy_and_a_candidate(pair: tuple[str, str]) -> None:
    one, other = pair
    assert is_copy(one, other)
    assert is_copy(other, one)
    assert shared(one, other)
    assert worth_comparing(signature("", one), signature("", other))


def test_a_brief_text_that_was_continued_below_is_a_copy_and_a_new_one_with_its_background_is_not() -> None:
    brief = WIRE[: WIRE.index("وكانت الأرصاد")]
    below = BACKGROUND + " " + toll(12, 40, 310, "حي الزيتون")
    edited = brief.replace("صباح الثلاثاء", "اليوم").replace("رست", "دخلت")
    assert SHORT <= len(said("", brief)) < 80
    assert is_copy(brief, f"{edited} {below}")
    assert not is_copy(brief, f"{below} {edited}")


def test_a_web_address_is_no_part_of_a_text() -> None:
    address = "https://example.org/%D8%A7%D9%84%D9%85%D9%8A%D9%86%D8%A7%D8%A1/2931?utm_source=x"
    assert signature("", f"{WIRE} {address}") == signature("", WIRE)
    post, other = "فتح السوق القديم أبوابه صباح اليوم", "أغلقت المدرسة الشرقية حتى إشعار آخر"
    assert not is_copy(f"{post} {address * 3}", f"{other} {address * 3}")


# ------------------------------------------------------------------------------------------------ look-alikes


def toll(killed: int, hurt: int, total: int, place: str) -> str:
    return (
        f"أعلنت دائرة الصحة في الوادي، في بيانها اليومي، أن {killed} شخصا قتلوا وأصيب {hurt} آخرون خلال "
        f"الساعات الأربع "
        f"والعشرين الماضية جراء القصف على {place}. وأوضح البيان أن الحصيلة ارتفعت إلى {total} قتيلا منذ بدء "
        f"المواجهات، وأن "
        "عددا من الضحايا ما زالوا تحت الركام لا تستطيع طواقم الإسعاف الوصول إليهم."
    )


def weather(city: str, high: int, low: int, wind: int, rain: str) -> str:
    return (
        f"يتوقع أن يكون الطقس غدا في {city} {rain}، وتبلغ درجة الحرارة العظمى {high} درجة والصغرى {low} "
        f"درجات، وتكون الرياح "
        f"شمالية غربية بسرعة {wind} كيلومترا في الساعة. ودعت دائرة الأرصاد السائقين إلى الحذر من تدني مدى "
        f"الرؤية على الطرق "
        "الجبلية في ساعات الصباح الأولى."
    )


def prices(day: str, numbers: tuple[float, float, float, float]) -> str:
    gold, silver, dollar, oil = numbers
    return (
        f"سجلت أسعار الذهب في السوق المحلية {day} {gold} دينارا للغرام من عيار واحد وعشرين، وبلغ سعر الفضة "
        f"{silver} دنانير، "
        f"فيما استقر سعر صرف الدولار عند {dollar} دينارا للشراء. وفي الأسواق العالمية بلغ سعر برميل النفط "
        f"{oil} دولارا، وقال "
        "تجار إن حركة البيع كانت متوسطة قبل العطلة الأسبوعية."
    )


def match(home: str, guest: str, goals: str, minute: int, scorer: str) -> str:
    return (
        f"فاز {home} على ضيفه {guest} {goals} في المباراة التي جرت مساء أمس على ملعب المدينة ضمن دوري "
        f"المحترفين. وسجل "
        f"{scorer} هدف الفوز في الدقيقة {minute} بعد تمريرة من الجهة اليمنى، ورفع الفريق رصيده في صدارة "
        f"الترتيب قبل جولتين "
        "من نهاية الموسم."
    )


def bourse(way: str, index: float, points: float, trades: int, worth: float) -> str:
    return (
        f"أغلق مؤشر سوق الساحل للأوراق المالية تعاملات اليوم {way} بمقدار {points} نقطة ليقف عند مستوى "
        f"{index} نقطة، وبلغ عدد "
        f"الصفقات المنفذة {trades} صفقة بقيمة إجمالية قدرها {worth} مليون دينار. وتصدر قطاع المصارف قائمة "
        f"القطاعات الأكثر "
        "تداولا يليه قطاع الاتصالات ثم قطاع النقل، فيما لم تشهد أسهم التأمين أي تغيير."
    )


LOOK_ALIKES = {
    "toll": (toll(12, 40, 310, "حي الزيتون"), toll(7, 22, 317, "السوق القديم")),
    "weather": (weather("الساحل", 21, 9, 30, "غائما جزئيا"), weather("الجبل", 14, 3, 45, "ماطرا")),
    "prices": (prices("اليوم الأحد", (41.2, 3.1, 0.71, 78.4)), prices("صباح الاثنين", (42.6, 3.3, 0.72, 80.9))),
    "match": (match("الساحل", "الجبل", "2-1", 74, "سالم"), match("الوادي", "النهر", "3-0", 12, "ياسر")),
    "bourse": (bourse("مرتفعا", 1204.5, 8.1, 2310, 14.2), bourse("منخفضا", 1199.8, 4.7, 1987, 11.9)),
    "post": ("غارة جديدة على بلدة الزيتون في الجنوب قبل قليل", "غارة جديدة على بلدة الصنوبر في الجنوب قبل قليل"),
    "serial": (
        "قتل ثلاثة أشخاص وأصيب خمسة في تبادل لإطلاق النار فجر اليوم قرب جسر الوادي، بحسب مصدر طبي في "
        "المستشفى المركزي. "
        "وقال شهود إن سيارتين احترقتا وإن الطريق أغلق أمام المارة ساعات قبل أن تصل دورية من الشرطة إلى "
        "المكان وتفتح تحقيقا. " + BACKGROUND,
        "وصل وفد من شيوخ المنطقة مساء السبت إلى القرية العليا حاملا مقترحا جديدا للصلح يقضي بتبادل المحتجزين "
        "وفتح السوق "
        "المشترك. ورحب رئيس المجلس المحلي بالمبادرة وطلب مهلة يومين للتشاور، فيما تمسك ممثلو القرية السفلى بتعويض "
        "أصحاب الحقول أولا. " + BACKGROUND,
    ),
}


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_look_alikes_are_no_copies(name: str) -> None:
    one, other = LOOK_ALIKES[name]
    assert not is_copy(one, other)
    assert is_copy(one, one + " ")


def test_a_short_post_that_names_one_place_less_is_another_post() -> None:
    both = "صفارات الإنذار تدوي في الزيتون في السهل الشمالي خوفا من طائرة مجهولة"
    assert not is_copy(both, both.replace("في الزيتون ", ""))
    assert is_copy(both, f"{both} والسكان يلجؤون إلى الأقبية")


def test_a_greeting_of_another_year_is_another_text() -> None:
    def greeting(year: int) -> str:
        return (
            f"مع حلول السنة الجديدة {year} تتقدم أسرة الصحيفة إلى قرائها في المدينة والريف بأصدق التهاني، راجية أن "
            "تكون سنة خير وسلام على الجميع، وأن يعود الغائبون إلى بيوتهم، وأن تجد الأقلام الصادقة من يقرؤها. وتشكر "
            "الصحيفة كل من كتب إليها ناصحا أو معاتبا أو شاكرا، وتعدهم بأن تبقى كما عرفوها طوال الأعوام الماضية."
        )

    assert not is_copy(greeting(2965), greeting(2971))
    assert is_copy(greeting(2965), greeting(2965).replace("الجميع", "الكل"))


# ------------------------------------------------------------------------------------------- other names

FORMS = {
    "base": (
        "التحالف ينسحب من قاعدة {name}",
        "أعلنت قيادة التحالف الدولي اليوم انسحاب آخر دفعة من قواتها من قاعدة {name} في محافظة {place} بعد اكتمال نقل "
        "العتاد إلى خارج البلاد. وقال المتحدث باسم التحالف إن الانسحاب جرى وفق الجدول الزمني المتفق عليه مع الحكومة، "
        "وإن القاعدة سلمت إلى القوات المحلية التي تولت حمايتها وإدارتها بالكامل. وأضاف أن هذه الخطوة تأتي في إطار "
        "الاتفاق الموقع بين الجانبين لإنهاء المهمة القتالية والانتقال إلى مرحلة التدريب وتقديم المشورة.",
        ({"name": "عين الرمال", "place": "الغربية"}, {"name": "وادي الصقر", "place": "الشمالية"}),
    ),
    "base named once more below": (
        "انسحاب جديد",
        "غادرت القوات الأجنبية أمس قاعدة {name} بعد وجود دام سبعة أعوام، وتسلم قائد الحامية مفاتيح المخازن والمهبط في "
        "مراسم قصيرة حضرها ممثلو السلطات المحلية وشيوخ القبائل. وكانت قاعدة {name} مركزا للتدريب والإمداد، وتقول "
        "الحكومة إن تسليمها خطوة من خطة تمتد حتى نهاية العام، وإن لجنة مشتركة تشرف على إحصاء ما بقي من العتاد.",
        ({"name": "الزيتونة"}, {"name": "الصنوبر"}),
    ),
    "cable": (
        "الرئيس يهنئ {name}",
        "بعث رئيس الجمهورية برقية تهنئة إلى {name} {person} بمناسبة {feast}، أعرب فيها باسمه وباسم شعب البلاد وحكومتها "
        "عن أصدق التهاني وأطيب التمنيات له بموفور الصحة والسعادة، ولحكومة بلاده وشعبها الشقيق باطراد التقدم "
        "والازدهار. وأشاد الرئيس في برقيته بالعلاقات التاريخية المتينة التي تجمع البلدين، مؤكدا الحرص على تعزيزها "
        "وتطويرها في المجالات كافة بما يخدم المصالح المشتركة ويحقق الأمن والاستقرار في المنطقة.",
        (
            {"name": "ملك الرمال", "person": "سالم الهادي", "feast": "ذكرى الاستقلال"},
            {"name": "أمير الساحل", "person": "نبيل الراجي", "feast": "العيد الوطني"},
        ),
    ),
    "visit": (
        "وزير الخارجية يستقبل السفير {name}",
        "استقبل وزير الخارجية في مكتبه اليوم السفير {name} المعتمد لدى البلاد {person}، وجرى خلال اللقاء استعراض "
        "العلاقات الثنائية بين البلدين وسبل تعزيزها في مختلف المجالات، إضافة إلى تبادل الآراء حول القضايا ذات "
        "الاهتمام المشترك على الساحتين الإقليمية والدولية. وحضر اللقاء وكيل الوزارة للشؤون السياسية ومدير إدارة "
        "المراسم وعدد من كبار المسؤولين في الوزارة وأعضاء السفارة.",
        ({"name": "الأردني", "person": "سالم الهادي"}, {"name": "الياباني", "person": "كينجي موري"}),
    ),
    "obituary": (
        "نقابة الفنانين تنعى {name}",
        "نعت نقابة الفنانين ببالغ الحزن والأسى الفنان القدير {name} الذي وافته المنية فجر اليوم بعد صراع مع المرض، "
        "وتقدمت بأحر التعازي إلى أسرته ومحبيه وزملائه. وقالت النقابة في بيانها إن الراحل أثرى الشاشة والمسرح بأعمال "
        "بقيت في ذاكرة الجمهور، وإن جنازته ستشيع بعد صلاة العصر من مسجد الحي القديم، على أن تقبل أسرته العزاء في قاعة "
        "المناسبات الكبرى طوال ثلاثة أيام.",
        ({"name": "عادل الطيب"}, {"name": "مراد الكاتب"}),
    ),
    "court": (
        "السجن للمتهم في قضية {name}",
        "قضت محكمة الجنايات الكبرى اليوم بسجن المتهم الرئيسي في قضية {name} مدة عشرة أعوام مع النفاذ وتغريمه قيمة ما "
        "استولى عليه، وبرأت ثلاثة موظفين لعدم كفاية الأدلة. وقال محامي الدفاع إنه سيستأنف الحكم أمام المحكمة العليا "
        "خلال المهلة القانونية، فيما رحب ممثل الادعاء بما وصفه بالقرار العادل. وكانت النيابة العامة قد فتحت التحقيق "
        "بعد شكاوى تقدم بها عشرات المتضررين من {name}.",
        ({"name": "مصرف الواحة"}, {"name": "تعاونية الفجر"}),
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_with_another_name_is_no_copy(name: str) -> None:
    headline, body, (one, other) = FORMS[name]
    headlines = headline.format(**one), headline.format(**other)
    found = compare(Text(headlines[0], body.format(**one)), Text(headlines[1], body.format(**other)))
    assert found.shorter >= SHORT
    assert not found.is_copy
    assert dataclasses.replace(found, renamed=False).is_copy, "otherwise it says nothing of names"
    edited = body.format(**one).replace("اليوم", "الثلاثاء").replace("إضافة إلى", "فضلا عن").replace("كافة", "جميعها")
    assert is_copy(body.format(**one), edited, headlines=headlines)
    assert not is_copy(edited, body.format(**other), headlines=headlines)


STRIKE = (
    "إسرائيل تقصف ميناء الساحل",
    "أعلنت إسرائيل مساء الأحد أن الجيش الإسرائيلي قصف مخازن في ميناء الساحل ردا على إطلاق طائرة مسيرة، فيما قال "
    "الرئيس الأميركي إن واشنطن لم تبلغ مسبقا بالضربة. وحذر الأمين العام للأمم المتحدة أنطونيو غوتيريش من اتساع "
    "المواجهة، ودعا غوتيريش الأطراف إلى ضبط النفس. وقالت إسرائيل إن الجيش الإسرائيلي سيواصل عملياته، بينما أكدت "
    "واشنطن أنها تتابع الوضع، وأفادت مصادر طبية بسقوط قتلى وجرحى بين عمال الأرصفة.",
)
HOUSE_STYLES = {
    "occupation": (("الجيش الإسرائيلي", "قوات الاحتلال"), ("إسرائيل", "الاحتلال"), ("قتلى", "شهداء")),
    "capital": (("واشنطن", "الولايات المتحدة"),),
    "spelling": (("غوتيريش", "غوتيريس"), ("الأميركي", "الأمريكي")),
    "army": (("الجيش الإسرائيلي", "جيش العدو"), ("تقصف", "تستهدف"), ("قصف", "استهدف")),
    "speech": (("أعلنت", "أكدت"), ("قال", "صرح"), ("وقالت", "وشددت")),
    "name for a title": (("الرئيس الأميركي", "ترامب"), ("واشنطن", "إدارة ترامب")),
}


@pytest.mark.parametrize("name", HOUSE_STYLES)
def test_an_outlets_own_words_for_the_same_leave_a_copy(name: str) -> None:
    headline, body = STRIKE
    for word, other in HOUSE_STYLES[name]:
        headline, body = headline.replace(word, other), body.replace(word, other)
    assert body != STRIKE[1]
    assert is_copy(STRIKE[1], body, headlines=(STRIKE[0], headline))
    assert is_copy(body, STRIKE[1], headlines=(headline, STRIKE[0]))


def test_one_word_for_another_is_an_editors() -> None:
    assert is_copy(WIRE, WIRE.replace("القديم", "الكبير").replace("بالقمح", "بالشعير").replace("العاصفة", "الإعصار"))


def two_others(least: int, most: int) -> some.SearchStrategy[tuple[int, int]]:
    return some.tuples(some.integers(least, most), some.integers(least, most)).filter(lambda two: two[0] != two[1])


@settings(max_examples=60)
@given(two_others(3, 99), two_others(100, 900), two_others(1000, 9000), some.sampled_from(NAMES))
def test_a_form_filled_in_anew_is_no_copy(
    small: tuple[int, int], middle: tuple[int, int], large: tuple[int, int], place: str
) -> None:
    def forms(at: int) -> tuple[str, ...]:
        return (
            toll(small[at], middle[at], large[at], place),
            weather(place, small[at], middle[at], large[at], "غائما جزئيا"),
            prices("اليوم", (small[at], middle[at], large[at], small[at] + 0.5)),
            bourse("مرتفعا", large[at] + 0.25, small[at] + 0.5, middle[at], small[at] + 0.75),
        )

    for one, other in zip(forms(0), forms(1), strict=True):
        assert not is_copy(one, other)
        assert not is_copy(f"{one} {BACKGROUND}", f"{other} {BACKGROUND}")
        assert is_copy(one, one.replace("،", ""))


def test_a_headline_with_another_number_tells_two_days_apart() -> None:
    one = toll(12, 40, 310, "حي الزيتون") + " " + BACKGROUND
    other = toll(12, 41, 310, "حي الزيتون") + " " + BACKGROUND[: len(BACKGROUND) // 2]
    assert is_copy(one, other, headlines=("12 قتيلا في الوادي", "12 قتيلا في قصف الوادي"))
    assert not is_copy(one, other, headlines=("12 قتيلا في الوادي", "19 قتيلا في الوادي"))

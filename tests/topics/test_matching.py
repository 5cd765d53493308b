"""What each part of a topic means, one small topic at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from mirqab.topics import Judge, compile_topic
from mirqab.types import Document, Grade, Verdict

Judged = Callable[..., Verdict]

HEAD = "موضوع: تجربة\nمعرّف: trial\nعتبة: 3\nوزن_العنوان: 1.5\nوزن_بقية_الجمل: 0.25\nسقف_بقية_الجمل: 1\n"
WORDS = """
مفاهيم:
  انسحاب: [انسحاب, انسحب/ينسحب]
  قوة: [قوات, جنود]
  كلام: [محادثات]
"""


@pytest.fixture
def judged(document: Callable[[str], Document]) -> Callable[[str], Judged]:
    """Return a function from the rest of a topic file to a judge of texts by it."""

    def prepare(rest: str, head: str = HEAD) -> Judged:
        judge = Judge([compile_topic(document(head + rest))])

        def judge_one(text: str = "", *, title: str = "", year: int | None = None) -> Verdict:
            published = datetime(year, 6, 1, tzinfo=UTC) if year else None
            return judge.judge(title=title, text=text, published=published)[0]

        return judge_one

    return prepare


def near(gap: str) -> str:
    return f"""{WORDS}
تراكيب: [{{اسم: خروج, أي: [[انسحاب, قوة, {gap}]]}}]
قواعد: [{{اسم: وحده, معا: [خروج], نقاط: 3}}]
"""


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("انسحاب القوات", True),
        ("انسحاب سريع لبعض القوات", True),
        ("انسحاب سريع جدا لبعض القوات", False),
        ("القوات بدأت الانسحاب", True),
        ("بدأ الانسحاب. القوات باقية", False),
        ("بدأ الانسحاب\nالقوات باقية", False),
    ],
)
def test_two_concepts_touch_within_a_distance_in_one_sentence(
    judged: Callable[[str], Judged], text: str, flagged: bool
) -> None:
    assert judged(near("2"))(text).flagged is flagged


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("لم يعد الجنود إلى القاعدة", True),
        ("يعد الجنود خطة", False),
        ("ولم تُعد القوات", True),
        ("تُعد القوات خطة", False),
    ],
)
def test_a_shortened_verb_counts_only_after_its_negation(
    judged: Callable[[str], Judged], text: str, flagged: bool
) -> None:
    returned = near("2").replace("انسحاب: [", "انسحاب: [عاد/يعود, أعاد/يعيد, ")
    assert judged(returned)(text).flagged is flagged


@pytest.mark.parametrize(
    ("order", "text", "flagged"),
    [
        ("بعده", "انسحاب القوات", True),
        ("بعده", "القوات تنسحب", False),
        ("after", "القوات تنسحب", False),
        ("قبله", "القوات تنسحب", True),
        ("before", "انسحاب القوات", False),
    ],
)
def test_order(judged: Callable[[str], Judged], order: str, text: str, flagged: bool) -> None:
    assert judged(near(f"3, {order}"))(text).flagged is flagged


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("انسحاب جميع القوات", True),
        ("انسحاب نحو 900 من القوات", True),
        ("انسحاب المحامين والقوات", False),
        ("انسحاب القوات", True),
    ],
)
def test_a_filled_gap_holds_only_filler_and_numbers(judged: Callable[[str], Judged], text: str, flagged: bool) -> None:
    rest = near("4, بعده, حشو").replace("مفاهيم:", "حشو: كلمات_حشو\nمفاهيم:\n  كلمات_حشو: [جميع, نحو, من]")
    assert judged(rest)(text).flagged is flagged


def test_an_adjacent_phrase_reads_through_quotation_marks(judged: Callable[[str], Judged]) -> None:
    judge = judged("""
مفاهيم: {احتلال: [جيش الاحتلال]}
تراكيب: [{اسم: ذكر, أي: [احتلال]}]
قواعد: [{اسم: وحده, معا: [ذكر], نقاط: 3}]
""")
    assert judge('قال "جيش" الاحتلال').flagged
    assert judge("قال وجيش الاحتلال").flagged
    assert not judge("جيش من الاحتلال").flagged


@pytest.mark.parametrize(
    ("term", "text", "flagged"),
    [
        ('"=قواتها"', "عادت قواتها", True),
        ('"=قواتها"', "عادت بقواتها", False),
        ('"==علي"', "قال عليّ", True),
        ('"==علي"', "قال على", False),
        ("علي", "قال على", True),
        ("ليبي+", "الأراضي الليبية", True),
    ],
)
def test_marks_of_a_word(judged: Callable[[str], Judged], term: str, text: str, flagged: bool) -> None:
    rest = f"""
مفاهيم: {{كلمة: [{term}]}}
تراكيب: [{{اسم: ذكر, أي: [كلمة]}}]
قواعد: [{{اسم: وحده, معا: [ذكر], نقاط: 3}}]
"""
    assert judged(rest)(text).flagged is flagged


def test_a_struck_form_does_not_count(judged: Callable[[str], Judged]) -> None:
    judge = judged("""
مفاهيم: {إصرار: {كلمات: [أصر/يصر], لا: [نصره]}}
تراكيب: [{اسم: ذكر, أي: [إصرار]}]
قواعد: [{اسم: وحده, معا: [ذكر], نقاط: 3}]
""")
    assert judge("يصرون على الخروج").flagged
    assert not judge("نصرةً للمدينة").flagged


def test_a_concept_includes_others_and_the_values_of_a_facet(judged: Callable[[str], Judged]) -> None:
    judge = judged("""
مفاهيم:
  أ: [محادثات]
  كل: {كلمات: [انسحاب], يشمل: [أ, ساحة]}
أوجه: {ساحة: {معرّف: theatre, قيم: {ليبيا: [ليبيا]}}}
تراكيب: [{اسم: ذكر, أي: [كل]}]
قواعد: [{اسم: وحده, معا: [ذكر], نقاط: 3}]
""")
    assert all(judge(text).flagged for text in ("محادثات", "انسحاب", "في ليبيا"))
    assert not judge("في تونس").flagged


RULES = f"""{WORDS}
تراكيب: [{{اسم: خروج, أي: [[انسحاب, قوة, 3]]}}]
قواعد:
- {{اسم: وحده, معا: [خروج], نقاط: 1}}
- {{اسم: مع محادثات, معا: [خروج, كلام], ضمن: 4, نقاط: 3}}
"""


def test_the_best_rule_within_its_distance_gives_the_points(judged: Callable[[str], Judged]) -> None:
    judge = judged(RULES)
    assert judge("محادثات بشأن انسحاب القوات").score == 3
    assert judge("محادثات طويلة في بلد بعيد جدا بشأن انسحاب القوات").score == 1
    assert judge("محادثات. انسحاب القوات").score == 1


def test_the_headline_weighs_more_and_the_other_sentences_add_a_capped_share(judged: Callable[[str], Judged]) -> None:
    judge = judged(RULES)
    assert judge(title="محادثات بشأن انسحاب القوات").sum == (("أقوى جملة", 4.5),)
    two = judge("محادثات بشأن انسحاب القوات. انسحاب القوات.")
    assert two.score == 3.25
    assert judge("محادثات بشأن انسحاب القوات. " * 9).score == 4


PENALTIES = (
    RULES
    + """
خصومات:
"""
)


@pytest.mark.parametrize(
    ("penalty", "text", "applies"),
    [
        ("{اسم: خ, مفهوم: خلفية, ضمن: 2, قبل: نعم, نقاط: -2}", "محادثات بعد انسحاب القوات", True),
        ("{اسم: خ, مفهوم: خلفية, ضمن: 2, قبل: نعم, نقاط: -2}", "محادثات انسحاب القوات بعد شهر", False),
        (
            "{اسم: خ, مفهوم: خلفية, ضمن: 2, قبل: نعم, نقاط: -2}",
            "بعد انسحاب الجنود محادثات على انسحاب القوات",
            False,
        ),
        ("{اسم: خ, مفهوم: خلفية, نقاط: -2}", "محادثات على انسحاب القوات وهم هناك في كل مكان بعد", True),
        ("{اسم: خ, مفهوم: خلفية, ضمن: 2, نقاط: -2}", "محادثات على انسحاب القوات وهم هناك في كل مكان بعد", False),
        ("{اسم: خ, مفهوم: خلفية, نقاط: -2, إلا: [كلام]}", "محادثات بعد انسحاب القوات", False),
        ("{اسم: خ, مفهوم: خلفية, نطاق: مقال, نقاط: -2}", "محادثات على انسحاب القوات. عاد بعد.", True),
        ("{اسم: خ, مفهوم: خلفية, نطاق: مقال, كثافة: 50, نقاط: -2}", "محادثات على انسحاب القوات. عاد بعد.", False),
        ("{اسم: خ, مفهوم: خلفية, نطاق: عنوان, نقاط: -2}", "محادثات بعد انسحاب القوات", False),
    ],
)
def test_penalties_look_where_they_say(judged: Callable[[str], Judged], penalty: str, text: str, applies: bool) -> None:
    rest = PENALTIES.replace("مفاهيم:", "مفاهيم:\n  خلفية: [بعد]") + f"- {penalty}\n"
    assert judged(rest)(text).score == (1 if applies else 3)


def test_a_penalty_on_the_headline_reads_the_headline(judged: Callable[[str], Judged]) -> None:
    rest = PENALTIES + "- {اسم: ذكرى, مفهوم: كلام, نطاق: عنوان, نقاط: -4}\n"
    judge = judged(rest)
    assert judge("محادثات انسحاب القوات", title="أرشيف المحادثات").score == -1
    assert judge("محادثات انسحاب القوات", title="أرشيف").score == 3


@pytest.mark.parametrize(
    ("text", "year", "score"),
    [
        ("محادثات انسحاب القوات عام 2005", 2024, 1),
        ("محادثات انسحاب القوات عام 2005 تتجدد في 2024", 2024, 3),
        ("محادثات انسحاب القوات عام 2025", 2024, 3),
        ("محادثات انسحاب القوات عام 2005", None, 3),
        ("محادثات انسحاب 1500 من القوات", 2024, 3),
    ],
)
def test_a_past_year_needs_the_publication_date(
    judged: Callable[[str], Judged], text: str, year: int | None, score: float
) -> None:
    rest = PENALTIES + "- {اسم: قديم, سنة_ماضية: نعم, نقاط: -2}\n"
    assert judged(rest)(text, year=year).score == score


def test_a_long_story_with_one_late_sentence_loses_points(judged: Callable[[str], Judged]) -> None:
    judge = judged(PENALTIES + "- {اسم: طويل, نطاق: مقال, كلمات: 100, أدلة: 1, نقاط: -2}\n")
    other = "كلام عن الطقس والزراعة. " * 30
    assert judge(other + "محادثات انسحاب القوات.").score == 1
    assert judge("محادثات انسحاب القوات. " + other).score == 3
    assert judge(other + "محادثات انسحاب القوات. " * 2).score == 3.75


DROPPED = (
    RULES.replace("مفاهيم:", "مفاهيم:\n  غير_مكان: [من الدوري, من المحادثات]")
    + """
إسقاط: [{اسم: غير مكان, مفهوم: غير_مكان, ضمن: 2, من: [خروج]}]
"""
)


def test_withdrawing_from_no_place_drops_that_hit_and_not_the_sentence(judged: Callable[[str], Judged]) -> None:
    judge = judged(DROPPED)
    assert judge("انسحاب القوات من الدوري").score == 0
    assert judge("انسحاب القوات من المدن").score == 1
    assert judge("انسحاب الجنود من الدوري وانسحاب القوات من المدن").score == 1


ANAPHORA = RULES.replace("{اسم: خروج,", "{اسم: خروج, إحالة: الانسحاب,").replace(
    "مفاهيم:", 'مفاهيم:\n  الانسحاب: ["=الانسحاب"]'
)


def test_a_bare_mention_counts_only_after_a_full_one(judged: Callable[[str], Judged]) -> None:
    judge = judged(ANAPHORA)
    assert judge("محادثات بشأن الانسحاب. انسحاب القوات.").score == 1
    assert judge("انسحاب القوات. محادثات بشأن الانسحاب.").score == 3.25
    assert judge("محادثات بشأن الانسحاب.", title="انسحاب القوات").score == 3.375


FACETS = (
    RULES
    + """
أوجه:
  ساحة: {معرّف: theatre, ضمن: 5, أقل_نسبة: 0.3, قيم: {ليبيا: [ليبيا, ليبي+], مالي: [مالي], تشاد: [تشاد]}}
"""
)


def test_facets_are_read_near_the_evidence_and_nowhere_else(judged: Callable[[str], Judged]) -> None:
    judge = judged(FACETS)
    assert judge("محادثات انسحاب القوات في ليبيا. والطقس في مالي.").facets == {"theatre": ("ليبيا",)}
    assert judge("محادثات انسحاب القوات أما الطقس والزراعة والتجارة فغير ذلك في مالي").facets == {"theatre": ()}


def test_facet_values_stand_strongest_first_and_weak_ones_are_left_out(judged: Callable[[str], Judged]) -> None:
    text = (
        "انسحاب القوات في مالي. محادثات انسحاب القوات الليبية. محادثات انسحاب القوات في ليبيا. انسحاب القوات في مالي."
    )
    assert judged(FACETS)(text).facets == {"theatre": ("ليبيا", "مالي")}
    assert judged(FACETS)(text + " محادثات انسحاب القوات في ليبيا." * 4).facets == {"theatre": ("ليبيا",)}


def test_the_grade_tells_the_lead_from_a_passing_sentence(judged: Callable[[str], Judged]) -> None:
    judge = judged(RULES)
    assert judge(title="محادثات انسحاب القوات").grade is Grade.MAIN
    assert judge("محادثات انسحاب القوات.").grade is Grade.MAIN
    assert judge("كلام عن الطقس. " * 30 + "محادثات انسحاب القوات.").grade is Grade.PASSING
    assert judge("انسحاب القوات.").grade is Grade.BACKGROUND


@pytest.mark.parametrize(
    "line",
    [
        "اقرأ أيضاً: محادثات انسحاب القوات",
        "اقرا ايضا محادثات انسحاب القوات",
        "شاهد أيضاً | محادثات انسحاب القوات",
        "▪ مواضيع ذات صلة: محادثات انسحاب القوات",
        "اقرأ أيضاً:\nمحادثات انسحاب القوات",
    ],
)
def test_related_link_lines_are_no_evidence(judged: Callable[[str], Judged], line: str) -> None:
    verdict = judged(RULES)(f"كلام عن الطقس.\n{line}\nكلام عن الزراعة.")
    assert verdict.score == 0
    assert verdict.missing
    assert judged(RULES)(f"كلام عن الطقس.\n{line}\nمحادثات انسحاب القوات في البلد.").score == 3


def test_the_gate_rejects_only_what_cannot_score(judged: Callable[[str], Judged]) -> None:
    judge = judged(RULES)
    for text in ("", "كلام عن الطقس", "انسحاب من السباق", "قوات في الميدان", "محادثات"):
        verdict = judge(text)
        assert not verdict.flagged
        assert verdict.missing


def test_what_is_missing_is_said_in_plain_words(judged: Callable[[str], Judged]) -> None:
    judge = judged(RULES)
    assert judge("فاز الفريق بالكأس").missing == ("لم ترد أي كلمة مما يبدأ به الموضوع: انسحاب", "النقاط 0 والعتبة 3")
    assert any("قوة" in line and "ولم يوجد" in line for line in judge("انسحاب الفريق").missing)
    assert any("متباعدة" in line for line in judge("انسحاب الفريق. والقوات في مكانها").missing)
    assert any("ينقص 2" in line for line in judge("انسحاب القوات").missing)


def test_several_topics_are_judged_in_their_order(document: Callable[[str], Document]) -> None:
    first = compile_topic(document(HEAD + RULES))
    second = compile_topic(document(HEAD.replace("trial", "second") + near("0")))
    verdicts = Judge([first, second]).judge(title="", text="انسحاب القوات", published=None)
    assert [(verdict.topic, verdict.score) for verdict in verdicts] == [("trial", 1), ("second", 3)]

"""Verdicts: arithmetic that adds up, spans that lead back to the text, JSON that loses nothing."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirqab.topics import Judge, Topic, judgement_line, verdict_from_json, verdict_to_json, worth_keeping
from mirqab.types import Verdict

SENTENCES = [
    "قال المتحدّثُ إنّ بغداد وواشنطن اتفقتا على جدولٍ زمنيٍّ لانسحاب قوّات التحالف من العراق.",
    "نفت الوزارة أيّ خطة لتقليص عدد قواتها في سوريا أيضاً.",
    "انسحبت القوات إلى خطوط خلفية بعد معارك عنيفة.",
    "الطقس جميل اليوم.",
    "اقرأ أيضاً: محادثات بشأن انسحاب القوات الأميركية من العراق",
    "بعد انسحاب القوات الفرنسية عام 2005 عاد الهدوء.",
    "يتمسّك الوزير ببقاء جيش الاحتلال في محور نتســاريم",
    "سيغادر الجنود الأميركيون؟ لا أحد يعلم!",
]
stories = st.tuples(st.sampled_from(["", *SENTENCES]), st.lists(st.sampled_from(SENTENCES), max_size=8).map("\n".join))


@pytest.fixture(scope="module")
def judge(topic: Topic) -> Judge:
    return Judge([topic])


def judged(judge: Judge, title: str, text: str) -> Verdict:
    return judge.judge(title=title, text=text, published=None)[0]


relaxed = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@relaxed
@given(stories)
def test_every_point_is_named_and_adds_up(judge: Judge, story: tuple[str, str]) -> None:
    verdict = judged(judge, *story)
    assert verdict.score == pytest.approx(sum(points for _, points in verdict.sum))
    assert verdict.flagged == (verdict.score >= verdict.threshold)
    for sentence in verdict.sentences:
        assert sentence.points == pytest.approx(sum(points for _, points in sentence.parts))
        assert sentence.points > 0
        assert sentence.evidence


@relaxed
@given(stories)
def test_every_span_is_a_piece_of_the_text_inside_its_sentence(judge: Judge, story: tuple[str, str]) -> None:
    fields = dict(zip(("title", "text"), story, strict=True))
    for sentence in judged(judge, *story).sentences:
        for item in sentence.evidence:
            assert item.text == fields[item.span.field][item.span.start : item.span.stop]
            assert item.text.strip() == item.text != ""
            assert item.span.field == sentence.span.field
            assert sentence.span.start <= item.span.start < item.span.stop <= sentence.span.stop


@relaxed
@given(stories)
def test_every_facet_of_a_flag_cuts_its_words_from_the_text(judge: Judge, story: tuple[str, str]) -> None:
    fields = dict(zip(("title", "text"), story, strict=True))
    verdict = judged(judge, *story)
    for item in verdict.facet_evidence:
        assert item.text == fields[item.span.field][item.span.start : item.span.stop] != ""
    told = list(dict.fromkeys((item.facet, item.value) for item in verdict.facet_evidence))
    named = [(facet, value) for facet, values in verdict.facets.items() for value in values]
    assert told == (named if verdict.flagged else [])


def test_a_facet_tells_a_few_different_words_those_of_the_strongest_sentence_first(judge: Judge) -> None:
    weaker = "تحدث الوزير عن انسحاب القوات الأميركية من بغداد."
    stronger = "اتفقت واشنطن والحكومة على جدول زمني لانسحاب القوات الأميركية من العراق، ومن العراق وحده."
    verdict = judged(judge, "", f"{weaker}\n{stronger}")
    points = {sentence.span.start: sentence.points for sentence in verdict.sentences}
    assert points[len(weaker) + 1] > points[0] > 0
    assert verdict.words_for("theatre", "العراق") == ("العراق", "بغداد")
    places = ("بغداد", "البصرة", "أربيل", "الأنبار", "العراق")
    many = judged(judge, "", "\n".join(weaker.replace("بغداد", place) for place in places))
    assert many.words_for("theatre", "العراق") == places[:3]


def test_a_facet_read_from_the_headline_tells_its_words_there(judge: Judge) -> None:
    title = "العراق: لا جديد"
    verdict = judged(judge, title, "\n".join(["اتفق الطرفان على جدول زمني لانسحاب القوات الأجنبية."] * 3))
    assert verdict.flagged
    (found,) = [item for item in verdict.facet_evidence if item.facet == "theatre"]
    assert (found.value, found.span.field, found.span.start, found.text) == ("العراق", "title", 0, "العراق")


def test_a_verdict_stored_before_facets_told_their_words_is_read(judge: Judge) -> None:
    stored = verdict_to_json(judged(judge, "", SENTENCES[0]))
    del stored["facet_evidence"]
    read = verdict_from_json(stored)
    assert read.facet_evidence == ()
    assert read.facets["theatre"] == ("العراق",)


@relaxed
@given(stories)
def test_json_loses_nothing(judge: Judge, story: tuple[str, str]) -> None:
    verdict = judged(judge, *story)
    assert verdict_from_json(json.loads(json.dumps(verdict_to_json(verdict)))) == verdict


@relaxed
@given(stories)
def test_an_unflagged_text_says_what_is_missing(judge: Judge, story: tuple[str, str]) -> None:
    verdict = judged(judge, *story)
    assert bool(verdict.missing) is not verdict.flagged
    assert worth_keeping(verdict) is (verdict.score > 0)


def test_a_judgement_line_has_the_printed_shape(judge: Judge) -> None:
    text = SENTENCES[0]
    line = judgement_line("n1", judged(judge, "", text))
    assert list(line) == [
        "id",
        "topic",
        "topic_version",
        "flagged",
        "score",
        "grade",
        "facets",
        "facet_evidence",
        "evidence",
        "missing",
    ]
    assert line["id"] == "n1"
    assert line["flagged"] is True
    assert line["facets"]["theatre"] == ["العراق"]
    assert list(line["facet_evidence"][0]) == ["facet", "value", "field", "start", "stop", "text"]
    assert list(line["evidence"][0]) == ["field", "start", "stop", "text", "concept", "rule", "points"]
    assert all(item["text"] == text[item["start"] : item["stop"]] for item in line["evidence"])
    assert json.loads(json.dumps(line)) == line


def test_the_same_text_gets_the_same_verdict_from_another_judge(judge: Judge, topic: Topic) -> None:
    text = "\n".join(SENTENCES)
    assert judged(judge, "", text) == judged(Judge([topic]), "", text)


@pytest.mark.parametrize(
    "text",
    [
        "انسحاب القوات الأميركية من العراق محادثات " * 3_000,
        "انسحاب" * 60_000,
        "«" * 200_000 + "انسحاب القوات الأميركية",
        '"' * 200_001 + "انسحاب القوات الأميركية",
        "." * 200_000 + "انسحاب القوات الأميركية",
        ":\n" * 100_000 + "انسحاب القوات الأميركية",
        "اقرأ أيضاً\n" * 20_000 + "انسحاب القوات الأميركية",
        "\u064b" * 200_000 + "انسحاب القوات الأميركية",
        "ﷺ" * 20_000 + "انسحاب القوات الأميركية",
        "\ud800 انسحاب القوات \x00 الأميركية",
    ],
    ids=["words", "one word", "open marks", "quotes", "dots", "colons", "links", "marks", "ligatures", "surrogates"],
)
def test_a_hostile_text_costs_seconds_at_most(judge: Judge, text: str) -> None:
    start = time.process_time()
    verdict = judged(judge, text[:5_000], text)
    assert time.process_time() - start < 20
    assert all(item.text == text[item.span.start : item.span.stop] for item in verdict.evidence)

"""What changed between two wordings, and what is only spelled otherwise."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest

from mirqab.arabic import fold, words
from mirqab.arabic.numerals import numerals
from mirqab.changes import Change, Changes, Figure, Kind, Op, Wording, changes, changes_json, shared_passages

FORMER = Wording(
    headline="مقتل 3 جنود في هجوم شمال بغداد",
    body=(
        "قُتل 3 جنود في هجوم استهدف نقطة تفتيش شمال بغداد، الخميس. "
        "وقال المتحدث باسم اللجنة إن التحقيق مستمر. وأضاف أن المنطقة آمنة.\n"
        "وكانت اللجنة قد أعلنت في 26 يناير بدء المحادثات حول سحب القوات. ولم تعلن أي جهة مسئوليتها. "
        "ويسكن البلدة نحو ألفي نسمة."
    ),
)
NEW = Wording(
    headline="مقتل خمسة جنود في هجوم شمال بغداد",
    body=(
        "قتل خمسة جنود وأصيب اثنان في هجوم استهدف نقطة تفتيش شمالي بغداد، الجمعة. "
        "وقال المتحدث باسم اللجنة المشتركة إن التحقيق مستمر، وأضاف أن المنطقة آمنه.\n"
        "ولم تعلن أي جهة مسؤوليتها.\n"
        "وكانت اللجنة قد أعلنت في 28 يناير بدء المحادثات حول سحب القوات الأجنبية (CJTF).\n"
        "وندد رئيس الوزراء بالهجوم."
    ),
)


def shown(change: Change | None) -> str:
    """Return a change as one line: [- what went -], {+ what came +}, ~ what is spelled otherwise ~."""
    assert change is not None
    marks = {None: "{}", Op.DELETED: "[-{}-]", Op.INSERTED: "{{+{}+}}", Op.SPELLED: "~{}~"}
    return "".join(marks[piece.op].format(piece.text) for piece in change.pieces())


def of_bodies(before: str, after: str) -> Changes:
    return changes(Wording(headline="", body=before), Wording(headline="", body=after))


@pytest.fixture(scope="module")
def found() -> Changes:
    return changes(FORMER, NEW)


def test_the_headline_is_told(found: Changes) -> None:
    assert shown(found.headline) == "مقتل [-3-] {+خمسة+} جنود في هجوم شمال بغداد"
    assert found.is_material


def test_numbers_and_days_are_told_with_what_they_count(found: Changes) -> None:
    told = [(one.figure, one.field, one.before, one.after, one.of) for one in found.numbers]
    assert told == [
        (Figure.TOLL, "headline", "3", "خمسة", "جنود"),
        (Figure.TOLL, "body", "3", "خمسة", "جنود"),
        (Figure.DATE, "body", "الخميس", "الجمعة", ""),
        (Figure.DATE, "body", "26", "28", "يناير"),
    ]


def test_sentences_are_reworded_added_and_removed(found: Changes) -> None:
    assert [shown(change) for change in found.of(Kind.REWORDED)] == [
        "~قتل~ [-3-] {+خمسة+} جنود {+وأصيب اثنان+} في هجوم استهدف نقطة تفتيش [-شمال-] {+شمالي+} بغداد، [-الخميس-] "
        "{+الجمعة+}.",
        "وقال المتحدث باسم اللجنة {+المشتركة+} إن التحقيق مستمر، وأضاف أن المنطقة ~آمنه~.",
        "وكانت اللجنة قد أعلنت في [-26-] {+28+} يناير بدء المحادثات حول سحب القوات {+الأجنبية (CJTF)+}.",
    ]
    assert [change.text for change in found.of(Kind.ADDED)] == ["وندد رئيس الوزراء بالهجوم."]
    assert [change.former for change in found.of(Kind.REMOVED)] == ["ويسكن البلدة نحو ألفي نسمة."]


def test_spelling_is_told_apart(found: Changes) -> None:
    assert [shown(change) for change in found.of(Kind.SPELLED)] == ["ولم تعلن أي جهة ~مسؤوليتها~."]


@pytest.mark.parametrize("wording", [(FORMER, NEW), (NEW, FORMER)])
def test_every_span_lies_on_the_text_as_published(wording: tuple[Wording, Wording]) -> None:
    before, after = wording
    found = changes(before, after)
    for change in found.sentences:
        for text, side, span in ((change.former, before, change.before), (change.text, after, change.after)):
            assert text == ("" if span is None else side.body[slice(*span)])
        for edit in change.edits:
            cut = before.body[slice(*edit.before)], after.body[slice(*edit.after)]
            assert fold(cut[0]) != fold(cut[1]) or edit.op is Op.SPELLED
    for number in found.numbers:
        fields = (before.headline, after.headline) if number.field == "headline" else (before.body, after.body)
        assert fields[0][slice(*number.before_span)] == number.before
        assert fields[1][slice(*number.after_span)] == number.after


def test_what_was_is_what_is_with_its_edits_taken_back() -> None:
    found = changes(FORMER, NEW)
    for change in found.of(Kind.REWORDED):
        kept = "".join(piece.text for piece in change.pieces() if piece.op is not Op.DELETED)
        assert kept.split() == change.text.split()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("أعلنت اللجنة المشتركة بدء المحادثات.", "أَعْلَنَتِ اللجنةُ المشتركة بدء المحادثات."),
        ("اعلنت اللجنه المشتركه بدء المحادثات.", "أعلنت اللجنة المشتركة بدء المحادثات."),
        ("قال إنّ القوات ستغادر، قريبا.", "قال «إنّ القوات ستغادر قريباً»!"),
        ("استقبل عبدالله الوفد في بغداد.", "استقبل عبد الله الوفد في بغداد."),
        ("بدأت المحادثات في العاصمة.", "بدأت المححادثات في العاصمة."),
        ("بدأت المحادثات في العاصمة.", "بدأت المحادثات في العاصـمة."),
        ("تنسحب القوات خلال ثلاثة أشهر.", "تنسحب القوات خلال 3 أشهر."),
        ("خصصت الوزارة 1,200 آلية.", "خصصت الوزارة ١٢٠٠ آلية."),
        ("وصل خمسة وعشرون جندياً.", "وصل 25 جنديا."),
    ],
)
def test_another_spelling_is_no_other_meaning(before: str, after: str) -> None:
    found = of_bodies(before, after)
    assert not found.is_material
    assert not found.is_none
    assert not found.numbers


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("القوات سينسحب منها لواء.", "القوات ينسحب منها لواء."),
        ("أكد الوزير أن القوات ستغادر.", "أكد الوزير أن القوات لن تغادر."),
        ("وافق الطرفان على الجدول.", "وافق الطرفان على الجدال."),
        ("يغادر 300 جندي القاعدة.", "يغادر 30 جندي القاعدة."),
        ("قال المتحدث باسم الجيش.", "قال المتحدث باسم الوزارة."),
    ],
)
def test_another_word_is_another_meaning(before: str, after: str) -> None:
    assert of_bodies(before, after).is_material


@pytest.mark.parametrize("after", [FORMER.body, FORMER.body.replace(". ", ".\n"), FORMER.body.replace(" ", "  ")])
def test_white_space_changes_nothing(after: str) -> None:
    found = changes(FORMER, Wording(headline=FORMER.headline, body=after))
    assert found.is_none
    assert found.kept == 6


def test_a_sentence_that_stands_elsewhere_is_moved() -> None:
    found = of_bodies(
        "أعلن الوزير بدء المحادثات. يزور الوفد بغداد غداً.", "يزور الوفد بغداد غداً. أعلن الوزير بدء المحادثات."
    )
    assert (found.moved, found.is_material, found.is_none) == (1, False, False)


def test_a_sentence_that_was_split_is_one_change() -> None:
    found = of_bodies(
        "قال الوزير إن القوات ستغادر القاعدة قريباً، وأضاف أن اللجنة ستجتمع الأسبوع المقبل في بغداد.",
        "قال الوزير إن القوات ستغادر القاعدة قريباً. وأضاف أن اللجنة ستجتمع الأسبوع المقبل في بغداد.",
    )
    assert [change.kind for change in found.sentences] == [Kind.SPELLED]


def test_texts_that_share_nothing_are_removed_and_added() -> None:
    found = of_bodies("أعلن الوزير بدء المحادثات اليوم.", "فاز فريق الواحة على ضيفه بثلاثة أهداف.")
    assert {change.kind for change in found.sentences} == {Kind.REMOVED, Kind.ADDED}
    assert not found.numbers


def test_a_month_that_became_another_one_is_a_date() -> None:
    found = of_bodies("يغادر اللواء القاعدة قبل نهاية سبتمبر.", "يغادر اللواء القاعدة قبل نهاية أكتوبر.")
    assert [(one.figure, one.before, one.after) for one in found.numbers] == [(Figure.DATE, "سبتمبر", "أكتوبر")]


def test_a_number_is_not_taken_for_that_of_another_thing() -> None:
    found = of_bodies(
        "قال الحاكم إن مروحيتين هاجمتا الحاجز في الساعة السادسة صباح اليوم وقتل 14 جندياً من أبناء المنطقة هناك.",
        "قال الحاكم إن مروحيتين هاجمتا الحاجز بعد تحليق استمر 40 دقيقة فوق سماء القرى المجاورة كلها هناك.",
    )
    assert not found.numbers


@pytest.mark.parametrize("text", ["", " ", "…", "\n\n", "📰"])
def test_nothing_said_changes_nothing(text: str) -> None:
    assert changes(Wording(headline=text, body=text), Wording(headline="", body="")).is_none
    assert [one.text for one in of_bodies(text, "قال الوزير.").sentences] == ["قال الوزير."]


def test_the_longest_shared_passage_comes_first_as_it_is_printed() -> None:
    other = "راصد - وكانت اللجنةُ قد أعلنت في ٢٦ يناير بدء المحادثات حول سحب القوات. ولم تعلن أي جهة مسؤوليتها!"
    first, *rest = shared_passages(FORMER.body, other)
    assert first.text == "وكانت اللجنةُ قد أعلنت في ٢٦ يناير بدء المحادثات حول سحب القوات. ولم تعلن أي جهة مسؤوليتها"
    assert first.text == other[slice(*first.other)]
    assert FORMER.body[slice(*first.one)].startswith("وكانت اللجنة قد أعلنت")
    assert first.words == 17
    assert rest == []
    assert shared_passages(FORMER.body, "فاز فريق الواحة على ضيفه بثلاثة أهداف أمس.") == ()
    assert len(shared_passages(FORMER.body, NEW.body, limit=1)) == 1


def test_changes_are_plain_json(found: Changes) -> None:
    told = json.loads(json.dumps(changes_json(found), ensure_ascii=False))
    assert told["material"] is True
    assert told["headline"]["edits"] == [
        {"op": "replaced", "before": "3", "after": "خمسة", "before_span": [5, 6], "after_span": [5, 9]}
    ]
    assert [one["after"] for one in told["added"]] == ["وندد رئيس الوزراء بالهجوم."]
    assert told["kept"] == 0


@pytest.mark.parametrize("stop", [" ", ". "])
def test_a_text_made_to_be_slow_is_not(stop: str) -> None:
    draw = random.Random(7)
    texts = [
        stop.join(" ".join(draw.choices(["قال", "في", "من", "القوات"], k=8)) for _ in range(2000)) for _ in range(2)
    ]
    started = time.process_time()
    of_bodies(*texts)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("خمسة وعشرين شخصاً و3 آلاف جريح", ["25", "3000"]),
        ("ثلاثة عشر جندياً", ["13"]),
        ("1,200 جندي و٢٥٠٠ عنصر", ["1200", "2500"]),
        ("ألفين وخمسمئة", ["2500"]),
        ("مئة وعشرون يوماً", ["120"]),
        ("خمسة آلاف وثلاثمائة", ["5300"]),
        ("ثلاثة وأربعة", ["3", "4"]),
        ("3.5 مليون دولار", ["3500000"]),
        ("يوم الأحد", []),
    ],
)
def test_numbers_are_read_in_digits_and_in_words(text: str, values: list[str]) -> None:
    assert [numeral.value for numeral in numerals(words(fold(text)))] == values


def test_the_wordings_of_real_copies_share_most_of_their_sentences(shared_data: Path) -> None:
    with (shared_data / "dups" / "groups.jsonl").open(encoding="utf-8") as lines:
        groups = [json.loads(line) for line in lines]
    near = [group["docs"] for group in groups if group["relation"] == "near_duplicate_text"]
    assert near
    for one, other, *_ in near:
        found = changes(
            Wording(headline=one["title"] or "", body=one["text"]),
            Wording(headline=other["title"] or "", body=other["text"]),
        )
        gone = len(found.of(Kind.REMOVED)) + len(found.of(Kind.ADDED))
        assert gone <= found.kept + len(found.of(Kind.REWORDED)) + len(found.of(Kind.SPELLED))

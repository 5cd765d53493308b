"""Equal fingerprints mean the same text published again."""

from __future__ import annotations

from mirqab.fingerprints import fingerprint

BODY = (
    "قالت اللجنة إن موعد الجلسة المقبلة سيعلن خلال أيام بعد استكمال المشاورات مع الأطراف المعنية كافة "
    "في العاصمة ومدن أخرى قريبة منها"
)


def test_another_headline_over_the_same_wire_text_is_a_copy() -> None:
    assert fingerprint("اللجنة تحدد موعدها قريبا", BODY) == fingerprint("موعد الجلسة", BODY)


def test_spelling_marks_and_spacing_do_not_count() -> None:
    other = BODY.replace("أيام", "ايّام").replace(" ", "  \n", 1) + " ."

    assert fingerprint("عنوان", BODY) == fingerprint("عنوان", other)


def test_one_other_word_is_another_text() -> None:
    assert fingerprint("عنوان", BODY) != fingerprint("عنوان", BODY.replace("أيام", "أسابيع"))


def test_stubs_under_different_headlines_stay_apart() -> None:
    assert fingerprint("زلزال يضرب الساحل", "التفاصيل بعد قليل") != fingerprint("فوز المنتخب", "التفاصيل بعد قليل")
    assert fingerprint("زلزال يضرب الساحل", "التفاصيل بعد قليل") == fingerprint(
        "زلزال يضرب الساحل", "التفاصيل بعد قليل."
    )


def test_the_boundary_between_headline_and_body_counts() -> None:
    assert fingerprint("واحد اثنان", "ثلاثة") != fingerprint("واحد", "اثنان ثلاثة")

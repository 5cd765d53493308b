"""Inflection against forms written down from the grammar, not from the generator."""

from __future__ import annotations

import pytest

from mirqab.arabic import WordIndex, fold, forms, read_word

MUST = {
    "انسحاب": "انسحاب الانسحاب بالانسحاب للانسحاب وانسحابها لانسحابه فبانسحابهم انسحاباً وللانسحاب كالانسحاب انسحابنا",
    "مغادرة": "مغادرة المغادرة لمغادرة للمغادرة مغادرتها بمغادرتهم ومغادرته مغادره",
    "جلاء": "جلاء الجلاء جلائهم جلاؤها بجلائه لجلاءها",
    "قوات": "قوات القوات للقوات قواتها وقواته بقواتنا لقواتهم",
    "مستشارين": "مستشارين المستشارين مستشاريها مستشاري لمستشاريه",
    "مستشارون": "مستشارون المستشارون مستشاروها مستشارو",
    "لجنة": "لجنة اللجنة للجنة لجنتها واللجنة",
    "اللجنة": "اللجنة للجنة باللجنة وللجنة",
    "العراق": "العراق بالعراق للعراق والعراق",
    "التزام": "التزام الالتزام بالتزامها لالتزامه التزاماً",
    "من": "من ومن فمن",
    "انسحب/ينسحب": "انسحب انسحبت انسحبوا انسحبنا وانسحبا ينسحب تنسحب ننسحب ينسحبون سينسحب ستنسحب فسينسحبون ولينسحبوا",
    "نفى/ينفي": "نفى نفت نفوا نفيا نفيت نفينا نفاها نفته ينفي تنفي ينفون ينفيان سينفي ينفيها ينف نفتا",
    "دعا/يدعو": "دعا دعت دعوا دعوت دعونا دعاها ودعاه يدعو تدعو يدعون يدعوان ستدعو يدع",
    "أجلى/يجلي": "أجلى أجلت أجلوا سيجلي تجلي يجلون أجلاهم",
    "بقي/يبقى": "بقي يبقى تبقى ستبقى يبقون سيبقون بقيت بقوا",
    "أعاد/يعيد": "أعاد أعادت أعدنا أعدت يعيد تعيد سيعيد يعيدون أعادها",
    "بدأ/يبدأ": "بدأ بدأت بدؤوا بدأوا يبدأ سيبدأ يبدؤون يبدأون",
    "رفض/يرفض": "رفض رفضت رفضته رفضوا رفضوها يرفض ترفضه سيرفضون",
    "ليبي+": "ليبي ليبية الليبية ليبيون الليبيين ليبيات لليبيين والليبي ليبيي",
    "منسحب+": "منسحب منسحبة المنسحبون المنسحبين منسحبات منسحباً",
    "=قواتها": "قواتها",
}
MUST_NOT = {
    "انسحاب": "سحاب السحاب انسحب منسحب استنسحاب",
    "سحب": "سحاب السحابة مسحب",
    "جلاء": "نجلاء أجلاء إجلاء",
    "رحيل": "رحلة الرحالة",
    "قوة": "قوات القوانين بقوانين",
    "العراق": "عراق لعراق عراقي",
    "من": "منها بمن الأمن لمن",
    "انسحب/ينسحب": "سحب يسحب انسحاب منسحب",
    "بقي/يبقى": "سابق سبق طبق بقاء",
    "نفى/ينفي": "نافية منفى نفط نفق",
    "ليبي+": "ليب كليب ليبير",
    "=قواتها": "قوات وقواتها بقواتها قواتهما",
    "خرج/يخرج": "مخرج استخراج خارج خريج",
}


def known(written: str) -> frozenset[str]:
    return forms(*read_word(written))


def printed(forms_: str) -> list[str]:
    return [fold(form) for form in forms_.split()]


@pytest.mark.parametrize("word", MUST)
def test_forms_that_news_prints_are_known(word: str) -> None:
    assert [form for form in printed(MUST[word]) if form not in known(word)] == []


@pytest.mark.parametrize("word", MUST_NOT)
def test_other_words_are_not_forms(word: str) -> None:
    assert [form for form in printed(MUST_NOT[word]) if form in known(word)] == []


@pytest.mark.parametrize("word", MUST)
def test_the_index_finds_exactly_the_forms(word: str) -> None:
    index = WordIndex()
    number = index.add(*read_word(word))
    assert all(index.find(form) == (number,) for form in known(word))
    neighbours = {form[1:] for form in known(word)} | {form + "ل" for form in known(word)} | {"", "و", "ال"}
    assert all(index.find(form) == () for form in neighbours - known(word))


def test_a_struck_form_is_not_found() -> None:
    index = WordIndex()
    number = index.add(*read_word("أصر/يصر"), frozenset({fold("نصره")}))
    assert index.find(fold("نصره")) == ()
    assert index.find(fold("يصرون")) == (number,)


def test_a_form_that_needs_a_negation_counts_only_after_one() -> None:
    index = WordIndex()
    number = index.add(*read_word("عاد/يعود"))
    assert index.find("يعد") == (number,)
    read = index.read(printed("يعد البيان مهما ولم يعد الجنود فليعد الوفد ولم تعد القوات تعد"))
    assert [at for at, numbers in enumerate(read) if numbers] == [4, 6, 9]
    alone = forms(*read_word("عاد/يعود"), negated=False)
    assert known("عاد/يعود") - alone == {a + b + "عد" for a in ("", "و", "ف") for b in "يت"}


def test_reading_in_order_gives_what_finding_gives() -> None:
    index = WordIndex()
    for word in MUST:
        index.add(*read_word(word))
    printed_words = [form for forms_ in MUST.values() for form in printed(forms_) if form not in ("ينف", "يدع")]
    assert index.read(printed_words) == [index.find(word) for word in printed_words]


def test_the_same_word_has_one_number() -> None:
    index = WordIndex()
    assert index.add(*read_word("انسحاب")) == index.add(*read_word("انسحاب"))
    assert index.add(*read_word("=انسحاب")) != index.add(*read_word("انسحاب"))
    assert len(index.find("انسحاب")) == 2


@pytest.mark.parametrize("written", ["انسحب/", "/ينسحب", "انسحب/سحب", "أ/ب/ج", "+", "=", "سحب*", "(سحب|خرج)", "5+5"])
def test_what_is_no_word_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"a verb is written|a word of letters"):
        read_word(written)

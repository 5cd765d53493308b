"""Who speaks in a sentence of Arabic news, as far as a window of words around a verb of saying tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from mirqab.agencies import AGENCIES
from mirqab.arabic import Token, fold, folded_words, forms, is_figure, read_word, tokens, words
from mirqab.arabic.calendars import WEEKDAYS
from mirqab.arabic.slips import one_letter_off

_REPORTS: Final = (
    "قال/يقول", "أعلن/يعلن", "أكد/يؤكد", "صرح/يصرح", "أضاف/يضيف", "أوضح/يوضح", "ذكر/يذكر", "أفاد/يفيد",
    "كشف/يكشف", "نفى/ينفي",
)  # fmt: skip
_OTHERS: Final = (
    "شدد/يشدد", "حذر/يحذر", "أشار/يشير", "اعتبر/يعتبر", "رأى/يرى", "تعهد/يتعهد",
    "هدد/يهدد", "طالب/يطالب", "دعا/يدعو", "رفض/يرفض", "توعد/يتوعد", "أبلغ/يبلغ", "لفت/يلفت", "اتهم/يتهم",
    "رحب/يرحب", "انتقد/ينتقد", "زعم/يزعم", "جدد/يجدد",
)  # fmt: skip
_ATTACHED: Final = ("ها", "هم", "هن", "هما", "كم", "كما", "كن", "ني", "نا", "ه", "ك")


_ENDS: Final = folded_words(
    "إن أن إنه إنها إنهم إننا أنه أنها أنهم بأن بأنه بأنها أنّ",
    "في خلال على عن من إلى مع عبر حول بشأن بعد قبل عقب لدى ضمن ضد تجاه إزاء أمام بين منذ حتى حسب وفق تعليقا ردا",
    "أمس اليوم غدا الليلة صباح مساء ظهر فجر متى الأسبوع الشهر الماضي الماضية المقبل المقبلة القادم القادمة الجاري",
    *WEEKDAYS,
    "الذي التي الذين كما فيما بينما حيث إذ إذا لكن أي كل قد لم لن لا ما هذا هذه ذلك تلك هناك أيضا قائلا قائلة مضيفا",
    "مؤكدا مشيرا موضحا لافتا بيان مؤتمر تصريح تصريحات مقابلة أخيرا مؤخرا لاحقا سابقا رسميا مجددا مرارا عاجل",
)
_LEADING: Final = folded_words("قد وقد فقد لقد ولقد كان وكان كانت وكانت كما هذا وهذا حيث فيما بينما ثم وسبق سبق أن")
_SAYS_WHAT: Final = folded_words("إن أن إنه إنها إنهم إننا أنه أنها أنهم بأن بأنه بأنها")
_DENIED: Final = folded_words("لم ولم فلم لن ولن فلن لا ولا فلا")
_NOT_TOLD: Final = folded_words("الذي التي الذين ما مما كما")

_ROLES: Final = folded_words(
    "رئيس رئيسة الرئيس الرئيسة وزير وزيرة الوزير الوزيرة وزارة الوزارة نائب النائب نائبة مساعد مستشار المستشار",
    "حكومة الحكومة الوزراء مجلس المجلس البرلمان النواب الشيوخ الأمة الجمهورية جمهورية المملكة الدولة دولة",
    "الدفاع الخارجية الداخلية الحرب المالية العدل قائد القائد قيادة القيادة أركان الأركان هيئة الهيئة الجيش جيش",
    "القوات قوات المسلحة العميد اللواء الفريق العقيد الجنرال جنرال العماد السيد السيدة الدكتور الشيخ سفير السفير",
    "مبعوث المبعوث موفد الموفد أمين الأمين عام العام مدير المدير متحدث المتحدث متحدثة المتحدثة ناطق الناطق",
    "الناطقة باسم الرسمي الرسمية بلسان عضو العضو لجنة اللجنة حزب الحزب كتلة الكتلة مكتب المكتب البيت الأبيض",
    "معالي سمو فخامة سيادة سعادة جلالة صاحب الأمير الملك العاهل ولي العهد",
    "الأعلى الأول الثاني السابق السابقة الحالي العسكري العسكرية الخاص الخاصة المشتركة المشترك الأمن القومي الوطني",
)
_UNNAMED: Final = folded_words(
    "مصدر مصادر المصدر المصادر مسؤول مسؤولون مسؤولين المسؤول المسؤولون المسؤولين مسؤولة شاهد شهود الشهود مراقبون",
    "محللون خبراء خبير الخبير محلل دبلوماسي دبلوماسيون قيادي متحدث المتحدث متحدثة المتحدثة ناطق الناطق بيان البيان",
    "تقرير التقرير تقارير كلاهما الجانبان",
    "الطرفان الجانب الطرف بعض آخر آخرون أحد عدد كثيرون المتحدثون الأخير الأخيرة نفسه رفيع مطلع مطلعة",
)
_PRESS: Final = folded_words(
    "وكالة الوكالة وكالات صحيفة الصحيفة صحف قناة القناة موقع الموقع مواقع وسائل إعلام الإعلام إذاعة تلفزيون التلفزيون",
    "شبكة مجلة مراسل مراسلنا برنامج كتاب الكاتب محرر هيئة البث أكسيوس",
)
"""Who passes on what others say: copies of one story name different ones."""
_AGENCIES: Final = frozenset(tuple(words(fold(name))) for agency in AGENCIES.values() for name in agency.words)
_ALSO_AGENCIES: Final = frozenset(tuple(words(fold(name))) for agency in AGENCIES.values() for name in agency.short)
"""Names of agencies that are other words too: they count when nothing else is said."""
_MOST_WORDS: Final = 7
_LONGEST_CLAUSE: Final = 60
_BREAK: Final = re.compile(r"[^\w\s]|\n")


class Speaker(NamedTuple):
    """Who speaks: the span of their words in the folded sentence, and what they are known by, folded."""

    start: int
    stop: int
    known_by: str


def speakers(folded: str) -> list[Speaker]:
    """Return who speaks in a folded sentence, in its order; who is told as nobody in particular is left out."""
    found = list(tokens(folded))
    told = [*_before_colon(folded, found), *_beside_verbs(folded, found)]
    return sorted(told)


def spellings(word: str) -> frozenset[str]:
    """Return what is left of a folded word without what may be written to it: «والخارجية», «خارجية» and «خارجي».

    All that it may be, where `mirqab.arabic.stemming.light` gives one label: whoever was named in any way is known.
    """
    bare = {word}
    for prefix in ("و", "ف"):
        bare |= {one[1:] for one in tuple(bare) if one.startswith(prefix)}
    for prefix in ("لل", "بال", "كال", "ال", "ب", "ل", "ك"):
        bare |= {one[len(prefix) :] for one in tuple(bare) if one.startswith(prefix)}
    for suffix in ("يين", "يون", "يه", "ين", "ون", "ي", "ه", "ا"):
        bare |= {one[: -len(suffix)] for one in tuple(bare) if one.endswith(suffix)}
    return frozenset(one for one in bare if len(one) > 2) | {word}


def is_named_in(known_by: str, words: Iterable[str], stems: frozenset[str]) -> bool:
    """Tell whether a text names somebody: `stems` are the spellings of its `words`. A letter may differ."""
    if not stems.isdisjoint(spellings(known_by)):
        return True
    return len(known_by) > 4 and any(one_letter_off(known_by, word) for word in words)


def _before_colon(folded: str, found: Sequence[Token]) -> Iterator[Speaker]:
    """Find the speaker of «الجابري: …»."""
    colon = folded.find(":")
    window = [token for token in found if token.stop <= colon]
    if (
        0 < len(window) <= 5
        and not _BREAK.search(folded[window[0].start : colon])
        and not any(token.text in _ENDS or token.text in _saying() or is_figure(token.text) for token in window)
    ):
        yield from _named(window, whole=True)


def _beside_verbs(folded: str, found: Sequence[Token]) -> Iterator[Speaker]:
    for place, token in enumerate(found):
        if token.text not in _saying():
            continue
        if place and found[place - 1].text in _DENIED:
            continue  # «ولم تعلن لندن»: nobody has spoken
        reports = token.text in _forms(_REPORTS)
        before = _clause_before(folded, found, place)
        if before and before[-1].text in _NOT_TOLD - _LEADING:
            continue
        while before and before[0].text in _LEADING:
            del before[0]
        begins = token.text[0] in "وف" and token.text[1:] in _saying()
        if begins or not before or any(_ends_name(one.text) for one in before):  # «وخلال مؤتمر صحفي أكد الوزير»
            window, whole = _clause_behind(folded, found, place)
            if not whole and (not window or not (reports or _is_definite(window[0].text))):
                continue  # «رفضت بقاء القوات», «خلاف يهدد صفقة»: an object
        else:
            window, whole = before, True
        yield from _named(window, whole=whole)


def _clause_before(folded: str, found: Sequence[Token], place: int) -> list[Token]:
    """Return the words between the last break and the verb; of a clause without end, the last ones."""
    first, least = place, max(0, place - _LONGEST_CLAUSE)
    while first > least and not _BREAK.search(folded[found[first - 1].stop : found[first].start]):
        first -= 1
    return list(found[first:place])


def _clause_behind(folded: str, found: Sequence[Token], place: int) -> tuple[list[Token], bool]:
    """Return the words behind the verb up to what cannot belong to a name; whether that is its certain end."""
    window: list[Token] = []
    for token in found[place + 1 :]:
        if _BREAK.search(folded[found[place + len(window)].stop : token.start]):
            return window, True
        if _ends_name(token.text):
            return window, token.text in _SAYS_WHAT
        if len(window) == _MOST_WORDS:
            return window, False
        window.append(token)
    return window, False


def _named(window: Sequence[Token], *, whole: bool) -> Iterator[Speaker]:
    """Yield the speaker that a window of words names.

    One by name is known by the last word of it, the family's, when the window is `whole`, else by the first: an object
    may follow («أعلنت لندن سحب قواتها»). One by office alone is known by the last word of the office.
    """
    if not window or len(window) > _MOST_WORDS:
        return
    names = [token for token in window if token.text not in _ROLES | _UNNAMED]
    offices = [token for token in window if token.text not in _UNNAMED]
    if _is_press([token.text for token in window]) or window[0].text.startswith(("لل", "بال")):
        return
    if window[0].text in _UNNAMED and not any(token.text in _ROLES - _UNNAMED for token in window):
        return
    if names and len(names[-1].text) > 2:
        last = names[-1] if whole else names[0]
        yield Speaker(window[0].start, last.stop, last.text)
    elif not names and len(offices) > 1 and whole:
        yield Speaker(window[0].start, window[-1].stop, offices[-1].text)


def _is_press(said: Sequence[str]) -> bool:
    names = {tuple(said[:length]) for length in range(1, len(said) + 1)}
    return not (_PRESS.isdisjoint(said[:2]) and _AGENCIES.isdisjoint(names)) or tuple(said) in _ALSO_AGENCIES


def _ends_name(word: str) -> bool:
    return word in _ENDS or is_figure(word) or (word[0] == "و" and word[1:] in _ENDS)


def _is_definite(word: str) -> bool:
    return word.startswith("ال") or word in _ROLES


def is_report(word: str) -> bool:
    """Tell whether a folded word is a verb by which news is passed on: «قالت», «أعلن», «يؤكد»."""
    return word in _forms(_REPORTS)


def _saying() -> frozenset[str]:
    return _forms((*_REPORTS, *_OTHERS))


@cache
def _forms(verbs: tuple[str, ...]) -> frozenset[str]:
    """Return every form of some verbs without an object: «قالت», «وأعلن», «يؤكد»."""
    found: set[str] = set()
    for verb in verbs:
        every = forms(*read_word(verb), negated=False)
        found.update(
            form
            for form in every
            if not any(form.endswith(pronoun) and form[: -len(pronoun)] in every for pronoun in _ATTACHED)
        )
    return frozenset(found | {"و" + form for form in found})

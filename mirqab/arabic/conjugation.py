"""Verbs: the stems of a verb from its past and present of «he», all that an author must know.

The shape of the pair tells the kind of verb: hollow (عاد/يعود), defective (نفى/ينفي), doubled (أصر/يصر), hamzated
(أرجأ/يرجئ); everything else is sound. Passives are spelled like actives but for a few shapes (غودر، أُعيد، يُعاد،
أُرجئ، دُعيت), which get stems of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from mirqab.arabic.folding import fold
from mirqab.arabic.paradigms import Form, Paradigm

_P = Paradigm


def verb_forms(past: str, present: str) -> tuple[Form, ...]:
    """Return the stems of a verb with their paradigms, folded; `present` begins with ي."""
    return (*_past(past, present), *_present(past, present))


def _past(past: str, present: str) -> Iterator[Form]:
    stem = fold(past)
    short = stem[:-1]
    if past.endswith("ى"):  # نفى: نفيا، نفت، نفوا، نفيت، نفاها
        yield Form(stem, _P.PAST_BARE)
        yield Form(short, _P.PAST_FEMININE)
        yield Form(short, _P.PAST_PLURAL)
        yield Form(stem, _P.PAST_FIRST)
        yield Form(short + "ا", _P.PAST_OBJECT)
    elif past.endswith("ا"):  # دعا: دعت، دعوا، دعوت، دعاها، دُعيت
        yield Form(stem, _P.PARTICLE)
        yield Form(stem, _P.PAST_OBJECT)
        yield Form(short, _P.PAST_FEMININE)
        yield Form(short, _P.PAST_PLURAL)
        yield Form(short + "و", _P.PAST_FIRST)
        yield Form(short + "ي", _P.PAST_FEMININE)
    elif past.endswith("ي"):  # بقي: بقيت، بقوا; with an object it would be «بقية» and «بقوة»
        yield Form(stem, _P.PAST_INTRANSITIVE)
        yield Form(short + "وا", _P.PARTICLE)
    elif _is_hollow(past):  # أعاد: أعادت، أعدنا، أُعيد
        yield Form(stem, _P.PAST_THIRD)
        bare = stem[:-2] + stem[-1]
        yield Form(bare, _P.PAST_FIRST)
        if stem.endswith("ن"):  # كان: كنّا
            yield Form(bare + "ا", _P.PARTICLE)
        if len(stem) > 3:  # of three letters they are other words: عيد، قيد، نيل
            yield Form(stem[:-2] + "ي" + stem[-1], _P.PAST_PASSIVE)
    elif _is_doubled(past, present):  # أصر: أصرت، أصررنا
        yield Form(stem, _P.PAST if stem.startswith("است") else _P.PAST_THIRD)
        yield Form(stem + stem[-1], _P.PAST_FIRST)
    elif past.endswith("أ"):  # أرجأ: أرجأت، أرجؤوا، أُرجئت
        yield Form(stem, _P.PAST_THIRD)
        yield Form(stem, _P.PAST_FIRST)
        yield Form(short + "ء", _P.PAST_PLURAL)
        if len(stem) > 3:  # «بُدئ» is spelled like «بدء»
            yield Form(_rounded(stem)[:-1] + "ء", _P.PAST_PASSIVE)
    else:
        yield Form(stem, _P.PAST)
        if _rounded(stem) != stem:  # غادر: غودرت
            yield Form(_rounded(stem), _P.PAST_PASSIVE)


def _present(past: str, present: str) -> Iterator[Form]:
    stem = fold(present)[1:]
    short = stem[:-1]
    if present[-1] in "يوى":  # ينفي: ينفون، ينفيان، ينفيها، لم ينفِ
        yield Form(stem, _P.PRESENT_SINGULAR)
        yield Form(short + "ا" if present.endswith("ى") else stem, _P.PRESENT_OBJECT)
        yield Form(stem, _P.PRESENT_DUAL)
        yield Form(short, _P.PRESENT_PLURAL)
        if len(short) > 1:
            yield Form(short, _P.PRESENT_JUSSIVE)
        return
    yield from _present_of(stem)
    if _is_hollow(past):  # يعيد: لم يُعد، يُعاد
        if len(stem) > 2 and stem[-2] in "ويا":
            yield Form(stem[:-2] + stem[-1], _P.PRESENT_JUSSIVE)
        if len(fold(past)) > 3 and stem[-2] == "ي":
            yield from _passive(stem[:-2] + "ا" + stem[-1])
    elif not _is_doubled(past, present):
        yield Form(stem, _P.PRESENT_FEMININE)
    if present.endswith("أ"):  # يبدأ: يبدؤون، يبدآن
        yield Form(short + "ء", _P.PRESENT_PLURAL)
        yield Form(short, _P.PRESENT_DUAL)
    elif present.endswith("ئ"):  # يرجئ: يُرجأ
        yield from _passive(short + "ا")
    elif present.startswith("يأ"):  # يأخذ: يؤخذ
        yield from _passive("ء" + stem[1:])


def _present_of(stem: str) -> Iterator[Form]:
    singular = (_P.PRESENT_SINGULAR, _P.PRESENT_OBJECT) if len(stem) > 2 else (_P.PRESENT_SHORT,)
    for paradigm in (*singular, _P.PRESENT_DUAL, _P.PRESENT_PLURAL):
        yield Form(stem, paradigm)


def _passive(stem: str) -> Iterator[Form]:
    for paradigm in (_P.PRESENT_SINGULAR, _P.PRESENT_DUAL, _P.PRESENT_PLURAL):
        yield Form(stem, paradigm)


def _is_hollow(past: str) -> bool:
    # the letter as written: the alef of «سأل» is a consonant
    return len(past) > 2 and past[-2] == "ا"


def _is_doubled(past: str, present: str) -> bool:
    """Say whether the last two consonants of a verb are one letter: ردّ، أصرّ، احتلّ، انضمّ، استعدّ."""
    stem, rest = fold(past), fold(present)[1:]
    if stem[-1] != rest[-1]:
        return False
    if len(stem) == 2:
        return rest == stem
    if past.startswith("أ"):
        return len(stem) == 3 and rest == stem[1:]
    if not stem.startswith("ا") or rest != stem[1:]:
        return False
    if len(stem) == 4:  # not «اتفق», of و ف ق
        return stem[1] == "ن" or (stem[1] != "ت" and stem[2] in "تطد")
    return len(stem) == 5 and stem.startswith("است")


def _rounded(stem: str) -> str:
    """Return the stem of the past passive of غادر and تبادل: غودر، تبودل.

    «ووفق» of «وافق» is not worth it: it is spelled like "and according to".
    """
    if stem.startswith("و"):
        return stem
    for length, at in ((4, 1), (5, 2)):
        if len(stem) == length and stem[at] == "ا" and (at == 1 or stem[0] == "ت"):
            return stem[:at] + "و" + stem[at + 1 :]
    return stem

"""Inflection: from the one form that an author writes to the forms that news prints.

A word is kept as a few stems, each with a paradigm: the set of (prefix, suffix) pairs that the stem may wear. The
forms are prefix + stem + suffix. They are enumerated only when somebody wants to see them; matching strips affixes
from the word read and looks the stem up (`mirqab.arabic.wordindex`), so that a topic of hundreds of words compiles
at once and takes little memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from mirqab.arabic.folding import fold


class Kind(StrEnum):
    """What kind of word an author wrote."""

    NOUN = "noun"  # انسحاب
    VERB = "verb"  # انسحب/ينسحب
    ADJECTIVE = "adjective"  # ليبي+
    PARTICLE = "particle"  # من: takes only و and ف
    EXACT = "exact"  # =قواتها: nothing is added
    SPELLED = "spelled"  # ==علي: compared with the original spelling, only marks and tatweel ignored


class Paradigm(StrEnum):
    """Which affixes a stem takes."""

    BARE = "bare"
    PARTICLE = "particle"
    NOUN = "noun"
    NOUN_ACCUSATIVE = "noun_accusative"
    DEFINITE = "definite"
    FEMININE = "feminine"
    POSSESSED = "possessed"
    DEFINITE_LAM = "definite_lam"
    PLURAL_BOUND = "plural_bound"
    ADJECTIVE = "adjective"
    PAST = "past"
    PAST_FIRST = "past_first"
    PAST_THIRD = "past_third"
    PAST_FEMININE = "past_feminine"
    PAST_PLURAL = "past_plural"
    PAST_OBJECT = "past_object"
    PRESENT = "present"
    PRESENT_SINGULAR = "present_singular"
    PRESENT_JUSSIVE = "present_jussive"
    PRESENT_OBJECT = "present_object"
    PRESENT_DUAL = "present_dual"
    PRESENT_PLURAL = "present_plural"


class Form(NamedTuple):
    """One stem of a word and the affixes that it takes."""

    stem: str
    paradigm: Paradigm


_AND = ("", "و", "ف")
_POSSESSIVES = ("ها", "هم", "هما", "هن", "ه", "ك", "كم", "نا", "ي")
_OBJECTS = ("ها", "ه", "هم", "هما", "هن", "ك", "كم", "نا", "ني")
_INDEFINITE = tuple(a + b for a in _AND for b in ("", "ب", "ل", "ك"))
_ARTICLES = tuple(a + b for a in _AND for b in ("ال", "بال", "كال", "لل"))


def _pairs(prefixes: Iterable[str], suffixes: Iterable[str]) -> frozenset[tuple[str, str]]:
    return frozenset(product(prefixes, suffixes))


def _with_objects(*endings: str) -> tuple[str, ...]:
    """Add the object pronouns to personal endings; «وا» drops its alef before one."""
    return tuple(
        ending + tail
        for ending in endings
        for tail in ("", *_OBJECTS)
        if tail or ending
        for ending in (ending.removesuffix("وا") + "و" if tail and ending.endswith("وا") else ending,)
    )


def _present(persons: str, suffixes: Iterable[str]) -> frozenset[tuple[str, str]]:
    prefixes = [a + b + person for a in _AND for b in ("", "س", "ل") for person in persons]
    return _pairs(prefixes, suffixes)


_PRESENT_PLURAL = (*_with_objects("ون"), *_with_objects("وا"))
_PRESENT_SINGULAR = _present("يتنا", [""])
_PRESENT_OBJECT = _present("يتنا", _OBJECTS)
_PRESENT_DUAL = _present("يت", ["ان", "ا"])
_PRESENT_MANY = _present("يت", _PRESENT_PLURAL) | _present("ت", ["ين"])

PARADIGMS: dict[Paradigm, frozenset[tuple[str, str]]] = {
    Paradigm.BARE: frozenset({("", "")}),
    Paradigm.PARTICLE: _pairs(_AND, [""]),
    Paradigm.NOUN: _pairs(_INDEFINITE, ["", *_POSSESSIVES]) | _pairs(_ARTICLES, [""]),
    Paradigm.NOUN_ACCUSATIVE: _pairs(_INDEFINITE, ["", *_POSSESSIVES]) | _pairs(_ARTICLES, [""]) | _pairs(_AND, ["ا"]),
    Paradigm.DEFINITE: _pairs(_ARTICLES, [""]),
    Paradigm.DEFINITE_LAM: _pairs([a + "لل" for a in _AND], [""]),
    Paradigm.FEMININE: _pairs((*_INDEFINITE, *_ARTICLES), [""]),
    Paradigm.POSSESSED: _pairs(_INDEFINITE, _POSSESSIVES),
    Paradigm.PLURAL_BOUND: _pairs(_INDEFINITE, ["", *_POSSESSIVES]),
    Paradigm.ADJECTIVE: _pairs(
        (*_INDEFINITE, *_ARTICLES), ["", "ه", "ون", "ين", "ات", "ان", "تان", "تين"]
    ) | _pairs(_AND, ["ا"]) | _pairs(_INDEFINITE, ["و", "ي"]),
    Paradigm.PAST: _pairs(_AND, ["", *_OBJECTS, *_with_objects("ت", "ا", "نا", "ن", "تا", "تم"), *_with_objects("وا")]),
    Paradigm.PAST_FIRST: _pairs(_AND, _with_objects("ت", "نا", "ن", "تم")),
    Paradigm.PAST_THIRD: _pairs(_AND, ["", "ا"]),
    Paradigm.PAST_FEMININE: _pairs(_AND, _with_objects("ت", "تا")),
    Paradigm.PAST_PLURAL: _pairs(_AND, _with_objects("وا")),
    Paradigm.PAST_OBJECT: _pairs(_AND, _OBJECTS),
    Paradigm.PRESENT: (
        _PRESENT_SINGULAR | _PRESENT_OBJECT | _PRESENT_DUAL | _PRESENT_MANY
        | _present("ت", ["ي"]) | _present("يت", ["ن"])
    ),
    Paradigm.PRESENT_SINGULAR: _PRESENT_SINGULAR,
    # «لم ينفِ»: never after «س», or «سابق» would be a form of «بقي»
    Paradigm.PRESENT_JUSSIVE: _pairs((a + person for a in ("", "و", "ف") for person in "يتن"), [""]),
    Paradigm.PRESENT_OBJECT: _PRESENT_OBJECT,
    Paradigm.PRESENT_DUAL: _PRESENT_DUAL,
    Paradigm.PRESENT_PLURAL: _PRESENT_MANY,
}  # fmt: skip

PREFIXES = frozenset(prefix for pairs in PARADIGMS.values() for prefix, _ in pairs)
SUFFIXES = frozenset(suffix for pairs in PARADIGMS.values() for _, suffix in pairs)

_PARTICLES = frozenset(
    fold(word)
    for word in (
    "من", "في", "على", "إلى", "عن", "مع", "أن", "إن", "لا", "لم", "لن", "ما", "قد", "أو", "أم", "بل", "ثم",
    "لو", "إذا", "إلا", "كي", "حتى", "بعد", "قبل", "منذ", "تحت", "فوق", "ضد", "لدى", "هل", "ليس", "سوف",
    "ذلك", "هذا", "هذه", "تلك", "أي", "دون", "ضمن", "خلال", "عبر", "ذات",
    )
)  # fmt: skip

_ROOTED = frozenset((
    "التزام", "التقاء", "التهاب", "التحاق", "التماس", "التفاف", "التباس", "التهام", "الله", "الذي", "التي",
    "الذين", "التئام", "التزامات", "التقاط", "التفات",
))  # fmt: skip
"""Words whose leading «ال» is no article."""

_MARKS = re.compile(r"[\u0610-\u061a\u0640\u064b-\u065f\u0670]")


def read_word(written: str) -> tuple[str, Kind]:
    """Return the word that an author wrote without its mark, and its kind.

    Raises ValueError with what was expected when the word cannot be one.
    """
    bare = _MARKS.sub("", written)
    if bare.startswith("=="):
        bare, kind = bare[2:], Kind.SPELLED
    elif bare.startswith("="):
        bare, kind = bare[1:], Kind.EXACT
    elif bare.endswith("+"):
        bare, kind = bare[:-1], Kind.ADJECTIVE
    elif "/" in bare:
        kind = Kind.VERB
    elif fold(bare) in _PARTICLES:
        kind = Kind.PARTICLE
    else:
        kind = Kind.NOUN
    parts = bare.split("/")
    if kind is Kind.VERB and (len(parts) != 2 or not all(parts) or fold(parts[1])[:1] != "ي"):
        raise ValueError("a verb is written past/present, the present beginning with ي: «انسحب/ينسحب»")
    if not bare or not all(part.isalnum() for part in parts):
        raise ValueError("a word of letters or digits; no patterns, wildcards or operators")
    return bare, kind


@lru_cache(maxsize=100_000)
def paradigms(word: str, kind: Kind) -> tuple[Form, ...]:
    """Return the stems of a word (as `read_word` gives it) with their paradigms, all folded."""
    if kind in (Kind.EXACT, Kind.SPELLED):
        return (Form(fold(word), Paradigm.BARE),)
    if kind is Kind.PARTICLE:
        return (Form(fold(word), Paradigm.PARTICLE),)
    if kind is Kind.ADJECTIVE:
        stem, article = _without_article(word)
        if article:
            return tuple(Form(stem + end, Paradigm.DEFINITE) for end in ("", "ه", "ون", "ين", "ات", "ان", "تان", "تين"))
        return (Form(stem, Paradigm.ADJECTIVE),)
    if kind is Kind.VERB:
        past, present = word.split("/")
        return (*_past(past), *_present_stems(present))
    return _noun(word)


def forms(word: str, kind: Kind) -> frozenset[str]:
    """Return every folded form that a word stands for."""
    return frozenset(
        prefix + form.stem + suffix for form in paradigms(word, kind) for prefix, suffix in PARADIGMS[form.paradigm]
    )


def _without_article(word: str) -> tuple[str, bool]:
    if word.startswith("ال") and len(word) > 4 and word not in _ROOTED:
        return fold(word[2:]), True
    return fold(word), False


def _noun(word: str) -> tuple[Form, ...]:
    stem, article = _without_article(word)
    if article and stem.startswith("ل"):  # «اللجنة»: «للجنة»
        return (Form(stem, Paradigm.DEFINITE), Form(stem[1:], Paradigm.DEFINITE_LAM))
    if article:
        return (Form(stem, Paradigm.DEFINITE),)
    if word.endswith("ة"):
        return (Form(stem, Paradigm.FEMININE), Form(stem[:-1] + "ت", Paradigm.POSSESSED))
    if word.endswith("ى"):
        return (Form(stem, Paradigm.FEMININE), Form(stem[:-1] + "ا", Paradigm.POSSESSED))
    if word.endswith(("ون", "ين")) and len(stem) > 4:
        # «مستشارين» → «مستشاريها», «مستشاري الرئيس»; «مستشارون» → «مستشاروها», «مستشارو الرئيس»
        return (Form(stem, Paradigm.FEMININE), Form(stem[:-1], Paradigm.PLURAL_BOUND))
    if word.endswith(("ا", "ات", "اء")) or not word[-1].isalpha() or word.isascii():
        return (Form(stem, Paradigm.NOUN),)
    return (Form(stem, Paradigm.NOUN_ACCUSATIVE),)


def _past(past: str) -> tuple[Form, ...]:
    stem = fold(past)
    short = stem[:-1]
    if past.endswith("ى"):  # نفى: نفت، نفوا، نفيت، نفاها
        return (
            Form(stem, Paradigm.PAST_THIRD),
            Form(short, Paradigm.PAST_FEMININE),
            Form(short, Paradigm.PAST_PLURAL),
            Form(stem, Paradigm.PAST_FIRST),
            Form(short + "ا", Paradigm.PAST_OBJECT),
        )
    if past.endswith("ا"):  # دعا: دعت، دعوا، دعوت، دعاها
        return (
            Form(stem, Paradigm.PAST_OBJECT),
            Form(stem, Paradigm.BARE),
            Form(stem, Paradigm.PARTICLE),
            Form(short, Paradigm.PAST_FEMININE),
            Form(short, Paradigm.PAST_PLURAL),
            Form(short + "و", Paradigm.PAST_FIRST),
        )
    found = [Form(stem, Paradigm.PAST)]
    if past.endswith("ي"):  # بقي: بقوا
        found.append(Form(short, Paradigm.PAST_PLURAL))
    if past.endswith("أ"):  # بدأ: بدؤوا
        found.append(Form(short + "ء", Paradigm.PAST_PLURAL))
    if len(stem) > 2 and stem[-2] == "ا":  # أعاد: أعدنا
        found.append(Form(stem[:-2] + stem[-1], Paradigm.PAST_FIRST))
    return tuple(found)


def _present_stems(present: str) -> tuple[Form, ...]:
    stem = fold(present)[1:]
    short = stem[:-1]
    if present[-1] in "يوى":  # ينفي: ينفون، ينفيان، لم ينفِ
        return (
            Form(stem, Paradigm.PRESENT_SINGULAR),
            Form(short + "ا" if present.endswith("ى") else stem, Paradigm.PRESENT_OBJECT),
            Form(stem, Paradigm.PRESENT_DUAL),
            Form(short, Paradigm.PRESENT_PLURAL),
            *((Form(short, Paradigm.PRESENT_JUSSIVE),) if len(short) > 1 else ()),
        )
    found = [Form(stem, Paradigm.PRESENT)]
    if present.endswith("أ"):  # يبدأ: يبدؤون
        found.append(Form(short + "ء", Paradigm.PRESENT_PLURAL))
    return tuple(found)

"""Which affixes Arabic words wear in news: one set of (prefix, suffix) pairs for each paradigm.

All affixes are folded. Left out are persons that news does not use and that make other words: the second person of
the feminine («تردي» would be a form of «ردّ»), the objects «ك» («انتهاك» one of «انتهى») and «ني» («الزمني» one of
«ألزم»), the plural of the feminine in the past («عدن» one of «عاد», «الزمن» of «ألزم»).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import product
from typing import NamedTuple


class Paradigm(StrEnum):
    """Which affixes a stem takes."""

    BARE = "bare"
    PARTICLE = "particle"
    NOUN = "noun"
    NOUN_ACCUSATIVE = "noun_accusative"
    DUAL = "dual"
    DUAL_FEMININE = "dual_feminine"
    DEFINITE = "definite"
    FEMININE = "feminine"
    POSSESSED = "possessed"
    DEFINITE_LAM = "definite_lam"
    PLURAL_BOUND = "plural_bound"
    ADJECTIVE = "adjective"
    PAST = "past"
    PAST_THIRD = "past_third"
    PAST_FIRST = "past_first"
    PAST_INTRANSITIVE = "past_intransitive"
    PAST_BARE = "past_bare"
    PAST_FEMININE = "past_feminine"
    PAST_PLURAL = "past_plural"
    PAST_OBJECT = "past_object"
    PAST_PASSIVE = "past_passive"
    PRESENT_SHORT = "present_short"
    PRESENT_SINGULAR = "present_singular"
    PRESENT_JUSSIVE = "present_jussive"
    PRESENT_OBJECT = "present_object"
    PRESENT_DUAL = "present_dual"
    PRESENT_PLURAL = "present_plural"
    PRESENT_FEMININE = "present_feminine"


class Form(NamedTuple):
    """One stem of a word and the affixes that it takes."""

    stem: str
    paradigm: Paradigm


_AND = ("", "و", "ف")
_POSSESSIVES = ("ها", "هم", "هما", "هن", "ه", "ك", "كم", "نا", "ي")
_OBJECTS = ("ها", "ه", "هم", "هما", "هن", "كم", "نا")
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


def _present(
    persons: str, suffixes: Iterable[str], modals: Iterable[str] = ("", "س", "ل")
) -> frozenset[tuple[str, str]]:
    return _pairs([a + b + person for a in _AND for b in modals for person in persons], suffixes)


_PAST_HE = ("", *_OBJECTS, *_with_objects("ت", "ا", "تا", "وا"))
_DUALS = ("ان", "ين")

PARADIGMS: dict[Paradigm, frozenset[tuple[str, str]]] = {
    Paradigm.BARE: frozenset({("", "")}),
    Paradigm.PARTICLE: _pairs(_AND, [""]),
    Paradigm.NOUN: _pairs(_INDEFINITE, ["", *_POSSESSIVES]) | _pairs(_ARTICLES, [""]),
    Paradigm.NOUN_ACCUSATIVE: _pairs(_INDEFINITE, ["", *_POSSESSIVES]) | _pairs(_ARTICLES, [""]) | _pairs(_AND, ["ا"]),
    # «جنديا الحدود», «جنديي الحدود» are left out: they are the accusative and the nisba too
    Paradigm.DUAL: _pairs((*_INDEFINITE, *_ARTICLES), _DUALS),
    Paradigm.DUAL_FEMININE: (
        _pairs((*_INDEFINITE, *_ARTICLES), _DUALS)
        | _pairs(_INDEFINITE, ["ا", *(end + tail for end in "اي" for tail in _POSSESSIVES if tail != "ي")])
    ),
    Paradigm.DEFINITE: _pairs(_ARTICLES, [""]),
    Paradigm.DEFINITE_LAM: _pairs([a + "لل" for a in _AND], [""]),
    Paradigm.FEMININE: _pairs((*_INDEFINITE, *_ARTICLES), [""]),
    Paradigm.POSSESSED: _pairs(_INDEFINITE, _POSSESSIVES),
    Paradigm.PLURAL_BOUND: _pairs(_INDEFINITE, ["", *_POSSESSIVES]),
    Paradigm.ADJECTIVE: _pairs(
        (*_INDEFINITE, *_ARTICLES), ["", "ه", "ون", "ين", "ات", "ان", "تان", "تين"]
    ) | _pairs(_AND, ["ا"]) | _pairs(_INDEFINITE, ["و", "ي"]),
    Paradigm.PAST: _pairs(_AND, [*_PAST_HE, *_with_objects("نا", "تم")]),
    # stems that change before a consonant: عاد (عدنا), أصرّ (أصررنا)
    Paradigm.PAST_THIRD: _pairs(_AND, _PAST_HE),
    Paradigm.PAST_FIRST: _pairs(_AND, _with_objects("ت", "نا", "تم")),
    Paradigm.PAST_INTRANSITIVE: _pairs(_AND, ["", "ت", "ا", "تا", "نا", "تم"]),
    Paradigm.PAST_BARE: _pairs(_AND, ["", "ا"]),
    Paradigm.PAST_FEMININE: _pairs(_AND, _with_objects("ت", "تا")),
    Paradigm.PAST_PLURAL: _pairs(_AND, _with_objects("وا")),
    Paradigm.PAST_OBJECT: _pairs(_AND, _OBJECTS),
    Paradigm.PAST_PASSIVE: _pairs(_AND, ["", "ت", "ا", "تا", "وا"]),
    # stems of two letters, without «I»: «سافر» would be a form of «فرّ», «ساعد» of «وعد»
    Paradigm.PRESENT_SHORT: _present("يتن", ["", *_OBJECTS]),
    Paradigm.PRESENT_SINGULAR: _present("يتنا", [""]),
    # «لم ينفِ»: never after «س», or «سابق» would be a form of «بقي»; «نجل» (son) would be one of «أجلى»
    Paradigm.PRESENT_JUSSIVE: _present("يت", [""], ("", "ل")),
    Paradigm.PRESENT_OBJECT: _present("يتنا", _OBJECTS),
    Paradigm.PRESENT_DUAL: _present("يت", _with_objects("ان", "ا")),
    Paradigm.PRESENT_PLURAL: _present("يت", [*_with_objects("ون"), *_with_objects("وا")]),
    Paradigm.PRESENT_FEMININE: _present("يت", ["ن"]),
}  # fmt: skip

PREFIXES = frozenset(prefix for pairs in PARADIGMS.values() for prefix, _ in pairs)
SUFFIXES = frozenset(suffix for pairs in PARADIGMS.values() for _, suffix in pairs)


def needs_negation(paradigm: Paradigm, prefix: str) -> bool:
    """Say whether such a form counts only after «لم»; «ليعد» (let it return) stands alone."""
    return paradigm is Paradigm.PRESENT_JUSSIVE and "ل" not in prefix

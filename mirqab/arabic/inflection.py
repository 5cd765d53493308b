"""Inflection: from the one form that an author writes to the forms that news prints.

A word is kept as a few stems, each with a paradigm: the set of (prefix, suffix) pairs that the stem may wear. The
forms are prefix + stem + suffix. They are enumerated only when somebody wants to see them; matching strips affixes
from the word read and looks the stem up (`mirqab.arabic.wordindex`), so that a topic of hundreds of words compiles
at once and takes little memory.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from mirqab.arabic.conjugation import verb_forms
from mirqab.arabic.folding import fold
from mirqab.arabic.paradigms import PARADIGMS, Form, Paradigm, needs_negation


class Kind(StrEnum):
    """What kind of word an author wrote."""

    NOUN = "noun"  # انسحاب
    VERB = "verb"  # انسحب/ينسحب
    ADJECTIVE = "adjective"  # ليبي+
    PARTICLE = "particle"  # من: takes only و and ف
    EXACT = "exact"  # =قواتها: nothing is added
    SPELLED = "spelled"  # ==علي: compared with the original spelling, only marks and tatweel ignored


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


@lru_cache(maxsize=100_000)
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
        return verb_forms(*word.split("/"))
    return _noun(word)


def forms(word: str, kind: Kind, *, negated: bool = True) -> frozenset[str]:
    """Return every folded form that a word stands for.

    Without `negated`, those are left out that count only after «لم»: «يعد» of «عاد».
    """
    return frozenset(
        prefix + form.stem + suffix
        for form in paradigms(word, kind)
        for prefix, suffix in PARADIGMS[form.paradigm]
        if negated or not needs_negation(form.paradigm, prefix)
    )


def _without_article(word: str) -> tuple[str, bool]:
    if word.startswith("ال") and len(word) > 3 and word not in _ROOTED:
        return fold(word[2:]), True
    return fold(word), False


def _noun(word: str) -> tuple[Form, ...]:
    stem, article = _without_article(word)
    if article and stem.startswith("ل"):  # «اللجنة»: «للجنة»
        return (Form(stem, Paradigm.DEFINITE), Form(stem[1:], Paradigm.DEFINITE_LAM))
    if article:
        return (Form(stem, Paradigm.DEFINITE),)
    if word.endswith("ة"):  # قوة: قوتها، قوتان
        possessed = stem[:-1] + "ت"
        return (
            Form(stem, Paradigm.FEMININE),
            Form(possessed, Paradigm.POSSESSED),
            Form(possessed, Paradigm.DUAL_FEMININE),
        )
    if word.endswith("ى"):
        return (Form(stem, Paradigm.FEMININE), Form(stem[:-1] + "ا", Paradigm.POSSESSED))
    if word.endswith(("ون", "ين")) and len(stem) > 4:
        return _plural(stem)
    if word.endswith(("ا", "ات")) or not word[-1].isalpha() or word.isascii():
        return (Form(stem, Paradigm.NOUN),)
    found = [Form(stem, Paradigm.NOUN if word.endswith("اء") else Paradigm.NOUN_ACCUSATIVE)]
    if len(stem) > 3:  # of three letters too many are names and other words: عدنان، طيران، بحرين
        found.append(Form(stem, Paradigm.DUAL))
    return tuple(found)


def _plural(stem: str) -> tuple[Form, ...]:
    """Return the forms of «مستشارين»: «مستشاريها», «مستشاري الرئيس», and of «مستشارون»: «مستشاروها», «مستشارو الرئيس».

    Participles and nisbas have both, whichever the author wrote; «تعاون» and «قانون» end so by chance.
    """
    both = len(stem) > 5 and (stem.startswith("م") or stem[1] == "ا" or stem[-3] in "يء")
    ends = ("ون", "ين") if both else (stem[-2:],)
    return tuple(
        form
        for end in ends
        for form in (
            Form(stem[:-2] + end, Paradigm.FEMININE),
            Form(stem[:-2] + end[0], Paradigm.PLURAL_BOUND),
        )
    )

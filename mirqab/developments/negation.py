"""Acts that a text denies: «لن تنسحب القوات» tells another thing than «تنسحب القوات»."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import Final, NamedTuple

from mirqab.arabic import Token, folded_words, tokens
from mirqab.developments.speakers import is_report

_BEFORE_VERB: Final = folded_words("لم لن لا")
_BEFORE_NOUN: Final = folded_words("لا عدم")
_BRIDGES: Final = folded_words("يتم تتم يجري تجري يجر تجر")
"""«لن يتم سحب القوات»"""
_CONDITIONS: Final = folded_words("إذا إن أن ما لو طالما حتى كي")
"""«ما لم تنسحب», «إذا لم تنسحب», «أن لا تنسحب» deny nothing."""
_NOT_DENIED: Final = folded_words(
    "تزال يزال يزالون تزالون زال زالت زالوا بد سيما شك يقل تقل يتجاوز تتجاوز يعد تعد نعد يوجد توجد"
)
"""Words behind «لا» and «لم» that deny nothing of what follows, or no act: «لم تعد بحاجة», «لا توجد خطة»."""
_ALSO_DENY: Final = folded_words("ما ليس ليست غير دون بدون استبعاد استبعد استبعدت يستبعد تستبعد")
_DENIALS: Final = _BEFORE_VERB | _BEFORE_NOUN | _ALSO_DENY
_REFUSES: Final = re.compile(r"\A[وف]?(?:[يتنا]?رفض|[يتن]?نفي\Z|نفت\Z|[يت]?فشل|[ايت]خفق)")
_REACHED: Final = re.compile(r"\A[يتن]توصل")
"""«لم يتوصل الطرفان إلى اتفاق» is «لم يتفقا»."""
_DENIED_BEHIND: Final = 3
"""Words behind a denial that are taken as denied where something was known: whoever knew that, learns nothing."""
_DENIED_FAR_BEHIND: Final = 6
"""The same behind a verb that has its subject beside it («نفت الوزارة العراقية وجود نية لتأجيل …»), in its clause."""
_BREAK: Final = re.compile(r"[^\w\s]|\n")

_BEGUN: Final = re.compile(r"\A[وف](?=..)")
_IMPERFECT: Final = re.compile(r"\Aس?[يتن]..")
_PAST: Final = re.compile(r"\A(?:(?!ال)ا.[^ا]+|.{2,}(?:(?<!ا)ت|تا|وا))\Z")
_VOWELS: Final = re.compile(r"[اويء]")
_LEAST: Final = 2
"""Consonants by which two forms of an act are one."""


class Act(NamedTuple):
    """An act as told: its span in the folded sentence, the negation included, and whether it is denied."""

    start: int
    stop: int
    word: str
    is_denied: bool


def acts(folded: str, marked: Sequence[tuple[int, int]]) -> Iterator[Act]:
    """Yield the acts among the marked spans of a folded sentence: those denied, and verbs that are not.

    Verbs of saying are none: «ولم تعلن الوزارة …» denies nothing.
    """
    said = tokens(folded)
    for place, token in enumerate(said):
        if not any(start <= token.start and token.stop <= stop for start, stop in marked) or is_report(token.text):
            continue
        denial = _denial(said, place)
        if denial is not None:
            yield Act(denial, token.stop, token.text, True)
        elif _is_verb(token.text):
            start = token.start + len(token.text) - len(_bare(token.text))
            yield Act(start, token.stop, token.text, False)


def is_denied_at(folded: str, start: int) -> bool:
    """Tell whether the word at a place of a folded sentence is denied."""
    said = tokens(folded)
    return any(token.start == start and _denial(said, place) is not None for place, token in enumerate(said))


class KnownActs:
    """What some texts deny, and what they tell of without denying it."""

    def __init__(self, folded: Sequence[str]) -> None:
        self._denied: set[str] = set()
        self._doubted: set[str] = set()
        self._told: set[str] = set()
        for text in folded:
            said = tokens(text)
            for place, token in enumerate(said):
                if _denial(said, place) is not None:
                    self._denied |= skeletons(token.text)
                elif _is_verb(token.text):
                    self._told |= skeletons(token.text)
                refuses = bool(_REFUSES.match(token.text))
                if refuses or _bare(token.text) in _DENIALS:
                    self._doubted.update(*map(skeletons, _doubted_behind(text, said, place, refuses=refuses)))

    def tell(self, act: Act) -> bool:
        """Tell whether an act was told as it is told now; one that was never denied is none that is taken back."""
        forms = skeletons(act.word)
        if act.is_denied:
            return not forms.isdisjoint(self._denied | self._doubted)
        return forms.isdisjoint(self._denied) or not forms.isdisjoint(self._told)


@lru_cache(maxsize=4096)
def skeletons(word: str) -> frozenset[str]:
    """Return the consonants that may be those of an act: «ينسحبوا», «انسحاب» and «ستنسحب» have «نسحب» in common."""
    bare = {_bare(word)}
    for prefix in ("س", "ب", "ل", "ك"):
        bare |= {one[1:] for one in tuple(bare) if one.startswith(prefix)}
    bare |= {one[len(prefix) :] for one, prefix in product(tuple(bare), ("ال", "لل", "ي", "ت", "ن", "م")) if
             one.startswith(prefix)}  # fmt: skip
    for suffix in ("وا", "ون", "ين", "ان", "ات", "ها", "هم", "ت", "ه", "ا"):
        bare |= {one[: -len(suffix)] for one in tuple(bare) if one.endswith(suffix)}
    return frozenset(found for one in bare if len(found := _VOWELS.sub("", one)) >= _LEAST)


def _doubted_behind(folded: str, said: Sequence[Token], place: int, *, refuses: bool) -> list[str]:
    """Return the words behind a denial that whoever knew it may have taken as denied."""
    near = [one.text for one in said[place + 1 : place + 1 + _DENIED_BEHIND]]
    if near and near[0] in _NOT_DENIED:
        return []
    if not refuses and not (near and _REACHED.match(near[0])):
        return near
    far = said[place + 1 : place + 1 + _DENIED_FAR_BEHIND]
    broken = _BREAK.search(folded, said[place].stop, far[-1].stop if far else said[place].stop)
    return [one.text for one in far if broken is None or one.stop <= broken.start()] or near


def _denial(said: Sequence[Token], place: int) -> int | None:
    """Return where the negation of a word begins; None where it is not denied."""
    word, before = said[place].text, place - 1
    if before >= 1 and said[before].text in _BRIDGES:
        before -= 1
    if before < 0 or word in _NOT_DENIED or _bare(word) in _BEFORE_VERB:
        return None
    negation = _bare(said[before].text)
    if negation not in _BEFORE_VERB | _BEFORE_NOUN or (before and said[before - 1].text in _CONDITIONS):
        return None
    is_bridged = before < place - 1
    if not is_bridged and not (
        (negation in _BEFORE_VERB and _IMPERFECT.match(word))
        or (negation == "عدم")
        or (negation == "لا" and not word.startswith("ال"))
    ):
        return None
    return said[before].start + len(said[before].text) - len(negation)


def _is_verb(word: str) -> bool:
    """Tell whether a word is a verb rather than a noun of an act, as far as its form tells."""
    bare = _bare(word)
    return bool(_IMPERFECT.match(bare) or _PAST.match(bare))


def _bare(word: str) -> str:
    return _BEGUN.sub("", word)

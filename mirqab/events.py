"""Events: do two texts that are no copies of each other tell of one event?

Decided by pairs, on the terms that both have: the rarer a term is among the archive's recent texts, the more it says.
The strongest of them are shown to people as the reason. A text joins a story through the one article that it is most
alike, and only when the story's first text, or half of its texts, agree (`join`), so that stories do not drift.

A false merge is false corroboration, so precision goes first. Other weekdays, figures or countries in the leads raise
the bar; and two texts of one outlet are never called one event, for what they share may be the outlet's form
(«يتلقى اتصالا هاتفيا من ملك …»). Nor are texts of which the outlet is not known.

The figures behind the numbers here are printed by `python -m benchmarks.events` (docs/events.md).
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Generic, Self, TypeVar

from mirqab.arabic import fold, words
from mirqab.topics.frequent import FREQUENT

Name = TypeVar("Name")
"""What an article is called by whoever asks."""

Story = TypeVar("Story")

READ: Final = 250
"""Words of headline and body that are read; what stands behind them is background."""

LEAD: Final = 60
"""Words, the headline's among them, in which a text names its event's weekday, figures and countries."""

SHOWN: Final = 8
"""Shared terms that are shown."""

WINDOW: Final = timedelta(hours=72)
"""The time between two articles on one event."""

# What makes one event; docs/events.md has the sweep of each.
EVIDENCE: Final = 75.0
SCORE: Final = 0.36
SCORE_COUNTED: Final = 0.28
COUNTED: Final = 8.0
AGAINST: Final = 0.2
AGREEING_EVIDENCE: Final = 40.0
AGREEING_SCORE: Final = 0.22

HEAVIEST: Final = 9.0
"""The weight of a term that one text in 8,000 has; a rarer one may be a slip of the pen."""

FEW_TEXTS: Final = 200
"""Texts below which weights say little."""

SCORE_FEW: Final = 0.7

_VERSION: Final = "1"  # of stems and so of stored weights
_SHORTEST: Final = 3
_SHORTEST_NOUN: Final = 4  # of a frequent word that may be counted: «3 جنود», not «3 من»
_PREFIXES: Final = ("وبال", "وكال", "فبال", "ولل", "وال", "فال", "بال", "كال", "لل", "ال")
_SUFFIXES: Final = (
    "ياتها", "ياتهم", "اتها", "اتهم", "تهم", "تها", "هما", "يات", "يين", "يون", "ات", "ان", "ون", "ين", "ها", "هم",
    "نا", "يه", "وا", "ه", "ي", "ا",
)  # fmt: skip
_FIGURE: Final = re.compile(r"\d+(?:[.,٫٬]\d+)*")
_THOUSANDS: Final = frozenset({"الف", "الفا", "الاف", "مليون", "مليونا", "ملايين", "مليار", "مليارا", "مليارات"})
_SPELLED: Final[Mapping[str, str]] = {
    "ثلاثه": "3", "ثلاث": "3", "اربعه": "4", "اربع": "4", "خمسه": "5", "خمس": "5", "سته": "6", "ست": "6", "سبعه": "7",
    "سبع": "7", "ثمانيه": "8", "ثماني": "8", "تسعه": "9", "تسع": "9", "عشره": "10", "عشر": "10",
}  # fmt: skip
_WEEKDAYS: Final = frozenset({"الاحد", "الاثنين", "الثلاثاء", "الاربعاء", "الخميس", "الجمعه", "السبت"})

_NATIONS: Final = """
العراق عراقي|سوريا سورية سوري|لبنان لبناني|الأردن أردني|فلسطين فلسطيني|إسرائيل إسرائيلي|مصر مصري|ليبيا ليبي|تونس تونسي|
الجزائر جزائري|المغرب مغربي|موريتانيا موريتاني|السودان سوداني|الصومال صومالي|جيبوتي|اليمن يمني|السعودية سعودي|
الإمارات إماراتي|قطر قطري|البحرين بحريني|الكويت كويتي|عمان عماني|إيران إيراني|تركيا تركي|أفغانستان أفغاني أفغان|
باكستان باكستاني|الهند هندي|الصين صيني|اليابان ياباني|روسيا روسي|أوكرانيا أوكراني|أميركا أمريكا أميركي أمريكي|
بريطانيا بريطاني|فرنسا فرنسي|ألمانيا ألماني|إيطاليا إيطالي|إسبانيا إسباني|هولندا هولندي|بلجيكا بلجيكي|السويد سويدي|
النرويج نرويجي|بولندا بولندي|اليونان يوناني|قبرص قبرصي|أرمينيا أرميني|أذربيجان أذربيجاني|كندا كندي|البرازيل برازيلي|
المكسيك مكسيكي|النيجر|نيجيريا نيجيري|تشاد تشادي|إثيوبيا إثيوبي|إريتريا إريتري|كينيا كيني|أوغندا أوغندي|رواندا رواندي|
الكونغو كونغولي|بوركينا|السنغال سنغالي|أستراليا أسترالي|كوريا كوري|فنزويلا فنزويلي
"""


def _light(word: str) -> str:
    """Return a folded word without article, conjunction and ending, so that two texts meet in one form."""
    prefix = next((one for one in _PREFIXES if word.startswith(one) and len(word) - len(one) >= _SHORTEST), "")
    if not prefix and word[0] == "و" and len(word) > _SHORTEST + 1:
        prefix = "و"
    word = word[len(prefix) :]
    suffix = next((one for one in _SUFFIXES if word.endswith(one) and len(word) - len(one) >= _SHORTEST), "")
    return word[: len(word) - len(suffix)]


_NATION_OF: Final[Mapping[str, str]] = {
    _light(fold(form)): fold(forms.split()[0]) for forms in _NATIONS.split("|") for form in forms.split()
}
_NATION_NAMES: Final = frozenset(_NATION_OF.values())


@lru_cache(maxsize=65_536)
def _term(word: str) -> str:
    """Return the term that a folded word stands for, empty for one that says nothing."""
    if word in FREQUENT:
        return ""
    if word[0].isascii():
        return word.lower() if len(word) > 1 else ""
    light = _light(word)
    return _NATION_OF.get(light, light) if len(light) > 1 else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What is compared of a text: its distinct terms, stems and counted nouns («14 جند»), and what its lead says.

    `counted` has the figures of each counted noun; `figures`, `weekdays` and `nations` are those of the lead.
    """

    all: frozenset[str]
    counted: Mapping[str, frozenset[str]]
    figures: frozenset[str]
    weekdays: frozenset[str]
    nations: frozenset[str]


def terms_of(headline: str, body: str) -> Terms:
    """Return the terms of a text's headline and first words. Pure, for a worker process too."""
    found: set[str] = set()
    counted: dict[str, set[str]] = {}
    figures: set[str] = set()
    weekdays: set[str] = set()
    nations: set[str] = set()
    figure = ""
    for place, word in enumerate([*words(fold(headline)), *words(fold(body))][:READ]):
        if word[0].isdecimal() or word in _SPELLED:
            figure = _SPELLED.get(word, word)
            if place < LEAD:
                figures.add(figure)
            continue
        if figure and word in _THOUSANDS:
            figure = f"{figure} {word}"
            continue
        term = _term(word)
        if term:
            found.add(term)
        if figure:
            noun = term or (_light(word) if len(word) >= _SHORTEST_NOUN else "")
            if noun:
                found.add(f"{figure} {noun}")
                counted.setdefault(noun, set()).add(figure)
            figure = ""
        if place < LEAD:
            if word in _WEEKDAYS:
                weekdays.add(word)
            elif term in _NATION_NAMES:
                nations.add(term)
    return Terms(
        all=frozenset(found),
        counted={noun: frozenset(some) for noun, some in counted.items()},
        figures=frozenset(figures),
        weekdays=frozenset(weekdays),
        nations=frozenset(nations),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """The terms of a text with their weights, ready to be compared with many; `norm` is the length of that vector."""

    terms: Terms
    weights: Mapping[str, float]
    norm: float
    is_of_few: bool


class Weights:
    """In how many of the recent texts each term stands, and so what it says when two texts share it.

    The weight of a term is the natural logarithm of one over the share of texts that have it, `HEAVIEST` at most. Made
    of the archive's recent texts; of fewer than `FEW_TEXTS` only an overwhelming likeness makes one event.
    """

    def __init__(self) -> None:
        self.texts = 0
        self._counts: dict[str, int] = {}

    @classmethod
    def of(cls, texts: Iterable[Terms]) -> Self:
        """Count the terms of texts."""
        weights = cls()
        for terms in texts:
            weights.add(terms)
        return weights

    def add(self, terms: Terms) -> None:
        """Count one text more."""
        self.texts += 1
        counts = self._counts
        for term in terms.all:
            counts[term] = counts.get(term, 0) + 1
        if len(counts) > _MOST_TERMS:
            self._counts = {term: count for term, count in counts.items() if count > 1}

    def weigh(self, terms: Terms) -> Weighed:
        """Return the terms with their weights."""
        texts, get, log = self.texts + 1, self._counts.get, math.log
        weights = {term: min(HEAVIEST, log(texts / (get(term, 0) + 1))) for term in terms.all}
        norm = math.sqrt(sum(weight * weight for weight in weights.values()))
        return Weighed(terms=terms, weights=weights, norm=norm, is_of_few=self.texts < FEW_TEXTS)

    def to_bytes(self) -> bytes:
        """Return a compact form; terms of a single text are left out, for they weigh as much as those of none."""
        lines = [f"{_VERSION} {self.texts}"]
        lines += sorted(f"{count} {term}" for term, count in self._counts.items() if count > 1)
        return zlib.compress("\n".join(lines).encode("utf-8", "surrogatepass"))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Read what `to_bytes` returned. Weights of other stems than today's are as good as none: of no texts."""
        weights = cls()
        head, *lines = zlib.decompress(raw).decode("utf-8", "surrogatepass").split("\n")
        version, _, texts = head.partition(" ")
        if version == _VERSION:
            weights.texts = int(texts)
            parts = (line.partition(" ") for line in lines)
            weights._counts = {term: int(count) for count, _, term in parts}
        return weights


_MOST_TERMS: Final = 500_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Likeness:
    """How much of one event two texts tell, and why.

    `score` is the cosine of their weighted terms, from 0 to 1; `evidence` the weight of the terms that both have, of
    which `shared` are the strongest, the strongest first. `against` names what speaks against one event: other
    `weekdays`, `figures` or `nations` in the leads. `is_counted`: rare figures with their nouns are the same.
    """

    score: float
    evidence: float
    shared: tuple[tuple[str, float], ...]
    against: tuple[str, ...]
    is_counted: bool
    is_of_few: bool

    @property
    def is_same_event(self) -> bool:
        """Whether the two tell of one event: no growing certainty, a yes that a person would give at a glance."""
        score = SCORE_COUNTED if self.is_counted and not self.against else SCORE
        if self.is_of_few:
            score = SCORE_FEW
        return self.evidence >= EVIDENCE and self.score >= score + AGAINST * len(self.against)

    @property
    def agrees(self) -> bool:
        """Whether a text of the story does not object, the lower bar."""
        return self.evidence >= AGREEING_EVIDENCE and self.score >= AGREEING_SCORE


def alike(one: Weighed, other: Weighed) -> Likeness:
    """Return how much of one event two texts tell. Times, outlets and theatres are not looked at (`join`)."""
    mine, others = one.weights, other.weights
    shared = {term: mine[term] for term in mine.keys() & others.keys()}
    product = sum(weight * others[term] for term, weight in shared.items())
    norms = one.norm * other.norm
    score, evidence = product / norms if norms else 0.0, sum(shared.values())
    strongest: list[tuple[str, float]] = []
    if evidence >= AGREEING_EVIDENCE:
        strongest = sorted(shared.items(), key=lambda term: (-term[1], term[0]))[:SHOWN]
    return Likeness(
        score=score,
        evidence=evidence,
        shared=tuple((term, round(weight, 2)) for term, weight in strongest),
        against=_against(one.terms, other.terms),
        is_counted=sum(weight for term, weight in shared.items() if " " in term) >= COUNTED,
        is_of_few=one.is_of_few or other.is_of_few,
    )


def _against(one: Terms, other: Terms) -> tuple[str, ...]:
    against = []
    if _are_apart(one.weekdays, other.weekdays):
        against.append("weekdays")
    nouns = one.counted.keys() & other.counted.keys()
    same = sum(not one.counted[noun].isdisjoint(other.counted[noun]) for noun in nouns)
    if _are_apart(one.figures, other.figures) or len(nouns) - same > same:
        against.append("figures")
    # each names in its lead a country of which the other one says nothing at all
    if not one.nations <= other.all and not other.nations <= one.all:
        against.append("nations")
    return tuple(against)


def _are_apart(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and one.isdisjoint(other)


@dataclass(frozen=True, kw_only=True, slots=True)
class Report(Generic[Name]):
    """A text on an event as it is placed: who published it and when, and the theatres that its topic names.

    `name` is the article's, `published` aware. No theatres: nothing is known of them.
    """

    name: Name
    weighed: Weighed
    outlet: str | None
    published: datetime
    theatres: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Joining(Generic[Story, Name]):
    """The story that a text belongs to, the article that it is most alike, and how much."""

    story: Story
    nearest: Report[Name]
    likeness: Likeness


def join(
    report: Report[Name], stories: Mapping[Story, Sequence[Report[Name]]], *, window: timedelta = WINDOW
) -> Joining[Story, Name] | None:
    """Return the story whose event a text tells, None when it tells another one. Pure.

    `stories` has of each story the texts that are no copies of each other, the story's first text first, whether that
    is within the window or not. Deciding is the most alike of them that another outlet published within the window;
    the first text or half of all must then agree.
    """
    best: Joining[Story, Name] | None = None
    for story, texts in stories.items():
        for text in texts:
            if not _may_be_one(report, text, window):
                continue
            likeness = alike(report.weighed, text.weighed)
            if likeness.is_same_event and (best is None or likeness.score > best.likeness.score):
                best = Joining(story=story, nearest=text, likeness=likeness)
    if best is None or not _agree(report, stories[best.story]):
        return None
    return best


def _may_be_one(report: Report[Name], text: Report[Name], window: timedelta) -> bool:
    if not report.outlet or not text.outlet or report.outlet == text.outlet:
        return False
    if abs(report.published - text.published) > window:
        return False
    return not (report.theatres and text.theatres) or not report.theatres.isdisjoint(text.theatres)


def _agree(report: Report[Name], texts: Sequence[Report[Name]]) -> bool:
    """Say whether the first text of a story agrees, or half of them do."""
    first, *others = (alike(report.weighed, text.weighed).agrees for text in texts)
    return first or 2 * sum(others) >= len(texts)

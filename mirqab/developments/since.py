"""The evidence of a new text beside all that was known of its story."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from mirqab.arabic import Folded, fold, fold_with_offsets, folded_words, sentences, tokens, words
from mirqab.arabic.dates import NamedDate, dates_in
from mirqab.arabic.numerals import numerals
from mirqab.arabic.slips import is_slip
from mirqab.developments.speakers import is_named_in, speakers, spellings
from mirqab.types import Development, DevelopmentKind, Verdict

FACETS: Final[Mapping[str, DevelopmentKind]] = {"act": "act", "theatre": "theatre"}
"""The facets of a topic of which another value is a development; other facets only describe."""

MOST: Final = 12
"""So many are told: whoever looks at the story sees the rest."""

ROUNDED: Final = 0.1
"""A number called rough is the same as one that differs from it by no more than this share."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownText:
    """A text of the story that was there when the person decided."""

    headline: str
    body: str
    published: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewText:
    """A text that came since, with what the topic says of it."""

    article: str
    headline: str
    body: str
    published: datetime | None
    verdict: Verdict


def developments(
    before: Sequence[KnownText], known_facets: Mapping[str, Iterable[str]], after: NewText, *, must_flag: bool = False
) -> tuple[Development, ...]:
    """Return what the evidence of a text tells that none of the texts known before did.

    `known_facets` are the values, by facet, that the topic read in those. With `must_flag` what is new must flag the
    story by itself: the strongest sentence that was not there before has to reach the topic's threshold.
    """
    known = _Known(before, known_facets)
    fresh = [one for one in _evidence(after) if not known.has_sentence(one.folded.text)]
    strongest = max((one.points for one in fresh), default=0.0)
    if must_flag and not (after.verdict.flagged and strongest >= after.verdict.threshold):
        return ()
    found: dict[tuple[DevelopmentKind, str], Development] = {}
    for kind, value, sentence in _told(known, after, fresh):
        one = Development(kind=kind, value=value, article=after.article, sentence=sentence)
        found.setdefault((kind, value), one)
    return tuple(found.values())[:MOST]


def merged(former: Iterable[Development], new: Iterable[Development]) -> tuple[Development, ...]:
    """Return what was told of a story already and what comes to it, each once."""
    found = {(one.kind, one.value): one for one in (*new, *former)}
    order = dict.fromkeys((one.kind, one.value) for one in (*former, *new))
    return tuple(found[key] for key in order)[:MOST]


class _Sentence(NamedTuple):
    """A sentence of the evidence: its span in its field of the stored text, and its text."""

    field: str
    start: int
    stop: int
    text: str
    folded: Folded
    points: float


def _evidence(after: NewText) -> list[_Sentence]:
    found = []
    for sentence in after.verdict.sentences:
        span = sentence.span
        text = span.cut(title=after.headline, text=after.body)
        if sentence.points > 0:
            found.append(_Sentence(span.field, span.start, span.stop, text, fold_with_offsets(text), sentence.points))
    return found


def _told(known: _Known, after: NewText, fresh: Sequence[_Sentence]) -> Iterator[tuple[DevelopmentKind, str, str]]:
    for item in after.verdict.facet_evidence:
        kind = FACETS.get(item.facet)
        if kind is None or item.value in known.facets.get(item.facet, ()):
            continue
        for one in fresh:
            if one.field == item.span.field and one.start <= item.span.start and item.span.stop <= one.stop:
                yield kind, item.value, one.text
    for one in fresh:
        text = one.folded.text
        dates = dates_in(text)
        for date in dates:
            if not known.has_date(date, after.published, to_come=_is_to_come(text, date)):
                yield "date", date.value, one.text
        for figure in _figures(text, dates):
            if not known.has_figure(figure):
                yield "number", figure.value, one.text
        for speaker in speakers(text):
            if not known.names(speaker.known_by):
                start, stop = one.folded.span(speaker.start, speaker.stop)
                yield "speaker", " ".join(one.text[start:stop].split()), one.text


# ------------------------------------------------------------------------------------------------ known


class _Known:
    """All that some texts tell."""

    def __init__(self, texts: Sequence[KnownText], facets: Mapping[str, Iterable[str]]) -> None:
        self.facets = {facet: frozenset(values) for facet, values in facets.items()}
        folded = [fold(part) for one in texts for part in (one.headline, one.body)]
        self._sentences = {tuple(words(text[start:stop])) for text in folded for start, stop in sentences(text)}
        dates = [dates_in(text) for text in folded]
        self._dates = [date for found in dates for date in found]
        self._figures = [figure for text, found in zip(folded, dates, strict=True) for figure in _figures(text, found)]
        self._words = {word for text in folded for word in words(text)}
        self._stems = frozenset().union(*map(spellings, self._words))
        self._years = {one.published.year for one in texts if one.published is not None}

    def has_sentence(self, folded: str) -> bool:
        """Tell whether a sentence stood there, slips of a letter aside."""
        found = tuple(words(folded))
        return found in self._sentences or any(_but_for_slips(found, one) for one in self._sentences)

    def has_date(self, date: NamedDate, published: datetime | None, *, to_come: bool) -> bool:
        """Tell whether a date was named, or is that of the text's own day: a report says its day.

        That may be the day before, and where clocks are ahead of ours the next one, unless it is said `to_come`.
        """
        if date.month is None and (date.year in self._years or any(date.year == one.year for one in self._dates)):
            return True
        if published is not None and date.day is not None:
            today = published.astimezone(UTC).date()
            for off in (-1, 0) if to_come else (-1, 0, 1):
                day = today + timedelta(days=off)
                if date.is_told_by(NamedDate(day.year, day.month, day.day, 0, 0)):
                    return True
        return any(date.is_told_by(one) for one in self._dates)

    def has_figure(self, figure: _Figure) -> bool:
        """Tell whether a number was told, exactly, or roughly where either is called rough."""
        return any(
            figure.value == one.value or ((figure.rough or one.rough) and _near(figure.number, one.number))
            for one in self._figures
        )

    def names(self, known_by: str) -> bool:
        """Tell whether somebody was named."""
        return is_named_in(known_by, self._words, self._stems)


def _but_for_slips(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether two sentences have the same words but for slips: a letter doubled, or two exchanged."""
    if len(one) != len(other) or len(one) < 4:
        return False
    differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return len(differing) <= 2 and all(is_slip(a, b) for a, b in differing)


# ------------------------------------------------------------------------------------------------ dates


_WILL: Final = folded_words(
    "يبدأ تبدأ ينطلق تنطلق ينتهي تنتهي يكتمل تكتمل ينسحب تنسحب يغادر تغادر يعقد تعقد يستأنف تستأنف يجتمع تجتمع "
    "سيجري ستجري سيتم ستتم سيكون ستكون سيزور ستزور سيصل ستصل سيدخل ستدخل سيلتقي ستلتقي "
    "اعتبارا ابتداء بحلول قبل موعد موعدا المقرر مقرر مقررا غدا المقبل المقبلة القادم القادمة"
)
_BEGUN: Final = re.compile(r"\A[وف]?س?")
_TODAY: Final = folded_words("اليوم")
_BEFORE_DATE: Final = 6
"""Words before a date among which a word tells that it is to come."""


def _is_to_come(folded: str, date: NamedDate) -> bool:
    """Tell whether a date is worded as one to come: «يبدأ في …», «اعتباراً من …», «… المقبل»."""
    beside = {*words(folded[: date.start])[-_BEFORE_DATE:], *words(folded[date.stop :])[:1]}
    if not _TODAY.isdisjoint(beside):
        return False
    return any(one in _WILL or _BEGUN.sub("", one) in _WILL for one in beside)


# ---------------------------------------------------------------------------------------------- numbers


class _Figure(NamedTuple):
    value: str  # plain digits
    rough: bool

    @property
    def number(self) -> float:
        try:
            return float(self.value)
        except ValueError:  # «14.5.2»
            return float("nan")


_ROUGH: Final = folded_words(
    "نحو ونحو بنحو حوالي قرابة زهاء تقريبا يقارب ناهز يناهز أكثر أقل فوق يزيد تزيد يقل تقل جاوز تجاوز يتجاوز"
)
_NUMBERED: Final = folded_words(
    "قرار القرار بالقرار رقم المادة مادة الفصل البند المرسوم الفقرة القناة الفرقة اللواء الساعة إم إف"
)
_CLOCK: Final = re.compile(r"(?<!\d)\d{1,2}:\d{2}(?!\d)")


def _figures(folded: str, dates: Sequence[NamedDate]) -> list[_Figure]:
    """Return the numbers of a folded text that count something: no dates, times of day, nor numbers that are names."""
    text = _CLOCK.sub(lambda found: " " * len(found[0]), folded)
    for date in dates:
        text = text[: date.start] + " " * (date.stop - date.start) + text[date.stop :]
    found = [token.text for token in tokens(text)]
    told = []
    for one in numerals(found):
        before = found[max(0, one.start - 3) : one.start]
        if one.value == "1" or (before and before[-1] in _NUMBERED):
            continue
        rough = bool(_ROUGH.intersection(before)) or bool(_ROUGH.intersection(found[one.stop : one.stop + 2]))
        told.append(_Figure(one.value, rough))
    return told


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= ROUNDED * max(one, other)

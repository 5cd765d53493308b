"""The evidence of a new text beside all that was known of its story."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from mirqab.arabic import Folded, fold, fold_with_offsets, folded_words, sentences, words
from mirqab.arabic.coming import coming_dates
from mirqab.arabic.dates import NamedDate, dates_in
from mirqab.arabic.slips import is_slip
from mirqab.developments.counting import Figure, figures, fractions, known_fractions
from mirqab.developments.negation import KnownActs, acts, is_denied_at
from mirqab.developments.speakers import is_named_in, speakers, spellings
from mirqab.types import Development, DevelopmentKind, Span, Verdict

FACETS: Final[Mapping[str, DevelopmentKind]] = {"act": "act", "theatre": "theatre"}
"""The facets of a topic of which another value is a development; other facets only describe."""

MOST: Final = 12
"""So many are told: whoever looks at the story sees the rest."""


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
    known = _Known(before, known_facets, after.published)
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
    marked: tuple[tuple[int, int], ...]  # what the topic found in it, in the folded text

    def holds(self, span: Span) -> bool:
        return self.field == span.field and self.start <= span.start and span.stop <= self.stop

    def printed(self, start: int, stop: int) -> str:
        """Return what stands at a place of the folded sentence, as published."""
        first, last = self.folded.span(start, stop)
        return " ".join(self.text[first:last].split())

    def place_of(self, span: Span) -> tuple[int, int]:
        """Return where a span of the stored text stands in the folded sentence."""
        return len(fold(self.text[: span.start - self.start])), len(fold(self.text[: span.stop - self.start]))


def _evidence(after: NewText) -> list[_Sentence]:
    found = []
    for sentence in after.verdict.sentences:
        span = sentence.span
        text = span.cut(title=after.headline, text=after.body)
        if sentence.points > 0:
            one = _Sentence(span.field, span.start, span.stop, text, fold_with_offsets(text), sentence.points, ())
            acted = [item.span for item in after.verdict.facet_evidence if item.facet == "act"]
            spans = [span for span in (*(part.span for part in sentence.evidence), *acted) if one.holds(span)]
            found.append(one._replace(marked=tuple(sorted({one.place_of(span) for span in spans}))))
    return found


def _told(known: _Known, after: NewText, fresh: Sequence[_Sentence]) -> Iterator[tuple[DevelopmentKind, str, str]]:
    acts_of = [(one, list(acts(one.folded.text, one.marked))) for one in fresh]
    new_acts: list[tuple[_Sentence, int, int]] = []
    for item in after.verdict.facet_evidence:
        kind = FACETS.get(item.facet)
        if kind is None or item.value in known.facets.get(item.facet, ()):
            continue
        for one, its_acts in acts_of:
            if not one.holds(item.span):
                continue
            if kind == "act":
                start, stop = one.place_of(item.span)
                if is_denied_at(one.folded.text, start):
                    continue  # «لم يتفق الطرفان»: no agreement
                denied = [act for act in its_acts if act.is_denied and start <= act.start < stop]
                if denied and all(map(known.acts.tell, denied)):
                    continue  # «لن» is an act of the topic, refusing; «لا يلغي» was known, and now «لن يلغي» is told
                new_acts.append((one, start, stop))
            yield kind, item.value, one.text
    for one, its_acts in acts_of:
        text = one.folded.text
        for act in its_acts:
            # «لن» is itself an act of the topic, refusing, and was told above
            is_told = any(sentence is one and start <= act.start < stop for sentence, start, stop in new_acts)
            if not is_told and not known.acts.tell(act):
                yield "act", one.printed(act.start, act.stop), one.text
        named = dates_in(text)
        for date in (*named, *_coming(text, after.published, named)):
            if not known.has_date(date, after.published, to_come=_is_to_come(text, date)):
                yield "date", date.value, one.text
        for figure in (*figures(text, named), *fractions(text, one.marked)):
            if not known.has_figure(figure):
                yield "number", figure.value, one.text
        for speaker in speakers(text):
            if not known.names(speaker.known_by):
                yield "speaker", one.printed(speaker.start, speaker.stop), one.text


# ------------------------------------------------------------------------------------------------ known


class _Known:
    """All that some texts tell."""

    def __init__(
        self, texts: Sequence[KnownText], facets: Mapping[str, Iterable[str]], asked_at: datetime | None
    ) -> None:
        self.facets = {facet: frozenset(values) for facet, values in facets.items()}
        folded = [fold(part) for one in texts for part in (one.headline, one.body)]
        self._sentences = {tuple(words(text[start:stop])) for text in folded for start, stop in sentences(text)}
        dates = [dates_in(text) for text in folded]
        self._dates = [date for found in dates for date in found]
        # a text without a time of its own is taken for one of the day of the new one
        written_at = [one.published or asked_at for one in texts for _ in (one.headline, one.body)]
        for text, at in zip(folded, written_at, strict=True):
            self._dates += _coming_dates(text, at)
        self._figures = [figure for text, found in zip(folded, dates, strict=True) for figure in figures(text, found)]
        self._figures += [figure for text in folded for figure in known_fractions(text)]
        self.acts = KnownActs(folded)
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
        if published is not None and date.day is not None and not date.is_relative and not date.is_week:
            today = published.astimezone(UTC).date()
            for off in (-1, 0) if to_come else (-1, 0, 1):
                day = today + timedelta(days=off)
                if date.is_told_by(NamedDate(day.year, day.month, day.day, 0, 0)):
                    return True
        return any(date.is_told_by(one) for one in self._dates)

    def has_figure(self, figure: Figure) -> bool:
        """Tell whether a number was told, exactly, or roughly where either is called rough."""
        return any(figure.is_told_by(one) for one in self._figures)

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


def _coming(folded: str, at: datetime | None, named: Sequence[NamedDate]) -> Iterator[NamedDate]:
    """Yield the dates that a sentence tells from its own day, but for those that it names too («غداً، 21 أيلول»)."""
    for date in _coming_dates(folded, at):
        if not any(date.is_told_by(one) or one.is_told_by(date) for one in named):
            yield date


def _coming_dates(folded: str, at: datetime | None) -> list[NamedDate]:
    return [] if at is None else coming_dates(folded, at.astimezone(UTC).date())


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

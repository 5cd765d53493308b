"""The terms of a text: what of it is compared when two texts are asked whether they tell of one event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mirqab.arabic import fold, fold_with_offsets, is_figure, tokens, words
from mirqab.arabic.calendars import FOLDED_WEEKDAYS
from mirqab.arabic.nations import NATION_SEATED
from mirqab.arabic.numerals import Numeral, numerals
from mirqab.arabic.stemming import light
from mirqab.events.stems import nation_of, term_of

READ: Final = 250
"""Words of headline and body that are read; what stands behind them is background."""

LEAD: Final = 60
"""Words, the headline's among them, in which a text names its event's weekday, figures and countries."""

OPENING: Final = 35
"""Words of headline and first sentence: what a report is about."""

HEADLINE: Final = 12
"""Words with which a text begins that has no headline."""

_SHORTEST_NOUN: Final = 4  # of a frequent word that may be counted: «3 جنود», not «3 من»


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What is compared of a text: its distinct terms, stems and counted nouns («14 جند»), and what its lead says.

    `headline` has the headline's stems, or those with which a text without one begins; `counted` the figures of each
    counted noun. `opening` has the stems of the headline and the first sentence; `figures`, `weekdays` and `nations`
    are those of the lead, which is longer.
    """

    all: frozenset[str]
    opening: frozenset[str]
    headline: frozenset[str]
    headline_figures: frozenset[str]
    counted: Mapping[str, frozenset[str]]
    figures: frozenset[str]
    weekdays: frozenset[str]
    nations: frozenset[str]


def terms_of(headline: str, body: str) -> Terms:
    """Return the terms of a text's headline and first words. Pure, for a worker process too."""
    headed, said = words(fold(headline)), words(fold(body))
    read = [*headed, *said][:READ]
    found: set[str] = set()
    counted: dict[str, set[str]] = {}
    for term, first, last in _terms(read):
        found.add(term)
        if first < last:
            figure, _, noun = term.rpartition(" ")
            counted.setdefault(noun, set()).add(figure)
        elif term in NATION_SEATED:
            found.add(NATION_SEATED[term])
    lead = read[:LEAD]
    return Terms(
        all=frozenset(found),
        opening=frozenset(filter(None, map(term_of, read[:OPENING]))),
        headline=frozenset(filter(None, map(term_of, headed or said[:HEADLINE]))),
        headline_figures=_figures(headed),
        counted={noun: frozenset(figures) for noun, figures in counted.items()},
        figures=_figures(lead),
        weekdays=FOLDED_WEEKDAYS.intersection(lead),
        nations=frozenset(nation for word in lead if (nation := nation_of(term_of(word)))),
    )


def as_written(terms: Iterable[str], text: str) -> dict[str, str]:
    """Return for each of the terms that a text has how it is written there first, for people: «14 جنديًا»."""
    wanted, written = set(terms), dict[str, str]()
    folded = fold_with_offsets(text)
    said = tokens(folded.text)
    for term, first, last in _terms([token.text for token in said]):
        if term in wanted and term not in written:
            start, stop = folded.span(said[first].start, said[last].stop)
            written[term] = text[start:stop]
    return written


def _terms(said: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Yield the terms of folded words in their order, with the places of their first and last word."""
    numbers = {numeral.start: numeral for numeral in _numbers(said)}
    figure, first, place = "", 0, 0
    while place < len(said):
        if (numeral := numbers.get(place)) is not None:
            figure, first, place = numeral.value, place, numeral.stop
            continue
        word = said[place]
        term = term_of(word)
        if term:
            yield term, place, place
        if figure:
            noun = term or (light(word) if len(word) >= _SHORTEST_NOUN else "")
            if noun:
                yield f"{figure} {noun}", first, place
            figure = ""
        place += 1


def _numbers(said: Sequence[str]) -> list[Numeral]:
    """Return the numbers among folded words; «أحد» and «واحدة» say "one of" and "same" too often to count."""
    return [one for one in numerals(said) if one.value != "1" or is_figure(said[one.start])]


def _figures(said: Sequence[str]) -> frozenset[str]:
    return frozenset(numeral.value for numeral in _numbers(said))

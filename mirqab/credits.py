"""Credits: the news agencies that a text says it comes from.

A credit stands where newsrooms put one: in the dateline, in the byline, in a line of sources or in brackets at the
end, before a colon that opens the text, or as «نقلاً عن وكالة …» in its first sentences. A name anywhere else (a
reporter of the agency, who said what to whom, the credit of a picture) is a mention, and so is a short name that is
a word of the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from mirqab.agencies import AGENCIES, UNNAMED
from mirqab.arabic import fold, is_figure, sentences, words

HEAD: Final = 700
"""Characters of the beginning in which a credit is looked for."""
TAIL: Final = 500
"""Characters of the end."""
_HEAD_LINES: Final = 3
_TAIL_LINES: Final = 2
_OPENING_SENTENCES: Final = 2
_PLACE: Final = 4
"""Words of a place before a credit in brackets; a caption is longer («آليات عسكرية عند المعبر الحدودي (رويترز)»)."""
_PLACE_AND_DAY: Final = 9
"""The same when the day is told too: «مكة المكرمة في 28 فبراير /قنا/»."""
_WRITERS: Final = 6
"""Words of a place and a reporter before a credit between strokes: «إسطنبول / سليم النجار / الأناضول»."""
_LONE_PLACE: Final = 2
"""Words before a credit in brackets that ends its line: more is the caption of a picture."""
_DAYS_BOTH_WAYS: Final = 14
"""Words of a place and a day by both calendars: «جدة 26 شوال 1436 هـ الموافق 11 أغسطس 2015 م واس»."""
_SHORT_LINE: Final = 5
"""Other words in a last line that is nothing but a credit."""
_CAPTION: Final = 14
"""Words of a caption, or of a picture's credit, at most."""
_PICTURES: Final = frozenset(["صوره", "الصوره", "صور", "تصوير", "ارشيف", "ارشيفيه", "الارشيف", "عدسه"])
_PARAGRAPH: Final = 25
"""Words of a last line that is text and no caption, though no full stop ends it."""

Form = Literal["words", "short", "bracketed"]

_LETTERS: Final = r"A-Za-z\u0620-\u063f\u0641-\u064a\u066e-\u06d3"
_QUOTES: Final = "\"'«»“”„‘’"
_BRACKETS: Final = {"(": ")", "[": "]", "{": "}", "/": "/"}
_STROKES: Final = frozenset("/-–—|")
_DRAWN_OUT: Final = re.compile(r"(?<=\s)ـ+(?=\s)")
"""A tatweel that stands for a dash; folding would drop it."""
_LAST_STROKE: Final = re.compile(r"[/\-–—|:]")
_BEFORE: Final = frozenset(("", ":", ",", "،", "+", ">", "•", "*", *_STROKES))
_AFTER: Final = frozenset(("", ":", ",", "،", "+", ".", *_STROKES))


@dataclass(frozen=True, slots=True)
class _Name:
    agency: str
    form: Form
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class _Run:
    """Names that only marks or «و» part («رويترز، أ ف ب»), and the marks around them; "" at a border of the line."""

    names: tuple[_Name, ...]
    start: int
    stop: int
    before: str
    after: str

    @property
    def is_bracketed(self) -> bool:
        return _BRACKETS.get(self.before) == self.after

    @property
    def is_set_off(self) -> bool:
        """Whether marks that part a dateline, or the line's borders, stand on both sides."""
        return self.before in _BEFORE and self.after in _AFTER

    def agencies(self, *forms: Form) -> Iterator[str]:
        """Yield the agencies of the names written in one of these forms; of all, without any."""
        return (name.agency for name in self.names if not forms or name.form in forms)


def agencies_of(headline: str, body: str, authors: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the ids of the agencies that a text is credited to, in the order in which they stand there."""
    return tuple(dict.fromkeys(_credited(headline, body, authors)))


def _credited(headline: str, body: str, authors: Iterable[str]) -> Iterator[str]:
    head, tail = (fold(_DRAWN_OUT.sub("-", part)) for part in (body[:HEAD], body[-TAIL:]))
    for author in authors:
        yield from _in_byline(fold(author))
    yield from _in_speaker_line(fold(headline[:HEAD]))
    lines = _lines(head)
    for line in lines[:_HEAD_LINES]:
        if not _of_picture(line):
            yield from _in_dateline(line)
    yield from _in_speaker_line(_opening(lines))
    for start, stop in sentences(head)[:_OPENING_SENTENCES]:
        yield from _attributed(head[start:stop])
    for line in _lines(tail)[-_TAIL_LINES:]:
        if not _of_picture(line):
            yield from _in_last_line(line)


# ----------------------------------------------------------------------------------------------- the places


def _in_byline(author: str) -> Iterator[str]:
    """Yield the agencies that an author's name is, or is joined to."""
    for run in _runs(author):
        yield from run.agencies() if run.is_bracketed or run.is_set_off else run.agencies("words")


def _in_dateline(line: str) -> Iterator[str]:
    """Yield the agencies credited at the beginning of one of the first lines."""
    if _SOURCES.match(line):
        yield from (name.agency for name in _names(line))
        return
    for run in _runs(line):
        place, behind = words(line[: run.start]), words(line[run.stop :])
        dated = any(map(is_figure, place))
        if run.is_bracketed:
            if dated:
                fits = len(place) <= _PLACE_AND_DAY
            elif behind:
                fits = len(place) <= _PLACE
            else:
                fits = len(words(_LAST_STROKE.split(line[: run.start])[-1])) <= _LONE_PLACE
            if fits:
                yield from run.agencies()
        elif run.is_set_off and len(place) <= (_PLACE_AND_DAY if dated else _WRITERS):
            if run.before in _STROKES:
                yield from run.agencies()
            elif run.after in _STROKES or run.after == ":" or not behind:
                yield from run.agencies("words", "short")
        elif (run.before == "/" and len(place) <= _PLACE) or (
            dated and len(place) <= _DAYS_BOTH_WAYS and (run.after in _STROKES or not behind)
        ):
            yield from run.agencies("words", "short")


def _in_speaker_line(line: str) -> Iterator[str]:
    """Yield the agency that opens a text as its speaker: «رويترز: …», «مصدر لفرانس برس: …», «رويترز تنقل عن …»."""
    match = _SPEAKER.match(line)
    if match:
        for name in _names(match["name"]):
            named = name.form != "bracketed" or match["kind"] or match["to"]
            if named and not (name.agency == UNNAMED and match["more"]):
                yield name.agency


def _attributed(sentence: str) -> Iterator[str]:
    """Yield the agencies from which one of the first sentences says that it has its news."""
    for match in _ATTRIBUTION.finditer(sentence):
        for name in _names(match["names"]):
            if name.form == "words" or match["kind"]:
                yield name.agency


def _in_last_line(line: str) -> Iterator[str]:
    """Yield the agencies credited in one of the last lines."""
    sources = _SOURCES.search(line)
    if sources:
        yield from (name.agency for name in _names(line[sources.end() :]))
        return
    runs = _runs(line)
    if not runs:
        return
    named = sum(len(words(line[run.start : run.stop])) for run in runs)
    others = len(_initials_aside(line)) - named
    for run in runs:
        text, behind = line[: run.start].rstrip("([{/-–— " + _QUOTES), _initials_aside(line[run.stop :])
        if run.is_bracketed:
            ends_text = text[-1:] in (*".!؟?", "") or line.endswith(".") or others >= _PARAGRAPH
            if not behind and (ends_text or others <= _LONE_PLACE):
                yield from run.agencies()
        elif run.is_set_off and others <= _SHORT_LINE and run.before not in (",", "،"):
            yield from run.agencies()
        elif not behind and text[-1:] in (".", "…", "؟", "#", "*"):
            yield from run.agencies("words", "short")


def _of_picture(line: str) -> bool:
    """Tell whether a short line is the caption or the credit of a picture."""
    said = words(line)
    return len(said) <= _CAPTION and not _PICTURES.isdisjoint(said)


def _initials_aside(text: str) -> list[str]:
    """Return the words of a text but for single letters, which are editors' initials."""
    return [word for word in words(text) if len(word) > 1]


def _lines(text: str) -> list[str]:
    return [line for line in map(str.strip, text.split("\n")) if line]


def _opening(lines: Sequence[str]) -> str:
    """Return the first line that says anything and the next: an emblem or a name may stand in a line of its own."""
    first = next((place for place, line in enumerate(lines) if words(line)), 0)
    return " ".join(lines[first : first + 2])


# ------------------------------------------------------------------------------------------------ the names


def _pattern(written: str) -> str:
    """Return the expression of one written form; stops and spaces may part the letters of an abbreviation."""
    parts = [re.escape(part) for part in fold(written).split(" ")]
    if all(len(part) == 1 for part in parts):
        return r"(?:\s?\.\s?|\s)".join(parts) + r"(?:\s?\.)?"
    return r"\s+".join(parts)


def _forms() -> Iterator[tuple[str, str, Form]]:
    for agency in AGENCIES.values():
        yield from ((_pattern(written), agency.id, "words") for written in agency.words)
        yield from ((_pattern(written), agency.id, "short") for written in agency.short)
        yield from ((_pattern(written), agency.id, "bracketed") for written in agency.bracketed)


# the longer ones first: «الوكالة الألمانية» before «الألمانية»
_FORMS: Final = sorted(_forms(), key=lambda form: -len(form[0]))
_ANY: Final = "|".join(pattern for pattern, _, _ in _FORMS)
_WORD: Final = re.compile(rf"[{_LETTERS}]+")


def _by_first_word() -> dict[str, list[tuple[re.Pattern[str], str, Form]]]:
    """Return the expressions by the word that they begin with: one look-up a word is enough to find none."""
    by_word: dict[str, list[tuple[re.Pattern[str], str, Form]]] = {}
    for pattern, agency, form in _FORMS:
        first = _WORD.match(pattern)
        assert first is not None
        by_word.setdefault(first.group(), []).append((re.compile(rf"{pattern}(?![{_LETTERS}\d])"), agency, form))
    return by_word


_BY_FIRST_WORD: Final = _by_first_word()
_PREFIXES: Final = "ولب"
_BETWEEN: Final = re.compile(rf"[\s,،/+|\-–—&{_QUOTES}]*(?:و\s?)?")
_AGENCY: Final = rf"[{_QUOTES}]*(?:وكاله|وكالات|وكالتي|وكالتا)\s+(?:الانباء\s+|انباء\s+)?"
_AGENCY_BEFORE: Final = re.compile(rf"(?:^|(?<=[^{_LETTERS}])){_AGENCY}[{_QUOTES}]*$")
_TELLS: Final = (
    r"(?:نقل|ذكر|افاد|اورد|نشر|بث|قال|كشف|كتب|اوضح)ت(?:ه|ها)?|ت(?:نقل|فيد|قول|ذكر|كشف|نشر|ورد)|نقلا|وفقا?|حسب|بحسب"
)
_TELLS_NOW: Final = r"(?:تنقل|تفيد|تقول|تذكر|تشير|تءكد|تكشف|تنشر|تورد|تعدد)"
_SPEAKER: Final = re.compile(
    # a mark is read in one way only, or «#_#_…» would be read in ever so many
    rf"(?:[^{_LETTERS}\d#]++|#(?!_)|#[{_LETTERS}\d_]++)*(?:عاجل[\s|:/\-]*)?"
    rf"(?:(?:[{_LETTERS}\d]+\s+){{1,8}}ل\s?(?P<to>{_AGENCY})?|(?:عن\s+)?(?P<kind>{_AGENCY})?)"
    rf"[{_QUOTES}]*(?P<name>{_ANY})(?![{_LETTERS}])[{_QUOTES}]*"
    rf"(?P<more>(?:\s+[{_LETTERS}]+){{0,8}}?)(?:\s*:(?=\s|$)|\s+{_TELLS_NOW}\s)"
)
_ATTRIBUTION: Final = re.compile(
    rf"(?<![{_LETTERS}])[وف]?(?:{_TELLS})(?:\s+عن)?\s+ل?(?P<kind>{_AGENCY})?[{_QUOTES}(]*"
    rf"(?P<names>ل?(?:{_ANY})(?:[{_QUOTES}]*\s+و(?:{_AGENCY})?[{_QUOTES}]*(?:{_ANY}))?)(?![{_LETTERS}])"
)
_SOURCES: Final = re.compile(r"(?:^|(?<=[\s.*]))(?:ال)?(?:مصدر|مصادر)\s*[:\-]")


def _names(text: str) -> list[_Name]:
    """Return the names of agencies in a folded text, wherever they stand."""
    found: list[_Name] = []
    for match in _WORD.finditer(text):
        word, start = match.group(), match.start()
        if found and start < found[-1].stop:
            continue
        name = _name_at(text, start, word)
        if name is None and word[0] in _PREFIXES and len(word) > 1:
            name = _name_at(text, start + 1, word[1:])
        if name is not None:
            found.append(name)
    return found


def _name_at(text: str, start: int, word: str) -> _Name | None:
    for pattern, agency, form in _BY_FIRST_WORD.get(word, ()):
        match = pattern.match(text, start)
        if match:
            return _Name(agency, form, start, match.end())
    return None


def _runs(line: str) -> list[_Run]:
    """Return the names in a line, as runs of those that stand together; «وكالة» before a name belongs to it."""
    groups: list[list[_Name]] = []
    for name in _names(line):
        if groups and _BETWEEN.fullmatch(line, groups[-1][-1].stop, name.start):
            groups[-1].append(name)
        else:
            groups.append([name])
    runs = []
    for group in groups:
        agency = _AGENCY_BEFORE.search(line[: group[0].start])
        start, stop = agency.start() if agency else group[0].start, group[-1].stop
        before, after = line[:start].rstrip(" " + _QUOTES)[-1:], line[stop:].lstrip(" " + _QUOTES)[:1]
        runs.append(_Run(tuple(group), start, stop, before, after))
    return runs

"""What one extraction is worth, held against the gold of its page."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from mirqab.evaluation.golden import GoldenPage, Moment

_WORD: Final = re.compile(r"\w+")
_SECOND_S: Final = 1.0  # publishers' milliseconds are not kept by every format of dates
_SCRIPT: Final = re.compile(rb"<script[^>]*ld\+json[^>]*>(.*?)</script", re.IGNORECASE | re.DOTALL)
_STATED: Final = re.compile(rb'"articleBody"\s*:\s*"\s*[^"\s]')
_JOINING: Final = re.compile(r"(?:\band\b|[\W_]|(?<!\w)و(?!\w))+", re.IGNORECASE)
_CALLED: Final = re.compile(r"^(?:بقلم|كتبت?|إعداد|by)\s*:?\s+", re.IGNORECASE)


class Outcome(StrEnum):
    """How a date or the authors compare with the gold."""

    RIGHT = "right"
    WRONG = "wrong"
    MISSING = "missing"  # the gold has one, extraction found none
    UNFOUNDED = "unfounded"  # the gold says that the page states none, extraction found one
    NONE = "none"  # there is none, and none was found


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What was taken out of a page; `problem` says why it is no article, and then the texts are empty."""

    headline: str = ""
    body: str = ""
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    extractor: str | None = None
    quality: float = 0.0
    problem: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PageScore:
    """The scores of one page, 0 to 1 or an outcome; None for what its gold does not speak of.

    `recognised` says whether an article was taken for one, and a page that is none was not. `missing` are strings that
    must be in the body and are not, `leaks` strings that must not and are.
    """

    page: GoldenPage
    taken: Taken
    states_text: bool
    recognised: bool
    precision: float | None
    recall: float | None
    f1: float | None
    headline: bool | None
    published: Outcome | None
    author: Outcome | None
    missing: tuple[str, ...]
    leaks: tuple[str, ...]


def score(page: GoldenPage, taken: Taken, *, states_text: bool) -> PageScore:
    """Hold an extraction against its gold; a page that is no article is scored by whether it was refused alone."""
    article = page.is_article
    precision, recall, f1 = None, None, None
    if article and page.body is not None:
        precision, recall, f1 = token_scores(taken.body, page.body, optional=page.optional)
    body = _one_line(taken.body)
    return PageScore(
        page=page,
        taken=taken,
        states_text=states_text,
        recognised=article == (taken.problem is None),
        precision=precision,
        recall=recall,
        f1=f1,
        headline=_one_line(taken.headline) == _one_line(page.headline) if article and page.headline else None,
        published=_published(page.published, taken) if article and page.says_published else None,
        author=_author(page.author, taken.authors) if article and page.says_author else None,
        missing=tuple(text for text in page.must_contain if _one_line(text) not in body),
        leaks=tuple(text for text in page.must_not_contain if _one_line(text) in body),
    )


def token_scores(found: str, gold: str, *, optional: tuple[str, ...] = ()) -> tuple[float, float, float]:
    """Return precision, recall and F1 over the words of a body, each as often as it stands there.

    Words of `optional` text count neither as too much nor as missing.
    """
    left, right = Counter(_WORD.findall(found)), Counter(_WORD.findall(gold))
    common, either = (left & right).total(), Counter(_WORD.findall(" ".join(optional)))
    surplus, lacking = ((left - right) - either).total(), ((right - left) - either).total()
    return (
        common / (common + surplus) if common else 0.0,
        common / (common + lacking) if common else 0.0,
        2 * common / (2 * common + surplus + lacking) if common else 0.0,
    )


def states_text(html: bytes) -> bool:
    """Tell whether a page carries the text of its article in JSON-LD, where it can be had without the layout."""
    return any(_STATED.search(script) for script in _SCRIPT.findall(html))


def _published(gold: Moment | None, taken: Taken) -> Outcome:
    found = taken.published
    if gold is None:
        return Outcome.NONE if found is None else Outcome.UNFOUNDED
    if found is None:
        return Outcome.MISSING
    if gold.day_only:
        same = found.astimezone(gold.at.tzinfo).date() == gold.at.date()
    else:
        same = abs((found - gold.at).total_seconds()) < _SECOND_S
    return Outcome.RIGHT if same else Outcome.WRONG


def _author(gold: str | None, found: tuple[str, ...]) -> Outcome:
    """Compare names with the line that names them, whatever joins them there."""
    if gold is None:
        return Outcome.NONE if not found else Outcome.UNFOUNDED
    if not found:
        return Outcome.MISSING
    rest = _CALLED.sub("", _one_line(gold))
    for name in sorted(map(_one_line, found), key=len, reverse=True):
        if name not in rest:
            return Outcome.WRONG
        # Arabic writes its "and" onto the name that follows
        rest = re.sub(rf"(?:(?<!\w)و)?{re.escape(name)}", " ", rest, count=1)
    return Outcome.WRONG if _JOINING.sub("", rest) else Outcome.RIGHT


def _one_line(text: str) -> str:
    return " ".join(text.split())

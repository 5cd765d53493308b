"""One page's scores: words, dates, authors and strings held against the gold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mirqab.evaluation import (
    GoldenPage,
    Moment,
    Outcome,
    PageScore,
    Taken,
    differences,
    score,
    states_text,
    token_scores,
)

AT = datetime(2024, 1, 26, 11, 5, tzinfo=UTC)


def golden(**more: Any) -> GoldenPage:
    return GoldenPage(name="1.html", path=Path("1.html"), outlet="Nahr", kind="news", **more)


def scored(page: GoldenPage, **taken: Any) -> PageScore:
    return score(page, Taken(**taken), states_text=False)


def test_words_are_counted_as_often_as_they_stand_there() -> None:
    precision, recall, f1 = token_scores("نص نص آخر", "نص آخر جديد طويل")
    assert precision == pytest.approx(2 / 3)
    assert recall == pytest.approx(2 / 4)
    assert f1 == pytest.approx(2 * 2 / (3 + 4))
    assert token_scores("", "نص") == (0, 0, 0)


@pytest.mark.parametrize("gold", ["نص الخبر", "نص الخبر المصدر نور"])
@pytest.mark.parametrize("found", ["نص الخبر", "نص الخبر المصدر نور"])
def test_optional_text_counts_neither_way(found: str, gold: str) -> None:
    assert token_scores(found, gold, optional=("المصدر: نور",)) == (1, 1, 1)
    assert token_scores(found + " قائمة", gold, optional=("المصدر: نور",))[0] < 1


def test_strings_are_sought_whatever_the_white_space() -> None:
    page = golden(headline="عنوان  الخبر", must_contain=("أول ثان", "غائب"), must_not_contain=("اقرأ أيضا", "قائمة"))
    found = scored(page, headline="عنوان الخبر", body="أول\nثان\nاقرأ  أيضا")
    assert found.headline is True
    assert found.missing == ("غائب",)
    assert found.leaks == ("اقرأ أيضا",)


@pytest.mark.parametrize(
    ("gold", "published", "outcome"),
    [
        (Moment(at=AT), AT + timedelta(milliseconds=299), Outcome.RIGHT),
        (Moment(at=AT), AT + timedelta(hours=3), Outcome.WRONG),
        (Moment(at=AT), None, Outcome.MISSING),
        (Moment(at=AT, day_only=True), AT + timedelta(hours=3), Outcome.RIGHT),
        (Moment(at=AT, day_only=True), AT + timedelta(hours=13), Outcome.WRONG),
        (None, AT, Outcome.UNFOUNDED),
        (None, None, Outcome.NONE),
    ],
)
def test_a_date_is_right_wrong_missing_or_unfounded(
    gold: Moment | None, published: datetime | None, outcome: Outcome
) -> None:
    assert scored(golden(published=gold, says_published=True), published=published).published is outcome


@pytest.mark.parametrize(
    ("gold", "authors", "outcome"),
    [
        ("سالم الراوي", ("سالم الراوي",), Outcome.RIGHT),
        ("سالم الراوي وليلى نور", ("ليلى نور", "سالم الراوي"), Outcome.RIGHT),
        ("بقلم: سالم الراوي، ليلى نور", ("سالم الراوي", "ليلى نور"), Outcome.RIGHT),
        ("Salem Rawi and Layla Nur", ("Salem Rawi", "Layla Nur"), Outcome.RIGHT),
        ("سالم الراوي وليلى نور", ("سالم الراوي",), Outcome.WRONG),
        ("سالم الراوي", ("سالم الراوي", "نور نيوز"), Outcome.WRONG),
        ("سالم الراوي", (), Outcome.MISSING),
        (None, ("نور نيوز",), Outcome.UNFOUNDED),
        (None, (), Outcome.NONE),
    ],
)
def test_authors_are_compared_whatever_joins_them(gold: str | None, authors: tuple[str, ...], outcome: Outcome) -> None:
    assert scored(golden(author=gold, says_author=True), authors=authors).author is outcome


def test_what_the_gold_does_not_speak_of_is_not_scored() -> None:
    found = scored(golden(body="نص"), body="نص", authors=("سالم",), published=AT, headline="عنوان")
    assert (found.headline, found.published, found.author) == (None, None, None)


def test_an_article_that_was_refused_has_nothing_right() -> None:
    found = scored(golden(headline="عنوان", body="نص", must_contain=("نص",)), problem="no_article")
    assert (found.recognised, found.f1, found.headline, found.missing) == (False, 0, False, ("نص",))


def test_a_listing_is_scored_by_its_refusal_alone() -> None:
    page = golden(is_article=False, headline="رياضة")
    assert scored(page, problem="no_article").recognised
    taken = scored(page, headline="غير ذلك", body="نص")
    assert (taken.recognised, taken.headline, taken.f1) == (False, None, None)


@pytest.mark.parametrize(
    ("html", "states"),
    [
        (b'<script type="application/ld+json">{"articleBody": "\xd9\x86\xd8\xb5"}</script>', True),
        (b'<SCRIPT type=application/ld+json>\n{"articleBody":"x"}</SCRIPT>', True),
        (b'<script type="application/ld+json">{"articleBody": " "}</script>', False),
        (b'<script type="application/ld+json">{"headline": "x"}</script>', False),
        (b'<script>var a = {"articleBody": "x"}</script>', False),
    ],
)
def test_a_page_that_states_its_text_is_told(html: bytes, states: bool) -> None:
    assert states_text(html) is states


def test_the_difference_shows_what_is_lost_and_what_is_too_much() -> None:
    page = golden(headline="عنوان", body="أول\nثان", must_not_contain=("قائمة",), says_published=True)
    lines = list(differences(scored(page, headline="آخر", body="أول\nقائمة", published=AT, extractor="blocks")))
    assert "- headline: عنوان" in lines
    assert "+ headline: آخر" in lines
    assert "+ must not contain: قائمة" in lines
    assert "-ثان" in lines
    assert "+قائمة" in lines
    assert f"+ published: {AT}" in lines
    assert not list(differences(scored(page, headline="عنوان", body="أول\nثان")))

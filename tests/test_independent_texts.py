"""Nine outlets, two texts, one story: who told it first, and how many texts are independent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mirqab.telling import Member, carried_at, first_agency, texts
from mirqab.types import Relation

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NEW, NEAR, UPDATE, SAME = Relation.NEW, Relation.NEAR, Relation.UPDATE, Relation.SAME_EVENT


def member(article: str, hours: int, relation: Relation = NEW, nearest: str | None = None, *agencies: str) -> Member:
    return Member(
        article=article, relation=relation, nearest=nearest, agencies=agencies, at=NOON + timedelta(hours=hours)
    )


def articles(*members: Member) -> list[tuple[str, ...]]:
    return [text.articles for text in texts(members)]


def test_copies_of_copies_are_one_text() -> None:
    found = articles(member("a", 0), member("b", 1, NEAR, "a"), member("c", 2, NEAR, "b"), member("d", 3, UPDATE, "a"))
    assert found == [("a", "b", "c", "d")]


def test_another_report_of_the_event_is_a_text_of_its_own() -> None:
    assert articles(member("a", 0), member("b", 1, SAME, "a"), member("c", 2, NEAR, "b")) == [("a",), ("b", "c")]


def test_whoever_published_first_is_first_whatever_was_found_first() -> None:
    assert articles(member("a", 5), member("b", 1, NEAR, "a"), member("c", 0, SAME, "a")) == [("c",), ("b", "a")]


def test_texts_of_one_agency_are_one() -> None:
    dispatch, rewritten = member("a", 0, NEW, None, "afp"), member("b", 1, SAME, "a", "afp", "wires")
    own, other = member("c", 2, SAME, "a"), member("d", 3, SAME, "a", "reuters")
    assert articles(dispatch, rewritten, own, other) == [("a", "b"), ("c",), ("d",)]
    assert texts([dispatch, rewritten])[0].agencies == ("afp", "wires")


def test_a_text_of_two_agencies_is_neither_of_them() -> None:
    both = member("c", 2, SAME, "a", "afp", "reuters")
    assert articles(member("a", 0, NEW, None, "afp"), member("b", 1, SAME, "a", "reuters"), both) == [
        ("a",),
        ("b",),
        ("c",),
    ]


def test_unnamed_agencies_join_nothing() -> None:
    assert articles(member("a", 0, NEW, None, "wires"), member("b", 1, SAME, "a", "wires")) == [("a",), ("b",)]


def test_a_copy_tells_whose_text_it_is() -> None:
    found = articles(member("a", 0), member("b", 1, NEAR, "a", "afp"), member("c", 2, SAME, "a", "afp"))
    assert found == [("a", "b", "c")]


def test_a_copy_of_an_article_that_a_person_took_away_stands_for_itself() -> None:
    assert articles(member("b", 1, NEAR, "gone"), member("c", 2, NEAR, "b")) == [("b", "c")]


def test_articles_that_name_each_other_are_one_text() -> None:
    assert sorted(map(len, articles(member("a", 0, NEAR, "b"), member("b", 1, NEAR, "a")))) in ([2], [1, 1])


def test_the_first_agency_is_that_of_the_first_who_credits_one() -> None:
    told = [member("a", 3, NEW, None, "reuters"), member("b", 0), member("c", 1, NEW, None, "wires", "afp")]
    assert first_agency(told) == "afp"
    assert first_agency([member("a", 0, NEW, None, "wires")]) is None


@pytest.mark.parametrize(("published", "hours"), [(None, 0), (-3, -3), (5, 0)])
def test_a_date_ahead_of_us_is_not_believed(published: int | None, hours: int) -> None:
    at = None if published is None else NOON + timedelta(hours=published)
    assert carried_at(at, NOON) == NOON + timedelta(hours=hours)

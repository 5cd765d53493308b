"""Which story a page belongs to."""

from __future__ import annotations

from mirqab.archive import Known
from mirqab.stories import place
from mirqab.types import Placement, Relation, make_id
from tests.archive.making import body, entry_id, worked


def test_a_text_that_nobody_knows_is_a_story_of_its_own_and_always_the_same_one() -> None:
    own = make_id("s", make_id("a", entry_id("1")))
    assert place(worked("1", body("الماء")), None) == Placement(story=own, relation=Relation.NEW)
    assert place(worked("1", body("النار")), None).story == own
    assert place(worked("2", body("الماء")), None).story != own


def test_a_known_text_joins_the_story_of_its_article() -> None:
    known = Known(article="a1", story="s1", relation=Relation.EXACT)
    assert place(worked("1", body("الماء")), known) == Placement(
        story="s1", relation=Relation.EXACT, nearest="a1", similarity=1.0
    )


def test_another_text_of_an_article_is_an_update_of_unknown_likeness() -> None:
    known = Known(article="a1", story="s1", relation=Relation.UPDATE)
    assert place(worked("1", body("الماء")), known) == Placement(story="s1", relation=Relation.UPDATE, nearest="a1")

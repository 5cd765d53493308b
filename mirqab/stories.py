"""Which story a page belongs to."""

from __future__ import annotations

from mirqab.archive import Known
from mirqab.types import Placement, Relation, Worked, make_id


def place(worked: Worked, known: Known | None) -> Placement:
    """Return the story of a worked page: that of the article it is tied to, else a new one of its own.

    Pure. `known` is what the archive found inside the storing transaction; the id of a new story follows from the
    article's, so that a replay names the same one.
    """
    assert worked.article is not None
    if known is None:
        return Placement(story=make_id("s", worked.article.id), relation=Relation.NEW)
    similarity = 1.0 if known.relation is Relation.EXACT else known.similarity
    return Placement(story=known.story, relation=known.relation, nearest=known.article, similarity=similarity)

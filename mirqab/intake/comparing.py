"""Of which of some stored articles is a text a copy? The texts themselves decide, by `mirqab.grouping`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from mirqab.archive import Archive, Candidate, Compare, LookedUp, Nearest
from mirqab.archive.moments import day_of
from mirqab.grouping import Kept, Told, nearest
from mirqab.seen import WINDOW_DAYS
from mirqab.types import Article


def nearest_copy(
    article: Article, candidates: Sequence[Candidate], *, window_days: int = WINDOW_DAYS
) -> Nearest | None:
    """Return the candidate of which an article is a copy, within the window of its day. Pure.

    Of two that are as near, the first one counts.
    """
    day = day_of(article.published, article.fetched_at)
    kept = [
        Kept(
            told=Told(
                id=candidate.article,
                headline=candidate.headline,
                body=candidate.body,
                outlet=candidate.outlet,
                published=candidate.published,
            ),
            story=candidate.story,
            day=candidate.day,
        )
        for candidate in candidates
        if candidate.article != article.id and abs((candidate.day - day).days) <= window_days
    ]
    if not kept:
        return None
    told = Told(
        id=article.id,
        headline=article.headline,
        body=article.body,
        outlet=article.outlet,
        published=article.published or article.fetched_at,
    )
    kinship = nearest(told, kept)
    if kinship is None:
        return None
    return Nearest(article=str(kinship.kept.told.id), relation=kinship.relation, similarity=kinship.similarity)


MOST_NAMED: Final = 100
"""Articles whose signatures are looked at, those that share the most bands."""


def most_shared(shares: Counter[str]) -> list[str]:
    """Return the articles that share the most bands with a text."""
    if len(shares) <= MOST_NAMED:
        return list(shares)
    return sorted(shares, key=lambda article: (-shares[article], article))[:MOST_NAMED]


def look_among(archive: Archive, article: Article, mark: int, names: Collection[str], compare: Compare) -> LookedUp:
    """Return the article that has a text, else the one of which it is a copy among some.

    Their signatures leave few whose texts are read. All others up to the number `mark` are none.
    """
    copy, close, candidates = archive.signatures.close_to(article, names)
    nearest = compare(article, candidates) if candidates else None
    return LookedUp(mark=mark, close=close, nearest=nearest, copy=copy)

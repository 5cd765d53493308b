"""Of which of some stored articles is a text a copy? The texts themselves decide, by `mirqab.grouping`."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mirqab.archive import Archive, Candidate, Compare, Nearest
from mirqab.archive.signatures import day_of, may_be_copies
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


def nearest_among(archive: Archive, article: Article, names: Collection[str], compare: Compare) -> Nearest | None:
    """Return which of some articles a text is a copy of; their signatures leave few whose texts are read."""
    close = [
        signed.article
        for signed in archive.signatures.of(names)
        if signed.article != article.id and may_be_copies(article.signature, signed.signature)
    ]
    return compare(article, archive.signatures.candidates(close)) if close else None

"""How a story is told: who carried it when, which text is whose copy, why articles are together, and what each changed.

Plain values for the terminal, the pages and JSON alike; everything is computed from what is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from mirqab.changes import Changes, Passage, Wording, changes, changes_json, shared_passages
from mirqab.telling import COPIES, Member, Text, carried_at, first_agency, texts
from mirqab.types import Relation

if TYPE_CHECKING:
    from mirqab.archive import Archive, ArticleDetail, Sighting, StoryDetail, Version
    from mirqab.events import Weights

PASSAGES: Final = 3
"""Shared passages that are shown of two articles, the longest."""
_TERMS: Final = 8
"""Shared terms that are shown of two articles about one event."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Carrier:
    """One outlet that carried one text of a story.

    `at` is when it says that it published it, else when we saw it. `text` is the place of the independent text that it
    carried among those of the story, `is_first` whether nobody carried that text earlier. `nearest` and `similarity`
    are those of its article; of an exact copy, that article itself and 1. `gone_at` and `changed_at` tell since when
    its page is no more, or has another text.
    """

    outlet: str
    url: str
    headline: str
    at: datetime
    seen_at: datetime
    relation: Relation
    article: str
    text: int
    is_first: bool
    nearest: str | None
    similarity: float | None
    agencies: tuple[str, ...]
    placed_by: str | None
    gone_at: datetime | None
    changed_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """Why an article is together with its nearest.

    For a copy: the longest passages that both have, as the article prints them, `shared` its share of words that stand
    in any such passage. For another report of the same event: the strongest terms that both have, as it writes them.
    """

    article: str
    nearest: str
    relation: Relation
    similarity: float | None
    shared: float
    passages: tuple[Passage, ...] = ()
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Edited:
    """What changed from one text to another one: from an article to its copy, or between versions of one article.

    `version` is the number of the former text that was replaced, None for a copy; `against` is the article compared
    with, the same one for a version. `at` is when it was.
    """

    article: str
    against: str
    version: int | None
    at: datetime
    changes: Changes


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Who told a story, in time; `outlets` are in the order in which they first did."""

    outlets: tuple[str, ...]
    texts: tuple[Text, ...]
    agency: str | None
    carriers: tuple[Carrier, ...]


def told(detail: StoryDetail) -> Told:
    """Return who carried a story when, and in how many independent texts."""
    articles = {one.article.id: one for one in detail.articles}
    when: dict[str, datetime] = {}
    for sighting in detail.sightings:
        at = carried_at(sighting.published, sighting.seen_at)
        when[sighting.article] = min(at, when.get(sighting.article, at))
    members = [
        Member(
            article=identity,
            relation=one.relation,
            nearest=one.nearest,
            agencies=one.article.agencies,
            at=when.get(identity, one.stored_at),
        )
        for identity, one in articles.items()
    ]
    independent = texts(members)
    place = {article: number for number, text in enumerate(independent) for article in text.articles}
    carriers: list[Carrier] = []
    begun: set[int] = set()
    for at, sighting in sorted(_in_time(detail.sightings), key=lambda one: (one[0], one[1].seen_at, one[1].url)):
        number = place[sighting.article]
        carriers.append(_carrier(sighting, at, articles[sighting.article], number, is_first=number not in begun))
        begun.add(number)
    return Told(
        outlets=tuple(dict.fromkeys(carrier.outlet for carrier in carriers)),
        texts=independent,
        agency=first_agency(members),
        carriers=tuple(carriers),
    )


def _in_time(sightings: Iterable[Sighting]) -> Iterator[tuple[datetime, Sighting]]:
    for sighting in sightings:
        yield carried_at(sighting.published, sighting.seen_at), sighting


def _carrier(sighting: Sighting, at: datetime, one: ArticleDetail, number: int, *, is_first: bool) -> Carrier:
    is_own = one.article.url == sighting.url or one.article.outlet == sighting.outlet
    is_copy = sighting.relation is Relation.EXACT and not is_own
    return Carrier(
        outlet=sighting.outlet,
        url=sighting.url,
        headline=sighting.headline,
        at=at,
        seen_at=sighting.seen_at,
        relation=Relation.EXACT if is_copy else one.relation,
        article=sighting.article,
        text=number,
        is_first=is_first,
        nearest=one.article.id if is_copy else one.nearest,
        similarity=1.0 if is_copy else one.similarity,
        agencies=one.article.agencies,
        placed_by=one.placed_by,
        gone_at=sighting.gone_at,
        changed_at=sighting.changed_at,
    )


# ---------------------------------------------------------------------------------------------- why together


def why(archive: Archive, detail: StoryDetail) -> Iterator[Why]:
    """Yield for each article that came by another one why it did."""
    articles = {one.article.id: one for one in detail.articles}
    for one in detail.articles:
        nearest = None if one.nearest is None else articles.get(one.nearest) or archive.article(one.nearest)
        if nearest is not None and nearest.article.id != one.article.id:
            yield _why(archive, one, nearest)


def _why(archive: Archive, one: ArticleDetail, nearest: ArticleDetail) -> Why:
    passages = shared_passages(nearest.article.body, one.article.body)
    size = max(1, len(one.article.body.split()))
    terms: tuple[str, ...] = ()
    if one.relation not in COPIES:
        terms = _shared_terms(_recent_weights(archive), _wording(nearest), _wording(one))
    return Why(
        article=one.article.id,
        nearest=nearest.article.id,
        relation=one.relation,
        similarity=one.similarity,
        shared=min(1.0, sum(passage.words for passage in passages) / size),
        passages=passages[:PASSAGES],
        terms=terms,
    )


def _shared_terms(weights: Weights, one: Wording, other: Wording) -> tuple[str, ...]:
    """Return the strongest terms that two texts share, as the second one writes them: the rarest, else counted ones."""
    from mirqab.events import as_written, terms_of

    mine, theirs = (terms_of(text.headline, text.body) for text in (one, other))
    said = weights.weigh(theirs).weights
    headed = mine.headline & theirs.headline

    def strength(term: str) -> tuple[float, bool, bool, int, str]:
        return -said[term], " " not in term, term not in headed, -len(term), term

    strongest = sorted(mine.all & theirs.all, key=strength)[:_TERMS]
    written = as_written(strongest, f"{other.headline}\n{other.body}")
    return tuple(written[term] for term in strongest if term in written)


def _recent_weights(archive: Archive) -> Weights:
    """Return the weights by which events are told apart now; of no texts while there are none."""
    from mirqab.events import Weights
    from mirqab.intake.telling import WEIGHTS

    kept = archive.reports.weights(WEIGHTS)
    return Weights() if kept is None else _unpacked(*kept)


@lru_cache(maxsize=1)
def _unpacked(made_at: datetime, raw: bytes) -> Weights:
    """Read weights; a page that is opened again need not."""
    from mirqab.events import Weights

    return Weights.from_bytes(raw)


# -------------------------------------------------------------------------------------------- what was changed


def edited(archive: Archive, detail: StoryDetail) -> Iterator[Edited]:
    """Yield what each copy changed against its nearest, and each version against the one before, by article."""
    versions = archive.versions(one.article.id for one in detail.articles if one.versions)
    articles = {one.article.id: one for one in detail.articles}
    for one in detail.articles:
        yield from _between_versions(one, [version for version in versions if version.article == one.article.id])
        if one.relation not in COPIES or one.nearest in (None, one.article.id):
            continue
        nearest = articles.get(one.nearest or "") or archive.article(one.nearest or "")
        if nearest is not None:
            before = _wording_at(nearest, versions, one.article.fetched_at)
            yield Edited(
                article=one.article.id,
                against=nearest.article.id,
                version=None,
                at=one.article.fetched_at,
                changes=_changes(before, _wording(one)),
            )


def _wording_at(one: ArticleDetail, versions: Iterable[Version], at: datetime) -> Wording:
    """Return what an article said at a moment: what it says since is no change of those who had copied it."""
    for version in versions:
        if version.article == one.article.id and version.replaced_at > at:
            return Wording(headline=version.headline, body=version.body)
    return _wording(one)


def _between_versions(one: ArticleDetail, versions: Sequence[Version]) -> Iterator[Edited]:
    wordings = [Wording(headline=version.headline, body=version.body) for version in versions]
    for version, (before, after) in zip(versions, pairwise([*wordings, _wording(one)]), strict=True):
        yield Edited(
            article=one.article.id,
            against=one.article.id,
            version=version.number,
            at=version.replaced_at,
            changes=_changes(before, after),
        )


def _wording(one: ArticleDetail) -> Wording:
    return Wording(headline=one.article.headline, body=one.article.body)


@lru_cache(maxsize=256)
def _changes(before: Wording, after: Wording) -> Changes:
    """Compare two wordings; a page that is opened again need not."""
    return changes(before, after)


def names_of(agencies: Iterable[str], *, english: bool = False) -> Mapping[str, str]:
    """Return agency id → its name; an id that is known no more is its own name."""
    from mirqab.agencies import AGENCIES

    known = {one: AGENCIES.get(one) for one in agencies}
    return {one: one if agency is None else agency.name_en if english else agency.name for one, agency in known.items()}


# -------------------------------------------------------------------------------------------------- as JSON


def told_json(
    detail: StoryDetail, story: Told, reasons: Iterable[Why], changed: Iterable[Edited] | None
) -> dict[str, Any]:
    """Return how a story is told as plain JSON values (docs/stories.md); changes only when they are given."""
    names = names_of({agency for one in detail.articles for agency in one.article.agencies})
    found: dict[str, Any] = {
        "story": detail.id,
        "first_seen_at": detail.first_seen_at.isoformat(),
        "outlets": list(story.outlets),
        "independent_texts": len(story.texts),
        "first_agency": story.agency,
        "agencies": dict(names),
        "texts": [{"articles": list(text.articles), "agencies": list(text.agencies)} for text in story.texts],
        "carried": [_carrier_json(one) for one in story.carriers],
        "why": [_why_json(one) for one in reasons],
    }
    if changed is not None:
        found["changes"] = [
            {"article": one.article, "against": one.against, "version": one.version, "at": one.at.isoformat()}
            | changes_json(one.changes)
            for one in changed
        ]
    return found


def _carrier_json(one: Carrier) -> dict[str, Any]:
    told = {field.name: getattr(one, field.name) for field in fields(one)}
    return told | {
        "at": one.at.isoformat(),
        "seen_at": one.seen_at.isoformat(),
        "relation": one.relation.value,
        "text": one.text + 1,
        "agencies": list(one.agencies),
        "gone_at": None if one.gone_at is None else one.gone_at.isoformat(),
        "changed_at": None if one.changed_at is None else one.changed_at.isoformat(),
    }


def _why_json(one: Why) -> dict[str, Any]:
    passages = [
        {"text": passage.text, "words": passage.words, "nearest_span": list(passage.one), "span": list(passage.other)}
        for passage in one.passages
    ]
    return {
        "article": one.article,
        "nearest": one.nearest,
        "relation": one.relation.value,
        "similarity": one.similarity,
        "shared": round(one.shared, 4),
        "passages": passages,
        "terms": list(one.terms),
    }

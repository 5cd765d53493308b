"""Who carried a story, as its page shows it: in time, with what each outlet changed and why its text is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from mirqab.changes import Change, Kind, Op
from mirqab.reader import words
from mirqab.reader.plain import When, safe_link, when
from mirqab.reader.told import Carrier, Edited, Told, Why, edited, names_of, why
from mirqab.telling import COPIES
from mirqab.types import Relation

if TYPE_CHECKING:
    from mirqab.archive import Archive, StoryDetail

_ELSEWHERE: Final = "خبر آخر"


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """How many outlets carried a story and in how many independent texts, in words; the agency credited first."""

    outlets: str
    texts: str
    agency: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkedChange:
    """A sentence, or the headline, that changed: its pieces, each with what became of it: `ins`, `del` or nothing."""

    pieces: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """What a text changed: against whose, or when it was, where it replaced a former text of its own.

    `numbers` are (what it tells, what it was, what it is, of what); `counts` how many sentences became what; when
    `is_slight`, nothing of meaning changed.
    """

    against: str
    at: When | None
    headline: MarkedChange | None
    numbers: tuple[tuple[str, str, str, str], ...]
    counts: tuple[tuple[str, str], ...]
    sentences: tuple[MarkedChange, ...]
    is_slight: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """One outlet that carried the story. `text` is the number of the independent text that it carried."""

    outlet: str
    url: str | None
    at: When
    relation: str
    nearest: str | None
    similarity: str | None
    text: str
    is_first: bool
    agencies: tuple[str, ...]
    placed_by: str | None
    gone: When | None
    changed: When | None
    article: str
    passages: tuple[str, ...]
    terms: tuple[str, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldOf:
    """What is computed of a story besides who carried it: why its articles are together, and what was changed."""

    reasons: tuple[Why, ...]
    edited: tuple[Edited, ...]


def told_of(archive: Archive, detail: StoryDetail) -> ToldOf:
    """Return why a story's articles are together, and what each changed."""
    return ToldOf(reasons=tuple(why(archive, detail)), edited=tuple(edited(archive, detail)))


def summary(outlets: Sequence[str], texts: int, agency: str | None) -> Summary:
    """Return in words how a story was carried."""
    return Summary(
        outlets=words.carried_by(len(outlets)),
        texts=words.counted(texts, words.TEXTS),
        agency=None if agency is None else names_of([agency])[agency],
    )


def carried(
    detail: StoryDetail, story: Told, known: ToldOf, names: Mapping[str, str], now: datetime
) -> tuple[Carried, ...]:
    """Return who carried a story, in time; what an article changed stands with its own outlet."""
    outlets = {one.article.id: names.get(one.article.outlet, one.article.outlet) for one in detail.articles}
    reasons = {reason.article: reason for reason in known.reasons}
    found: list[Carried] = []
    for carrier in story.carriers:
        is_own = carrier.relation is not Relation.EXACT
        reason = reasons.get(carrier.article) if is_own else None
        differences = [one for one in known.edited if is_own and one.article == carrier.article]
        found.append(_carried(carrier, reason, differences, outlets, names, now))
    return tuple(found)


def _carried(
    carrier: Carrier,
    reason: Why | None,
    differences: Sequence[Edited],
    outlets: Mapping[str, str],
    names: Mapping[str, str],
    now: datetime,
) -> Carried:
    alike = None if carrier.relation is Relation.EXACT else carrier.similarity
    return Carried(
        outlet=names.get(carrier.outlet, carrier.outlet),
        url=safe_link(carrier.url),
        at=when(carrier.at, now),
        relation=_relation(carrier),
        nearest=None if carrier.nearest is None else outlets.get(carrier.nearest, _ELSEWHERE),
        similarity=None if alike is None else words.percent(alike),
        text=str(carrier.text + 1),
        is_first=carrier.is_first and carrier.relation in COPIES,
        agencies=tuple(names_of(carrier.agencies).values()),
        placed_by=carrier.placed_by,
        gone=None if carrier.gone_at is None else when(carrier.gone_at, now),
        changed=None if carrier.changed_at is None else when(carrier.changed_at, now),
        article=carrier.article,
        passages=() if reason is None else tuple(passage.text for passage in reason.passages),
        terms=() if reason is None else reason.terms,
        differences=tuple(_difference(one, outlets, now) for one in differences),
    )


def _relation(carrier: Carrier) -> str:
    if carrier.relation is Relation.NEW and not carrier.is_first:
        return words.SEEN_FIRST  # others had published it before
    return words.RELATIONS[carrier.relation]


def _difference(one: Edited, outlets: Mapping[str, str], now: datetime) -> Difference:
    found = one.changes
    numbers = ((words.FIGURES[each.figure], each.before, each.after, each.of) for each in found.numbers)
    return Difference(
        against=outlets.get(one.against, _ELSEWHERE),
        at=None if one.version is None else when(one.at, now),
        headline=None if found.headline is None else _marked(found.headline),
        numbers=tuple(dict.fromkeys(numbers)),  # the headline's stand in the text too
        counts=tuple((said, str(len(found.of(kind)))) for kind, said in words.CHANGED.items() if found.of(kind)),
        sentences=tuple(_marked(change) for change in found.sentences if change.kind is not Kind.SPELLED),
        is_slight=not found.is_material,
    )


_MARKS: Final[Mapping[Op | None, str]] = {Op.DELETED: "del", Op.INSERTED: "ins"}


def _marked(change: Change) -> MarkedChange:
    return MarkedChange(pieces=tuple((piece.text, _MARKS.get(piece.op, "")) for piece in change.pieces()))

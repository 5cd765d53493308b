"""How good grouping is: labelled groups and pairs of texts, and which of their pairs are joined."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from mirqab.errors import ConfigurationError, Mistake, UsageError
from mirqab.grouping import Grouped, Told
from mirqab.proportions import Share, share
from mirqab.types import Relation

FILES: Final = ("groups.jsonl", "different_pairs.jsonl")
DIFFERENT: Final = "different"
_OLDEST: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelledPair:
    """Two texts, by their ids, and what a person says that they are to each other.

    `relation` is the label's own word, DIFFERENT for two stories; `why` is the label's remark.
    """

    one: str
    other: str
    relation: str
    why: str = ""


@dataclass(slots=True)
class LabelledGroups:
    """Texts, each once, and the pairs that are labelled. Texts of two groups are not labelled as to each other."""

    texts: dict[str, Told] = field(default_factory=dict)
    pairs: list[LabelledPair] = field(default_factory=list)

    def in_order(self) -> list[Told]:
        """Return the texts in the order in which they were published, those without a time first."""
        return sorted(self.texts.values(), key=lambda told: told.published or _OLDEST)


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """A labelled pair that is in one story, with the titles of its texts and the way it was joined.

    `by` is the relation of the later text when the earlier one is its nearest, `through others` when others stand
    between the two.
    """

    pair: LabelledPair
    titles: tuple[str, str]
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupingFigures:
    """Shares of pairs: joined, by label; right, by how they were joined; and all pairs that should not be together."""

    recall: Mapping[str, Share]
    precision: Mapping[str, Share]
    false_merges: tuple[Joined, ...]
    missed: tuple[LabelledPair, ...]


ALL: Final = "all"
THROUGH: Final = "through others"


def read_labelled_groups(place: Path) -> LabelledGroups:
    """Read a file of groups or of pairs, or a folder with `groups.jsonl` and `different_pairs.jsonl`.

    A line is `{group_id, relation, docs: […]}` or `{pair_id, same_story, a, b, why?}`, a text
    `{doc_id, title, text, source?, date? or provenance.date?}`. Raises UsageError for a place without any,
    ConfigurationError with every mistake in the lines.
    """
    paths = [path for name in FILES if (path := place / name).is_file()] if place.is_dir() else [place]
    if not paths:
        raise UsageError(f"{place} holds neither of {', '.join(FILES)} (see docs/grouping.md).")
    found = LabelledGroups()
    mistakes: list[Mistake] = []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else f"it is not UTF-8, byte {error.start}"
            raise UsageError(f"{path} cannot be read ({why}).") from None
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    _take(json.loads(line), found)
                except (ValueError, RecursionError) as error:
                    mistakes.append(Mistake(file=str(path), line=number, key="", expected=str(error)))
    if mistakes:
        raise ConfigurationError(mistakes)
    if not found.pairs:
        raise UsageError(f"{place} holds no labelled pairs.")
    return found


def _take(row: Any, found: LabelledGroups) -> None:
    """Add one line; ValueError says what is wrong with it."""
    match row:
        case {"group_id": _, "relation": str(relation), "docs": [_, _, *_] as docs}:
            ids = [_text(doc, found) for doc in docs]
            found.pairs += (
                LabelledPair(one=one, other=other, relation=relation) for one, other in combinations(ids, 2)
            )
        case {"pair_id": _, "same_story": bool(same), "a": one, "b": other}:
            relation = "same_story" if same else DIFFERENT
            ids = [_text(one, found), _text(other, found)]
            found.pairs.append(LabelledPair(one=ids[0], other=ids[1], relation=relation, why=str(row.get("why") or "")))
        case _:
            raise ValueError(
                "expected {group_id, relation, docs} with two texts at least, or {pair_id, same_story, a, b}"
            )


def _text(doc: Any, found: LabelledGroups) -> str:
    match doc:
        case {"doc_id": str(identity), "title": str() | None as title, "text": str() | None as body}:
            provenance = doc.get("provenance")
            date = doc.get("date") or (provenance.get("date") if isinstance(provenance, dict) else None)
            found.texts.setdefault(
                identity,
                Told(
                    id=identity,
                    headline=title or "",
                    body=body or "",
                    outlet=doc.get("source") or None,
                    published=_moment(date),
                ),
            )
            return identity
    raise ValueError("expected each text as {doc_id, title, text, source?, date?}")


def _moment(raw: object) -> datetime | None:
    """Return a time; what is none leaves the text without one, as in a pipe a text may be."""
    try:
        at = datetime.fromisoformat(str(raw))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def score_grouping(labelled: LabelledGroups, grouped: Iterable[Grouped]) -> GroupingFigures:
    """Hold where each text was placed against the labels."""
    placed = {str(one.id): one for one in grouped}
    joined = [_joined(pair, placed, labelled) for pair in labelled.pairs]
    together = [one for one in joined if one is not None]
    right = [one for one in together if one.pair.relation != DIFFERENT]
    recalled = Counter(one.pair.relation for one in right)
    labels = Counter(pair.relation for pair in labelled.pairs if pair.relation != DIFFERENT)
    ways, right_ways = (Counter([*(one.by for one in some), *(ALL for _ in some)]) for some in (together, right))
    return GroupingFigures(
        recall={name: share(recalled[name], labels[name]) for name in sorted(labels)},
        precision={name: share(right_ways[name], ways[name]) for name in (*Relation, THROUGH, ALL) if ways[name]},
        false_merges=tuple(one for one in together if one.pair.relation == DIFFERENT),
        missed=tuple(
            pair for pair, one in zip(labelled.pairs, joined, strict=True) if one is None and pair.relation != DIFFERENT
        ),
    )


def _joined(pair: LabelledPair, placed: Mapping[str, Grouped], labelled: LabelledGroups) -> Joined | None:
    one, other = placed[pair.one], placed[pair.other]
    if one.story != other.story:
        return None
    by = next((a.relation for a, b in ((one, other), (other, one)) if a.nearest == b.id), THROUGH)
    titles = tuple(_title(labelled.texts[name]) for name in (pair.one, pair.other))
    return Joined(pair=pair, titles=(titles[0], titles[1]), by=str(by))


def _title(told: Told) -> str:
    """Return what a person knows a text by: posts have no headline."""
    return told.headline or " ".join(told.body.split()[:12])

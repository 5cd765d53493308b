"""Grouping: which of the texts before it a text is a copy of, and so which story it belongs to.

Bands in Redis give candidates, their signatures leave a few, the texts themselves decide. `nearest` is that decision
and knows neither Redis nor where texts are kept; `Grouping` does it for a stream of texts that it keeps on a `Shelf`.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Final, Self

from mirqab.copies import LEAST_SIMILARITY, SIGNATURE_BYTES, Text, bands, compare, signature, similarity
from mirqab.errors import SeenError
from mirqab.fingerprints import fingerprint
from mirqab.seen import WINDOW_DAYS, Banded, Bands
from mirqab.types import Relation

Identity = str | int | float

_DIGITS: Final = 4  # of a similarity that is told


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A text as its outlet tells it. `published` is aware, in UTC."""

    id: Identity
    headline: str
    body: str
    outlet: str | None = None
    published: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A text that was placed before, with its story and the day that it counts as of."""

    told: Told
    story: Identity
    day: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Kinship:
    """What a text is to the text before it that is nearest to it: EXACT, NEAR or UPDATE."""

    relation: Relation
    kept: Kept
    similarity: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Grouped:
    """Where a text belongs: `story` is the id of the story's first text, `nearest` that of the text it was tied by."""

    id: Identity
    story: Identity
    relation: Relation
    nearest: Identity | None = None
    similarity: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """What is computed of a text before anything is looked up."""

    signature: bytes
    bands: tuple[bytes, ...]


def prepare(told: Told) -> Prepared:
    """Return the signature and the bands of a text. Pure, for a worker process too."""
    made = signature(told.headline, told.body)
    return Prepared(signature=made, bands=bands(told.headline, told.body, made))


def nearest(told: Told, candidates: Iterable[Kept]) -> Kinship | None:
    """Return the candidate of which a text is a copy, and how; None when it is a copy of none.

    An exact copy goes before any other, an update (a near copy of an article of the same outlet, and not earlier than
    it) before a near copy of another outlet's, then the one that shares most.
    """
    made = Text(told.headline, told.body)
    print_ = fingerprint(told.headline, told.body)
    best: Kinship | None = None
    for kept in candidates:
        other = kept.told
        comparison = compare(made, Text(other.headline, other.body))
        if (comparison.jaccard == 1 or not made.shingles) and print_ == fingerprint(other.headline, other.body):
            return Kinship(relation=Relation.EXACT, kept=kept, similarity=1.0)
        if comparison.is_copy:
            found = Kinship(relation=_near_or_update(told, other), kept=kept, similarity=comparison.jaccard)
            best = found if best is None or _rank(found) > _rank(best) else best
    return best


def _rank(found: Kinship) -> tuple[bool, float]:
    return found.relation is Relation.UPDATE, found.similarity


def _near_or_update(told: Told, before: Told) -> Relation:
    if not told.outlet or told.outlet != before.outlet:
        return Relation.NEAR
    if told.published is not None and before.published is not None and told.published < before.published:
        return Relation.NEAR
    return Relation.UPDATE


class Shelf:
    """Texts in a file without a name, which is gone when this process is. An article is named by where it lies."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="mirqab-")  # noqa: SIM115 - closed by __exit__
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def put(self, kept: Kept, made: bytes) -> str:
        """Keep a text with its signature; returns its name, made like the id of an article."""
        told = kept.told
        published = None if told.published is None else told.published.isoformat()
        fields = [told.id, told.headline, told.body, told.outlet, published, kept.story, kept.day.isoformat()]
        text = json.dumps(fields, ensure_ascii=False).encode("utf-8", "surrogatepass")
        record = _HEAD.pack(len(text), made) + text
        name = f"a{self._end:015x}"
        _write(self._file.fileno(), record, self._end)
        self._end += len(record)
        return name

    def signature(self, name: str) -> bytes:
        """Return the signature of a kept text, empty where it has none."""
        return self._head(name)[1]

    def get(self, name: str) -> Kept:
        """Return a kept text."""
        place = int(name[1:], 16)
        text = os.pread(self._file.fileno(), self._head(name)[0], place + _HEAD.size)
        identity, headline, body, outlet, published, story, day = json.loads(text.decode("utf-8", "surrogatepass"))
        at = None if published is None else datetime.fromisoformat(published)
        told = Told(id=identity, headline=headline, body=body, outlet=outlet, published=at)
        return Kept(told=told, story=story, day=date.fromisoformat(day))

    def _head(self, name: str) -> tuple[int, bytes]:
        size, made = _HEAD.unpack(os.pread(self._file.fileno(), _HEAD.size, int(name[1:], 16)))
        return size, made if any(made) else b""


_HEAD: Final = struct.Struct(f"<I{SIGNATURE_BYTES}s")


def _write(file: int, record: bytes, at: int) -> None:
    """Write the whole record: one call may write less, on a disk that is filling up."""
    done = 0
    while done < len(record):
        done += os.pwrite(file, record[done:], at + done)


class Grouping:
    """Places texts one after another, with their bands in Redis.

    A text belongs to the story of the text that it is nearest to, when the two are of days at most `window_days` apart.
    A text without a time counts as of the day of the one before it, the first one as of today. Two stories are never
    joined later.
    """

    def __init__(self, bands: Bands, shelf: Shelf, *, window_days: int = WINDOW_DAYS) -> None:
        self._bands = bands
        self._shelf = shelf
        self._window_days = window_days
        self._day = datetime.now(UTC).date()

    async def place(self, told: Told, prepared: Prepared | None = None) -> Grouped:
        """Return where a text belongs, and keep it for those that come; SeenError when Redis is away."""
        prepared = prepared or prepare(told)
        if told.published is not None:
            self._day = told.published.astimezone(UTC).date()
        banded = Banded(bands=prepared.bands, day=self._day)
        found = await self._bands.find([banded])
        if found is None:
            raise SeenError("Redis does not answer; without it copies are not found")
        kinship = self._nearest(told, prepared.signature, found[0])
        story = told.id if kinship is None else kinship.kept.story
        name = self._shelf.put(Kept(told=told, story=story, day=self._day), prepared.signature)
        if await self._bands.remember([(name, banded)]) != 1:
            raise SeenError("Redis did not take the bands of a text; without them later copies are not found")
        if kinship is None:
            return Grouped(id=told.id, story=story, relation=Relation.NEW)
        return Grouped(
            id=told.id,
            story=story,
            relation=kinship.relation,
            nearest=kinship.kept.told.id,
            similarity=round(kinship.similarity, _DIGITS),
        )

    def _nearest(self, told: Told, made: bytes, found: Iterable[str]) -> Kinship | None:
        # in the order of their names, which is that of their coming: of two that are as near, the first one counts
        close = [name for name in sorted(found) if self._is_worth_reading(made, name)]
        candidates = (self._shelf.get(name) for name in close)
        within = [kept for kept in candidates if abs((kept.day - self._day).days) <= self._window_days]
        return nearest(told, within) if within else None

    def _is_worth_reading(self, made: bytes, name: str) -> bool:
        other = self._shelf.signature(name)
        return made == other == b"" or similarity(made, other) >= LEAST_SIMILARITY

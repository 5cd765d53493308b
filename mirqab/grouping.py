"""Grouping: which of the texts before it a text belongs to, and so which story.

Copies: bands in Redis give candidates, their signatures leave a few, the texts themselves decide. `nearest` is that
decision and knows neither Redis nor where texts are kept. A text that is a copy of none may tell of the same event as
an earlier one (`mirqab.events`): `Reports` finds those by the rare terms that they share. `Grouping` does both for a
stream of texts that it keeps on a `Shelf`.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import TracebackType
from typing import Final, Self

from mirqab.copies import BAND_BYTES, SIGNATURE_BYTES, Text, bands, compare, signature, worth_comparing
from mirqab.errors import SeenError
from mirqab.events import WINDOW, Joining, Report, Terms, Weighed, Weights, join, terms_of
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
    return Prepared(signature=made, bands=bands(made) or (_short_band(told),))


def _short_band(told: Told) -> bytes:
    """Return the only band of a text too short for a signature; its exact copies share it."""
    return bytes.fromhex(fingerprint(told.headline, told.body)[: 2 * BAND_BYTES - 2]) + _FINGERPRINT


_FINGERPRINT: Final = b"\xff"  # ends a band that is a fingerprint; no band of a signature has that number


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


class Reports:
    """The texts so far that are no copies, by their heaviest terms and days: which of them tell of the same event?

    In memory lie of each text the places of its terms and its name on the shelf, where it is read again to be compared.
    `counted` of the texts to come are in the weights already. No more than `limit` texts are known: those of the days
    farthest from the last text's go first.
    """

    def __init__(
        self, shelf: Shelf, weights: Weights, *, counted: int = 0, window: timedelta = WINDOW, limit: int = 100_000
    ) -> None:
        self._shelf = shelf
        self._window = window
        self._weights = weights
        self._counted = counted
        self._limit = limit
        self._days: dict[date, dict[str, list[str]]] = {}  # day → term → names
        self._sizes: Counter[date] = Counter()
        self._stories: dict[Identity, list[tuple[date, str]]] = {}  # story → days and names, the first text first
        self._placed: dict[str, tuple[Identity, str | None]] = {}  # name → story and outlet

    def join(self, told: Told, terms: Terms, day: date) -> Joining[Identity, Identity] | None:
        """Return the story whose event a text tells, as `mirqab.events.join` decides."""
        if not told.outlet:
            return None
        weighed = self._weights.weigh(terms)
        placed = (self._placed[name] for name in self._candidates(weighed, day))
        # an outlet's own texts are not asked: not read again, either, for those of one form are many
        stories = {story for story, outlet in placed if outlet not in (None, told.outlet)}
        return join(_report(told, weighed, day), {story: self._texts(story) for story in stories}, window=self._window)

    def count(self, terms: Terms) -> None:
        """Count a text into the weights, unless it is among those that were counted before."""
        if self._counted:
            self._counted -= 1
        else:
            self._weights.add(terms)

    def add(self, name: str, kept: Kept, terms: Terms) -> None:
        """Take in a text of the shelf that is no copy, whatever its story."""
        heaviest = _heaviest(self._weights.weigh(terms))
        if not heaviest:
            return
        self._stories.setdefault(kept.story, []).append((kept.day, name))
        self._placed[name] = kept.story, kept.told.outlet
        day = self._days.setdefault(kept.day, {})
        for term in heaviest:
            day.setdefault(term, []).append(name)
        self._sizes[kept.day] += 1
        while self._sizes.total() > self._limit and len(self._days) > 1:
            self._forget(max(self._days, key=lambda other: abs(other - kept.day)))

    def _candidates(self, weighed: Weighed, day: date) -> list[str]:
        # counted in ordinals: the calendar ends where a text may well claim to be of the year 1 or 9999
        first, last = day.toordinal() - self._window.days, day.toordinal() + self._window.days
        days = map(date.fromordinal, range(max(first, 1), min(last, date.max.toordinal()) + 1))
        near = [self._days.get(one, {}) for one in days]
        shared = Counter(
            name for term in _heaviest(weighed) for held in near if (names := held.get(term)) for name in names
        )
        return [name for name, count in shared.items() if count >= _LEAST_SHARED]

    def _texts(self, story: Identity) -> Sequence[Report[Identity]]:
        kept = [self._shelf.get(name) for _, name in self._stories[story]]
        return [
            _report(one.told, self._weights.weigh(terms_of(one.told.headline, one.told.body)), one.day) for one in kept
        ]

    def _forget(self, day: date) -> None:
        for name in {name for names in self._days[day].values() for name in names}:
            del self._placed[name]
        del self._days[day], self._sizes[day]
        for story, texts in list(self._stories.items()):
            # a story's first text stays for as long as the story: it is asked whether it agrees
            left = [text for place, text in enumerate(texts) if not place or text[0] in self._days]
            if len(left) == 1 and left[0][0] not in self._days:
                del self._stories[story]
            else:
                self._stories[story] = left


_INDEXED: Final = 40
"""Terms of a text by which it is found. docs/events.md says how many pairs that misses."""

_LEAST_SHARED: Final = 3


def _heaviest(weighed: Weighed) -> list[str]:
    return sorted(weighed.weights, key=lambda term: (-weighed.weights[term], term))[:_INDEXED]


def _report(told: Told, weighed: Weighed, day: date) -> Report[Identity]:
    published = told.published or datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Report(name=told.id, weighed=weighed, outlet=told.outlet, published=published)


class Grouping:
    """Places texts one after another, with their bands in Redis.

    A text belongs to the story of the text that it is nearest to, when the two are of days at most `window_days` apart.
    A text without a time counts as of the day of the one before it, the first one as of today. Two stories are never
    joined later. With `weights` a text that is a copy of none is joined to one that tells of the same event, and every
    text is counted into them, but for the first ones: so many of them, `counted`, are in the weights already.
    """

    def __init__(
        self,
        bands: Bands,
        shelf: Shelf,
        *,
        window_days: int = WINDOW_DAYS,
        weights: Weights | None = None,
        counted: int = 0,
    ) -> None:
        self._bands = bands
        window = min(WINDOW, timedelta(days=window_days))
        self._reports = None if weights is None else Reports(shelf, weights, counted=counted, window=window)
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
        joining = terms = None
        if self._reports is not None:
            terms = terms_of(told.headline, told.body)
            joining = None if kinship else self._reports.join(told, terms, self._day)
            self._reports.count(terms)
        placed = _placed(told, kinship, joining)
        kept = Kept(told=told, story=placed.story, day=self._day)
        name = self._shelf.put(kept, prepared.signature)
        if await self._bands.remember([(name, banded)]) != 1:
            raise SeenError("Redis did not take the bands of a text; without them later copies are not found")
        if self._reports is not None and terms is not None and kinship is None:
            self._reports.add(name, kept, terms)
        return placed

    def _nearest(self, told: Told, made: bytes, found: Iterable[str]) -> Kinship | None:
        # in the order of their names, which is that of their coming: of two that are as near, the first one counts
        close = [name for name in sorted(found) if worth_comparing(made, self._shelf.signature(name))]
        candidates = (self._shelf.get(name) for name in close)
        within = [kept for kept in candidates if abs((kept.day - self._day).days) <= self._window_days]
        return nearest(told, within) if within else None


def _placed(told: Told, kinship: Kinship | None, joining: Joining[Identity, Identity] | None) -> Grouped:
    if kinship is not None:
        return Grouped(
            id=told.id,
            story=kinship.kept.story,
            relation=kinship.relation,
            nearest=kinship.kept.told.id,
            similarity=round(kinship.similarity, _DIGITS),
        )
    if joining is not None:
        return Grouped(
            id=told.id,
            story=joining.story,
            relation=Relation.SAME_EVENT,
            nearest=joining.nearest.name,
            similarity=round(joining.likeness.score, _DIGITS),
        )
    return Grouped(id=told.id, story=told.id, relation=Relation.NEW)

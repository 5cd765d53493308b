"""Which texts are joined because they tell of one event, how sure that is, and what it costs.

    python -m benchmarks.events [labelled] [topic] [forms] [few] [stream] [sweep] [window] [cost] [flagged]
                                [--shared PATH]

`labelled`: the pairs of two texts that were read (tests/grouping/event_pairs.md) and those of the labelled groups, by
label; `topic`: every pair of the labelled stories that have the topic's words, whatever their days and outlets;
`forms`: every pair of the stream within the window that would be one event if each text had an outlet of its
own; `few`: the same labelled pairs when terms are counted in 0 to 10,000 texts; `stream`: every text of the stream is
placed, and what is joined is printed; `sweep`: each threshold moved by itself; `window`: the hours that may lie between
two texts; `cost`: CPU and bytes; `flagged`: what it costs a flagged article on its way into the archive that its event
is looked for. Without a name: labelled and cost. Exits with 1 when two texts are joined that are not of one event, or a
cost is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import random
import re
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path

from benchmarks import storing
from benchmarks._measuring import SHARED
from benchmarks.grouping import private_bands
from mirqab import events
from mirqab.archive import Archive
from mirqab.copies import Text, compare
from mirqab.events import Likeness, Report, Terms, Weights, alike, join, terms_of
from mirqab.events import likeness as deciding
from mirqab.grouping import _LEAST_SHARED as LEAST_SHARED
from mirqab.grouping import Grouping, Shelf, Told, _heaviest
from mirqab.intake.telling import WEIGHTS, Telling
from mirqab.stories import place as place_of
from mirqab.types import Grade, Relation, Verdict, Worked

PAIRS = Path(__file__).resolve().parent.parent / "tests" / "grouping" / "event_pairs.jsonl"
TARGET_PAIR_US, TARGET_TERMS_MS = 50, 1.0
FLAGGED = 80
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Read:
    """A text with its terms; `group` is the labelled group that it is of, empty for none."""

    told: Told
    terms: Terms
    group: str


class Texts:
    """The stream, the labelled stories and the labelled groups, each text once; weights are of the first two."""

    def __init__(self, shared: Path) -> None:
        self.by_id: dict[str, Read] = {}
        for row in _rows(shared / "stream" / "stream.jsonl.gz"):
            self._add(row["id"], row, row["outlet"], row.get("date"))
        self.stream = list(self.by_id.values())
        self.topical: list[Read] = []
        for row in _rows(shared / "labelled" / "dev.jsonl"):
            self._add(row["id"], row, row["source"], _day_of_file(row["provenance"]))
            if row["label"] != "easy_negative":
                self.topical.append(self.by_id[row["id"]])
        self.recent = [read.terms for read in self.by_id.values()]
        for group in _rows(shared / "dups" / "groups.jsonl"):
            for doc in group["docs"]:
                date = (doc.get("provenance") or {}).get("date")
                self._add(doc["doc_id"], doc, doc["source"], date, group=group["group_id"])
        self.weights = Weights.of(self.recent)

    def _add(self, identity: str, row: dict, outlet: str, date: str | None, *, group: str = "") -> None:  # type: ignore[type-arg]
        headline, body = row["title"] or "", row["text"] or ""
        known = self.by_id.get(identity)
        told = (
            known.told
            if known
            else Told(id=identity, headline=headline, body=body, outlet=outlet, published=_moment(date))
        )
        self.by_id[identity] = Read(told, known.terms if known else terms_of(headline, body), group)

    def labelled(self) -> Iterator[tuple[str, Read, Read]]:
        """Yield the pairs that were read and those of the groups that are no copies, with their labels."""
        for row in _rows(PAIRS):
            yield row["label"], self.by_id[row["one"]], self.by_id[row["other"]]
        groups: dict[str, list[Read]] = defaultdict(list)
        for read in self.by_id.values():
            if read.group:
                groups[read.group].append(read)
        for some in groups.values():
            for one, other in combinations(some, 2):
                if one.told.outlet != other.told.outlet and not _is_copy(one, other):
                    yield "group", one, other


def _rows(path: Path) -> Iterator[dict]:  # type: ignore[type-arg]
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _day_of_file(provenance: dict | None) -> str | None:  # type: ignore[type-arg]
    found = re.match(r"\d{4}-\d\d-\d\d(?=\.zip)", str((provenance or {}).get("path") or ""))
    return found.group() if found else None


def _moment(raw: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat((raw or "")[:10]).replace(tzinfo=UTC)
    except ValueError:
        return None


def _is_copy(one: Read, other: Read) -> bool:
    first, second = one.told, other.told
    return compare(Text(first.headline, first.body), Text(second.headline, second.body)).is_copy


def likeness(one: Read, other: Read, weights: Weights) -> Likeness:
    """Return how much of one event two texts tell."""
    return alike(weights.weigh(one.terms), weights.weigh(other.terms))


def _said(read: Read) -> str:
    return (read.told.headline or read.told.body)[:70].replace("\n", " ")


# ----------------------------------------------------------------------------------------------- labelled


def measure_labelled(texts: Texts) -> bool:
    """Print how many labelled pairs are of one event, and those that should not be."""
    joined: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    wrong = indexed = 0
    for label, one, other in texts.labelled():
        found = likeness(one, other, texts.weights)
        whole[label] += 1
        joined[label] += found.is_same_event
        if found.is_same_event:
            heaviest = [set(_heaviest(texts.weights.weigh(read.terms))) for read in (one, other)]
            indexed += len(heaviest[0] & heaviest[1]) >= LEAST_SHARED
            # of one outlet they are not asked
            if label == "different":
                apart = one.told.outlet == other.told.outlet
                wrong += not apart
                print(f"  {'one outlet' if apart else 'WRONG'}: {found.score:.2f} {_said(one)} | {_said(other)}")
    for label in whole:
        print(f"{label:>10}: {joined[label]} of {whole[label]} pairs are one event")
    print(f"the index finds {indexed} of {joined.total()}")
    return not wrong


def measure_topic(texts: Texts) -> bool:
    """Print the pairs of one event among stories on one topic, which share its words and its actors."""
    weighed = [texts.weights.weigh(read.terms) for read in texts.topical]
    joined = copies = whole = 0
    for one, other in combinations(range(len(weighed)), 2):
        whole += 1
        how = alike(weighed[one], weighed[other])
        if how.is_same_event:
            copied = _is_copy(texts.topical[one], texts.topical[other])
            joined, copies = joined + 1, copies + copied
            if not copied:
                print(f"  {how.score:.2f} {_said(texts.topical[one])} | {_said(texts.topical[other])}")
    print(f"{whole} pairs of {len(weighed)} stories: {joined} are one event, {copies} of them copies")
    return True


def measure_few(texts: Texts) -> bool:
    """Print what the labelled pairs are when terms are counted in few texts."""
    pairs = list(texts.labelled())
    well = True
    print(f"{'counted in':>10}  same  group  different  highest score of a different pair that nothing forbids")
    for size in (0, 50, 100, 200, 500, 1000, 3000, 10_000):
        weights = Weights.of(random.Random(size).sample(texts.recent, size))
        found = [(label, likeness(one, other, weights), one, other) for label, one, other in pairs]
        count = Counter(label for label, how, _, _ in found if how.is_same_event)
        across = [
            how for label, how, one, other in found if label == "different" and one.told.outlet != other.told.outlet
        ]
        free = [how.score for how in across if not how.against and how.evidence >= deciding.EVIDENCE]
        well &= not any(how.is_same_event for how in across)
        print(f"{size:>10}  {count['same']:>4}  {count['group']:>5}  {sum(how.is_same_event for how in across):>9}  "
              f"{max(free, default=0):.2f}")  # fmt: skip
    return well


# ------------------------------------------------------------------------------------------------- stream


def measure_forms(texts: Texts) -> bool:
    """Print the pairs that would be one event if every text were of an outlet of its own: forms, mostly."""
    found = 0
    for one, other in _near_pairs(texts):
        how = likeness(one, other, texts.weights)
        if how.is_same_event and not _is_copy(one, other):
            found += 1
            mark = " " if one.told.outlet == other.told.outlet else "X"
            print(f"{mark} {how.score:.2f} {one.told.id} {other.told.id} {_said(one)} | {_said(other)}")
    print(f"{found} pairs; X: of two outlets")
    return True


def _near_pairs(texts: Texts, window: timedelta = events.WINDOW) -> Iterator[tuple[Read, Read]]:
    """Yield the pairs within the window that share five terms that at most one text in fifty has."""
    held: dict[str, list[int]] = defaultdict(list)
    order = sorted((read for read in texts.stream if read.told.published), key=lambda read: read.told.published or NOON)
    for place, read in enumerate(order):
        shared: Counter[int] = Counter()
        for term, weight in texts.weights.weigh(read.terms).weights.items():
            if weight < 4:
                continue
            for earlier in reversed(held[term]):
                if (read.told.published or NOON) - (order[earlier].told.published or NOON) > window:
                    break
                shared[earlier] += 1
            held[term].append(place)
        yield from ((order[earlier], read) for earlier, count in shared.items() if count >= 5)


async def measure_stream(texts: Texts) -> bool:
    """Place the stream, and print what is joined because it tells of one event."""
    relations: Counter[str] = Counter()
    weights = Weights.of(read.terms for read in texts.stream)
    async with private_bands() as bands:
        with Shelf() as shelf:
            grouping = Grouping(bands, shelf, weights=weights, counted=len(texts.stream))
            for read in texts.stream:
                found = await grouping.place(read.told)
                relations[found.relation] += 1
                if found.relation is Relation.SAME_EVENT:
                    print(f"  {found.similarity:.2f} {_said(read)} | {_said(texts.by_id[str(found.nearest)])}")
    print(f"{len(texts.stream)} texts: {dict(relations)}")
    return True


# -------------------------------------------------------------------------------------------------- sweep

SWEPT = {
    "EVIDENCE": (40.0, 60.0, 75.0, 100.0),
    "SCORE": (0.25, 0.3, 0.36, 0.42, 0.5),
    "SCORE_COUNTED": (0.2, 0.28, 0.36),
    "COUNTED": (5.0, 8.0, 12.0),
    "AGAINST": (0.0, 0.1, 0.2, 0.3),
    "TOLD": (0.0, 0.4, 0.55, 0.7),
    "OPENING_TOLD": (0.0, 0.2, 0.3, 0.4),
    "FORM_FIGURES": (2, 3, 99),
}


def sweep(texts: Texts) -> bool:
    """Move each threshold by itself, and count the pairs that are one event then, and the different ones by kind."""
    pairs = [
        (label if label != "different" or one.told.outlet != other.told.outlet else "form",
         texts.weights.weigh(one.terms), texts.weights.weigh(other.terms))
        for label, one, other in texts.labelled()
    ]  # fmt: skip
    stream = [
        (texts.weights.weigh(one.terms), texts.weights.weigh(other.terms))
        for one, other in _near_pairs(texts)
        if likeness(one, other, texts.weights).score >= 0.2 and not _is_copy(one, other)
    ]
    print("constant: joined of same (13), group (50), different (50), forms (83); stream as if each its outlet")

    def counted() -> str:
        count = Counter(label for label, one, other in pairs if alike(one, other).is_same_event)
        named = [count[label] for label in ("same", "group", "different", "form")]
        return ", ".join(map(str, [*named, sum(alike(one, other).is_same_event for one, other in stream)]))

    for name, values in SWEPT.items():
        chosen = getattr(deciding, name)
        for value in values:
            setattr(deciding, name, value)
            print(f"{name:<14} {value:>6} {'*' if value == chosen else ' '} {counted()}")
        setattr(deciding, name, chosen)
    forbidding = deciding._FORBIDDING
    for one in sorted(forbidding):
        deciding._FORBIDDING = forbidding - {one}  # type: ignore[misc]
        print(f"without {one:<14} {counted()}")
    deciding._FORBIDDING = forbidding  # type: ignore[misc]
    return True


WINDOWS_H = (24, 48, 72, 96, 168, 336)


def sweep_window(texts: Texts) -> bool:
    """Print how many pairs are one event within so many hours, those without a day counting as of one day."""

    def apart(one: Read, other: Read) -> timedelta:
        days = one.told.published, other.told.published
        return abs(days[0] - days[1]) if days[0] and days[1] else timedelta()

    pairs = [
        (label if label != "different" or one.told.outlet != other.told.outlet else "form", apart(one, other))
        for label, one, other in texts.labelled()
        if likeness(one, other, texts.weights).is_same_event
    ]
    stream = [
        ("stream", apart(one, other))
        for one, other in _near_pairs(texts, timedelta(hours=WINDOWS_H[-1]))
        if likeness(one, other, texts.weights).is_same_event and not _is_copy(one, other)
    ]
    labels = ("same", "group", "different", "form", "stream")
    print("hours: joined of same (13), group (50), different (50), forms (83); stream as if each its outlet")
    for hours in WINDOWS_H:
        count = Counter(label for label, distance in (*pairs, *stream) if distance <= timedelta(hours=hours))
        print(f"{hours:>5}: " + ", ".join(str(count[label]) for label in labels))
    return True


# --------------------------------------------------------------------------------------------------- cost


def measure_cost(texts: Texts) -> bool:
    """Print what a text, a pair and an article among many cost."""
    whole = [read for read in texts.by_id.values() if len(read.told.body.split()) >= 150][:500]
    weighed = [texts.weights.weigh(read.terms) for read in whole]
    terms_us = _least_us(lambda: [terms_of(read.told.headline, read.told.body) for read in whole], len(whole))
    weigh_us = _least_us(lambda: [texts.weights.weigh(read.terms) for read in whole], len(whole))
    some = weighed[:50]
    pair_us = _least_us(lambda: [alike(one, other) for one in some for other in weighed[100:200]], len(some) * 100)
    twin_us = _least_us(lambda: [alike(one, one) for one in some], len(some))
    reports = [
        Report(name=place, weighed=one, outlet=str(place), published=NOON + timedelta(minutes=place))
        for place, one in enumerate(weighed[:300])
    ]
    stories = {report.name: [report] for report in reports}
    arriving = Report(name=-1, weighed=weighed[400], outlet="new", published=NOON)
    join_ms = _least_us(lambda: join(arriving, stories), 1) / 1000
    raw = texts.weights.to_bytes()
    read_ms = _least_us(lambda: Weights.from_bytes(raw), 1) / 1000
    size = sum(len(one.weights) for one in weighed) / len(weighed)
    print(f"{len(whole)} stories of {size:.0f} terms: terms {terms_us:.0f} µs, weighing {weigh_us:.0f} µs a text")
    print(f"a pair {pair_us:.1f} µs, of twins {twin_us:.1f} µs; an article among 300 {join_ms:.2f} ms")
    print(f"weights of {texts.weights.texts} texts: {len(raw) / 1000:.0f} kB, read in {read_ms:.1f} ms")
    return max(pair_us, twin_us) <= TARGET_PAIR_US and terms_us <= 1000 * TARGET_TERMS_MS


def measure_flagged(texts: Texts) -> bool:
    """Print what looking for its event adds to a flagged article, among some and among many flagged stories."""
    reads = texts.topical
    for stored in (30, 300):
        with tempfile.TemporaryDirectory(prefix="mirqab-") as folder:
            archive = Archive.open(f"sqlite:///{folder}/archive.sqlite3")
            archive.reports.keep_weights(WEIGHTS, texts.weights.to_bytes(), texts=texts.weights.texts)
            run = archive.start_run("bench", topics=[])
            entries = storing.admit(archive, run, stored + 2 * FLAGGED)
            telling = Telling(archive)
            costs: dict[bool, list[float]] = {True: [], False: []}
            for place, read in enumerate(reads[: stored + 2 * FLAGGED]):
                is_asked = place < stored or place % 2 == 0
                page = _flagged(storing.page_of(entries[storing.url_of(place)], place, _text(read)), place)
                before = time.process_time()
                if is_asked:
                    telling.get_ready(page)
                told = telling.same_event if is_asked else None
                archive.store(run, page, place=place_of, same_event=told)
                if place >= stored:
                    costs[is_asked].append(time.process_time() - before)
            archive.close()
        asked, not_asked = (1000 * statistics.median(costs[which]) for which in (True, False))
        print(
            f"{stored} to {stored + 2 * FLAGGED} flagged stories of these days: {asked:.2f} ms a flagged article, "
            f"{not_asked:.2f} ms when its event is not looked for; {asked - not_asked:.2f} ms more"
        )
    return True


def _text(read: Read) -> tuple[str, str]:
    return read.told.headline or "خبر", read.told.body


def _flagged(page: Worked, place: int) -> Worked:
    """Return a page as if an outlet of its own had published it, and a topic flagged it for one theatre."""
    verdict = Verdict(
        topic="bench",
        version="1",
        flagged=True,
        score=7.0,
        threshold=5.0,
        grade=Grade.MAIN,
        sum=(),
        sentences=(),
        facets={"theatre": ("العراق",)},
        missing=(),
    )
    assert page.article is not None
    outlet = f"bench{place}"
    return replace(
        page, outlet=outlet, article=replace(page.article, outlet=outlet), verdicts=(verdict,), judged=(("bench", "1"),)
    )


def _least_us(work: Callable[[], object], of: int) -> float:
    """Return the processor time of one of them in the best of seven rounds: others work on these cores too."""
    best = float("inf")
    for _ in range(7):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best * 1e6 / of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named measurements; 1 when one of them misses what it must reach."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("names", nargs="*", choices=[*_MEASURED, []])
    reader.add_argument("--shared", type=Path, default=SHARED)
    asked = reader.parse_args(arguments)
    texts = Texts(asked.shared)
    well = True
    for name in asked.names or ("labelled", "cost"):
        print(f"\n== {name}")
        well &= _MEASURED[name](texts)
    return 0 if well else 1


_MEASURED: dict[str, Callable[[Texts], bool]] = {
    "labelled": measure_labelled,
    "topic": measure_topic,
    "forms": measure_forms,
    "few": measure_few,
    "stream": lambda texts: asyncio.run(measure_stream(texts)),
    "sweep": sweep,
    "window": sweep_window,
    "cost": measure_cost,
    "flagged": measure_flagged,
}

if __name__ == "__main__":
    raise SystemExit(main())

"""A look at all outlets: norms are kept up to date, and what left its norm or came back to it is written down."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from mirqab import __version__
from mirqab.archive import DriftRow, NormRow, PageFact
from mirqab.drift.policy import NORM_SPAN, RECENT_SPAN, Departure, Measure, Norm, departures, is_over, make_norm
from mirqab.errors import ArchiveError

if TYPE_CHECKING:
    from mirqab.archive import Archive

REMAKE_AFTER: Final = timedelta(days=1)
"""So old a norm is made anew, unless its outlet drifts just now: then it stays what it was before."""

ACCEPT_AFTER: Final = timedelta(days=30)
"""A drift that goes on for so long becomes the norm."""

_LINES: Final = 2
_WIDTH: Final = 120


def look(archive: Archive, *, now: datetime) -> list[DriftRow]:
    """Return the drifts that go on and those that ended within the norms' span, by outlet, after writing what is new.

    What cannot be written (a full disk) is told all the same.
    """
    kept = archive.norms()
    known = archive.drifts(since=now - NORM_SPAN)
    recent = archive.page_facts(since=now - RECENT_SPAN)
    by_outlet: defaultdict[str, list[DriftRow]] = defaultdict(list)
    for row in known:
        by_outlet[row.outlet].append(row)
    changed: list[DriftRow] = []
    for rows in by_outlet.values():
        for number, row in enumerate(rows):
            if row.ended_at is None and now - row.since > ACCEPT_AFTER:
                rows[number] = replace(row, ended_at=now, ending="accepted")
                changed.append(rows[number])
    made = _norms(archive, kept, recent, by_outlet, now)
    norms = {**kept, **{row.outlet: row for row in made}}
    for outlet, pages in recent.items():
        plain = norms[outlet].norm
        if plain is not None:
            changed += _changes(archive, outlet, Norm.from_json(plain), pages, by_outlet[outlet], now)
    if made or changed:
        with contextlib.suppress(ArchiveError):
            archive.keep_drift(made, changed)
    every = {(row.outlet, row.measure, row.since): row for row in [*known, *changed]}
    return sorted(every.values(), key=lambda row: (row.outlet, row.since, row.measure))


def _norms(
    archive: Archive,
    kept: Mapping[str, NormRow],
    recent: Mapping[str, Sequence[PageFact]],
    drifts: Mapping[str, Sequence[DriftRow]],
    now: datetime,
) -> list[NormRow]:
    """Return the norms that are to be made anew, of outlets with pages today."""
    due: dict[str, datetime | None] = {}
    for outlet in recent:
        former = kept.get(outlet)
        if any(row.ended_at is None for row in drifts.get(outlet, ())):
            continue
        if former is None:
            due[outlet] = None
        elif former.program != __version__:
            due[outlet] = now
        elif now - former.made_at >= REMAKE_AFTER or any(row.ended_at == now for row in drifts.get(outlet, ())):
            due[outlet] = former.since
    if not due:
        return []
    pages = archive.page_facts(since=now - NORM_SPAN, until=now - RECENT_SPAN, outlets=list(due))
    made = []
    for outlet, since in due.items():
        accepted = [row.since for row in drifts.get(outlet, ()) if row.ending == "accepted"]
        since = max([at for at in (since, *accepted) if at is not None], default=None)
        fixed = [row for row in drifts.get(outlet, ()) if row.ending == "fixed"]
        usable = [
            page
            for page in pages.get(outlet, ())
            if (since is None or page.at >= since) and not any(_during(page, row) for row in fixed)
        ]
        norm = make_norm(usable)
        made.append(
            NormRow(
                outlet=outlet,
                made_at=now,
                since=since,
                program=__version__,
                norm=None if norm is None else norm.to_json(),
            )
        )
    return made


def _during(page: PageFact, drift: DriftRow) -> bool:
    return drift.ended_at is not None and drift.since <= page.at < drift.ended_at


def _changes(
    archive: Archive, outlet: str, norm: Norm, pages: Sequence[PageFact], rows: Sequence[DriftRow], now: datetime
) -> list[DriftRow]:
    going_on = {Measure(row.measure): row for row in rows if row.ended_at is None}
    ended = {Measure(row.measure): row.ended_at for row in rows if row.ended_at is not None}
    changed = [
        replace(row, ended_at=now, ending="fixed") for measure, row in going_on.items() if is_over(norm, measure, pages)
    ]
    for departure in departures(norm, pages, after=ended):
        if departure.measure not in going_on:
            changed.append(_row(archive, outlet, norm, departure))
    return changed


def _row(archive: Archive, outlet: str, norm: Norm, departure: Departure) -> DriftRow:
    measure = departure.measure
    return DriftRow(
        outlet=outlet,
        measure=measure,
        since=departure.since,
        ended_at=None,
        ending=None,
        before={"value": departure.before, "pages": norm.pages, "extractor": norm.extractor}
        | _shown(archive, norm.examples.get(measure)),
        after={"value": departure.after, "pages": departure.pages} | _shown(archive, departure.example),
    )


def _shown(archive: Archive, entry: str | None) -> dict[str, Any]:
    page = None if entry is None else archive.page_shown(entry, lines=_LINES, width=_WIDTH)
    return {"page": None if page is None else asdict(page)}

"""Working kept pages anew: what changes with today's extraction, declarations and topics, and writing it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from mirqab.archive import Archive, KeptEntry, KeptPage, read_page
from mirqab.archive.columns import storable
from mirqab.errors import ArchiveError
from mirqab.intake import Scan, Telling
from mirqab.seen import WINDOW_DAYS
from mirqab.stories import place
from mirqab.types import Article, Embed, Outlet, Page, PageHints, Reason, Worked
from mirqab.workers import Workers

BATCH: Final = 50
"""So many entries are looked at between two words on how far it is; each change is a transaction of its own."""

_UNDECIDED: Final = frozenset({Reason.TIMED_OUT, Reason.OUT_OF_MEMORY, Reason.WORKER_DIED})
"""Ends of a worker that may lie in the machine of today: no reason to change what was taken out before."""

_COMPARED: Final = ("headline", "body", "authors", "published", "updated", "embeds")


class Kind(StrEnum):
    """What becomes of a page."""

    CHANGED = "changed"
    BECOMES_ARTICLE = "becomes an article"
    NO_ARTICLE = "is no article any more"
    OTHER_REASON = "is no article for another reason"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One page that is worked into something else than before.

    `fields` names what differs: name → (before, after), the body apart. `removed` and `added` are lines of the body;
    `gained` and `lost` topics whose verdict flags the page now, or did. `written` is false in a dry run, and when the
    page changed meanwhile.
    """

    kind: Kind
    entry: str
    outlet: str
    url: str
    article: str | None
    fields: Mapping[str, tuple[str, str]]
    removed: tuple[str, ...]
    added: tuple[str, ...]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    written: bool = False


@dataclass(kw_only=True, slots=True)
class Progress:
    """How far it is: `after` is the last entry that was dealt with; pages worked, changed by kind, left."""

    after: str = ""
    pages: int = 0
    kinds: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    gained: int = 0
    lost: int = 0
    unreadable: int = 0
    undecided: int = 0
    changed_meanwhile: int = 0


def reextract(
    archive: Archive,
    workers: Workers,
    outlets: Mapping[str, Outlet],
    progress: Progress,
    *,
    only: Sequence[str] | None,
    since: datetime | None,
    run: str | None,
    window_days: int = WINDOW_DAYS,
) -> Iterator[list[Change]]:
    """Work kept pages of entries after `progress.after` anew, and yield what changes, a batch at a time.

    With a `run` each change is written, in a transaction of its own; without it nothing is. A page that becomes an
    article is compared with those whose days are at most `window_days` from its own.
    """
    scan, telling = Scan(archive, window_days=window_days), Telling(archive)
    while True:
        batch, last = archive.kept_entries(outlets=only, since=since, after=progress.after, limit=BATCH)
        if last is None:
            return
        readable = [(kept, page) for kept in batch if (page := _page(archive, kept, outlets)) is not None]
        progress.unreadable += len(batch) - len(readable)
        changes = []
        worked_pages = workers.work_each(page for _, page in readable)
        for (kept, _), worked in zip(readable, worked_pages, strict=True):
            progress.pages += 1
            if worked.problem in _UNDECIDED:
                progress.undecided += 1
                continue
            change = compare(kept, worked)
            if change is None and not _judged_otherwise(kept, worked):
                continue
            written = run is not None and _write(archive, run, kept, worked, scan, telling)
            if change is None:
                continue
            progress.changed_meanwhile += run is not None and not written
            progress.kinds[change.kind] += 1
            progress.gained += len(change.gained)
            progress.lost += len(change.lost)
            changes.append(replace(change, written=written))
        progress.after = last
        yield changes


def compare(kept: KeptEntry, worked: Worked) -> Change | None:
    """Return how a page worked anew differs from what stands for it; None when it does not."""
    before, after = kept.article, worked.article
    was_flagged = {verdict.topic for verdict in kept.verdicts if verdict.flagged} if kept.is_own else set()
    flagged = {verdict.topic for verdict in worked.verdicts if verdict.flagged}
    if after is None:
        if before is None:
            if kept.entry.reason in (worked.problem, Reason.GAVE_UP):
                return None
            kind = Kind.OTHER_REASON
        elif kept.entry.reason is worked.problem and not was_flagged:
            return None
        else:
            kind = Kind.NO_ARTICLE
    elif before is None or (not kept.is_own and before.fingerprint != after.fingerprint):
        kind, before = Kind.BECOMES_ARTICLE, None
    elif not kept.is_own:
        return None  # still a copy of the same article
    else:
        kind = Kind.CHANGED
    fields = {}
    if kind is Kind.CHANGED and before is not None and after is not None:
        fields = {
            name: (_shown(before, name), _shown(after, name))
            for name in _COMPARED
            if _stored(getattr(before, name)) != _stored(getattr(after, name))
        }
        if not fields and was_flagged == flagged:
            return None
    elif kind is Kind.BECOMES_ARTICLE and after is not None:
        fields = {"headline": ("", after.headline), "problem": (kept.entry.reason or "copy", "")}
    else:
        fields = {"problem": (kept.entry.reason or "", f"{worked.problem} {worked.detail or ''}".strip())}
    removed, added = _lines(before.body if before else "", after.body if after else "")
    fields.pop("body", None)
    return Change(
        kind=kind,
        entry=kept.entry.id,
        outlet=kept.entry.outlet,
        url=kept.entry.url,
        article=None if kept.article is None else kept.article.id,
        fields=fields,
        removed=removed,
        added=added,
        gained=tuple(sorted(flagged - was_flagged)),
        lost=tuple(sorted(was_flagged - flagged)),
    )


# --------------------------------------------------------------------------------------------------- steps


def _write(archive: Archive, run: str, kept: KeptEntry, worked: Worked, scan: Scan, telling: Telling) -> bool:
    becomes = worked.article is not None and not kept.is_own
    looked_up = scan.look_up(worked.article) if becomes and worked.article is not None else None
    if any(verdict.flagged for verdict in worked.verdicts):
        telling.get_ready(worked)
    written = archive.rework(
        run,
        kept,
        worked,
        place=place,
        compare=scan.compare,
        looked_up=looked_up,
        same_event=telling.same_event,
    )
    return written is not None


def _page(archive: Archive, kept: KeptEntry, outlets: Mapping[str, Outlet]) -> Page | None:
    """Return the page as the crawl handed it to the workers; None when its record cannot be read."""
    answer = _read(archive, kept)
    if answer is None:
        return None
    entry, outlet = kept.entry, outlets.get(kept.entry.outlet)
    own = kept.article if kept.is_own else None
    return Page(
        entry=entry.id,
        outlet=entry.outlet,
        url=entry.url,
        final_url=answer.final_url if own is None else own.url,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        content_encoding=answer.content_encoding,
        fetched_at=kept.fetched_at or answer.fetched_at,
        hints=PageHints.told_by(
            entry,
            timezone=None if outlet is None else outlet.timezone,
            keep=() if outlet is None else outlet.keep,
            prune=() if outlet is None else outlet.prune,
        ),
    )


def _read(archive: Archive, kept: KeptEntry) -> KeptPage | None:
    assert archive.raw_folder is not None
    try:
        return read_page(archive.raw_folder, kept.raw)
    except ArchiveError:
        again = archive.kept_entry(kept.entry.id)  # pruning may have moved the record meanwhile
        if again is None or again.raw == kept.raw:
            return None
    try:
        return read_page(archive.raw_folder, again.raw)
    except ArchiveError:
        return None


def _judged_otherwise(kept: KeptEntry, worked: Worked) -> bool:
    """Tell whether the verdicts differ though the text does not: by another version of a topic."""
    if worked.article is None or not kept.is_own:
        return False
    return {(verdict.topic, verdict.version, verdict.score) for verdict in kept.verdicts} != {
        (verdict.topic, verdict.version, verdict.score) for verdict in worked.verdicts
    }


def _stored(value: object) -> object:
    """Return a value as the archive gives it back."""
    if isinstance(value, tuple):
        return tuple(map(_stored, value))
    if isinstance(value, Embed):
        return tuple(map(_stored, (value.handle, value.text, value.date_raw, value.url)))
    return storable(value) if isinstance(value, str) else value


def _shown(article: Article, name: str) -> str:
    if name == "embeds":
        return "، ".join(embed.handle or embed.url or "" for embed in article.embeds)
    value = getattr(article, name)
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return "، ".join(value) if isinstance(value, tuple) else str(value)


def _lines(before: str, after: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the lines that went and those that came."""
    old, new = before.split("\n"), after.split("\n")
    removed: list[str] = []
    added: list[str] = []
    for tag, i, j, k, m in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag != "equal":
            removed += old[i:j]
            added += new[k:m]
    return tuple(line for line in removed if line), tuple(line for line in added if line)

"""The ordered effects of one run, one method each."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from mirqab import polling
from mirqab.addresses import url_key
from mirqab.archive import Archive, ArchiveThread, LookedUp
from mirqab.errors import ArchiveError
from mirqab.intake.looking import Looking, banded_of
from mirqab.intake.marking import Marking
from mirqab.intake.retrying import PASSES, next_try
from mirqab.intake.telling import Telling
from mirqab.killpoints import kill_point
from mirqab.seen import WINDOW_DAYS, Claim, Seen
from mirqab.stories import place
from mirqab.types import (
    Admitted,
    Article,
    FeedEntry,
    FeedRole,
    FeedSnapshot,
    FeedState,
    HostPart,
    HostState,
    Outlet,
    RawLocation,
    Reason,
    Relation,
    Stored,
    Validators,
    Worked,
)

_log = logging.getLogger(__name__)

FILLED_AT_START: Final = 5000
"""Articles of which Redis is told before anything is fetched; a thousand take half a second."""

_PATIENCE_S: Final = 3.0
"""For a step beside the crawl that did not hear of its end."""

_NOTE_AFTER: Final = 8
"""So many articles whose marks are made are told to the archive with the next page, which costs no transaction."""

_GATHER_S: Final = 0.1
"""So long an answer waits for others to be written with: in a transaction with forty others it costs a third."""


class Intake:
    """Brings pages into the archive for one run. Lives on one event loop; not for use by several."""

    def __init__(
        self,
        archive: Archive,
        seen: Seen,
        *,
        run: str,
        max_attempts: int,
        first_poll_max_age_s: float,
        outlets: Sequence[Outlet] = (),
        limits: polling.Limits | None = None,
        window_days: int = WINDOW_DAYS,
        recheck_hours: Sequence[float] = (),
    ) -> None:
        """`limits` are the deployment's; the `outlets` may have their own, and know their time zone.

        Copies are looked for among articles whose days are at most `window_days` apart. The page of a flagged article
        is looked at again `recheck_hours` after it was stored; without any it is not.
        """
        self.archive = archive
        self.seen = seen
        self.run = run
        self._max_attempts = max_attempts
        self._first_poll_max_age_s = first_poll_max_age_s
        self._limits = limits or polling.Limits()
        self._paces = {outlet.id: (self._limits.of(outlet), outlet.timezone) for outlet in outlets}
        self._recheck_hours = tuple(recheck_hours)
        self._thread = ArchiveThread(archive)
        self._to_admit: list[tuple[FeedSnapshot, asyncio.Future[Admitted]]] = []
        self._admitting: asyncio.Task[None] | None = None
        self._claims: dict[str, Claim] = {}
        self._marked: dict[str, str] = {}  # article → text, of marks made that the archive is still to be told
        self._window_days = window_days
        self._looking = Looking(archive, self._thread, seen, window_days=window_days)
        self._marking = Marking(archive, self._thread, seen, window_days=window_days)
        self._telling = Telling(archive)
        self._weighing = asyncio.Lock()
        self._recovering: asyncio.Task[None] | None = None
        self._may_recover = True

    async def admit(self, snapshot: FeedSnapshot) -> Admitted:
        """Write one answer of a feed: entries with validators, together with those that come at the same time."""
        written: asyncio.Future[Admitted] = asyncio.get_running_loop().create_future()
        self._to_admit.append((snapshot, written))
        if self._admitting is None or self._admitting.done():
            self._admitting = asyncio.create_task(self._admit_waiting())
        return await written

    async def admit_each(self, snapshots: Sequence[FeedSnapshot]) -> list[Admitted]:
        """Write many answers of feeds: one transaction."""
        admitted = await self._thread.call(
            self.archive.admit_each,
            self.run,
            snapshots,
            first_poll_max_age_s=self._first_poll_max_age_s,
            settle=self._settle,
        )
        kill_point("after_admit")
        return admitted

    async def _admit_waiting(self) -> None:
        while self._to_admit:
            await asyncio.sleep(_GATHER_S)
            waiting, self._to_admit = self._to_admit, []
            await self._admit_together(waiting)

    async def _admit_together(self, waiting: list[tuple[FeedSnapshot, asyncio.Future[Admitted]]]) -> None:
        """Write what waits, and tell those who wait for it; what stumbles over one answer takes no other along."""
        try:
            admitted = await self.admit_each([snapshot for snapshot, _ in waiting])
        except Exception as error:
            if len(waiting) > 1 and not isinstance(error, ArchiveError):
                for one in waiting:
                    await self._admit_together([one])
                return
            for _, written in waiting:
                if not written.done():
                    written.set_exception(error)
            return
        for (_, written), brought in zip(waiting, admitted, strict=True):
            if not written.done():  # whoever waited may be gone
                written.set_result(brought)

    def _settle(self, state: FeedState, snapshot: FeedSnapshot, admitted: Admitted) -> FeedState:
        limits, timezone = self._paces.get(state.outlet, (self._limits, "UTC"))
        chance = random.random()  # noqa: S311 - it spreads polls, nothing depends on its being hard to guess
        return polling.after(state, snapshot, admitted, limits=limits, timezone=timezone, random=chance)

    async def put_off(
        self,
        *,
        feeds: Iterable[tuple[str, str]] = (),
        entries: Iterable[str] = (),
        reason: Reason | None = None,
        detail: str | None = None,
        role: FeedRole = FeedRole.FEED,
        outcome: Literal["put_off", "failed"] = "put_off",
    ) -> None:
        """Write into the ledger which feeds (outlet, url; of one role) and entries are left for later, and why."""
        await self._thread.call(
            self.archive.put_off,
            self.run,
            feeds=list(feeds),
            entries=list(entries),
            reason=reason,
            detail=detail,
            role=role,
            outcome=outcome,
        )

    async def feed_states(self, outlets: Iterable[str] | None = None) -> list[FeedState]:
        """Return what is remembered of the feeds of some outlets, or of all."""
        return await self._thread.call(self.archive.feed_states, None if outlets is None else list(outlets))

    async def item_hashes(self, outlets: Iterable[str]) -> dict[tuple[str, str], bytes]:
        """Return, by outlet and address, what each feed's last good answer left to tell its unchanged items by."""
        return await self._thread.call(self.archive.item_hashes, list(outlets))

    async def looked_elsewhere(self, outlet: str, urls: Iterable[str]) -> None:
        """Write that what these feeds of an outlet may have lost was looked for in every place that there is."""
        await self._thread.call(self.archive.looked_elsewhere, outlet, list(urls), datetime.now(UTC))

    async def host(self, host: str) -> HostState | None:
        """Return what is remembered of a host (`scheme://host:port`)."""
        return await self._thread.call(self.archive.host, host)

    async def keep_host(self, state: HostState, part: HostPart) -> None:
        """Remember a part of what is known of a host, in place of what was remembered of it before."""
        await self._thread.call(self.archive.keep_host, state, part)

    async def due(self, outlet: str) -> list[FeedEntry]:
        """Return the outlet's entries to be fetched now, the longest known first, then those to be looked at again."""
        return await self._thread.call(self.archive.due, outlet, now=datetime.now(UTC), looks=bool(self._recheck_hours))

    async def with_due(self, outlets: Iterable[str]) -> set[str]:
        """Return those of the outlets that have entries to be fetched now."""
        return await self._thread.call(
            self.archive.with_due, tuple(outlets), now=datetime.now(UTC), looks=bool(self._recheck_hours)
        )

    async def validators(self, entry: FeedEntry) -> Validators:
        """Return what to ask with whether a stored page has changed: its kept answer's own, none where it lacks any."""

        from mirqab.archive import read_page  # most runs look at no page again

        def read() -> Validators:
            kept, folder = self.archive.kept_page(entry.id), self.archive.raw_folder
            if kept is None or folder is None:
                return Validators()
            try:
                page = read_page(folder, kept)
            except ArchiveError:  # pruned meanwhile, or damaged: it is asked for plainly
                return Validators()
            if url_key(page.final_url) != url_key(entry.url):
                return Validators()  # they are those of where it led to
            told = {name.lower(): value for name, value in page.headers}
            return Validators(etag=told.get("etag"), last_modified=told.get("last-modified"))

        return await self._thread.call(read)

    async def add_entry(self, outlet: str, url: str) -> FeedEntry:
        """Make a page given by hand due, whatever was known of it."""
        return await self._thread.call(self.archive.add_entry, outlet, url)

    async def claim(self, entry: FeedEntry) -> bool:
        """Take an entry for ourselves; False when another crawler has it, or has been faster."""
        claim = await self.seen.claim(entry.id, run=self.run)
        if claim is None:
            return False
        self._claims[entry.id] = claim
        try:
            due = await self._thread.call(self.archive.is_due, entry.id, datetime.now(UTC))
        except BaseException:
            await self.release(entry.id)
            raise
        if not due:
            await self.release(entry.id)
        return due

    async def look_up(self, worked: Worked) -> LookedUp | None:
        """Return of which stored article a page's text is a copy; None for a page without an article.

        What the page becomes is decided by the archive inside `store`, which looks at what came since.
        """
        if worked.article is None:
            return None
        looked_up = await self._looking.look_up(worked.article, marked=self._marked)
        if any(verdict.flagged for verdict in worked.verdicts):
            await self._prepare_telling(worked)
        if self._looking.distrusts_redis and self.seen.available:
            self._start_recovering()
        return looked_up

    async def _prepare_telling(self, worked: Worked) -> None:
        """Make ready what tells the event of a flagged page: weights once, in steps that let other calls in between."""
        async with self._weighing:
            steps = None if await self._thread.call(self._telling.is_ready) else self._telling.weigh()
            while steps is not None and await self._thread.call(next, steps, None) is not None:
                pass
        await self._thread.call(self._telling.read_ahead, worked)

    async def store(self, worked: Worked, looked_up: LookedUp | None = None, robots: str | None = None) -> Stored:
        """Write what a page was worked into, then mark it; a page without an article becomes a failed try.

        `looked_up` is what `look_up` found, which is asked when nobody did; `robots` what robots.txt said of the page.
        Raises ArchiveError when the archive fails; then no mark is made, and the claim is given back.
        """
        if worked.article is None:
            assert worked.problem is not None
            await self._fail(
                worked.entry,
                worked.problem,
                worked.detail,
                answered=worked.status > 0 or None,
                raw=worked.raw,
                robots=robots,
            )
            return Stored(article=None, placement=None)
        told = dict(self._marked) if len(self._marked) >= _NOTE_AFTER else {}
        try:
            stored = await self._thread.call(
                self.archive.store,
                self.run,
                worked,
                place=place,
                compare=self._looking.compare,
                looked_up=looked_up or await self.look_up(worked),
                same_event=self._telling.same_event,
                robots=robots,
                marked=told,
                recheck_hours=self._recheck_hours,
            )
        except BaseException:
            await self.release(worked.entry)
            raise
        for article in told:
            if self._marked.get(article) == told[article]:
                del self._marked[article]
        kill_point("after_store")
        await self._confirm(worked.entry, worked.article, stored)
        return stored

    async def fail(
        self,
        entry_id: str,
        reason: Reason,
        detail: str | None = None,
        retry_after_s: float | None = None,
        robots: str | None = None,
    ) -> bool:
        """Write that an entry could not be fetched, with the next try where one is worth it, and end the claim.

        Returns whether that was a look at a stored page again, which is no more.
        """
        return await self._fail(entry_id, reason, detail, retry_after_s=retry_after_s, robots=robots)

    async def unchanged(self, entry_id: str, robots: str | None = None) -> None:
        """Write that a stored page that was looked at again is what it was, as its server says, and end the claim."""
        try:
            await self._thread.call(
                self.archive.unchanged, self.run, entry_id, robots=robots, recheck_hours=self._recheck_hours
            )
        finally:
            await self.release(entry_id)

    async def release(self, entry_id: str) -> None:
        """Give an entry back untouched."""
        claim = self._claims.pop(entry_id, None)
        if claim is not None:
            await self.seen.release(claim)

    async def recover(self, *, most: int | None = FILLED_AT_START) -> int:
        """Make the marks that a kill or an absent Redis left unmade; return how many. To be called at start.

        When Redis turns out to have lost what it held, that is every article of the last 60 days; what is left beyond
        `most` is made beside the crawl, which looks for copies in the archive meanwhile. In an archive made before
        there were signatures, those of the window are made first. Pages that were flagged only after they had come, by
        a topic that was changed or by a person, get the looks that are still to come.
        """
        if self._recheck_hours:
            await self._thread.call(self.archive.plan_looks, recheck_hours=self._recheck_hours)
        await self._marking.sign(since=datetime.now(UTC) - timedelta(days=self._window_days))
        done = await self._marking.refill(most=most)
        self._looking.trusted = done.epoch
        return done.made

    def _start_recovering(self) -> None:
        """Fill Redis again beside the crawl: it was emptied under way, or came back."""
        if self._may_recover and (self._recovering is None or self._recovering.done()):
            self._recovering = asyncio.create_task(self._recover_again())

    async def _recover_again(self) -> None:
        try:
            await self.recover(most=None)
        except ArchiveError as error:  # the crawl meets it by itself
            _log.warning("the marks in Redis cannot be made again now: %s", error)
        except Exception:
            self._may_recover = False  # the next page would meet it too; copies are found in the archive
            _log.exception("the marks in Redis cannot be made again in this run")

    async def close(self) -> None:
        """Give back what is still claimed, and finish the archive's calls. Archive and Redis stay open."""
        try:
            if self._recovering is not None:
                self._recovering.cancel()
                await asyncio.wait({self._recovering}, timeout=_PATIENCE_S)
            if self._admitting is not None:
                await self._admitting
            for entry_id in list(self._claims):
                await self.release(entry_id)
            await self._note_marks()
        finally:
            await self._thread.close()

    # ----------------------------------------------------------------------------------------------- steps

    async def _confirm(self, entry_id: str, article: Article, stored: Stored) -> None:
        """Mark the text as known and end the claim; what Redis did not take is left for `recover`."""
        kill_point("before_confirm")
        assert stored.article is not None
        assert stored.placement is not None
        is_ours = stored.placement.relation is not Relation.EXACT  # the marks of another's text are its storer's
        banded = banded_of(article) if is_ours else None
        claim = self._claims.pop(entry_id, None)
        if claim is not None:
            made = await self.seen.confirm(
                claim, fingerprint=article.fingerprint, article=stored.article, banded=banded
            )
        else:
            made = await self.seen.remember([(article.fingerprint, stored.article)]) == 1
            if made and banded is not None:
                made = await self.seen.bands.remember([(stored.article, banded)]) == 1
        kill_point("after_confirm")
        if made and is_ours:
            self._marked[stored.article] = article.fingerprint
            self._looking.mark(stored.article, article.fingerprint)

    async def _note_marks(self) -> None:
        marked, self._marked = self._marked, {}
        if marked:
            await self._thread.call(self.archive.marks.made, marked)

    async def _fail(
        self,
        entry_id: str,
        reason: Reason,
        detail: str | None,
        *,
        retry_after_s: float | None = None,
        answered: bool | None = None,
        raw: RawLocation | None = None,
        robots: str | None = None,
    ) -> bool:
        def write() -> bool:
            entry = self.archive.entry(entry_id)
            failures = 1 if entry is None else entry.attempts + 1
            next_try_at = next_try(
                reason, failures, datetime.now(UTC), max_attempts=self._max_attempts, retry_after_s=retry_after_s
            )
            shown, said = reason, detail
            if next_try_at is None and PASSES[reason] and entry is not None and entry.reason not in (None, reason):
                shown = Reason.GAVE_UP
                said = f"{failures} tries, the last: {reason.value}" + (f" ({detail})" if detail else "")
            return self.archive.fail(
                self.run,
                entry_id,
                reason=shown,
                detail=said,
                next_try_at=next_try_at,
                answered=answered,
                raw=raw,
                robots=robots,
                recheck_hours=self._recheck_hours,
            )

        try:
            return await self._thread.call(write)
        finally:
            await self.release(entry_id)

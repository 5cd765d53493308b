"""The feeds of a run: which are asked and why, what they answered, and where that leads; all of it counted."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

from scrapy.http import Response

from crawler.outcomes import header, reason_of_status
from crawler.progress import LOG, Progress, log_event
from crawler.reading import FeedReads
from crawler.rounds import Poll, Round
from crawler.tally import FeedEnd, Tally
from mirqab import polling
from mirqab.addresses import origin_of
from mirqab.errors import MirqabError
from mirqab.types import (
    Admitted,
    FeedBody,
    FeedRole,
    FeedSnapshot,
    FeedState,
    HostState,
    Outlet,
    Reason,
    Validators,
)

if TYPE_CHECKING:
    from mirqab.intake import Intake
    from mirqab.workers import Workers

OUTLETS_AT_A_TIME: Final = 500
"""What is remembered of so many outlets' feeds is read by one query; a run of thousands begins with the first."""

MOST_OPEN: Final = 1000
"""Feeds asked and not yet answered: enough that every host has its next one waiting, few enough to keep in memory."""

UNCHANGED_AT_A_TIME: Final = 200
"""Unchanged feeds written in one transaction. A kill loses only that they were asked: nothing was learnt from them."""

UNCHANGED_WAIT_S: Final = 30.0
"""And so long fewer of them wait: pages may be under way for hours, and whoever looks at the archive meanwhile, or
polls the same feeds, is to see that they were asked."""

HOST_RESTS: Final = "its host gave no answer, or asked for patience, before"
"""What is told of a request that is left for a later run for its host's sake."""


class Polls:
    """Asks, admits and counts the feeds of one run.

    With `only_due` a feed is asked only when its own time has come. Nothing here blocks the event loop, and an outlet
    is remembered only while it has polls open.
    """

    def __init__(
        self,
        outlets: Sequence[Outlet],
        tally: Tally,
        progress: Progress,
        *,
        only_due: bool,
        max_items: int,
        host_state: Callable[[str], Awaitable[HostState | None]],
    ) -> None:
        self._outlets = outlets
        self._tally = tally
        self._progress = progress
        self._only_due = only_due
        self._max_items = max_items
        self._host_state = host_state
        self._rounds: dict[str, Round] = {}
        self._open: set[Poll] = set()
        self._ended = asyncio.Event()
        self._unchanged: list[FeedSnapshot] = []
        self._flushing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._put_off: dict[tuple[Reason | None, str, FeedRole], list[tuple[str, str]]] = {}
        self._intake: Intake
        self._feeds: FeedReads

    def open(self, intake: Intake, workers: Workers) -> None:
        """Take what polls need: the intake that admits, the workers that read."""
        self._intake, self._feeds = intake, FeedReads(workers)

    async def close(self, *, stopping: bool) -> None:
        """Write what is still to be written of feeds that were unchanged or put off; what is open has been dropped."""
        for poll in tuple(self._open):
            if stopping:
                self.put_off(poll, None)
            else:
                log_event("feed-without-end", level=logging.ERROR, outlet=poll.outlet.id, url=poll.feed.url)
                self.crashed(poll, "its request met no end")
        self._closing.set()
        if self._flushing is not None:
            await self._flushing
        await self._write_unchanged()
        for (because, detail, role), feeds in self._put_off.items():
            outcome: Literal["put_off", "failed"] = "failed" if because is Reason.OUR_FAULT else "put_off"
            await self._intake.put_off(feeds=feeds, reason=because, detail=detail, role=role, outcome=outcome)

    # ------------------------------------------------------------------------------------------ what to ask

    async def rounds(self) -> AsyncIterator[Round]:
        """Yield each outlet's round with the polls to begin with; some outlets' states are read at a time."""
        for start in range(0, len(self._outlets), OUTLETS_AT_A_TIME):
            outlets = self._outlets[start : start + OUTLETS_AT_A_TIME]
            ids = [outlet.id for outlet in outlets]
            states: dict[str, dict[str, FeedState]] = {}
            for state in await self._intake.feed_states(ids):
                states.setdefault(state.outlet, {})[state.url] = state
            hashes: dict[str, dict[str, bytes]] = {}
            for (id_, url), held in (await self._intake.item_hashes(ids)).items():
                hashes.setdefault(id_, {})[url] = held
            waiting = await self._intake.with_due(ids)
            not_due = 0
            for outlet in outlets:
                round_ = Round(
                    outlet=outlet,
                    states=states.pop(outlet.id, {}),
                    item_hashes=hashes.pop(outlet.id, {}),
                    has_pages=outlet.id in waiting,
                    max_items=self._max_items,
                )
                round_.begin(datetime.now(UTC), only_due=self._only_due)
                not_due += len(outlet.feeds) - len(round_.polls)
                if round_.polls:
                    self._rounds[outlet.id] = round_
                yield round_
            if not_due:
                self._tally.not_due += not_due
                self._progress.tell("not_due", feeds=not_due)

    async def room(self) -> None:
        """Wait until there are few enough open polls; for the start alone, since whoever answers must not wait."""
        while len(self._open) >= MOST_OPEN:
            self._ended.clear()
            await self._ended.wait()

    def begin(self, poll: Poll) -> None:
        """Count a poll as asked."""
        self._open.add(poll)
        self._tally.feeds_asked += poll.role is not FeedRole.BACKFILL
        self._tally.roles[poll.role] += 1

    # ---------------------------------------------------------------------------------------- what came of it

    async def answer(self, poll: Poll, response: Response) -> FeedSnapshot:
        """Return what an answer says; the body is read in a worker when it is another one than the last."""
        if response.status == 304 and poll.known is not None and poll.known.last_full_at is not None:
            return poll.snapshot(response, not_modified=True, validators=poll.known.validators)
        if reason := reason_of_status(response.status):
            return poll.snapshot(response, problem=reason, detail=f"answered {response.status}")
        validators = Validators(
            etag=header(response, "ETag"),
            last_modified=header(response, "Last-Modified"),
            body_hash=poll.body_hash(response.body),
        )
        afresh = poll.role is FeedRole.BACKFILL  # whatever stood there before, it is looked for now
        if poll.known is not None and validators.body_hash == poll.known.validators.body_hash and not afresh:
            return poll.snapshot(response, not_modified=True, validators=validators)
        body = FeedBody(
            body=response.body,
            url=response.url,
            content_type=header(response, "Content-Type"),
            kind=poll.feed.kind,
            links=poll.feed.links,
            timezone=poll.outlet.timezone,
            max_items=poll.max_items,
            known=b"" if afresh or poll.redeclared else poll.item_hashes,
        )
        reading = await self._feeds.read(body)
        from mirqab.archive.overlap import may_be_pinned  # here: who stores nothing should not load the database

        if may_be_pinned(reading.unchanged, reading.unchanged + len(reading.items)):
            reading = await self._feeds.read(replace(body, known=b""))
        if reading.children:  # an index may stay as it is while its children change: it is read every time
            validators = Validators()
        return poll.snapshot(
            response, validators=validators, reading=reading, problem=reading.problem, detail=reading.detail
        )

    async def admit(self, poll: Poll, snapshot: FeedSnapshot) -> bool:
        """Admit what came of a poll and count it; return whether pages of its outlet are to be asked now.

        Unchanged feeds are written some at a time.
        """
        if snapshot.not_modified:
            self._unchanged.append(snapshot)
            if self._flushing is None or self._flushing.done():
                self._flushing = asyncio.ensure_future(self._write_unchanged_soon())
            admitted = Admitted()
            if len(self._unchanged) >= UNCHANGED_AT_A_TIME:
                await self._write_unchanged()
        else:
            admitted = await self._intake.admit(snapshot)
        end: FeedEnd = "failed" if snapshot.problem else "not_modified" if snapshot.not_modified else "ok"
        self._count(poll, end)
        self._tally.admitted(admitted, poll.role)
        if snapshot.problem is not None:
            self._tally.reasons_of(poll.role)[snapshot.problem] += 1
        if snapshot.reading is not None:
            self._tally.left_out += snapshot.reading.left_out
        self._tell(poll, end, snapshot, admitted, await self._notices(poll, snapshot, admitted))
        round_ = self._rounds[poll.outlet.id]
        if admitted.gap and poll.role is FeedRole.FEED and poll.known is not None:
            self._tally.gaps += 1
            round_.gaps[poll.feed.url] = poll.known.last_success_at or snapshot.fetched_at
        if poll.role is FeedRole.BACKFILL and snapshot.reading is not None and snapshot.reading.items:
            round_.found = True
        return self._takes_pages(round_) or bool(admitted.new or admitted.reopened)

    def _takes_pages(self, round_: Round) -> bool:
        has_pages, round_.has_pages = round_.has_pages, False
        return has_pages

    def put_off(self, poll: Poll, because: Reason | None) -> bool:
        """Count a poll left for a later run, because the host asked for peace or, without a reason, the run ends.

        Return whether pages of its outlet are to be asked now.
        """
        self._count(poll, "put_off")
        self._cut_short(poll)
        detail = "the run is ending"
        if because is not None:
            self._tally.put_off_reasons[because] += 1
            detail = HOST_RESTS
            log_event(
                "feed-put-off",
                level=logging.WARNING,
                outlet=poll.outlet.id,
                url=poll.feed.url,
                because=because,
                detail=detail,
            )
        self._put_off.setdefault((because, detail, poll.role), []).append((poll.outlet.id, poll.feed.url))
        self._tell_progress(poll, "put_off", problem=because, detail=detail)
        return because is not None and self._takes_pages(self._rounds[poll.outlet.id])

    def crashed(self, poll: Poll, detail: str) -> bool:
        """Count a fault of ours; the ledger has it with the reason, and the feed stays as due as it was.

        Return whether pages of its outlet are to be asked now.
        """
        if poll in self._open:
            self._tally.reasons_of(poll.role)[Reason.OUR_FAULT] += 1
            self._put_off.setdefault((Reason.OUR_FAULT, detail, poll.role), []).append((poll.outlet.id, poll.feed.url))
            self._tell_progress(poll, "crashed", problem=Reason.OUR_FAULT, detail=detail)
        self._count(poll, "crashed")
        self._cut_short(poll)
        round_ = self._rounds.get(poll.outlet.id)
        return round_ is not None and self._takes_pages(round_)

    def _cut_short(self, poll: Poll) -> None:
        if poll.role is FeedRole.BACKFILL and poll.outlet.id in self._rounds:
            self._rounds[poll.outlet.id].cut_short = True

    def _count(self, poll: Poll, end: FeedEnd) -> None:
        """Give a poll its end; one that has met it already keeps that, and a crash after it is a fault besides."""
        if poll in self._open:
            self._open.discard(poll)
            self._tally.ends_of(poll.role)[end] += 1
            self._ended.set()
        elif end == "crashed":
            self._tally.faults += 1

    async def _write_unchanged_soon(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), UNCHANGED_WAIT_S)
        try:
            await self._write_unchanged()
        except MirqabError:
            LOG.exception("unchanged feeds could not be written")
            self._tally.faults += 1

    async def _write_unchanged(self) -> None:
        snapshots, self._unchanged = self._unchanged, []
        if snapshots:
            await self._intake.admit_each(snapshots)

    # ------------------------------------------------------------------------------------------ where it leads

    async def follow(self, poll: Poll, snapshot: FeedSnapshot | None) -> list[Poll]:
        """Return what is to be asked because of this poll's end: children of an index; after a gap, where to look.

        Whoever asks for them, or drops them, lets each meet its end like any other. To be called once for every poll.
        """
        round_ = self._rounds[poll.outlet.id]
        reading = snapshot.reading if snapshot is not None else None
        polls, left = round_.children(poll, reading.children, datetime.now(UTC)) if reading is not None else ([], 0)
        if left:
            log_event("children-left", outlet=poll.outlet.id, url=poll.feed.url, asked=len(polls), left=left)
        round_.open += len(polls) - 1
        if round_.open == 0 and round_.looks_elsewhere:
            polls = round_.elsewhere(await self._sitemaps(poll.outlet))
            round_.open = len(polls)
        if round_.open == 0:
            del self._rounds[poll.outlet.id]
            if round_.has_looked:  # written last: a kill before this leaves the look to the next run
                await self._intake.looked_elsewhere(poll.outlet.id, round_.gaps)
        return polls

    async def _sitemaps(self, outlet: Outlet) -> list[str]:
        """Return the sitemaps that the robots.txt of the outlet's hosts name, as far as they were read."""
        from crawler.robots import decoded
        from mirqab.feeds.discovery import in_robots

        for host in dict.fromkeys(origin_of(url) for url in (outlet.home, *(feed.url for feed in outlet.feeds))):
            state = await self._host_state(host)
            if state is not None and (found := in_robots(decoded(state.robots), host)):
                return found
        return []

    # --------------------------------------------------------------------------------------------- what is told

    async def _notices(self, poll: Poll, snapshot: FeedSnapshot, admitted: Admitted) -> list[str]:
        """Return what whoever declares the outlet should know of this feed, or do about it."""
        if poll.role is not FeedRole.FEED:
            return []
        known = poll.known or FeedState(outlet=snapshot.outlet, url=snapshot.url)
        notices = []
        if snapshot.problem is Reason.GONE:
            notices.append(f"{poll.feed.url} is gone (410) and rests; take it out, or declare another")
        if snapshot.moved_to is not None and snapshot.problem is None:
            times = known.moved_times + 1 if known.moved_to == snapshot.moved_to else 1
            moved = polling.suggestion(replace(known, moved_to=snapshot.moved_to, moved_times=times))
            if moved is not None:
                notices.append(f"{poll.feed.url} has moved for good; declare {moved}")
        if snapshot.status == 304 and not poll.headers:
            notices.append(f"{poll.feed.url} answers 304 (not modified) even when it is asked for all it has")
        if poll.unconditional and known.trusts_304 and (admitted.new or admitted.reopened):
            (now,) = (one for one in await self._intake.feed_states([poll.outlet.id]) if one.url == poll.feed.url)
            if not now.trusts_304:
                notices.append(f"{poll.feed.url} answered 304 (not modified) although it had changed")
        if admitted.gap:
            since = f" since {known.last_success_at:%Y-%m-%d %H:%M} UTC" if known.last_success_at else ""
            notices.append(f"{poll.feed.url} rolled over{since}: items may be lost")
        self._tally.notices += notices
        return notices

    def _tell(
        self, poll: Poll, end: FeedEnd, snapshot: FeedSnapshot, admitted: Admitted, notices: Sequence[str]
    ) -> None:
        amiss = snapshot.problem is not None or admitted.gap
        log_event(
            "feed",
            level=logging.WARNING if amiss else logging.DEBUG if snapshot.not_modified else logging.INFO,
            outlet=snapshot.outlet,
            url=snapshot.url,
            role=None if poll.role is FeedRole.FEED else poll.role,
            status=snapshot.status or None,
            new=None if snapshot.not_modified else admitted.new,
            unchanged=True if snapshot.not_modified else None,
            gap=True if admitted.gap else None,
            problem=snapshot.problem,
            detail=snapshot.detail,
        )
        self._tell_progress(
            poll,
            end,
            new=admitted.new,
            reopened=admitted.reopened,
            known=admitted.known,
            gap=admitted.gap,
            problem=snapshot.problem,
            detail=snapshot.detail,
            notices=notices,
        )

    def _tell_progress(self, poll: Poll, end: FeedEnd, **fields: object) -> None:
        self._progress.tell(
            "feed", outlet=poll.outlet.id, url=poll.feed.url, role=poll.role.value, outcome=end, **fields
        )

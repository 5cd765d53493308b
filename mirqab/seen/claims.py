"""Claim, confirm, release: one crawler at a page; which article a text already is; whose turn it is on a host."""

from __future__ import annotations

import itertools
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mirqab.seen import scripts
from mirqab.seen.background import Background
from mirqab.seen.bands import WINDOW_DAYS, Banded, Bands
from mirqab.seen.calls import Call, run_together
from mirqab.seen.keys import EPOCH_KEY, host_key, lease_key, mark_life_s, mark_place
from mirqab.seen.owner import Owner, this_process

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from mirqab.seen.link import Link

_log = logging.getLogger(__name__)

LEASE_S = 60.0
"""A lease is renewed after each third of it, so two renewals may fail before anybody takes it over."""

_MARKS_A_CALL = 500

_numbers = itertools.count(1)  # of the claims of this process, so that no two holders are the same


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """The right to work on one entry. `holder` is our word in Redis, of no other claim ever made.

    `local` says that Redis was away: nobody in this process works on the entry, others cannot be known.
    """

    entry: str
    holder: str
    local: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What is known of a text: an article that has it, and how many bands others share with it.

    `epoch` names the filling of Redis that says so, None when it was emptied since it was opened.
    """

    copy: str | None
    shares: Counter[str]
    epoch: str | None


class Seen:
    """What the crawlers know together. Every answer is the safe one when Redis is away: go on, nothing is known."""

    def __init__(self, link: Link, *, lease_s: float = LEASE_S, window_days: int = WINDOW_DAYS) -> None:
        self._link = link
        self.bands = Bands(link, window_days=window_days)
        self._lease_ms = int(lease_s * 1000)
        self._held: dict[str, Claim] = {}
        self._renewing = Background()

    @property
    def available(self) -> bool:
        """False while Redis does not answer; everything goes on, slower."""
        return self._link.available

    @property
    def troubles(self) -> Counter[str]:
        """What went wrong so far, counted by name: timed_out, connection, out_of_memory, lease_lost, …"""
        return self._link.troubles

    @property
    def epoch(self) -> str | None:
        """The name of this filling of Redis: another one means that everything in it was lost. None: not reached."""
        return self._link.epoch

    @property
    def started_empty(self) -> bool:
        """True when this Redis held nothing of ours: marks of stored articles are worth writing again."""
        return self._link.started_empty

    # ------------------------------------------------------------------------------------- claims

    async def claim(self, entry: str, *, run: str) -> Claim | None:
        """Take the entry, or return None when somebody alive works on it.

        Taken over at once from a process of this machine that has died, from others when their lease runs out.
        """
        if entry in self._held:
            return None
        claim = Claim(entry=entry, holder=f"{this_process()} {next(_numbers)} {run}")
        # held before the first await: two tasks of this process must not both go on when Redis is away
        self._held[entry] = claim
        settled: Claim | None = None
        try:
            settled = await self._settle(claim)
        finally:
            if settled is None:
                del self._held[entry]
            else:
                self._held[entry] = settled
                self._renewing.start(self._renew)
        return settled

    async def _settle(self, claim: Claim) -> Claim | None:
        key = lease_key(claim.entry)

        async def take(redis: Redis) -> str | None:
            # our own word comes back when a cut connection made the library ask twice
            return await redis.set(key, claim.holder, nx=True, get=True, px=self._lease_ms) or claim.holder  # type: ignore[return-value]

        held = await self._link.ask(take, otherwise=None)
        if held is None:
            return Claim(entry=claim.entry, holder=claim.holder, local=True)
        if held == claim.holder:
            return claim
        owner = Owner.parse(held)
        if owner is None or not owner.is_dead():
            return None
        dead = held

        async def take_over(redis: Redis) -> int:
            return int(await redis.register_script(scripts.TAKE_OVER)([key], [dead, claim.holder, self._lease_ms]))

        taken = await self._link.ask(take_over, otherwise=None)
        if taken is None:  # the owner is dead whether Redis answers or not
            return Claim(entry=claim.entry, holder=claim.holder, local=True)
        if taken:
            _log.info("took over %s from a process that has died (%s)", claim.entry, held)
            return claim
        return None

    async def confirm(
        self, claim: Claim, *, fingerprint: str | None, article: str | None, banded: Banded | None = None
    ) -> bool:
        """Mark the text of a stored article, with its bands, and give the claim back: one call, never before storing.

        True when all of it lies in Redis (or there was none to write): False asks for `remember` some time later.
        """
        if fingerprint is None or article is None:
            return await self.release(claim)
        self._held.pop(claim.entry, None)
        now_s = time.time()
        shard, field = mark_place(fingerprint, now_s=now_s)
        words: list[str | bytes | int] = [claim.holder, field, article, mark_life_s(now_s)]
        calls = [Call(scripts.CONFIRM, [lease_key(claim.entry), shard], words)]
        if banded is not None:
            calls.append(self.bands.writing([(article, banded)]))

        async def mark(redis: Redis) -> bool:
            await run_together(redis, calls)
            return True

        return await self._link.ask(mark, otherwise=False)

    async def release(self, claim: Claim) -> bool:
        """Give the claim back without a mark; a lease that is no longer ours stays. True when Redis was told."""
        self._held.pop(claim.entry, None)
        return await self._release([claim])

    async def _release(self, claims: Sequence[Claim]) -> bool:
        async def give_back(redis: Redis) -> bool:
            await redis.register_script(scripts.RELEASE)(
                [lease_key(claim.entry) for claim in claims], [claim.holder for claim in claims]
            )
            return True

        return await self._link.ask(give_back, otherwise=False)

    async def _renew(self) -> None:
        """Renew all that is held, in one call, after each third of a lease."""

        async def renew(redis: Redis) -> list[int]:
            ours: list[int] = await redis.register_script(scripts.RENEW)(
                [lease_key(claim.entry) for claim in held], [self._lease_ms, *(claim.holder for claim in held)]
            )
            return ours

        lost: set[str] = set()
        while await self._renewing.sleep(self._lease_ms / 3000):
            held = list(self._held.values())
            if not held:
                continue
            nothing: list[int] = []  # Redis is away: the next round may reach it
            for claim, ours in zip(held, await self._link.ask(renew, otherwise=nothing), strict=False):
                if not ours and claim.holder not in lost:
                    # two may now work on one page: the archive's unique keys keep one article
                    lost.add(claim.holder)
                    self.troubles["lease_lost"] += 1
                    _log.warning("the lease on %s ran out and another crawler has it", claim.entry)

    # -------------------------------------------------------------------------------------- marks

    async def look_up(self, fingerprint: str, banded: Banded | None = None) -> Found | None:
        """Return what is known of a text, in one round trip; None when Redis is away."""
        now_s = time.time()
        places = [mark_place(fingerprint, now_s=now_s, periods_ago=ago) for ago in (0, 1)]
        calls = [] if banded is None else [self.bands.finding([banded])]

        async def ask(redis: Redis) -> list[Any] | None:
            return await run_together(redis, calls, *(("HGET", *place) for place in places), ("GET", EPOCH_KEY))

        answers = await self._link.ask(ask, otherwise=None)
        if answers is None:
            return None
        *shares, newer, older, epoch = answers
        return Found(
            copy=newer or older,
            shares=self.bands.found(shares[0])[0] if shares else Counter(),
            epoch=epoch,
        )

    async def copy_of(self, fingerprint: str) -> str | None:
        """Return the article that is known to have this text, or None: unknown, or Redis is away."""
        found = await self.look_up(fingerprint)
        return None if found is None else found.copy

    async def remember(self, marks: Sequence[tuple[str, str]]) -> int:
        """Write marks of articles stored before, each a fingerprint and an article; returns how many were written."""
        written = 0
        for first in range(0, len(marks), _MARKS_A_CALL):
            written += await self._remember(marks[first : first + _MARKS_A_CALL])
        return written

    async def _remember(self, marks: Sequence[tuple[str, str]]) -> int:
        now_s = time.time()
        shards: list[str] = []
        words: list[str | bytes | int] = [mark_life_s(now_s)]
        for fingerprint, article in marks:
            shard, field = mark_place(fingerprint, now_s=now_s)
            shards.append(shard)
            words += (field, article)

        async def write(redis: Redis) -> int:
            return int(await redis.register_script(scripts.REMEMBER)(shards, words))

        return await self._link.ask(write, otherwise=0)

    async def name_epoch(self) -> str | None:
        """Name the filling of a Redis that may have been emptied while it was open; None when it is away."""

        async def name(_: Redis) -> str | None:
            await self._link.name_epoch()
            return self._link.epoch

        return await self._link.ask(name, otherwise=None)

    # -------------------------------------------------------------------------------------- hosts

    async def host_wait_s(self, host: str, delay_s: float) -> float:
        """Reserve the next turn on the host among all crawlers; returns the seconds until it, 0 when Redis is away.

        The turn after it is `delay_s` later. It is ours whether we use it or not.
        """
        if delay_s <= 0:
            return 0.0

        async def reserve(redis: Redis) -> int:
            return int(await redis.register_script(scripts.TURN)([host_key(host)], [max(1, round(delay_s * 1000))]))

        return await self._link.ask(reserve, otherwise=0) / 1000

    # -------------------------------------------------------------------------------------- state

    async def status(self) -> dict[str, Any]:
        """Return how this Redis stands, in plain values without secrets."""
        return {
            "available": self.available,
            "where": self._link.where,
            "engine": self._link.engine,
            "epoch": self.epoch,
            "started_empty": self.started_empty,
            "held": len(self._held),
            "troubles": dict(self.troubles),
        }

    async def close(self) -> None:
        """Give back what is still held, so that nobody waits for our leases to run out."""
        await self._renewing.end()
        if self._held:
            held = list(self._held.values())
            self._held.clear()
            await self._release(held)

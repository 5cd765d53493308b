"""The archive as the rest of Mirqab sees it: each method is one transaction or one look."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from mirqab.archive import admitting, entries, feedstates, opening, rechecking, runs, signatures
from mirqab.archive.feedstates import Settle, unsettled
from mirqab.archive.founders import Founders
from mirqab.archive.keptpages import KeptPages
from mirqab.archive.later import Later
from mirqab.archive.marks import Marks
from mirqab.archive.reports import Reports
from mirqab.archive.runs import OutletSums, RunRow
from mirqab.archive.signing import Signatures
from mirqab.types import (
    LISTED,
    Admitted,
    Decision,
    FeedEntry,
    FeedRole,
    FeedSnapshot,
    FeedState,
    FlagState,
    HostPart,
    HostState,
    RawLocation,
    Reason,
    Stored,
    Verdict,
    Worked,
)

if TYPE_CHECKING:
    from mirqab.archive import (
        decisions,
        drifts,
        listing,
        nearmisses,
        newest,
        reads,
        regrouping,
        rejudging,
        storing,
        withdrawing,
    )
    from mirqab.archive.decisions import Decided, Marked
    from mirqab.archive.drifts import DriftRow, NormRow, PageFact, PageShown
    from mirqab.archive.flags import FlagChange
    from mirqab.archive.nearmisses import NearMiss
    from mirqab.archive.newest import StoredStory
    from mirqab.archive.placing import Place, SameEvent
    from mirqab.archive.regrouping import Regrouped, Regrouping
    from mirqab.archive.rejudging import Chosen, Rejudged, StaleBatch
    from mirqab.archive.signatures import Compare, LookedUp
else:
    decisions, drifts, listing, nearmisses, newest = map(
        Later, ("decisions", "drifts", "listing", "nearmisses", "newest")
    )
    reads, regrouping, rejudging = map(Later, ("reads", "regrouping", "rejudging"))
    storing, withdrawing = map(Later, ("storing", "withdrawing"))


class Archive(KeptPages):
    """Everything that Mirqab knows, in one database.

    Safe to use from several threads; writes wait for each other, across processes too, up to 30 s. Every failure of
    the database is an `ArchiveError`, and then nothing of that call was written.
    """

    def __init__(self, reader: Engine, writer: Engine, *, place: str, raw_folder: Path | None) -> None:
        super().__init__(reader, writer, place=place)
        self.raw_folder = raw_folder
        self.signatures = Signatures(self._reading, self._writing)
        self.reports = Reports(self._reading, self._writing)
        self.marks = Marks(self._reading, self._writing)
        self.founders = Founders(self._reading, self._writing)

    @classmethod
    def open(cls, url: str, *, raw_folder: Path | None = None, create: bool = True) -> Self:
        """Open the archive at a database address, made or brought up to date when needed.

        `raw_folder` is where kept pages lie. With `create=False` a missing archive is an `ArchiveError` that says
        that nothing was crawled yet.
        """
        parsed: URL = opening.read_url(url)
        reader, writer = opening.open_engine(parsed, create=create)
        return cls(reader, writer, place=opening.place_of(parsed), raw_folder=raw_folder)

    def close(self) -> None:
        """Let go of the database."""
        self._reader.dispose()

    # ------------------------------------------------------------------------------------------ the ledger

    def start_run(self, command: str, *, topics: Sequence[tuple[str, str]]) -> str:
        """Open a run of this process; `topics` are the (id, version) that it pins. Returns its id."""
        with self._writing() as conn:
            return runs.start(conn, command, topics=topics, now=_now())

    def end_run(self, run: str, *, exit_code: int, finish: str) -> None:
        """Close a run with its exit code and a word on how it finished."""
        with self._writing() as conn:
            runs.end(conn, run, exit_code=exit_code, finish=finish, now=_now())

    def runs(self, limit: int = 20) -> list[RunRow]:
        """Return the latest runs with their sums, the last first."""
        with self._reading() as conn:
            return runs.latest(conn, limit)

    def run_outlets(self, run: str) -> list[OutletSums]:
        """Return for each outlet of a run what it gave and what not, with the reasons, by outlet."""
        with self._reading() as conn:
            return runs.outlets(conn, run)

    def put_off(
        self,
        run: str,
        *,
        feeds: Iterable[tuple[str, str]] = (),
        entries: Iterable[str] = (),
        reason: Reason | None = None,
        detail: str | None = None,
        role: FeedRole = FeedRole.FEED,
        outcome: Literal["put_off", "failed"] = "put_off",
    ) -> None:
        """Write into the ledger which feeds (outlet, url; of one role) and entries were left for a later run, and why.

        `failed` are those that met a fault of our own. Nothing else changes: they stay as due as they were. What the
        run has made of one of them stands.
        """
        end = {"outcome": outcome, "reason": reason, "detail": detail}
        with self._writing() as conn:
            runs.put_off(conn, run, feeds=feeds, entries=entries, end=end, role=role, now=_now())

    # ---------------------------------------------------------------------------------------- feeds, hosts

    def feed_states(self, outlets: Iterable[str] | None = None) -> list[FeedState]:
        """Return what is remembered of the feeds of some outlets, or of all, by outlet and address."""
        with self._reading() as conn:
            return feedstates.feed_states(conn, outlets)

    def feed_state(self, outlet: str, url: str) -> FeedState | None:
        """Return what is remembered of one feed."""
        with self._reading() as conn:
            found = feedstates.feed_row(conn, outlet, url)
            return None if found is None else found[1]

    def item_hashes(self, outlets: Iterable[str]) -> dict[tuple[str, str], bytes]:
        """Return, by outlet and address, what the last good answer of each feed left to tell unchanged items by.

        Of at most 500 outlets; a feed that left nothing is not there.
        """
        with self._reading() as conn:
            return feedstates.item_hashes(conn, outlets)

    def looked_elsewhere(self, outlet: str, urls: Iterable[str], at: datetime) -> None:
        """Write that what these feeds may have lost was looked for in every place that there is."""
        with self._writing() as conn:
            feedstates.looked_elsewhere(conn, outlet, urls, at)

    def found_again(self) -> dict[str, int]:
        """Return for each outlet with a gap how many entries were found elsewhere since the last one."""
        with self._reading() as conn:
            return feedstates.found_again(conn)

    def host(self, host: str) -> HostState | None:
        """Return what is remembered of a host (`scheme://host:port`)."""
        with self._reading() as conn:
            return feedstates.host(conn, host)

    def resting_hosts(self, now: datetime) -> list[HostState]:
        """Return the hosts that may not be asked now, without what their robots.txt say."""
        with self._reading() as conn:
            return feedstates.resting_hosts(conn, now)

    def hosts_unread(self) -> list[HostState]:
        """Return the hosts whose robots.txt cannot be read, with the status of the first failure and its time."""
        with self._reading() as conn:
            return feedstates.hosts_unread(conn)

    def keep_host(self, state: HostState, part: HostPart | None = None) -> None:
        """Remember this of a host, in place of what was remembered before; a `part` of it leaves the rest as it is."""
        with self._writing() as conn:
            feedstates.keep_host(conn, state, part)

    # --------------------------------------------------------------------------------------------- entries

    def admit(
        self, run: str, snapshot: FeedSnapshot, *, first_poll_max_age_s: float, settle: Settle = unsettled
    ) -> Admitted:
        """Write one answer of a feed in one transaction: entries, the feed's row, its validators, the run's row.

        Validators and item hashes of an answer with a problem (a cut feed, say) are not kept. On a feed's first
        success entries older than `first_poll_max_age_s` are noted and not fetched, unless they are told anew with a
        younger date; so are those dated before the snapshot's `since`. `settle` decides when the feed is asked again.
        """
        (admitted,) = self.admit_each(run, [snapshot], first_poll_max_age_s=first_poll_max_age_s, settle=settle)
        return admitted

    def admit_each(
        self,
        run: str,
        snapshots: Iterable[FeedSnapshot],
        *,
        first_poll_max_age_s: float = 0.0,
        settle: Settle = unsettled,
    ) -> list[Admitted]:
        """Write many answers in one transaction, each as `admit` does; return what each brought, in their order."""
        told = list(snapshots)
        if not told:
            return []
        with self._writing() as conn:
            return admitting.admit(conn, run, told, first_poll_max_age_s=first_poll_max_age_s, settle=settle)

    def due(self, outlet: str, *, now: datetime, limit: int = 1000, looks: bool = True) -> list[FeedEntry]:
        """Return the outlet's entries to be fetched now, the longest known first.

        Behind them stand stored ones whose pages are to be looked at again, unless `looks` is false.
        """
        with self._reading() as conn:
            return entries.due(conn, outlet, now=now, limit=limit, looks=looks)

    def with_due(self, outlets: Iterable[str], *, now: datetime, looks: bool = True) -> set[str]:
        """Return those of the outlets that have entries to be fetched now."""
        with self._reading() as conn:
            return entries.with_due(conn, outlets, now=now, looks=looks)

    def is_due(self, entry_id: str, now: datetime) -> bool:
        """Tell whether an entry is still to be fetched now."""
        with self._reading() as conn:
            return entries.is_due(conn, entry_id, now)

    def entry(self, entry_id: str) -> FeedEntry | None:
        """Return one entry."""
        with self._reading() as conn:
            return entries.entry(conn, entry_id)

    def add_entry(self, outlet: str, url: str) -> FeedEntry:
        """Make a page given by hand due, whatever was known of it. `url` is what `addresses.clean_url` returned."""
        with self._writing() as conn:
            return entries.add_entry(conn, outlet, url, now=_now())

    def fail(
        self,
        run: str,
        entry_id: str,
        *,
        reason: Reason,
        detail: str | None,
        next_try_at: datetime | None,
        answered: bool | None = None,
        raw: RawLocation | None = None,
        robots: str | None = None,
        recheck_hours: Sequence[float] = (),
    ) -> bool:
        """Write that an entry could not be made an article: again at `next_try_at`, or never when that is None.

        `answered` says whether the server answered; without it the reason decides. `robots` is what robots.txt said.
        A stored entry whose page was looked at again stays stored; returned is whether that page is no more.
        """
        with self._writing() as conn:
            return entries.fail(
                conn,
                run,
                entry_id,
                reason=reason,
                detail=detail,
                next_try_at=next_try_at,
                answered=answered,
                raw=raw,
                robots=robots,
                now=_now(),
                recheck_hours=recheck_hours,
            )

    def unchanged(
        self, run: str, entry_id: str, *, robots: str | None = None, recheck_hours: Sequence[float] = ()
    ) -> None:
        """Write that a stored page that was looked at again is what it was, as its server says."""
        with self._writing() as conn:
            entries.unchanged(conn, run, entry_id, robots=robots, now=_now(), recheck_hours=recheck_hours)

    def plan_looks(self, *, recheck_hours: Sequence[float]) -> int:
        """Write when the pages of young articles that were flagged after they came are looked at; return how many."""
        with self._reading() as conn:
            if not rechecking.unplanned(conn, hours=recheck_hours, now=_now()):
                return 0
        with self._writing() as conn:
            now = _now()
            found = rechecking.unplanned(conn, hours=recheck_hours, now=now)
            for entry in found:
                rechecking.plan(conn, entry, hours=recheck_hours, now=now)
        return len(found)

    def kept_page(self, entry_id: str) -> RawLocation | None:
        """Return where the page lies from which the article of an entry was taken."""
        with self._reading() as conn:
            return rechecking.kept_page(conn, entry_id)

    # -------------------------------------------------------------------------------------------- articles

    def copy_of(self, fingerprint: str) -> str | None:
        """Return the id of the article with this text."""
        with self._reading() as conn:
            return signatures.copy_of(conn, fingerprint)

    def store(
        self,
        run: str,
        worked: Worked,
        *,
        place: Place,
        compare: Compare | None = None,
        looked_up: LookedUp | None = None,
        same_event: SameEvent | None = None,
        robots: str | None = None,
        marked: Mapping[str, str] | None = None,
        recheck_hours: Sequence[float] = (),
    ) -> Stored:
        """Write a worked page in one transaction: the article or the sighting of one, verdicts, flags, the outcome.

        A replay changes nothing and returns `already=True`. The page must hold an article. `robots` is what robots.txt
        said of it, `recheck_hours` how many hours after it was stored the page of a flagged article is looked at again.
        `looked_up` is what was found of its copies before; what came since is looked at here, by `compare`. `marked` is
        noted as by `marks.made`.
        """
        with self._writing() as conn:
            return storing.store(
                conn,
                run,
                worked,
                place=place,
                compare=compare,
                looked_up=looked_up,
                same_event=same_event,
                now=_now(),
                robots=robots,
                marked=marked,
                recheck_hours=recheck_hours,
            )

    # -------------------------------------------------------------------------------- judging anew, decisions

    def count_stale(self, chosen: Chosen) -> int:
        """Return how many articles are to be judged anew."""
        with self._reading() as conn:
            return rejudging.count(conn, chosen)

    def stale(self, chosen: Chosen, *, after: str, limit: int) -> StaleBatch | None:
        """Return the articles to be judged anew of the next `limit` stories after one; None: there are no more."""
        with self._reading() as conn:
            return rejudging.read(conn, chosen, after=after, limit=limit)

    def rejudge(
        self, chosen: Chosen, batch: StaleBatch, verdicts: Mapping[str, Sequence[Verdict]], *, keep: bool
    ) -> Rejudged:
        """Replace a batch's verdicts (article → what the topics say now) and settle the flags, in one transaction.

        What changed since it was read is left. Without `keep` the transaction is taken back once its changes are known.
        """
        with self._trying(keep=keep) as conn:
            return rejudging.write(conn, chosen, batch, verdicts, now=_now())

    def withdraw(self, topic: str, *, after: str, limit: int, keep: bool) -> tuple[FlagChange, ...]:
        """Withdraw the open flags of a topic that is declared no more on the next `limit` stories, in one transaction.

        Returns what became of them, nothing when there are no more stories after this one. Without `keep` the
        transaction is taken back once its changes are known.
        """
        with self._trying(keep=keep) as conn:
            return withdrawing.withdraw(conn, topic, after=after, limit=limit, now=_now())

    @contextmanager
    def _trying(self, *, keep: bool) -> Iterator[Connection]:
        """Open a transaction, which without `keep` is taken back in the end."""
        with opening.errors_of(self._place), self._writer.connect() as conn, conn.begin() as transaction:
            yield conn
            if not keep:
                transaction.rollback()

    def decide(
        self, story_id: str, decision: Decision, *, by: str, note: str | None, fallback: tuple[str, Verdict]
    ) -> Marked:
        """Write a person's decision on a story for a topic, and bring its flag in line.

        `fallback` is an article of the story with the topic's verdict on it, for when no verdict is kept.
        """
        with self._writing() as conn:
            return decisions.decide(conn, story_id, decision, by=by, note=note, fallback=fallback, now=_now())

    def decisions(self, *, topic: str | None = None, since: datetime | None = None) -> list[Decided]:
        """Return the decisions that stand, the last of each story and topic, in the order in which they were made."""
        with self._reading() as conn:
            return decisions.standing(conn, topic=topic, since=since)

    # ------------------------------------------------------------------------------------------ regrouping

    def merge_stories(self, story: str, other: str, *, by: str, note: str | None, keep: bool = True) -> Regrouped:
        """Put all articles of `other` into `story`, by a person's word, in one transaction; `keep=False` only tries.

        UsageError when they are one story already, NotFoundError when there is no such story.
        """
        return self._regroup(lambda conn: regrouping.merge(conn, story, other, by=by, note=note, now=_now()), keep)

    def split_story(
        self, story: str, articles: Sequence[str], *, by: str, note: str | None, keep: bool = True
    ) -> Regrouped:
        """Put articles of a story into one of their own, with their copies, in one transaction; see `merge_stories`.

        UsageError when one of them is of another story, or when nothing would be left.
        """
        return self._regroup(lambda conn: regrouping.split(conn, story, articles, by=by, note=note, now=_now()), keep)

    def undo_regrouping(self, number: int, *, keep: bool = True) -> Regrouped:
        """Put the articles of a regrouping back, in one transaction; UsageError while a later one stands on it."""
        return self._regroup(lambda conn: regrouping.undo(conn, number, now=_now()), keep)

    def _regroup(self, change: Callable[[Connection], Regrouped], keep: bool) -> Regrouped:
        with opening.errors_of(self._place), self._writer.connect() as conn, conn.begin() as transaction:
            done = change(conn)
            if not keep:
                transaction.rollback()
        return done

    def regroupings(self, story: str | None = None) -> list[Regrouping]:
        """Return what persons regrouped, the last first: all of it, or what concerns one story."""
        with self._reading() as conn:
            return regrouping.history(conn, story)

    # ------------------------------------------------------------------------------------------------ drift

    def page_facts(
        self, *, since: datetime, until: datetime | None = None, outlets: Sequence[str] | None = None
    ) -> dict[str, list[PageFact]]:
        """Return what became of the pages of a time, by outlet, the oldest first."""
        with self._reading() as conn:
            return drifts.page_facts(conn, since=since, until=until, outlets=outlets)

    def norms(self) -> dict[str, NormRow]:
        """Return what each outlet's pages are usually like, as it is kept."""
        with self._reading() as conn:
            return drifts.norms(conn)

    def drifts(self, *, since: datetime) -> list[DriftRow]:
        """Return the drifts that go on, and those that ended since a moment."""
        with self._reading() as conn:
            return drifts.drifts(conn, since=since)

    def keep_drift(self, norms: Sequence[NormRow], changed: Sequence[DriftRow]) -> None:
        """Write norms in place of the former ones, and drifts that began or ended; one transaction."""
        with self._writing() as conn:
            drifts.keep(conn, norms, changed)

    def page_shown(self, entry_id: str, *, lines: int, width: int) -> PageShown | None:
        """Return what was made of an entry's page, with some lines of its text."""
        with self._reading() as conn:
            return drifts.page_shown(conn, entry_id, lines=lines, width=width)

    # ------------------------------------------------------------------------------------------------ reads

    def flagged(
        self,
        *,
        since: datetime | None = None,
        topic: str | None = None,
        theatre: str | None = None,
        limit: int | None = None,
        states: Collection[FlagState] = LISTED,
    ) -> list[listing.FlaggedStory]:
        """Return flagged stories, those first seen last on top; `since` means first seen by us."""
        with self._reading() as conn:
            return listing.flagged(conn, since=since, topic=topic, theatre=theatre, limit=limit, states=states)

    def open_flags(self) -> dict[str, int]:
        """Return topic → how many of its flags are open, for topics that have any."""
        with self._reading() as conn:
            return listing.open_flags(conn)

    def newest_stories(
        self,
        *,
        topic: str,
        after: tuple[datetime, str] | None = None,
        since: datetime | None = None,
        decided_only: bool = False,
        limit: int = 100,
    ) -> list[StoredStory]:
        """Return stories with their texts, the newest first; `after` is the `place` of the last one looked at.

        What a person made of the topic's flag is told with each; with `decided_only` only stories that have that.
        """
        with self._reading() as conn:
            return newest.newest_stories(
                conn, topic=topic, after=after, since=since, decided_only=decided_only, limit=limit
            )

    def near_misses(
        self,
        *,
        thresholds: Mapping[str, float],
        outlet_thresholds: Mapping[tuple[str, str], float] | None = None,
        since: datetime | None = None,
        limit: int = 20,
    ) -> list[NearMiss]:
        """Return stories that scored and are not flagged, nobody having decided on them, the nearest first.

        `thresholds` are the topics', `outlet_thresholds` those that hold for one outlet, by (topic, outlet).
        """
        with self._reading() as conn:
            return nearmisses.near_misses(
                conn,
                thresholds=thresholds,
                outlet_thresholds=outlet_thresholds or {},
                since=since,
                limit=limit,
            )

    def story(self, story_id: str) -> reads.StoryDetail | None:
        """Return a story with its articles (the first is its lead), who carried it, and its flags.

        The id of a story whose articles went to another one leads there.
        """
        with self._reading() as conn:
            return reads.story(conn, story_id)

    def article(self, article_id: str) -> reads.ArticleDetail | None:
        """Return an article with its verdicts."""
        with self._reading() as conn:
            return reads.article(conn, article_id)

    def versions(self, article_ids: Iterable[str]) -> list[reads.Version]:
        """Return the former texts of some articles, by article, the oldest first."""
        with self._reading() as conn:
            return reads.versions(conn, article_ids)

    def find(self, text: str) -> list[str]:
        """Return the ids (of stories, articles, entries, runs) that start with `text`, at most ten."""
        with self._reading() as conn:
            return reads.find(conn, text)

    def by_url(self, url: str) -> reads.EntryTrail | None:
        """Return what became of an address, asked for or ended at, in any spelling and whichever outlet told it."""
        with self._reading() as conn:
            return reads.by_url(conn, url)

    def count_stored(self, since: datetime, *, most: int | None = None) -> int:
        """Return how many articles were stored since a moment, counting no further than `most`."""
        with self._reading() as conn:
            return reads.count_stored(conn, since, most=most)

    def outlet_counts(self) -> dict[str, reads.OutletCounts]:
        """Return for each outlet how many entries stand where, and how many articles it gave."""
        with self._reading() as conn:
            return reads.outlet_counts(conn)


def _now() -> datetime:
    return datetime.now(UTC)

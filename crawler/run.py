"""One crawl's run: what it needs opened in order, what happened counted, and everything closed again in the end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final, Literal

from scrapy.crawler import Crawler

from crawler.deployment import Deployment
from crawler.hosts import HostNotes, Hosts
from crawler.polls import HOST_RESTS, Polls
from crawler.progress import LOG, Progress, log_event
from crawler.rounds import Poll
from crawler.tally import PageEnd, Tally
from mirqab.addresses import mask_credentials
from mirqab.errors import ConfigurationError, MirqabError, UsageError
from mirqab.settings import no_contact
from mirqab.types import ExitCode, FeedEntry, HostPart, HostState, Outlet, Reason, Stored, Worked

if TYPE_CHECKING:
    from mirqab.archive import Archive, ArchiveThread
    from mirqab.intake import Intake
    from mirqab.seen import Seen
    from mirqab.workers import Workers

IN_FLIGHT_PER_WORKER: Final = 4
"""Pages handed to the workers at a time, for each of them: enough that none waits, few enough to keep in memory."""
DAY_S: Final = 86_400.0
INTERRUPTED: Final = "interrupted"
"""How a run finishes that was told to end."""


def told(problem: BaseException | str) -> str:
    """Return a fault of ours in a line for the ledger; the log has its traceback."""
    text = problem if isinstance(problem, str) else f"{type(problem).__name__}: {problem}"
    return mask_credentials(text.partition("\n")[0])[:300]


def run_of(crawler: Crawler) -> CrawlRun:
    """Return the run that a crawler's spider carries."""
    run = getattr(crawler.spider, "run", None)
    assert isinstance(run, CrawlRun), "every spider of this project carries its run"
    return run


class CrawlRun:
    """The set-up and the outcome of one crawl of `outlets`.

    With `keeps=False` nothing is stored (a page fetched to be looked at), and of the archive, if there is one, only
    what it remembers of hosts is read; turns at hosts are shared with other crawlers all the same. Made without
    touching disk or network; raises ConfigurationError when a real crawl has no contact to show.
    """

    intake: Intake
    workers: Workers

    def __init__(
        self,
        deployment: Deployment,
        outlets: Sequence[Outlet],
        *,
        command: str,
        hosts: Sequence[str],
        keeps: bool = True,
        only_due: bool = False,
    ) -> None:
        _require_contact(deployment, hosts)
        self.deployment = deployment
        self.outlets = tuple(outlets)
        self.command = mask_credentials(command)
        self.tally = Tally()
        self.refused: MirqabError | None = None
        self.finish: str | None = None
        self.stopping = asyncio.Event()
        self.hosts = Hosts(self._reserve, self.host_state, self.keep_host, self.stopping)
        self.id: str | None = None
        self.begun = False  # it may stand in the ledger
        self._keeps = keeps
        self._notes = HostNotes()
        self._stack = AsyncExitStack()
        self._progress = Progress.of_environment()
        self.polls = Polls(
            self.outlets,
            self.tally,
            self._progress,
            only_due=only_due,
            max_items=deployment.settings.feeds_max_items,
            host_state=self.host_state,
        )
        self._room = asyncio.Semaphore(IN_FLIGHT_PER_WORKER * deployment.settings.workers_count)
        self._asked: set[str] = set()
        self._open_entries: dict[str, FeedEntry] = {}
        self._robots: dict[str, str] = {}
        self._put_off: dict[tuple[Reason | None, str | None], list[str]] = {}
        self._background: set[asyncio.Future[None]] = set()
        self._seen: Seen | None = None
        self._joining = asyncio.Lock()
        self._shares_turns = keeps or deployment.settings.redis_url is not None
        self._archive: Archive | None = None
        self._thread: ArchiveThread | None = None
        self._started_at = time.monotonic()
        self._closed = False

    # -------------------------------------------------------------------------------------- open, close

    async def open(self) -> None:
        """Open archive, Redis, workers and intake, begin the run in the ledger and mark what a dead run left."""
        feeds = sum(len(outlet.feeds) for outlet in self.outlets)
        if self._keeps:
            await self._open_parts()
        else:
            await self._open_memory()
        self.begun = True
        log_event("run-started", run=self.id, outlets=len(self.outlets), feeds=feeds)
        self._progress.tell("start", run=self.id, outlets=len(self.outlets), feeds=feeds)

    async def _open_memory(self) -> None:
        """Open the archive for what it remembers of hosts: their wishes for patience, and their robots.txt."""
        from mirqab.archive import ArchiveThread
        from mirqab.reader.queries import open_if_any

        settings = self.deployment.settings
        archive = await asyncio.to_thread(open_if_any, settings.archive_url, raw_folder=settings.raw_folder)
        if archive is None:
            return
        self._shares_turns = True
        self._stack.callback(archive.close)
        thread = ArchiveThread(archive)
        self._stack.push_async_callback(thread.close)

        async def recall(origin: str) -> HostState | None:
            return await thread.call(archive.host, origin)

        self._notes.recall = recall

    async def _open_parts(self) -> None:
        # imported here: a fetch that stores nothing, `scrapy list` and a wrong command pay for none of them
        from mirqab.archive import Archive, ArchiveThread
        from mirqab.declarations import load_topic_documents
        from mirqab.intake import Intake
        from mirqab.polling import Limits
        from mirqab.topics import compile_topics
        from mirqab.work import WorkPlan
        from mirqab.workers import Workers

        settings = self.deployment.settings
        topics = compile_topics(load_topic_documents(settings))
        stack = self._stack
        archive = await asyncio.to_thread(Archive.open, settings.archive_url, raw_folder=settings.raw_folder)
        self._archive = archive
        stack.callback(archive.close)
        thread = ArchiveThread(archive)
        self._thread = thread
        stack.push_async_callback(thread.close)
        seen = await self._join_crawlers()
        self.begun = True
        versions = [(topic.id, topic.version) for topic in topics]
        self.id = await thread.call(archive.start_run, self.command, topics=versions)
        self.workers = Workers(
            WorkPlan(
                topics=topics,
                raw_folder=settings.raw_folder,
                layouts_folder=settings.layouts_folder,
                max_page_bytes=settings.crawl_max_bytes,
            ),
            count=settings.workers_count,
            page_time_s=settings.workers_page_time_s,
            page_memory_mb=settings.workers_page_memory_mb,
            feed_time_s=settings.workers_feed_time_s,
        )
        stack.push_async_callback(self.workers.close)
        self.intake = Intake(
            archive,
            seen,
            run=self.id,
            max_attempts=settings.crawl_max_attempts,
            first_poll_max_age_s=settings.crawl_first_poll_days * DAY_S,
            outlets=self.outlets,
            limits=Limits(
                floor_s=settings.poll_floor_s,
                ceiling_s=settings.poll_ceiling_s,
                default_s=settings.poll_default_s,
                jitter=settings.poll_jitter,
            ),
            window_days=settings.stories_window_days,
            recheck_hours=settings.stories_recheck_hours,
        )
        stack.push_async_callback(self.intake.close)
        self.polls.open(self.intake, self.workers)
        await self.intake.recover()

    async def close(self, finish: str) -> None:
        """Give back what is still claimed, end the run in the ledger with its exit code, and close every part."""
        if self._closed:
            return
        self._closed = True
        for entry in tuple(self._open_entries.values()):
            if self.stopping.is_set():
                await self.put_off(entry, None)
            else:  # a request that was dropped without a word is a fault of ours
                LOG.error("entry %s met no end", entry.id)
                self.crashed("its request met no end", entry=entry.id)
        try:
            await self.polls.close(stopping=self.stopping.is_set())
            self.finish = INTERRUPTED if self._was_cut_short(finish) else finish
            for (because, detail), entries in self._put_off.items():
                outcome: Literal["put_off", "failed"] = "failed" if because is Reason.OUR_FAULT else "put_off"
                await self.intake.put_off(entries=entries, reason=because, detail=detail, outcome=outcome)
            if self._archive is not None and self._thread is not None and self.id is not None:
                await self._thread.call(self._archive.end_run, self.id, exit_code=self.exit_code, finish=self.finish)
        except BaseException:
            self.tally.faults += 1
            raise
        finally:
            self.finish = self.finish or finish
            await self._stack.aclose()
            self._tell_end()

    def _was_cut_short(self, finish: str) -> bool:
        """Return whether the run was told to end and left something because of it; the signal may come at the end."""
        return self.stopping.is_set() and (finish != "finished" or self.tally.any_left)

    def end_now(self) -> None:
        """Write the run's end without waiting for anything under way: the process is about to be gone.

        Claims need no word: whoever comes next takes over those of a dead process.
        """
        if self._closed:
            return
        self._closed = True
        self.finish = INTERRUPTED
        if self._archive is not None and self.id is not None:
            self._archive.end_run(self.id, exit_code=self.exit_code, finish=self.finish)
        self._tell_end()

    def _tell_end(self) -> None:
        took_s = round(time.monotonic() - self._started_at, 1)
        if self.refused is None and self._keeps:
            log_event("run-ended", run=self.id, finish=self.finish, exit_code=self.exit_code, seconds=took_s)
            for notice in self.tally.notices:
                LOG.warning("%s", mask_credentials(notice))
            LOG.info("%s", self.tally.sentence())
        self._progress.tell(
            "end",
            run=self.id,
            finish=self.finish,
            exit_code=self.exit_code,
            seconds=took_s,
            **self.tally.as_json(),
            summary=self.tally.sentence(),
        )

    @property
    def exit_code(self) -> ExitCode:
        """How the run ends."""
        if isinstance(self.refused, ConfigurationError | UsageError):
            return ExitCode.USAGE
        if self.refused is not None or self.finish != "finished":
            return ExitCode.FAILED
        if self.tally.any_crashed or not self.tally.adds_up:
            return ExitCode.FAILED
        return ExitCode.SOME_FAILED if self.tally.any_failed else ExitCode.WELL

    # ------------------------------------------------------------------------------------------- pages

    async def due(self, outlet: Outlet) -> list[FeedEntry]:
        """Return the outlet's pending entries that this run has not asked for yet; each is returned once.

        They count as asked from here on: the requests are made one by one, and meanwhile another feed of the outlet
        may ask what is due.
        """
        entries = [entry for entry in await self.intake.due(outlet.id) if entry.id not in self._asked]
        self._asked.update(entry.id for entry in entries)
        return entries

    def page_asked(self, entry: FeedEntry) -> None:
        """Count an entry whose page is to be asked."""
        self._asked.add(entry.id)
        self._open_entries[entry.id] = entry
        self.tally.pages_asked += 1

    async def validators(self, entry: FeedEntry) -> dict[str, str]:
        """Return the headers that ask for a page only when it has changed: for those that are looked at again."""
        if not entry.is_stored:
            return {}
        known = await self.intake.validators(entry)
        headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        return {name: value for name, value in headers.items() if value}

    def robots_said(self, entry: FeedEntry, decision: str | None) -> None:
        """Keep what robots.txt said of an entry's page until that is written with the page's end."""
        if decision is not None:
            self._robots[entry.id] = decision

    def robots_of(self, entry: str) -> str | None:
        """Return what robots.txt said of an entry's page."""
        return self._robots.get(entry)

    def stored(self, worked: Worked, stored: Stored, *, flagged: Sequence[str]) -> None:
        """Count what became of a worked page; `flagged` are the topics that flag it, raised before or now."""
        if worked.article is None:
            reason = worked.problem or Reason.NO_ARTICLE
            self._failed(worked.entry, worked.outlet, worked.page_url, reason, worked.detail)
            return
        end: PageEnd = stored.look or ("stored" if stored.article == worked.article.id else "duplicate")
        self.tally.raised.update(stored.raised)
        self.tally.developed.update(stored.developed)
        self._end_page(worked.entry, end)
        log_event(
            "page",
            level=logging.INFO if stored.raised else logging.DEBUG,
            outlet=worked.outlet,
            outcome=end,
            article=stored.article,
            raised=",".join(stored.raised) or None,
            url=worked.page_url,
        )
        self._progress.tell(
            "page",
            outlet=worked.outlet,
            url=worked.page_url,
            outcome=end,
            article=stored.article,
            flagged=flagged,
            raised=stored.raised,
            developed=stored.developed,
        )

    async def page_failed(
        self, entry: FeedEntry, reason: Reason, detail: str | None, *, retry_after_s: float | None = None
    ) -> None:
        """Write that an entry gave no page, and count it."""
        if await self.intake.fail(entry.id, reason, detail, retry_after_s, self.robots_of(entry.id)):
            self._looked_again(entry, "disappeared")
        else:
            self._failed(entry.id, entry.outlet, entry.url, reason, detail)

    async def page_unchanged(self, entry: FeedEntry) -> None:
        """Write that a page that was looked at again is what it was, and count it."""
        await self.intake.unchanged(entry.id, self.robots_of(entry.id))
        self._looked_again(entry, "unchanged")

    def _looked_again(self, entry: FeedEntry, end: PageEnd) -> None:
        self._end_page(entry.id, end)
        log_event("page", outlet=entry.outlet, outcome=end, article=entry.article, url=entry.url)
        self._progress.tell("page", outlet=entry.outlet, url=entry.url, outcome=end, article=entry.article, flagged=[])

    def _failed(self, entry: str, outlet: str, url: str, reason: Reason, detail: str | None) -> None:
        self.tally.reasons[reason] += 1
        self._end_page(entry, "failed")
        log_event("page", outlet=outlet, outcome="failed", reason=reason, detail=detail, url=url)
        self._progress.tell("page", outlet=outlet, url=url, outcome=reason, flagged=[])

    async def put_off(self, entry: FeedEntry, because: Reason | None, detail: str | None = None) -> None:
        """Leave an entry pending for a later run, and let go of its claim: its host asked for peace, or the run ends.

        The latter is told as a sum alone: thousands of lines at the end would crowd out the last.
        """
        await self.intake.release(entry.id)
        self._end_page(entry.id, "put_off")
        self._put_off.setdefault((because, because and (detail or HOST_RESTS)), []).append(entry.id)
        if because is not None:
            self.tally.put_off_reasons[because] += 1
            self._progress.tell("page", outlet=entry.outlet, url=entry.url, outcome="put_off", problem=because)

    def held_elsewhere(self, entry: str) -> None:
        """Count an entry that another crawler has in hand."""
        self._end_page(entry, "held")

    def crashed(self, problem: BaseException | str, *, entry: str | None = None, poll: Poll | None = None) -> None:
        """Count a fault of ours, for the page or feed that it met; the exit code will be 1.

        The ledger has it with the reason; the page or feed stays as due as it was.
        """
        detail = told(problem)
        if poll is not None:
            self.polls.crashed(poll, detail)
        elif entry in self._open_entries:
            assert entry is not None
            self._put_off.setdefault((Reason.OUR_FAULT, detail), []).append(entry)
            self.tally.reasons[Reason.OUR_FAULT] += 1
            known = self._open_entries[entry]
            self._progress.tell("page", outlet=known.outlet, url=known.url, outcome=Reason.OUR_FAULT, flagged=[])
            self._end_page(entry, "crashed")
            self._background.add(task := asyncio.ensure_future(self.intake.release(entry)))
            task.add_done_callback(self._background.discard)
        else:
            self.tally.faults += 1

    def _end_page(self, entry: str, end: PageEnd) -> None:
        self._robots.pop(entry, None)
        if self._open_entries.pop(entry, None) is not None:
            self.tally.pages[end] += 1

    # ------------------------------------------------------------------------------------ under way

    @property
    def room(self) -> asyncio.Semaphore:
        """Held by a page while it is with the workers."""
        return self._room

    @property
    def is_full(self) -> bool:
        """Whether the workers have as much as may be handed to them."""
        return self._room.locked()

    async def host_state(self, host: str) -> HostState | None:
        """Return what the archive remembers of a host (`scheme://host:port`), None when that is nothing."""
        return await (self.intake.host(host) if self._keeps else self._notes.get(host))

    async def keep_host(self, state: HostState, part: HostPart) -> None:
        """Write a part of what is to be remembered of a host."""
        await (self.intake.keep_host(state, part) if self._keeps else self._notes.keep(state, part))

    async def _reserve(self, host: str, delay_s: float) -> float:
        # where nothing was ever crawled, and no Redis is named, there is nobody to take turns with
        if delay_s <= 0 or not self._shares_turns:
            return 0.0
        return await (await self._join_crawlers()).host_wait_s(host, delay_s)

    async def _join_crawlers(self) -> Seen:
        """Return the Redis that all crawlers share; whoever stores nothing opens it when first there is a delay."""
        from mirqab.seen import open_seen

        async with self._joining:
            if self._seen is None:
                settings = self.deployment.settings
                opened = open_seen(
                    redis_url=settings.redis_url,
                    folder=settings.redis_folder,
                    window_days=settings.stories_window_days,
                )
                self._seen = await self._stack.enter_async_context(opened)
            return self._seen


def _require_contact(deployment: Deployment, hosts: Sequence[str]) -> None:
    """Whoever crawls says who they are, unless every host is the deployment's own."""
    if deployment.settings.contact or all(deployment.allowed.has_host(host) for host in hosts):
        return
    raise no_contact(deployment.settings)

"""The clock: starts each job of config/schedule.yaml when it is due, as a child process that types what a person would.

One clock runs on one data folder. A job never overlaps itself: a turn that comes while the former run still goes on
is skipped, and said so. What was missed while the clock (or the machine) stood still is caught up once. The ledger in
`clock.json` under the data folder remembers each job's last turn, in UTC.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.events import EVENT_JOB_MAX_INSTANCES
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from mirqab.errors import MirqabError
from mirqab.lifeline import tied_to_us
from mirqab.types import Job

RUN_LIMIT_S = 3 * 3600.0  # a run that lasts longer hangs
STOP_LIMIT_S = 30.0  # what a run gets to end by itself; the crawl's own deadline is shorter
# A sleeping machine stops the event loop's clock but not the wall's: look at the wall this often.
LOOK_S = 20.0
LATE_S = 60.0  # from here on a turn counts as late
COUNT_LIMIT = 1000  # missed turns are counted up to here

Say = Callable[[str], None]


# ------------------------------------------------------------------------------------------- the timetable


def fire_times(job: Job, after: datetime, *, until: datetime | None = None, count: int = COUNT_LIMIT) -> list[datetime]:
    """Return the job's next fire times after a moment, in UTC: at most `count`, none later than `until`."""
    trigger = _trigger(job)
    times: list[datetime] = []
    previous = after.astimezone(ZoneInfo(job.timezone))
    while len(times) < count:
        fired = trigger.get_next_fire_time(previous, previous)
        # around a change of the clocks a trigger may look back: time only goes on here
        if fired is None or (until is not None and fired > until):
            break
        if fired <= previous:
            previous += timedelta(minutes=1)
            continue
        times.append(fired.astimezone(UTC))
        previous = fired
    return times


def next_fires(jobs: Sequence[Job], now: datetime, count: int = 5) -> list[tuple[Job, datetime]]:
    """Return the next fire times over all jobs, soonest first."""
    fires = [(job, at) for job in jobs for at in fire_times(job, now, count=count)]
    return sorted(fires, key=lambda fire: fire[1])[:count]


def longest_turn_s(job: Job, now: datetime) -> float:
    """Return the longest time in seconds between two turns of a job, over its next fifty and at most a year."""
    times = fire_times(job, now, until=now + timedelta(days=366), count=50)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    return max(gaps, default=366 * 86400.0)


def _trigger(job: Job) -> CronTrigger:
    return CronTrigger.from_crontab(job.cron, timezone=ZoneInfo(job.timezone))


# -------------------------------------------------------------------------------------------- the ledger


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """The last turn of a job: when it was due, and how its run went. `ended_at` is None when it was cut short."""

    due_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    exit_code: int | None = None


class ClockLedger:
    """The last turn of every job, in one small JSON file that is replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turns: dict[str, Turn] = {}
        self.damage: str | None = None
        try:
            raw = json.loads(path.read_bytes())
            self._turns = {job: _turn(fields) for job, fields in raw.items()}
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, AttributeError) as error:
            # without it nothing is caught up; the next turn writes it anew
            self.damage = f"{path} cannot be read ({error}); missed runs before now are not known"

    def get(self, job: str) -> Turn | None:
        return self._turns.get(job)

    def put(self, job: str, turn: Turn) -> None:
        self._turns[job] = turn
        text = json.dumps({name: _plain(kept) for name, kept in self._turns.items()}, indent=1)
        new = self._path.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)


def _turn(fields: Mapping[str, Any]) -> Turn:
    def at(name: str) -> datetime | None:
        return datetime.fromisoformat(fields[name]).astimezone(UTC) if fields.get(name) else None

    due_at = at("due_at")
    if due_at is None:
        raise ValueError("a turn without a time")
    return Turn(due_at=due_at, started_at=at("started_at"), ended_at=at("ended_at"), exit_code=fields.get("exit_code"))


def _plain(turn: Turn) -> dict[str, Any]:
    return {
        name: value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
        for name, value in asdict(turn).items()
    }


@contextlib.contextmanager
def hold_clock(home: Path) -> Iterator[None]:
    """Hold the one clock of a data folder; MirqabError when another process has it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "clock.lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            raise MirqabError(f"Another `mirqab up` (process {owner}) already keeps the clock of {home}.") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


# --------------------------------------------------------------------------------------------- the clock


class Clock:
    """Runs the jobs of one data folder until it is told to stop.

    `program` is put before a job's command; `environ` is the children's environment; `say` gets one line for a person
    at each event.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        home: Path,
        say: Say,
        program: Sequence[str] = (sys.executable, "-m", "mirqab"),
        folder: Path | None = None,
        environ: Mapping[str, str] | None = None,
        run_limit_s: float = RUN_LIMIT_S,
        stop_limit_s: float = STOP_LIMIT_S,
    ) -> None:
        self._jobs = {job.id: job for job in jobs}
        self._ledger = ClockLedger(home / "clock.json")
        self._say = say
        self._program = tuple(program)
        self._folder = folder
        self._environ = {**(os.environ if environ is None else environ), **tied_to_us()}
        self._run_limit_s = run_limit_s
        self._stop_limit_s = stop_limit_s
        self._stopping = asyncio.Event()
        self._runs: set[asyncio.Task[None]] = set()
        self._caught_up: set[str] = set()  # jobs whose lateness was said at the start

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the clock until `stop` is set; then end the runs under way and return."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # what it has to say, we say
        # misfire_grace_time None: however late a turn is, it is run, once for all that were missed
        scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        scheduler.add_listener(lambda event: self._skipped(event.job_id), EVENT_JOB_MAX_INSTANCES)
        if self._ledger.damage:
            self._say(self._ledger.damage)
        now = datetime.now(UTC)
        for job in self._jobs.values():
            at_once = {"next_run_time": now} if self._owes(job, now) else {}
            scheduler.add_job(self._turn, _trigger(job), args=[job], id=job.id, **at_once)
        scheduler.start()
        try:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), LOOK_S)
                scheduler.wakeup()
        finally:
            scheduler.pause()
            self._stopping.set()
            if self._runs:
                self._say(f"stopping: {len(self._runs)} run(s) under way get {self._stop_limit_s:.0f} s to end")
                await asyncio.gather(*self._runs, return_exceptions=True)
            scheduler.shutdown(wait=False)

    def _owes(self, job: Job, now: datetime) -> bool:
        """Say whether the job must run at once: turns were missed, or its last run was cut short."""
        last = self._ledger.get(job.id)
        if last is None:
            self._ledger.put(job.id, Turn(due_at=now))  # from now on its turns count
            return False
        missed = len(fire_times(job, last.due_at, until=now))
        cut_short = last.started_at is not None and last.ended_at is None
        if missed:
            times = f"{missed}{'+' if missed == COUNT_LIMIT else ''} run{'' if missed == 1 else 's'}"
            self._say(f"{job.id}: {times} missed since {last.due_at:%Y-%m-%d %H:%M} UTC; catching up once, now")
        elif cut_short:
            self._say(f"{job.id}: the run of {last.due_at:%Y-%m-%d %H:%M} UTC was cut short; running it again, now")
        if missed or cut_short:
            self._caught_up.add(job.id)
        return bool(missed) or cut_short

    def _skipped(self, job: str) -> None:
        self._say(f"{job}: skipped, its former run still goes on")

    async def _turn(self, job: Job) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._runs.add(task)
        try:
            if not self._stopping.is_set():
                await self._run(job)
        except OSError as error:
            self._say(f"{job.id}: could not be started ({error})")
        finally:
            self._runs.discard(task)

    async def _run(self, job: Job) -> None:
        now = datetime.now(UTC)
        last = self._ledger.get(job.id)
        due = fire_times(job, last.due_at, until=now) if last else []
        turn = Turn(due_at=due[-1] if due else last.due_at if last else now, started_at=now)
        if due and now - due[-1] > timedelta(seconds=LATE_S) and job.id not in self._caught_up:
            self._say(f"{job.id}: {len(due)} run(s) came due while the machine slept; running once, now")
        self._caught_up.discard(job.id)
        self._ledger.put(job.id, turn)
        self._say(f"{job.id}: started ({' '.join(job.command)})")
        child = await asyncio.create_subprocess_exec(
            *self._program,
            *job.command,
            stdin=asyncio.subprocess.DEVNULL,
            cwd=self._folder,
            env=self._environ,
            start_new_session=True,  # Ctrl-C reaches us alone; and what is left of a run can be ended as one group
        )
        ended, why = await self._wait(child)
        _kill_group(child.pid)
        if ended:
            self._ledger.put(job.id, replace(turn, ended_at=datetime.now(UTC), exit_code=child.returncode))
        seconds = (datetime.now(UTC) - now).total_seconds()
        self._say(f"{job.id}: {why or _outcome(child.returncode)} after {seconds:.0f} s")

    async def _wait(self, child: asyncio.subprocess.Process) -> tuple[bool, str | None]:
        """Wait for the end of a run; return whether it had its chance, and what we did to it."""
        exited = asyncio.ensure_future(child.wait())
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({exited, stopping}, timeout=self._run_limit_s, return_when=asyncio.FIRST_COMPLETED)
            if exited.done():
                return True, None
            why = "stopped with the clock" if stopping.done() else f"stopped, it ran over {self._run_limit_s:.0f} s"
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(exited), self._stop_limit_s)
            if not exited.done():
                why += " and killed"
                _kill_group(child.pid)
                await exited
            return not stopping.done(), why
        finally:
            stopping.cancel()


def _kill_group(leader: int) -> None:
    """End what a run left behind: it began its own session, so the group holds nothing else."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _outcome(exit_code: int | None) -> str:
    match exit_code:
        case 0:
            return "done"
        case 3:
            return "done, some outlets failed (./run health)"
        case 2:
            return "not run: wrong usage or configuration, see above"
        case code if code is not None and code < 0:
            return f"ended by signal {-code}"
        case _:
            return f"failed with exit code {exit_code} (./run runs)"

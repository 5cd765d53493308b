"""The clock: when jobs fire, what is caught up, and how runs (real child processes) start, end and never overlap."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.interval import IntervalTrigger

from mirqab import clock as clock_module
from mirqab.clock import Clock, ClockLedger, Turn, fire_times, hold_clock, longest_turn_s, next_fires
from mirqab.errors import MirqabError
from mirqab.types import Job

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def job(cron: str = "*/30 * * * *", *, zone: str = "Asia/Baghdad", name: str = "everything") -> Job:
    return Job(id=name, cron=cron, timezone=zone, command=("crawl",))


# ------------------------------------------------------------------------------------------- the timetable


def test_cron_is_read_in_the_jobs_zone_and_told_in_utc() -> None:
    (first, second) = fire_times(job("30 7 * * sun,wed"), NOW, count=2)
    assert (first, second) == (
        datetime(2026, 11, 25, 4, 30, tzinfo=UTC),
        datetime(2026, 11, 29, 4, 30, tzinfo=UTC),
    )
    assert first.astimezone(ZoneInfo("Asia/Baghdad")).strftime("%a %H:%M") == "Wed 07:30"


def test_the_next_fires_are_over_all_jobs_in_time() -> None:
    hourly, half_past = job("0 * * * *", name="hourly"), job("30 * * * *", name="half", zone="Africa/Cairo")
    fires = next_fires([hourly, half_past], NOW, count=4)
    assert [(one.id, at.strftime("%H:%M")) for one, at in fires] == [
        ("half", "12:30"),
        ("hourly", "13:00"),
        ("half", "13:30"),
        ("hourly", "14:00"),
    ]


@pytest.mark.parametrize("zone", ["Africa/Cairo", "Asia/Beirut", "Asia/Baghdad", "Africa/Casablanca"])
@pytest.mark.parametrize("cron", ["30 23 * * *", "30 0 * * *", "*/20 * * * *"])
def test_time_only_goes_on_through_changes_of_the_clocks(zone: str, cron: str) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    times = fire_times(job(cron, zone=zone), start, until=start + timedelta(days=366), count=30_000)
    assert times[0] > start
    assert all(earlier < later for earlier, later in pairwise(times))
    longest = max(later - earlier for earlier, later in pairwise(times))
    # one night a year in which 00:30 does not exist leaves out one turn
    assert longest <= (timedelta(hours=48) if cron != "*/20 * * * *" else timedelta(hours=2))


def test_the_longest_turn_of_a_job_that_rests_at_night() -> None:
    assert longest_turn_s(job("0 6-22 * * *"), NOW) == 8 * 3600


# -------------------------------------------------------------------------------------------- the ledger


def test_the_ledger_keeps_each_jobs_last_turn(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    turn = Turn(due_at=NOW, started_at=NOW + timedelta(seconds=1), ended_at=NOW + timedelta(seconds=9), exit_code=3)
    ClockLedger(path).put("everything", turn)
    ClockLedger(path).put("wires", Turn(due_at=NOW))
    again = ClockLedger(path)
    assert (again.get("everything"), again.get("wires"), again.get("other")) == (turn, Turn(due_at=NOW), None)


@pytest.mark.parametrize(
    "content", [b"", b"[1]", b"{", b'{"everything": {"due_at": "soon"}}', b'{"everything": 5}', b"\xff"]
)
def test_a_damaged_ledger_is_told_and_written_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "clock.json"
    path.write_bytes(content)
    ledger = ClockLedger(path)
    assert ledger.damage is not None
    assert str(path) in ledger.damage
    ledger.put("everything", Turn(due_at=NOW))
    assert ClockLedger(path).get("everything") == Turn(due_at=NOW)


def test_one_clock_for_one_home(tmp_path: Path) -> None:
    with hold_clock(tmp_path), pytest.raises(MirqabError, match=f"process {os.getpid()}"), hold_clock(tmp_path):
        pass
    with hold_clock(tmp_path):
        pass


# ------------------------------------------------------------------------------------------------ running


class Bench:
    """A clock whose children are a small script of ours, and what came of it."""

    def __init__(self, home: Path, script: str) -> None:
        self.home = home
        self.said: list[str] = []
        self.notes = home / "notes"
        script = f"import os, pathlib, signal, sys, time\nnotes = pathlib.Path({str(self.notes)!r})\n{script}"
        self.program: tuple[str, ...] = (sys.executable, "-c", script)

    def ledger(self, **turn: datetime) -> None:
        fields = {name: at.isoformat() for name, at in turn.items()}
        (self.home / "clock.json").write_text(json.dumps({"everything": fields}))

    def last(self) -> Turn:
        turn = ClockLedger(self.home / "clock.json").get("everything")
        assert turn is not None
        return turn

    def lines(self) -> list[str]:
        return self.notes.read_text().split() if self.notes.exists() else []

    async def run(
        self, until: str, *, jobs: list[Job] | None = None, run_limit_s: float = 60, stop_limit_s: float = 10
    ) -> None:
        """Keep the clock until a line that holds `until` was said (or the script noted it), then stop it."""
        stop = asyncio.Event()
        clock = Clock(
            jobs or [job()],
            home=self.home,
            say=self.said.append,
            program=self.program,
            run_limit_s=run_limit_s,
            stop_limit_s=stop_limit_s,
        )
        running = asyncio.ensure_future(clock.run(stop))
        deadline = asyncio.get_running_loop().time() + 60
        while until not in "\n".join([*self.said, *self.lines()]):
            assert asyncio.get_running_loop().time() < deadline, self.said
            assert not running.done(), running.exception()
            await asyncio.sleep(0.02)
        stop.set()
        await asyncio.wait_for(running, 60)


NOTE = "open(notes, 'a').write(' '.join(sys.argv[1:]) + '\\n')"


async def test_missed_runs_are_caught_up_once_and_said(tmp_path: Path) -> None:
    bench = Bench(tmp_path, NOTE)
    missed_since = datetime.now(UTC) - timedelta(hours=5)
    bench.ledger(due_at=missed_since, started_at=missed_since, ended_at=missed_since)
    await bench.run("done after")
    assert bench.lines() == ["crawl"], "ten were missed, one is run"
    assert any("10 runs missed" in line and "catching up once" in line for line in bench.said)
    last = bench.last()
    assert last.exit_code == 0
    assert last.ended_at is not None
    assert timedelta(0) <= datetime.now(UTC) - last.due_at < timedelta(minutes=31), "the last turn that was due"
    bench.said.clear()
    other = Bench(tmp_path, NOTE)
    stop = asyncio.Event()
    running = asyncio.ensure_future(
        Clock([job()], home=tmp_path, say=other.said.append, program=other.program).run(stop)
    )
    await asyncio.sleep(0.3)
    stop.set()
    await running
    assert other.said == [], "nothing is owed any more"


async def test_a_new_clock_owes_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, NOTE)
    stop = asyncio.Event()
    running = asyncio.ensure_future(
        Clock([job()], home=tmp_path, say=bench.said.append, program=bench.program).run(stop)
    )
    await asyncio.sleep(0.5)
    stop.set()
    await running
    assert bench.lines() == []
    assert datetime.now(UTC) - bench.last().due_at < timedelta(seconds=30), "from now on its turns count"


async def test_a_run_that_was_cut_short_is_run_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, NOTE)
    now = datetime.now(UTC)
    bench.ledger(due_at=now, started_at=now)
    await bench.run("done after")
    assert bench.lines() == ["crawl"]
    assert any("cut short" in line for line in bench.said)


async def test_stopping_ends_the_run_under_way_and_remembers_that_it_was_cut_short(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        "def end(*_):\n    open(notes, 'a').write('ended\\n')\n    sys.exit(1)\n"
        "signal.signal(signal.SIGTERM, end)\nopen(notes, 'a').write('ready\\n')\ntime.sleep(30)",
    )
    bench.ledger(due_at=datetime.now(UTC) - timedelta(hours=1))
    await bench.run("ready")
    assert bench.lines() == ["ready", "ended"]
    assert bench.last().ended_at is None
    assert any("stopped with the clock" in line for line in bench.said)


async def test_a_run_that_does_not_end_is_killed_with_all_it_started(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "if os.fork() == 0:\n    open(notes, 'a').write(f'grandchild {os.getpid()}\\n')\n"
        "time.sleep(60)",
    )
    bench.ledger(due_at=datetime.now(UTC) - timedelta(hours=1))
    await bench.run("killed", run_limit_s=4, stop_limit_s=0.4)
    assert any("ran over" in line and "killed" in line for line in bench.said)
    grandchild = int(bench.lines()[1])
    async with asyncio.timeout(60):
        while _alive(grandchild):  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.05)
    assert bench.last().ended_at is not None, "it had its chance"


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_job_never_overlaps_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # real scheduler and children; only the trigger is quicker than cron's minute
    monkeypatch.setattr(clock_module, "_trigger", lambda job: IntervalTrigger(seconds=1, timezone=UTC))
    bench = Bench(tmp_path, "open(notes, 'a').write('start\\n')\ntime.sleep(2.2)\nopen(notes, 'a').write('stop\\n')")
    stop = asyncio.Event()
    running = asyncio.ensure_future(
        Clock([job()], home=tmp_path, say=bench.said.append, program=bench.program).run(stop)
    )
    while bench.lines().count("stop") < 2:
        await asyncio.sleep(0.05)
        assert not running.done()
    stop.set()
    await running
    assert bench.lines()[:4] == ["start", "stop", "start", "stop"]
    assert any("skipped" in line for line in bench.said)


async def test_a_program_that_cannot_start_is_told_and_the_clock_goes_on(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "")
    bench.program = (str(tmp_path / "nothing-here"),)
    bench.ledger(due_at=datetime.now(UTC) - timedelta(hours=1))
    await bench.run("could not be started")


@pytest.mark.parametrize(
    ("code", "words"), [(1, "failed with exit code 1"), (2, "wrong usage"), (3, "some outlets failed")]
)
async def test_the_outcome_is_said_and_kept(tmp_path: Path, code: int, words: str) -> None:
    bench = Bench(tmp_path, f"sys.exit({code})")
    bench.ledger(due_at=datetime.now(UTC) - timedelta(hours=1))
    await bench.run(words)
    assert bench.last().exit_code == code

"""`mirqab up` and `mirqab serve` as processes: what they print, how they end, and what they leave behind."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from mirqab.settings import CODE_ROOT
from tests.cli.conftest import Command, alive, children, wait_for

if TYPE_CHECKING:
    from tests.cli.conftest import Environ

# A job that stays until it is ended; it is a command as any other.
SERVE = "serve --port 0"


@pytest.fixture
def deployed(child_environ: Environ, home: Path, tmp_path: Path) -> Command:
    """A deployment whose one job missed its runs, so that it starts at once."""
    config = tmp_path / "config"
    shutil.copytree(CODE_ROOT / "config", config)
    schedule = f"timezone: Asia/Baghdad\njobs:\n  - {{id: pages, cron: '15 4 * * fri', command: {SERVE}}}\n"
    (config / "schedule.yaml").write_text(schedule, encoding="utf-8")
    long_ago = (datetime.now(UTC) - timedelta(days=20)).isoformat()
    (home / "clock.json").write_text(
        json.dumps({"pages": {"due_at": long_ago, "started_at": long_ago, "ended_at": long_ago, "exit_code": 0}})
    )
    return Command(child_environ(MIRQAB_CONFIG=str(config), MIRQAB_WEB_PORT="0"))


class Reading:
    """Reads what a running command says until a line is there."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self.child = child
        self.text = ""

    def until(self, pattern: str) -> str:
        assert self.child.stdout is not None
        assert self.child.stderr is not None
        deadline = time.monotonic() + 90
        while (match := re.search(pattern, self.text)) is None:
            assert time.monotonic() < deadline, self.text
            ready, _, _ = select.select([self.child.stdout, self.child.stderr], [], [], 1)
            for stream in ready:
                self.text += os.read(stream.fileno(), 65536).decode()
            assert ready or self.child.poll() is None, self.text
        return match[1] if match.lastindex else match[0]


def test_serve_answers_and_ends_on_sigterm(mirqab: Command) -> None:
    child = mirqab.start("serve", "--port", "0")
    said = Reading(child)
    assert "./run crawl" in httpx.get(said.until(r"(http://127\.0\.0\.1:\d+/)")).text
    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == 0
    assert "Traceback" not in said.text + child.communicate()[1].decode()


def test_serve_refuses_other_addresses_than_this_machine(mirqab: Command) -> None:
    said = mirqab("serve", "--host", "0.0.0.0", "--port", "0")
    assert (said.code, said.out) == (2, "")
    assert "this machine alone" in said.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up_prints_the_next_runs_catches_up_serves_and_stops(
    deployed: Command, home: Path, number: signal.Signals
) -> None:
    child = deployed.start("up")
    said = Reading(child)
    pages = said.until(r"(http://127\.0\.0\.1:\d+/)")
    said.until("pages: started")
    table = [line for line in said.text.splitlines() if "Asia/Baghdad" in line]
    assert len(table) == 5
    assert all(line.startswith("Fri ") and " 04:15 Asia/Baghdad" in line and " 01:15 " in line for line in table)
    assert re.search(r"pages: [23] runs missed since .*; catching up once", said.text)
    assert httpx.get(pages).status_code == 200
    wait_for(lambda: len(children(child.pid)) == 1)
    (run,) = children(child.pid)
    child.send_signal(number)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 0
    assert b"stopped with the clock" in err
    assert b"Traceback" not in out + err
    assert not alive(run)
    assert json.loads((home / "clock.json").read_text())["pages"]["ended_at"] is None, (
        "it is run again at the next start"
    )


def test_two_clocks_on_one_home_are_refused(deployed: Command) -> None:
    child = deployed.start("up", "--no-web")
    Reading(child).until("pages: started")
    said = deployed("up", "--no-web")
    assert said.code == 1
    assert f"process {child.pid}" in said.err
    child.terminate()
    child.communicate(timeout=60)


def test_a_killed_clock_takes_its_run_along(deployed: Command) -> None:
    child = deployed.start("up", "--no-web")
    Reading(child).until("pages: started")
    wait_for(lambda: len(children(child.pid)) == 1)
    (run,) = children(child.pid)
    # the child asks for this signal when it starts: let it
    wait_for(lambda: b"serve" in Path(f"/proc/{run}/cmdline").read_bytes())
    time.sleep(1)
    child.kill()
    child.communicate()
    wait_for(lambda: not alive(run))


def test_up_says_every_mistake_of_the_declarations_before_it_starts(deployed: Command) -> None:
    config = Path(deployed.environ["MIRQAB_CONFIG"])
    (config / "schedule.yaml").write_text("jobs:\n  - {id: a, cron: '0 0 * * 0-4', command: crawl}\n", encoding="utf-8")
    said = deployed("up")
    assert said.code == 2
    assert "schedule.yaml:2" in said.err
    assert "sun" in said.err
    (config / "schedule.yaml").write_text("jobs:\n  - {id: a, cron: '0 0 * * *', command: crawll}\n", encoding="utf-8")
    said = deployed("up")
    assert said.code == 2
    assert "did you mean crawl?" in said.err
    both = "  - {id: b, cron: '0 0 * * *', command: [crawl, aljazera]}\n"
    wrong = "jobs:\n  - {id: a, cron: '0 0 * * 0-4', command: crawll}\n"
    (config / "schedule.yaml").write_text(wrong + both, encoding="utf-8")
    said = deployed("up")
    assert [line.partition("schedule.yaml:")[2][:2] for line in said.err.splitlines()] == ["2:", "2:", "3:"]
    assert "jobs.1.command: crawl aljazera: There is no outlet" in said.err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("crawl --kynd wire", "No such option: --kynd"),
        ("crawl --kind blog", "kinds are wire"),
        ("crawl aljazera", "Did you mean aljazeera?"),
        ("./run crawl", "without ./run itself"),
        ("flagged --limit none", "none"),
    ],
)
def test_up_tries_the_commands_of_jobs_before_it_starts(deployed: Command, command: str, words: str) -> None:
    config = Path(deployed.environ["MIRQAB_CONFIG"])
    (config / "schedule.yaml").write_text(f"jobs:\n  - {{id: a, cron: '0 0 * * *', command: {command}}}\n")
    said = deployed("up", "--no-web")
    assert said.code == 2
    assert "config/schedule.yaml:2: jobs.0.command: " in said.err
    assert words in said.err


@pytest.mark.parametrize("command", [("up", "--no-web"), ("crawl",)])
def test_a_home_that_is_no_folder_is_said_in_one_line(deployed: Command, tmp_path: Path, command: tuple[str]) -> None:
    (tmp_path / "file").touch()
    said = deployed(*command, MIRQAB_HOME=str(tmp_path / "file" / "home"), MIRQAB_CONTACT="me@example.org")
    assert said.code == 1
    assert re.fullmatch(rf"mirqab: {tmp_path}/file/home\S*: Not a directory", said.err.strip())

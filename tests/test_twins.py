"""Two processes that store copies of one text at one moment end with one story."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from mirqab.archive import Archive
from mirqab.types import Relation
from tests.archive.making import TOPIC, WEEK_S, item, snapshot
from tests.seen.processes import pids_of, wait_until

OUTLETS = ("rasid", "qabas")

STORER = """
import asyncio, sys
from pathlib import Path
from mirqab.archive import Archive
from mirqab.intake import Intake
from mirqab.seen import open_seen
from tests.archive.making import TALKS, TOPIC, verdict
from tests.wires import edited, signed, wire

async def store(url, folder, outlet):
    archive = Archive.open(url)
    async with open_seen(redis_url=None, folder=Path(folder)) as seen:
        run = archive.start_run(f"crawl {outlet}", topics=[TOPIC])
        intake = Intake(archive, seen, run=run, max_attempts=5, first_poll_max_age_s=0)
        await intake.recover()
        entries = {entry.url.rsplit("/", 1)[1]: entry for entry in await intake.due(outlet)}
        print("open", flush=True)
        for line in iter(sys.stdin.readline, "end\\n"):
            number, at_once = line.split()
            text = TALKS + "\\n" + wire(int(number))
            if outlet == "qabas":
                text = edited(text)
            page = signed(number, text, outlet=outlet, verdicts=[verdict(text)])
            assert await intake.claim(entries[number])
            looked_up = await intake.look_up(page)
            if at_once == "no":
                print("looked up", flush=True)
                assert await asyncio.to_thread(sys.stdin.readline) == "store\\n"
            stored = await intake.store(page, looked_up)
            print(stored.placement.story, stored.placement.relation, *stored.raised, flush=True)
        await intake.close()
        archive.end_run(run, exit_code=0, finish="finished")

asyncio.run(store(*sys.argv[1:]))
"""


class Storer:
    """A crawl of one outlet in a process of its own, told round by round what to do."""

    def __init__(self, url: str, folder: Path, outlet: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", STORER, url, str(folder), outlet],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, word: str) -> None:
        assert self._process.stdin is not None
        print(word, file=self._process.stdin, flush=True)

    def word(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def end(self) -> int:
        self.tell("end")
        return self._process.wait(60)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def storer(url: str, folder: Path, outlet: str) -> Iterator[Storer]:
    started = Storer(url, folder, outlet)
    try:
        yield started
    finally:
        started.kill()


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=pytest.mark.full)])
def test_twins_stored_at_one_moment_are_one_story(tmp_path: Path, rounds: int) -> None:
    url, folder = f"sqlite:///{tmp_path / 'archive.sqlite3'}", tmp_path / "redis"
    archive = Archive.open(url)
    run = archive.start_run("crawl", topics=[TOPIC])
    for outlet in OUTLETS:
        items = [item(str(number), host=f"{outlet}.example") for number in range(rounds)]
        shot = snapshot(*items, outlet=outlet, url=f"https://{outlet}.example/rss.xml")
        archive.admit(run, shot, first_poll_max_age_s=WEEK_S)
    with ExitStack() as stack:
        both = [stack.enter_context(storer(url, folder, outlet)) for outlet in OUTLETS]
        assert [one.word() for one in both] == ["open", "open"]
        for number in range(rounds):
            # with both looked up before either stores, and as fast as each can
            waits = number % 2 == 0
            for one in both:
                one.tell(f"{number} {'no' if waits else 'yes'}")
            if waits:
                assert [one.word() for one in both] == ["looked up", "looked up"]
                for one in both:
                    one.tell("store")
            told = [one.word().split() for one in both]
            assert told[0][0] == told[1][0], f"round {number}: two stories"
            assert {told[0][1], told[1][1]} == {Relation.NEW, Relation.NEAR}
            assert sorted(words[2:] for words in told) == [[], [TOPIC[0]]], f"round {number}: one flag, raised once"
        assert [one.end() for one in both] == [0, 0]
    assert len(archive.flagged()) == rounds
    assert archive.marks.unmade() == []
    archive.close()
    wait_until(lambda: not pids_of(folder))

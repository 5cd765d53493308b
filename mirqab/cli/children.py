"""Child processes of a command: `python -m crawler …`, in a group of their own: Ctrl-C reaches them once, from us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any

from mirqab.cli.deployment import CODE
from mirqab.lifeline import tied_to_us

# A crawl ends within its own deadline after the first signal; then it is ended.
STOP_LIMIT_S = 40.0
LOOK_S = 0.25


def has_terminal() -> bool:
    """Say whether a terminal can interrupt this process and its children (the clock starts its runs without one)."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def start_scrapy(
    arguments: Sequence[str], environ: Mapping[str, str], *, log: IO[bytes], pass_fds: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    """Start Scrapy, in the folder of scrapy.cfg; what it logs goes to `log`, and it ends with us."""
    return subprocess.Popen(
        [sys.executable, "-m", "crawler", *arguments],
        cwd=CODE,
        env={**environ, **tied_to_us()},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=pass_fds,
        # without a terminal the child stays in our group, so that whoever ends that group ends it too
        process_group=0 if has_terminal() else None,
    )


class PassedOn:
    """While open, SIGINT and SIGTERM go to the child instead of ending us; each is passed on as it comes."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child
        self._former: dict[signal.Signals, Any] = {}
        self._received_at: float | None = None

    @property
    def received(self) -> bool:
        """Whether a signal came."""
        return self._received_at is not None

    def __enter__(self) -> PassedOn:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._former[number] = signal.signal(number, self._pass_on)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, former in self._former.items():
            signal.signal(number, former)
        if self._child.poll() is None:  # we fail: the child does not outlive us
            self._child.terminate()
            try:
                self._child.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()

    def wait(self) -> int:
        """Wait for the child's end and return its exit code; after a signal it gets STOP_LIMIT_S."""
        while True:
            try:
                return self._child.wait(LOOK_S)
            except subprocess.TimeoutExpired:
                self.end_if_overdue()

    def end_if_overdue(self) -> None:
        """Kill the child when it has not ended within STOP_LIMIT_S of the first signal."""
        if self._received_at is not None and time.monotonic() - self._received_at > STOP_LIMIT_S:
            self._child.kill()

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        self._received_at = self._received_at or time.monotonic()
        if self._child.poll() is None:
            self._child.send_signal(number)


class ChildLog:
    """The log file that children append to; it knows what this child wrote."""

    LIMIT = 8 * 2**20  # bytes; then the file starts anew and the former is kept once

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{name}.log"
        if self.path.exists() and self.path.stat().st_size > self.LIMIT:
            self.path.replace(folder / f"{name}.log.1")
        self.file: IO[bytes] = self.path.open("ab")
        self._start = self.path.stat().st_size

    def tail(self, lines: int = 15) -> str:
        """Return the last lines that were written since this log was opened."""
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._start, size - 64 * 1024))
            text = file.read().decode("utf-8", "replace")
        return "\n".join(text.strip().splitlines()[-lines:])

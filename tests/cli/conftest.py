"""The command as a person types it: a child process with a private home."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mirqab.cli.app import main
from mirqab.settings import load_settings
from tests.reader import newsroom

ROOT = Path(__file__).resolve().parents[2]
Environ = Callable[..., dict[str, str]]


# What a process used is counted from its fork, so a small one of its own starts it and not the test's. On Linux it
# takes in what outlives its parent (worker processes), so that every process of the command is counted.
MEASURE = """
import os, resource, sys
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
command = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
while True:
    try:
        pid, status = os.wait()
    except ChildProcessError:
        break
    if pid == command:
        code = os.waitstatus_to_exitcode(status)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
sys.stderr.write(f"\\n{used.ru_utime + used.ru_stime} {used.ru_maxrss / 1024} {code}")
"""


@dataclass(frozen=True)
class Said:
    """What a finished command said. `cpu_s` is of all its processes, `memory_mb` of the largest."""

    code: int
    out: str
    err: str
    cpu_s: float
    memory_mb: float

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


class Command:
    """`python -m mirqab …` in a private home."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "mirqab", *arguments],
            cwd=ROOT,
            env={**self.environ, **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __call__(self, *arguments: str, given: bytes | str = b"", **more: str) -> Said:
        """Run a command to its end."""
        child = subprocess.Popen(
            [sys.executable, "-S", "-c", MEASURE, sys.executable, "-m", "mirqab", *arguments],
            cwd=ROOT,
            env={**self.environ, **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = child.communicate(given.encode() if isinstance(given, str) else given, timeout=200)
        told, _, used = err.decode().rpartition("\n")
        cpu_s, memory_mb, code = used.split()
        return Said(code=int(code), out=out.decode(), err=told, cpu_s=float(cpu_s), memory_mb=float(memory_mb))


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.fixture
def mirqab(child_environ: Environ) -> Command:
    """The command with an empty home."""
    return Command(child_environ())


@pytest.fixture(scope="module")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the newsroom's stories, for tests that only read."""
    home = tmp_path_factory.mktemp("home")
    newsroom.fill(load_settings(environ={"MIRQAB_HOME": str(home)}))
    return home


@pytest.fixture
def filled(child_environ: Environ, filled_home: Path) -> Command:
    """The command with a home that holds stories."""
    return Command(child_environ(MIRQAB_HOME=str(filled_home)))


class Reader:
    """The same command within this process, which spares every question the start of a new one."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Said:
        """Run a command to its end."""
        self._capsys.readouterr()
        code = main(list(arguments))
        out, err = self._capsys.readouterr()
        return Said(code=code, out=out, err=err, cpu_s=0, memory_mb=0)


@pytest.fixture
def reader(
    child_environ: Environ, filled_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Reader:
    """The command, in this process, with a home that holds stories."""
    for name in set(os.environ) - set(child_environ()):
        monkeypatch.delenv(name)
    monkeypatch.setenv("MIRQAB_HOME", str(filled_home))
    return Reader(capsys)


@pytest.fixture
def newcomer(home: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """The command, in this process, with an empty home."""
    monkeypatch.setenv("MIRQAB_HOME", str(home))
    return reader

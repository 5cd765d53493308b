"""What every test stands on: no way out to the network, a private home, the real inputs, a browser."""

from __future__ import annotations

import ipaddress
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from mirqab.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parent.parent

# A suite that was started in the background ignores Ctrl-C, and so would every command that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What an example is, is tested, not how soon: a machine that is busy for a second is no finding.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


# ------------------------------------------------------------------------------------------------ no way out


class NetworkRefusedError(OSError):
    """A test tried to leave this machine."""


_attempts: list[str] = []


def _is_here(host: object) -> bool:
    """True for no host at all (to listen), and for names and addresses of this machine."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in ("", "localhost") or (isinstance(host, str) and host.endswith(".localhost")):
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    match event:
        case "socket.connect" | "socket.sendto":
            sock, address = arguments
            refused = sock.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0])
        case "socket.getaddrinfo" | "socket.gethostbyname":
            address = arguments[0]
            refused = not _is_here(address)
        case _:
            return
    if refused:
        _attempts.append(f"{event} {address!r}")
        raise NetworkRefusedError(f"tests do not leave this machine: {event} {address!r}")


# An audit hook sees every Python socket, asyncio's included. What uvloop or a child process opens, it does not see:
# for them the crawler's own guard stands, which has its own tests.
sys.addaudithook(_guard)


@pytest.fixture
def refused_connections() -> list[str]:
    """The attempts to leave this machine so far; a test that expects one clears the list."""
    return _attempts


@pytest.fixture(autouse=True)
def _nothing_left_this_machine() -> Iterator[None]:
    """Fail a test that tried, even when the code under test took the refusal for a network failure."""
    _attempts.clear()
    yield
    assert not _attempts, f"the test tried to leave this machine: {_attempts}"


# ---------------------------------------------------------------------------------------------- real inputs


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real inputs, which are not part of the repository; skips when it is absent.

    With MIRQAB_SHARED_REQUIRED=1 (as in CI) its absence fails instead.
    """
    folder = Path(os.environ.get("MIRQAB_SHARED_DATA") or ROOT / ".." / "shared" / "data").resolve()
    if folder.is_dir():
        return folder
    reason = f"no real inputs at {folder} (MIRQAB_SHARED_DATA says where they are)"
    if os.environ.get("MIRQAB_SHARED_REQUIRED") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


# --------------------------------------------------------------------------------------------------- a home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A private folder for what Mirqab writes."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(home: Path) -> Settings:
    """The settings of the repository's own config/, with a private home and nothing from the environment."""
    return load_settings(environ={"MIRQAB_HOME": str(home)})


def environ_of_child(home: Path, **more: str) -> dict[str, str]:
    """Return the environment of a child process: this one's with a private home, and what a test adds.

    Nothing of the developer's own settings reaches the child.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MIRQAB_") and name != "REDIS_URL"}
    path = os.pathsep.join(part for part in (str(ROOT), kept.get("PYTHONPATH")) if part)
    return {**kept, "PYTHONPATH": path, "MIRQAB_HOME": str(home), **more}


@pytest.fixture
def child_environ(home: Path) -> Callable[..., dict[str, str]]:
    """Makes the environment of a child process with this test's home."""

    def make(**more: str) -> dict[str, str]:
        return environ_of_child(home, **more)

    return make


# ------------------------------------------------------------------------------------------------ a browser


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium browser; skips when there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium on PATH: apt-get install chromium fonts-noto-core")

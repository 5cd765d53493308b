"""What the crawling benchmarks share: a deployment of its own, a web on loopback, and the CPU of every process."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("MIRQAB_SHARED_DATA") or ROOT.parent / "shared" / "data")
CRAWL = (sys.executable, "-m", "crawler", "crawl", "feeds")

Answer = Callable[[str, str, Mapping[str, str]], bytes]
"""From the host asked, the path and the request's headers (names in lower case) to the whole answer."""


class Web:
    """Serves `hosts` addresses 127.0.x.y on one port, from a thread of this process, which no benchmark counts."""

    def __init__(self, hosts: int, answer: Answer) -> None:
        self.hosts = [f"127.0.{20 + number // 200}.{1 + number % 200}" for number in range(hosts)]
        self.port = 0
        self._answer = answer
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Web:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *problem: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def base(self, number: int) -> str:
        """Return the root address of one host."""
        return f"http://{self.hosts[number]}:{self.port}"

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with contextlib.AsyncExitStack() as stack:
            for host in self.hosts:
                server = await self._loop.create_server(partial(_Answering, host, self._answer), host, self.port)
                await stack.enter_async_context(server)
                self.port = self.port or server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._over.wait()


class _Answering(asyncio.Protocol):
    def __init__(self, host: str, answer: Answer) -> None:
        self._host, self._answer, self._asked = host, answer, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        while b"\r\n\r\n" in self._asked:
            head, self._asked = self._asked.split(b"\r\n\r\n", 1)
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            self._transport.write(self._answer(self._host, first.split(" ")[1], headers))


def http(status: str, body: bytes = b"", **headers: str) -> bytes:
    """Return a whole answer; header names are written with underscores."""
    told = {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Length": str(len(body))}
    if status.startswith("304"):
        del told["Content-Length"]
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


class Deployment:
    """A fresh home with declared outlets, each a list of feeds, crawled with the real command and no delay."""

    def __init__(self, folder: Path, outlets: Mapping[str, Sequence[str]], **settings: object) -> None:
        self._folder = folder
        (folder / "config").mkdir()
        (folder / "config" / "topics").symlink_to(ROOT / "config" / "topics")
        lines = ["outlets:"]
        for number, (name, feeds) in enumerate(outlets.items()):
            lines += [f"  - id: outlet-{number}", f"    name: {json.dumps(name)}", f"    name_en: {json.dumps(name)}"]
            lines += ["    country: iq", "    kind: portal", "    timezone: Asia/Baghdad", f"    home: {feeds[0]}"]
            lines += ["    feeds:", *(f"      - url: {feed}" for feed in feeds)]
        (folder / "config" / "outlets.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        # as ./run does: without compiled files each start costs more than the work
        left_out = {"REDIS_URL", "PYTHONDONTWRITEBYTECODE"}
        kept = {key: value for key, value in os.environ.items() if key not in left_out and key[:7] != "MIRQAB_"}
        ours: dict[str, object] = {
            "home": folder / "home",
            "config": folder / "config",
            "progress": folder / "progress",
        }
        ours |= {"crawl_allow_hosts": "127.0.0.0/8", "crawl_delay_s": 0} | settings
        self._environ = kept | {f"MIRQAB_{name.upper()}": str(value) for name, value in ours.items()}

    def crawl(self, *options: str) -> tuple[float, dict[str, Any]]:
        """Crawl all feeds; return the CPU seconds of every process, to the end of the last one, and the run's end."""
        (self._folder / "progress").unlink(missing_ok=True)
        cpu_s = cpu_of([*CRAWL, *options], self._environ, self._folder / "log")
        last = (self._folder / "progress").read_text(encoding="utf-8").splitlines()[-1]
        return cpu_s, json.loads(last)


def cpu_of(command: Sequence[str], environ: Mapping[str, str], log: Path) -> float:
    """Run a command and return the CPU seconds of all its processes, user + system."""
    before = _children_cpu_s()
    with log.open("wb") as file:
        code = subprocess.run(command, cwd=ROOT, env=environ, stdout=file, stderr=file, check=False).returncode
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    if code not in (0, 3):
        raise SystemExit(f"{' '.join(command)} ended with {code}:\n{log.read_text()[-3000:]}")
    return _children_cpu_s() - before


def _children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def adopt_orphans() -> None:
    """Become the parent of whatever outlives a crawl, so that its CPU is counted too (Linux)."""
    set_child_subreaper = 36
    if ctypes.CDLL(None, use_errno=True).prctl(set_child_subreaper, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")

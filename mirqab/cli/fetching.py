"""Addresses given to a command: fetched by the crawler, so that there is one way out to the network."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import TYPE_CHECKING, Final

from mirqab.addresses import AllowedHosts, clean_url, host_of
from mirqab.cli import deployment
from mirqab.cli.children import ChildLog, PassedOn, start_scrapy
from mirqab.cli.contact import ask_for_contact
from mirqab.cli.inputs import Arrived
from mirqab.cli.terminal import say
from mirqab.errors import MirqabError
from mirqab.types import Reason

if TYPE_CHECKING:
    from mirqab.settings import Settings

LOOK_S: Final = 0.02
AHEAD: Final = 64
"""Addresses that are asked for before their turn to be read: a slow host does not keep the others waiting."""
END_LIMIT_S: Final = 5.0


def who_asks(urls: Iterable[str], deployed: Settings) -> Settings:
    """Return the settings with a contact to show to these addresses' hosts, asked for when there is none."""
    own = AllowedHosts.of(deployed.crawl_allow_hosts)
    if deployed.contact or all(own.has_host(host_of(url)) for url in urls if clean_url(url)):
        return deployed
    ask_for_contact(deployed)
    return deployment.settings()


class Fetcher:
    """Fetches addresses as the crawler does (robots.txt, delays, user agent, only public hosts); nothing is stored.

    A context in which one child of the crawler, started with the first address, answers everything that is asked: the
    delay between two requests to a host holds over all of them.
    """

    def __init__(self, deployed: Settings) -> None:
        self._deployed = deployed
        self._stack = ExitStack()
        self._child: Popen[bytes] | None = None
        self._count = 0
        self._slow: set[str] = set()  # hosts of which was said that they are

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *problem: object) -> None:
        if self._child is not None:
            self._writing.close()  # with nothing more to come it ends by itself
            try:
                self._child.wait(0 if problem[0] else END_LIMIT_S)
            except TimeoutExpired:
                self._child.kill()  # it keeps nothing that could be lost
        self._stack.close()

    def fetch(self, *urls: str) -> list[Arrived]:
        """Return what the web answers to each address, asked at one time.

        Raises MirqabError when the crawler itself fails.
        """
        asked = [self._ask(url) for url in urls]
        return [self._answer(url, number) for url, number in zip(urls, asked, strict=True)]

    def each(self, urls: Iterable[str]) -> Iterator[Arrived | MirqabError]:
        """Yield what the web answers, in the order of the addresses, of which a few are asked for in advance.

        A MirqabError stands for an address at which the crawler itself failed.
        """
        waiting: deque[tuple[str, int | None]] = deque()
        for url in urls:
            waiting.append((url, self._ask(url)))
            if len(waiting) == AHEAD:
                yield self._told(*waiting.popleft())
        while waiting:
            yield self._told(*waiting.popleft())

    def _told(self, url: str, number: int | None) -> Arrived | MirqabError:
        try:
            return self._answer(url, number)
        except MirqabError as error:
            return error

    def _ask(self, url: str) -> int | None:
        """Ask for an address and return the number of its answer; None for what is no address."""
        clean = clean_url(url)
        if clean is None:
            return None
        if self._child is None:
            self._start()
        number, self._count = self._count, self._count + 1
        with suppress(BrokenPipeError):  # the child is gone: whoever waits for the answer is told why
            self._writing.write(clean.encode("utf-8") + b"\n")
        return number

    def _start(self) -> None:
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="mirqab-fetch-")))
        self._log = ChildLog(self._deployed.log_folder, "fetch")
        self._stack.enter_context(self._log.file)
        reading, writing = os.pipe()
        self._writing = self._stack.enter_context(os.fdopen(writing, "wb", buffering=0))
        arguments = ["crawl", "fetch", "-a", f"urls=/dev/fd/{reading}", "-a", f"into={self._folder}"]
        environ = deployment.child_environ(self._deployed)
        try:
            self._child = start_scrapy(arguments, environ, log=self._log.file, pass_fds=(reading,))
        finally:
            os.close(reading)
        self._passed = self._stack.enter_context(PassedOn(self._child))

    def _answer(self, url: str, number: int | None) -> Arrived:
        if number is None:
            return Arrived(name=url, body=b"", problem=Reason.BAD_URL)
        assert self._child is not None
        path = self._folder / str(number)
        pace = self._folder / f"{number}.pace"
        while not path.exists():
            if host_of(url) not in self._slow and pace.exists():
                self._slow.add(host_of(url))
                seconds = pace.read_text(encoding="ascii")
                say(f"{host_of(url)}: {seconds} s lie between two requests, as it or the settings ask; please wait.")
            if self._passed.received:
                raise KeyboardInterrupt
            if self._child.poll() is not None and not path.exists():
                code = self._child.returncode
                raise MirqabError(
                    f"the crawler ended with exit code {code}: {self._log.tail(1)} (see {self._log.path})"
                )
            time.sleep(LOOK_S)
        answer = path.read_bytes()
        path.unlink()
        return _arrived(url, answer)


def _arrived(url: str, answer: bytes) -> Arrived:
    head, _, body = answer.partition(b"\n")
    told = json.loads(head)
    if "failure" in told:
        raise MirqabError(told["failure"])
    detail = told["detail"]
    if told["problem"] == Reason.REFUSED_ADDRESS:
        detail = f"{detail}; the setting crawl.allow_hosts names hosts of your own that may be read"
    kinds = [value for name, value in told["headers"] if name.lower() == "content-type"]
    return Arrived(
        name=url,
        body=body,
        url=told["final_url"],
        content_type=kinds[0] if kinds else None,
        status=told["status"],
        headers=tuple((name, value) for name, value in told["headers"]),
        moved_to=told.get("moved_to"),
        problem=Reason(told["problem"]) if told["problem"] else None,
        detail=detail,
    )

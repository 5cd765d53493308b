"""What a crawl says while it runs: its events counted, shown live or in calm lines, and summed up at the end."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mirqab.cli.terminal import one_line, say
from mirqab.types import NO_ANSWER  # as the ledger counts

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

CALM_S = 10.0  # seconds between two lines when nobody watches a terminal


@dataclass(slots=True)
class OutletTally:
    """One outlet in this run. `failures` counts pages by reason, `feed_problems` names feeds that gave nothing."""

    new: int = 0
    known: int = 0
    fetched: int = 0
    stored: int = 0
    duplicates: int = 0
    flagged: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    feed_problems: list[tuple[str, str]] = field(default_factory=list)


class Tally:
    """The counts of one run, fed with the events of the crawl (see `take`)."""

    def __init__(self) -> None:
        self.outlets: dict[str, OutletTally] = {}
        self.feeds_expected = 0
        self.feeds_done = 0
        self.last_url = ""
        self.summary: Mapping[str, Any] | None = None

    def take(self, event: Mapping[str, Any]) -> None:
        """Count one event: start, feed, page or end; what is unknown is passed over."""
        match event.get("event"):
            case "start":
                self.feeds_expected = int(event.get("feeds") or 0)
            case "feed":
                self._feed(event)
            case "page":
                self._page(event)
            case "end":
                self.summary = event

    def _outlet(self, event: Mapping[str, Any]) -> OutletTally:
        return self.outlets.setdefault(str(event.get("outlet", "?")), OutletTally())

    def _feed(self, event: Mapping[str, Any]) -> None:
        self.feeds_done += 1
        outlet = self._outlet(event)
        outlet.new += int(event.get("new") or 0)
        outlet.known += int(event.get("known") or 0)
        self.last_url = str(event.get("url", ""))
        if event.get("problem"):
            outlet.feed_problems.append((self.last_url, str(event["problem"])))

    def _page(self, event: Mapping[str, Any]) -> None:
        outlet = self._outlet(event)
        outlet.fetched += event.get("outcome") not in NO_ANSWER
        self.last_url = str(event.get("url", ""))
        match event.get("outcome"):
            case "stored":
                outlet.stored += 1
            case "duplicate":
                outlet.duplicates += 1
            case reason:
                outlet.failures[str(reason)] += 1
        outlet.flagged += bool(event.get("raised", event.get("flagged")))

    def total(self, name: str) -> int:
        """Return one count over all outlets."""
        return sum(int(getattr(outlet, name)) for outlet in self.outlets.values())

    @property
    def failed(self) -> int:
        return sum(outlet.failures.total() for outlet in self.outlets.values())

    def line(self) -> str:
        """Return the state of the run in one line."""
        feeds = f"feeds {self.feeds_done}/{self.feeds_expected}" if self.feeds_expected else f"feeds {self.feeds_done}"
        parts = [
            feeds,
            f"new {self.total('new')}",
            f"fetched {self.total('fetched')}",
            f"stored {self.total('stored')}",
        ]
        parts += [f"copies {self.total('duplicates')}", f"failed {self.failed}", f"flagged {self.total('flagged')}"]
        return " · ".join(parts)


class EventLines:
    """Puts the bytes of the progress pipe together into events; a line that is no JSON object is passed over."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[dict[str, Any]]:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                yield event


class Display(Protocol):
    """Shows a running tally."""

    def __enter__(self) -> Display: ...
    def __exit__(self, *problem: object) -> None: ...
    def show(self, tally: Tally) -> None: ...


class CalmLines:
    """One line every now and then, for logs and pipes."""

    def __init__(self) -> None:
        self._said = ""
        self._said_at = time.monotonic()

    def __enter__(self) -> CalmLines:
        return self

    def __exit__(self, *problem: object) -> None:
        pass

    def show(self, tally: Tally) -> None:
        now = time.monotonic()
        line = tally.line()
        if now - self._said_at >= CALM_S and line != self._said:
            say(line)
            self._said, self._said_at = line, now


class LiveLines:
    """Two lines on a terminal that change in place."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._live: Live | None = None

    def __enter__(self) -> LiveLines:
        from rich.live import Live

        from mirqab.cli.terminal import console

        self._live = Live(console=console(stderr=True), refresh_per_second=8, transient=True)
        self._live.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        if self._live is not None:
            self._live.__exit__(None, None, None)

    def show(self, tally: Tally) -> None:
        if self._live is not None:
            self._live.update(self._text(tally))

    def _text(self, tally: Tally) -> Text:
        from rich.text import Text

        seconds = int(time.monotonic() - self._started)
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f"{seconds // 60:02d}:{seconds % 60:02d}  ", style="dim")
        text.append(tally.line())
        text.append("\n       " + one_line(tally.last_url), style="dim")
        return text

"""What a crawl says while it runs: its events counted, shown live or in calm lines, and summed up at the end."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mirqab.cli.terminal import one_line, say
from mirqab.types import NO_ANSWER, FeedRole, Reason

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

REFUSALS = frozenset((Reason.REFUSED_ADDRESS, Reason.REFUSED_BY_ROBOTS))
CALM_S = 10.0  # seconds between two lines when nobody watches a terminal


@dataclass(slots=True)
class OutletReport:
    """One outlet in this run.

    `failures` counts pages by reason, refusals among them. `feed_problems` names feeds that gave nothing with the
    reason, `notices` is what a person should know of feeds that did.
    """

    feeds_read: int = 0
    feeds_unchanged: int = 0
    feeds_failed: int = 0
    feeds_put_off: int = 0
    gaps: int = 0
    found_again: int = 0
    new: int = 0
    known: int = 0
    fetched: int = 0
    stored: int = 0
    duplicates: int = 0
    put_off: int = 0
    flagged: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    put_off_reasons: Counter[str] = field(default_factory=Counter)
    feed_problems: list[tuple[str, str]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """Pages and feeds that may not be asked: robots.txt forbids it, or the address is not public."""
        pages = sum(count for reason, count in self.failures.items() if reason in REFUSALS)
        return pages + sum(problem in REFUSALS for _, problem in self.feed_problems)

    @property
    def failed(self) -> int:
        """Pages that gave no article, those refused left out."""
        return sum(count for reason, count in self.failures.items() if reason not in REFUSALS)

    @property
    def tells(self) -> bool:
        """Whether anything happened that is worth a line."""
        return bool(self.new or self.fetched or self.failures or self.feed_problems or self.notices or self.put_off)


class RunReport:
    """The counts of one run, fed with the events of the crawl (see `take`)."""

    def __init__(self) -> None:
        self.outlets: dict[str, OutletReport] = {}
        self.feeds_expected = 0
        self.feeds_done = 0
        self.not_due = 0
        self.last_url = ""
        self.summary: Mapping[str, Any] | None = None

    def take(self, event: Mapping[str, Any]) -> None:
        """Count one event: start, not_due, feed, page or end; what is unknown is passed over."""
        match event.get("event"):
            case "start":
                self.feeds_expected = int(event.get("feeds") or 0)
            case "not_due":
                self.not_due += int(event.get("feeds") or 0)
                self.feeds_expected -= int(event.get("feeds") or 0)
            case "feed":
                self._feed(event)
            case "page":
                self._page(event)
            case "end":
                self.summary = event

    def _outlet(self, event: Mapping[str, Any]) -> OutletReport:
        return self.outlets.setdefault(str(event.get("outlet", "?")), OutletReport())

    def _feed(self, event: Mapping[str, Any]) -> None:
        self.feeds_done += 1
        role = event.get("role", FeedRole.FEED)
        self.feeds_expected += role != FeedRole.FEED  # what a feed leads to is expected from then on
        outlet = self._outlet(event)
        self.last_url = str(event.get("url", ""))
        new = int(event.get("new") or 0)
        outlet.new += new
        outlet.known += int(event.get("known") or 0)
        outlet.found_again += new if role == FeedRole.BACKFILL else 0
        match event.get("outcome"):
            case "not_modified":
                outlet.feeds_unchanged += 1
            case "put_off":
                outlet.feeds_put_off += 1
            case "failed":
                outlet.feeds_failed += 1
            case "ok":
                outlet.feeds_read += 1
        if event.get("problem"):
            outlet.feed_problems.append((self.last_url, str(event["problem"])))
        if event.get("gap"):
            outlet.gaps += 1
        outlet.notices += map(str, event.get("notices") or ())

    def _page(self, event: Mapping[str, Any]) -> None:
        outlet = self._outlet(event)
        self.last_url = str(event.get("url", ""))
        outcome = str(event.get("outcome"))
        match outcome:
            case "put_off":
                outlet.put_off += 1
                outlet.put_off_reasons[str(event.get("problem"))] += 1
                return
            case "stored":
                outlet.stored += 1
            case "duplicate":
                outlet.duplicates += 1
            case reason:
                outlet.failures[reason] += 1
        outlet.fetched += outcome not in NO_ANSWER
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
        parts = [feeds + (f" ({self.not_due} not due)" if self.not_due else "")]
        parts += [f"new {self.total('new')}", f"fetched {self.total('fetched')}", f"stored {self.total('stored')}"]
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
    """Shows how a run goes."""

    def __enter__(self) -> Display: ...
    def __exit__(self, *problem: object) -> None: ...
    def show(self, report: RunReport) -> None: ...


class CalmLines:
    """One line every now and then, for logs and pipes."""

    def __init__(self) -> None:
        self._said = ""
        self._said_at = time.monotonic()

    def __enter__(self) -> CalmLines:
        return self

    def __exit__(self, *problem: object) -> None:
        pass

    def show(self, report: RunReport) -> None:
        now = time.monotonic()
        line = report.line()
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

    def show(self, report: RunReport) -> None:
        if self._live is not None:
            self._live.update(self._text(report))

    def _text(self, report: RunReport) -> Text:
        from rich.text import Text

        seconds = int(time.monotonic() - self._started)
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f"{seconds // 60:02d}:{seconds % 60:02d}  ", style="dim")
        text.append(report.line())
        text.append("\n       " + one_line(report.last_url), style="dim")
        return text

"""What a crawl says while it runs: its events counted, shown live or in calm lines, and summed up at the end."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from mirqab.cli.sums import PAGE_COUNTS
from mirqab.cli.terminal import one_line, say
from mirqab.types import NO_ANSWER, REFUSALS, FeedRole

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

CALM_S = 10.0  # seconds between two lines when nobody watches a terminal


class RunReport:
    """What a run has told so far, fed with the events of the crawl (see `take`).

    `counts` has the words of `mirqab.cli.sums` for pages, and `feeds` for those that met their end. `flagged` counts by
    outlet the pages that raised a flag, `raised` are their articles, `developed` those that tell something new of a
    story on which a person decided. `feed_problems` (outlet, address, reason) names what gave nothing, `notices`
    (outlet, words) is what a person should know of feeds that did.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.flagged: Counter[str] = Counter()
        self.raised: list[str] = []
        self.developed: list[str] = []
        self.feed_problems: list[tuple[str, str, str]] = []
        self.notices: list[tuple[str, str]] = []
        self.feeds_expected = 0
        self.not_due = 0
        self.last_url = ""
        self.begun = False
        self.ending = False
        self.summary: Mapping[str, Any] | None = None

    def take(self, event: Mapping[str, Any]) -> None:
        """Count one event: start, not_due, feed, page or end; what is unknown is passed over."""
        match event.get("event"):
            case "start":
                self.begun = True
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

    def _feed(self, event: Mapping[str, Any]) -> None:
        role = event.get("role", FeedRole.FEED)
        self.feeds_expected += role == FeedRole.CHILD  # what an index leads to is expected from then on
        self.counts["feeds"] += role != FeedRole.BACKFILL
        self.last_url = str(event.get("url", ""))
        outlet = str(event.get("outlet", "?"))
        for name in ("new", "reopened"):
            self.counts[name] += int(event.get(name) or 0)
        if event.get("problem"):
            self.feed_problems.append((outlet, self.last_url, str(event["problem"])))
        self.notices += [(outlet, str(notice)) for notice in event.get("notices") or ()]

    def _page(self, event: Mapping[str, Any]) -> None:
        self.last_url = str(event.get("url", ""))
        outcome = str(event.get("outcome"))
        self.counts["again"] += outcome in _LOOKS
        if outcome != "unchanged":
            self.counts[_PAGE_WORDS.get(outcome, "refused" if outcome in REFUSALS else "failed")] += 1
        self.counts["fetched"] += outcome != "put_off" and outcome not in NO_ANSWER
        if event.get("raised"):
            self.flagged[str(event.get("outlet", "?"))] += 1
            self.raised.append(str(event.get("article")))
        if event.get("developed"):
            self.developed.append(str(event.get("article")))

    def line(self) -> str:
        """Return the state of the run in one line."""
        feeds = f"feeds {self.counts['feeds']} of {self.feeds_expected}"
        parts = [feeds + (f" ({self.not_due} not due)" if self.not_due else "")]
        shown = [*PAGE_COUNTS.values(), "flagged"]
        counts = self.counts | Counter(flagged=self.flagged.total())
        parts += [f"{word} {counts[word]}" for word in shown if counts[word] or word in ("new", "stored", "flagged")]
        return " · ".join(parts)


_LOOKS = ("unchanged", "changed", "disappeared")
_PAGE_WORDS = {
    "put_off": "later",
    "stored": "stored",
    "duplicate": "copies",
    "changed": "changed",
    "disappeared": "gone",
}


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
    """One line every now and then, for logs and pipes; it names the crawl, for the clock may run several at once."""

    def __init__(self, name: str) -> None:
        self._name = name
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
            say(f"{self._name}: {line}")
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

"""The counts of one run: every request that was made ends in exactly one of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from mirqab.types import Admitted, FeedRole, Reason

FeedEnd = Literal["ok", "not_modified", "failed", "put_off", "crashed"]
RobotsEnd = Literal["answered", "failed", "put_off", "crashed"]
PageEnd = Literal["stored", "duplicate", "failed", "held", "put_off", "crashed"]
ITEM_COUNTS: Final = ("found", "new", "reopened", "known", "noted", "unusable")


@dataclass(slots=True)
class Tally:
    """What happened so far.

    Feeds, which are all addresses that were asked for items, children of sitemap indexes and back-fills too: asked =
    ok + not modified + failed + put off (to a later run) + crashed (our own fault). Pages: asked = stored + duplicate
    + failed + held (by another crawler) + put off + crashed. The requests for robots.txt add up as well. Feeds that
    were not due were not asked.
    """

    feeds_asked: int = 0
    feeds: Counter[FeedEnd] = field(default_factory=Counter)
    feed_reasons: Counter[Reason] = field(default_factory=Counter)
    put_off_reasons: Counter[Reason] = field(default_factory=Counter)  # of feeds and pages whose hosts are let be
    roles: Counter[FeedRole] = field(default_factory=Counter)
    not_due: int = 0
    items: Counter[str] = field(default_factory=Counter)
    left_out: int = 0  # items beyond the most that are read
    gaps: int = 0
    found_again: int = 0
    notices: list[str] = field(default_factory=list)  # what whoever declares the outlets should know
    pages_asked: int = 0
    pages: Counter[PageEnd] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    raised: Counter[str] = field(default_factory=Counter)  # topic → new flags
    robots_asked: int = 0
    robots: Counter[RobotsEnd] = field(default_factory=Counter)
    faults: int = 0  # our own, in what had met its end already

    def admitted(self, counts: Admitted, role: FeedRole) -> None:
        """Add what one feed brought."""
        self.items.update({name: getattr(counts, name) for name in ITEM_COUNTS})
        if role is FeedRole.BACKFILL:
            self.found_again += counts.new

    @property
    def adds_up(self) -> bool:
        """Whether every request has met its end."""
        asked = (self.feeds_asked, self.pages_asked, self.robots_asked)
        return asked == (self.feeds.total(), self.pages.total(), self.robots.total())

    @property
    def any_failed(self) -> bool:
        """Whether anything did not give what it was asked for, a host that is left in peace for now too."""
        return bool(self.feeds["failed"] or self.pages["failed"] or self.put_off_reasons)

    @property
    def any_crashed(self) -> bool:
        return bool(self.feeds["crashed"] or self.pages["crashed"] or self.robots["crashed"] or self.faults)

    def as_json(self) -> dict[str, Any]:
        """Return the counts under the names of the run ledger."""
        return {
            **{name: self.items[name] for name in ITEM_COUNTS},
            "feeds": self.feeds_asked,
            "feeds_ok": self.feeds["ok"],
            "feeds_not_modified": self.feeds["not_modified"],
            "feeds_failed": self.feeds["failed"],
            "feed_reasons": _told(self.feed_reasons),
            "feeds_put_off": self.feeds["put_off"],
            "put_off_reasons": _told(self.put_off_reasons),
            "feeds_not_due": self.not_due,
            "children": self.roles[FeedRole.CHILD],
            "backfills": self.roles[FeedRole.BACKFILL],
            "left_out": self.left_out,
            "gaps": self.gaps,
            "found_again": self.found_again,
            "robots": self.robots_asked,
            "robots_failed": self.robots["failed"],
            "pages": self.pages_asked,
            "stored": self.pages["stored"],
            "duplicates": self.pages["duplicate"],
            "failed": self.pages["failed"],
            "reasons": _told(self.reasons),
            "held": self.pages["held"],
            "put_off": self.pages["put_off"],
            "crashed": self.pages["crashed"] + self.feeds["crashed"] + self.faults,
            "flagged": dict(self.raised),
        }

    def sentence(self) -> str:
        """Return the run in one line for a person."""
        feeds = [f"{self.feeds['ok']} read", f"{self.feeds['not_modified']} unchanged"]
        if self.feeds["failed"]:
            feeds.append(f"{self.feeds['failed']} failed ({_listed(self.feed_reasons)})")
        if self.feeds["put_off"]:
            feeds.append(f"{self.feeds['put_off']} left for later")
        if self.not_due:
            feeds.append(f"{self.not_due} more not due")
        pages = [f"{self.pages['stored']} stored", f"{self.pages['duplicate']} copies"]
        if self.pages["failed"]:
            pages.append(f"{self.pages['failed']} failed ({_listed(self.reasons)})")
        if self.pages["held"]:
            pages.append(f"{self.pages['held']} held by another crawler")
        if self.pages["put_off"]:
            pages.append(f"{self.pages['put_off']} left for later")
        if crashed := self.as_json()["crashed"]:
            pages.append(f"{crashed} crashed")
        flagged = ", ".join(f"{count} in {topic}" for topic, count in sorted(self.raised.items())) or "none"
        told = [f"{self.feeds_asked} feeds: {', '.join(feeds)}", f"{self.items['new']} new entries"]
        if self.gaps:
            told.append(gap_sentence(self.gaps, self.found_again))
        told.append(f"{self.pages_asked} pages: {', '.join(pages)}")
        if self.put_off_reasons:
            told.append(f"hosts let be: {_listed(self.put_off_reasons)}")
        return "; ".join([*told, f"new flags: {flagged}"])


def gap_sentence(gaps: int, found_again: int) -> str:
    """Return what is to be said of feeds that rolled over between two polls."""
    feeds = "1 feed" if gaps == 1 else f"{gaps} feeds"
    return f"{feeds} rolled over: items may be lost; {found_again} found again"


def _told(reasons: Counter[Reason]) -> dict[str, int]:
    return {str(reason): count for reason, count in reasons.most_common()}


def _listed(reasons: Counter[Reason]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())

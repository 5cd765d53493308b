"""The counts of one run: every request that was made ends in exactly one of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from mirqab.types import REFUSALS, Admitted, FeedRole, Reason

FeedEnd = Literal["ok", "not_modified", "failed", "put_off", "crashed"]
RobotsEnd = Literal["answered", "failed", "put_off", "crashed"]
PageEnd = Literal["stored", "duplicate", "unchanged", "changed", "disappeared", "failed", "held", "put_off", "crashed"]
LOOKS: Final = ("unchanged", "changed", "disappeared")
"""How looks at stored pages again end when they tell anything of them."""

ITEM_COUNTS: Final = ("found", "new", "reopened", "known", "noted", "unusable")


@dataclass(slots=True)
class Tally:
    """What happened so far.

    Feeds, children of sitemap indexes too: asked = ok + not modified + failed + put off (to a later run) + crashed (our
    own fault). So do the back-fills, which are counted apart. Pages: asked = stored + duplicate + unchanged + changed +
    disappeared (these three are stored ones that were looked at again) + failed + held (by another crawler) + put off +
    crashed. The requests for robots.txt add up as well. Feeds that were not due were not asked. What was refused is
    among the failed here, and told apart by its reason in what goes out.
    """

    feeds_asked: int = 0
    feeds: Counter[FeedEnd] = field(default_factory=Counter)
    feed_reasons: Counter[Reason] = field(default_factory=Counter)
    backfills: Counter[FeedEnd] = field(default_factory=Counter)
    backfill_reasons: Counter[Reason] = field(default_factory=Counter)
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
    developed: Counter[str] = field(default_factory=Counter)  # topic → decided flags of which something new was told
    robots_asked: int = 0
    robots: Counter[RobotsEnd] = field(default_factory=Counter)
    faults: int = 0  # our own, in what had met its end already

    def admitted(self, counts: Admitted, role: FeedRole) -> None:
        """Add what one feed brought."""
        self.items.update({name: getattr(counts, name) for name in ITEM_COUNTS})
        if role is FeedRole.BACKFILL:
            self.found_again += counts.new

    def ends_of(self, role: FeedRole) -> Counter[FeedEnd]:
        """Return the counter that an address with this role is counted in."""
        return self.backfills if role is FeedRole.BACKFILL else self.feeds

    def reasons_of(self, role: FeedRole) -> Counter[Reason]:
        """Return the counter of why addresses with this role gave nothing."""
        return self.backfill_reasons if role is FeedRole.BACKFILL else self.feed_reasons

    @property
    def adds_up(self) -> bool:
        """Whether every request has met its end."""
        asked = (self.feeds_asked, self.roles[FeedRole.BACKFILL], self.pages_asked, self.robots_asked)
        ends = (self.feeds, self.backfills, self.pages, self.robots)
        return asked == tuple(counter.total() for counter in ends)

    @property
    def any_failed(self) -> bool:
        """Whether anything did not give what it was asked for, a host that is left in peace for now too."""
        failed = self.feeds["failed"] + self.backfills["failed"] + self.pages["failed"]
        return bool(failed or self.put_off_reasons)

    @property
    def any_left(self) -> bool:
        """Whether anything was put off because the run was told to end, no host having asked for it."""
        left = self.feeds["put_off"] + self.backfills["put_off"] + self.pages["put_off"]
        return left > self.put_off_reasons.total()

    @property
    def any_crashed(self) -> bool:
        ends = (self.feeds, self.backfills, self.pages, self.robots)
        return bool(self.faults or sum(counter["crashed"] for counter in ends))

    @property
    def gaps_told(self) -> str:
        """What is to be said of feeds that rolled over between two polls, empty when none did."""
        if not self.gaps:
            return ""
        feeds = "1 feed" if self.gaps == 1 else f"{self.gaps} feeds"
        return f"{feeds} rolled over: items may be lost; {self.found_again} found again"

    def as_json(self) -> dict[str, Any]:
        """Return the counts under the names of the run ledger."""
        return {
            **{name: self.items[name] for name in ITEM_COUNTS},
            "feeds": self.feeds_asked,
            "feeds_ok": self.feeds["ok"],
            "feeds_not_modified": self.feeds["not_modified"],
            "feeds_failed": self.feeds["failed"] - _refused(self.feed_reasons),
            "feeds_refused": _refused(self.feed_reasons),
            "feed_reasons": _told(self.feed_reasons),
            "feeds_put_off": self.feeds["put_off"],
            "put_off_reasons": _told(self.put_off_reasons),
            "feeds_not_due": self.not_due,
            "children": self.roles[FeedRole.CHILD],
            "backfills": self.roles[FeedRole.BACKFILL],
            "backfills_failed": self.backfills["failed"] + self.backfills["put_off"],
            "backfill_reasons": _told(self.backfill_reasons),
            "left_out": self.left_out,
            "gaps": self.gaps,
            "found_again": self.found_again,
            "gaps_told": self.gaps_told,
            "robots": self.robots_asked,
            "robots_failed": self.robots["failed"],
            "pages": self.pages_asked,
            "stored": self.pages["stored"],
            "duplicates": self.pages["duplicate"],
            "looked": sum(self.pages[end] for end in LOOKS),
            "changed": self.pages["changed"],
            "gone": self.pages["disappeared"],
            "failed": self.pages["failed"] - _refused(self.reasons),
            "refused": _refused(self.reasons),
            "reasons": _told(self.reasons),
            "held": self.pages["held"],
            "put_off": self.pages["put_off"],
            "crashed": self.pages["crashed"] + self.feeds["crashed"] + self.backfills["crashed"] + self.faults,
            "flagged": dict(self.raised),
            "developing": dict(self.developed),
        }

    def sentence(self) -> str:
        """Return the run in one line for a person."""
        feeds = [f"{self.feeds['ok']} read", f"{self.feeds['not_modified']} unchanged"]
        feeds += _failed(self.feeds["failed"], self.feed_reasons)
        if self.feeds["put_off"]:
            feeds.append(f"{self.feeds['put_off']} left for later")
        if self.not_due:
            feeds.append(f"{self.not_due} more not due")
        pages = [f"{self.pages['stored']} stored", f"{self.pages['duplicate']} copies"]
        if looked := sum(self.pages[end] for end in LOOKS):
            found = [f"{self.pages[end]} {end}" for end in ("changed", "disappeared") if self.pages[end]]
            pages.append(f"{looked} looked at again" + (f" ({', '.join(found)})" if found else ""))
        pages += _failed(self.pages["failed"], self.reasons)
        if self.pages["held"]:
            pages.append(f"{self.pages['held']} held by another crawler")
        if self.pages["put_off"]:
            pages.append(f"{self.pages['put_off']} left for later")
        if crashed := self.as_json()["crashed"]:
            pages.append(f"{crashed} crashed")
        flagged = ", ".join(f"{count} in {topic}" for topic, count in sorted(self.raised.items())) or "none"
        told = [
            f"{self.feeds_asked} feeds: {', '.join(feeds)}",
            f"{self.items['new']} new entries, {self.items['reopened']} reopened",
        ]
        if asked := self.roles[FeedRole.BACKFILL]:
            told.append(f"{asked} addresses asked after a gap")
        if self.gaps:
            told.append(self.gaps_told)
        told.append(f"{self.pages_asked} pages: {', '.join(pages)}")
        if self.put_off_reasons:
            told.append(f"hosts let be: {_listed(self.put_off_reasons)}")
        told.append(f"new flags: {flagged}")
        if developed := self.developed.total():
            told.append(f"decided flags with something new: {developed}")
        return "; ".join(told)


def _refused(reasons: Counter[Reason]) -> int:
    return sum(reasons[reason] for reason in REFUSALS)


def _failed(count: int, reasons: Counter[Reason]) -> list[str]:
    refused = _refused(reasons)
    failures = Counter({reason: number for reason, number in reasons.items() if reason not in REFUSALS})
    told = [f"{count - refused} failed ({_listed(failures)})"] if count > refused else []
    return told + ([f"{refused} refused"] if refused else [])


def _told(reasons: Counter[Reason]) -> dict[str, int]:
    return {str(reason): count for reason, count in reasons.most_common()}


def _listed(reasons: Counter[Reason]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())

"""The counts of one run: every request that was made ends in exactly one of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from mirqab.types import Admitted, Reason

PageEnd = Literal["stored", "duplicate", "failed", "held", "put_off", "crashed"]
ITEM_COUNTS: Final = ("found", "new", "reopened", "known", "noted", "unusable")


@dataclass(slots=True)
class Tally:
    """What happened so far.

    Feeds: asked = ok + not modified + failed + put off + crashed. Pages: asked = stored + duplicate + failed + held
    (by another crawler) + put off (to a later run) + crashed (our own fault).
    """

    feeds_asked: int = 0
    feeds: Counter[str] = field(default_factory=Counter)
    feed_reasons: Counter[Reason] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)
    pages_asked: int = 0
    pages: Counter[PageEnd] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)
    raised: Counter[str] = field(default_factory=Counter)  # topic → new flags

    def admitted(self, counts: Admitted) -> None:
        """Add what one feed brought."""
        self.items.update({name: getattr(counts, name) for name in ITEM_COUNTS})

    @property
    def adds_up(self) -> bool:
        """Whether every request has met its end."""
        return self.feeds_asked == self.feeds.total() and self.pages_asked == self.pages.total()

    @property
    def any_failed(self) -> bool:
        return bool(self.feeds["failed"] or self.pages["failed"])

    @property
    def any_crashed(self) -> bool:
        return bool(self.feeds["crashed"] or self.pages["crashed"])

    def as_json(self) -> dict[str, Any]:
        """Return the counts under the names of the run ledger."""
        return {
            **{name: self.items[name] for name in ITEM_COUNTS},
            "feeds_ok": self.feeds["ok"],
            "feeds_not_modified": self.feeds["not_modified"],
            "feeds_failed": self.feeds["failed"],
            "feed_reasons": {str(reason): count for reason, count in self.feed_reasons.most_common()},
            "pages": self.pages_asked,
            "stored": self.pages["stored"],
            "duplicates": self.pages["duplicate"],
            "failed": self.pages["failed"],
            "reasons": {str(reason): count for reason, count in self.reasons.most_common()},
            "held": self.pages["held"],
            "put_off": self.pages["put_off"],
            "crashed": self.pages["crashed"] + self.feeds["crashed"],
            "flagged": dict(self.raised),
        }

    def sentence(self) -> str:
        """Return the run in one line for a person."""
        feeds = [f"{self.feeds['ok']} read", f"{self.feeds['not_modified']} unchanged"]
        pages = [f"{self.pages['stored']} stored", f"{self.pages['duplicate']} copies"]
        for parts, counts, reasons in ((feeds, self.feeds, self.feed_reasons), (pages, self.pages, self.reasons)):
            if failed := counts["failed"]:
                told = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
                parts.append(f"{failed} failed ({told})")
        for end, words in (("held", "held by another crawler"), ("put_off", "left for later"), ("crashed", "crashed")):
            if count := self.pages[end]:  # type: ignore[index]
                pages.append(f"{count} {words}")
        flagged = ", ".join(f"{count} in {topic}" for topic, count in sorted(self.raised.items())) or "none"
        return (
            f"{self.feeds_asked} feeds: {', '.join(feeds)}; {self.items['new']} new entries; "
            f"{self.pages_asked} pages: {', '.join(pages)}; new flags: {flagged}"
        )

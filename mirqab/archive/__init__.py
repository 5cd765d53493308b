"""What Mirqab remembers: entries, articles, stories, verdicts, flags, the ledger of runs, and the kept pages.

Names are loaded when first asked for, so that a worker process that only writes raw pages does not load SQLAlchemy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mirqab.archive.archive import Archive
    from mirqab.archive.decisions import Decided, Marked
    from mirqab.archive.drifts import DriftRow, NormRow, PageFact, PageShown
    from mirqab.archive.feedstates import Settle
    from mirqab.archive.flags import FlagChange
    from mirqab.archive.listing import FlaggedStory
    from mirqab.archive.marks import Unmarked
    from mirqab.archive.nearmisses import NearMiss
    from mirqab.archive.newest import StoredStory, StoryText
    from mirqab.archive.placing import Known, Place, SameEvent
    from mirqab.archive.pruning import FlaggedRecord, Pruned, PrunedElsewhereError, PrunePlan, RawSpace
    from mirqab.archive.raw import KeptPage, RawWriter, read_page, read_raw
    from mirqab.archive.reads import (
        ArticleDetail,
        EntryTrail,
        OutletCounts,
        Sighting,
        StoryDetail,
        StoryFlag,
        Version,
    )
    from mirqab.archive.reextracting import KeptEntry
    from mirqab.archive.regrouping import FlagMoved, Regrouped, Regrouping
    from mirqab.archive.rejudging import Chosen, Rejudged, StaleArticle, StaleBatch
    from mirqab.archive.reports import FlaggedReport, ReadTexts, ReportText
    from mirqab.archive.runs import OutletSums, RunRow, RunState
    from mirqab.archive.signatures import Candidate, Compare, LookedUp, Nearest, Signed, Unsigned
    from mirqab.archive.thread import ArchiveThread

__all__ = [
    "Archive",
    "ArchiveThread",
    "ArticleDetail",
    "Candidate",
    "Chosen",
    "Compare",
    "Decided",
    "DriftRow",
    "EntryTrail",
    "FlagChange",
    "FlagMoved",
    "FlaggedRecord",
    "FlaggedReport",
    "FlaggedStory",
    "KeptEntry",
    "KeptPage",
    "Known",
    "LookedUp",
    "Marked",
    "NearMiss",
    "Nearest",
    "NormRow",
    "OutletCounts",
    "OutletSums",
    "PageFact",
    "PageShown",
    "Place",
    "PrunePlan",
    "Pruned",
    "PrunedElsewhereError",
    "RawSpace",
    "RawWriter",
    "ReadTexts",
    "Regrouped",
    "Regrouping",
    "Rejudged",
    "ReportText",
    "RunRow",
    "RunState",
    "SameEvent",
    "Settle",
    "Sighting",
    "Signed",
    "StaleArticle",
    "StaleBatch",
    "StoredStory",
    "StoryDetail",
    "StoryFlag",
    "StoryText",
    "Unmarked",
    "Unsigned",
    "Version",
    "read_page",
    "read_raw",
]

_READS: Final = "reads"
_MODULES: Final = {
    "Archive": "archive",
    "ArchiveThread": "thread",
    "Candidate": "signatures",
    "Chosen": "rejudging",
    "Compare": "signatures",
    "Decided": "decisions",
    "DriftRow": "drifts",
    "FlagChange": "flags",
    "FlagMoved": "regrouping",
    "FlaggedRecord": "pruning",
    "FlaggedReport": "reports",
    "FlaggedStory": "listing",
    "KeptEntry": "reextracting",
    "KeptPage": "raw",
    "Known": "placing",
    "LookedUp": "signatures",
    "Marked": "decisions",
    "NearMiss": "nearmisses",
    "Nearest": "signatures",
    "NormRow": "drifts",
    "OutletSums": "runs",
    "PageFact": "drifts",
    "PageShown": "drifts",
    "Place": "placing",
    "PrunePlan": "pruning",
    "Pruned": "pruning",
    "PrunedElsewhereError": "pruning",
    "RawSpace": "pruning",
    "RawWriter": "raw",
    "ReadTexts": "reports",
    "Regrouped": "regrouping",
    "Regrouping": "regrouping",
    "Rejudged": "rejudging",
    "ReportText": "reports",
    "RunRow": "runs",
    "RunState": "runs",
    "SameEvent": "placing",
    "Settle": "feedstates",
    "Signed": "signatures",
    "StaleArticle": "rejudging",
    "StaleBatch": "rejudging",
    "StoredStory": "newest",
    "StoryText": "newest",
    "Unmarked": "marks",
    "Unsigned": "signatures",
    "read_page": "raw",
    "read_raw": "raw",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, _READS)}"), name)

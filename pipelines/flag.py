"""Compared → with the topics for which its verdicts raise a flag."""

from __future__ import annotations

from dataclasses import dataclass

from mirqab.archive import LookedUp
from mirqab.types import Worked
from pipelines.dedupe import Compared


@dataclass(frozen=True, kw_only=True, slots=True)
class Flagged:
    """A compared page and the topics that flag it; the storing transaction raises what is not raised yet."""

    worked: Worked
    looked_up: LookedUp | None
    topics: tuple[str, ...]


class FlagPipeline:
    """Says which verdicts flag. The verdicts themselves were reached in the worker, beside the text."""

    async def process_item(self, item: Compared) -> Flagged:
        """Return the page with its flags."""
        topics = tuple(verdict.topic for verdict in item.worked.verdicts if verdict.flagged)
        return Flagged(worked=item.worked, looked_up=item.looked_up, topics=topics)

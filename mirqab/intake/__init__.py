"""The ordered effects, the same for everybody who brings pages in: facts into the archive first, then marks in Redis.

1. `admit`: entries and validators, one transaction for a few feeds.
2. `claim`: the entry is ours alone, and still due.
3. `look_up`: of which stored article the text is a copy, outside of any transaction.
4. `store`: article, sighting, place, verdicts, flags, the entry's end, one transaction, which looks itself at what was
   stored since the look-up; then the marks of its text and the end of the claim, one call; then, some pages at a time
   and with the next one's transaction, the note that marks are made.
5. or `fail`: the reason and the next try; then the end of the claim.

A kill between two steps leaves a fact without its mark: the next run meets the fact and makes the mark (`recover`).
No mark is ever made for a fact that is not stored: an `ArchiveError` leaves these functions as it came.
"""

from mirqab.intake.comparing import nearest_copy
from mirqab.intake.founders import join_founders
from mirqab.intake.marking import Filled, Marking, marked_from
from mirqab.intake.retrying import PASSES, RETRY_STEP_S, next_try
from mirqab.intake.scan import Scan
from mirqab.intake.steps import Intake
from mirqab.intake.telling import Telling

__all__ = [
    "PASSES",
    "RETRY_STEP_S",
    "Filled",
    "Intake",
    "Marking",
    "Scan",
    "Telling",
    "join_founders",
    "marked_from",
    "nearest_copy",
    "next_try",
]

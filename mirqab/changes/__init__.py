"""What changed between two wordings of a story: headline, numbers, sentences, and what is only spelled otherwise.

Sentences are aligned first, then the words of those that belong together are compared. Two words are the same when
they fold to the same, two numbers when their value is the same, in digits or in words. Every span is in code points
of the text as published, so that a change can be marked in its place.
"""

from mirqab.changes.between import changes
from mirqab.changes.shared import Passage, shared_passages
from mirqab.changes.told import (
    Change,
    Changes,
    Edit,
    Figure,
    Kind,
    NumberChange,
    Op,
    Piece,
    Wording,
    changes_json,
)

__all__ = [
    "Change",
    "Changes",
    "Edit",
    "Figure",
    "Kind",
    "NumberChange",
    "Op",
    "Passage",
    "Piece",
    "Wording",
    "changes",
    "changes_json",
    "shared_passages",
]

"""The bench on which topics are tried: what an edit changes, how good a topic is, and on texts of which part.

Nothing here is saved. Stories come from the archive or from files, and are judged in worker processes when they are
many.
"""

from mirqab.workbench.blinding import split
from mirqab.workbench.comparing import THEATRE, Change, Kind, PointChange, Shown, Totals, compare, point_changes
from mirqab.workbench.judging import JudgedStory, judge_stories
from mirqab.workbench.labelled import LABELS, Labelled, Side, read_labelled
from mirqab.workbench.lines import BadLineError, as_object, as_text, read_lines, read_stories
from mirqab.workbench.measuring import (
    Figures,
    Outcome,
    Place,
    Scored,
    figures,
    read_groupings,
    read_names,
    score,
)
from mirqab.workbench.naming import ValueNames
from mirqab.workbench.texts import Story, Text, stored_stories

__all__ = [
    "LABELS",
    "THEATRE",
    "BadLineError",
    "Change",
    "Figures",
    "JudgedStory",
    "Kind",
    "Labelled",
    "Outcome",
    "Place",
    "PointChange",
    "Scored",
    "Shown",
    "Side",
    "Story",
    "Text",
    "Totals",
    "ValueNames",
    "as_object",
    "as_text",
    "compare",
    "figures",
    "judge_stories",
    "point_changes",
    "read_groupings",
    "read_labelled",
    "read_lines",
    "read_names",
    "read_stories",
    "score",
    "split",
    "stored_stories",
]

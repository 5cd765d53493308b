"""How good extraction is: golden pages, the scores of what was taken out of them, and the figures of many."""

from mirqab.evaluation.differences import differences
from mirqab.evaluation.figures import MEASURES, Figures, Floor, below, figures, read_floors, worst
from mirqab.evaluation.golden import GoldenPage, Moment, read_golden
from mirqab.evaluation.scoring import Outcome, PageScore, Taken, score, states_text, token_scores

__all__ = [
    "MEASURES",
    "Figures",
    "Floor",
    "GoldenPage",
    "Moment",
    "Outcome",
    "PageScore",
    "Taken",
    "below",
    "differences",
    "figures",
    "read_floors",
    "read_golden",
    "score",
    "states_text",
    "token_scores",
    "worst",
]

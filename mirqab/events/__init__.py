"""Events: do two texts that are no copies of each other tell of one event?

Decided by pairs, on the terms that both have: the rarer a term is among the archive's recent texts, the more it says.
The strongest of them are shown to people as the reason. A text joins a story through the one article that it is most
alike, and only when the story's first text, or half of its texts, agree (`join`), so that stories do not drift.

A false merge is false corroboration, so precision goes first. Other weekdays, figures or countries in the leads raise
the bar; and two texts of one outlet are never called one event, for what they share may be the outlet's form
(«يتلقى اتصالا هاتفيا من ملك …»). Nor are texts of which the outlet is not known.

The figures behind the numbers here are printed by `python -m benchmarks.events` (docs/events.md).
"""

from mirqab.events.joining import WINDOW, Joining, Report, join
from mirqab.events.likeness import SHOWN, Likeness, alike
from mirqab.events.terms import LEAD, READ, Terms, as_written, terms_of
from mirqab.events.weights import FEW_TEXTS, HEAVIEST, Weighed, Weights

__all__ = [
    "FEW_TEXTS",
    "HEAVIEST",
    "LEAD",
    "READ",
    "SHOWN",
    "WINDOW",
    "Joining",
    "Likeness",
    "Report",
    "Terms",
    "Weighed",
    "Weights",
    "alike",
    "as_written",
    "join",
    "terms_of",
]

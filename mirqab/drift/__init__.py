"""When the pages of an outlet stop being what they usually are: its layout changed, or what we make of it.

`policy` is pure and decides; `looking` asks the archive, keeps norms and writes what began and what is over.
"""

from mirqab.drift.looking import look
from mirqab.drift.policy import Departure, Measure, Norm, departures, is_over, make_norm

__all__ = ["Departure", "Measure", "Norm", "departures", "is_over", "look", "make_norm"]

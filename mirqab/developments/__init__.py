"""What a text tells that is new since a person decided: an act, a theatre, a date, a number or a speaker.

Pure: from the texts of a story that were known then and a text that came since. What is new must stand in the evidence
of the new text; what stood anywhere in the former ones, in whatever spelling, is not new.
"""

from mirqab.developments.since import KnownText, NewText, developments, merged
from mirqab.developments.telling import is_week, parts_of_date, told

__all__ = ["KnownText", "NewText", "developments", "is_week", "merged", "parts_of_date", "told"]

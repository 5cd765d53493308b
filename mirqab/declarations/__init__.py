"""What a user declares: who we read and when we run. What we look for is compiled by `mirqab.topics`."""

from mirqab.declarations.checks import RESERVED_IDS
from mirqab.declarations.outlets import load_outlets, read_kind
from mirqab.declarations.schedule import load_schedule
from mirqab.declarations.topics import load_topic_documents

__all__ = [
    "RESERVED_IDS",
    "load_outlets",
    "load_schedule",
    "load_topic_documents",
    "read_kind",
]

"""What a user declares: who we read and when we run. What we look for is compiled by `mirqab.topics`."""

from mirqab.declarations.checks import RESERVED_IDS
from mirqab.declarations.loading import load_outlets, load_schedule, read_kind
from mirqab.declarations.topic_files import TopicFiles, load_topic_documents, read_topic_document

__all__ = [
    "RESERVED_IDS",
    "TopicFiles",
    "load_outlets",
    "load_schedule",
    "load_topic_documents",
    "read_kind",
    "read_topic_document",
]

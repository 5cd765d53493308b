"""Reads what a user wrote in YAML: plain values with the line of each, and every mistake at once, in plain words."""

from mirqab.documents.reading import dotted, parse_document, read_body, read_document
from mirqab.documents.validation import shown, suggestion, validate

__all__ = ["dotted", "parse_document", "read_body", "read_document", "shown", "suggestion", "validate"]

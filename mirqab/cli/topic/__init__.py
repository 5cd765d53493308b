"""`mirqab topic`: writing topics, trying them out, and telling how good they are."""

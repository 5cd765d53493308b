"""When a feed is asked again: a pure decision over what is remembered of it and what it just answered.

docs/polling.md tells the policy and where its constants come from.
"""

from mirqab.polling.policy import RETRY_AFTER_MOST_S, Limits, after, is_due, suggestion, unconditional

__all__ = ["RETRY_AFTER_MOST_S", "Limits", "after", "is_due", "suggestion", "unconditional"]

"""The names of what lies in Redis; everything of ours begins with `mirqab:`."""

from __future__ import annotations

import hashlib
from typing import Final

SCHEMA: Final = "1"
"""Raise it when a key changes its meaning; a Redis of another schema is refused."""

SCHEMA_KEY: Final = "mirqab:schema"
EPOCH_KEY: Final = "mirqab:epoch"
"""Made anew in an empty Redis, so that a flush or a lost file can be told."""

MARK_PERIOD_S: Final = 30 * 86_400
"""Marks lie in shards of one period and go with the period after it: each is kept for 30 to 60 days."""

_SHARDS: Final = 4096
"""A small hash costs a tenth of a key of its own: up to 128 marks a shard it stays packed, half a million a period."""


def lease_key(entry: str) -> str:
    """Return the key of an entry's lease."""
    return f"mirqab:lease:{entry}"


def host_key(host: str) -> str:
    """Return the key of a host's next free turn."""
    return f"mirqab:host:{host}"


def mark_place(fingerprint: str, *, now_s: float, periods_ago: int = 0) -> tuple[str, bytes]:
    """Return the shard and the field of a fingerprint's mark. 76 bits stand for the fingerprint."""
    digest = hashlib.blake2b(fingerprint.encode(), digest_size=10).digest()
    shard = int.from_bytes(digest[:2], "big") % _SHARDS
    return f"mirqab:copies:{_period(now_s) - periods_ago}:{shard:x}", digest[2:]


def bands_prefix(private: str | None) -> str:
    """Return how the keys of bands begin: of all crawlers, or of one command that has a name of its own."""
    return "mirqab:bands:" if private is None else f"mirqab:private:{private}:bands:"


def mark_life_s(now_s: float) -> int:
    """Return for how long a shard made now is kept."""
    return int((_period(now_s) + 2) * MARK_PERIOD_S - now_s)


def _period(now_s: float) -> int:
    return int(now_s // MARK_PERIOD_S)

"""By which topics, at which versions, an article was judged: one row an article, however many topics there are.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, bindparam, select

from mirqab.archive import tables
from mirqab.archive.dialect import insert_or_update

Versions = Mapping[str, str]
"""Topic → version."""

_judged = tables.judged
_sets = tables.topic_sets

_OF_ARTICLE: Final = (
    select(_sets.c.topics)
    .join_from(_judged, _sets, _sets.c.id == _judged.c.topics)
    .where(_judged.c.article == bindparam("article"))
)


def of_article(conn: Connection, article: str) -> Versions:
    """Return the topics that judged an article, with their versions, by id."""
    found = conn.execute(_OF_ARTICLE, {"article": article}).scalar_one_or_none()
    return {} if found is None else dict(found)


def every(conn: Connection) -> dict[str, Versions]:
    """Return every set of topics that an article was ever judged by; there are as many as there were changes."""
    return {row.id: dict(row.topics) for row in conn.execute(select(_sets))}


def mark(conn: Connection, articles: Collection[str], versions: Versions) -> None:
    """Note that these topics, and no others, have judged some articles."""
    if articles:
        identity = ensure(conn, versions)
        rows = [{"article": article, "topics": identity} for article in articles]
        conn.execute(insert_or_update(_judged, keys=("article",), replace=("topics",)), rows)


def ensure(conn: Connection, versions: Versions) -> str:
    """Return the id of a set of topics, written when it is new."""
    pairs = tuple(sorted(versions.items()))
    identity = _identity(pairs)
    conn.execute(insert_or_update(_sets, keys=("id",)), {"id": identity, "topics": pairs})
    return identity


@lru_cache(maxsize=16)  # a run judges by one
def _identity(pairs: Iterable[tuple[str, str]]) -> str:
    text = json.dumps(list(pairs), ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

"""By which topics, at which versions, an article was judged: one row an article, however many topics there are.

Every function takes the connection of a transaction that its caller began.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select

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


_KNOWN: Final = select(_sets.c.id).where(_sets.c.id == bindparam("this_set"))


def of_article(conn: Connection, article: str) -> Versions:
    """Return the topics that judged an article, with their versions, by id."""
    found = conn.execute(_OF_ARTICLE, {"article": article}).scalar_one_or_none()
    return {} if found is None else dict(found)


def every(conn: Connection) -> dict[str, Versions]:
    """Return every set of topics that an article was ever judged by; there are as many as there were changes."""
    return {row.id: dict(row.topics) for row in conn.execute(select(_sets))}


def mark(conn: Connection, articles: Collection[str], versions: Versions) -> None:
    """Note that these topics, and no others, have judged some articles."""
    if not articles:
        return
    identity = _identity(tuple(versions.items()))
    if conn.execute(_KNOWN, {"this_set": identity}).one_or_none() is None:
        conn.execute(insert(_sets), {"id": identity, "topics": sorted(versions.items())})
    rows = [{"article": article, "topics": identity} for article in articles]
    conn.execute(insert_or_update(_judged, keys=("article",), replace=("topics",)), rows)


@lru_cache(maxsize=16)  # a run judges by one set, and thousands of topics are long to write down
def _identity(pairs: tuple[tuple[str, str], ...]) -> str:
    text = json.dumps(sorted(pairs), ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

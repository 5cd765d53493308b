"""Stories that scored and are not flagged: the queue in which what a topic misses is looked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, exists, select

from mirqab.archive import tables
from mirqab.archive.newest import TEXT_COLUMNS, StoryText, story_text
from mirqab.topics import verdict_from_json
from mirqab.types import FlagState, Verdict

_articles = tables.articles
_verdicts = tables.verdicts


@dataclass(frozen=True, kw_only=True, slots=True)
class NearMiss:
    """A story that a topic nearly flags: its article that scores best, and that article's verdict."""

    story: str
    first_seen_at: datetime
    text: StoryText
    verdict: Verdict


def near_misses(
    conn: Connection,
    *,
    thresholds: Mapping[str, float],
    outlet_thresholds: Mapping[tuple[str, str], float],
    since: datetime | None,
    limit: int,
) -> list[NearMiss]:
    """Return the near misses of these topics, the nearest to its topic's threshold first.

    `thresholds` says for each topic what a story needs, `outlet_thresholds` for a topic and an outlet that have
    another; `since` means first seen by us. Stories whose flag stands,
    and those that a person has decided on, are left out.
    """
    if not thresholds:
        return []
    topics: defaultdict[float, list[str]] = defaultdict(list)  # thousands of topics share a few thresholds
    for topic, threshold in thresholds.items():
        topics[threshold].append(topic)
    needed = case(
        *(
            (and_(_verdicts.c.topic == topic, _articles.c.outlet == outlet), threshold)
            for (topic, outlet), threshold in outlet_thresholds.items()
        ),
        *((_verdicts.c.topic.in_(names), threshold) for threshold, names in topics.items()),
        else_=0.0,
    )
    flags, stories = tables.flags, tables.stories
    query = (
        select(_verdicts.c.article, _verdicts.c.topic, _articles.c.story)
        .join(_articles, _articles.c.id == _verdicts.c.article)
        .join(stories, stories.c.id == _articles.c.story)
        .where(
            _verdicts.c.topic.in_(thresholds),
            _verdicts.c.flagged.is_(False),
            _verdicts.c.score > 0,
            ~exists().where(
                flags.c.story == _articles.c.story,
                flags.c.topic == _verdicts.c.topic,
                flags.c.state != FlagState.WITHDRAWN,
            ),
        )
        .order_by(needed - _verdicts.c.score, stories.c.first_seen_at.desc(), _verdicts.c.article, _verdicts.c.topic)
    )
    if since is not None:
        query = query.where(stories.c.first_seen_at >= since)
    chosen: dict[tuple[str, str], str] = {}
    for row in conn.execute(query):
        chosen.setdefault((row.story, row.topic), row.article)
        if len(chosen) == limit:
            break
    return list(_detailed(conn, chosen))


def _detailed(conn: Connection, chosen: Mapping[tuple[str, str], str]) -> Iterable[NearMiss]:
    stories = tables.stories
    for (story, topic), article in chosen.items():
        row = conn.execute(
            select(*(*TEXT_COLUMNS, stories.c.first_seen_at, _verdicts.c.verdict))
            .join(stories, stories.c.id == _articles.c.story)
            .join(_verdicts, _verdicts.c.article == _articles.c.id)
            .where(_articles.c.id == article, _verdicts.c.topic == topic)
        ).one()
        yield NearMiss(
            story=story,
            first_seen_at=row.first_seen_at,
            text=story_text(row),
            verdict=verdict_from_json(row.verdict),
        )

"""What people and pages ask the archive: each answer a plain value, each question served by an index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, bindparam, func, select

from mirqab.addresses import url_key
from mirqab.archive import decisions, regrouping, tables, topicsets
from mirqab.archive.decisions import Decided
from mirqab.archive.entries import chunks, entry_of
from mirqab.topics import verdict_from_json
from mirqab.types import (
    Article,
    Development,
    Embed,
    EntryState,
    FeedEntry,
    FlagState,
    Grade,
    RaisedBy,
    RawLocation,
    Relation,
    Verdict,
)

FIND_LIMIT: Final = 10

_articles = tables.articles
_entries = tables.entries
_flags = tables.flags
_sightings = tables.sightings


# ---------------------------------------------------------------------------------------- one in detail


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """An outlet carried an article, at this address and under this headline.

    `gone_at` is when the page was first found to be no more, `changed_at` when it was first found with another text.
    """

    outlet: str
    url: str
    seen_at: datetime
    relation: Relation
    article: str
    headline: str
    published: datetime | None
    gone_at: datetime | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryFlag:
    """A topic's flag on a story; `decided` is the decision that stands.

    `development` is what is new since then, last told at `developed_at`.
    """

    topic: str
    topic_version: str
    state: FlagState
    raised_by: RaisedBy
    earned: bool
    score: float
    grade: Grade
    article: str
    raised_at: datetime
    changed_at: datetime
    facets: Mapping[str, tuple[str, ...]]
    top_evidence: str
    decided: Decided | None
    developed_at: datetime | None = None
    development: tuple[Development, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ArticleDetail:
    """An article with all that is known of it. `judged` are (topic, version); `versions` counts its former texts.

    `gone_at` is when its page was first found to be no more. `relation`, `nearest` and `similarity` tell how it came
    into a story, `placed_by` which person put it where it is since.
    """

    article: Article
    verdicts: tuple[Verdict, ...]
    judged: tuple[tuple[str, str], ...]
    raw: RawLocation | None
    story: str
    stored_at: datetime
    versions: int
    relation: Relation
    nearest: str | None
    similarity: float | None
    placed_by: str | None
    gone_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A text that an article had before; `number` counts from 1, the oldest. It was so until `replaced_at`."""

    article: str
    number: int
    headline: str
    body: str
    published: datetime | None
    fetched_at: datetime
    replaced_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryDetail:
    """A story: its articles, the lead (the one stored first) first; who carried it, in time; its flags.

    `decisions` are all that persons ever said of it, in time.
    """

    id: str
    first_seen_at: datetime
    articles: tuple[ArticleDetail, ...]
    sightings: tuple[Sighting, ...]
    flags: tuple[StoryFlag, ...]
    decisions: tuple[Decided, ...] = ()


def story(conn: Connection, story_id: str) -> StoryDetail | None:
    """Return one story; of one whose articles all went to another story, that one."""
    story_id = regrouping.resolve(conn, story_id)
    row = conn.execute(select(tables.stories).where(tables.stories.c.id == story_id)).one_or_none()
    if row is None:
        return None
    members = conn.execute(
        select(_articles).where(_articles.c.story == story_id).order_by(_articles.c.stored_at, _articles.c.id)
    ).all()
    seen = conn.execute(
        select(_sightings)
        .join(_articles, _articles.c.id == _sightings.c.article)
        .where(_articles.c.story == story_id)
        .order_by(_sightings.c.seen_at, _sightings.c.entry)
    )
    raised = conn.execute(select(_flags).where(_flags.c.story == story_id).order_by(_flags.c.topic))
    told = decisions.of_stories(conn, [story_id])
    standing = decisions.last_of(told)
    return StoryDetail(
        id=row.id,
        first_seen_at=row.first_seen_at,
        articles=tuple(_detail(conn, member) for member in members),
        sightings=tuple(_sighting(one) for one in seen),
        flags=tuple(_story_flag(flag, standing.get((story_id, flag.topic))) for flag in raised),
        decisions=tuple(told),
    )


def article(conn: Connection, article_id: str) -> ArticleDetail | None:
    """Return one article."""
    row = conn.execute(select(_articles).where(_articles.c.id == article_id)).one_or_none()
    return None if row is None else _detail(conn, row)


def _detail(conn: Connection, row: Row[Any]) -> ArticleDetail:
    verdicts, versions = tables.verdicts, tables.versions
    found = conn.execute(select(verdicts.c.verdict).where(verdicts.c.article == row.id).order_by(verdicts.c.topic))
    former = conn.execute(select(func.count()).select_from(versions).where(versions.c.article == row.id)).scalar_one()
    return ArticleDetail(
        article=article_of(row),
        verdicts=tuple(verdict_from_json(verdict) for verdict in found.scalars()),
        judged=tuple(topicsets.of_article(conn, row.id).items()),
        raw=_raw(row),
        story=row.story,
        stored_at=row.stored_at,
        versions=former,
        relation=Relation(row.relation),
        nearest=row.nearest,
        similarity=row.similarity,
        placed_by=row.placed_by,
        gone_at=conn.execute(_GONE, {"its_entry": row.entry, "this_article": row.id}).scalar_one_or_none(),
    )


def article_of(row: Row[Any]) -> Article:
    """Return the article that a full row of the table `articles` holds, without its signature."""
    return Article(
        id=row.id,
        entry=row.entry,
        outlet=row.outlet,
        url=row.url,
        headline=row.headline,
        body=row.body,
        authors=tuple(row.authors),
        published=row.published,
        published_raw=row.published_raw,
        updated=row.updated,
        updated_raw=row.updated_raw,
        language=row.language,
        extractor=row.extractor,
        quality=row.quality,
        fetched_at=row.fetched_at,
        fingerprint=row.fingerprint,
        embeds=tuple(Embed(**embed) for embed in row.embeds),
        agencies=tuple(row.agencies),
    )


_GONE: Final = select(_sightings.c.gone_at).where(
    _sightings.c.entry == bindparam("its_entry"), _sightings.c.article == bindparam("this_article")
)


def versions(conn: Connection, article_ids: Iterable[str]) -> list[Version]:
    """Return the former texts of some articles, by article, the oldest first."""
    columns = [tables.versions.c[one.name] for one in fields(Version)]
    found: list[Version] = []
    for chunk in chunks(article_ids):
        rows = conn.execute(
            select(*columns)
            .where(tables.versions.c.article.in_(chunk))
            .order_by(tables.versions.c.article, tables.versions.c.number)
        )
        found += (Version(**row._asdict()) for row in rows)
    return found


def _raw(row: Row[Any]) -> RawLocation | None:
    if row.raw_file is None:
        return None
    return RawLocation(file=row.raw_file, offset=row.raw_offset, length=row.raw_length)


def _sighting(row: Row[Any]) -> Sighting:
    return Sighting(
        outlet=row.outlet,
        url=row.url,
        seen_at=row.seen_at,
        relation=Relation(row.relation),
        article=row.article,
        headline=row.headline,
        published=row.published,
        gone_at=row.gone_at,
        changed_at=row.changed_at,
    )


def _story_flag(row: Row[Any], decided: Decided | None) -> StoryFlag:
    return StoryFlag(
        topic=row.topic,
        topic_version=row.topic_version,
        state=FlagState(row.state),
        raised_by=RaisedBy(row.raised_by),
        earned=row.earned,
        score=row.score,
        grade=Grade(row.grade),
        article=row.article,
        raised_at=row.raised_at,
        changed_at=row.changed_at,
        facets={name: tuple(values) for name, values in row.facets.items()},
        top_evidence=row.top_evidence,
        decided=decided,
        developed_at=row.developed_at,
        development=tuple(Development(**one) for one in row.development),
    )


# ------------------------------------------------------------------------------------------ ids and urls

_BY_PREFIX: Final[Mapping[str, Table]] = {
    "s": tables.stories,
    "a": tables.articles,
    "e": tables.entries,
    "r": tables.runs,
}


def find(conn: Connection, text: str) -> list[str]:
    """Return the ids that start with `text`, at most ten; none for a text that no id starts with."""
    table = _BY_PREFIX.get(text[:1])
    if table is None:
        return []
    rows = conn.execute(
        select(table.c.id).where(table.c.id >= text, table.c.id < text + "g").order_by(table.c.id).limit(FIND_LIMIT)
    )
    return list(rows.scalars())  # an id's digits are hexadecimal: "g" comes after them all


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryTrail:
    """What became of an address.

    `entry` says pending (and when it is tried again), noted, failed (and why) or stored; the outlet's that got
    furthest when several told the address, the others in `others`. For a stored one `article` is what stands for it,
    in `story`; `copy` is true when that article is another page's, of which this one is a copy. `sightings` are all
    pages that carried the article.
    """

    entry: FeedEntry
    others: tuple[FeedEntry, ...] = ()
    article: str | None = None
    story: str | None = None
    relation: Relation | None = None
    copy: bool = False
    sightings: tuple[Sighting, ...] = field(default=())


_FURTHEST: Final = (EntryState.STORED, EntryState.PENDING, EntryState.FAILED, EntryState.NOTED)


def by_url(conn: Connection, url: str) -> EntryTrail | None:
    """Return what became of an address: one that a feed or a person gave, or one that a page ended at."""
    key = url_key(url)
    ended = select(_sightings.c.entry).where(_sightings.c.url_key == key)
    rows = conn.execute(select(_entries).where(_entries.c.url_key == key)).all()
    rows = [*rows, *conn.execute(select(_entries).where(_entries.c.id.in_(ended), _entries.c.url_key != key))]
    told = sorted(
        (entry_of(row) for row in rows),
        key=lambda entry: (_FURTHEST.index(entry.state), entry.first_seen_at, entry.id),
    )
    if not told:
        return None
    first, *others = told
    if first.article is None:
        return EntryTrail(entry=first, others=tuple(others))
    member = conn.execute(select(_articles.c.entry, _articles.c.story).where(_articles.c.id == first.article)).one()
    seen = conn.execute(
        select(_sightings)
        .where(_sightings.c.article == first.article)
        .order_by(_sightings.c.seen_at, _sightings.c.entry)
    ).all()
    mine = next(row for row in seen if row.entry == first.id)
    return EntryTrail(
        entry=first,
        others=tuple(others),
        article=first.article,
        story=member.story,
        relation=Relation(mine.relation),
        copy=member.entry != first.id,
        sightings=tuple(_sighting(row) for row in seen),
    )


# ----------------------------------------------------------------------------------------------- counts


@dataclass(frozen=True, kw_only=True, slots=True)
class OutletCounts:
    """How many entries of an outlet stand where; `articles` are those that are its own and no copies."""

    pending: int = 0
    stored: int = 0
    noted: int = 0
    failed: int = 0
    articles: int = 0

    @property
    def entries(self) -> int:
        """All entries ever told."""
        return self.pending + self.stored + self.noted + self.failed


def count_stored(conn: Connection, since: datetime, *, most: int | None = None) -> int:
    """Return how many articles were stored since a moment, counting no further than `most`."""
    found = select(_articles.c.id).where(_articles.c.stored_at >= since).limit(most)
    return int(conn.execute(select(func.count()).select_from(found.subquery())).scalar_one())


def outlet_counts(conn: Connection) -> dict[str, OutletCounts]:
    """Return the counts of every outlet that told an entry."""
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in conn.execute(
        select(_entries.c.outlet, _entries.c.state, func.count().label("rows")).group_by(
            _entries.c.outlet, _entries.c.state
        )
    ):
        counts[row.outlet][row.state] = row.rows
    for row in conn.execute(select(_articles.c.outlet, func.count().label("rows")).group_by(_articles.c.outlet)):
        counts[row.outlet]["articles"] = row.rows
    return {outlet: OutletCounts(**found) for outlet, found in sorted(counts.items())}

"""The storing transaction: from a worked page to an article, or to a sighting of one, with its verdicts and flags.

Every function takes the connection of a transaction that its caller began as a writer, so that of two twins stored at
one moment the second sees the first. The unique keys of the table `articles` would refuse what got past the look-up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, update

from mirqab.addresses import url_key
from mirqab.archive import developing, flags, marks, placing, rechecking, signatures, tables, topicsets
from mirqab.archive.columns import storable
from mirqab.archive.dialect import insert_or_update
from mirqab.archive.entries import raw_columns, write_outcome
from mirqab.archive.moments import day_of
from mirqab.archive.placing import Known, Place, SameEvent
from mirqab.archive.signatures import Compare, LookedUp
from mirqab.errors import ArchiveError
from mirqab.topics import verdict_to_json
from mirqab.types import Article, EntryState, Placement, RaisedBy, Relation, Stored, Verdict, Worked

_articles = tables.articles
_entries = tables.entries


# Statements that a crawl runs for every page are built once: building one costs more than running it.
_STANDS: Final = select(_entries.c.state, _entries.c.article, _entries.c.check_at).where(
    _entries.c.id == bindparam("this_entry")
)
_TIED: Final = select(_articles).where(
    or_(
        _articles.c.id == bindparam("id"),
        _articles.c.fingerprint == bindparam("fingerprint"),
        _articles.c.url_key == bindparam("url_key"),
    )
)
_ONCE_HAD: Final = (
    select(_articles)
    .join(tables.versions, tables.versions.c.article == _articles.c.id)
    .where(_articles.c.id == bindparam("id"), tables.versions.c.fingerprint == bindparam("fingerprint"))
    .limit(1)
)
_SETTLE_ENTRY: Final = (
    update(_entries)
    .where(_entries.c.id == bindparam("this_entry"))
    .values(state=EntryState.STORED, attempts=0, next_try_at=None, reason=None, detail=None)
)


_SETTLE_CHANGED_ENTRY: Final = _SETTLE_ENTRY.values(reopenings=0)


def store(
    conn: Connection,
    run: str,
    worked: Worked,
    *,
    place: Place,
    compare: Compare | None = None,
    looked_up: LookedUp | None = None,
    same_event: SameEvent | None = None,
    now: datetime,
    robots: str | None = None,
    fetched: bool = True,
    marked: Mapping[str, str] | None = None,
    recheck_hours: Sequence[float] = (),
) -> Stored:
    """Write a worked page that holds an article.

    Looks for, in this order: an article with the same text (then the page is a sighting of it), the article that this
    entry already became or that lies at the same final address (then its text is brought up to date), nothing. Then it
    is a new article: in the story of a former text that it repeats, of the article of which it is a copy, or, for a
    flagged page, of a flagged one on the same event (`same_event`), else in a story of its own. An article whose text
    becomes that of another one is brought up to date, and is a sighting of that one besides. What is brought up to date
    may belong to another story then: see `placing.anew`. A copy's page that is looked at again and has another text now
    is a new article too; with the text that it was a copy of it stays a sighting, whatever that article says since.

    Copies were looked for before (`looked_up`), outside of any transaction; what was stored since is looked at here, by
    `compare`. When nothing was looked up, that is everything. Without `compare` only the same text is a copy.

    `fetched` is false when the page was worked anew from its kept bytes: an entry that waits to be fetched goes on
    waiting then, and no answer of a server is counted. `marked` is noted as by `marks.made`.
    """
    marks.made(conn, marked or {})
    article = worked.article
    assert article is not None
    entry = conn.execute(_STANDS, {"this_entry": worked.entry}).one_or_none()
    if entry is None:
        raise ArchiveError(f"entry {worked.entry} is not in the archive")
    key = url_key(worked.final_url)
    rows = conn.execute(_TIED, {"id": article.id, "fingerprint": article.fingerprint, "url_key": key}).all()
    twin = _first(row for row in rows if row.fingerprint == article.fingerprint)
    own = _first(row for row in rows if row.id == article.id)
    # the article's own text has become that of another one
    overtaken_by = twin if twin is not None and own is not None and twin.id != own.id else None
    there = own if overtaken_by is not None else twin or own or _first(row for row in rows if row.url_key == key)
    looked = fetched and rechecking.is_look(entry, now)
    stays = there is None and looked
    if stays:
        once = {"id": entry.article, "fingerprint": article.fingerprint}
        there = conn.execute(_ONCE_HAD, once).one_or_none()
    repeat = there is not None and entry.state == EntryState.STORED and entry.article == there.id
    raised: tuple[str, ...] = ()
    raised_by = RaisedBy.CRAWL if fetched else RaisedBy.REEXTRACT
    changed = False
    held: Sequence[developing.Held] = ()
    if there is None:
        target = article.id
        known = placing.tied_to(conn, worked, article, looked_up=looked_up, compare=compare, same_event=same_event)
        placement = place(worked, known)
        held = developing.held(conn, placement.story, worked)
        _insert_article(conn, worked, article, key, placement, now)
        raised = _judge(conn, worked, target, placement.story, now, raised_by, former=())
        repeat = False
    else:
        target = there.id
        same_text = (there.headline, there.body) == _text(article)
        changed = not same_text and not stays and (twin is None or there.id == article.id)
        relation = Relation.UPDATE if there.id == article.id else Relation.EXACT
        placement = place(worked, Known(article=target, story=there.story, relation=relation))
        if changed:
            anew = placing.anew(
                conn,
                there,
                worked,
                twin=overtaken_by,
                place=place,
                looked_up=looked_up,
                compare=compare,
                same_event=same_event,
            )
            if anew is not None:
                placement = replace(placement, story=anew.story)
            held = developing.held(conn, placement.story, worked)
            taken = any(row.url_key == key and row.id != target for row in rows)
            _replace_text(
                conn, worked, article, there.url_key if taken else key, there, now, is_anothers=overtaken_by is not None
            )
            if anew is not None:
                placing.move(conn, target, anew, now)
            former = _verdict_topics(conn, target)
            raised = _judge(conn, worked, target, placement.story, now, raised_by, former=former, afresh=True)
            if anew is not None:
                placing.settle(conn, there.story, placement.story, now)
            repeat = False
        elif same_text and _judged_otherwise(conn, worked, target):
            former = _verdict_topics(conn, target)
            raised = _judge(conn, worked, target, there.story, now, raised_by, former=former)
    developed = developing.reopen(conn, placement.story, target, held, worked, now) if fetched else ()
    _write_sighting(conn, worked, article, key, target, placement.relation)
    if overtaken_by is not None:
        _write_sighting(conn, worked, article, key, overtaken_by.id, Relation.EXACT)
    if fetched or entry.state != EntryState.PENDING:
        settle = _SETTLE_CHANGED_ENTRY if changed and fetched else _SETTLE_ENTRY
        conn.execute(settle, {"this_entry": worked.entry, "article": target})
    look: Literal["unchanged", "changed"] | None = None
    if looked:
        look = "changed" if changed or entry.article != target else "unchanged"
    if fetched and entry.article is not None:
        twin_id = None if overtaken_by is None else overtaken_by.id
        rechecking.carries(conn, worked.entry, target, now, twin=twin_id)
    if look or (fetched and any(verdict.flagged for verdict in worked.verdicts)):
        rechecking.plan(conn, worked.entry, hours=recheck_hours, now=now, looked=look is not None)
    outcome = look or ("stored" if target == article.id else "duplicate")
    write_outcome(
        conn,
        run,
        worked.entry,
        outcome=outcome,
        answered=fetched,
        article=target,
        raw=worked.raw,
        robots=robots,
        now=now,
        text=None if look else article,  # it is no other page of the outlet
    )
    return Stored(
        article=target,
        placement=placement,
        raised=raised,
        already=repeat and not look,
        look=look,
        developed=developed,
    )


def rewrite(conn: Connection, worked: Worked, target: str, story: str, now: datetime) -> tuple[str, ...]:
    """Bring all but the text of an article up to date with its page worked anew, and judge it again.

    Returns the topics newly raised.
    """
    article = worked.article
    assert article is not None
    names = (
        "authors",
        "published",
        "published_raw",
        "updated",
        "updated_raw",
        "language",
        "extractor",
        "quality",
        "agencies",
    )
    values = {name: getattr(article, name) for name in names} | {"embeds": [asdict(embed) for embed in article.embeds]}
    conn.execute(update(_articles).where(_articles.c.id == target).values(values))
    signatures.replace(conn, target, _day(article), article.signature)
    former = _verdict_topics(conn, target)
    return _judge(conn, worked, target, story, now, RaisedBy.REEXTRACT, former=former)


def void(conn: Connection, article: str, story: str, now: datetime) -> None:
    """Take an article's verdicts back, and settle its story's flags: its text was none. It stays judged."""
    topics = _verdict_topics(conn, article)
    conn.execute(delete(tables.verdicts).where(tables.verdicts.c.article == article))
    signatures.void(conn, article)
    flags.settle(conn, story, sorted(topics), now=now, raised_by=RaisedBy.REEXTRACT)


# ------------------------------------------------------------------------------------------------ steps


def _first(rows: Iterable[Row[Any]]) -> Row[Any] | None:
    return next(iter(rows), None)


def _day(article: Article) -> date:
    return day_of(article.published, article.fetched_at)


def _text(article: Article) -> tuple[str, str]:
    """Return headline and body as they are stored."""
    return storable(article.headline), storable(article.body)


def _content(worked: Worked, article: Article, key: str) -> dict[str, Any]:
    """Return the columns that a later fetch of the page may change."""
    return {
        "url": article.url,
        "url_key": key,
        "fingerprint": article.fingerprint,
        "headline": article.headline,
        "body": article.body,
        "authors": article.authors,
        "embeds": [asdict(embed) for embed in article.embeds],
        "agencies": article.agencies,
        "published": article.published,
        "published_raw": article.published_raw,
        "updated": article.updated,
        "updated_raw": article.updated_raw,
        "language": article.language,
        "extractor": article.extractor,
        "quality": article.quality,
        "fetched_at": article.fetched_at,
    } | raw_columns(worked.raw)


_INSERT_ARTICLE: Final = insert(_articles)
_INSERT_UNCONFIRMED: Final = insert(tables.unconfirmed)


def _insert_article(
    conn: Connection, worked: Worked, article: Article, key: str, placement: Placement, now: datetime
) -> None:
    story = {"id": placement.story, "first_seen_at": now}
    conn.execute(insert_or_update(tables.stories, keys=("id",)), story)
    row = _content(worked, article, key) | {
        "id": article.id,
        "entry": worked.entry,
        "outlet": worked.outlet,
        "story": placement.story,
        "relation": placement.relation,
        "nearest": placement.nearest,
        "similarity": placement.similarity,
        "stored_at": now,
    }
    conn.execute(_INSERT_ARTICLE, row)
    conn.execute(_INSERT_UNCONFIRMED, {"article": article.id})
    signatures.add(conn, article.id, _day(article), article.signature)


def _replace_text(
    conn: Connection,
    worked: Worked,
    article: Article,
    key: str,
    former: Row[Any],
    now: datetime,
    *,
    is_anothers: bool,
) -> None:
    """Bring an article up to date and keep what it said before.

    A text that is another article's too (`is_anothers`) is found by that one's fingerprint and marks: no two articles
    have the same.
    """
    versions = tables.versions
    number = select(func.coalesce(func.max(versions.c.number), 0) + 1).where(versions.c.article == former.id)
    kept = ("fingerprint", "headline", "body", "published", "updated", "fetched_at")
    row = {name: getattr(former, name) for name in (*kept, "raw_file", "raw_offset", "raw_length")}
    conn.execute(
        insert(versions).values(row | {"article": former.id, "replaced_at": now, "number": number.scalar_subquery()})
    )
    content = _content(worked, article, key)
    if is_anothers:
        content["fingerprint"] = f"{article.fingerprint}-{former.id}"
    conn.execute(update(_articles).where(_articles.c.id == former.id).values(content))
    signatures.put(conn, former.id, _day(article), article.signature)
    if is_anothers:
        conn.execute(delete(tables.unconfirmed).where(tables.unconfirmed.c.article == former.id))
    else:
        marks.lost(conn, [former.id])


def _write_sighting(
    conn: Connection, worked: Worked, article: Article, key: str, target: str, relation: Relation
) -> None:
    """Note that the outlet carried the article; a page that is fetched again was seen the first time."""
    row = {
        "entry": worked.entry,
        "article": target,
        "outlet": worked.outlet,
        "url": worked.final_url,
        "url_key": key,
        "relation": relation,
        "seen_at": worked.fetched_at,
        "published": article.published,
        "headline": article.headline,
    }
    conn.execute(insert_or_update(tables.sightings, keys=("entry", "article")), row)


def _judged_otherwise(conn: Connection, worked: Worked, article: str) -> bool:
    """Tell whether a topic judged the text at another version than the archive holds, or for the first time."""
    return not set(worked.judged) <= topicsets.of_article(conn, article).items()


def _verdict_topics(conn: Connection, article: str) -> set[str]:
    """Return the topics of which the archive holds a verdict on the article."""
    verdicts = tables.verdicts
    return set(conn.execute(select(verdicts.c.topic).where(verdicts.c.article == article)).scalars())


def _judge(
    conn: Connection,
    worked: Worked,
    article: str,
    story: str,
    now: datetime,
    raised_by: RaisedBy,
    *,
    former: Collection[str],
    afresh: bool = False,
) -> tuple[str, ...]:
    """Replace the article's verdicts by the page's, and settle the story's flags; return the topics newly raised.

    `former` are the topics of the verdicts that it has. `afresh`: the text is another one, so that verdicts of topics
    that did not judge it now are void too.
    """
    verdicts = tables.verdicts
    by_topics = {topic for topic, _ in worked.judged} | {verdict.topic for verdict in worked.verdicts}
    void = set(former) if afresh else by_topics.intersection(former)
    if void:
        conn.execute(delete(verdicts).where(verdicts.c.article == article, verdicts.c.topic.in_(void)))
    judged = dict(worked.judged) if afresh else {**topicsets.of_article(conn, article), **dict(worked.judged)}
    topicsets.mark(conn, [article], judged)
    if worked.verdicts:
        conn.execute(insert(verdicts), [verdict_row(article, verdict, now) for verdict in worked.verdicts])
    flagged = {verdict.topic for verdict in worked.verdicts if verdict.flagged}
    return flags.raised(flags.settle(conn, story, sorted(void | flagged), now=now, raised_by=raised_by))


def verdict_row(article: str, verdict: Verdict, now: datetime) -> dict[str, Any]:
    """Return the row that keeps an article's verdict."""
    return {
        "article": article,
        "topic": verdict.topic,
        "version": verdict.version,
        "flagged": verdict.flagged,
        "score": verdict.score,
        "grade": verdict.grade,
        "judged_at": now,
        "verdict": verdict_to_json(verdict),
    }

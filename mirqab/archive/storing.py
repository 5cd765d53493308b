"""The storing transaction: from a worked page to an article, or to a sighting of one, with its verdicts and flags.

Every function takes the connection of a transaction that its caller began as a writer, so that of two twins stored at
one moment the second sees the first. The unique keys of the table `articles` would refuse what got past the look-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, update

from mirqab.addresses import url_key
from mirqab.archive import carrying, developing, marks, placing, rechecking, signatures, tables, verdicts
from mirqab.archive.columns import storable
from mirqab.archive.dialect import insert_or_update
from mirqab.archive.entries import raw_columns, write_outcome
from mirqab.archive.moments import day_of
from mirqab.archive.placing import Known, Place, SameEvent
from mirqab.archive.signatures import Compare, LookedUp
from mirqab.errors import ArchiveError
from mirqab.types import Article, EntryState, Placement, RaisedBy, Relation, Stored, Worked

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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    """A page that holds an article, and all by which its place is found."""

    worked: Worked
    article: Article
    key: str
    place: Place
    compare: Compare | None
    looked_up: LookedUp | None
    same_event: SameEvent | None
    raised_by: RaisedBy
    now: datetime


_Text = Literal["new", "same", "changed", "alike"]
"""What the text of a page is: `new`, of no article yet; the `same` as its article has; `changed`, another one of its
own article; `alike`, of the same words as another article has or once had."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tied:
    """The stored article that a page is of, what its text is to that, and the key of the address that it has then.

    `overtaken_by` is another article whose text its own has become.
    """

    there: Row[Any]
    text: _Text
    key: str
    overtaken_by: Row[Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Written:
    """What a page came to: its article and where that is, topics newly raised, decisions that its text may touch."""

    article: str
    placement: Placement
    text: _Text
    raised: tuple[str, ...] = ()
    held: Sequence[developing.Held] = ()


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
    may belong to another story then: see `placing.anew`. A copy's page that is fetched again and has another text now
    is a new article too; with the text that it was a copy of it stays a sighting, whatever that article says since, and
    whoever has that text besides.

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
    page = _Page(
        worked=worked,
        article=article,
        key=url_key(worked.final_url),
        place=place,
        compare=compare,
        looked_up=looked_up,
        same_event=same_event,
        raised_by=RaisedBy.CRAWL if fetched else RaisedBy.REEXTRACT,
        now=now,
    )
    looked = fetched and rechecking.is_look(entry, now)
    tied = _tied(conn, page, copy_of=entry.article)
    written = _new(conn, page) if tied is None else _brought_up_to_date(conn, page, tied)
    target, placement = written.article, written.placement
    developed = developing.reopen(conn, placement.story, target, written.held, worked, now) if fetched else ()
    twin = None if tied is None or tied.overtaken_by is None else tied.overtaken_by.id
    _write_sighting(conn, page, target, placement.relation)
    if twin is not None:
        _write_sighting(conn, page, twin, Relation.EXACT)
    if fetched or entry.state != EntryState.PENDING:
        settle = _SETTLE_CHANGED_ENTRY if written.text == "changed" and fetched else _SETTLE_ENTRY
        conn.execute(settle, {"this_entry": worked.entry, "article": target})
    look: Literal["unchanged", "changed"] | None = None
    if looked:
        look = "changed" if written.text == "changed" or entry.article != target else "unchanged"
    if fetched and entry.article is not None:
        rechecking.carries(conn, worked.entry, target, now, twin=twin)
    if look or (fetched and any(verdict.flagged for verdict in worked.verdicts)):
        rechecking.plan(conn, worked.entry, hours=recheck_hours, now=now, looked=look is not None)
    write_outcome(
        conn,
        run,
        worked.entry,
        outcome=look or ("stored" if target == article.id else "duplicate"),
        answered=fetched,
        article=target,
        raw=worked.raw,
        robots=robots,
        now=now,
        text=None if look else article,  # it is no other page of the outlet
    )
    was_stored = entry.state == EntryState.STORED and entry.article == target
    return Stored(
        article=target,
        placement=placement,
        raised=written.raised,
        already=was_stored and not look and written.text in ("same", "alike"),
        look=look,
        developed=developed,
    )


def _tied(conn: Connection, page: _Page, *, copy_of: str | None) -> _Tied | None:
    """Return the stored article that a page is of; None when it is a new one.

    `copy_of` is the article that the page was of before, if any: of one whose text it has still it stays a copy.
    """
    article = page.article
    rows = conn.execute(_TIED, {"id": article.id, "fingerprint": article.fingerprint, "url_key": page.key}).all()
    twin = _first(row for row in rows if row.fingerprint == article.fingerprint)
    own = _first(row for row in rows if row.id == article.id)
    overtaken_by = twin if twin is not None and own is not None and twin.id != own.id else None
    there = own if overtaken_by is not None else twin or own or _first(row for row in rows if row.url_key == page.key)
    if copy_of is not None and (there is None or (there is twin and there.id not in (copy_of, article.id))):
        once = {"id": copy_of, "fingerprint": article.fingerprint}
        former = conn.execute(_ONCE_HAD, once).one_or_none()
        if former is not None:
            return _Tied(there=former, text="alike", key=former.url_key)
    if there is None:
        return None
    text: _Text
    if (there.headline, there.body) == _text(article):
        text = "same"
    else:
        text = "changed" if twin is None or there.id == article.id else "alike"
    is_anothers = any(row.url_key == page.key and row.id != there.id for row in rows)
    return _Tied(there=there, text=text, key=there.url_key if is_anothers else page.key, overtaken_by=overtaken_by)


def _new(conn: Connection, page: _Page) -> _Written:
    """Write a new article, into the story of what it is tied to or into one of its own."""
    worked, article = page.worked, page.article
    known = placing.tied_to(
        conn, worked, article, looked_up=page.looked_up, compare=page.compare, same_event=page.same_event
    )
    placement = page.place(worked, known)
    held = developing.held(conn, placement.story, worked)
    _insert_article(conn, page, placement)
    raised = verdicts.judge(conn, worked, article.id, placement.story, page.now, page.raised_by, former=())
    return _Written(article=article.id, placement=placement, text="new", raised=raised, held=held)


def _brought_up_to_date(conn: Connection, page: _Page, tied: _Tied) -> _Written:
    """Write what a page tells anew of the article that it is of: another text, or verdicts of other topics."""
    worked, there = page.worked, tied.there
    relation = Relation.UPDATE if there.id == page.article.id else Relation.EXACT
    placement = page.place(worked, Known(article=there.id, story=there.story, relation=relation))
    if tied.text == "changed":
        return _changed(conn, page, tied, placement)
    raised: tuple[str, ...] = ()
    if tied.text == "same" and verdicts.is_judged_otherwise(conn, worked, there.id):
        former = verdicts.topics_of(conn, there.id)
        raised = verdicts.judge(conn, worked, there.id, there.story, page.now, page.raised_by, former=former)
    return _Written(article=there.id, placement=placement, text=tied.text, raised=raised)


def _changed(conn: Connection, page: _Page, tied: _Tied, placement: Placement) -> _Written:
    """Write an article's new text, and move it where that belongs."""
    worked, there, now = page.worked, tied.there, page.now
    anew = placing.anew(
        conn,
        there,
        worked,
        twin=tied.overtaken_by,
        place=page.place,
        looked_up=page.looked_up,
        compare=page.compare,
        same_event=page.same_event,
    )
    if anew is not None:
        placement = replace(placement, story=anew.story)
    held = developing.held(conn, placement.story, worked)
    _replace_text(conn, page, tied)
    if anew is not None:
        placing.move(conn, there.id, anew, now)
    former = verdicts.topics_of(conn, there.id)
    raised = verdicts.judge(conn, worked, there.id, placement.story, now, page.raised_by, former=former, afresh=True)
    if anew is not None:
        carrying.settle(conn, (there.story, placement.story), (), now)
    return _Written(article=there.id, placement=placement, text=tied.text, raised=raised, held=held)


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
    former = verdicts.topics_of(conn, target)
    return verdicts.judge(conn, worked, target, story, now, RaisedBy.REEXTRACT, former=former)


def void(conn: Connection, article: str, story: str, now: datetime) -> None:
    """Take an article's verdicts back, and settle its story's flags: its text was none. It stays judged."""
    verdicts.take_back(conn, article, story, now, RaisedBy.REEXTRACT)
    signatures.void(conn, article)


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


def _insert_article(conn: Connection, page: _Page, placement: Placement) -> None:
    worked, article = page.worked, page.article
    story = {"id": placement.story, "first_seen_at": page.now}
    conn.execute(insert_or_update(tables.stories, keys=("id",)), story)
    row = _content(worked, article, page.key) | {
        "id": article.id,
        "entry": worked.entry,
        "outlet": worked.outlet,
        "story": placement.story,
        "relation": placement.relation,
        "nearest": placement.nearest,
        "similarity": placement.similarity,
        "stored_at": page.now,
    }
    conn.execute(_INSERT_ARTICLE, row)
    conn.execute(_INSERT_UNCONFIRMED, {"article": article.id})
    signatures.add(conn, article.id, _day(article), article.signature)


def _replace_text(conn: Connection, page: _Page, tied: _Tied) -> None:
    """Bring an article up to date and keep what it said before.

    A text that is another article's too is found by that one's fingerprint and marks: no two articles have the same.
    """
    article, former, is_anothers = page.article, tied.there, tied.overtaken_by is not None
    versions = tables.versions
    number = select(func.coalesce(func.max(versions.c.number), 0) + 1).where(versions.c.article == former.id)
    kept = ("fingerprint", "headline", "body", "published", "updated", "fetched_at")
    row = {name: getattr(former, name) for name in (*kept, "raw_file", "raw_offset", "raw_length")}
    row |= {"article": former.id, "replaced_at": page.now, "number": number.scalar_subquery()}
    conn.execute(insert(versions).values(row))
    content = _content(page.worked, article, tied.key)
    if is_anothers:
        content["fingerprint"] = f"{article.fingerprint}-{former.id}"
    conn.execute(update(_articles).where(_articles.c.id == former.id).values(content))
    signatures.put(conn, former.id, _day(article), article.signature)
    if is_anothers:
        conn.execute(delete(tables.unconfirmed).where(tables.unconfirmed.c.article == former.id))
    else:
        marks.lost(conn, [former.id])


def _write_sighting(conn: Connection, page: _Page, target: str, relation: Relation) -> None:
    """Note that the outlet carried the article; a page that is fetched again was seen the first time."""
    worked, article = page.worked, page.article
    row = {
        "entry": worked.entry,
        "article": target,
        "outlet": worked.outlet,
        "url": worked.final_url,
        "url_key": page.key,
        "relation": relation,
        "seen_at": worked.fetched_at,
        "published": article.published,
        "headline": article.headline,
    }
    conn.execute(insert_or_update(tables.sightings, keys=("entry", "article")), row)

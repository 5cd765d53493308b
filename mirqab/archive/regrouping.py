"""Stories that a person joins or parts, or `reindex` joins, and how that is taken back; no algorithm changes it.

An article stays where a person put it: what is stored later joins the story in which its nearest article is then. A
story whose articles all went elsewhere keeps its row, and its id leads to where they are.

Every function takes the connection of a transaction that its caller began as a writer, but for `resolve` and `history`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, Row, bindparam, insert, or_, select, update

from mirqab.archive import carrying, flags, tables
from mirqab.archive.entries import chunks
from mirqab.errors import NotFoundError, UsageError
from mirqab.killpoints import kill_point
from mirqab.types import Decision, FlagState, Placement, Relation, make_id

_articles = tables.articles
_flags = tables.flags
_regroupings = tables.regroupings
_stories = tables.stories

Kind = Literal["merge", "split"]
_KEPT: Final = ("state", "raised_at", "raised_by", "developed_at", "development", "article", "top_evidence", "facets")
"""What of a flag does not follow from its story's verdicts, or does so only while one of these flags the story."""

REINDEX: Final = "reindex"
"""Who joined the stories of copies that were stored before copies were told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Regrouping:
    """Articles that were moved from `other`, where they were, to `story`; None as `id` of a mere trial.

    `decided_by` is a person, or `REINDEX`.
    """

    id: int | None
    decision: Kind
    story: str
    other: str
    articles: tuple[str, ...]
    decided_at: datetime
    decided_by: str
    note: str | None
    undone_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FlagMoved:
    """Where a flag of one of the two stories stood and stands; None where there was, or is, none."""

    story: str
    topic: str
    before: FlagState | None
    after: FlagState | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Regrouped:
    """What a regrouping, or taking one back, came to: the flags of both stories, whether they changed or not."""

    regrouping: Regrouping
    flags: tuple[FlagMoved, ...]


# ------------------------------------------------------------------------------------------------- reading

_HOLDS: Final = select(_articles.c.id).where(_articles.c.story == bindparam("this_story")).limit(1)
_WENT: Final = (
    select(_regroupings.c.decision, _regroupings.c.story, _regroupings.c.other)
    .where(
        or_(
            (_regroupings.c.other == bindparam("this_story"))
            & (_regroupings.c.decision == "merge")
            & _regroupings.c.undone_at.is_(None),
            (_regroupings.c.story == bindparam("this_story"))
            & (_regroupings.c.decision == "split")
            & _regroupings.c.undone_at.is_not(None),
        )
    )
    .order_by(_regroupings.c.id.desc())
    .limit(1)
)
_FLAGGED_BY: Final = (  # its only article went where its text is another one's
    select(_articles.c.story)
    .join(_flags, _flags.c.article == _articles.c.id)
    .where(_flags.c.story == bindparam("this_story"))
    .order_by(_flags.c.topic)
    .limit(1)
)


def resolve(conn: Connection, story: str) -> str:
    """Return the story that holds what a story once held: itself, unless all of its articles went to another one."""
    passed = set()
    at = story
    while at not in passed:
        passed.add(at)
        if conn.execute(_HOLDS, {"this_story": at}).first() is not None:
            return at
        row = conn.execute(_WENT, {"this_story": at}).one_or_none()
        if row is not None:
            at = row.story if row.decision == "merge" else row.other
            continue
        at = conn.execute(_FLAGGED_BY, {"this_story": at}).scalar_one_or_none() or story
    return story


def history(conn: Connection, story: str | None) -> list[Regrouping]:
    """Return what persons regrouped, the last first: all of it, or what concerns one story."""
    query = select(_regroupings).order_by(_regroupings.c.id.desc())
    if story is not None:
        names = (story, resolve(conn, story))
        query = query.where(or_(_regroupings.c.story.in_(names), _regroupings.c.other.in_(names)))
    return [_regrouping(row) for row in conn.execute(query)]


def _regrouping(row: Row[Any]) -> Regrouping:
    return Regrouping(
        id=row.id,
        decision=row.decision,
        story=row.story,
        other=row.other,
        articles=tuple(row.articles["moved"]),
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        note=row.note,
        undone_at=row.undone_at,
    )


# ------------------------------------------------------------------------------------------------- merging


def merge(conn: Connection, story: str, other: str, *, by: str, note: str | None, now: datetime) -> Regrouped:
    """Put all articles of `other` into `story`.

    Of two flags of one topic the older one stays, with the last word that a person said of either story; no flag is
    raised anew.
    """
    story, other = _existing(conn, story), _existing(conn, other)
    if story == other:
        raise UsageError(f"{story} and the other one are one story already.")
    moved = list(carrying.members_of(conn, other))
    kept = _before(conn, story, other, moved)
    return _merged(conn, story, other, kept, dict.fromkeys(moved, by), by=by, note=note, now=now)


def _merged(
    conn: Connection,
    story: str,
    other: str,
    kept: dict[str, Any],
    placed_by: Mapping[str, str | None],
    *,
    by: str,
    note: str | None,
    now: datetime,
) -> Regrouped:
    before = carrying.states_of(conn, story, other)
    moved = kept["moved"]
    _move(conn, moved, story, placed_by)
    kill_point("regrouping")
    _join_flags(conn, story, other, kept)
    carrying.settle(conn, (story, other), {topic for _, topic in before}, now)
    return _written(conn, "merge", story, other, moved, kept, before, by=by, note=note, now=now)


def join_copy(conn: Connection, article: str, to: Placement, *, now: datetime) -> Regrouped | None:
    """Put all articles of the story that an article founded where it belongs, for it is a copy of one there.

    None, and nothing is written, where persons have spoken: they said one thing of the one story's flag and another of
    the other's, or somebody moved articles of the copy's story, or took such a move back.
    """
    founded: str = conn.execute(select(_articles.c.story).where(_articles.c.id == article)).scalar_one()
    moved = list(carrying.members_of(conn, founded))
    kept = _before(conn, to.story, founded, moved)
    if any(kept["placed_by"].values()) or _was_regrouped(conn, founded) or _is_contradicted(conn, to.story, founded):
        return None
    kept["was_new"] = article
    values = {"relation": to.relation, "nearest": to.nearest, "similarity": to.similarity}
    conn.execute(update(_articles).where(_articles.c.id == article).values(values))
    return _merged(conn, to.story, founded, kept, kept["placed_by"], by=REINDEX, note=None, now=now)


def _was_regrouped(conn: Connection, story: str) -> bool:
    """Tell whether a person had a hand in which articles a story has; what was joined and stands is no hint."""
    row = _regroupings.c
    concerned = or_(row.story == story, row.other == story)
    query = select(row.id).where(concerned, or_(row.decided_by != REINDEX, row.undone_at.is_not(None))).limit(1)
    return conn.execute(query).first() is not None


def _is_contradicted(conn: Connection, story: str, other: str) -> bool:
    """Tell whether persons said different things of the same topic's flags on two stories."""
    for said_of, topic in carrying.spoken_of(conn, other):
        said, told = carrying.last_word(conn, story, topic), carrying.last_word(conn, said_of, topic)
        if said is not None and told is not None and said.decision != told.decision:
            return True
    return False


def _join_flags(conn: Connection, story: str, other: str, kept: dict[str, Any]) -> None:
    """Make one flag a topic out of those of two stories."""
    mine, theirs = carrying.flags_of(conn, story), carrying.flags_of(conn, other)
    for topic, flag in theirs.items():
        own = mine.get(topic)
        said, told = carrying.last_word(conn, story, topic), carrying.last_word(conn, other, topic)
        if told is not None and (said is None or said.id < told.id):
            kept["carried"].append([story, topic, carrying.carry_word(conn, told, story)])
            said = told
        if own is None:
            carrying.copy_flag(conn, flag, story, flag.state)
            continue
        older = min(own, flag, key=lambda one: one.raised_at)
        speaking = flag if said is told and said is not None else own
        values = {name: getattr(speaking, name) for name in ("developed_at", "development")}
        if said is None and FlagState.WITHDRAWN in (own.state, flag.state):
            speaking = own if flag.state == FlagState.WITHDRAWN else flag
        values |= {"state": speaking.state, "raised_at": older.raised_at, "raised_by": older.raised_by}
        carrying.write_flag(conn, story, topic, values)


# ------------------------------------------------------------------------------------------------ splitting


def split(
    conn: Connection, story: str, articles: Sequence[str], *, by: str, note: str | None, now: datetime
) -> Regrouped:
    """Put some articles of a story into one of their own, with those that are there because of them.

    Each part has the flags that its members earn. A decision stays with the story, and goes with the article whose
    verdict stood when it was made too.
    """
    story = _existing(conn, story)
    members = carrying.members_of(conn, story)
    strange = [article for article in articles if article not in members]
    if strange:
        raise UsageError(f"{', '.join(strange)}: not in {story}.")
    moved = _with_their_copies(members, articles)
    if len(moved) == len(members):
        raise UsageError(f"Nothing would be left in {story}: all of its articles are named, or copies of those named.")
    part = _new_story(conn, moved[0], now)
    kept = _before(conn, part, story, moved)
    before = carrying.states_of(conn, part, story)
    _move(conn, moved, part, dict.fromkeys(moved, by))
    kill_point("regrouping")
    parent = carrying.flags_of(conn, story)
    for topic, flag in parent.items():
        told = carrying.last_word(conn, story, topic)
        if told is not None and told.article in moved:
            kept["carried"].append([part, topic, carrying.carry_word(conn, told, part)])
            carrying.copy_flag(conn, flag, part, flag.state)
    carrying.settle(conn, (part, story), parent, now)
    for topic, flag in parent.items():
        carrying.write_flag(conn, part, topic, {"raised_at": flag.raised_at, "raised_by": flag.raised_by})
    return _written(conn, "split", part, story, moved, kept, before, by=by, note=note, now=now)


def _with_their_copies(members: Mapping[str, str | None], named: Iterable[str]) -> list[str]:
    """Return the named articles and all whose nearest article is among them, in the order in which they were stored."""
    going = set(named)
    grown = True
    while grown:
        more = {article for article, nearest in members.items() if nearest in going} - going
        going |= more
        grown = bool(more)
    return [article for article in members if article in going]


def _new_story(conn: Connection, founder: str, now: datetime) -> str:
    """Return the id of a story without articles that an article may found: its own, else one that follows from it."""
    number = 0
    while True:
        story = make_id("s", founder) if not number else make_id("s", founder, "split", str(number))
        if conn.execute(_HOLDS, {"this_story": story}).first() is None:
            break
        number += 1
    if conn.execute(select(_stories.c.id).where(_stories.c.id == story)).first() is None:
        conn.execute(insert(_stories), {"id": story, "first_seen_at": now})
    return story


# -------------------------------------------------------------------------------------------- taking it back


def undo(conn: Connection, number: int, *, now: datetime) -> Regrouped:
    """Put the articles of a regrouping back to where they were, with those that joined the story because of them.

    Flags and decisions are as they were, but for what a person said since. UsageError when it was undone already, or
    when a later regrouping of one of the two stories stands.
    """
    row = conn.execute(select(_regroupings).where(_regroupings.c.id == number)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no regrouping {number}; ./run story history lists them.")
    if row.undone_at is not None:
        raise UsageError(f"Regrouping {number} was undone already.")
    touched = (row.story, row.other)
    later = conn.execute(
        select(_regroupings.c.id)
        .where(_regroupings.c.id > number, _regroupings.c.undone_at.is_(None))
        .where(or_(_regroupings.c.story.in_(touched), _regroupings.c.other.in_(touched)))
        .order_by(_regroupings.c.id.desc())
    ).first()
    if later is not None:
        raise UsageError(f"Regrouping {later.id} came later and concerns the same stories: undo that one first.")
    kept = row.articles
    before = carrying.states_of(conn, *touched)
    members = carrying.members_of(conn, row.story)
    others = {article: nearest for article, nearest in members.items() if article not in kept["stayed"]}
    going = list(members) if row.decision == "split" else _with_their_copies(others, kept["moved"])
    _move(conn, going, row.other, {article: kept["placed_by"].get(article) for article in going})
    if kept.get("was_new") in going:
        new = {"relation": Relation.NEW, "nearest": None, "similarity": None}
        conn.execute(update(_articles).where(_articles.c.id == kept["was_new"]).values(new))
    kill_point("regrouping")
    decided_since = _take_back_words(conn, row, now)
    _restore_flags(conn, touched, kept["flags"], decided_since)
    conn.execute(update(_regroupings).where(_regroupings.c.id == number).values(undone_at=now))
    carrying.settle(conn, touched, {topic for _, topic in before}, now)
    return Regrouped(
        regrouping=_regrouping(conn.execute(select(_regroupings).where(_regroupings.c.id == number)).one()),
        flags=_moves(conn, touched, before),
    )


def _take_back_words(conn: Connection, row: Row[Any], now: datetime) -> set[tuple[str, str]]:
    """Undo the decisions that a regrouping carried over; return of which stories and topics a person said more since.

    What was said since of a part that goes back is said of the whole.
    """
    kept = row.articles
    known = {(story, topic): number for story, topic, number in kept["words"]}
    carried = {(story, topic): number for story, topic, number in kept["carried"]}
    since: set[tuple[str, str]] = set()
    for story, topic in carrying.spoken_of(conn, row.story, row.other):
        key = (story, topic)
        now_said = carrying.last_word(conn, story, topic)
        before = carrying.decision_row(conn, known[key]) if key in known else None
        if key in carried and carrying.is_same_word(now_said, carrying.decision_row(conn, carried[key])):
            if before is None:
                carrying.carry_word(
                    conn, carrying.decision_row(conn, carried[key]), story, decision=Decision.UNDONE, decided_at=now
                )
            else:
                carrying.carry_word(conn, before, story)
        elif not carrying.is_same_word(now_said, before):
            since.add(key)
            whole = carrying.last_word(conn, row.other, topic)
            is_of_part = row.decision == "split" and story == row.story
            if is_of_part and now_said is not None and (whole is None or whole.id < now_said.id):
                _say_of_whole(conn, now_said, row.other)
                since.add((row.other, topic))
    return since


def _say_of_whole(conn: Connection, word: Row[Any], whole: str) -> None:
    """Let the last word said of a part be that of the whole."""
    carrying.carry_word(conn, word, whole)
    if word.topic in carrying.flags_of(conn, whole):
        carrying.write_flag(conn, whole, word.topic, {"state": FlagState(word.decision)})
    else:
        carrying.copy_flag(conn, carrying.flags_of(conn, word.story)[word.topic], whole, FlagState(word.decision))


def _restore_flags(
    conn: Connection, stories: Iterable[str], kept: Iterable[Mapping[str, Any]], decided_since: set[tuple[str, str]]
) -> None:
    """Give flags back what they were; those that came by the regrouping go, unless a person has spoken since."""
    former = {(one["story"], one["topic"]): one for one in kept}
    for story in stories:
        for topic in carrying.flags_of(conn, story):
            key = (story, topic)
            one = former.get(key)
            if one is None:
                found = flags.best(conn, story, topic)
                if key in decided_since:
                    continue
                if found is None or not found.verdict.flagged:
                    flags.remove(conn, story, topic)
                else:
                    carrying.write_flag(conn, story, topic, {"state": FlagState.WITHDRAWN})
                continue
            values = {name: one[name] for name in _KEPT}
            for name in ("raised_at", "developed_at"):
                values[name] = None if values[name] is None else datetime.fromisoformat(values[name])
            if key in decided_since:
                del values["state"]
            carrying.write_flag(conn, story, topic, values)
            flags.write_facets(conn, story, topic, values["facets"])


# --------------------------------------------------------------------------------------------------- steps


def _existing(conn: Connection, story: str) -> str:
    at = resolve(conn, story)
    if conn.execute(_HOLDS, {"this_story": at}).first() is None:
        raise NotFoundError(f"There is no story {story}.")
    return at


def _move(conn: Connection, articles: Sequence[str], story: str, placed_by: Mapping[str, str | None]) -> None:
    if not articles:
        return
    rows = [{"this_article": article, "by": placed_by[article]} for article in articles]
    conn.execute(
        update(_articles)
        .where(_articles.c.id == bindparam("this_article"))
        .values(story=story, placed_by=bindparam("by")),
        rows,
    )


def _before(conn: Connection, story: str, other: str, moved: Sequence[str]) -> dict[str, Any]:
    """Return what taking a regrouping back needs: whose articles were whose, who placed them, flags, last words."""
    placed: dict[str, str | None] = {}
    for chunk in chunks(moved):
        rows = conn.execute(select(_articles.c.id, _articles.c.placed_by).where(_articles.c.id.in_(chunk)))
        placed |= {row.id: row.placed_by for row in rows}
    found = [flag for one in (story, other) for flag in carrying.flags_of(conn, one).values()]
    words = (
        (one, topic, carrying.last_word(conn, one, topic)) for one, topic in carrying.spoken_of(conn, story, other)
    )
    return {
        "moved": list(moved),
        "stayed": list(carrying.members_of(conn, story)),
        "placed_by": placed,
        "flags": [
            {"story": flag.story, "topic": flag.topic} | {name: _plain(getattr(flag, name)) for name in _KEPT}
            for flag in found
        ],
        "words": [[one, topic, word.id] for one, topic, word in words if word is not None],
        "carried": [],
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _moves(
    conn: Connection, stories: Iterable[str], before: Mapping[tuple[str, str], FlagState]
) -> tuple[FlagMoved, ...]:
    after = carrying.states_of(conn, *stories)
    return tuple(
        FlagMoved(story=key[0], topic=key[1], before=before.get(key), after=after.get(key))
        for key in sorted({*before, *after})
    )


def _written(
    conn: Connection,
    decision: Kind,
    story: str,
    other: str,
    moved: Sequence[str],
    kept: Mapping[str, Any],
    before: Mapping[tuple[str, str], FlagState],
    *,
    by: str,
    note: str | None,
    now: datetime,
) -> Regrouped:
    row = {"decision": decision, "story": story, "other": other, "articles": kept, "decided_at": now}
    written = conn.execute(
        insert(_regroupings).values(row | {"decided_by": by, "note": note}).returning(_regroupings)
    ).one()
    return Regrouped(regrouping=_regrouping(written), flags=_moves(conn, (story, other), before))

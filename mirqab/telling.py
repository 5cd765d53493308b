"""Who told a story: how many outlets, how many texts that are independent of each other, and which agency first.

A text is independent when it is a copy of no earlier one. Copies may have been found in another order than they were
published: of one text, whoever published first is first. Texts that are all credited to one and the same agency are
one: two outlets that rewrite one dispatch confirm nothing to each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mirqab.agencies import UNNAMED
from mirqab.types import Relation

COPIES: Final = frozenset({Relation.EXACT, Relation.NEAR, Relation.UPDATE})
"""How an article is tied to its nearest when it is no text of its own."""

_CLOCKS_DIFFER: Final = timedelta(minutes=10)
"""How much later than we saw it a page may say that it was published; more is a mistaken date."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """An article of a story, as far as it matters who told it first. `at` is when it was carried first."""

    article: str
    relation: Relation
    nearest: str | None
    agencies: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """One independent text: its articles, the first one to be published first, and all agencies that they credit."""

    articles: tuple[str, ...]
    agencies: tuple[str, ...]


def carried_at(published: datetime | None, seen_at: datetime) -> datetime:
    """Return when an outlet carried something: when it says that it published it, unless that is after we saw it."""
    return published if published is not None and published <= seen_at + _CLOCKS_DIFFER else seen_at


def texts(members: Sequence[Member]) -> tuple[Text, ...]:
    """Return the independent texts of a story, the first to be published first."""
    known = {member.article: member for member in members}
    groups: dict[str, list[Member]] = {}
    for member in members:
        groups.setdefault(_original(member, known), []).append(member)
    by_agency: dict[str, list[Member]] = {}
    for original, group in groups.items():
        named = {agency for member in group for agency in member.agencies} - {UNNAMED}
        by_agency.setdefault(named.pop() if len(named) == 1 else original, []).extend(group)
    ordered = sorted((_in_time(group) for group in by_agency.values()), key=lambda group: _when(group[0]))
    return tuple(
        Text(
            articles=tuple(member.article for member in group),
            agencies=tuple(dict.fromkeys(agency for member in group for agency in member.agencies)),
        )
        for group in ordered
    )


def first_agency(members: Iterable[Member]) -> str | None:
    """Return the agency that is credited by whoever carried it first of those that credit one."""
    credited = (member for member in _in_time(members) if set(member.agencies) - {UNNAMED})
    return next((agency for member in credited for agency in member.agencies if agency != UNNAMED), None)


def _original(member: Member, known: dict[str, Member]) -> str:
    """Return the article of this story of which an article is, over others or not, a copy."""
    passed = set()
    while member.relation in COPIES and member.nearest in known and member.article not in passed:
        passed.add(member.article)
        member = known[member.nearest]
    return member.article


def _in_time(members: Iterable[Member]) -> list[Member]:
    return sorted(members, key=_when)


def _when(member: Member) -> tuple[datetime, str]:
    return member.at, member.article

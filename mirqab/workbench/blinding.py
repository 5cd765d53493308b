"""A part of a labelled set kept shut while a topic is edited: its figures are told, its errors never."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from mirqab.workbench.labelled import Labelled


def blind_groups(lines: Iterable[Labelled], *, share: float, seed: str) -> frozenset[str]:
    """Return the groups of the blind part: that share of the lines of every source, theatre and side.

    Lines on one story stay together. Which are chosen follows from their own names and the seed, not from the order
    or the number of other sources' lines.
    """
    members: defaultdict[str, list[Labelled]] = defaultdict(list)
    for line in lines:
        members[line.group].append(line)
    strata: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for group, of_it in members.items():
        first = min(of_it, key=lambda line: str(line.story.id))
        strata[first.source, ",".join(first.theatres), first.side].append(group)
    blind: set[str] = set()
    for stratum, groups in strata.items():
        # a stratum of one line would never be chosen if shares were rounded alike: each has a luck of its own
        count = math.floor(len(groups) * share + _luck(seed, *stratum))
        blind.update(sorted(groups, key=lambda group: _luck(seed, group))[:count])
    return frozenset(blind)


def split(lines: Sequence[Labelled], *, share: float, seed: str) -> tuple[list[Labelled], list[Labelled]]:
    """Return the open part and the blind part, each in the order given."""
    blind = blind_groups(lines, share=share, seed=seed)
    return [line for line in lines if line.group not in blind], [line for line in lines if line.group in blind]


def _luck(*words: str) -> float:
    """Return a number from 0 up to 1 that follows from the words, on every machine alike."""
    digest = hashlib.sha256("\x1f".join(words).encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2**56

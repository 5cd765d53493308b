"""Which sentences of two texts belong together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, Literal, NamedTuple

from mirqab.changes.cutting import Sentence

ALIKE: Final = 0.5
"""Share of the words of two sentences (twice the shared ones ÷ all) from which one is the other one reworded."""
HELD: Final = 0.8
"""Share of a sentence's words that its neighbour's partner holds when two were joined, or one was split."""
_FEWEST_HELD: Final = 3
"""Words that such a sentence has at least: fewer stand in any long one."""
_MOST_PAIRS: Final = 62_500
"""Sentences left over on one side × on the other one up to which it is asked which are alike (about half a second)."""


class Alignment(NamedTuple):
    pairs: list[tuple[list[Sentence], list[Sentence]]]
    removed: list[Sentence]
    added: list[Sentence]
    moved: int


def align(former: Sequence[Sentence], new: Sequence[Sentence]) -> Alignment:
    """Tell which sentences belong together: the same ones in order, the same ones elsewhere, then those alike."""
    pairs: list[tuple[list[Sentence], list[Sentence]]] = []
    left, right = dict(enumerate(former)), dict(enumerate(new))
    matcher = SequenceMatcher(None, [one.key for one in former], [one.key for one in new], autojunk=False)
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            pairs.append(([left.pop(block.a + step)], [right.pop(block.b + step)]))
    elsewhere: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, one in right.items():
        elsewhere[one.key].append(place)
    moved = 0
    for place, one in list(left.items()):
        if elsewhere.get(one.key):
            pairs.append(([left.pop(place)], [right.pop(elsewhere[one.key].pop(0))]))
            moved += 1
    alike = _alike(left, right) if len(left) * len(right) <= _MOST_PAIRS else ()
    groups = [([left.pop(a)], [right.pop(b)]) for a, b in list(alike)]
    _take_in(groups, left, 0)
    _take_in(groups, right, 1)
    return Alignment(pairs + groups, list(left.values()), list(right.values()), moved)


def _alike(left: dict[int, Sentence], right: dict[int, Sentence]) -> Iterator[tuple[int, int]]:
    """Yield which of the sentences left over is which one reworded, the most alike first; each only once."""
    counts = {b: Counter(one.key) for b, one in right.items()}
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for b, words in counts.items():
        for word in words:
            holders[word].append(b)
    scored = []
    for a, one in left.items():
        words = Counter(one.key)
        for b in {b for word in words for b in holders.get(word, ())}:
            shared = (words & counts[b]).total()
            score = 2 * shared / (len(one.units) + len(right[b].units))
            if score >= ALIKE:
                scored.append((-score, abs(a - b), a, b))
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    for _, _, a, b in sorted(scored):
        if a not in taken_left and b not in taken_right:
            taken_left.add(a)
            taken_right.add(b)
            yield a, b


def _take_in(
    groups: list[tuple[list[Sentence], list[Sentence]]], rest: dict[int, Sentence], side: Literal[0, 1]
) -> None:
    """Put a sentence that is left over to its neighbour, when that one's partner holds the words of both."""
    for place, one in sorted(rest.items()):
        for group in groups:
            mine, others = group[side], group[1 - side]
            if place not in (mine[0].place - 1, mine[-1].place + 1) or len(one.units) < _FEWEST_HELD:
                continue
            free = Counter(unit.key for other in others for unit in other.units)
            free.subtract(unit.key for own in mine for unit in own.units)
            if (Counter(one.key) & free).total() >= HELD * len(one.units):
                mine.append(rest.pop(place))
                mine.sort(key=lambda sentence: sentence.place)
                break

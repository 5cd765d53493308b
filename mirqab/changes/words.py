"""Two sentences compared word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from mirqab.arabic.slips import is_slip
from mirqab.changes.cutting import Sentence, Side
from mirqab.changes.told import Change, Edit, Field, Kind, Op, Range

_MOST_CELLS: Final = 4_000_000
"""Words of one sentence × words of the other one up to which they are compared word by word (about a second)."""
_PARTICLE: Final = 3
"""Letters of a lone word («في», «من») that does not part two replacements around it."""


def compare(field: Field, before: Side, after: Side, former: Sentence, new: Sentence) -> Change | None:
    """Return how a sentence differs from what it was; None when it does not, white space and hidden marks aside."""
    was, text = before.text[former.start : former.stop], after.text[new.start : new.stop]
    if _visible(was) == _visible(text):
        return None
    edits = tuple(_edits(before.text, after.text, former, new))
    kind = Kind.SPELLED if all(edit.op is Op.SPELLED for edit in edits) else Kind.REWORDED
    spans = (former.start, former.stop), (new.start, new.stop)
    return Change(kind=kind, field=field, before=spans[0], after=spans[1], former=was, text=text, edits=edits)


def _edits(before: str, after: str, former: Sentence, new: Sentence) -> Iterator[Edit]:
    for tag, a, b in _runs(former.key, new.key):
        if tag == "equal":
            for one, other in zip(former.units[a[0] : a[1]], new.units[b[0] : b[1]], strict=True):
                if _visible(before[one.start : one.stop]) != _visible(after[other.start : other.stop]):
                    yield Edit(op=Op.SPELLED, before=(one.start, one.stop), after=(other.start, other.stop))
            continue
        op = Op.DELETED if tag == "delete" else Op.INSERTED if tag == "insert" else Op.REPLACED
        if op is Op.REPLACED and _is_spelling(former.key[a[0] : a[1]], new.key[b[0] : b[1]]):
            op = Op.SPELLED
        spans = _closed(before, _span(former, a)), _closed(after, _span(new, b))
        yield Edit(op=op, before=spans[0], after=spans[1])


def _runs(former: Sequence[str], new: Sequence[str]) -> list[tuple[str, Range, Range]]:
    """Return how one run of words becomes the other one; replacements that only a particle parts are one."""
    if len(former) * len(new) > _MOST_CELLS:
        return [("replace", (0, len(former)), (0, len(new)))]
    found: list[tuple[str, Range, Range]] = []
    opcodes = SequenceMatcher(None, former, new, autojunk=False).get_opcodes()
    for place, (kind, a, a_stop, b, b_stop) in enumerate(opcodes):
        tag: str = kind
        follows = opcodes[place + 1][0] if place + 1 < len(opcodes) else ""
        is_between = found and found[-1][0] == "replace" and follows == "replace"
        is_bridge = tag == "equal" and is_between and a_stop - a == 1 and len(former[a]) <= _PARTICLE
        goes_on = tag == "replace" and found and found[-1][0] == "bridged"
        if is_bridge or goes_on:
            _, first, second = found.pop()
            tag = "bridged" if is_bridge else "replace"
            a, b = first[0], second[0]
        found.append((tag, (a, a_stop), (b, b_stop)))
    return found


def _span(sentence: Sentence, run: Range) -> Range:
    """Return the span of a run of words; of an empty one, the place where it would stand."""
    units = sentence.units
    if run[0] < run[1]:
        return units[run[0]].start, units[run[1] - 1].stop
    at = units[run[0]].start if run[0] < len(units) else units[-1].stop if units else sentence.start
    return at, at


_CLOSING: Final = {"(": ")", "[": "]", "«": "»", "“": "”"}


def _closed(text: str, span: Range) -> Range:
    """Return a span with the mark right behind it that closes what is opened inside it: «(JMC» with its «)»."""
    opened = [mark for mark in text[span[0] : span[1]] if mark in _CLOSING or mark in _CLOSING.values()]
    follows = text[span[1] : span[1] + 1]
    return (span[0], span[1] + 1) if opened and follows and _CLOSING.get(opened[-1]) == follows else span


def _is_spelling(former: Sequence[str], new: Sequence[str]) -> bool:
    """Tell whether words differ only in how they are joined, or by a slip of the pen."""
    one, other = "".join(former), "".join(new)
    if one == other:
        return True
    return len(former) == len(new) == 1 and is_slip(one, other)


_HIDDEN: Final = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")


def _visible(text: str) -> str:
    return " ".join(_HIDDEN.sub("", text).split())

"""The hints on a topic as a person reads them: what matters most first, one line for many of a kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mirqab.topics import Finding

SHOWN: Final = 3
"""Hints of a kind that are told one by one."""

_KINDS: Final = {
    "no effect": "blocks that bear on no verdict",
    "unused": "blocks that nothing uses",
    "collides": "words with forms that are other, frequent words",
    "mixed": "keys of another language",
    "doubled": "terms that another one of the concept finds anyway",
    "never fires": "rules that never fire",
}
"""What each kind of hint is about, the most serious first."""


def hint_lines(findings: Iterable[Finding], *, every: bool) -> Iterator[str]:
    """Yield the lines that tell hints: all of them, or the first of each kind and how many more there are."""
    kinds: defaultdict[str, list[tuple[Finding, list[str]]]] = defaultdict(list)
    for merged in _merged(findings):
        kinds[merged[0].kind].append(merged)
    order = [*_KINDS]
    for kind in sorted(kinds, key=lambda kind: order.index(kind) if kind in order else len(order)):
        told = kinds[kind]
        shown = told if every or len(told) <= SHOWN + 1 else told[:SHOWN]
        for finding, others in shown:
            also = f" (also in {', '.join(others)})" if others else ""
            yield f"hint: {finding}{also}"
        if len(shown) < len(told):
            more = f"{len(told) - len(shown):,} more {_KINDS.get(kind, kind)}"
            yield f"hint: {told[0][0].file}: {more}; --all-hints lists them"


def _merged(findings: Iterable[Finding]) -> Sequence[tuple[Finding, list[str]]]:
    """Return hints that say the same of several places as one, with the keys of the other places."""
    found: dict[tuple[str, str, str], tuple[Finding, list[str]]] = {}
    for finding in findings:
        first = found.setdefault((finding.kind, finding.file, finding.text), (finding, []))
        if first[0] is not finding:
            first[1].append(finding.key)
    return list(found.values())

"""The version of a topic: a fingerprint of all that bears on its verdicts, and of nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Final

from mirqab.arabic import FOLD_VERSION
from mirqab.topics.language import JUDGE_VERSION, Facet, Topic

_UNTOLD: Final = frozenset({"name", "version", "file", "concepts", "examples"})
"""What a verdict does not depend on; the concepts are told by the words that they hold in the end."""

_UNTOLD_BELOW: Final = frozenset({(Facet, "names")})
"""The same of the parts of a topic."""

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


def version_of(topic: Topic) -> str:
    """Return the version: equal for files that judge alike, whatever their comments, key order, lines and examples."""
    told = {name: _canonical(getattr(topic, name)) for name in _names_of(Topic) if name not in _UNTOLD}
    concepts = sorted((name, topic.concepts[name].digest) for name in topic.named_concepts)
    text = repr((list(told.items()), concepts, JUDGE_VERSION, FOLD_VERSION))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _canonical(value: Any) -> Any:
    kind = value.__class__
    if kind in _PLAIN:
        return value
    if kind is tuple:
        return _all(value)
    names = _names_of(kind)
    if names:
        return _all([getattr(value, name) for name in names])
    if isinstance(value, Mapping):  # in the file's order, which decides between equals
        return tuple([(key, _canonical(item)) for key, item in value.items()])
    if isinstance(value, Set):
        return tuple(sorted(value))
    return str(value)


def _all(values: Sequence[Any]) -> tuple[Any, ...]:
    # thousands of topics have millions of plain values
    return tuple([value if value.__class__ in _PLAIN else _canonical(value) for value in values])


@cache
def _names_of(kind: type) -> tuple[str, ...]:
    named = [field.name for field in fields(kind)] if is_dataclass(kind) else []
    return tuple(name for name in named if (kind, name) not in _UNTOLD_BELOW)

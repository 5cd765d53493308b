"""The version of a topic: a fingerprint of all that bears on its verdicts, and of nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from typing import Any, Final

from mirqab.arabic import FOLD_VERSION
from mirqab.topics.language import JUDGE_VERSION, Topic

_UNTOLD: Final = frozenset({"name", "version", "file", "concepts", "examples"})
"""What a verdict does not depend on; the concepts are told by the words that they hold in the end."""


def version_of(topic: Topic) -> str:
    """Return the version: equal for files that judge alike, whatever their comments, key order, lines and examples."""
    told = {field.name: _canonical(getattr(topic, field.name)) for field in fields(topic) if field.name not in _UNTOLD}
    concepts = sorted((name, topic.concepts[name].digest) for name in topic.named_concepts)
    text = repr((list(told.items()), concepts, JUDGE_VERSION, FOLD_VERSION))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _canonical(value: Any) -> Any:
    if is_dataclass(value):
        return [(field.name, _canonical(getattr(value, field.name))) for field in fields(value)]
    if isinstance(value, Mapping):  # in the file's order, which decides between equals
        return [(key, _canonical(item)) for key, item in value.items()]
    if isinstance(value, Set):
        return sorted(map(_canonical, value))
    if isinstance(value, tuple | list):
        return [_canonical(item) for item in value]
    return value.value if hasattr(value, "value") else value

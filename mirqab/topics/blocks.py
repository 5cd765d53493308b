"""Reading blocks of a topic file: keys under their Arabic or English name, and every mistake with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from itertools import islice
from typing import Any

from mirqab.arabic import fold
from mirqab.errors import Mistake
from mirqab.topics import limits
from mirqab.types import Document

_SHOWN = 80
"""Characters of a key or name that are shown."""

_NUMBER = re.compile(r"[-−+]?[0-9٠-٩۰-۹]{1,15}([.٫][0-9٠-٩۰-۹]{1,15})?")

_YES = {fold(word) for word in ("نعم", "yes", "true")}
_NO = {fold(word) for word in ("لا", "no", "false")}


class Block:
    """One mapping of the file with the keys that may stand in it.

    `keys` maps the English name of each key to its Arabic one. Values are asked for by English name; a value of the
    wrong shape is noted as a mistake and read as its default, so that the rest of the file is still read.
    """

    def __init__(
        self,
        document: Document,
        path: tuple[str | int, ...],
        content: Any,
        keys: Mapping[str, str],
        mistakes: list[Mistake],
    ) -> None:
        self.document, self.path, self.mistakes = document, path, mistakes
        self._values: dict[str, Any] = {}
        self._written: dict[str, str] = {}
        self._keys = keys
        if not isinstance(content, dict):
            self.mistake((), "a block of keys and values")
            return
        known = _names_of(tuple(keys.items()))
        for written, value in content.items():
            english = known.get(written) or known.get(fold(str(written)).replace(" ", "_"))
            if english is None:
                self.mistake((written,), unknown(str(written), [*keys.values(), *keys]))
            elif english in self._values:
                self.mistake((written,), f"this once: «{self._written[english]}» says the same")
            else:
                self._values[english], self._written[english] = value, written

    def mistake(self, below: tuple[str | int, ...], expected: str) -> None:
        """Note that the value at `below` this block is not what was expected."""
        note(self.mistakes, self.document, (*self.path, *below), expected)

    def has(self, key: str) -> bool:
        """Say whether the key was written."""
        return key in self._values

    def at(self, key: str) -> tuple[str | int, ...]:
        """Return the path of a key as it was written."""
        return (*self.path, self._written.get(key, self._keys[key]))

    def wrong(self, key: str, expected: str) -> None:
        """Note a mistake at a key."""
        note(self.mistakes, self.document, self.at(key), expected)

    def raw(self, key: str) -> Any:
        """Return the value as read, None when absent."""
        return self._values.get(key)

    def text(self, key: str, *, required: bool = False, most: int = limits.NAME) -> str | None:
        """Return a text of at most so many characters."""
        value = self._values.get(key)
        if isinstance(value, str) and value.strip():
            if len(value) <= most:
                return value
            self.wrong(key, f"a text of at most {most} characters")
            return None
        if value is not None or required:
            self.wrong(key, "a text" if value is not None else f"the key «{self._keys[key]}» ({key}) with a text")
        return None

    def number(self, key: str, default: float, *, required: bool = False) -> float:
        """Return a number."""
        value = in_digits(self._values.get(key))
        if isinstance(value, int | float) and not isinstance(value, bool):
            if -limits.AMOUNT <= value <= limits.AMOUNT:
                return float(value)
            self.wrong(key, f"a number of at most {limits.AMOUNT:,}")
            return default
        if value is not None or required:
            self.wrong(key, "a number" if value is not None else f"the key «{self._keys[key]}» ({key}) with a number")
        return default

    def count(self, key: str, *, most: int = limits.DISTANCE) -> int | None:
        """Return a whole number from 0, None when absent."""
        value = in_digits(self._values.get(key))
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            if value <= most:
                return value
            self.wrong(key, f"a whole number of at most {most:,}")
            return None
        if value is not None:
            self.wrong(key, f"a whole number from 0{instead_of(value)}")
        return None

    def truth(self, key: str) -> bool:
        """Return yes or no; no when absent. `نعم` and `لا` are plain words in YAML and are accepted here."""
        value = self._values.get(key)
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and fold(value) in _YES | _NO:
            return fold(value) in _YES
        if value is not None:
            self.wrong(key, "نعم or لا")
        return False

    def items(
        self, key: str, *, most: int = limits.NAMES, required: bool = False
    ) -> Iterator[tuple[tuple[str | int, ...], Any]]:
        """Yield the items of a list with their paths, at most so many."""
        value = self._values.get(key)
        if isinstance(value, list):
            if required and not value:
                self.wrong(key, "at least one item")
            if len(value) > most:
                self.wrong(key, f"at most {most:,} items, not {len(value):,}")
            for index, item in enumerate(value[:most]):
                yield (*self.at(key), index), item
        elif value is not None or required:
            self.wrong(key, "a list" if value is not None else f"the key «{self._keys[key]}» ({key}) with a list")

    def names(self, key: str, *, most: int = limits.NAMES, required: bool = False) -> tuple[str, ...]:
        """Return a list of names; one name alone is accepted as a list of one."""
        if isinstance(self._values.get(key), str):
            return tuple(name for name in [self.text(key)] if name)
        found = []
        for path, item in self.items(key, most=most, required=required):
            if isinstance(item, str) and "،" not in item:
                found.append(item)
            else:
                note(self.mistakes, self.document, path, ARABIC_COMMA if isinstance(item, str) else "a name")
        return tuple(found)

    def entries(
        self, key: str, *, most: int, required: bool = False
    ) -> Iterator[tuple[tuple[str | int, ...], str, Any]]:
        """Yield the entries of a mapping, at most so many: path, name, value."""
        value = self._values.get(key)
        if isinstance(value, dict):
            if required and not value:
                self.wrong(key, "at least one entry")
            if len(value) > most:
                self.wrong(key, f"at most {most:,} entries, not {len(value):,}")
            for name, item in islice(value.items(), most):
                if len(str(name)) > limits.NAME:
                    self.mistake((self._written[key], name), f"a name of at most {limits.NAME} characters")
                else:
                    yield (*self.at(key), name), str(name), item
        elif value is not None or required:
            shape = "names, each with its value"
            self.wrong(key, shape if value is not None else f"the key «{self._keys[key]}» ({key}) with {shape}")


@cache
def _names_of(keys: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return what the English name of a key is written as: itself, or its Arabic name in one spelling or folded."""
    return {name: english for english, arabic in keys for name in (arabic, fold(arabic), english)}


def in_digits(value: Any) -> Any:
    """Return the number that a text of Arabic or Persian digits writes («٣», «-٢٫٥»), which YAML takes for a word; else
    the value itself."""
    if not isinstance(value, str) or value.isascii() or not _NUMBER.fullmatch(value):
        return value
    written = value.replace("٫", ".").replace("−", "-")
    return float(written) if "." in written else int(written)


def instead_of(value: Any) -> str:
    """Return the words that name a number which stands where another one was expected; nothing for other values."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f", not {value}" if is_number and abs(value) <= limits.AMOUNT else ""


ARABIC_COMMA = "items separated by «,»: the Arabic comma «،» does not separate them in YAML"


class UnreadableError(Exception):
    """So much of a file is wrong or not there that reading on helps nobody."""


def note(mistakes: list[Mistake], document: Document, path: tuple[str | int, ...], expected: str) -> None:
    """Add a mistake with the line of the value at `path`, or of the nearest block around it; say what was expected."""
    key = ".".join(part if len(part) <= _SHOWN else f"{part[:_SHOWN]}…" for part in map(str, path))
    mistakes.append(Mistake(file=document.path, line=document.line(*path), key=key, expected=f"expected {expected}"))
    if len(mistakes) >= limits.MISTAKES:
        raise UnreadableError


def unknown(written: str, known: list[str]) -> str:
    """Say that a name is not known, and the nearest one that is."""
    folded = {fold(name): name for name in reversed(known)}
    written = written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"
    near = get_close_matches(fold(written), list(folded), n=1, cutoff=0.5)
    if near:
        return f"a known name; «{written}» is not one, did you mean «{folded[near[0]]}»?"
    return f"a known name; «{written}» is not one (known: {', '.join(known[:12])})"

"""Golden pages: saved pages, each with what a person says is to be taken out of it.

A folder is written in one of three ways: an `index.jsonl` with a line for each page; a `NAME.gold.json` for each page,
as `outlet snapshot` writes it; a `*.gold.json` that lists several pages. They may stand side by side.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from mirqab.addresses import host_of
from mirqab.errors import ConfigurationError, Mistake, UsageError

INDEX: Final = "index.jsonl"
PAIR: Final = ".gold.json"
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_REMARK: Final = re.compile(r"\s*\([^()]*\)\s*\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """When a golden page was published: aware, and `day_only` where its gold says no time of the day."""

    at: datetime
    day_only: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class GoldenPage:
    """One saved page and what is to be taken out of it; what its gold does not speak of is not scored.

    `published` and `author` are None for a page that states none, which counts only when `says_published` and
    `says_author` tell that the gold speaks of it. `optional` is text that may stand in the body or not.
    """

    name: str  # of the file, relative to the folder
    path: Path
    outlet: str
    kind: str  # the gold's `class`: news, site, listing, …
    url: str = ""
    timezone: str | None = None
    content_type: str | None = None
    is_article: bool = True
    headline: str | None = None
    body: str | None = None
    optional: tuple[str, ...] = ()
    must_contain: tuple[str, ...] = ()
    must_not_contain: tuple[str, ...] = ()
    says_published: bool = False
    published: Moment | None = None
    says_author: bool = False
    author: str | None = None


def read_golden(folder: Path) -> list[GoldenPage]:
    """Return the golden pages of a folder, in the order of its files.

    Raises UsageError for a folder without any, ConfigurationError with every mistake in the golden files.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder.")
    pages: list[GoldenPage] = []
    mistakes: list[Mistake] = []
    for gold in _golds(folder, mistakes):
        found = len(mistakes)
        page = gold.page(folder)
        mistakes += gold.mistakes
        if len(mistakes) == found and page is not None:
            pages.append(page)
    if mistakes:
        raise ConfigurationError(mistakes)
    if not pages:
        raise UsageError(f"{folder} holds no golden pages: neither {INDEX} nor *{PAIR} (see docs/evaluation.md).")
    return pages


def _golds(folder: Path, mistakes: list[Mistake]) -> Iterator[_Gold]:
    index = folder / INDEX
    if index.exists():
        for number, line in enumerate(_text(index, mistakes).splitlines(), start=1):
            if line.strip() and (value := _json(index, line, mistakes, line_number=number)) is not None:
                yield from _objects(index, value, mistakes, line=number)
    for path in sorted(folder.glob(f"*{PAIR}")):
        text = _text(path, mistakes)
        value = _json(path, text, mistakes) if text else None
        if isinstance(value, list):
            for place, one in enumerate(value):
                yield from _objects(path, one, mistakes, prefix=f"{place}.")
        elif value is not None:
            yield from _objects(path, value, mistakes, text=text, file=path.name.removesuffix(PAIR) + ".html")


def _objects(
    path: Path,
    value: Any,
    mistakes: list[Mistake],
    *,
    line: int | None = None,
    prefix: str = "",
    text: str = "",
    file: str | None = None,
) -> Iterator[_Gold]:
    if isinstance(value, dict):
        yield _Gold(path, value, line=line, prefix=prefix, text=text, file=file)
    else:
        mistakes.append(Mistake(file=str(path), line=line, key=prefix.rstrip("."), expected="expected an object"))


def _text(path: Path, mistakes: list[Mistake]) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else f"not UTF-8 (byte {error.start})"
        mistakes.append(Mistake(file=str(path), line=None, key="", expected=f"cannot be read: {why}"))
        return ""


def _json(path: Path, text: str, mistakes: list[Mistake], *, line_number: int | None = None) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line, expected = line_number or error.lineno, f"not JSON: {error.msg} at column {error.colno}"
    except (ValueError, RecursionError) as error:
        line, expected = line_number or 1, f"not JSON that can be read: {error}"
    mistakes.append(Mistake(file=str(path), line=line, key="", expected=expected))
    return None


class _Gold:
    """One page's object in a golden file, read key by key; what is wrong with a key is kept with its place."""

    def __init__(
        self, path: Path, keys: Mapping[str, Any], *, line: int | None, prefix: str, text: str, file: str | None
    ) -> None:
        self._path, self._keys, self._line = path, keys, line
        self._prefix, self._text, self._file = prefix, text, file
        self.mistakes: list[Mistake] = []

    def page(self, folder: Path) -> GoldenPage | None:
        """Return the golden page; None, or one that is not to be used, where there are mistakes."""
        name = self._string("file") or self._file
        if name is None:
            self._wrong("file", "expected the name of the saved page")
            return None
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            self._wrong("file", f"there is no file {name!r} beside it")
        url = self._string("url") or ""
        timezone = self._timezone()
        headline = self._string("headline", "title")
        body = self._string("body", "body_text", "full_text")
        is_article = self._keys.get("is_article", True)
        if not isinstance(is_article, bool):
            self._wrong("is_article", "expected true or false")
            is_article = True
        needed = self._strings("must_contain")
        if is_article and headline is None and body is None and not needed and not self.mistakes:
            self._wrong("", "says nothing of the article: neither headline (title), body (body_text) nor must_contain")
        return GoldenPage(
            name=name,
            path=path,
            # an outlet that is not named is told by its host; without one the page stands for itself
            outlet=self._string("outlet", "shell") or host_of(url) or name,
            kind=self._string("class") or "news",
            url=url,
            timezone=timezone,
            content_type=self._content_type(),
            is_article=is_article,
            headline=headline,
            body=body,
            optional=self._strings("optional"),
            must_contain=needed,
            must_not_contain=self._strings("must_not_contain"),
            says_published="published" in self._keys,
            published=self._moment("published", timezone),
            says_author="author" in self._keys,
            author=self._string("author"),
        )

    def _string(self, *names: str) -> str | None:
        """Return the text under the first of these names that is there."""
        for name in names:
            value = self._keys.get(name)
            if value is None:
                continue
            if isinstance(value, str):
                return value.strip() or None
            self._wrong(name, "expected a text or null")
            return None
        return None

    def _strings(self, name: str) -> tuple[str, ...]:
        value = self._keys.get(name)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value):
            return tuple(value)
        self._wrong(name, "expected a list of texts")
        return ()

    def _timezone(self) -> str | None:
        name = self._string("timezone")
        if name is not None:
            try:
                ZoneInfo(name)
            except (KeyError, OSError, ValueError):  # no such zone, the name of a folder, a path
                self._wrong("timezone", f"there is no time zone {name!r}")
                return None
        return name

    def _moment(self, name: str, timezone: str | None) -> Moment | None:
        """Read a time in ISO 8601, after which a remark may stand in brackets.

        One without a zone is of the page's own, which extraction takes for UTC when it is told none.
        """
        written = self._string(name)
        if written is None:
            return None
        text = _REMARK.sub("", written)
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            self._wrong(name, f"expected a time in ISO 8601, such as 2024-01-26T14:05:00+03:00, not {text[:60]!r}")
            return None
        if at.tzinfo is None:
            at = at.replace(tzinfo=ZoneInfo(timezone) if timezone else UTC)
        return Moment(at=at, day_only=_DAY.match(text) is not None)

    def _content_type(self) -> str | None:
        """Return the header that came with the page, where the pair keeps the headers."""
        provenance = self._keys.get("provenance")
        headers = provenance.get("headers") if isinstance(provenance, dict) else None
        pairs: Iterable[Any] = headers if isinstance(headers, list) else ()
        for pair in pairs:
            if isinstance(pair, list) and len(pair) == 2 and str(pair[0]).lower() == "content-type":
                return str(pair[1])
        return None

    def _wrong(self, key: str, expected: str) -> None:
        line = self._line
        if line is None and self._text:
            found = re.search(rf'^\s*\{{?\s*"{re.escape(key)}"\s*:', self._text, re.MULTILINE) if key else None
            line = self._text.count("\n", 0, found.end()) + 1 if found else 1
        self.mistakes.append(
            Mistake(file=str(self._path), line=line, key=f"{self._prefix}{key}".rstrip("."), expected=expected)
        )

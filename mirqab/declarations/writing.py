"""Writes into `config/outlets.yaml` as a careful person would: what stands there stays as it is, letter for letter.

New text is put in; nothing is written anew from values, for no YAML writer keeps every comment, blank line and quote.
What comes out is read and checked whole before it takes the file's place.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from mirqab.addresses import url_key
from mirqab.declarations.cache import OutletCache
from mirqab.declarations.checks import check_url
from mirqab.declarations.loading import OUTLETS_FILE, OUTLETS_MAX_BYTES
from mirqab.declarations.outlet_file import check_outlets
from mirqab.documents import parse_document, read_body
from mirqab.errors import ConfigurationError, Mistake, UsageError
from mirqab.settings import Settings
from mirqab.types import Document, Feed, Outlet

# what JSON leaves raw and YAML does not allow or folds, and marks of direction, which nobody sees
_UNSEEN: Final = re.compile("[\u007f-\u00a0\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
_FIELDS: Final = (
    "id", "name", "name_en", "country", "kind", "timezone", "home", "feeds", "backfill", "enabled", "reason",
    "delay_s", "poll_floor_s", "poll_ceiling_s", "verify_tls", "keep", "prune",
)  # fmt: skip
_FEED_FIELDS: Final = ("url", "kind", "links", "note", "last_answered")


# ----------------------------------------------------------------------------------------------- what to paste


def outlet_yaml(outlet: Outlet, *, indent: int = 2) -> str:
    """Return an outlet as it stands in `outlets.yaml`, `indent` spaces in; what is as by default is left out."""
    lines: list[str] = []
    for name, value in _declared(outlet, _FIELDS):
        if not isinstance(value, tuple):
            lines.append(f"{name}: {_scalar(value)}")
            continue
        lines.append(f"{name}:" if value else f"{name}: []")
        for one in value:
            lines += [f"  {line}" for line in (_feed_lines(one) if isinstance(one, Feed) else [f"- {_scalar(one)}"])]
    margin = " " * indent
    return "".join(f"{margin}{'  ' if number else '- '}{line}\n" for number, line in enumerate(lines))


def _feed_lines(feed: Feed) -> list[str]:
    lines = [f"{key}: {_scalar(said)}" for key, said in _declared(feed, _FEED_FIELDS)]
    return [f"{'  ' if number else '- '}{line}" for number, line in enumerate(lines)]


def _declared(of: Outlet | Feed, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    defaults = {field.name: field.default for field in fields(of)}
    for name in names:
        if (value := getattr(of, name)) != defaults[name]:
            yield name, value


def _scalar(value: Any) -> str:
    """Return a value as YAML 1.2 reads it: plain where nobody could read anything else, else quoted as JSON does."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(int(value) if value == int(value) else value)
        case datetime():
            return value.isoformat()
    text = str(value)
    plain = (
        re.fullmatch(r"[^\W\d_].*[^\s:]|[^\W\d_]", text)
        and text.isprintable()
        and not re.search(": | #", text)
        and text.lower() not in ("null", "true", "false")
    )
    if plain:
        return text
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


# ------------------------------------------------------------------------------------------------- the changes


def add_outlet(settings: Settings, outlet: Outlet) -> None:
    """Add one outlet at the end of `config/outlets.yaml`; see `add_outlets`."""
    add_outlets(settings, [outlet])


def add_outlets(settings: Settings, outlets: Sequence[Outlet]) -> None:
    """Add outlets at the end of `config/outlets.yaml`, all or none.

    Raises UsageError for an id or a feed that is taken, ConfigurationError for an outlet that is not valid, a file
    that is not, or one that cannot be written or was changed meanwhile.
    """
    _check_alone(settings, outlets)
    with _Change(settings) as change:
        _check_free(change.declared, outlets)
        change.write(_with_outlets(change.text, outlets), (*change.declared, *outlets))


def add_feed(settings: Settings, outlet: str, feed: Feed) -> None:
    """Add a feed after an outlet's others; an outlet that is off and has none is switched on. Errors as for adding."""
    with _Change(settings) as change:
        index = _find_outlet(change.declared, outlet)
        if owner := _owners(change.declared).get(url_key(feed.url)):
            raise UsageError(f"The outlet {owner} reads {feed.url} already.")
        one = change.declared[index]
        added = replace(one, feeds=(*one.feeds, feed))
        if not one.feeds:
            added = replace(added, enabled=True, reason=None)
        wanted = (*change.declared[:index], added, *change.declared[index + 1 :])
        change.write(_with_feed(change.text, change.document, index, one, feed), wanted)


def replace_feed(settings: Settings, outlet: str, old_url: str, new_url: str) -> None:
    """Write another address where an outlet's feed (or a source of its `backfill`) stood; errors as for adding."""
    try:
        check_url(new_url)
    except ValueError as error:
        raise UsageError(str(error)) from error
    with _Change(settings) as change:
        index, section, position = _find_feed(change.declared, outlet, old_url)
        owner = _owners(change.declared).get(url_key(new_url))
        if owner is not None and url_key(new_url) != url_key(old_url):
            raise UsageError(f"The outlet {owner} reads {new_url} already.")
        line = change.document.line("outlets", index, section, position, "url")
        one = change.declared[index]
        sources = list(getattr(one, section))
        sources[position] = replace(sources[position], url=new_url)
        wanted = list(change.declared)
        wanted[index] = (
            replace(one, feeds=tuple(sources)) if section == "feeds" else replace(one, backfill=tuple(sources))
        )
        change.write(_with_address(change.text, line, old_url, new_url), tuple(wanted))


def remove_feed(settings: Settings, outlet: str, url: str) -> None:
    """Take one source of an outlet out; errors as for adding."""
    with _Change(settings) as change:
        index, section, position = _find_feed(change.declared, outlet, url)
        one = change.declared[index]
        sources: tuple[Feed, ...] = getattr(one, section)
        kept = (*sources[:position], *sources[position + 1 :])
        wanted = list(change.declared)
        wanted[index] = replace(one, feeds=kept) if section == "feeds" else replace(one, backfill=kept)
        place = ("outlets", index, section)
        change.write(_without_feed(change.text, change.document, place, position, is_last=not kept), tuple(wanted))


def _check_alone(settings: Settings, outlets: Sequence[Outlet]) -> None:
    """What is wrong with the outlets themselves is said before the file is, and not at lines that nobody has."""
    text = "outlets:\n" + "".join(outlet_yaml(outlet) for outlet in outlets)
    document = parse_document(text.encode(), path="the new outlet", max_bytes=OUTLETS_MAX_BYTES)
    if check_outlets(document, settings) != tuple(outlets):
        raise UsageError("the new outlet holds what a declaration cannot say")


def _check_free(declared: Sequence[Outlet], outlets: Sequence[Outlet]) -> None:
    ids = {outlet.id for outlet in declared}
    owners = _owners(declared)
    for outlet in outlets:
        if outlet.id in ids:
            raise UsageError(f"There is an outlet {outlet.id} already: give the new one another id.")
        for feed in outlet.feeds:
            owner = owners.setdefault(url_key(feed.url), outlet.id)
            if owner != outlet.id:
                raise UsageError(f"The outlet {owner} reads {feed.url} already.")


def _owners(declared: Sequence[Outlet]) -> dict[str, str]:
    return {url_key(feed.url): outlet.id for outlet in declared for feed in outlet.feeds}


def _find_outlet(declared: Sequence[Outlet], outlet: str) -> int:
    index = next((index for index, one in enumerate(declared) if one.id == outlet), None)
    if index is None:
        raise UsageError(f"There is no outlet {outlet!r}.")
    return index


def _find_feed(declared: Sequence[Outlet], outlet: str, url: str) -> tuple[int, str, int]:
    index = _find_outlet(declared, outlet)
    for section in ("feeds", "backfill"):
        for position, feed in enumerate(getattr(declared[index], section)):
            if feed.url == url:
                return index, section, position
    raise UsageError(f"The outlet {outlet} declares no feed {url}.")


# ---------------------------------------------------------------------------------------------------- the text


def _with_outlets(text: str, outlets: Sequence[Outlet]) -> str | None:
    """Return the text with outlets at its end, indented and parted as those before; None when there is no way."""
    newline = _newline(text)
    # a list that stands in lines: its first dash is that of the first outlet, for `outlets` is the only key there is
    dash = re.search(r"^(\ufeff?)( *)-(?=\s)", text, flags=re.MULTILINE)
    if dash is None:
        text, emptied = re.subn(r"^(\ufeff?outlets:)[ \t]*\[\s*\]", r"\1", text, count=1, flags=re.MULTILINE)
        if not emptied:
            return None
    indent = 2 if dash is None else len(dash[2])
    items = re.compile(rf"(\n[ \t]*\r?)?\n {{{indent}}}-\s").findall(text)
    parted = len(items) < 2 or any(items)
    gap = newline if parted else ""
    blocks = [outlet_yaml(outlet, indent=indent).replace("\n", newline) for outlet in outlets]
    end = "" if text.endswith(("\n", "\r")) else newline
    before = "" if re.search(r"\n[ \t]*\r?\n\Z", text) else gap
    return text + end + before + gap.join(blocks)


def _with_feed(text: str, document: Document, index: int, outlet: Outlet, feed: Feed) -> str | None:
    """Return the text with one more feed of an outlet, which may have had none; None when there is no way."""
    lines, newline = _lines(text), _newline(text)
    place = ("outlets", index)
    if outlet.feeds:
        end = document.line(*place, "feeds", len(outlet.feeds) - 1) or 1
        dash = re.match(r" *(?=-\s)", lines[end - 1])
        if dash is None:
            return None
        margin = dash[0]
        while end < len(lines) and _is_deeper(lines[end], margin):
            end += 1
    else:
        end = document.line(*place, "feeds") or 1
        empty = re.match(r"( *)feeds:[ \t]*\[[ \t]*\]", lines[end - 1])
        if empty is None:
            return None
        margin = empty[1] + "  "
        lines[end - 1] = f"{empty[1]}feeds:{lines[end - 1][empty.end() :]}"
    gone: set[int] = set()
    for name in () if outlet.enabled or outlet.feeds else ("enabled", "reason"):
        number = document.line(*place, name) or 1
        key = re.match(rf"( *){name}:", lines[number - 1])
        if key is None or (number < len(lines) and _is_deeper(lines[number], key[1])):
            return None
        gone.add(number - 1)
    if not lines[end - 1].endswith(("\r", "\n")):
        lines[end - 1] += newline
    lines[end - 1] += "".join(f"{margin}{line}{newline}" for line in _feed_lines(feed))
    return "".join(line for number, line in enumerate(lines) if number not in gone)


def _without_feed(
    text: str, document: Document, place: tuple[str | int, ...], position: int, *, is_last: bool
) -> str | None:
    """Return the text without one source, and without the key of them all when it is the last; None when no way."""
    lines = _lines(text)
    start = (document.line(*place, position) or 1) - 1
    dash = re.match(r" *(?=-\s)", lines[start])
    if dash is None:
        return None
    end = start + 1
    while end < len(lines) and _is_deeper(lines[end], dash[0]):
        end += 1
    gone = set(range(start, end))
    if is_last:
        key = (document.line(*place) or 1) - 1
        if re.match(rf" *{place[-1]}:[ \t]*(#.*)?\s*\Z", lines[key]) is None:
            return None
        gone.add(key)
    return "".join(line for number, line in enumerate(lines) if number not in gone)


def _is_deeper(line: str, margin: str) -> bool:
    """Whether a line belongs to a value whose key or dash stands after this margin."""
    return re.match(rf"{margin} +[^\s]", line) is not None


def _lines(text: str) -> list[str]:
    """Return the lines of a text, each with its end."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", text)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _with_address(text: str, line: int | None, old: str, new: str) -> str | None:
    """Return the text with the one address of a line replaced, quoted as it was; None when it is not plainly there."""
    lines = _lines(text)
    pattern = re.compile(rf"""(?<=[\s:,{{])(?P<quote>['"]?){re.escape(old)}(?P=quote)(?=[\s,}}\]]|\Z)""")
    if line is None or len(pattern.findall(lines[line - 1])) != 1:
        return None

    def written(found: re.Match[str]) -> str:
        if found["quote"] == "'":
            return "'" + new.replace("'", "''") + "'"
        plain = not found["quote"] and re.fullmatch(r"[^\s,\[\]{}\"'\\#]*[^\s,\[\]{}\"'\\#:]", new)
        return new if plain else json.dumps(new, ensure_ascii=False)

    lines[line - 1] = pattern.sub(written, lines[line - 1])
    return "".join(lines)


# ---------------------------------------------------------------------------------------------------- the file


class _Change:
    """One change of the file: as it was read, and as it is to be. While it is open, other changes of ours wait."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = settings.config / OUTLETS_FILE
        self._target = self._path.resolve()  # a link goes on leading to the file that is replaced
        self._lock: int | None = None

    def __enter__(self) -> _Change:
        with contextlib.suppress(OSError):  # where folders cannot be locked, what was changed meanwhile is noticed
            self._lock = os.open(self._target.parent, os.O_RDONLY)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            self._body = read_body(self._path, max_bytes=OUTLETS_MAX_BYTES)
            self.declared = self._read()
            self.text = self._body.decode("utf-8")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *problem: object) -> None:
        if self._lock is not None:
            os.close(self._lock)

    def _read(self) -> tuple[Outlet, ...]:
        kept = OutletCache(self._settings, path=self._path, body=self._body).read()
        return check_outlets(self.document, self._settings) if kept is None else kept

    @cached_property
    def document(self) -> Document:
        """The file with the line of every value."""
        return parse_document(self._body, path=self._path, max_bytes=OUTLETS_MAX_BYTES)

    def write(self, text: str | None, wanted: tuple[Outlet, ...]) -> None:
        """Replace the file by a text that means what is wanted; else nothing is changed."""
        if text is None:
            raise self._refused("is written in a way that this change does not fit into: make it by hand")
        body = text.encode()
        try:
            found = check_outlets(parse_document(body, path=self._path, max_bytes=OUTLETS_MAX_BYTES), self._settings)
        except ConfigurationError as error:
            raise self._refused(f"would not be valid with this change: make it by hand ({error})") from error
        if found != wanted:
            raise self._refused("would mean something else with this change: make it by hand")
        try:
            self._replace(body)
        except OSError as error:
            raise self._refused(f"cannot be written ({error.strerror or error})") from error
        OutletCache(self._settings, path=self._path, body=body).write(found)

    def _replace(self, body: bytes) -> None:
        if not os.access(self._target, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        kept = self._target.stat()
        descriptor, name = tempfile.mkstemp(dir=self._target.parent, prefix=f".{OUTLETS_FILE}.", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
                os.fchmod(descriptor, stat.S_IMODE(kept.st_mode))
                with contextlib.suppress(OSError):  # only root may give a file away
                    os.fchown(descriptor, kept.st_uid, kept.st_gid)
                file.flush()
                os.fsync(descriptor)
            if self._target.read_bytes() != self._body:
                raise self._refused("was changed meanwhile: nothing is written; try again")
            part.replace(self._target)
        finally:
            part.unlink(missing_ok=True)

    def _refused(self, text: str) -> ConfigurationError:
        return ConfigurationError([Mistake(file=str(self._path), line=None, key="", expected=text)])

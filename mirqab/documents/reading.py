"""Reads YAML 1.2 into plain values and the line of each; refuses what a reader would misread."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from mirqab.documents.misreadings import misreading
from mirqab.errors import ConfigurationError, Mistake
from mirqab.types import Document

MAX_BYTES: Final = 2 * 1024 * 1024  # a file that may be larger says so where it is read
MAX_DEPTH: Final = 40  # deeper than any sane declaration; 5,000 brackets end Python's stack elsewhere

_TOLD_EVERY: Final = 4096  # events, some 1,500 lines: about 0.1 s

Path_ = tuple[str | int, ...]


def read_document(path: Path) -> Document:
    """Read one YAML 1.2 file into plain values and a map of lines.

    Keys are always text. `no`, `22:30` and `2024-01-26` stay text; quoted values always do. Anchors, aliases, tags,
    merge keys and duplicate keys are refused, so a file means what it shows. Raises ConfigurationError.
    """
    return parse_document(read_body(path), path=path)


def read_body(path: Path, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the bytes of a file that a user wrote. Raises ConfigurationError when it is not there or too large."""
    try:
        with path.open("rb") as file:
            body = file.read(max_bytes + 1)
    except OSError as error:
        raise _mistake(path, None, f"cannot be read ({error.strerror or error})") from error
    _check_size(path, body, max_bytes)
    return body


def parse_document(
    body: bytes, *, path: Path | str, max_bytes: int = MAX_BYTES, progress: Callable[[float], None] | None = None
) -> Document:
    """Read the bytes of one YAML 1.2 file; `path` is the name that messages and the document carry.

    It takes some 1.7 s a megabyte: `progress` is told now and then the share that is read, from 0 to 1.
    """
    _check_size(path, body, max_bytes)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise _mistake(path, line, "is not UTF-8 text: save the file as UTF-8") from error
    reading = _Reading(file=str(path))
    content = reading.read(text, progress)
    if reading.mistakes:
        raise ConfigurationError(reading.mistakes)
    return Document(
        path=str(path), content=content, lines=reading.lines, digest=hashlib.blake2b(body, digest_size=16).hexdigest()
    )


def _check_size(path: Path | str, body: bytes, max_bytes: int) -> None:
    if len(body) > max_bytes:
        raise _mistake(path, None, f"is larger than {max_bytes // 1024 // 1024} MiB, which no declaration needs")


def _mistake(path: Path | str, line: int | None, expected: str, key: Path_ = ()) -> ConfigurationError:
    return ConfigurationError([Mistake(file=str(path), line=line, key=dotted(key), expected=expected)])


def dotted(path: Iterable[str | int]) -> str:
    """Return the dotted key that messages show: `outlets.3.feeds.0.url`."""
    return ".".join(str(part) for part in path)


@dataclass(slots=True)
class _Container:
    """A mapping or list that is being read; `key` is the mapping's key that waits for its value."""

    value: dict[str, Any] | list[Any]
    path: Path_
    key: str | None = None


@dataclass(slots=True)
class _Reading:
    """Builds the values from the events of ruamel's parser, so that depth is known before anything is built."""

    file: str
    lines: dict[Path_, int] = field(default_factory=lambda: {(): 1})
    mistakes: list[Mistake] = field(default_factory=list)
    _open: list[_Container] = field(default_factory=list)
    _root: Any = None
    _documents: int = 0
    _quoted: tuple[int, int] = (0, 0)  # the lines on which the last quoted text opens and closes

    def read(self, text: str, progress: Callable[[float], None] | None) -> Any:
        # imported here: it costs 30 ms, and a command that reads no declaration should not pay
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError
        from ruamel.yaml.reader import ReaderError

        yaml = YAML(typ="safe", pure=True)
        try:
            for count, event in enumerate(yaml.parse(text)):
                self._take(event, yaml)
                if progress is not None and count % _TOLD_EVERY == 0:
                    progress(event.start_mark.index / max(1, len(text)))
        except ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            self._refuse(line, "holds a control character that YAML does not allow")
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            opened, closed = self._quoted
            if mark and opened < closed == mark.line + 1:
                # one quote too few, and the next one was taken for its end
                said = f"the quote that opens here ends on line {closed}, where what follows it cannot be read"
                self._refuse(opened, f"is not valid YAML: {said}: close it, or leave it out")
            at, reason = misreading(error, text)
            self._refuse(at, f"is not valid YAML: {reason}")
        except (YAMLError, RecursionError) as error:
            self._refuse(None, f"is not valid YAML: {error}")
        return self._root

    def _refuse(self, line: int | None, expected: str, path: Path_ = ()) -> NoReturn:
        """Stop here: what follows would be read wrongly."""
        self._note(line, expected, path)
        raise ConfigurationError(self.mistakes)

    def _note(self, line: int | None, expected: str, path: Path_ = ()) -> None:
        self.mistakes.append(Mistake(file=self.file, line=line, key=dotted(path), expected=expected))

    def _take(self, event: Any, yaml: Any) -> None:
        from ruamel.yaml import events

        line = event.start_mark.line + 1 if event.start_mark else None
        match event:
            case events.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._refuse(line, "holds a second document after `---`: keep one document a file")
            case events.AliasEvent():
                self._refuse(line, "aliases (`*name`) are not read here: write the value out", self._place())
            case events.ScalarEvent():
                if not event.implicit[0] and event.start_mark and event.end_mark:
                    self._quoted = event.start_mark.line + 1, event.end_mark.line + 1
                self._check_plain(event, line)
                self._take_scalar(event, line or 1, yaml)
            case events.MappingStartEvent() | events.SequenceStartEvent():
                self._check_plain(event, line)
                self._start({} if isinstance(event, events.MappingStartEvent) else [], line or 1)
            case events.MappingEndEvent() | events.SequenceEndEvent():
                self._open.pop()

    def _check_plain(self, event: Any, line: int | None) -> None:
        if event.anchor is not None:
            self._refuse(line, "anchors (`&name`) are not read here: write the value out", self._place())
        if event.tag is not None:
            self._refuse(line, "tags (`!name`) are not read here: write plain values", self._place())

    def _place(self) -> Path_:
        """Return the path of the value that comes next."""
        if not self._open:
            return ()
        top = self._open[-1]
        if isinstance(top.value, list):
            return (*top.path, len(top.value))
        return top.path if top.key is None else (*top.path, top.key)

    def _start(self, value: dict[str, Any] | list[Any], line: int) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._refuse(line, "a key must be one word or text, not a list or mapping", top.path)
        if len(self._open) >= MAX_DEPTH:
            self._refuse(line, f"is nested deeper than {MAX_DEPTH} levels")
        path = self._place()
        self._add(value, line)
        self._open.append(_Container(value, path))

    def _take_scalar(self, event: Any, line: int, yaml: Any) -> None:
        # an escape writes a letter beyond U+FFFF as two halves, as JSON does; half a letter is no text
        try:
            event.value = event.value.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._refuse(line, "holds half of a letter (\\ud800 to \\udfff)", self._place())
        top = self._open[-1] if self._open else None
        if top is None or isinstance(top.value, list) or top.key is not None:
            self._add(self._scalar(event, line, yaml), line)
            return
        key = event.value
        path = (*top.path, key)
        if event.implicit[0] and key == "<<":
            self._refuse(line, "merge keys (`<<`) are not read here: write the values out", top.path)
        if key in top.value:
            self._note(line, f"is written twice, first on line {self.lines[path]}: keep one", path)
        self.lines[path] = line
        top.key = key

    def _add(self, value: Any, line: int) -> None:
        path = self._place()
        # a mapping's value is found at its key's line, where a person looks for it
        self.lines.setdefault(path, line)
        if not self._open:
            self._root = value
            return
        top = self._open[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        else:
            assert top.key is not None
            top.value[top.key] = value
            top.key = None

    def _scalar(self, event: Any, line: int, yaml: Any) -> Any:
        from ruamel.yaml.nodes import ScalarNode

        text: str = event.value
        if not event.implicit[0]:  # quoted, or a block of text
            return text
        tag = str(yaml.resolver.resolve(ScalarNode, text, (True, False))).rpartition(":")[2]
        try:
            match tag:
                case "null":
                    return None
                case "bool":
                    return text.lower() == "true"
                case "int":
                    return int(text, 0) if text.lstrip("+-")[:2].lower() in ("0o", "0x", "0b") else int(text)
                case "float":
                    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        except ValueError:
            self._note(line, "is no number that can be read; quote it if it is text", self._place())
            return None
        return text

"""Reads what a user wrote in YAML: plain values with the line of each, and every mistake at once, in plain words."""

from __future__ import annotations

import difflib
import hashlib
import json
import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from mirqab.errors import ConfigurationError, Mistake
from mirqab.types import Document

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_DEPTH: Final = 40  # deeper than any sane declaration; 5,000 brackets end Python's stack elsewhere

Path_ = tuple[str | int, ...]
Model = TypeVar("Model", bound="BaseModel")


# ------------------------------------------------------------------------------------------------- reading


def read_document(path: Path) -> Document:
    """Read one YAML 1.2 file into plain values and a map of lines.

    Keys are always text. `no`, `22:30` and `2024-01-26` stay text; quoted values always do. Anchors, aliases, tags,
    merge keys and duplicate keys are refused, so a file means what it shows. Raises ConfigurationError.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise _mistake(path, None, f"cannot be read ({error.strerror or error})") from error
    return parse_document(body, path=path)


def parse_document(body: bytes, *, path: Path | str) -> Document:
    """Read the bytes of one YAML 1.2 file; `path` is the name that messages and the document carry."""
    if len(body) > MAX_BYTES:
        raise _mistake(path, None, f"is larger than {MAX_BYTES // 1024 // 1024} MiB, which no declaration needs")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise _mistake(path, line, "is not UTF-8 text: save the file as UTF-8") from error
    reading = _Reading(file=str(path))
    content = reading.read(text)
    if reading.mistakes:
        raise ConfigurationError(reading.mistakes)
    return Document(
        path=str(path), content=content, lines=reading.lines, digest=hashlib.blake2b(body, digest_size=16).hexdigest()
    )


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

    def read(self, text: str) -> Any:
        # imported here: it costs 30 ms, and a command that reads no declaration should not pay
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError
        from ruamel.yaml.reader import ReaderError

        yaml = YAML(typ="safe", pure=True)
        try:
            for event in yaml.parse(text):
                self._take(event, yaml)
        except ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            self._refuse(line, "holds a control character that YAML does not allow")
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            said = "; ".join(part for part in (error.problem, error.context) if part)
            self._refuse(mark.line + 1 if mark else None, f"is not valid YAML: {said}")
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


# ---------------------------------------------------------------------------------------------- validating


def validate(model: type[Model], document: Document, *path: str | int) -> Model:
    """Return the model of the value at `path` in the document.

    All mistakes come in one ConfigurationError, each with its line, its dotted key and what was expected; an unknown
    key names the nearest known one. Values are taken as JSON takes them: lists become tuples, words become enums.
    """
    from pydantic import ValidationError

    content = document.content
    for part in path:
        content = content[part]
    try:
        # as JSON, so that a strict model still takes a list for a tuple and a word for an enum
        return model.model_validate_json(json.dumps(content, ensure_ascii=False))
    except ValidationError as error:
        found = error.errors(include_url=False)
    raise ConfigurationError(_explain(model, document, path, found))


def suggestion(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return `; did you mean "…"?` for the nearest known word, or nothing when none is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return f'; did you mean "{near[0]}"?' if near else ""


def _explain(model: type[BaseModel], document: Document, base: Path_, found: Sequence[ErrorDetails]) -> list[Mistake]:
    """One mistake a place: the branches of a union that all failed are joined by "or"."""
    places: dict[Path_, list[str]] = {}
    for detail in found:
        path = _path_in_document(document, base, detail)
        expected = _in_words(detail, model)
        if expected not in places.setdefault(path, []):
            places[path].append(expected)
    return [
        Mistake(file=document.path, line=document.line(*path), key=dotted(path), expected=_joined(texts))
        for path, texts in sorted(places.items(), key=lambda item: document.line(*item[0]) or 0)
    ]


def _joined(texts: Sequence[str]) -> str:
    first, *others = texts
    return " or ".join([first, *(text.removeprefix("expected ") for text in others)])


def _path_in_document(document: Document, base: Path_, detail: ErrorDetails) -> Path_:
    """Return where the user looks for it: pydantic's place without the names of the union's branches."""
    path = base
    content = document.content
    for part in base:
        content = content[part]
    parts = detail["loc"]
    for index, part in enumerate(parts):
        if isinstance(content, dict) and part in content:
            content = content[str(part)]
        elif isinstance(content, list) and isinstance(part, int) and part < len(content):
            content = content[part]
        elif not (index == len(parts) - 1 and detail["type"] == "missing"):
            continue
        path = (*path, part)
    return path


_EXPECTED: Final = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "an ordinary number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "none_required": "nothing (null)",
    "datetime_type": "a time such as 2024-01-26T10:00:00+03:00",
    "datetime_from_date_parsing": "a time such as 2024-01-26T10:00:00+03:00",
    "datetime_parsing": "a time such as 2024-01-26T10:00:00+03:00",
    "timezone_aware": "a time with its offset, such as 2024-01-26T10:00:00+03:00",
    "date_type": "a date such as 2024-01-26",
    "date_from_datetime_parsing": "a date such as 2024-01-26",
    "date_parsing": "a date such as 2024-01-26",
}


def _in_words(detail: ErrorDetails, model: type[BaseModel]) -> str:
    kind = detail["type"]
    context = detail.get("ctx", {})
    found = detail["input"]
    match kind:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            known = known_keys(model, detail["loc"][:-1])
            word = str(detail["loc"][-1])
            return f"is no key that is known here{suggestion(word, known) or '; known: ' + ', '.join(known)}"
        case "value_error" | "assertion_error":
            return str(context.get("error") or detail["msg"])
        case "enum" | "literal_error":
            choices = [word.strip().strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(",")]
            near = suggestion(found, choices) if isinstance(found, str) else ""
            return f"expected one of {', '.join(choices)}, found {shown(found)}{near}"
        case "string_too_short" if context.get("min_length") == 1:
            return "expected some text, found none"
        case "string_too_short" | "string_too_long" | "too_short" | "too_long":
            return _length(kind, context)
        case "greater_than":
            return f"expected a number above {context['gt']}, found {shown(found)}"
        case "greater_than_equal":
            return f"expected at least {context['ge']}, found {shown(found)}"
        case "less_than":
            return f"expected a number below {context['lt']}, found {shown(found)}"
        case "less_than_equal":
            return f"expected at most {context['le']}, found {shown(found)}"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, found {shown(found)}"
    return detail["msg"].replace("Input should be", "expected", 1) + f", found {shown(found)}"


def _length(kind: str, context: dict[str, Any]) -> str:
    least = "short" in kind
    number = context["min_length" if least else "max_length"]
    unit = ("character" if kind.startswith("string") else "item") + ("" if number == 1 else "s")
    return f"expected at {'least' if least else 'most'} {number} {unit}"


def shown(value: object) -> str:
    """Return a value as a message shows it: as YAML would write it, short."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case str():
            text = value if len(value) <= 60 else value[:59] + "…"
            return json.dumps(text, ensure_ascii=False)
    return str(value)


def known_keys(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Return the keys that may stand at `path` below the model, as a user writes them."""
    places: list[Any] = [model]
    for part in path:
        inner = [step for place in places for step in _step(place, part)]
        # a name that leads nowhere is the label of a union's branch: it stays where it is
        places = inner or places
    return list(dict.fromkeys(key for place in places for model_ in _models(place) for key, _ in _fields(model_)))


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, item in model.model_fields.items():
        alias = item.validation_alias or item.alias
        if alias is None:
            yield name, item.annotation
        elif isinstance(alias, str):
            yield alias, item.annotation
        else:
            for choice in getattr(alias, "choices", [alias]):
                yield (choice if isinstance(choice, str) else str(choice.path[0])), item.annotation


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model that a value of this type may be, seen through Optional, Union and Annotated."""
    from pydantic import BaseModel

    origin = typing.get_origin(annotation)
    if isinstance(annotation, type) and origin is None and issubclass(annotation, BaseModel):
        yield annotation
    elif origin in (typing.Union, types.UnionType, typing.Annotated):
        for argument in typing.get_args(annotation):
            yield from _models(argument)


def _step(annotation: Any, part: str | int) -> Iterator[Any]:
    """The types that a value may have one step below this type."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType, typing.Annotated):
        for argument in typing.get_args(annotation):
            yield from _step(argument, part)
    elif origin in (list, tuple, set, frozenset, Sequence) and isinstance(part, int):
        yield typing.get_args(annotation)[0]
    elif origin is not None and len(typing.get_args(annotation)) == 2 and isinstance(part, str):
        yield typing.get_args(annotation)[1]
    else:
        for model in _models(annotation):
            yield from (item for key, item in _fields(model) if key == part)

"""Checks a document against a model and says every mistake in plain words, none of them pydantic's."""

from __future__ import annotations

import difflib
import json
import types
import typing
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mirqab.documents.reading import Path_, dotted
from mirqab.errors import ConfigurationError, Mistake
from mirqab.types import Document

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound="BaseModel")


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
            return f"expected a number above {context['gt']:g}, found {shown(found)}"
        case "greater_than_equal":
            return f"expected at least {context['ge']:g}, found {shown(found)}"
        case "less_than":
            return f"expected a number below {context['lt']:g}, found {shown(found)}"
        case "less_than_equal":
            return f"expected at most {context['le']:g}, found {shown(found)}"
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

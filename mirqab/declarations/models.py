"""What the declared files share: a strict model, its kinds of text, and the mistake of an id that stands twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from mirqab.declarations.checks import check_url, check_zone
from mirqab.documents import dotted
from mirqab.errors import Mistake
from mirqab.types import Document

Text = Annotated[str, Field(min_length=1, max_length=500)]
Url = Annotated[Text, AfterValidator(check_url)]
Zone = Annotated[str, AfterValidator(check_zone)]


class Declared(BaseModel):
    """A mapping that a user writes: no key but the known ones, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def twice(document: Document, section: str, ids: Iterable[str]) -> Iterator[Mistake]:
    """Yield a mistake for every id of a list that an earlier item has."""
    first: dict[str, int] = {}
    for index, id_ in enumerate(ids):
        if first.setdefault(id_, index) != index:
            line = document.line(section, first[id_], "id")
            yield mistake(document, f'"{id_}" is taken by line {line}: each needs its own', section, index, "id")


def mistake(document: Document, expected: str, *path: str | int) -> Mistake:
    """Return the mistake at a place of a document."""
    return Mistake(file=document.path, line=document.line(*path), key=dotted(path), expected=expected)

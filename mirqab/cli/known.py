"""Names that a person gives to a command, held against those that are known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from mirqab.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from mirqab.archive import Archive
    from mirqab.types import Outlet


def check_topic(name: str, known: Collection[str]) -> None:
    """Raise NotFoundError, with the nearest topic that there is, when a topic is not known."""
    from mirqab.documents import suggestion

    if name not in known:
        raise NotFoundError(f"There is no topic {name!r}{suggestion(name, known) or '; ./run topics lists them.'}")


def check_outlets(names: Sequence[str], declared: Collection[Outlet], archive: Archive) -> None:
    """Raise UsageError when an outlet is neither declared nor one that articles were stored of."""
    from mirqab.documents import suggestion

    if not names:
        return
    known = {outlet.id for outlet in declared} | set(archive.outlet_counts())
    for name in names:
        if name not in known:
            raise UsageError(f"There is no outlet {name!r}{suggestion(name, known) or '; ./run outlets lists them.'}")

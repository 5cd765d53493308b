"""What is declared already: an outlet by its id, those of a host, whose feed an address is."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from mirqab.addresses import host_of, url_key
from mirqab.errors import UsageError
from mirqab.types import Outlet


def find_outlet(declared: Sequence[Outlet], id_: str) -> Outlet:
    """Return the outlet of this id; UsageError with the nearest one when there is none."""
    known = {outlet.id: outlet for outlet in declared}
    if id_ in known:
        return known[id_]
    near = get_close_matches(id_, known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else "./run outlets lists them."
    raise UsageError(f"There is no outlet {id_!r}. {hint}")


def outlets_of_host(declared: Sequence[Outlet], url: str) -> list[Outlet]:
    """Return the outlets whose home page lies on the host of an address, with `www.` or without."""
    host = _bare_host(url)
    return [outlet for outlet in declared if _bare_host(outlet.home) == host]


def owner_of_feed(declared: Sequence[Outlet], url: str) -> Outlet | None:
    """Return the outlet that has this address among its feeds."""
    key = url_key(url)
    for outlet in declared:
        if any(url_key(feed.url) == key for feed in (*outlet.feeds, *outlet.backfill)):
            return outlet
    return None


def _bare_host(url: str) -> str:
    return host_of(url).removeprefix("www.")

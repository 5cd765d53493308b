"""Redis, as the crawl knows it: who works on which page, what is already stored, whose turn it is on a host.

The archive is the memory. What lies here makes it fast and keeps two crawlers off one page and one host; every
answer has a safe form for when Redis is away, and losing all of it loses no article.

Names are loaded when first asked for, so that the embedded server's supervisor, started with it, loads next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mirqab.seen.bands import WINDOW_DAYS, Banded, Bands
    from mirqab.seen.claims import LEASE_S, Claim, Found, Seen
    from mirqab.seen.opening import open_private_bands, open_seen

__all__ = [
    "LEASE_S",
    "WINDOW_DAYS",
    "Banded",
    "Bands",
    "Claim",
    "Found",
    "Seen",
    "open_private_bands",
    "open_seen",
]

_MODULES: Final = {
    "WINDOW_DAYS": "bands",
    "Banded": "bands",
    "Bands": "bands",
    "open_private_bands": "opening",
    "open_seen": "opening",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'claims')}"), name)

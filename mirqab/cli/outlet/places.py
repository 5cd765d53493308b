"""Countries and their time zones, from the time zone database: what a country or a host's ending already tells."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from mirqab.addresses import host_of
from mirqab.documents import suggestion
from mirqab.errors import UsageError

# endings that are sold to anybody, whatever country they belong to
_SOLD: Final = frozenset({"ai", "am", "cc", "co", "fm", "gg", "io", "me", "sh", "to", "tv", "ws"})


def read_country(word: str) -> str:
    """Return the code of a country that a command line names; UsageError for what is none."""
    code = word.strip().lower()
    if code not in _countries():
        near = suggestion(code, _countries())
        raise UsageError(f"There is no country {word!r}: say the two letters of ISO 3166, such as iq{near or '.'}")
    return code


def country_of_host(url: str) -> str | None:
    """Return the country that the ending of an address's host belongs to, unless it is sold to anybody."""
    ending = host_of(url).rpartition(".")[2]
    code = "gb" if ending == "uk" else ending
    return code if code in _countries() and code not in _SOLD else None


def zones_of(country: str) -> tuple[str, ...]:
    """Return the time zones of a country."""
    return _zones().get(country, ())


def country_of_zone(zone: str) -> str | None:
    """Return the country that a time zone lies in; None when it is no country's."""
    return next((country for country, zones in _zones().items() if zone in zones), None)


@cache
def _countries() -> dict[str, str]:
    return {row[0].lower(): row[1] for row in _rows("iso3166.tab")}


@cache
def _zones() -> dict[str, tuple[str, ...]]:
    zones: dict[str, tuple[str, ...]] = {}
    for code, _place, zone, *_remark in _rows("zone.tab"):
        zones[code.lower()] = (*zones.get(code.lower(), ()), zone)
    return zones


def _rows(name: str) -> list[list[str]]:
    text = files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]

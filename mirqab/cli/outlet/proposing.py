"""The declaration that a trial leads to: what was found, what the options say, and what is only a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from mirqab.addresses import host_of
from mirqab.arabic import arabic_share, fold
from mirqab.cli import deployment
from mirqab.cli.fetching import Fetcher, who_asks
from mirqab.cli.outlet.places import country_of_host, country_of_zone, read_country, zones_of
from mirqab.cli.outlet.sites import name_in
from mirqab.cli.outlet.trying import Trial, Tried, given_address, try_out
from mirqab.cli.pipes import check_selector_option
from mirqab.declarations import RESERVED_IDS, load_outlets, read_kind
from mirqab.declarations.checks import check_outlet_id, check_zone
from mirqab.declarations.opml import outlet_id
from mirqab.errors import UsageError
from mirqab.types import Feed, Outlet, OutletKind

if TYPE_CHECKING:
    from mirqab.settings import Settings

Checked = TypeVar("Checked")

UNKNOWN_COUNTRY: Final = "zz"  # ISO 3166 leaves it to whoever has no better one
UNKNOWN_ZONE: Final = "UTC"

# what outlets call themselves
_KIND_WORDS: Final = {
    OutletKind.WIRE: ("وكالة", "agency"),
    OutletKind.BROADCASTER: ("قناة", "تلفزيون", "فضائية", "إذاعة", "راديو", "channel", "radio"),
    OutletKind.NEWSPAPER: ("صحيفة", "جريدة", "newspaper", "daily"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a person says of an outlet beforehand; None is left to the trial."""

    id: str | None = None
    name: str | None = None
    name_en: str | None = None
    country: str | None = None
    timezone: str | None = None
    kind: OutletKind | None = None

    @property
    def place(self) -> tuple[str | None, str | None]:
        """The country and the time zone, each told from the other where that is certain."""
        zones = zones_of(self.country) if self.country else ()
        zone = self.timezone or (zones[0] if len(zones) == 1 else None)
        country = self.country or (country_of_zone(self.timezone) if self.timezone else None)
        return country, zone


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """An outlet that may be declared as it is. `guesses` and `unknown` say of a key why to look at it."""

    outlet: Outlet
    guesses: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)


def read_wish(
    id_: str | None,
    name: str | None,
    name_en: str | None,
    country: str | None,
    timezone: str | None,
    kind: str | None,
) -> Wish:
    """Return what the options of a command say; UsageError with all that no outlet may have."""
    wrong: list[str] = []

    def checked(option: str, said: str | None, check: Callable[[str], Checked]) -> Checked | None:
        try:
            return None if said is None else check(said)
        except (ValueError, UsageError) as error:
            wrong.append(_sentence(f"{option}: {error}"))
            return None

    wish = Wish(
        id=checked("--id", id_, check_outlet_id),
        name=name or None,
        name_en=name_en or None,
        country=checked("--country", country, read_country),
        timezone=checked("--timezone", timezone, check_zone),
        kind=checked("--kind", kind, read_kind),
    )
    if wrong:
        raise UsageError("\n".join(wrong))
    return wish


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def try_and_propose(
    url: str, wish: Wish, deployed: Settings, *, links: str | None = None
) -> tuple[Trial, Proposal | None]:
    """Try out an address and return what that showed, with the declaration that it leads to.

    UsageError when `url` is no address or `links` no CSS selector.
    """
    address = given_address(url)
    if links is not None:
        check_selector_option(links)
    taken = [one.id for one in load_outlets(deployed)]
    zone = with_country_of(wish, address).place[1] or UNKNOWN_ZONE
    deployed = who_asks([address], deployed)
    workers = deployment.workers(deployed)
    try:
        with Fetcher(deployed) as fetcher:
            trial = try_out(address, fetcher, workers, max_items=deployed.feeds_max_items, links=links, timezone=zone)
    finally:
        workers.close_now()
    return trial, propose(trial, wish, taken)


def with_country_of(wish: Wish, url: str) -> Wish:
    """Return the wish with the country that the address's ending tells, unless it says one itself."""
    return wish if wish.place[0] else replace(wish, country=country_of_host(url))


def propose(trial: Trial, wish: Wish, taken: Iterable[str]) -> Proposal | None:
    """Return the outlet to declare after a trial; None when it found nothing that can be read."""
    if trial.best is None:
        return None
    guesses: dict[str, str] = {}
    unknown: dict[str, str] = {}
    placed = with_country_of(wish, trial.home)
    country, zone = placed.place
    if country is None:
        country = UNKNOWN_COUNTRY
        unknown["country"] = "unknown: the newsroom's, two letters such as iq (--country)"
    elif wish.place[0] is None:
        guesses["country"] = f"from the ending of {host_of(trial.home)}"
    if zone is None:
        zone = UNKNOWN_ZONE
        listed = ", ".join(zones_of(country)[:6])
        which = f"one of {listed}" if listed else "the newsroom's, such as Asia/Baghdad"
        unknown["timezone"] = f"unknown: {which} (--timezone)"
    name = wish.name or trial.site.name
    if not name:
        name = name_in(trial.best.feed_title) or trial.site.titled
        guesses["name"] = "from a title" if name else "only the host: nothing says a name"
        name = name or host_of(trial.home)
    if trial.home_doubt:
        guesses["home"] = trial.home_doubt
    host = host_of(trial.home).removeprefix("www.")
    id_ = wish.id or outlet_id(host, {*taken, *RESERVED_IDS})
    name_en = wish.name_en
    if name_en is None:
        name_en = name if arabic_share(name) < 0.5 else id_.replace("-", " ").title()
        guesses["name_en"] = "from the name or the address"
    kind = wish.kind
    if kind is None:
        kind = _kind_of(name)
        guesses["kind"] = "or " + ", ".join(other for other in OutletKind if other is not kind)
    outlet = Outlet(
        id=id_,
        name=name,
        name_en=name_en,
        country=country,
        kind=kind,
        timezone=zone,
        home=trial.home,
        feeds=(feed_of(trial.best),),
        backfill=() if trial.sitemap is None else (feed_of(trial.sitemap),),
    )
    return Proposal(outlet=outlet, guesses=guesses, unknown=unknown)


def _kind_of(name: str) -> OutletKind:
    folded = fold(name.casefold())
    said = (kind for kind, words in _KIND_WORDS.items() if any(fold(word) in folded for word in words))
    return next(said, OutletKind.PORTAL)


def feed_of(tried: Tried) -> Feed:
    """Return the declaration of an address that was tried just now."""
    now = datetime.now(UTC).replace(microsecond=0)
    return Feed(url=tried.url, kind=tried.kind, links=tried.links, last_answered=now)

"""What `outlets.yaml` may hold, checked value by value and as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from mirqab.declarations.checks import check_country, check_links, check_outlet_id
from mirqab.declarations.models import Declared, Text, Url, Zone, mistake, twice
from mirqab.documents import validate
from mirqab.errors import ConfigurationError, Mistake
from mirqab.settings import Settings
from mirqab.types import Document, Feed, FeedKind, Outlet, OutletKind

Selectors = Annotated[tuple[Annotated[str, AfterValidator(check_links)], ...], Field(max_length=20)]


class _DeclaredFeed(Declared):
    url: Url
    kind: FeedKind = FeedKind.FEED
    links: Annotated[str, AfterValidator(check_links)] | None = None
    note: Text | None = None
    last_answered: AwareDatetime | None = None


class _DeclaredOutlet(Declared):
    id: Annotated[str, AfterValidator(check_outlet_id)]
    name: Text
    name_en: Text
    country: Annotated[str, AfterValidator(check_country)]
    kind: OutletKind
    timezone: Zone
    home: Url
    feeds: tuple[_DeclaredFeed, ...] = ()
    backfill: tuple[_DeclaredFeed, ...] = ()
    enabled: bool = True
    reason: Text | None = None
    delay_s: Annotated[float, Field(ge=0, le=3600)] | None = None
    poll_floor_s: Annotated[float, Field(ge=0, le=86400)] | None = None
    poll_ceiling_s: Annotated[float, Field(ge=1, le=30 * 86400)] | None = None
    verify_tls: bool = True
    keep: Selectors = ()
    prune: Selectors = ()


class OutletFile(Declared):
    outlets: tuple[_DeclaredOutlet, ...]


def check_outlets(document: Document, settings: Settings) -> tuple[Outlet, ...]:
    """Return the outlets that a document declares. Raises ConfigurationError with every mistake in it."""
    declared = validate(OutletFile, document).outlets
    if mistakes := [
        *twice(document, "outlets", (outlet.id for outlet in declared)),
        *(one for index, outlet in enumerate(declared) for one in _mistakes(document, index, outlet, settings)),
    ]:
        raise ConfigurationError(sorted(mistakes, key=lambda one: one.line or 0))
    return tuple(_outlet(outlet) for outlet in declared)


def _outlet(declared: _DeclaredOutlet) -> Outlet:
    return Outlet(
        id=declared.id,
        name=declared.name,
        name_en=declared.name_en,
        country=declared.country,
        kind=declared.kind,
        timezone=declared.timezone,
        home=declared.home,
        feeds=tuple(_feed(feed) for feed in declared.feeds),
        enabled=declared.enabled,
        reason=declared.reason,
        delay_s=declared.delay_s,
        backfill=tuple(_feed(feed) for feed in declared.backfill),
        verify_tls=declared.verify_tls,
        poll_floor_s=declared.poll_floor_s,
        poll_ceiling_s=declared.poll_ceiling_s,
        keep=declared.keep,
        prune=declared.prune,
    )


def _feed(declared: _DeclaredFeed) -> Feed:
    return Feed(
        url=declared.url,
        note=declared.note,
        last_answered=declared.last_answered,
        kind=declared.kind,
        links=declared.links,
    )


# ------------------------------------------------------------------------------- what no single value tells


def _mistakes(document: Document, index: int, outlet: _DeclaredOutlet, settings: Settings) -> Iterator[Mistake]:
    place = ("outlets", index)
    if not outlet.enabled and outlet.reason is None:
        yield mistake(document, "an outlet that is off needs a `reason`", *place, "enabled")
    if outlet.enabled and not outlet.feeds:
        text = "expected at least one feed, or `enabled: false` with a `reason`"
        yield mistake(document, text, *place, "feeds")
    addresses: set[str] = set()
    for section, feeds in (("feeds", outlet.feeds), ("backfill", outlet.backfill)):
        for position, feed in enumerate(feeds):
            if feed.url in addresses:
                yield mistake(document, "this outlet already has this feed", *place, section, position, "url")
            addresses.add(feed.url)
            if feed.links is not None and feed.kind is not FeedKind.SECTION:
                text = "only a section page has article links to choose: write `kind: section`, or leave `links` out"
                yield mistake(document, text, *place, section, position, "links")
    yield from _pace_mistakes(document, index, outlet, settings)


def _pace_mistakes(document: Document, index: int, outlet: _DeclaredOutlet, settings: Settings) -> Iterator[Mistake]:
    """The floor may not lie above the ceiling, whichever of them is the outlet's own."""
    if outlet.poll_floor_s is None and outlet.poll_ceiling_s is None:
        return
    floor = settings.poll_floor_s if outlet.poll_floor_s is None else outlet.poll_floor_s
    ceiling = settings.poll_ceiling_s if outlet.poll_ceiling_s is None else outlet.poll_ceiling_s
    if floor <= ceiling:
        return
    if outlet.poll_floor_s is None:
        text = f"expected at least {floor:g}, the setting poll.floor_s, found {ceiling:g}"
        yield mistake(
            document, text + ": raise it, or give the outlet a `poll_floor_s`", "outlets", index, "poll_ceiling_s"
        )
    elif outlet.poll_ceiling_s is None:
        text = f"expected at most {ceiling:g}, the setting poll.ceiling_s, found {floor:g}"
        yield mistake(
            document, text + ": lower it, or give the outlet a `poll_ceiling_s`", "outlets", index, "poll_floor_s"
        )
    else:
        text = f"expected at most the outlet's poll_ceiling_s, {ceiling:g}, found {floor:g}"
        yield mistake(document, text, "outlets", index, "poll_floor_s")

"""An outlet declared, or a feed added to one, after it was tried out and somebody agreed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from mirqab.cli.outlet.agreeing import write_agreed
from mirqab.cli.outlet.declared import find_outlet, outlets_of_host, owner_of_feed
from mirqab.cli.outlet.places import read_country
from mirqab.cli.outlet.proposing import Proposal, Wish, feed_of, try_and_propose
from mirqab.cli.outlet.showing import show_trial
from mirqab.cli.outlet.trying import given_address, what_next
from mirqab.cli.terminal import say
from mirqab.declarations import load_outlets
from mirqab.declarations.checks import check_zone
from mirqab.declarations.writing import add_feed, add_outlets
from mirqab.errors import UsageError
from mirqab.types import ExitCode

if TYPE_CHECKING:
    from mirqab.settings import Settings
    from mirqab.types import Outlet


def add_new(url: str, wish: Wish, deployed: Settings, *, links: str | None, yes: bool) -> ExitCode:
    """Try out an address and declare the outlet that it leads to."""
    address = given_address(url)
    declared = load_outlets(deployed)
    if wish.id is not None and any(outlet.id == wish.id for outlet in declared):
        raise UsageError(f"There is an outlet {wish.id} already; to add a feed to it: outlet add {url} --to {wish.id}.")
    _refuse_known_feed(declared, address)
    if wish.id is None and (of_host := outlets_of_host(declared, address)):
        known = of_host[0]
        off = "" if known.enabled else f", and is off ({known.reason})"
        raise UsageError(
            f"{known.id} has its home there{off}. To add a feed to it: outlet add {url} --to {known.id}. "
            "For another outlet on the same host, say --id."
        )
    trial, proposal = try_and_propose(url, wish, deployed, links=links)
    show_trial(trial)
    if proposal is None:
        say(f"Nothing was found that can be read, so nothing is written. {what_next(trial)}")
        return ExitCode.SOME_FAILED
    for feed in proposal.outlet.feeds:
        _refuse_known_feed(declared, feed.url)
    proposal = _with_unknown_asked(proposal, yes=yes)
    return write_agreed(
        deployed, lambda settings: add_outlets(settings, [proposal.outlet]), [proposal.outlet.id], yes=yes
    )


def add_feed_of(url: str, to: str, deployed: Settings, *, links: str | None, yes: bool) -> ExitCode:
    """Try out an address and add its best feed to an outlet that is declared already."""
    address = given_address(url)
    declared = load_outlets(deployed)
    outlet = find_outlet(declared, to)
    _refuse_known_feed(declared, address)
    wish = Wish(country=outlet.country, timezone=outlet.timezone, kind=outlet.kind)
    trial, _ = try_and_propose(url, wish, deployed, links=links)
    show_trial(trial)
    if trial.best is None:
        say(f"Nothing was found that can be read, so nothing is written. {what_next(trial)}")
        return ExitCode.SOME_FAILED
    feed = feed_of(trial.best)
    _refuse_known_feed(declared, feed.url)
    code = write_agreed(deployed, lambda settings: add_feed(settings, outlet.id, feed), [outlet.id], yes=yes)
    if outlet.feeds and not outlet.enabled:
        say(f"{outlet.id} is off all the same ({outlet.reason}): take out `enabled: false` and `reason` to read it.")
    return code


def _refuse_known_feed(declared: tuple[Outlet, ...], url: str) -> None:
    if owner := owner_of_feed(declared, url):
        raise UsageError(f"{url} is a feed of {owner.id} already.")


def _with_unknown_asked(proposal: Proposal, *, yes: bool) -> Proposal:
    """Ask for what no option and no page told: a wrong time zone would shift every date without a word."""
    if not proposal.unknown:
        return proposal
    if yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        options = " and ".join(f"--{key}" for key in proposal.unknown)
        raise UsageError(f"Nothing is written: where the newsroom is was not found out. Say {options}.")
    outlet = proposal.outlet
    wish = Wish()
    if "country" in proposal.unknown:
        wish = replace(wish, country=typer.prompt("country (such as iq)", err=True, value_proc=_checked(read_country)))
    zone = wish.place[1]
    if "timezone" in proposal.unknown and zone is None:
        zone = typer.prompt("time zone (such as Asia/Baghdad)", err=True, value_proc=_checked(check_zone))
    outlet = replace(outlet, country=wish.country or outlet.country, timezone=zone or outlet.timezone)
    return replace(proposal, outlet=outlet, unknown={})


def _checked(check: Callable[[str], str]) -> Callable[[str], str]:
    def checked(answer: str) -> str:
        try:
            return check(answer.strip())
        except (ValueError, UsageError) as error:
            raise typer.BadParameter(str(error)) from None

    return checked

"""A feed's new address: given by hand, or where it has redirected for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mirqab.addresses import mask_credentials, url_key
from mirqab.cli import deployment
from mirqab.cli.fetching import Fetcher, who_asks
from mirqab.cli.outlet.agreeing import write_agreed
from mirqab.cli.outlet.declared import find_outlet, owner_of_feed
from mirqab.cli.outlet.trying import given_address, read_answer, why
from mirqab.cli.terminal import one_line, say, write_line
from mirqab.declarations import load_outlets
from mirqab.declarations.writing import remove_feed, replace_feed
from mirqab.errors import UsageError
from mirqab.polling import suggestion
from mirqab.types import ExitCode, Reason

if TYPE_CHECKING:
    from mirqab.settings import Settings
    from mirqab.types import Feed, Outlet


def move_feed(names: Sequence[str], deployed: Settings, *, yes: bool, unchecked: bool = False) -> ExitCode:
    """Replace one address of an outlet: `names` are the outlet, the old address when it has several, and the new.

    The new one is asked before; what is no feed is not written, unless `unchecked`.
    """
    if not 2 <= len(names) <= 3:
        raise UsageError("Say the outlet and the new address, and the old one between them when it has several feeds.")
    declared = load_outlets(deployed)
    outlet = find_outlet(declared, names[0])
    old = _old_feed(outlet, names[1] if len(names) == 3 else None)
    new = given_address(names[-1])
    if owner := owner_of_feed(declared, new):
        raise UsageError(f"{new} is a feed of {owner.id} already.")
    if not unchecked and (refusal := _refusal(old, new, deployed)):
        say(f"{new}: {refusal}; nothing is written. --unchecked writes it all the same.")
        return ExitCode.SOME_FAILED
    return _write(deployed, [(outlet.id, old.url, new)], yes=yes)


def _old_feed(outlet: Outlet, given: str | None) -> Feed:
    feeds = (*outlet.feeds, *outlet.backfill)
    if given is not None:
        found = next((feed for feed in feeds if feed.url == given or url_key(feed.url) == url_key(given)), None)
        if found is None:
            listed = ", ".join(feed.url for feed in feeds) or "none"
            raise UsageError(f"{mask_credentials(given)} is no feed of {outlet.id}; it has {listed}.")
        return found
    if len(outlet.feeds) != 1:
        listed = ", ".join(feed.url for feed in outlet.feeds)
        hint = f"say which is moved: {listed}" if listed else f"add one: outlet add URL --to {outlet.id}"
        raise UsageError(f"{outlet.id} has {len(outlet.feeds)} feeds; {hint}.")
    return outlet.feeds[0]


def _refusal(feed: Feed, url: str, deployed: Settings) -> str | None:
    """Ask an address that is to stand for a feed, and say why it cannot; None when it can."""
    deployed = who_asks([url], deployed)
    workers = deployment.workers(deployed)
    try:
        say(f"Asking {url}.")
        with Fetcher(deployed) as fetcher:
            (answer,) = fetcher.fetch(url)
        if answer.problem is not None:
            return why(answer.problem, answer.detail)
        reading = read_answer(workers, answer, feed.kind, feed.links, max_items=deployed.feeds_max_items)
    finally:
        workers.close_now()
    if reading.problem not in (None, Reason.TRUNCATED_FEED):
        return why(reading.problem, reading.detail)
    if answer.moved_to is not None:
        say(f"{url} leads to {answer.moved_to} for good: that may be the better one.")
    return None


def move_suggested(names: Sequence[str], deployed: Settings, *, yes: bool) -> ExitCode:
    """Replace every address, of the named outlets or of all, that has led elsewhere for good in its last polls.

    One that leads to where a declared feed is already is taken out.
    """
    declared = load_outlets(deployed)
    wanted = {find_outlet(declared, name).id for name in names} or {outlet.id for outlet in declared}
    now_declared = {(outlet.id, feed.url): feed for outlet in declared for feed in (*outlet.feeds, *outlet.backfill)}
    with deployment.archive(deployed) as archive:
        states = archive.feed_states(sorted(wanted))
    moves: list[tuple[str, str, str | None]] = []
    taken: set[str] = set()
    for state in states:
        new = suggestion(state)
        if new is None or (state.outlet, state.url) not in now_declared:
            continue
        owner = owner_of_feed(declared, new)
        if owner is None and url_key(new) not in taken:
            taken.add(url_key(new))
            moves.append((state.outlet, state.url, new))
            write_line(one_line(f"{state.outlet}: {state.url}"))
            write_line(one_line(f"  → {new}"))
        else:
            whose = state.outlet if owner is None else owner.id
            write_line(one_line(f"{state.outlet}: {state.url} leads to {new}, which is a feed of {whose} already."))
            outlet = find_outlet(declared, state.outlet)
            staying = {feed.url for feed in outlet.feeds} - {
                old for id_, old, to in moves if id_ == outlet.id and not to
            }
            if staying == {state.url}:
                say(f"It is the only feed of {outlet.id}: switch {outlet.id} off, or give it another feed.")
            else:
                moves.append((state.outlet, state.url, None))
                write_line("  → taken out")
    if not moves:
        write_line("No feed has moved for good to a new address.")
        return ExitCode.WELL
    return _write(deployed, moves, yes=yes)


def _write(deployed: Settings, moves: Sequence[tuple[str, str, str | None]], *, yes: bool) -> ExitCode:
    """Have each address of an outlet replaced by another, or taken out where there is none."""

    def write(settings: Settings) -> None:
        for outlet, old, new in moves:
            if new is None:
                remove_feed(settings, outlet, old)
            else:
                replace_feed(settings, outlet, old, new)

    return write_agreed(deployed, write, [outlet for outlet, _, _ in moves], yes=yes)

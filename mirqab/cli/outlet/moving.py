"""A feed's new address: given by hand, or where it has redirected for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mirqab.addresses import mask_credentials, url_key
from mirqab.cli import deployment
from mirqab.cli.outlet.agreeing import agreed
from mirqab.cli.outlet.declared import find_outlet, owner_of_feed
from mirqab.cli.outlet.trying import given_address
from mirqab.cli.terminal import one_line, say, write_line
from mirqab.declarations import load_outlets
from mirqab.declarations.writing import replace_feed
from mirqab.errors import UsageError
from mirqab.polling import suggestion
from mirqab.types import ExitCode

if TYPE_CHECKING:
    from mirqab.settings import Settings
    from mirqab.types import Outlet


def move_feed(names: Sequence[str], deployed: Settings, *, yes: bool) -> ExitCode:
    """Replace one address of an outlet: `names` are the outlet, the old address when it has several, and the new."""
    if not 2 <= len(names) <= 3:
        raise UsageError("Say the outlet and the new address, and the old one between them when it has several feeds.")
    declared = load_outlets(deployed)
    outlet = find_outlet(declared, names[0])
    old = _old_address(outlet, names[1] if len(names) == 3 else None)
    new = given_address(names[-1])
    if owner := owner_of_feed(declared, new):
        raise UsageError(f"{new} is a feed of {owner.id} already.")
    return _move(deployed, [(outlet.id, old, new)], yes=yes)


def _old_address(outlet: Outlet, given: str | None) -> str:
    addresses = [feed.url for feed in (*outlet.feeds, *outlet.backfill)]
    if given is not None:
        found = next((url for url in addresses if url == given or url_key(url) == url_key(given)), None)
        if found is None:
            raise UsageError(
                f"{mask_credentials(given)} is no feed of {outlet.id}; it has {', '.join(addresses) or 'none'}."
            )
        return found
    if len(outlet.feeds) != 1:
        listed = ", ".join(feed.url for feed in outlet.feeds)
        hint = f"say which is moved: {listed}" if listed else f"add one: outlet add URL --to {outlet.id}"
        raise UsageError(f"{outlet.id} has {len(outlet.feeds)} feeds; {hint}.")
    return outlet.feeds[0].url


def move_suggested(names: Sequence[str], deployed: Settings, *, yes: bool) -> ExitCode:
    """Replace every address, of the named outlets or of all, that has led elsewhere for good in its last polls."""
    declared = load_outlets(deployed)
    wanted = {find_outlet(declared, name).id for name in names} or {outlet.id for outlet in declared}
    now_declared = {(outlet.id, feed.url) for outlet in declared for feed in (*outlet.feeds, *outlet.backfill)}
    moves = []
    with deployment.archive(deployed) as archive:
        for state in archive.feed_states(sorted(wanted)):
            new = suggestion(state)
            if new is None or (state.outlet, state.url) not in now_declared:
                continue
            if owner := owner_of_feed(declared, new):
                say(f"{state.outlet}: {state.url} leads to {new}, which is a feed of {owner.id} already.")
                continue
            moves.append((state.outlet, state.url, new))
    if not moves:
        write_line("No feed has moved for good.")
        return ExitCode.WELL
    return _move(deployed, moves, yes=yes)


def _move(deployed: Settings, moves: Sequence[tuple[str, str, str]], *, yes: bool) -> ExitCode:
    for outlet, old, new in moves:
        write_line(one_line(f"{outlet}: {old}"))
        write_line(one_line(f"  → {new}"))
    if not agreed(f"Write {'it' if len(moves) == 1 else 'them'} into {deployed.config / 'outlets.yaml'}?", yes=yes):
        return ExitCode.WELL
    for outlet, old, new in moves:
        replace_feed(deployed, outlet, old, new)
    write_line(f"Written. Now: ./run crawl {' '.join(dict.fromkeys(outlet for outlet, _, _ in moves))}")
    return ExitCode.WELL

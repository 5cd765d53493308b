"""Lists of feeds from and to other programs, as OPML."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from mirqab.addresses import AllowedHosts, host_of, may_be_public
from mirqab.cli.outlet.declared import outlets_of_host
from mirqab.cli.outlet.proposing import Wish, with_country_of
from mirqab.cli.terminal import one_line, say, write_line
from mirqab.declarations import load_outlets
from mirqab.declarations.opml import OpmlEntry, outlets_of, read_opml, unknown_feeds, write_opml
from mirqab.declarations.writing import add_outlets
from mirqab.errors import UsageError
from mirqab.types import ExitCode, OutletKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mirqab.settings import Settings
    from mirqab.types import Outlet


def import_opml(file: Path, wish: Wish, deployed: Settings, *, dry_run: bool) -> ExitCode:
    """Declare what an OPML file lists, all of it in one writing; what is left out is said on standard error."""
    declared = load_outlets(deployed)
    try:
        body = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror}).") from None
    feeds = unknown_feeds(read_opml(body, name=str(file)), declared, name=str(file))
    if not feeds.is_list:
        raise UsageError("\n".join(str(problem) for problem in feeds.problems))
    own = AllowedHosts.of(deployed.crawl_allow_hosts)
    skipped = [str(problem) for problem in feeds.problems]
    placed: dict[tuple[str, str], list[OpmlEntry]] = defaultdict(list)
    for entry in feeds.entries:
        country, zone = with_country_of(wish, entry.home).place
        place = f"{file}:{entry.line}: {entry.title} ({entry.url})"
        if not (may_be_public(host_of(entry.url)) or own.has_host(host_of(entry.url))):
            skipped.append(f"{place}: is not on the public web (the setting crawl.allow_hosts names hosts of your own)")
        elif of_host := outlets_of_host(declared, entry.home):
            skipped.append(f"{place}: its host is that of {of_host[0].id}: outlet add {entry.url} --to {of_host[0].id}")
        elif country is None or zone is None:
            wanted = "--timezone"
            if country is None:
                wanted = "--country, and --timezone where that country has several"
            skipped.append(f"{place}: where {host_of(entry.home)} has its newsroom is not known: say {wanted}")
        else:
            placed[country, zone].append(entry)
    new: list[Outlet] = []
    for (country, zone), entries in placed.items():
        taken = {outlet.id for outlet in (*declared, *new)}
        kind = wish.kind or OutletKind.PORTAL
        new += outlets_of(entries, country=country, timezone=zone, kind=kind, taken=taken)
    if new and not dry_run:
        add_outlets(deployed, new)
    for known in feeds.known:
        say(str(known))
    _tell(new, skipped, known=len(feeds.known), dry_run=dry_run)
    return ExitCode.SOME_FAILED if skipped else ExitCode.WELL


def _tell(new: Sequence[Outlet], skipped: Sequence[str], *, known: int, dry_run: bool) -> None:
    for why in skipped:
        say(f"left out: {why}")
    for outlet in new:
        write_line(one_line(f"{outlet.id}: {outlet.name} ({outlet.country}, {outlet.timezone}, {outlet.kind})"))
        for feed in outlet.feeds:
            write_line(one_line(f"  {feed.url}"))
    count = sum(len(outlet.feeds) for outlet in new)
    done = "would be declared" if dry_run else "are declared"
    already = f"{known} were already; " if known else ""
    write_line(f"{len(new)} outlets with {count} feeds {done}; {already}{len(skipped)} left out.")


def export_opml(deployed: Settings, output: Path | None) -> ExitCode:
    """Write all declared outlets as OPML, to a file or standard output."""
    text = write_opml(load_outlets(deployed))
    if output is None:
        write_line(text.rstrip("\n"))
    else:
        output.write_text(text, encoding="utf-8")
        write_line(f"{output} is written.")
    return ExitCode.WELL

"""A trial shown: to a person as a table, entries, an article and the declaration to paste; to a program as JSON."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from mirqab.cli.outlet.trying import Origin, why
from mirqab.cli.terminal import Column, Format, Row, moment, one_line, plain, print_rows, write_line
from mirqab.declarations.writing import outlet_yaml
from mirqab.reader.queries import iso
from mirqab.types import FeedKind, Reason

if TYPE_CHECKING:
    from mirqab.cli.outlet.proposing import Proposal
    from mirqab.cli.outlet.trying import Trial, Tried
    from mirqab.types import Outlet, Worked

ENTRIES: Final = 5
LINES: Final = 3
LINE: Final = 300
LINK: Final = 100

_NOTHING_THERE: Final = frozenset({Reason.NOT_FOUND, Reason.GONE})

_COLUMNS: Final[list[Column]] = [
    ("kind", lambda row: row["version"] or row["kind"]),
    ("entries", lambda row: "-" if row["entries"] is None else row["entries"]),
    ("newest", lambda row: row["newest_shown"]),
    ("Arabic", lambda row: "-" if row["arabic"] is None else f"{row['arabic']:.0%}"),
    ("found", lambda row: row["found"]),
    ("problem", lambda row: row["problem"] or "-"),
    ("address", lambda row: f"{row['url']} {row['title']}"),
]


def show_trial(trial: Trial) -> None:
    """Print what a trial found."""
    name = trial.site.name or trial.site.titled
    if name:
        write_line(one_line(name + (f" ({trial.site.language})" if trial.site.language else "")))
    if trial.problem is not None:
        write_line(one_line(f"{trial.url}: {why(trial.problem, trial.detail)}"))
    shown = [one for one in trial.tried if one.origin is not Origin.GUESSED or one.problem not in _NOTHING_THERE]
    rows: list[Row] = [{**_tried(one), "newest_shown": moment(one.newest)} for one in shown]
    if rows:
        print_rows(rows, _COLUMNS, Format.TABLE, empty="")
    if missing := len(trial.tried) - len(shown):
        write_line(f"Nothing is at {missing} well-known places.")
    for one in shown:
        if one.problem is not None or one.detail:
            write_line(one_line(f"{one.url}: {why(one.problem, one.detail)}"))
    if trial.best is not None:
        write_line("")
        write_line(one_line(f"The best of them is {trial.best.url}. Its latest entries:"))
        for item in trial.best.items[:ENTRIES]:
            write_line(f"  {moment(item.published)}  {one_line(item.title) or '-'}")
            write_line(f"    {_shortened(one_line(item.url or ''), LINK)}")
    if trial.article is not None:
        write_line("")
        _show_article(trial.article)


def _show_article(worked: Worked) -> None:
    write_line(one_line(f"An article of it, {worked.page_url}:"))
    article = worked.article
    if article is None:
        write_line(f"  no article: {one_line(why(worked.problem, worked.detail))}")
        return
    write_line(f"  {one_line(article.headline)}")
    authors = one_line("، ".join(article.authors))
    write_line(f"  {moment(article.published)}" + (f"  {authors}" if authors else ""))
    for line in article.body.splitlines()[:LINES]:
        write_line(f"  {_shortened(one_line(line), LINE)}")
    write_line(f"  quality {article.quality:.2f}, taken out by {article.extractor}, {len(article.body)} characters")


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def show_proposal(trial: Trial, proposal: Proposal) -> None:
    """Print the declaration to paste, each guess with a comment that says so, and how to add what else works."""
    write_line("")
    write_line("To paste into config/outlets.yaml, below `outlets:`")
    write_line("")
    write_line(plain(commented_yaml(proposal)).rstrip("\n"))
    declared = {feed.url for feed in (*proposal.outlet.feeds, *proposal.outlet.backfill)}
    if others := [one for one in trial.tried if one.works and one.url not in declared]:
        write_line("")
        write_line("# These can be read too. Mostly they tell the same; once the outlet is declared, one is added by")
        for one in others:
            links = " --links CSS" if one.kind is FeedKind.SECTION else ""
            write_line(one_line(f"# ./run outlet add {shlex.quote(one.url)} --to {proposal.outlet.id}{links}"))


def commented_yaml(proposal: Proposal) -> str:
    """Return an outlet's declaration; what was guessed or is unknown has a comment beside it."""
    remarks: dict[str, str] = {**{key: f"guessed: {why}" for key, why in proposal.guesses.items()}, **proposal.unknown}

    def remarked(match: re.Match[str]) -> str:
        remark = remarks.pop(match[1], None)
        return match[0] if remark is None else f"{match[0]}  # {one_line(remark)}"

    return re.sub(r"^ +(\w+): .*$", remarked, outlet_yaml(proposal.outlet), flags=re.MULTILINE)


def trial_line(trial: Trial, proposal: Proposal | None) -> dict[str, Any]:
    """Return a trial as one JSON object."""
    best = trial.best
    return {
        "url": trial.url,
        "home": trial.home,
        "name": trial.site.name or trial.site.titled or None,
        "language": trial.site.language or None,
        "problem": trial.problem,
        "detail": trial.detail,
        "tried": [_tried(one) for one in trial.tried],
        "best": None if best is None else best.url,
        "entries": []
        if best is None
        else [
            {"url": item.url, "title": item.title, "published": iso(item.published)} for item in best.items[:ENTRIES]
        ],
        "article": None if trial.article is None else _article(trial.article),
        "outlet": None if proposal is None else _declared(proposal.outlet),
        "guesses": {} if proposal is None else dict(proposal.guesses),
        "unknown": {} if proposal is None else dict(proposal.unknown),
        "yaml": None if proposal is None else commented_yaml(proposal),
    }


def _tried(one: Tried) -> dict[str, Any]:
    reading = one.reading
    return {
        "url": one.url,
        "found": one.origin,
        "kind": one.kind,
        "version": reading.version if reading else "",
        "title": one.title,
        "entries": len(reading.items) if reading else None,
        "newest": iso(one.newest),
        "arabic": one.arabic,
        "problem": one.problem,
        "detail": one.detail,
    }


def _article(worked: Worked) -> Mapping[str, Any]:
    article = worked.article
    return {
        "url": worked.page_url,
        "headline": "" if article is None else article.headline,
        "body": "" if article is None else article.body,
        "published": None if article is None else iso(article.published),
        "language": None if article is None else article.language,
        "quality": 0.0 if article is None else article.quality,
        "extractor": None if article is None else article.extractor,
        "problem": worked.problem,
        "detail": worked.detail,
    }


def _declared(outlet: Outlet) -> dict[str, Any]:
    return {
        "id": outlet.id,
        "name": outlet.name,
        "name_en": outlet.name_en,
        "country": outlet.country,
        "kind": outlet.kind,
        "timezone": outlet.timezone,
        "home": outlet.home,
        "feeds": [{"url": feed.url, "kind": feed.kind, "links": feed.links} for feed in outlet.feeds],
        "backfill": [{"url": feed.url, "kind": feed.kind, "links": feed.links} for feed in outlet.backfill],
    }

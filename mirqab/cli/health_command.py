"""`health`: how each outlet does, what needs a look first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mirqab.cli import deployment
from mirqab.cli.terminal import FORMAT, Column, Format, Row, moment, one_line, print_rows, write_line
from mirqab.reader.queries import iso
from mirqab.types import ExitCode

if TYPE_CHECKING:
    from mirqab.archive import DriftRow
    from mirqab.health import FeedHealth, OutletHealth
    from mirqab.types import Job, Outlet


def health(form: FORMAT = Format.TABLE) -> int:
    """Tell how each outlet does. What fails, is overdue or has never answered comes first.

    Outlets whose pages are no longer as usual are shown with a page of before and one of after. The exit code is 3
    when an outlet fails, is overdue or has left its norm.
    """
    from mirqab.cli.drift_shown import drift_lines, told
    from mirqab.cli.raw import space_notes
    from mirqab.declarations import load_schedule
    from mirqab.drift import look
    from mirqab.health import Condition, outlet_health

    deployed = deployment.settings()
    outlets = deployment.outlets(deployed)
    now = datetime.now(UTC)
    turns = turns_s(load_schedule(deployed), outlets, now)
    with deployment.archive_if_any(deployed) as archive:
        found = outlet_health(
            outlets,
            [] if archive is None else archive.feed_states(),
            turns_s=turns,
            now=now,
            found_again={} if archive is None else archive.found_again(),
            resting={} if archive is None else {host.host: host for host in archive.resting_hosts(now)},
            unread={} if archive is None else {host.host: host for host in archive.hosts_unread()},
        )
        drifts = [] if archive is None else told(look(archive, now=now), now)
        notes = [] if archive is None else space_notes(archive, deployed)
    columns: list[Column] = [
        ("outlet", lambda row: row["outlet"]),
        ("condition", lambda row: row["condition"]),
        ("last success", lambda row: _moment(row["last_success_at"]) if row["last_success_at"] else "never"),
        ("next poll", lambda row: _next(row, now)),
        ("overdue from", _overdue_from),
        ("to know", _to_know),
    ]
    rows = (_health_json(one, [drift for drift in drifts if drift.outlet == one.outlet]) for one in found)
    print_rows(rows, columns, form, empty="No outlet is declared: add one to config/outlets.yaml.")
    if form is Format.TABLE:
        for line in [*(line for drift in drifts for line in drift_lines(drift)), *notes]:
            write_line(line)
    if archive is None and form is Format.TABLE:
        write_line(deployment.NOTHING_YET)
    worrying = any(one.condition in (Condition.FAILING, Condition.OVERDUE) for one in found)
    worrying = worrying or any(drift.ended_at is None for drift in drifts)
    return ExitCode.SOME_FAILED if worrying else ExitCode.WELL


def turns_s(jobs: Sequence[Job], outlets: Sequence[Outlet], now: datetime) -> dict[str, float]:
    """Return for each outlet the longest time between two turns that the timetable gives it."""
    from mirqab.clock import longest_turn_s

    turns: dict[str, float] = {}
    for job in jobs:
        if job.command[0] != "crawl":
            continue
        words = list(job.command[1:])
        kind = next((word.removeprefix("--kind=") for word in words if word.startswith("--kind=")), None)
        kind = words[words.index("--kind") + 1] if "--kind" in words[:-1] else kind
        named = {word for word in words if not word.startswith("-") and word != kind}
        turn = longest_turn_s(job, now)
        for outlet in outlets:
            if (not named or outlet.id in named) and (kind is None or outlet.kind == kind):
                turns[outlet.id] = min(turn, turns.get(outlet.id, turn))
    return turns


def _health_json(one: OutletHealth, drifts: Sequence[DriftRow]) -> dict[str, Any]:
    from mirqab.cli.drift_shown import drift_json

    return {
        "outlet": one.outlet,
        "name": one.name,
        "condition": one.condition.value,
        "last_success_at": iso(one.last_success_at),
        "last_error": one.last_error,
        "last_error_at": iso(one.last_error_at),
        "detail": one.detail,
        "limit_s": one.limit_s,
        "why_off": one.why_off,
        "found_again": one.found_again,
        "robots_unread": [
            {"host": host.host, "since": iso(host.robots_at), "status": host.robots_status or None}
            for host in one.unread
        ],
        "feeds": [_feed_json(feed) for feed in one.feeds],
        "drifts": [drift_json(drift) for drift in drifts],
    }


def _feed_json(feed: FeedHealth) -> dict[str, Any]:
    return {
        "url": feed.url,
        "condition": feed.condition.value,
        "last_success_at": iso(feed.last_success_at),
        "last_answered_at": iso(feed.last_answered_at),
        "reason": feed.reason,
        "detail": feed.detail,
        "last_error_at": iso(feed.last_error_at),
        "failures": feed.failures,
        "next_poll_at": iso(feed.next_poll_at),
        "lost": [iso(at) for at in feed.lost] if feed.lost else None,
        "declare_instead": feed.declare_instead,
        "gone_since": iso(feed.gone_since),
        "overdue_at": iso(feed.overdue_at),
        "resting_until": iso(feed.resting_until),
        "resting_because": feed.resting_because,
        "distrusted_at": iso(feed.distrusted_at),
    }


# ------------------------------------------------------------------------------------------- the table


def _to_know(row: Row) -> str:
    """Return what stands and is to be known of an outlet: why it is off, else of each feed what is wrong or odd."""
    if row["why_off"]:
        return str(row["why_off"])
    told = [f"{note} ({feed['url']})" for feed in row["feeds"] for note in _notes(feed, row["found_again"])]
    for host in row["robots_unread"]:
        why = f"answered {host['status']}" if host["status"] else "no answer"
        told.append(
            f"the robots.txt of {host['host']} cannot be read since {_moment(host['since'])} ({why}):"
            " nothing is asked there for now, and its pages wait"
        )
    if row["last_error"] and not any(feed["failures"] for feed in row["feeds"]):
        told.append(f"passed: {row['last_error']}, last at {_moment(row['last_error_at'])}")
    return "; ".join(told)


def _notes(feed: Row, found_again: int) -> Iterator[str]:
    if feed["failures"]:
        yield one_line(f"{feed['reason']} ×{feed['failures']} {feed['detail'] or ''}")
    if feed["gone_since"]:
        yield f"gone since {_moment(feed['gone_since'])}, asked again at {_moment(feed['next_poll_at'])}"
    if feed["resting_until"]:
        yield f"its host asked for peace until {_moment(feed['resting_until'])}"
    if feed["lost"]:
        since, until = (moment(datetime.fromisoformat(at), seconds=True) for at in feed["lost"])
        yield f"items may be lost between {since} and {until}; {found_again} found again"
    if feed["declare_instead"]:
        yield f"moved for good: declare {feed['declare_instead']} instead"
    if feed["distrusted_at"]:
        yield f"said «not modified» untruly, seen at {_moment(feed['distrusted_at'])}: read in full each time"


def _next(row: Row, now: datetime) -> str:
    if row["why_off"]:
        return "-"
    polls = [datetime.fromisoformat(feed["next_poll_at"]) for feed in row["feeds"] if feed["next_poll_at"]]
    if len(polls) < len(row["feeds"]) or min(polls, default=now) <= now:
        return "due"
    return moment(min(polls))


def _moment(text: str) -> str:
    return moment(datetime.fromisoformat(text))


def _overdue_from(row: Row) -> str:
    """Return from when the outlet is overdue unless a feed answers before; a dash where nothing is waited for."""
    times = [datetime.fromisoformat(feed["overdue_at"]) for feed in row["feeds"] if feed["overdue_at"]]
    return "-" if row["why_off"] or not times else moment(min(times))

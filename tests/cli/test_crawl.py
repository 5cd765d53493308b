"""`mirqab crawl` and addresses in a pipe, against the demo web: the real crawler as a child."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.web import DemoWeb
from mirqab.cli.crawl_progress import EventLines, RunReport
from mirqab.settings import CODE_ROOT
from tests.cli.conftest import Command, alive, children, wait_for

if TYPE_CHECKING:
    from tests.cli.conftest import Environ


@pytest.fixture(scope="module")
def web() -> Iterator[DemoWeb]:
    with DemoWeb(slow_s=0.1) as web:
        yield web


@pytest.fixture
def demo(web: DemoWeb, child_environ: Environ, tmp_path: Path) -> Command:
    """The command in a deployment whose outlets are the demo web's."""
    config = tmp_path / "config"
    shutil.copytree(CODE_ROOT / "config", config)
    (config / "mirqab.yaml").unlink()
    web.outlets_yaml(config / "outlets.yaml")
    return Command(
        child_environ(
            MIRQAB_CONFIG=str(config), MIRQAB_CRAWL_ALLOW_HOSTS=",".join(web.hosts), MIRQAB_CRAWL_DELAY_S="0.02"
        )
    )


def good_outlet(web: DemoWeb) -> str:
    return next(outlet.id for outlet in web.outlets if outlet.id == "mirsal")


def test_a_crawl_is_summed_up_and_agrees_with_the_ledger(demo: Command, web: DemoWeb) -> None:
    outlet = good_outlet(web)
    said = demo("crawl", outlet)
    assert said.code == 0, said.err
    (run,) = json.loads(demo("runs", "--format", "json").out)
    total = f"feeds 1 (1 read) · new {run['new']} · reopened 0 · fetched {run['fetched']} · stored {run['stored']}"
    assert total in said.out
    assert run["stored"] > 3
    flagged = [json.loads(line) for line in demo("flagged", "--format", "jsonl").lines]
    assert flagged
    assert f"Flagged in this run: {len(flagged)}" in said.out
    assert all(line["headline"] in said.out for line in flagged)
    again = demo("crawl", outlet)
    assert again.code == 0
    assert "No story was flagged in this run" in again.out
    assert "fetched 0 · stored 0" in again.out
    assert f"Read, with nothing new: {outlet}" in again.out


def test_a_failing_outlet_makes_it_three_and_is_named(demo: Command) -> None:
    said = demo("crawl", "marfa")
    assert said.code == 3
    assert "feed http_error: http://" in said.out
    health = demo("health", "--format", "json")
    assert health.code == 3
    (failing,) = [one for one in json.loads(health.out) if one["condition"] == "failing"]
    assert (failing["outlet"], failing["last_error"]) == ("marfa", "http_error")


def test_with_due_only_what_is_due_is_asked(demo: Command, web: DemoWeb) -> None:
    outlet = good_outlet(web)
    assert demo("crawl", "--due", outlet).code == 0, "feeds never asked are due"
    again = demo("crawl", "--due", outlet)
    assert again.code == 0, again.err
    assert "feeds 0, 1 not due" in again.out


def test_a_misspelt_outlet_suggests_the_nearest(demo: Command) -> None:
    said = demo("crawl", "mirsaal")
    assert (said.code, said.out) == (2, "")
    assert "Did you mean mirsal?" in said.err
    assert demo("crawl", "--kind", "blog").code == 2
    both = demo("crawl", "mirsal", "--kind", "portal")
    assert both.code == 2
    assert "leave out --kind" in both.err


def test_ctrl_c_is_passed_on_and_ends_in_peace(demo: Command, web: DemoWeb) -> None:
    before = len(web.answers)
    child = demo.start("crawl", MIRQAB_CRAWL_DELAY_S="2")
    wait_for(lambda: len(web.answers) > before)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=100)
    assert child.returncode in (1, 3), (out.decode(), err.decode())
    assert b"Traceback" not in out + err
    assert b"Ctrl-C once more ends at once" in err
    assert b"The run was not finished (interrupted)" in err
    (run,) = json.loads(demo("runs", "--format", "json").out)
    assert run["ended_at"] is not None
    assert (run["exit_code"], run["state"]) == (child.returncode, "interrupted")


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process and its children so far."""
    ticks = 0
    for one in (pid, *children(pid)):
        with contextlib.suppress(OSError):
            ticks += sum(map(int, Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells here how far a start has come")
@pytest.mark.parametrize("after_s", [0.5, 1.4])
def test_an_early_ctrl_c_is_no_run_or_an_interrupted_one(demo: Command, web: DemoWeb, after_s: float) -> None:
    before = len(web.answers)
    child = demo.start("crawl", MIRQAB_CRAWL_DELAY_S="2")
    # what is imported, ours and the crawler's, and then the run being opened
    wait_for(lambda: cpu_s(child.pid) >= after_s or len(web.answers) > before)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=100)
    assert b"Traceback" not in out + err
    runs = json.loads(demo("runs", "--format", "json").out)
    assert [run["state"] for run in runs] == ([] if child.returncode == 130 else ["interrupted"])
    assert child.returncode in (130, 1)


def test_the_sums_are_the_same_everywhere(demo: Command) -> None:
    """The demo's outlets, one of them failing: the table, its total line, `runs`, `runs RUN` and the JSON."""
    said = demo("crawl")
    (run,) = json.loads(demo("runs", "--format", "json").out)
    outlets = json.loads(demo("runs", run["run"], "--format", "json").out)
    for key in ("feeds_ok", "feeds_failed", "new", "fetched", "stored", "duplicates", "failed", "refused", "put_off"):
        assert run[key] == sum(outlet[key] for outlet in outlets), key
    assert run["new"] == sum(run[key] for key in ("stored", "duplicates", "failed", "refused", "put_off"))
    assert sum(run["reasons"].values()) == run["failed"] + run["refused"] + run["put_off"]
    asked = run["feeds_ok"] + run["feeds_failed"]
    assert f"feeds {asked} ({run['feeds_ok']} read, {run['feeds_failed']} failed) · new {run['new']} " in said.out
    words = {"failed": run["failed"], "refused": run["refused"], "later": run["put_off"]}
    assert " · ".join(f"{word} {count}" for word, count in words.items()) in said.out
    assert f"{run['feeds_ok']} of {asked}" in demo("runs").out
    flagged = json.loads(demo("flagged", "--format", "json").out)
    assert all(story["story"] in said.out for story in flagged)
    # the rows of the crawl's table are those of `runs RUN`, which knows no flags
    for line in demo("runs", run["run"]).lines[1:]:
        assert any(row.split()[:10] == line.split()[:10] for row in said.lines), line


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child of its parent's end")
def test_a_killed_command_takes_its_crawler_along_and_the_next_run_is_whole(
    demo: Command, web: DemoWeb, home: Path
) -> None:
    before = len(web.answers)
    child = demo.start("crawl", MIRQAB_CRAWL_DELAY_S="3")  # the whole crawl would take 40 s
    wait_for(lambda: len(web.answers) > before + 5)
    (crawler,) = children(child.pid)
    child.kill()
    child.communicate()
    wait_for(lambda: not alive(crawler))
    assert demo("crawl").code == 3, "done; one feed of the demo fails on purpose"
    cut_short, whole = reversed(json.loads(demo("runs", "--format", "json").out))
    assert cut_short["exit_code"] == 1
    assert whole["state"] == "done"
    flagged = json.loads(demo("flagged", "--format", "json").out)
    right, missed, besides = web.compare(flagged)
    carried = [(web.story_at(row["url"]).wire, outlet) for row in flagged for outlet in row["outlets"]]
    assert len(carried) == len(set(carried)), "no outlet's text is in two flagged stories"
    assert len(flagged) <= len(right)
    assert not missed | besides


def test_addresses_go_through_the_crawler(demo: Command, web: DemoWeb) -> None:
    feed = web.feed_urls(good_outlet(web))[0]
    outside = ("http://127.0.0.1:9/closed.xml", "http://10.0.0.1/rss")
    said = demo("feed", feed, *outside)
    assert (said.code, said.out) == (2, ""), "before anything is asked for, a contact is needed"
    assert "contact: you@example.org" in said.err
    said = demo("feed", feed, *outside, "http:///nowhere", MIRQAB_CONTACT="me@example.org")
    assert said.code == 3
    good, closed, private, nowhere = map(json.loads, said.lines)
    assert (good["input"], good["problem"]) == (feed, None)
    assert good["entries"][0]["url"].startswith("http://127.")
    assert closed["problem"] in ("connection", "refused_address")
    assert private["problem"] == "refused_address"
    assert nowhere["problem"] == "bad_url"
    page = demo("extract", good["entries"][0]["url"])
    assert page.code == 0
    found = json.loads(page.out)
    assert found["headline"]
    assert found["published"]
    assert json.loads(demo("flagged", "--format", "json").out) == [], "nothing is stored"


# ----------------------------------------------------------------------------------------------- the report


def test_events_come_in_any_pieces() -> None:
    lines = EventLines()
    text = b'{"event": "start", "feeds": 2}\nnoise\n[1]\n{"event": "end"}\n'
    found = [event for place in range(len(text)) for event in lines.feed(text[place : place + 1])]
    assert found == [{"event": "start", "feeds": 2}, {"event": "end"}]


def test_the_report_counts_as_the_ledger_does() -> None:
    report = RunReport()
    report.take({"event": "start", "outlets": 2, "feeds": 3})
    report.take({"event": "feed", "outlet": "rasid", "url": "u", "new": 4, "reopened": 2, "problem": None})
    report.take({"event": "feed", "outlet": "sadeem", "url": "v", "new": 0, "known": 0, "problem": "tls"})
    for outcome in ("stored", "duplicate", "gone", "refused_by_robots"):
        report.take({"event": "page", "outlet": "rasid", "url": "w", "outcome": outcome, "flagged": []})
    flagged = {"event": "page", "outlet": "rasid", "url": "w", "outcome": "stored", "article": "a1"}
    report.take({**flagged, "raised": ["topic"]})
    report.take({**flagged, "raised": [], "flagged": ["topic"]})  # raised by an earlier run
    report.take({"event": "unheard of"})
    told = "feeds 2 of 3 · new 4 · reopened 2 · fetched 5 · stored 3 · copies 1 · failed 1 · refused 1 · flagged 1"
    assert report.line() == told
    assert report.feed_problems == [("sadeem", "v", "tls")]
    assert (report.raised, report.flagged) == (["a1"], {"rasid": 1})


def test_the_report_tells_refusals_and_what_was_put_off_and_leaves_back_fills_out_of_the_feeds() -> None:
    report = RunReport()
    report.take({"event": "start", "feeds": 5})
    report.take({"event": "not_due", "feeds": 2})
    feed = {"event": "feed", "outlet": "rasid", "role": "feed"}
    report.take({**feed, "url": "u", "outcome": "ok", "new": 10, "gap": True, "notices": ["u rolled over"]})
    report.take({**feed, "url": "v", "outcome": "put_off", "problem": "too_many_requests"})
    report.take({**feed, "url": "w", "outcome": "not_modified"})
    report.take({**feed, "url": "x", "outcome": "ok", "role": "backfill", "new": 5})
    report.take({**feed, "url": "y", "outcome": "ok", "role": "child"})
    report.take({"event": "page", "outlet": "rasid", "url": "p", "outcome": "refused_by_robots"})
    report.take({"event": "page", "outlet": "rasid", "url": "q", "outcome": "put_off", "problem": "too_many_requests"})
    assert report.line() == "feeds 4 of 4 (2 not due) · new 15 · stored 0 · refused 1 · later 1 · flagged 0"
    assert report.notices == [("rasid", "u rolled over")]

"""Whole runs over many feeds: which are asked again and how, and that each meets one end that is told and kept."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.polls import Polls
from crawler.progress import Progress
from crawler.tally import Tally
from mirqab.archive import Archive
from mirqab.intake import Intake
from mirqab.seen import open_seen
from mirqab.types import Feed, FeedKind, Outlet, OutletKind, Reason
from mirqab.work import WorkPlan
from mirqab.workers import Workers
from tests.crawl.conftest import Deployment, news, publish, until
from tests.crawl.pressweb import Answer, Asked, Press, Site, rss, silent_address


def ago(**time: float) -> str:
    """Return a past moment as the archive writes it."""
    return (datetime.now(UTC) - timedelta(**time)).strftime("%Y-%m-%d %H:%M:%S.%f")


def test_only_what_is_due_is_asked_and_pages_of_earlier_runs_are_fetched_all_the_same(
    press: Press, deployment: Deployment
) -> None:
    site, other = press.site(), press.site()
    deployment.read("nahr", publish(site, 2))
    deployment.read("wadi", publish(other, 0))
    killed = deployment.crawl("nahr", MIRQAB_TEST_KILL_AT="after_admit")
    assert killed.code == -signal.SIGKILL, killed.log
    assert site.times("/n0") == 0

    run = deployment.crawl("feeds", "-a", "due=yes")

    assert run.code == 0, run.log
    assert (site.times("/rss"), other.times("/rss")) == (1, 1), "a feed never asked is due, one asked now is not"
    assert (run.end["feeds"], run.end["feeds_not_due"], run.end["stored"]) == (1, 1, 2)
    assert "1 more not due" in run.end["summary"]

    idle = deployment.crawl("feeds", "-a", "due=yes")

    assert (idle.code, idle.end["feeds"], idle.end["feeds_not_due"], idle.end["pages"]) == (0, 0, 2, 0)
    assert deployment.crawl("feeds", "-a", "due=soon").code == 2


def test_many_unchanged_feeds_are_asked_with_both_validators_and_written_together(
    press: Press, deployment: Deployment
) -> None:
    site = press.site()
    feeds = []
    for number in range(210):  # more than are written at a time
        body = rss([(f"{site.url}/old{number}", f"خبر {number}")])

        def answer(asked: Asked, body: bytes = body) -> Answer:
            if "if-none-match" in asked.headers:
                return Answer(status=304)
            headers = (("ETag", '"one"'), ("Last-Modified", "Sun, 22 Nov 2026 10:00:00 GMT"))
            return Answer(body=body, content_type="application/rss+xml", headers=headers)

        site.answers[f"/rss{number}"] = answer
        site.article(f"/old{number}", *news(number))
        feeds.append(f"{site.url}/rss{number}")
    deployment.read("nahr", *feeds)
    first = deployment.crawl(MIRQAB_CRAWL_FIRST_POLL_DAYS="0")
    assert (first.code, first.end["feeds_ok"], first.end["noted"]) == (0, 210, 210), first.log

    asked = len(site.asked)
    again = deployment.crawl()

    assert again.code == 0, again.log
    assert (again.end["feeds"], again.end["feeds_not_modified"]) == (210, 210)
    headers = [one.headers for one in site.asked[asked:] if one.path.startswith("/rss")]
    assert {one.get("if-none-match") for one in headers} == {'"one"'}
    assert {one.get("if-modified-since") for one in headers} == {"Sun, 22 Nov 2026 10:00:00 GMT"}
    run = deployment.last_run()
    assert (run.feeds_not_modified, run.feeds_ok, run.feeds_failed) == (210, 0, 0)


def test_one_bad_feed_among_fifty_costs_itself_alone(press: Press, deployment: Deployment) -> None:
    sites = [press.site() for _ in range(7)]
    for number in range(49):
        site = sites[number % 7]
        url = site.article(f"/a{number}", *news(number))
        deployment.read(f"o{number}", site.feed(f"/rss{number}", [(url, "خبر")]))
    deployment.read("bad", silent_address() + "/rss")

    run = deployment.crawl()

    assert run.code == 3, run.log
    assert (run.end["feeds"], run.end["feeds_ok"], run.end["feeds_failed"]) == (50, 49, 1)
    assert run.end["feed_reasons"] == {Reason.CONNECTION: 1}
    assert run.end["stored"] == 49
    ledger = deployment.last_run()
    assert (ledger.feeds_ok, ledger.feeds_failed, ledger.stored, ledger.exit_code) == (49, 1, 49, 3)


def test_a_host_that_asks_for_peace_has_its_other_feeds_put_off_with_the_reason(
    press: Press, deployment: Deployment
) -> None:
    busy, calm = press.site(), press.site()
    for number in range(3):
        busy.answers[f"/rss{number}"] = Answer(status=429, headers=(("Retry-After", "3600"),))
    deployment.read("busy", *(f"{busy.url}/rss{number}" for number in range(3)))
    deployment.read("calm", publish(calm, 1))

    run = deployment.crawl(MIRQAB_CRAWL_DELAY_S="0.05")

    assert run.code == 3, run.log
    ends = {event["url"]: event["outcome"] for event in run.events if event["event"] == "feed"}
    assert sorted(ends.values()) == ["failed", "ok", "put_off", "put_off"], run.log
    assert (run.end["feeds"], run.end["feeds_put_off"], run.end["stored"]) == (4, 2, 1)
    assert run.end["put_off_reasons"] == {Reason.TOO_MANY_REQUESTS: 2}
    rows = deployment.database("SELECT outcome, reason FROM polls WHERE outlet = 'busy' ORDER BY outcome")
    assert rows == [("failed", "too_many_requests"), *[("put_off", "too_many_requests")] * 2]
    assert sum(busy.times(f"/rss{number}") for number in range(3)) == 1
    pages = deployment.database("SELECT outcome, robots FROM outcomes")
    assert pages == [("stored", "allowed: no robots.txt (404)")], "what robots.txt said is kept with each address"
    with deployment.archive() as archive:
        assert [state.failures for state in archive.feed_states(["busy"])] == [1], "what is put off has not failed"


def moving(site: Site, target: str) -> Answer:
    return Answer(status=301, headers=(("Location", site.url + target),))


def test_moved_and_gone_feeds_are_told(press: Press, deployment: Deployment) -> None:
    site = press.site()
    new = site.feed("/new", [(site.article("/n1", *news(1)), "خبر")])
    site.answers["/old"] = moving(site, "/new")
    site.answers["/gone"] = Answer(status=410)
    deployment.read("nahr", site.url + "/old", site.url + "/gone")

    first = deployment.crawl()

    assert (first.code, first.end["stored"]) == (3, 1), first.log
    notices = [notice for event in first.events for notice in event.get("notices", ())]
    assert any("410" in notice and "/gone" in notice for notice in notices)
    assert not any(new in notice for notice in notices), "one redirect may be a mistake of theirs"

    second = deployment.crawl("feeds", "-a", "due=no")
    assert any(new in notice for event in second.events for notice in event.get("notices", ())), second.events

    third = deployment.crawl("feeds", "-a", "due=yes")
    assert (third.code, third.end["feeds_not_due"]) == (0, 2), "a feed that is gone rests"


def test_an_address_that_gives_nothing_is_not_proposed(press: Press, deployment: Deployment) -> None:
    site = press.site()
    site.answers["/old"] = moving(site, "/new")
    site.answers["/new"] = Answer(status=404)
    deployment.read("nahr", site.url + "/old")
    for _ in range(3):
        told = deployment.crawl("feeds", "-a", "due=no")
        assert told.code == 3, told.log
        assert [notice for event in told.events for notice in event.get("notices", ())] == []


async def test_unchanged_feeds_do_not_wait_for_pages_to_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.polls.UNCHANGED_WAIT_S", 1.0)
    feeds = tuple(Feed(url=f"https://nahr.example/{number}", kind=FeedKind.FEED) for number in range(3))
    outlet = Outlet(
        id="nahr",
        name="النهر",
        name_en="Nahr",
        kind=OutletKind.NEWSPAPER,
        country="iq",
        timezone="UTC",
        home=feeds[0].url,
        feeds=feeds,
    )
    archive = Archive.open(f"sqlite:///{tmp_path / 'archive.sqlite'}")
    async with open_seen(redis_url=None, folder=tmp_path / "redis") as seen:
        run = archive.start_run("crawl feeds", topics=[])
        intake = Intake(archive, seen, run=run, max_attempts=5, first_poll_max_age_s=0, outlets=[outlet])
        polls = Polls([outlet], Tally(), Progress(None), only_due=False, max_items=10, host_state=intake.host)
        plan = WorkPlan(raw_folder=None, max_page_bytes=1)
        polls.open(intake, Workers(plan, count=1, page_time_s=1, page_memory_mb=1, feed_time_s=1))
        (round_,) = [one async for one in polls.rounds()]
        first, second, last = round_.polls
        for poll in round_.polls:
            polls.begin(poll)
        for poll in (first, second):
            await polls.admit(poll, poll.snapshot(not_modified=True))
        assert archive.runs(1)[0].feeds_not_modified == 0
        async with asyncio.timeout(60):
            while (written := archive.runs(1)[0].feeds_not_modified) == 0:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.05)
        assert written == 2
        await polls.admit(last, last.snapshot(not_modified=True))
        await polls.close(stopping=False)
        assert archive.runs(1)[0].feeds_not_modified == 3
        await intake.close()
    archive.close()


def test_a_304_that_is_not_true_is_found_out(press: Press, deployment: Deployment) -> None:
    site = press.site()
    first, second = (site.article(f"/n{number}", *news(number)) for number in (1, 2))
    bodies = [rss([(first, "أ")])]

    def answer(asked: Asked) -> Answer:
        if "if-none-match" in asked.headers:
            return Answer(status=304)
        return Answer(body=bodies[-1], content_type="application/rss+xml", headers=(("ETag", '"same"'),))

    site.answers["/rss"] = answer
    deployment.read("nahr", site.url + "/rss")
    assert deployment.crawl().end["stored"] == 1
    bodies.append(rss([(second, "ب"), (first, "أ")]))
    assert deployment.crawl().end["feeds_not_modified"] == 1

    deployment.database("UPDATE feeds SET last_full_at = ?", ago(days=3))
    found_out = deployment.crawl()

    assert (found_out.code, found_out.end["stored"]) == (0, 1), found_out.log
    assert any("304" in notice for event in found_out.events for notice in event.get("notices", ()))
    again = deployment.crawl()
    assert again.end["feeds_not_modified"] == 1
    assert "if-none-match" not in site.asked[-1].headers, "it is not believed again"


def test_feeds_not_asked_when_the_run_is_told_to_end_are_put_off(press: Press, deployment: Deployment) -> None:
    site = press.site()
    for number in range(6):
        site.answers[f"/rss{number}"] = Answer(body=rss([]), content_type="application/rss+xml", stall_s=0.7)
    deployment.read("nahr", *(f"{site.url}/rss{number}" for number in range(6)))
    go_on = site.hold("/rss", after=1)
    child = deployment.start("crawl", "feeds")
    until(lambda: sum(asked.path.startswith("/rss") for asked in tuple(site.asked)) > 1 or child.poll() is not None)
    child.terminate()
    go_on.set()
    ended = deployment.wait(child)
    assert ended.code == 1, ended.log
    counted = ended.end["feeds_ok"] + ended.end["feeds_failed"] + ended.end["feeds_put_off"]
    assert (ended.end["feeds"], ended.end["crashed"]) == (counted, 0)
    assert ended.end["feeds_put_off"] >= 3

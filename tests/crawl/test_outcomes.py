"""Statuses, headers and hosts told as outcomes: the pure parts of a crawl."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scrapy import exceptions
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed

from crawler.hosts import FAILURES_TO_REST, MOST_NOTED, HostNotes, Hosts
from crawler.outcomes import PutOffError, RefusedError, reason_of_status, refusal, retry_after_s
from crawler.progress import Progress
from crawler.tally import Tally
from mirqab.types import Admitted, FeedRole, HostState, Reason

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (200, None),
        (206, None),
        (302, Reason.HTTP_ERROR),
        (401, Reason.FORBIDDEN),
        (403, Reason.FORBIDDEN),
        (404, Reason.NOT_FOUND),
        (410, Reason.GONE),
        (429, Reason.TOO_MANY_REQUESTS),
        (451, Reason.FORBIDDEN),
        (500, Reason.HTTP_ERROR),
    ],
)
def test_status_told_as_reason(status: int, reason: Reason | None) -> None:
    assert reason_of_status(status) == reason


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("120", 120),
        ("99999999999999", 86_400),
        ("-5", None),
        ("Sun, 22 Nov 2026 12:01:00 GMT", 60),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("Sun, 22 Nov 2030 11:00:00 GMT", 86_400),
        ("soon", None),
        ("٣٠", None),
    ],
)
def test_retry_after_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, NOW) == seconds


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (exceptions.CannotResolveHostError("x"), Reason.DNS),
        (exceptions.DownloadTimeoutError("x"), Reason.TIMED_OUT),
        (exceptions.DownloadCancelledError("x"), Reason.TOO_LARGE),
        (exceptions.DownloadConnectionRefusedError("x"), Reason.CONNECTION),
        (exceptions.ResponseDataLossError("x"), Reason.BROKEN_ANSWER),
        (OSError("no route"), Reason.CONNECTION),
        (UnicodeError("label too long"), Reason.BAD_URL),
    ],
)
def test_download_errors_told_as_reasons(error: Exception, reason: Reason) -> None:
    told = refusal(error, "https://news.example/")
    assert told is not None
    assert told.reason is reason


def test_closed_connection_is_seen_through_the_wrapping() -> None:
    error = exceptions.DownloadFailedError("x")
    error.__cause__ = ResponseFailed([Failure(ConnectionDone())])  # type: ignore[no-untyped-call]
    told = refusal(error, "https://news.example/")
    assert told is not None
    assert told.reason is Reason.CONNECTION


def test_our_own_fault_is_no_outcome_of_the_network() -> None:
    assert refusal(KeyError("x"), "https://news.example/") is None


def test_detail_holds_no_credentials() -> None:
    told = refusal(OSError("https://user:secret@news.example/ failed"), "https://news.example/")
    assert told is not None
    assert "secret" not in told.detail


A, B = "https://a.example/feed", "https://b.example/feed"


class Turns:
    """Hosts whose turns across crawlers come at once."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        self.wait_s = 0.0
        self.kept: dict[str, HostState] = {}
        self.notes = HostNotes()
        self.notes.recall = self.recall
        self.hosts = Hosts(self.reserve, self.notes.get, self.notes.keep, self.stopping)

    async def reserve(self, host: str, delay_s: float) -> float:
        return self.wait_s

    async def recall(self, origin: str) -> HostState | None:
        return self.kept.get(origin)


async def test_silent_host_rests_for_the_run_and_an_answer_clears_it() -> None:
    turns = Turns()
    for _ in range(FAILURES_TO_REST - 1):
        turns.hosts.silent(A, Reason.TIMED_OUT)
    await turns.hosts.answered(A, status=200, retry_after_s=None)
    for _ in range(FAILURES_TO_REST):
        await turns.hosts.take_turn(A, 0)
        turns.hosts.silent(A, Reason.TIMED_OUT)
    with pytest.raises(PutOffError) as put_off:
        await turns.hosts.take_turn(A, 0)
    assert put_off.value.because is Reason.TIMED_OUT
    await turns.hosts.take_turn(B, 0)


async def test_host_that_asks_for_patience_is_left_alone() -> None:
    turns = Turns()
    await turns.hosts.answered(A, status=503, retry_after_s=None)
    await turns.hosts.take_turn(A, 0)
    await turns.hosts.answered(A, status=429, retry_after_s=60)
    with pytest.raises(PutOffError):
        await turns.hosts.take_turn(A, 0)


async def test_host_that_is_out_of_service_without_saying_for_how_long_rests_after_some_tries() -> None:
    turns = Turns()
    for status in (503, 503, 200, *(503,) * FAILURES_TO_REST):
        await turns.hosts.take_turn(A, 0)
        await turns.hosts.answered(A, status=status, retry_after_s=None)
    with pytest.raises(PutOffError) as put_off:
        await turns.hosts.take_turn(A, 0)
    assert put_off.value.because is Reason.HTTP_ERROR
    assert await turns.notes.get("https://a.example:443") is None, "the next run tries again"


async def test_a_wish_for_patience_that_a_wrong_clock_wrote_silences_nobody() -> None:
    turns = Turns()
    for origin, days in (("https://a.example:443", 400), ("https://b.example:443", 0.9)):
        turns.kept[origin] = HostState(
            host=origin, not_before=datetime.now(UTC) + timedelta(days=days), because=Reason.TOO_MANY_REQUESTS
        )
    await turns.hosts.take_turn(A, 0)
    with pytest.raises(PutOffError):
        await turns.hosts.take_turn(B, 0)


async def test_what_is_noted_of_hosts_keeps_its_parts_and_is_bounded() -> None:
    turns = Turns()
    robots = HostState(host="https://a.example:443", robots=b"#", robots_status=200, robots_at=NOW)
    await turns.hosts.answered(A, status=429, retry_after_s=60)
    await turns.hosts.keep_robots(robots)
    noted = await turns.hosts.recall(robots.host)
    assert (noted.robots, noted.robots_at, noted.because) == (b"#", NOW, Reason.TOO_MANY_REQUESTS)
    assert noted.not_before is not None
    for number in range(MOST_NOTED):
        await turns.hosts.keep_robots(replace(robots, host=f"https://n{number}.example:443"))
    assert await turns.notes.get(robots.host) is None
    assert await turns.notes.get("https://n1.example:443") is not None


async def test_host_that_asked_another_crawler_for_patience_is_left_alone() -> None:
    turns = Turns()
    turns.wait_s = 3600
    with pytest.raises(PutOffError) as put_off:
        await turns.hosts.take_turn(A, 2)
    assert put_off.value.because is Reason.TOO_MANY_REQUESTS


async def test_stopping_ends_a_wait_for_a_turn() -> None:
    turns = Turns()
    turns.wait_s = 30
    waiting = asyncio.create_task(turns.hosts.take_turn(A, 2))
    await asyncio.sleep(0.02)
    turns.stopping.set()
    with pytest.raises(PutOffError) as put_off:
        await asyncio.wait_for(waiting, 20)
    assert put_off.value.because is None


def test_tally_notices_a_request_without_an_end() -> None:
    tally = Tally(pages_asked=2)
    tally.pages["stored"] += 1
    before = tally.adds_up
    tally.pages["failed"] += 1
    tally.reasons[Reason.NOT_FOUND] += 1
    assert (before, tally.adds_up) == (False, True)
    assert "1 failed (not_found 1)" in tally.sentence()


def test_tally_counts_what_was_put_off_and_what_rolled_over() -> None:
    tally = Tally(feeds_asked=3, not_due=4)
    tally.feeds.update(["ok", "failed", "put_off"])
    tally.feed_reasons[Reason.TOO_MANY_REQUESTS] += 1
    tally.put_off_reasons[Reason.TOO_MANY_REQUESTS] += 1
    tally.gaps += 1
    tally.admitted(Admitted(found=9, new=5, known=4), FeedRole.BACKFILL)
    assert tally.adds_up
    assert tally.any_failed
    told = tally.sentence()
    assert told.startswith("3 feeds: 1 read, 0 unchanged, 1 failed (too_many_requests 1), 1 left for later, 4 more not")
    assert "1 feed rolled over: items may be lost; 5 found again" in told
    tally.robots_asked += 1
    assert not tally.adds_up, "robots.txt was asked and met no end"


def test_secrets_in_addresses_reach_neither_whoever_started_the_run_nor_a_refusal(tmp_path: Path) -> None:
    told = tmp_path / "progress"
    progress = Progress(str(told))
    progress.tell(
        "feed", url="https://nahr.example/rss?token=s3cret&page=1", notices=["https://me:s3cret@nahr.example/"]
    )
    assert json.loads(told.read_text(encoding="utf-8")) == {
        "event": "feed",
        "url": "https://nahr.example/rss?token=***&page=1",
        "notices": ["https://***@nahr.example/"],
    }
    refused = RefusedError(Reason.BAD_URL, "redirects to what is no address (https://me:s3cret@[nahr)")
    assert "s3cret" not in f"{refused} {refused.detail}"

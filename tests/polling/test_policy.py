"""When a feed is asked again: pure decisions over states and answers, with times that a test can reckon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from mirqab.archive.feedstates import recorded
from mirqab.polling import Limits, after, is_due, suggestion, unconditional
from mirqab.polling.policy import (
    BACKOFF_MOST_S,
    CHECK_S,
    DISTRUST_S,
    GONE_S,
    GUARD_DOUBLES_S,
    RETRY_AFTER_MOST_S,
    REVIVAL_S,
    TOO_MANY_EXTRA_S,
    WEIGHTS,
)
from mirqab.types import (
    Admitted,
    Feed,
    FeedItem,
    FeedPace,
    FeedReading,
    FeedSnapshot,
    FeedState,
    Outlet,
    OutletKind,
    Reason,
    Validators,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LIMITS = Limits(jitter=0.0)
HOUR_S = 3600.0
DAY_S = 86_400.0


class Feeding:
    """A feed that is polled: its state, and the time that passes."""

    def __init__(self, limits: Limits = LIMITS, *, random: float = 0.5) -> None:
        self.state = FeedState(outlet="rasid", url="https://rasid.example/rss")
        self.now = NOON
        self.limits = limits
        self.random = random
        self.wait_s = 0.0

    def poll(
        self,
        *,
        new: int = 0,
        found: int = 20,
        dates: Iterable[datetime] = (),
        pace: FeedPace | None = None,
        gap: bool = False,
        **answer: Any,
    ) -> float:
        """Let the feed answer, and return how many seconds to wait for the next poll."""
        items = tuple(
            FeedItem(guid=None, url=None, title="", summary="", content=None, published=date) for date in dates
        )
        reading = FeedReading(version="rss20", encoding=None, title="", items=items, pace=pace or FeedPace())
        told: dict[str, Any] = {"status": 200, "reading": reading} | answer
        snapshot = FeedSnapshot(outlet="rasid", url=self.state.url, fetched_at=self.now, **told)
        admitted = Admitted(found=found, new=new, known=found - new, gap=gap) if told["reading"] else Admitted()
        decided = after(self.state, snapshot, admitted, limits=self.limits, timezone="Asia/Baghdad", random=self.random)
        self.state = recorded(decided, snapshot, admitted)
        assert self.state.next_poll_at is not None
        self.wait_s = (self.state.next_poll_at - self.now).total_seconds()
        return self.wait_s

    def not_modified(self) -> float:
        return self.poll(status=304, not_modified=True, reading=None)

    def fail(self, problem: Reason, status: int = 0, **answer: Any) -> float:
        return self.poll(problem=problem, status=status, reading=None, **answer)

    def wait(self, seconds: float | None = None) -> Feeding:
        self.now += timedelta(seconds=self.wait_s if seconds is None else seconds)
        return self


def steadily(feed: Feeding, *, every_s: float, items_a_poll: int, days: float, found: int = 20) -> None:
    """Poll for some days, each time with so many new items."""
    for _ in range(int(days * DAY_S / every_s)):
        feed.wait(every_s).poll(new=items_a_poll, found=found)


# ---------------------------------------------------------------------------------------------------- due


def test_what_was_never_polled_is_due_and_then_not_before_its_time() -> None:
    feed = Feeding()
    assert is_due(None, NOON)
    assert is_due(feed.state, NOON)
    wait_s = feed.poll()
    assert wait_s == LIMITS.default_s, "nothing is known yet"
    assert not is_due(feed.state, NOON + timedelta(seconds=wait_s - 1))
    assert is_due(feed.state, NOON + timedelta(seconds=wait_s))


def test_a_poll_in_the_future_means_that_the_clock_was_wrong() -> None:
    feed = Feeding()
    feed.now += timedelta(days=365)
    feed.poll()
    assert is_due(feed.state, NOON)


# --------------------------------------------------------------------------------------------- the rhythm


def test_until_the_rhythm_is_known_polls_go_by_the_share_of_known_items_after_two_on_time() -> None:
    feed = Feeding()
    assert feed.poll(new=20) == 1800  # the first says nothing
    assert feed.wait().poll(new=1) == 1800  # one on time
    assert feed.wait().poll(new=1) == 1800 + 600  # two: 95 % were known
    assert feed.wait().poll(new=1) == 1800 + 1200
    assert feed.wait().poll(new=2, found=5) == 1800 + 1200, "between the shares nothing changes"
    fast = Feeding()
    fast.poll(new=3, found=3)
    fast.wait().poll(new=3, found=4)
    assert fast.wait().poll(new=3, found=4) <= 900, "three quarters were new"


def test_a_poll_off_its_time_teaches_nothing() -> None:
    feed = Feeding()
    feed.poll(new=20)
    for _ in range(4):
        assert feed.wait(1800 + 1201).not_modified() == 1800
    assert feed.wait(1800 + 1199).not_modified() == 1800
    assert feed.wait(1800).not_modified() == 2400


def test_dates_of_the_first_answer_tell_the_rhythm_at_once() -> None:
    feed = Feeding()
    dates = [NOON - timedelta(minutes=20 * n + 10) for n in range(24)]  # three an hour for eight hours
    assert feed.poll(new=24, found=24, dates=dates) == pytest.approx(1200, rel=0.2)
    server_clock = Feeding()
    assert server_clock.poll(new=24, found=24, dates=[NOON] * 24) == 1800, "a server that dates all items now"
    pinned = Feeding()
    dates[-1] -= timedelta(days=300)
    assert pinned.poll(new=24, found=24, dates=dates) == pytest.approx(1200, rel=0.2), "one pinned item changes little"


def test_about_one_item_is_expected_at_a_poll() -> None:
    feed = Feeding()
    steadily(feed, every_s=3600, items_a_poll=2, days=5)
    assert feed.poll(new=2) == pytest.approx(1800, rel=0.05)


def test_floor_and_ceiling_hold_whatever_comes() -> None:
    fast, idle = Feeding(), Feeding()
    steadily(fast, every_s=300, items_a_poll=9, days=1)
    assert fast.wait_s == LIMITS.floor_s
    steadily(idle, every_s=3600, items_a_poll=0, days=20)
    assert idle.wait_s == LIMITS.ceiling_s


def test_an_outlet_has_limits_of_its_own() -> None:
    outlet = Outlet(
        id="rasid",
        name="",
        name_en="",
        country="iq",
        kind=OutletKind.WIRE,
        timezone="UTC",
        home="",
        feeds=(Feed(url=""),),
        poll_floor_s=7 * HOUR_S,
    )
    assert LIMITS.of(outlet) == replace(LIMITS, floor_s=7 * HOUR_S, ceiling_s=7 * HOUR_S), "the floor wins"
    assert LIMITS.of(replace(outlet, poll_floor_s=None, poll_ceiling_s=60.0)).ceiling_s == LIMITS.floor_s
    assert LIMITS.of(replace(outlet, poll_floor_s=None)) == LIMITS


def test_the_night_of_the_outlet_is_slept_through_until_the_morning() -> None:
    feed = Feeding()
    for hour in range(24 * 10):  # Baghdad is three hours ahead: from seven to nineteen there, ten items an hour
        feed.now = NOON + timedelta(hours=hour)
        feed.poll(new=10 if 7 <= (feed.now.hour + 3 - 1) % 24 < 19 else 0, found=50)
    feed.now = feed.now.replace(hour=21, minute=0) + timedelta(days=1)  # midnight there
    night_s = feed.poll(found=50)
    assert night_s > 2400
    feed.now = feed.now.replace(hour=9)
    day_s = feed.poll(new=10, found=50)
    assert day_s < 700
    feed.now = feed.now.replace(hour=3, minute=30)  # half past six there
    feed.now += timedelta(days=1)
    assert feed.poll(found=50) < HOUR_S, "it does not sleep past the hour in which items come"


def test_no_more_than_a_third_of_the_window_is_expected_and_a_full_poll_is_remembered() -> None:
    feed = Feeding()
    steadily(feed, every_s=HOUR_S, items_a_poll=1, days=5, found=20)
    assert feed.poll(new=1, found=20) == pytest.approx(HOUR_S, rel=0.1)
    feed.wait(HOUR_S)
    assert feed.poll(new=15, found=20) <= HOUR_S * 0.5 / 0.75, "three quarters of the window came at once"
    taught_s = feed.state.rhythm[2]
    feed.wait(GUARD_DOUBLES_S)
    feed.poll(new=0)
    assert feed.state.rhythm[2] == pytest.approx(2 * taught_s, rel=0.01), "it wears off slowly"


def test_idle_feeds_are_spread_at_random_and_never_past_the_limits() -> None:
    waits = []
    for random in (0.0, 0.25, 0.5, 0.75, 1.0):
        feed = Feeding(Limits(jitter=0.1), random=random)
        steadily(feed, every_s=6 * HOUR_S, items_a_poll=0, days=30)
        waits.append(feed.wait_s)
    assert max(waits) <= LIMITS.ceiling_s
    assert len(set(waits)) >= 3
    assert min(waits) >= 0.89 * LIMITS.ceiling_s
    floor = Feeding(Limits(jitter=0.1), random=0.0)
    steadily(floor, every_s=300, items_a_poll=9, days=1)
    assert LIMITS.floor_s <= floor.wait_s <= 1.1 * LIMITS.floor_s


# -------------------------------------------------------------------------------------- what feeds wish for


@pytest.mark.parametrize(
    ("pace", "patience_s", "wait_s"),
    [
        (FeedPace(ttl_s=2 * HOUR_S), None, 2 * HOUR_S),
        (FeedPace(ttl_s=60.0), None, 1800.0),
        (FeedPace(ttl_s=365 * DAY_S), None, LIMITS.ceiling_s),
        (FeedPace(), 3 * HOUR_S, 3 * HOUR_S),
        (FeedPace(), 365 * DAY_S, LIMITS.ceiling_s),
        (FeedPace(ttl_s=HOUR_S), 2 * HOUR_S, 2 * HOUR_S),
        (FeedPace(skip_hours=(12, 13)), None, 2 * HOUR_S),
        (FeedPace(skip_hours=tuple(range(24))), None, LIMITS.ceiling_s),
        (FeedPace(skip_days=(6,)), None, LIMITS.ceiling_s),  # NOON is a Sunday, and midnight too far
    ],
)
def test_wishes_are_lower_bounds_up_to_the_ceiling(pace: FeedPace, patience_s: float | None, wait_s: float) -> None:
    assert Feeding().poll(pace=pace, patience_s=patience_s) == wait_s


def test_a_skipped_day_ends_at_midnight_utc() -> None:
    feed = Feeding()
    feed.now = NOON.replace(hour=21)
    assert feed.poll(pace=FeedPace(skip_days=(6,))) == 3 * HOUR_S


def test_what_the_feed_wished_for_holds_when_it_did_not_change() -> None:
    feed = Feeding()
    feed.poll(pace=FeedPace(ttl_s=2 * HOUR_S))
    assert feed.wait().not_modified() == 2 * HOUR_S


# ------------------------------------------------------------------------------------------------ failures


def test_every_reason_has_its_weight() -> None:
    assert set(WEIGHTS) == set(Reason)


def test_failures_wait_linearly_longer_by_class_and_a_success_ends_that() -> None:
    def waits(reason: Reason, times: int = 6) -> list[float]:
        feed = Feeding()
        feed.poll()
        return [feed.wait().fail(reason) / BACKOFF_MOST_S for _ in range(times)]

    assert waits(Reason.NOT_FOUND) == [2, 4, 6, 8, 10, 12]
    assert waits(Reason.TLS) == [1, 2, 3, 4, 5, 6]
    assert waits(Reason.TIMED_OUT) == [1, 1, 1.5, 2, 2.5, 3]
    feed = Feeding()
    feed.poll()
    feed.wait().fail(Reason.NOT_FOUND)
    assert feed.wait().poll() == 1800
    assert (feed.state.failure_weight, feed.state.failures) == (0.0, 0)


def test_a_feed_that_seems_dead_is_asked_every_few_days_for_ever() -> None:
    feed = Feeding()
    asked = 0
    while feed.now < NOON + timedelta(days=365):
        feed.fail(Reason.NOT_FOUND, 404)
        assert feed.wait_s <= REVIVAL_S
        feed.wait()
        asked += 1
    assert 100 < asked < 300
    assert feed.poll(new=3) <= LIMITS.ceiling_s, "and is taken up as soon as it answers"


def test_a_410_pauses_for_a_week_and_is_forgotten_when_the_feed_answers() -> None:
    feed = Feeding()
    feed.poll()
    assert feed.wait().fail(Reason.GONE, 410) == GONE_S
    gone_at = feed.now
    feed.wait().fail(Reason.GONE, 410)
    assert feed.state.gone_at == gone_at, "since when"
    feed.wait().fail(Reason.TIMED_OUT)
    assert feed.state.gone_at == gone_at, "no answer is not another answer"
    feed.wait().poll()
    assert feed.state.gone_at is None


def test_retry_after_is_honoured_to_a_day_and_a_429_adds_patience() -> None:
    def wait_s(reason: Reason, patience_s: float | None, random: float = 0.0) -> float:
        return Feeding(random=random).fail(reason, 503, patience_s=patience_s)

    assert wait_s(Reason.HTTP_ERROR, 5 * HOUR_S) == 5 * HOUR_S
    assert wait_s(Reason.HTTP_ERROR, 1.0) == BACKOFF_MOST_S
    assert wait_s(Reason.HTTP_ERROR, 1e9) == RETRY_AFTER_MOST_S
    assert wait_s(Reason.TOO_MANY_REQUESTS, 5 * HOUR_S, 1.0) == 5 * HOUR_S + TOO_MANY_EXTRA_S


def test_a_feed_that_is_always_cut_short_but_gives_items_is_no_failing_feed() -> None:
    feed = Feeding()
    cut = FeedReading(version="rss20", encoding=None, title="", items=(), problem=Reason.TRUNCATED_FEED)
    for _ in range(20):
        feed.poll(new=1, reading=cut)
        feed.wait()
    assert feed.wait_s <= LIMITS.ceiling_s
    assert feed.state.failure_weight == 0
    assert feed.state.failures == 20, "what is wrong is told all the same"


# ---------------------------------------------------------------------------------------------------- gaps


def test_after_a_gap_the_interval_is_at_least_halved_and_grows_again_slowly() -> None:
    feed = Feeding()
    steadily(feed, every_s=HOUR_S, items_a_poll=1, days=5)
    before_s = feed.wait_s
    feed.wait(before_s)
    after_s = feed.poll(new=20, found=20, gap=True)
    assert after_s <= before_s / 2
    feed.wait()
    again_s = feed.poll(new=20, found=20, gap=True)
    assert again_s <= max(after_s / 2, LIMITS.floor_s)
    waits = []
    for _ in range(300):
        feed.wait()
        waits.append(feed.poll(new=0, found=20))
    assert waits[0] < 1.1 * again_s + 1
    assert max(later / sooner for sooner, later in pairwise(waits)) < 1.5
    assert waits[-1] > 2 * again_s


def test_a_wish_that_costs_items_is_not_followed() -> None:
    feed = Feeding()
    hourly = FeedPace(ttl_s=HOUR_S)
    dates = [NOON - timedelta(minutes=3 * n) for n in range(20)]
    assert feed.poll(new=20, dates=dates, pace=hourly) == HOUR_S
    feed.wait()
    assert feed.poll(new=20, gap=True, pace=hourly) <= HOUR_S / 2
    assert feed.wait().poll(pace=hourly, patience_s=HOUR_S) == HOUR_S, "what the server itself asks for is"


# --------------------------------------------------------------------------------------------------- moves


def test_two_permanent_redirects_in_a_row_to_one_place_suggest_it() -> None:
    feed = Feeding()
    there, elsewhere = "https://rasid.example/feed", "https://rasid.example/other"
    feed.poll(moved_to=there)
    assert suggestion(feed.state) is None
    feed.wait().poll(moved_to=elsewhere)
    assert suggestion(feed.state) is None
    feed.wait().fail(Reason.TIMED_OUT)
    feed.wait().poll(moved_to=elsewhere)
    assert suggestion(feed.state) == elsewhere
    feed.wait().poll()
    assert suggestion(feed.state) is None


def test_a_feed_that_moved_to_what_is_no_feed_suggests_nothing() -> None:
    feed = Feeding()
    for _ in range(3):
        feed.fail(Reason.NOT_A_FEED, 200, moved_to="https://rasid.example/")
        feed.wait()
    assert suggestion(feed.state) is None


# ------------------------------------------------------------------------------------- "not modified", untruly

SAID = Validators(etag='"1"', body_hash="a")


def believed(feed: Feeding, hours: int = 26) -> None:
    """Let the feed answer in full, then say "not modified" for some hours."""
    feed.poll(new=20, validators=SAID)
    until = feed.now + timedelta(hours=hours)
    while feed.now < until:
        feed.wait(HOUR_S).not_modified()


def test_not_modified_is_believed_for_a_day_then_checked() -> None:
    feed = Feeding()
    feed.poll(new=20, validators=SAID)
    assert not unconditional(feed.state, feed.now + timedelta(days=9)), "nobody said that it did not change"
    believed(feed, hours=23)
    assert not unconditional(feed.state, feed.now)
    feed.wait(HOUR_S).not_modified()
    assert unconditional(feed.state, NOON + timedelta(seconds=CHECK_S))
    feed.poll(status=200, not_modified=True, reading=None, unconditional=True, validators=SAID)
    assert not unconditional(feed.state, feed.now), "the same body was the truth"
    assert feed.state.trusts_304


def test_a_whole_body_of_the_future_says_nothing_of_now() -> None:
    feed = Feeding()
    feed.wait(400 * DAY_S).poll(new=3)
    feed.now = NOON
    feed.not_modified()
    assert unconditional(feed.state, feed.now), "the clock was wrong then"
    feed.poll(unconditional=True)
    assert not unconditional(feed.state, feed.now)


def test_it_is_checked_sooner_when_many_items_should_have_come() -> None:
    feed = Feeding()
    steadily(feed, every_s=900, items_a_poll=5, days=5, found=50)
    feed.poll(found=50, validators=SAID)
    feed.wait(600).not_modified()
    assert not unconditional(feed.state, feed.now)
    feed.wait(600).not_modified()
    assert unconditional(feed.state, feed.now), "six were to be expected"


@pytest.mark.parametrize("said", [SAID, replace(SAID, body_hash="b")])
def test_new_items_under_the_same_validators_are_a_lie(said: Validators) -> None:
    feed = Feeding()
    believed(feed)
    feed.wait(60).poll(new=3, unconditional=True, validators=said)
    assert feed.state.distrusted_at == feed.now
    assert unconditional(feed.state, feed.now), "from now on the whole body is asked for"
    assert unconditional(feed.state, feed.now + timedelta(seconds=DISTRUST_S - 1))
    assert not unconditional(feed.state, feed.now + timedelta(seconds=DISTRUST_S)), "it gets another chance"
    feed.wait(DISTRUST_S).poll()
    assert feed.state.trusts_304
    assert feed.state.distrusted_at is None


def test_new_items_under_new_validators_are_the_truth_unless_they_are_old() -> None:
    fresh = Validators(etag='"2"', body_hash="b")

    def trusts(*minutes_ago: int) -> bool:
        feed = Feeding()
        believed(feed)
        feed.wait(1800)
        dates = [feed.now - timedelta(minutes=minutes, seconds=7) for minutes in minutes_ago]
        feed.poll(new=len(dates), dates=dates, unconditional=True, validators=fresh)
        return feed.state.trusts_304

    assert trusts(1, 5, 20)
    assert trusts(60, 70), "a cache may be late"
    assert trusts(1, 5, 300), "one item may be dated back"
    assert not trusts(1, 300, 400)
    feed = Feeding()
    believed(feed)
    feed.poll(new=2, dates=[NOON.replace(hour=21)] * 2, unconditional=True, validators=fresh)
    assert feed.state.trusts_304, "dates that know the day alone prove nothing"


def test_only_a_check_proves_a_lie() -> None:
    feed = Feeding()
    believed(feed)
    feed.wait(60).poll(new=3, validators=SAID)
    assert feed.state.trusts_304


def test_a_gap_after_not_modified_is_a_lie() -> None:
    feed = Feeding()
    believed(feed)
    feed.wait(60).poll(new=20, gap=True, unconditional=True, validators=Validators(etag='"9"'))
    assert not feed.state.trusts_304


def test_a_server_that_always_says_not_modified_costs_a_delay_and_no_item() -> None:
    """Case 28: forty items a day, a window of fifty, and a 304 to whoever names a validator."""
    feed = Feeding()
    published = [NOON - timedelta(days=1) + timedelta(minutes=36 * n) for n in range(40 * 15)]
    told, found, untrue_at = 0, 0, None

    def whole(*, check: bool) -> None:
        nonlocal told, found
        there = [date for date in published if date <= feed.now]
        window, new = there[-50:], min(50, len(there) - told)
        gap = bool(told) and len(there) - told > 50
        feed.poll(new=new, found=50, dates=window, gap=gap, unconditional=check, validators=SAID)
        told, found = len(there), found + new

    whole(check=False)
    while feed.now < NOON + timedelta(days=10):
        feed.wait()
        if unconditional(feed.state, feed.now):
            whole(check=True)
            untrue_at = untrue_at or (feed.now if not feed.state.trusts_304 else None)
        else:
            feed.not_modified()
    assert untrue_at is not None
    assert untrue_at - NOON < timedelta(hours=12), "the rhythm said that items should have come"
    assert found == told, "nothing was lost"
    assert feed.wait_s < 2 * HOUR_S, "and it is asked as its rhythm has it"

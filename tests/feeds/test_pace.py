"""How often a feed wishes to be asked."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirqab.feeds import pace
from mirqab.types import FeedPace


def head(inside: str) -> str:
    return f'<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>{inside}'


def test_a_feed_that_asks_for_nothing_has_no_wish() -> None:
    assert pace.of_text(head("<title>مرصد</title><item>")) == FeedPace()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("60", 3600.0),
        (" 15 ", 900.0),
        ("<![CDATA[30]]>", 1800.0),
        ("1.5", 90.0),
        ("0.001", 60.0),
        ("20000", 7 * 86400.0),
        ("0", None),
        ("-5", None),
        ("1000000000", None),
        ("9" * 400, None),
        ("hourly", None),
        ("1e9", None),
        ("nan", None),
        ("", None),
    ],
)
def test_ttl_is_minutes_within_reason(said: str, seconds: float | None) -> None:
    assert pace.of_text(head(f"<ttl>{said}</ttl>")).ttl_s == seconds


@pytest.mark.parametrize(
    ("period", "frequency", "seconds"),
    [
        ("hourly", "1", 3600.0),
        ("hourly", "4", 900.0),
        ("daily", None, 86400.0),
        (" Hourly ", "2", 1800.0),
        ("yearly", "1", 7 * 86400.0),
        ("yearly", "365", 86400.0),
        ("hourly", "0", 3600.0),
        ("hourly", "-3", 3600.0),
        ("hourly", "1000000", 60.0),
        ("hourly", "often", 3600.0),
        ("fortnightly", "1", None),
        ("", "1", None),
    ],
)
def test_the_syndication_module_names_a_period_and_how_often_in_it(
    period: str, frequency: str | None, seconds: float | None
) -> None:
    often = "" if frequency is None else f"<sy:updateFrequency>{frequency}</sy:updateFrequency>"
    base = "<sy:updateBase>2000-01-01T12:00+00:00</sy:updateBase>"
    assert pace.of_text(head(f"<sy:updatePeriod>{period}</sy:updatePeriod>{often}{base}")).ttl_s == seconds


def test_the_longer_of_both_wishes_counts() -> None:
    both = "<ttl>90</ttl><sy:updatePeriod>hourly</sy:updatePeriod>"
    assert pace.of_text(head(both)).ttl_s == 5400.0
    assert pace.of_text(head(both.replace("90", "30"))).ttl_s == 3600.0


def test_hours_and_days_to_skip() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in ("0", "3", " 03 ", "24", "25", "-1", "x"))
    days = "<skipDays><day>Sunday</day><day>friday</day><day>Sat</day><day>Someday</day></skipDays>"
    assert pace.of_text(head(f"<skipHours>{hours}</skipHours>{days}")) == FeedPace(
        skip_hours=(0, 3), skip_days=(4, 5, 6)
    )


def test_nobody_means_never() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(24))
    days = "".join(
        f"<day>{day}</day>" for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    )
    assert pace.of_text(head(f"<skipHours>{hours}</skipHours><skipDays>{days}</skipDays>")) == FeedPace()


def test_comments_and_items_say_nothing_about_the_feed() -> None:
    assert pace.of_text(head("<!-- <ttl>60</ttl> --><item><ttl>60</ttl></item>")) == FeedPace()
    assert pace.of_text(head("<items/><ttl>60</ttl>")).ttl_s == 3600.0


@given(st.text(max_size=300) | st.text(alphabet="<>/ttlskipHoursday0123456789 -:", max_size=300))
def test_any_text_has_a_pace_within_bounds(text: str) -> None:
    found = pace.of_text(text)
    assert found.ttl_s is None or pace.SHORTEST_TTL_S <= found.ttl_s <= pace.LONGEST_TTL_S
    assert all(0 <= hour < 24 for hour in found.skip_hours)


@pytest.mark.parametrize(
    "piece", ["<!--", "<ttl> ", "<ttl>" + " " * 500, "<skipHours>", "<skipHours><hour>", "<a:", "<ttl:"]
)
def test_no_text_takes_long(piece: str) -> None:
    started = time.process_time()
    pace.of_text(head(piece * (200_000 // len(piece)) + "ttl"))
    assert time.process_time() - started < 12

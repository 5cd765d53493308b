"""The timetable as declared; a time that would mean another is refused with the fix."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mirqab.declarations import load_schedule
from mirqab.errors import ConfigurationError
from mirqab.settings import Settings
from mirqab.types import Job
from tests.declarations.declaring import write


def schedule(settings: Settings, cron: str, more: str = "") -> tuple[Job, ...]:
    text = f'timezone: Asia/Baghdad\njobs:\n  - id: all\n    cron: "{cron}"\n    command: crawl --kind "wire"\n{more}'
    write(settings, "schedule.yaml", text)
    return load_schedule(settings)


def test_a_job_is_what_a_person_would_type(declared: Settings) -> None:
    more = '  - id: two\n    cron: "0 6 * * sun"\n    timezone: Africa/Cairo\n    command: [crawl, "أ ب"]\n'
    assert schedule(declared, "*/10 * * * *", more) == (
        Job(id="all", cron="*/10 * * * *", timezone="Asia/Baghdad", command=("crawl", "--kind", "wire")),
        Job(id="two", cron="0 6 * * sun", timezone="Africa/Cairo", command=("crawl", "أ ب")),
    )


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("0 6 * * 0-4", "sun,mon,tue,wed,thu"),
        ("0 6 * * 5", "write fri"),
        ("0 6 * * 7", "write sun"),
        ("0 6 * * 6-7", "write sat,sun"),
        ("0 6 * * */2", "by name"),
        ("0 6 * * sun-thu", "write sun,mon,tue,wed,thu"),
        ("0 6 * * fri-sun", ""),
        ("0 6 * * funday", "no time that can be read"),
        ("61 6 * * *", "no time that can be read"),
        ("0 6 1 * fri", "not both"),
        ("0 6 * *", "five fields"),
        ("@daily", "five fields"),
        ("0 0 6 * * *", "five fields"),
    ],
)
def test_a_time_that_would_mean_another_is_refused_with_the_fix(declared: Settings, cron: str, said: str) -> None:
    if not said:  # a range that ends on Sunday is right in a week that starts on Monday
        assert schedule(declared, cron)
        return
    with pytest.raises(ConfigurationError) as caught:
        schedule(declared, cron)
    (mistake,) = caught.value.mistakes
    assert (mistake.line, mistake.key) == (4, "jobs.0.cron")
    assert said in mistake.expected


def test_names_of_weekdays_mean_those_days(declared: Settings) -> None:
    from apscheduler.triggers.cron import CronTrigger

    (job,) = schedule(declared, "30 5 * * SUN,Thu")
    trigger = CronTrigger.from_crontab(job.cron, timezone=ZoneInfo(job.timezone))
    monday = datetime(2024, 1, 1, tzinfo=UTC)
    fires = [trigger.get_next_fire_time(None, monday + timedelta(days=day)) for day in (0, 4)]
    assert [f"{fire.astimezone(UTC):%a %H:%M}" for fire in fires] == ["Thu 02:30", "Sun 02:30"]


def test_jobs_are_named_once_and_commands_are_complete(declared: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"schedule\.yaml:6: jobs\.1\.id: .all. is taken by line 3"):
        schedule(declared, "0 6 * * *", '  - id: all\n    cron: "0 7 * * *"\n    command: crawl\n')
    with pytest.raises(ConfigurationError, match=r"jobs\.1\.command: is no command"):
        schedule(declared, "0 6 * * *", "  - id: b\n    cron: '0 7 * * *'\n    command: crawl \"x\n")
    with pytest.raises(ConfigurationError, match=r"jobs\.1\.command: expected at least 1 item"):
        schedule(declared, "0 6 * * *", "  - id: b\n    cron: '0 7 * * *'\n    command: []\n")

"""Outlets, timetable and topics as declared; what is declared wrong is said with file, line and key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mirqab.declarations import load_outlets, load_schedule, load_topic_documents
from mirqab.errors import ConfigurationError
from mirqab.settings import Settings, load_settings
from mirqab.types import Feed, Job, Outlet, OutletKind

OUTLET = """
outlets:
  - id: {id}
    name: صحيفة المرفأ
    name_en: Harbour Paper
    country: iq
    kind: newspaper
    timezone: Asia/Baghdad
    home: https://marfa.example/
    feeds:
      - url: https://marfa.example/rss
        note: all sections
        last_answered: 2024-01-26T10:00:00+03:00
"""


@pytest.fixture
def declared(tmp_path: Path) -> Settings:
    """Settings whose folder of declarations is empty and the test's own."""
    folder = tmp_path / "config"
    (folder / "topics").mkdir(parents=True)
    return load_settings(environ={"MIRQAB_CONFIG": str(folder), "MIRQAB_HOME": str(tmp_path / "home")})


def write(settings: Settings, name: str, text: str) -> None:
    (settings.config / name).write_text(text, encoding="utf-8")


def outlet_mistakes(settings: Settings, text: str) -> list[tuple[int | None, str, str]]:
    write(settings, "outlets.yaml", text)
    with pytest.raises(ConfigurationError) as caught:
        load_outlets(settings)
    return [(mistake.line, mistake.key, mistake.expected) for mistake in caught.value.mistakes]


# --------------------------------------------------------------------------------------------------- outlets


def test_an_outlet_is_as_declared(declared: Settings) -> None:
    write(declared, "outlets.yaml", OUTLET.format(id="marfa"))
    assert load_outlets(declared) == (
        Outlet(
            id="marfa",
            name="صحيفة المرفأ",
            name_en="Harbour Paper",
            country="iq",
            kind=OutletKind.NEWSPAPER,
            timezone="Asia/Baghdad",
            home="https://marfa.example/",
            feeds=(
                Feed(
                    url="https://marfa.example/rss",
                    note="all sections",
                    last_answered=datetime(2024, 1, 26, 10, tzinfo=timezone(timedelta(hours=3))),
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    "address", ["https://me:hunter2@marfa.example/rss", "marfa:hunter2@marfa.example", "//:hunter2@m"]
)
def test_a_password_in_an_address_is_refused_and_not_repeated(declared: Settings, address: str) -> None:
    (mistake,) = outlet_mistakes(declared, OUTLET.format(id="marfa").replace("https://marfa.example/rss", address))
    assert mistake[:2] == (11, "outlets.0.feeds.0.url")
    assert "hunter2" not in mistake[2]


@pytest.mark.parametrize("id_", ["feeds", "page", "fetch", "Marfa", "1marfa", "مرفأ", "mar fa", "-marfa", "m" * 41])
def test_an_id_that_cannot_name_a_spider_is_refused(declared: Settings, id_: str) -> None:
    (mistake,) = outlet_mistakes(declared, OUTLET.format(id=id_))
    assert mistake[:2] == (3, "outlets.0.id")


def test_an_outlet_called_no_is_an_outlet(declared: Settings) -> None:
    write(declared, "outlets.yaml", OUTLET.format(id="no").replace("country: iq", "country: no"))
    assert (load_outlets(declared)[0].id, load_outlets(declared)[0].country) == ("no", "no")


@pytest.mark.parametrize(
    ("before", "after", "line", "key"),
    [
        ("Asia/Baghdad", "Asia/Bagdad", 8, "timezone"),
        ("Asia/Baghdad", "Asia", 8, "timezone"),
        ("Asia/Baghdad", "../../etc/passwd", 8, "timezone"),
        ("https://marfa.example/rss", "ftp://marfa.example/rss", 11, "feeds.0.url"),
        ("https://marfa.example/rss", "https://", 11, "feeds.0.url"),
        ("https://marfa.example/rss", "https://me:pass@marfa.example/rss", 11, "feeds.0.url"),
        ("https://marfa.example/rss", "https://marfa.example:99999/rss", 11, "feeds.0.url"),
        ("home: https://marfa.example/", "home: javascript:alert(1)", 9, "home"),
        ("country: iq", "country: Iraq", 6, "country"),
        ("kind: newspaper", "kind: blog", 7, "kind"),
        ("kind: newspaper", "kind: newspaper\n    delay_s: -1", 8, "delay_s"),
        ("kind: newspaper", "kind: newspaper\n    enabled: yes", 8, "enabled"),
        ("kind: newspaper", "kind: newspaper\n    enabled: false", 8, "enabled"),
        ("2024-01-26T10:00:00+03:00", "2024-01-26T10:00:00", 13, "feeds.0.last_answered"),
    ],
)
def test_a_wrong_value_is_named_where_it_stands(
    declared: Settings, before: str, after: str, line: int, key: str
) -> None:
    found = outlet_mistakes(declared, OUTLET.format(id="marfa").replace(before, after))
    assert [mistake[:2] for mistake in found] == [(line, f"outlets.0.{key}")]


def test_the_nearest_zone_and_key_are_suggested(declared: Settings) -> None:
    text = OUTLET.format(id="marfa").replace("Asia/Baghdad", "Asia/Bagdad").replace("note:", "notes:")
    said = " ".join(expected for _, _, expected in outlet_mistakes(declared, text))
    assert 'did you mean "Asia/Baghdad"?' in said
    assert 'did you mean "note"?' in said


def test_ids_and_feeds_stand_once(declared: Settings) -> None:
    one = OUTLET.format(id="marfa")
    again = one.replace("\noutlets:\n", "") + "      - url: https://marfa.example/rss\n"
    found = outlet_mistakes(declared, one + again)
    assert [mistake[:2] for mistake in found] == [(14, "outlets.1.id"), (25, "outlets.1.feeds.1.url")]
    assert '"marfa" is taken by line 3' in found[0][2]


def test_an_enabled_outlet_needs_a_feed(declared: Settings) -> None:
    text = OUTLET.format(id="marfa").partition("    feeds:")[0]
    assert [mistake[1] for mistake in outlet_mistakes(declared, text)] == ["outlets.0.feeds"]
    write(declared, "outlets.yaml", text + "    enabled: false\n    reason: no documented feed\n")
    assert load_outlets(declared)[0].reason == "no documented feed"


# ------------------------------------------------------------------------------------------------- timetable


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


# ------------------------------------------------------------------------------------------------- the rest


def test_topic_files_come_in_the_order_of_their_names(declared: Settings) -> None:
    assert load_topic_documents(declared) == ()
    write(declared, "topics/b.yaml", "a: 1\n")
    write(declared, "topics/a.yaml", "a: 2\n")
    (declared.config / "topics" / "library").mkdir()
    write(declared, "topics/library/words.yaml", "a: 3\n")
    assert [document.content for document in load_topic_documents(declared)] == [{"a": 2}, {"a": 1}]


def test_the_mistakes_of_all_topic_files_come_at_once(declared: Settings) -> None:
    write(declared, "topics/a.yaml", "a: [\n")
    write(declared, "topics/b.yaml", "a: 1\na: 2\n")
    with pytest.raises(ConfigurationError) as caught:
        load_topic_documents(declared)
    assert [Path(mistake.file).name for mistake in caught.value.mistakes] == ["a.yaml", "b.yaml"]


def test_the_shipped_declarations_are_right(settings: Settings) -> None:
    outlets = load_outlets(settings)
    assert load_schedule(settings)
    hosts = [outlet.home for outlet in outlets]
    assert len(hosts) == len(set(hosts))

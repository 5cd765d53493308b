"""Flagged pages looked at again: unchanged, changed, disappeared, or not to be had for now; each told apart."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mirqab.archive import ArticleDetail
from mirqab.types import EntryState, FlagState
from tests.crawl.conftest import Deployment, deployed, publish, talks
from tests.crawl.pressweb import Answer, Press, Site

LATER = [*talks(0)[1], "وأعلنت بغداد أن آخر جندي أجنبي سيغادر العراق في 30 حزيران 2027."]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path]]:
    """An outlet with two articles, the first of them flagged, and the data folder of a crawl of it."""
    with Press() as press, deployed(tmp_path_factory.mktemp("crawled")) as deployment:
        site = press.site()
        deployment.read("nahr", publish(site, 2, of_talks=1))
        first = deployment.crawl()
        assert first.code == 0, first.log
        yield site, deployment.home


@pytest.fixture
def site(crawled: tuple[Site, Path], deployment: Deployment) -> Iterator[Site]:
    """That outlet, as every test finds it, crawled once."""
    site, home = crawled
    answers = dict(site.answers)
    for name in ("archive.sqlite", "raw"):
        (shutil.copytree if (home / name).is_dir() else shutil.copy)(home / name, deployment.home / name)
    deployment.read("nahr", site.url + "/rss")
    site.asked.clear()
    yield site
    site.answers.clear()
    site.answers.update(answers)


def pass_hours(deployment: Deployment, hours: float) -> None:
    """Let the archive believe that what it knows is so much older."""
    for table, column in (("articles", "stored_at"), ("entries", "check_at")):
        for key, told in deployment.database(f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL"):
            earlier = datetime.fromisoformat(str(told)) - timedelta(hours=hours)
            deployment.database(f"UPDATE {table} SET {column} = ? WHERE id = ?", earlier.isoformat(" "), key)


def looked_at(deployment: Deployment) -> tuple[ArticleDetail, float | None, int]:
    """Return the flagged article, in how many hours from now it is looked at again, and how often it was."""
    of_nahr = "SELECT id, check_at, checks FROM entries WHERE outlet = 'nahr' AND url LIKE '%/n0'"
    ((entry, check_at, checks),) = deployment.database(of_nahr)
    with deployment.archive() as archive:
        told = archive.entry(str(entry))
        assert told is not None
        assert told.state is EntryState.STORED, "no look takes an article away"
        detail = archive.article(str(told.article))
    assert detail is not None
    wait = None
    if check_at is not None:
        at = datetime.fromisoformat(str(check_at)).replace(tzinfo=UTC)
        wait = round((at - datetime.now(UTC)).total_seconds() / 3600, 1)
    assert isinstance(checks, int)
    return detail, wait, checks


def test_a_flagged_page_is_looked_at_three_times_and_no_other(site: Site, deployment: Deployment) -> None:
    assert looked_at(deployment)[1:] == (1.0, 0)
    for hours, then, checks in ((1.1, 4.9, 1), (5.0, 17.9, 2), (18.0, None, 3)):
        pass_hours(deployment, hours)
        again = deployment.crawl("feeds", "-a", "due=yes")  # no feed is due: the page alone brings the crawl here
        assert again.code == 0, again.log
        assert again.pages() == {"unchanged": 1}
        assert looked_at(deployment)[1:] == (then, checks)

    assert (again.end["pages"], again.end["looked"], again.end["changed"], again.end["gone"]) == (1, 1, 0, 0)
    assert "1 looked at again" in again.end["summary"]
    run = deployment.last_run()
    assert (run.fetched, run.looked, run.changed, run.gone, run.stored, run.failed) == (1, 1, 0, 0, 0, 0)
    assert (site.times("/n0"), site.times("/n1"), site.times("/rss")) == (3, 0, 0)
    pass_hours(deployment, 100)
    assert deployment.crawl("feeds", "-a", "due=yes").pages() == {}


def test_what_was_missed_is_caught_up_by_one_look(site: Site, deployment: Deployment) -> None:
    pass_hours(deployment, 7)
    assert deployment.crawl().pages() == {"unchanged": 1}
    assert looked_at(deployment)[1:] == (17.0, 1)


def test_a_page_that_was_flagged_after_it_came_is_looked_at(site: Site, deployment: Deployment) -> None:
    deployment.database("UPDATE entries SET check_at = NULL")
    pass_hours(deployment, 2)
    assert deployment.crawl("feeds", "-a", "due=yes").pages() == {}
    assert looked_at(deployment)[1:] == (4.0, 0)


def test_a_changed_page_becomes_a_version(site: Site, deployment: Deployment) -> None:
    site.article("/n0", talks(0)[0], LATER)
    pass_hours(deployment, 1.1)
    again = deployment.crawl()
    assert again.pages() == {"changed": 1}
    assert (again.end["looked"], again.end["changed"], again.end["flagged"]) == (1, 1, {})
    detail, wait, checks = looked_at(deployment)
    assert (detail.versions, wait, checks) == (1, 4.9, 1)
    assert "30 حزيران 2027" in detail.article.body
    assert deployment.last_run().changed == 1
    assert "1 changed" in again.end["summary"]


def test_a_changed_page_tells_something_new_of_a_decided_story(site: Site, deployment: Deployment) -> None:
    story = looked_at(deployment)[0].story
    deployment.mirqab("mark", story, "relevant", "--by", "سلمى")
    site.article("/n0", talks(0)[0], LATER)
    pass_hours(deployment, 1.1)
    told = deployment.mirqab("crawl")
    assert "new date 30 June 2027" in told
    assert "Told something new since you decided: 1" in told
    with deployment.archive() as archive:
        (line,) = archive.flagged()
        assert line.state is FlagState.DEVELOPING
        assert [(one.kind, one.value) for one in line.development] == [
            ("act", "إعلان"),
            ("date", "2027-06-30"),
        ]
        assert line.development[1].sentence == LATER[-1].rstrip(".")
    assert "developing: new act إعلان, new date 30 June 2027" in deployment.mirqab("flagged", "--state", "developing")
    assert LATER[-1].rstrip(".") in deployment.mirqab("show", story)
    deployment.mirqab("mark", story, "relevant", "--by", "سلمى")
    assert "developing" not in deployment.mirqab("flagged")


GONE = [
    Answer(status=404),
    pytest.param(Answer(status=410), marks=pytest.mark.full),
    pytest.param(Answer(status=302, headers=(("Location", "/"),)), marks=pytest.mark.full),
]


@pytest.mark.parametrize("answer", GONE, ids=("not_found", "gone", "front_page"))
def test_a_page_that_disappeared_is_told_and_may_come_back(site: Site, deployment: Deployment, answer: Answer) -> None:
    page = site.answers["/n0"]
    site.article("/", *talks(7))
    site.answers["/n0"] = answer
    pass_hours(deployment, 1.1)
    again = deployment.crawl()
    assert (again.code, again.pages()) == (0, {"disappeared": 1}), "it is no failure of the crawl"
    detail, wait, checks = looked_at(deployment)
    assert detail.gone_at is not None
    assert datetime.now(UTC) - detail.gone_at < timedelta(minutes=1)
    assert (wait, checks) == (4.9, 1)
    run = deployment.last_run()
    assert (run.looked, run.gone, run.failed, dict(run.reasons)) == (1, 1, 0, {})
    assert f"gone since {detail.gone_at.astimezone():%Y-%m-%d %H:%M}" in deployment.mirqab("show", detail.story)

    site.answers["/n0"] = page
    pass_hours(deployment, 5)
    assert deployment.crawl().pages() == {"unchanged": 1}
    assert looked_at(deployment)[0].gone_at is None


def test_the_outlet_that_took_its_copy_down_is_named(site: Site, deployment: Deployment, press: Press) -> None:
    other = press.site()
    deployment.read("wadi", publish(other, 1, of_talks=1))
    assert deployment.crawl("wadi").pages() == {"duplicate": 1}
    other.answers["/n0"] = Answer(status=404)
    pass_hours(deployment, 1.1)
    again = deployment.crawl("feeds", "-a", "due=yes")
    assert (again.code, again.pages()) == (0, {"unchanged": 1, "disappeared": 1})
    detail, *_ = looked_at(deployment)
    assert detail.gone_at is None
    shown = deployment.mirqab("story", "show", detail.story).splitlines()
    assert ["wadi" in line for line in shown if "its page is gone since" in line] == [True]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(status=503), "http_error"),
        pytest.param(Answer(status=403), "forbidden", marks=pytest.mark.full),
        pytest.param(Answer(stall_s=60), "timed_out", marks=pytest.mark.full),
    ],
)
def test_a_failure_says_nothing_of_the_page(site: Site, deployment: Deployment, answer: Answer, outcome: str) -> None:
    page = site.answers["/n0"]
    site.answers["/n0"] = answer
    pass_hours(deployment, 1.1)
    again = deployment.crawl()
    assert again.pages() == {outcome: 1}
    detail, wait, checks = looked_at(deployment)
    assert (detail.gone_at, checks) == (None, 0)
    assert wait == 0.2, "it is tried again in ten minutes"
    assert deployment.last_run().looked == 0

    site.answers["/n0"] = page
    pass_hours(deployment, 0.2)
    assert deployment.crawl().pages() == {"unchanged": 1}
    assert looked_at(deployment)[1:] == (4.7, 1)


def test_a_page_is_asked_for_with_its_own_validators(site: Site, deployment: Deployment, press: Press) -> None:
    other = press.site()
    url = other.article("/t", *talks(5), validated=True)
    deployment.read("wadi", other.feed("/rss", [(url, "محادثات")]))
    deployment.crawl("wadi")
    page = other.answers["/t"]
    assert isinstance(page, Answer)
    pass_hours(deployment, 1.1)
    again = deployment.crawl("wadi")
    assert again.pages() == {"unchanged": 1}
    first, second = [one for one in other.asked if one.path == "/t"]
    assert "if-none-match" not in first.headers
    assert second.headers["if-none-match"] == f'"{hash(page.body):x}"'
    assert deployment.last_run().looked == 1


def test_a_feed_opens_the_entry_as_ever(site: Site, deployment: Deployment) -> None:
    site.article("/n0", talks(0)[0], LATER)
    site.feed("/rss", [(site.url + "/n0", "عنوان آخر للمحادثات"), (site.url + "/n1", "افتتاح مدرسة أخرى")])
    again = deployment.crawl()
    assert again.pages()["stored"] == 2
    assert again.end["looked"] == 0
    assert looked_at(deployment)[1:] == (1.0, 0), "the looks at it stay where they were"


@pytest.mark.parametrize("point", ["after_fetch", pytest.param("in_worker", marks=pytest.mark.full)])
def test_a_kill_before_it_is_stored_leaves_it_due(site: Site, deployment: Deployment, point: str) -> None:
    site.article("/n0", talks(0)[0], LATER)
    pass_hours(deployment, 1.1)
    assert deployment.crawl("feeds", MIRQAB_TEST_KILL_AT=point).code == -9
    assert looked_at(deployment)[2] == 0
    assert deployment.crawl().pages() == {"changed": 1}


def test_it_can_be_turned_off(site: Site, deployment: Deployment) -> None:
    pass_hours(deployment, 1.1)
    assert deployment.crawl("feeds", MIRQAB_STORIES_RECHECK_HOURS="none").pages() == {}

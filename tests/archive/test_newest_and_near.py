"""Stories the newest first, a page at a time, and the queue of near misses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from sqlalchemy import update

from mirqab.archive import Archive, tables
from mirqab.stories import place
from mirqab.types import Decision, FlagState, Reason, Stored, Verdict
from tests.archive import making
from tests.archive.making import TOPIC, body, verdict, worked

THRESHOLDS = {TOPIC[0]: 5.0}


def store(archive: Archive, run: str, slug: str, *verdicts: Verdict, minutes: int = 0) -> str:
    """Store an article of its own and return its story."""
    page = worked(slug, body(slug), headline=f"عنوان {slug}", verdicts=verdicts, minutes=minutes)
    archive.admit(run, making.snapshot(making.item(slug)), first_poll_max_age_s=1e9)
    return story_of(archive, archive.store(run, page, place=place))


def story_of(archive: Archive, stored: Stored) -> str:
    """Return the story of what was stored."""
    assert stored.article is not None
    found = archive.article(stored.article)
    assert found is not None
    return found.story


def decide(archive: Archive, story: str, decision: Decision) -> None:
    found = archive.story(story)
    assert found is not None
    lead = found.articles[0]
    archive.decide(story, decision, by="سلمى", note=None, fallback=(lead.article.id, lead.verdicts[0]))


def all_pages(archive: Archive, limit: int, *, decided_only: bool = False) -> list[str]:
    found: list[str] = []
    after: tuple[datetime, str] | None = None
    while page := archive.newest_stories(topic=TOPIC[0], after=after, limit=limit, decided_only=decided_only):
        assert len(page) <= limit
        found += [story.id for story in page]
        after = page[-1].place
    return found


@pytest.fixture
def stories(archive: Archive, run: str) -> list[str]:
    """Seven stories in the order in which they were stored."""
    return [store(archive, run, f"s{number}", verdict(body(f"s{number}"))) for number in range(7)]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_every_story_comes_once_the_newest_first(archive: Archive, stories: Sequence[str], limit: int) -> None:
    assert all_pages(archive, limit) == list(reversed(stories))


def test_a_story_comes_with_its_texts_and_what_a_person_made_of_it(archive: Archive, stories: Sequence[str]) -> None:
    decide(archive, stories[5], Decision.IRRELEVANT)
    newest, second = archive.newest_stories(topic=TOPIC[0], limit=2)
    assert (newest.id, newest.decision) == (stories[6], None)
    assert second.decision is FlagState.IRRELEVANT
    (text,) = second.texts
    assert (text.headline, text.body, text.outlet) == ("عنوان s5", body("s5"), "rasid")
    assert archive.newest_stories(topic="another", limit=7)[1].decision is None


def test_only_those_a_person_decided_on(archive: Archive, stories: Sequence[str]) -> None:
    decide(archive, stories[1], Decision.RELEVANT)
    decide(archive, stories[4], Decision.TO_CHECK)
    decide(archive, stories[6], Decision.RELEVANT)
    decide(archive, stories[6], Decision.UNDONE)
    assert all_pages(archive, 1, decided_only=True) == [stories[4], stories[1]]


def test_what_comes_meanwhile_moves_nothing(archive: Archive, run: str, stories: Sequence[str]) -> None:
    first = archive.newest_stories(topic=TOPIC[0], limit=3)
    store(archive, run, "later")
    rest = archive.newest_stories(topic=TOPIC[0], after=first[-1].place, limit=100)
    assert [story.id for story in (*first, *rest)] == list(reversed(stories))
    assert len(archive.newest_stories(topic=TOPIC[0], since=first[1].stored_at)) == 3


def test_a_page_that_is_no_article_any_more_gives_no_text(archive: Archive, run: str, stories: Sequence[str]) -> None:
    with archive._writing() as conn:
        entries = tables.entries
        conn.execute(
            update(entries).where(entries.c.id == making.entry_id("s6")).values(reason=Reason.NO_ARTICLE.value)
        )
    newest = archive.newest_stories(topic=TOPIC[0], limit=1)[0]
    assert (newest.id, newest.texts) == (stories[6], ())


# -------------------------------------------------------------------------------------------------------- near


def short(slug: str, score: float, topic: tuple[str, str] = TOPIC) -> Verdict:
    return verdict(body(slug), flagged=False, score=score, topic=topic)


def test_the_nearest_comes_first_and_flagged_or_decided_ones_do_not(archive: Archive, run: str) -> None:
    far = store(archive, run, "far", short("far", 1.0))
    near = store(archive, run, "near", short("near", 4.5))
    middle = store(archive, run, "middle", short("middle", 3.0))
    store(archive, run, "flagged", verdict(body("flagged")))
    store(archive, run, "nothing")
    decided = store(archive, run, "decided", short("decided", 4.9))
    decide(archive, decided, Decision.IRRELEVANT)
    found = archive.near_misses(thresholds=THRESHOLDS)
    assert [one.story for one in found] == [near, middle, far]
    assert found[0].text.headline == "عنوان near"
    assert found[0].verdict == short("near", 4.5)
    assert [one.story for one in archive.near_misses(thresholds=THRESHOLDS, limit=2)] == [near, middle]
    assert archive.near_misses(thresholds={}) == []


def test_topics_are_compared_by_what_is_short(archive: Archive, run: str) -> None:
    other = ("prisoners", "v1")
    first = store(archive, run, "first", short("first", 4.0))  # one point short
    second = store(archive, run, "second", short("second", 5.5, other))  # half a point
    found = archive.near_misses(thresholds={**THRESHOLDS, other[0]: 6.0})
    assert [(one.story, one.verdict.topic) for one in found] == [(second, other[0]), (first, TOPIC[0])]
    assert [one.story for one in archive.near_misses(thresholds={other[0]: 6.0})] == [second]


def test_an_outlet_may_have_a_threshold_of_its_own(archive: Archive, run: str) -> None:
    own = store(archive, run, "own", short("own", 5.5))  # where seven points are needed
    other = store(archive, run, "other", short("other", 4.0))
    with archive._writing() as conn:
        articles = tables.articles
        conn.execute(update(articles).where(articles.c.story == other).values(outlet="sadeem"))
    found = archive.near_misses(thresholds=THRESHOLDS, outlet_thresholds={(TOPIC[0], "rasid"): 7.0})
    assert [one.story for one in found] == [other, own]


def test_a_withdrawn_flag_is_a_near_miss_again(archive: Archive, run: str) -> None:
    story = store(archive, run, "story", verdict(body("story")))
    assert archive.near_misses(thresholds=THRESHOLDS) == []
    changed = worked("story", body("story changed"), verdicts=[short("story changed", 4.0)], minutes=5)
    assert story_of(archive, archive.store(run, changed, place=place)) == story
    assert archive.flagged() == []
    assert [one.story for one in archive.near_misses(thresholds=THRESHOLDS)] == [story]


def test_since_is_when_we_first_saw_it(archive: Archive, run: str) -> None:
    store(archive, run, "story", short("story", 4.0))
    (one,) = archive.near_misses(thresholds=THRESHOLDS)
    assert archive.near_misses(thresholds=THRESHOLDS, since=one.first_seen_at) == [one]
    later = one.first_seen_at.replace(year=one.first_seen_at.year + 1)
    assert archive.near_misses(thresholds=THRESHOLDS, since=later) == []

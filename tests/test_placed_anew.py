"""Articles whose text is replaced: by a placeholder's event, by another article's text; none is lost on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mirqab.archive import Archive, ArticleDetail, StoryDetail
from mirqab.copies import signature
from mirqab.intake import Intake
from mirqab.seen import open_seen
from mirqab.types import Decision, FlagState, Reason, Relation, Stored, Worked
from tests.archive.making import TALKS, TOPIC, WEEK_S, entry_id, verdict, worked
from tests.bringing import archive_with_entries, article_id
from tests.seen.processes import pids_of, wait_until
from tests.wires import NOW, edited, signed, wire

SHORT_PLACEHOLDER = "عاجل سنوافيكم بالتفاصيل بعد قليل"
PLACEHOLDER = f"{SHORT_PLACEHOLDER}، هذه الصفحة تحدث تباعا فور ورود أنباء جديدة إلى غرفة الأخبار لدينا"
ONE, OTHER = (f"{TALKS}\n{wire(number)}" for number in (1, 2))


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = archive_with_entries(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
async def intake(archive: Archive, tmp_path: Path) -> AsyncIterator[Intake]:
    async with open_seen(redis_url=None, folder=tmp_path / "redis") as seen:
        run = archive.start_run("crawl", topics=[TOPIC])
        made = Intake(archive, seen, run=run, max_attempts=3, first_poll_max_age_s=WEEK_S, recheck_hours=(1, 6, 24))
        await made.recover()
        yield made
        await made.close()
    wait_until(lambda: not pids_of(tmp_path / "redis"))


def page(slug: str, text: str, *, outlet: str = "rasid", minutes: int = 0, days: int = 0) -> Worked:
    """Return a page, flagged when it tells of talks."""
    made = worked(
        slug, text, outlet=outlet, host=f"{outlet}.example", verdicts=[verdict(text)] if TALKS in text else []
    )
    assert made.article is not None
    article = replace(
        made.article,
        signature=signature(made.article.headline, text),
        published=NOW - timedelta(days=days),
        fetched_at=NOW + timedelta(minutes=minutes),
    )
    return replace(made, article=article)


def article(archive: Archive, slug: str, outlet: str = "rasid") -> ArticleDetail:
    found = archive.article(article_id(slug, outlet))
    assert found is not None
    return found


def story(archive: Archive, story_id: str) -> StoryDetail:
    found = archive.story(story_id)
    assert found is not None
    return found


def dismiss(archive: Archive, stored: Stored) -> None:
    assert stored.placement is not None
    assert stored.article is not None
    known = (stored.article, verdict(ONE))
    archive.decide(stored.placement.story, Decision.IRRELEVANT, by="سلمى", note=None, fallback=known)


# ------------------------------------------------------------------------------------------- placeholders


async def test_a_short_placeholder_ties_no_events(archive: Archive, intake: Intake) -> None:
    await intake.store(page("1", SHORT_PLACEHOLDER))
    dismiss(archive, await intake.store(page("1", ONE, minutes=1)))
    for slug, outlet in (("2", "rasid"), ("1", "qabas")):
        await intake.store(page(slug, SHORT_PLACEHOLDER, outlet=outlet, minutes=2))
        text = OTHER if outlet == "rasid" else f"{TALKS}\n{wire(3)}"
        stored = await intake.store(page(slug, text, outlet=outlet, minutes=3))
        assert stored.raised == (TOPIC[0],)
    stories = {article(archive, *of).story for of in (("1",), ("2",), ("1", "qabas"))}
    assert len(stories) == 3
    assert len(archive.flagged(states=(FlagState.OPEN,))) == 2


async def test_an_article_leaves_the_story_that_a_placeholder_brought_it_to(archive: Archive, intake: Intake) -> None:
    await intake.store(page("1", PLACEHOLDER))
    first = await intake.store(page("1", ONE, minutes=1))
    dismiss(archive, first)
    tied = await intake.store(page("2", PLACEHOLDER, outlet="qabas", minutes=2))
    assert tied.placement is not None
    assert (tied.placement.relation, tied.placement.nearest) == (Relation.UPDATE, article_id("1"))
    stored = await intake.store(page("2", OTHER, outlet="qabas", minutes=3))
    own = article(archive, "2", "qabas")
    assert stored.placement is not None
    assert own.story == stored.placement.story != article(archive, "1").story
    assert (own.relation, own.nearest, own.versions) == (Relation.NEW, None, 1)
    assert stored.raised == (TOPIC[0],), "what was said of the other event is not said of this one"
    assert [flag.story for flag in archive.flagged(states=(FlagState.OPEN,))] == [own.story]
    (flag,) = story(archive, article(archive, "1").story).flags
    assert flag.state is FlagState.IRRELEVANT


async def test_it_goes_to_the_story_of_which_it_is_a_copy_now(archive: Archive, intake: Intake) -> None:
    await intake.store(page("1", PLACEHOLDER))
    await intake.store(page("1", ONE, minutes=1))
    await intake.store(page("2", OTHER, minutes=1))
    await intake.store(page("3", PLACEHOLDER, outlet="qabas", minutes=2))
    stored = await intake.store(page("3", edited(OTHER.removeprefix(TALKS)), outlet="qabas", minutes=3))
    own = article(archive, "3", "qabas")
    assert stored.raised == ()
    assert (own.story, own.nearest, own.relation) == (
        article(archive, "2").story,
        article_id("2"),
        Relation.NEAR,
    )


async def test_the_flag_that_it_earned_goes_with_it(archive: Archive, intake: Intake) -> None:
    plain = wire(7)
    await intake.store(page("1", plain))
    near = f"{TALKS}\n{edited(plain)}"
    raised = await intake.store(page("1", near, outlet="qabas", minutes=1))
    assert raised.raised == (TOPIC[0],)
    await intake.store(page("1", OTHER, outlet="qabas", minutes=2))
    assert [flag.story for flag in archive.flagged()] == [article(archive, "1", "qabas").story]
    (flag,) = story(archive, article(archive, "1").story).flags
    assert (flag.state, flag.article) == (FlagState.WITHDRAWN, article_id("1"))


async def test_an_edited_copy_stays_and_so_does_one_that_shows_a_placeholder_for_a_while(
    archive: Archive, intake: Intake
) -> None:
    await intake.store(page("1", ONE))
    for minutes, text in enumerate((edited(ONE), edited(ONE, by=2), SHORT_PLACEHOLDER, edited(ONE))):
        await intake.store(page("1", text, outlet="qabas", minutes=minutes))
        assert article(archive, "1", "qabas").story == article(archive, "1").story


async def test_where_a_person_put_it_it_stays(archive: Archive, intake: Intake) -> None:
    await intake.store(page("1", ONE))
    await intake.store(page("2", wire(8)))
    await intake.store(page("1", edited(ONE), outlet="qabas"))
    archive.merge_stories(article(archive, "2").story, article(archive, "1").story, by="سلمى", note=None)
    await intake.store(page("1", OTHER, outlet="qabas", minutes=1))
    assert article(archive, "1", "qabas").story == article(archive, "2").story


async def test_the_first_article_of_a_story_stays_with_those_that_came_because_of_it(
    archive: Archive, intake: Intake
) -> None:
    await intake.store(page("1", ONE))
    await intake.store(page("1", edited(ONE), outlet="qabas"))
    with archive._writing() as conn:  # as if its nearest had gone where its own text led it
        conn.exec_driver_sql("INSERT INTO stories SELECT 's0', first_seen_at FROM stories LIMIT 1")
        conn.exec_driver_sql("UPDATE articles SET story = 's0' WHERE id = ?", (article_id("1"),))
    tied = await intake.store(page("1", edited(edited(ONE), by=7), outlet="sahil", minutes=1))
    assert tied.placement is not None
    assert tied.placement.nearest == article_id("1", "qabas")
    left = article(archive, "1", "qabas").story
    await intake.store(page("1", OTHER, outlet="qabas", minutes=2))
    assert article(archive, "1", "qabas").story == left == article(archive, "1", "sahil").story


async def test_a_former_text_of_another_month_ties_nothing(archive: Archive, intake: Intake) -> None:
    await intake.store(page("1", PLACEHOLDER, days=40))
    await intake.store(page("1", ONE, days=40, minutes=1))
    late = await intake.store(page("2", PLACEHOLDER, outlet="qabas", minutes=2))
    assert late.placement is not None
    assert late.placement.relation is Relation.NEW


# ------------------------------------------------------------------------------- the text of another article


def make_due(archive: Archive, outlet: str) -> None:
    with archive._writing() as conn:
        at = (datetime.now(UTC) - timedelta(hours=1)).replace(tzinfo=None).isoformat(" ")
        conn.exec_driver_sql("UPDATE entries SET check_at = ? WHERE outlet = ? AND article <> ''", (at, outlet))


async def test_a_text_that_becomes_anothers_is_a_version_and_its_page_is_looked_at_on(
    archive: Archive, intake: Intake
) -> None:
    first = await intake.store(page("1", ONE))
    await intake.store(page("1", OTHER, outlet="qabas"))
    assert first.placement is not None
    make_due(archive, "rasid")
    stored = await intake.store(page("1", OTHER, minutes=1))
    own, twin = article(archive, "1"), article(archive, "1", "qabas")
    assert (stored.look, stored.article) == ("changed", own.article.id)
    assert own.article.body == OTHER
    assert [one.body for one in archive.versions([own.article.id])] == [ONE]
    assert (own.story, own.nearest, own.relation) == (twin.story, twin.article.id, Relation.NEAR)
    joined = story(archive, twin.story)
    assert ("rasid", Relation.EXACT, twin.article.id) in {
        (one.outlet, one.relation, one.article) for one in joined.sightings
    }
    assert [flag.story for flag in archive.flagged()] == [twin.story], "one text, one flag"
    assert story(archive, first.placement.story).id == twin.story, "the id of the story that it left leads there"
    entry = archive.entry(entry_id("1"))
    assert entry is not None
    assert entry.article == own.article.id
    make_due(archive, "rasid")
    again = await intake.store(page("1", OTHER, minutes=2))
    assert (again.look, article(archive, "1").versions) == ("unchanged", 1)
    make_due(archive, "rasid")
    assert await intake.fail(entry_id("1"), Reason.NOT_FOUND)
    assert article(archive, "1").gone_at is not None
    assert article(archive, "1", "qabas").gone_at is None
    assert {one.article for one in archive.marks.unmade()} <= {article_id("1"), article_id("1", "qabas")}


async def test_a_story_of_which_a_person_has_spoken_is_not_left_empty(archive: Archive, intake: Intake) -> None:
    first = await intake.store(page("1", ONE))
    dismiss(archive, first)
    await intake.store(page("1", OTHER, outlet="qabas"))
    await intake.store(page("1", OTHER, minutes=1))
    assert first.placement is not None
    assert article(archive, "1").story == first.placement.story
    assert (article(archive, "1").article.body, article(archive, "1").versions) == (OTHER, 1)
    await intake.store(page("1", f"{TALKS}\n{wire(5)}", minutes=2))
    assert article(archive, "1").versions == 2, "and it goes on from there"


async def test_what_has_anothers_text_is_found_when_that_one_changes(archive: Archive, intake: Intake) -> None:
    await intake.store(page("1", wire(1)))
    await intake.store(page("1", wire(2), outlet="qabas"))
    await intake.store(page("1", wire(2), minutes=1))
    await intake.store(page("1", wire(3), outlet="qabas", minutes=2))
    near = await intake.store(signed("1", edited(wire(2)), outlet="sahil", minutes=3))
    assert near.placement is not None
    assert near.placement.nearest == article_id("1")


# -------------------------------------------------------------------------------------------- a part of copies


async def test_a_part_that_holds_only_copies_is_asked_for_its_event(archive: Archive, intake: Intake) -> None:
    await intake.store(page("1", ONE))
    await intake.store(page("1", f"{TALKS}\n{edited(wire(1))}", outlet="qabas"))
    around = archive.reports.around
    assert [one.article for one in around(NOW)] == [article_id("1")]
    archive.split_story(article(archive, "1").story, [article_id("1", "qabas")], by="سلمى", note=None)
    assert {one.article for one in around(NOW)} == {article_id("1"), article_id("1", "qabas")}

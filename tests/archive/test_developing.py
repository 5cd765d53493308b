"""Decided flags that something new opens again: by a crawl alone, without losing what was decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mirqab.arabic import fold, sentences
from mirqab.archive import Archive, FlaggedStory
from mirqab.archive.placing import Known
from mirqab.stories import place
from mirqab.types import (
    Decision,
    FlagState,
    Placement,
    RaisedBy,
    Relation,
    Sentence,
    Span,
    Stored,
    Verdict,
    Worked,
    make_id,
)
from tests.archive.making import TALKS, TOPIC, WEEK_S, body, entry_id, item, snapshot, verdict, worked

STORY = make_id("s", make_id("a", entry_id("1")))
ARTICLE = make_id("a", entry_id("1"))
LATER = TALKS + "\nوأعلنت الوزارة أن الانسحاب يكتمل في 30 حزيران 2027."
SENTENCE = "وأعلنت الوزارة أن الانسحاب يكتمل في 30 حزيران 2027."
STATES = tuple(FlagState)


def judged(text: str, *, points: float = 7.0, flagged: bool = True, version: str = "v1") -> Verdict:
    """Return a verdict to which every sentence of the text is evidence."""
    told = verdict(text, flagged=flagged, score=points, topic=(TOPIC[0], version))
    spans = (Span(field="text", start=start, stop=stop) for start, stop in sentences(fold(text)))
    return replace(told, sentences=tuple(Sentence(span=span, points=points, parts=(), evidence=()) for span in spans))


def page(slug: str, text: str, *, minutes: int = 0, verdicts: list[Verdict] | None = None) -> Worked:
    return worked(slug, text, verdicts=[judged(text)] if verdicts is None else verdicts, minutes=minutes)


def near(worked: Worked, known: Known | None) -> Placement:
    """Put every page into the first story, as one that is nearly a copy."""
    if known is not None:
        return place(worked, known)
    return Placement(story=STORY, relation=Relation.NEAR, nearest=ARTICLE, similarity=0.9)


@pytest.fixture
def stored(archive: Archive, run: str) -> Archive:
    """An archive with one flagged story."""
    archive.admit(run, snapshot(*(item(str(number)) for number in range(1, 5))), first_poll_max_age_s=WEEK_S)
    archive.store(run, page("1", TALKS), place=place)
    return archive


def decide(archive: Archive, decision: Decision = Decision.RELEVANT) -> None:
    archive.decide(STORY, decision, by="سلمى", note=None, fallback=(ARTICLE, verdict(TALKS)))


def copy(archive: Archive, run: str, slug: str, text: str, *, verdicts: list[Verdict] | None = None) -> Stored:
    """Store another outlet's page in the story."""
    return archive.store(run, page(slug, text, minutes=int(slug), verdicts=verdicts), place=near)


def line(archive: Archive) -> FlaggedStory:
    (found,) = archive.flagged(states=STATES)
    return found


def test_a_decision_holds_for_copies_that_tell_nothing_new(stored: Archive, run: str) -> None:
    decide(stored)
    assert copy(stored, run, "2", TALKS + "\nوالمحادثات مستمرة.").developed == ()
    assert copy(stored, run, "3", TALKS).article == ARTICLE, "the same text is a sighting"
    found = line(stored)
    assert (found.state, found.development, found.developed_at) == (FlagState.RELEVANT, (), None)
    detail = stored.story(STORY)
    assert detail is not None
    assert len(detail.articles) == 2


def test_a_new_date_in_a_copy_opens_the_flag_again(stored: Archive, run: str) -> None:
    decide(stored)
    new = copy(stored, run, "2", LATER)
    assert (new.developed, new.raised) == ((TOPIC[0],), ())
    found = line(stored)
    assert found.state is FlagState.DEVELOPING
    assert found.developed_at is not None
    assert datetime.now(UTC) - found.developed_at < timedelta(minutes=1)
    (told,) = found.development
    assert (told.kind, told.value, told.article, told.sentence) == ("date", "2027-06-30", new.article, SENTENCE)
    assert found.decided is not None
    assert found.decided.decision is Decision.RELEVANT, "what was decided is not lost"
    assert [one.decision for one in stored.decisions()] == [Decision.RELEVANT], "and counts"
    assert [one.story for one in stored.flagged()] == [STORY], "it is listed"
    assert stored.newest_stories(topic=TOPIC[0], decided_only=True)[0].decision is FlagState.RELEVANT
    detail = stored.story(STORY)
    assert detail is not None
    assert detail.flags[0].development == found.development


def test_an_open_flag_is_new_as_it_is(stored: Archive, run: str) -> None:
    assert copy(stored, run, "2", LATER).developed == ()
    assert line(stored).state is FlagState.OPEN


def test_a_changed_text_opens_it_again(stored: Archive, run: str) -> None:
    decide(stored)
    stored.add_entry("rasid", "https://rasid.example/1")
    assert stored.store(run, page("1", LATER, minutes=5), place=place).developed == (TOPIC[0],)
    assert [one.value for one in line(stored).development] == ["2027-06-30"]


def test_more_that_is_new_is_added(stored: Archive, run: str) -> None:
    decide(stored)
    copy(stored, run, "2", LATER)
    copy(stored, run, "3", LATER + "\nوقال النائب سالم الحمداني إن الانسحاب يشمل 900 جندي.")
    assert [(one.kind, one.value) for one in line(stored).development] == [
        ("date", "2027-06-30"),
        ("number", "900"),
        ("speaker", "النائب سالم الحمداني"),
    ]


def test_deciding_anew_settles_it(stored: Archive, run: str) -> None:
    decide(stored)
    copy(stored, run, "2", LATER)
    decide(stored)
    found = line(stored)
    assert (found.state, found.development, found.developed_at) == (FlagState.RELEVANT, (), None)
    assert copy(stored, run, "3", LATER + "\nولم يتغير شيء.").developed == (), "it is known by now"
    decide(stored, Decision.UNDONE)
    assert (line(stored).state, line(stored).decided) == (FlagState.OPEN, None)


def test_a_developing_flag_can_be_undone(stored: Archive, run: str) -> None:
    decide(stored)
    copy(stored, run, "2", LATER)
    decide(stored, Decision.UNDONE)
    assert (line(stored).state, line(stored).development) == (FlagState.OPEN, ())


def test_no_verdict_withdraws_what_a_person_decided(stored: Archive, run: str) -> None:
    decide(stored)
    copy(stored, run, "2", LATER)
    for slug in ("1", "2"):
        stored.add_entry("rasid", f"https://rasid.example/{slug}")
        stored.store(run, page(slug, body(f"الجسر {slug}"), minutes=9, verdicts=[]), place=place)
    assert (line(stored).state, line(stored).earned) == (FlagState.DEVELOPING, False)


@pytest.mark.parametrize(("points", "state"), [(7.0, FlagState.DEVELOPING), (4.9, FlagState.IRRELEVANT)])
def test_an_irrelevant_story_is_opened_by_what_flags_alone(
    stored: Archive, run: str, points: float, state: FlagState
) -> None:
    decide(stored, Decision.IRRELEVANT)
    copy(stored, run, "2", LATER, verdicts=[judged(LATER, points=points)])
    assert line(stored).state is state
    assert bool(stored.flagged()) == (state is FlagState.DEVELOPING)


def test_only_a_crawl_tells_news(stored: Archive, run: str) -> None:
    decide(stored)
    kept = stored.kept_entry(entry_id("1"))
    assert kept is not None
    assert stored.rework(run, kept, page("1", LATER, minutes=5), place=place) is not None
    found = line(stored)
    assert (found.state, found.raised_by) == (FlagState.RELEVANT, RaisedBy.CRAWL)

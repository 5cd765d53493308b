"""Decisions: kept with their history and with what the topic said then; flags follow them, and come back by undo."""

from __future__ import annotations

import pytest

from mirqab.archive import Archive, Marked
from mirqab.stories import place
from mirqab.types import Decision, FlagState, RaisedBy, make_id
from tests.archive.making import TALKS, TOPIC, WEEK_S, body, entry_id, item, snapshot, verdict, worked

STORY = make_id("s", make_id("a", entry_id("1")))
ARTICLE = make_id("a", entry_id("1"))


@pytest.fixture
def stored(archive: Archive, run: str) -> Archive:
    """An archive with a flagged story and one of which no verdict is kept."""
    archive.admit(run, snapshot(item("1"), item("2")), first_poll_max_age_s=WEEK_S)
    archive.store(run, worked("1", TALKS, verdicts=[verdict(TALKS)]), place=place)
    archive.store(run, worked("2", body("الجسر"), minutes=1), place=place)
    return archive


def decide(
    archive: Archive, decision: Decision, *, slug: str = "1", note: str | None = None, by: str = "سلمى"
) -> Marked:
    article = make_id("a", entry_id(slug))
    fallback = (article, verdict(TALKS if slug == "1" else body("الجسر"), flagged=False, score=0.0))
    return archive.decide(make_id("s", article), decision, by=by, note=note, fallback=fallback)


def test_a_decision_is_kept_with_what_the_topic_said_then(stored: Archive) -> None:
    marked = decide(stored, Decision.RELEVANT, note="صلب الموضوع")
    assert (marked.before, marked.after) == (FlagState.OPEN, FlagState.RELEVANT)
    (decided,) = stored.decisions()
    assert decided == marked.decided
    assert (decided.topic, decided.topic_version, decided.flagged, decided.score) == (*TOPIC, True, 7.0)
    assert (decided.rules, decided.terms) == (("talks",), (("talks", TALKS[:5]),))
    assert (decided.decided_by, decided.note, decided.outlet, decided.article) == (
        "سلمى",
        "صلب الموضوع",
        "rasid",
        ARTICLE,
    )
    (line,) = stored.flagged()
    assert (line.state, line.decided, line.earned, line.raised_by) == (
        FlagState.RELEVANT,
        decided,
        True,
        RaisedBy.CRAWL,
    )


def test_the_last_word_counts_and_the_former_ones_stay(stored: Archive) -> None:
    decide(stored, Decision.RELEVANT)
    decide(stored, Decision.IRRELEVANT, by="ناصر")
    assert stored.flagged() == []
    (line,) = stored.flagged(states=[FlagState.IRRELEVANT])
    assert line.decided is not None
    assert line.decided.decided_by == "ناصر"
    detail = stored.story(STORY)
    assert detail is not None
    assert [one.decision for one in detail.decisions] == [Decision.RELEVANT, Decision.IRRELEVANT]
    assert [one.decision for one in stored.decisions()] == [Decision.IRRELEVANT]


def test_undo_opens_the_flag_that_the_topic_raised(stored: Archive) -> None:
    decide(stored, Decision.IRRELEVANT)
    marked = decide(stored, Decision.UNDONE)
    assert (marked.before, marked.after) == (FlagState.IRRELEVANT, FlagState.OPEN)
    assert stored.decisions() == []
    (line,) = stored.flagged()
    assert (line.state, line.decided) == (FlagState.OPEN, None)


def test_a_story_that_no_topic_flagged_is_listed_by_a_person_until_that_is_undone(stored: Archive) -> None:
    marked = decide(stored, Decision.RELEVANT, slug="2")
    assert (marked.before, marked.after, marked.decided.flagged) == (None, FlagState.RELEVANT, False)
    line = stored.flagged()[0]
    assert (line.state, line.raised_by, line.earned, line.score) == (
        FlagState.RELEVANT,
        RaisedBy.PERSON,
        False,
        0.0,
    )
    assert decide(stored, Decision.UNDONE, slug="2").after is None
    assert len(stored.flagged(states=tuple(FlagState))) == 1
    detail = stored.story(marked.decided.story)
    assert detail is not None
    assert len(detail.decisions) == 2, "what was said is kept, though the flag is gone"


def test_a_changed_text_leaves_the_decision_and_tells_the_verdict(stored: Archive, run: str) -> None:
    decide(stored, Decision.RELEVANT)
    stored.add_entry("rasid", "https://rasid.example/1")
    changed = TALKS + "\nوأعلنت الوزارة تأجيل المحادثات."
    later = verdict(changed, flagged=False, score=2.0, topic=(TOPIC[0], "v2"))
    stored.store(run, worked("1", changed, verdicts=[later], version="v2", minutes=5), place=place)
    (line,) = stored.flagged()
    assert (line.state, line.earned, line.score, line.topic_version) == (FlagState.RELEVANT, False, 2.0, "v2")
    assert line.theatres == ("العراق", "سوريا"), "where it belongs is told by what once raised it"
    assert decide(stored, Decision.UNDONE).after is FlagState.WITHDRAWN


def test_a_word_undone_after_the_topic_learned_leaves_an_open_flag(stored: Archive, run: str) -> None:
    decide(stored, Decision.RELEVANT, slug="2")
    text = body("الجسر")
    learned = worked("2", text, verdicts=[verdict(text, topic=(TOPIC[0], "v2"))], version="v2", minutes=9)
    assert stored.store(run, learned, place=place).raised == ()
    line = stored.flagged()[0]
    assert (line.state, line.earned) == (FlagState.RELEVANT, True)
    assert decide(stored, Decision.UNDONE, slug="2").after is FlagState.OPEN

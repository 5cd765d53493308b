"""When flagged pages are looked at again, and that asking for them costs nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from mirqab.archive import Archive
from mirqab.archive.rechecking import next_look
from mirqab.stories import place
from mirqab.types import Decision, Reason, make_id
from tests.archive.making import NOON, TALKS, WEEK_S, body, entry_id, item, snapshot, verdict, worked

HOURS = (1.0, 6.0, 24.0)
STORY = make_id("s", make_id("a", entry_id("1")))


@pytest.mark.parametrize(
    ("passed", "then"), [(0.0, 1.0), (0.9, 1.0), (1.0, 6.0), (5.0, 6.0), (6.5, 24.0), (24.0, None), (99.0, None)]
)
def test_the_next_look_is_the_first_that_has_not_passed(passed: float, then: float | None) -> None:
    at = next_look(NOON, HOURS, NOON + timedelta(hours=passed))
    assert at == (None if then is None else NOON + timedelta(hours=then))
    assert next_look(NOON, (), NOON) is None


@pytest.fixture
def stored(archive: Archive, run: str) -> Archive:
    """An archive with a flagged article, a copy of it, and one that no topic flags."""
    archive.admit(run, snapshot(item("1"), item("2"), item("3")), first_poll_max_age_s=WEEK_S)
    for slug, text, minutes in (("1", TALKS, 0), ("2", TALKS, 1), ("3", body("الجسر"), 2)):
        verdicts = [verdict(text)] if text == TALKS else []
        page = worked(slug, text, verdicts=verdicts, minutes=minutes)
        archive.store(run, page, place=place, recheck_hours=HOURS)
    return archive


def looks(archive: Archive, hours: float) -> list[str]:
    """Return the addresses that are looked at again when so many hours have passed."""
    now = datetime.now(UTC) + timedelta(hours=hours)
    due = archive.due("rasid", now=now)
    assert archive.with_due(["rasid", "nobody"], now=now) == ({"rasid"} if due else set())
    assert archive.due("rasid", now=now, looks=False) == []
    assert all(entry.is_stored and archive.is_due(entry.id, now) for entry in due)
    return [entry.url.rpartition("/")[2] for entry in due]


def test_only_the_flagged_articles_own_page_is_looked_at(stored: Archive) -> None:
    assert looks(stored, 0.5) == []
    assert looks(stored, 1.1) == ["1"]


def test_nobody_looks_at_what_a_person_called_irrelevant(stored: Archive, run: str) -> None:
    stored.decide(
        STORY, Decision.IRRELEVANT, by="سلمى", note=None, fallback=(make_id("a", entry_id("1")), verdict(TALKS))
    )
    stored.add_entry("rasid", "https://rasid.example/1")
    stored.store(run, worked("1", TALKS, verdicts=[verdict(TALKS)], minutes=3), place=place, recheck_hours=HOURS)
    assert looks(stored, 1.1) == []


def test_without_hours_nothing_is_planned(archive: Archive, run: str) -> None:
    archive.admit(run, snapshot(item("1")), first_poll_max_age_s=WEEK_S)
    archive.store(run, worked("1", TALKS, verdicts=[verdict(TALKS)]), place=place)
    assert looks(archive, 99) == []


def test_an_opened_entry_that_is_gone_leaves_its_article_marked(stored: Archive, run: str) -> None:
    stored.add_entry("rasid", "https://rasid.example/3")
    assert stored.fail(run, entry_id("3"), reason=Reason.NOT_FOUND, detail=None, next_try_at=None) is False
    article = stored.article(make_id("a", entry_id("3")))
    assert article is not None
    assert article.gone_at is not None
    stored.add_entry("rasid", "https://rasid.example/3")
    stored.store(run, worked("3", body("الجسر"), minutes=9), place=place)
    article = stored.article(make_id("a", entry_id("3")))
    assert article is not None
    assert article.gone_at is None


def test_asking_for_looks_reads_no_other_entry(stored: Archive) -> None:
    asked: list[tuple[str, object]] = []

    @event.listens_for(stored._reader, "before_cursor_execute")
    def note(conn: object, cursor: object, statement: str, parameters: object, context: object, many: bool) -> None:
        if statement.startswith("SELECT") and "check_at <=" in statement:
            asked.append((statement, parameters))

    looks(stored, 1.1)
    assert len(asked) >= 3
    with stored._reading() as conn:
        for statement, parameters in asked:
            plan = conn.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)  # type: ignore[arg-type]
            first = plan.fetchone()
            assert first is not None
            assert "ix_entries_check_at" in first.detail or "(id=?)" in first.detail, (statement, first.detail)

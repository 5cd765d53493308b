"""When flagged pages are looked at again, what became of each, and that asking for them costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from mirqab.archive import Archive, Sighting
from mirqab.archive.rechecking import next_look
from mirqab.copies import signature
from mirqab.intake import nearest_copy
from mirqab.stories import place
from mirqab.types import Decision, RawLocation, Reason, Relation, Stored, Verdict, make_id
from tests.archive.making import NOON, TALKS, TOPIC, WEEK_S, body, entry_id, item, snapshot, verdict, worked
from tests.wires import edited, wire

HOURS = (1.0, 6.0, 24.0)
STORY = make_id("s", make_id("a", entry_id("1")))


@pytest.mark.parametrize(
    ("passed", "then"), [(0.0, 1.0), (0.9, 1.0), (1.0, 6.0), (5.0, 6.0), (6.5, 24.0), (24.0, None), (99.0, None)]
)
def test_the_next_look_is_the_first_that_has_not_passed(passed: float, then: float | None) -> None:
    at = next_look(NOON, HOURS, NOON + timedelta(hours=passed))
    assert at == (None if then is None else NOON + timedelta(hours=then))
    assert next_look(NOON, (), NOON) is None


def put(
    archive: Archive,
    run: str,
    slug: str,
    text: str,
    *,
    outlet: str = "rasid",
    final_url: str | None = None,
    verdicts: Sequence[Verdict] | None = None,
) -> Stored:
    """Store a page that is fetched now, flagged when it tells of talks."""
    judged = ([verdict(text)] if TALKS in text else []) if verdicts is None else verdicts
    page = worked(slug, text, outlet=outlet, host=f"{outlet}.example", final_url=final_url, verdicts=judged)
    assert page.article is not None
    made = replace(page.article, signature=signature(page.article.headline, text))
    page = replace(page, article=made, fetched_at=datetime.now(UTC))
    return archive.store(run, page, place=place, compare=nearest_copy, recheck_hours=HOURS)


@pytest.fixture
def stored(archive: Archive, run: str) -> Archive:
    """An archive with a flagged article, copies of it in its outlet and in another, and one that no topic flags."""
    for outlet in ("rasid", "qabas"):
        host = f"{outlet}.example"
        told = snapshot(*(item(slug, host=host) for slug in "123"), outlet=outlet, url=f"https://{host}/rss.xml")
        archive.admit(run, told, first_poll_max_age_s=WEEK_S)
    put(archive, run, "1", TALKS)
    put(archive, run, "2", TALKS)
    put(archive, run, "3", body("الجسر"))
    put(archive, run, "1", TALKS, outlet="qabas")
    for slug in "23":
        archive.fail(run, copy_id(slug), reason=Reason.NO_ARTICLE, detail=None, next_try_at=None)
    return archive


def copy_id(slug: str = "1") -> str:
    """Return the id of an entry of the other outlet."""
    return entry_id(slug, outlet="qabas", host="qabas.example")


def looks(archive: Archive, hours: float, outlet: str = "rasid") -> list[str]:
    """Return the addresses that are looked at again when so many hours have passed."""
    now = datetime.now(UTC) + timedelta(hours=hours)
    due = archive.due(outlet, now=now)
    assert archive.with_due([outlet, "nobody"], now=now) == ({outlet} if due else set())
    assert archive.due(outlet, now=now, looks=False) == []
    assert all(entry.is_stored and archive.is_due(entry.id, now) for entry in due)
    return [entry.url.rpartition("/")[2] for entry in due]


def test_each_page_with_a_flagged_articles_text_is_looked_at(stored: Archive) -> None:
    for outlet, slugs in (("rasid", ["1", "2"]), ("qabas", ["1"])):
        assert looks(stored, 0.5, outlet) == []
        assert looks(stored, 1.1, outlet) == slugs


def test_an_entry_that_leads_to_the_articles_own_page_is_not_looked_at_besides(stored: Archive, run: str) -> None:
    stored.add_entry("rasid", "https://rasid.example/4")
    put(stored, run, "4", TALKS, final_url="https://rasid.example/1")
    assert looks(stored, 1.1) == ["1", "2"]


def test_nobody_looks_at_what_a_person_called_irrelevant(stored: Archive, run: str) -> None:
    stored.decide(
        STORY, Decision.IRRELEVANT, by="سلمى", note=None, fallback=(make_id("a", entry_id("1")), verdict(TALKS))
    )
    for outlet in ("rasid", "qabas"):
        stored.add_entry(outlet, f"https://{outlet}.example/1")
        put(stored, run, "1", TALKS, outlet=outlet)
    assert (looks(stored, 1.1), looks(stored, 1.1, "qabas")) == (["2"], [])


def test_what_a_person_flags_later_gets_the_looks_that_are_to_come(stored: Archive, run: str) -> None:
    stored.add_entry("qabas", "https://qabas.example/3")
    put(stored, run, "3", body("الجسر"), outlet="qabas")
    assert stored.plan_looks(recheck_hours=HOURS) == 0
    article = make_id("a", entry_id("3"))
    known = (article, verdict(body("الجسر"), flagged=False))
    stored.decide(make_id("s", article), Decision.RELEVANT, by="سلمى", note=None, fallback=known)
    with stored._writing() as conn:
        earlier = (datetime.now(UTC) - timedelta(hours=2)).isoformat(" ")
        conn.exec_driver_sql("UPDATE articles SET stored_at = ? WHERE id = ?", (earlier, article))
    assert stored.plan_looks(recheck_hours=(1.0,)) == 0, "that look is over"
    assert stored.plan_looks(recheck_hours=HOURS) == 2
    assert (looks(stored, 3.9), looks(stored, 4.1)) == (["1", "2"], ["1", "2", "3"])
    assert looks(stored, 1.1, "qabas") == ["1", "3"], "counted from when the copy came"
    assert stored.plan_looks(recheck_hours=HOURS) == 0


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


# ------------------------------------------------------------------------------------------- pages of copies

LONG, LATER = f"{TALKS}\n{wire(1)}", f"{TALKS}\n{edited(wire(1))}"


@pytest.fixture
def copied(stored: Archive, run: str) -> Archive:
    """An archive with a long flagged article and its copy in another outlet, both due to be looked at."""
    for outlet in ("rasid", "qabas"):
        stored.add_entry(outlet, f"https://{outlet}.example/9")
        put(stored, run, "9", LONG, outlet=outlet)
    make_due(stored)
    return stored


def make_due(archive: Archive) -> None:
    """Let the time of all looks have come."""
    with archive._writing() as conn:
        conn.exec_driver_sql("UPDATE entries SET check_at = '2026-01-01 00:00:00' WHERE check_at IS NOT NULL")


def carriers(archive: Archive) -> dict[tuple[str, Relation], Sighting]:
    """Return who carries the long article's story, by outlet and relation."""
    trail = archive.by_url("https://rasid.example/9")
    assert trail is not None
    assert trail.story is not None
    story = archive.story(trail.story)
    assert story is not None
    return {(one.outlet, one.relation): one for one in story.sightings}


ORIGINAL, COPY = ("rasid", Relation.NEW), ("qabas", Relation.EXACT)


def test_the_outlet_that_takes_its_copy_down_is_told_and_no_other(copied: Archive, run: str) -> None:
    assert copied.fail(run, copy_id("9"), reason=Reason.NOT_FOUND, detail=None, next_try_at=None) is True
    assert copied.fail(run, entry_id("9"), reason=Reason.HTTP_ERROR, detail=None, next_try_at=None) is False
    told = carriers(copied)
    assert told[COPY].gone_at is not None
    assert told[ORIGINAL].gone_at is None
    make_due(copied)
    copied.unchanged(run, entry_id("9"), recheck_hours=HOURS)
    assert carriers(copied)[COPY].gone_at is not None, "the other outlet's page says nothing of it"
    put(copied, run, "9", LONG, outlet="qabas")
    assert carriers(copied)[COPY].gone_at is None


def test_a_copy_stays_when_the_first_outlet_takes_its_page_down(copied: Archive, run: str) -> None:
    copied.fail(run, entry_id("9"), reason=Reason.GONE, detail=None, next_try_at=None)
    told = carriers(copied)
    assert told[ORIGINAL].gone_at is not None
    assert told[COPY].gone_at is None


def test_a_copy_that_says_something_else_is_a_text_of_its_own_in_the_same_story(copied: Archive, run: str) -> None:
    changed = put(copied, run, "9", LATER, outlet="qabas")
    assert (changed.look, changed.article) == ("changed", make_id("a", copy_id("9")))
    told = carriers(copied)
    assert told.keys() == {ORIGINAL, COPY, ("qabas", Relation.NEAR)}
    assert told[COPY].changed_at is not None
    assert told["qabas", Relation.NEAR].changed_at is None
    make_due(copied)
    missing = Reason.NOT_FOUND
    copied.fail(run, copy_id("9"), reason=missing, detail=None, next_try_at=None, recheck_hours=HOURS)
    told = carriers(copied)
    assert told["qabas", Relation.NEAR].gone_at is not None
    assert told[COPY].gone_at is None, "that text went before"
    make_due(copied)
    assert put(copied, run, "9", LONG, outlet="qabas").look == "changed"
    told = carriers(copied)
    assert (told[COPY].changed_at, told["qabas", Relation.NEAR].gone_at) == (None, None)


def test_a_copy_that_stays_as_it_was_is_unchanged_though_the_article_is_not(copied: Archive, run: str) -> None:
    assert put(copied, run, "9", LATER).look == "changed"
    same = put(copied, run, "9", LONG, outlet="qabas")
    assert (same.look, same.article) == ("unchanged", make_id("a", entry_id("9")))
    article = copied.article(same.article or "")
    assert article is not None
    assert (article.article.body, article.versions) == (LATER, 1)
    make_due(copied)
    assert put(copied, run, "9", LATER, outlet="qabas").article == same.article


def test_a_copy_that_a_feed_opened_again_stays_one_though_the_article_has_another_text(
    copied: Archive, run: str
) -> None:
    put(copied, run, "9", LATER)
    copied.add_entry("qabas", "https://qabas.example/9")
    same = put(copied, run, "9", LONG, outlet="qabas")
    assert (same.look, same.article) == (None, make_id("a", entry_id("9")))
    assert carriers(copied).keys() == {ORIGINAL, COPY}
    assert carriers(copied)[COPY].changed_at is None


def test_a_copy_stays_as_it_was_though_a_third_outlet_has_its_text_now(copied: Archive, run: str) -> None:
    put(copied, run, "9", LATER)
    copied.add_entry("sahil", "https://sahil.example/9")
    late = put(copied, run, "9", LONG, outlet="sahil")
    assert late.article == make_id("a", entry_id("9", outlet="sahil", host="sahil.example"))
    same = put(copied, run, "9", LONG, outlet="qabas")
    assert (same.look, same.article) == ("unchanged", make_id("a", entry_id("9")))
    assert carriers(copied)[COPY].changed_at is None
    assert looks(copied, 1.1, "sahil") == ["9"]


def test_a_copy_is_asked_for_with_what_came_with_it(copied: Archive, run: str) -> None:
    kept = RawLocation(file="2026-11-22/7-1.warc.gz", offset=10, length=100)
    assert copied.kept_page(copy_id("9")) == kept
    later = copied.start_run("crawl", topics=[TOPIC])
    reason, raw = Reason.NO_ARTICLE, replace(kept, offset=900)
    copied.fail(later, copy_id("9"), reason=reason, detail=None, next_try_at=None, raw=raw)
    assert copied.kept_page(copy_id("9")) == kept, "nothing that brought no text"
    with copied._writing() as conn:
        conn.exec_driver_sql("UPDATE outcomes SET raw_file = NULL")
    assert copied.kept_page(copy_id("9")) is None
    assert copied.kept_page(entry_id("9")) == kept


# -------------------------------------------------------------------------------------------------- cost


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


def test_asking_what_was_flagged_later_reads_young_articles_alone(stored: Archive) -> None:
    asked: list[tuple[str, object]] = []

    @event.listens_for(stored._reader, "before_cursor_execute")
    def note(conn: object, cursor: object, statement: str, parameters: object, context: object, many: bool) -> None:
        if "check_at IS NULL" in statement:
            asked.append((statement, parameters))

    stored.plan_looks(recheck_hours=HOURS)
    ((statement, parameters),) = asked
    with stored._reading() as conn:
        told = conn.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters).scalars(3)  # type: ignore[arg-type]
        plan = list(told)
    assert any("ix_articles_stored_at" in step for step in plan)
    assert not [step for step in plan if step.startswith("SCAN") or "check_at" in step]

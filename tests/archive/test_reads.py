"""What people ask the archive, and that each question stays cheap with many rows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from mirqab.archive import Archive
from mirqab.stories import place
from mirqab.types import EntryState, Reason, Relation, make_id
from tests.archive.making import (
    FEED,
    NOON,
    TALKS,
    TOPIC,
    WEEK_S,
    body,
    entry_id,
    item,
    no_answer,
    snapshot,
    verdict,
    worked,
)


@pytest.fixture
def filled(archive: Archive, run: str) -> Archive:
    """Three flagged stories on two topics, one of them carried twice; one story that is not flagged."""
    for outlet in ("rasid", "qabas"):
        host = f"{outlet}.example"
        shot = snapshot(*(item(str(n), host=host) for n in range(5)), outlet=outlet, url=f"https://{host}/rss.xml")
        archive.admit(run, shot, first_poll_max_age_s=WEEK_S)
    texts = [TALKS + "\n" + body(f"الخبر {n}") for n in range(4)]
    archive.store(run, worked("0", texts[0], verdicts=[verdict(texts[0])]), place=place)
    archive.store(run, worked("1", texts[1], verdicts=[verdict(texts[1], topic=("water", "v3"))]), place=place)
    archive.store(run, worked("2", texts[2], verdicts=[verdict(texts[2], flagged=False, score=1.0)]), place=place)
    both = [verdict(texts[3]), verdict(texts[3], topic=("water", "v3"))]
    archive.store(run, worked("3", texts[3], verdicts=both), place=place)
    archive.store(run, worked("0", texts[0], outlet="qabas", host="qabas.example", minutes=-3), place=place)
    return archive


def story_id(slug: str) -> str:
    return make_id("s", make_id("a", entry_id(slug)))


def test_the_flagged_are_listed_newest_first_and_can_be_narrowed(filled: Archive) -> None:
    def listed(**narrow: object) -> list[tuple[str, str]]:
        return [(one.story, one.topic) for one in filled.flagged(**narrow)]  # type: ignore[arg-type]

    talks, water = TOPIC[0], "water"
    every = [(story_id("3"), talks), (story_id("3"), water), (story_id("1"), water), (story_id("0"), talks)]
    assert listed() == every
    assert listed(topic=talks) == [every[0], every[3]]
    assert listed(limit=1) == every[:1]
    assert listed(theatre="سوريا") == every
    assert listed(theatre="ليبيا") == []
    assert listed(since=datetime.now(UTC) - timedelta(hours=1)) == every
    assert listed(since=datetime.now(UTC)) == []


def test_a_line_of_the_list_says_what_a_reader_needs(filled: Archive) -> None:
    line = filled.flagged(topic=TOPIC[0])[-1]
    assert (line.headline, line.outlet, line.url) == ("عنوان الخبر", "rasid", "https://rasid.example/0")
    assert (line.published, line.score, line.topic_version) == (NOON, 7.0, "v1")
    assert line.outlets == ("qabas", "rasid"), "who carried it first stands first"
    assert line.top_evidence == TALKS
    assert line.article == make_id("a", entry_id("0"))


def test_a_story_has_its_articles_its_sightings_and_its_flags(filled: Archive) -> None:
    detail = filled.story(story_id("0"))
    assert detail is not None
    assert [one.article.id for one in detail.articles] == [make_id("a", entry_id("0"))]
    assert [(one.outlet, one.url, one.relation) for one in detail.sightings] == [
        ("qabas", "https://qabas.example/0", Relation.EXACT),
        ("rasid", "https://rasid.example/0", Relation.NEW),
    ]
    (flag,) = detail.flags
    assert (flag.topic, flag.facets["theatre"]) == (TOPIC[0], ("العراق", "سوريا"))
    assert detail.articles[0].verdicts[0].evidence[0].text == TALKS[:5]
    assert filled.story("s000000000000000") is None
    assert filled.article("a000000000000000") is None


def test_ids_are_found_by_their_beginning(filled: Archive, run: str) -> None:
    for whole in (story_id("0"), make_id("a", entry_id("0")), entry_id("0"), run):
        assert filled.find(whole) == [whole]
        assert whole in filled.find(whole[:3])
    assert len(filled.find("e")) == 10
    assert filled.find("") == filled.find("x1") == filled.find("s%") == filled.find("a' OR 1") == []


def test_an_address_tells_its_trail(filled: Archive, run: str) -> None:
    assert filled.by_url("https://rasid.example/unknown") is None
    own = filled.by_url("http://RASID.example/0?utm_source=x#top")
    assert own is not None
    assert (own.entry.state, own.article, own.story) == (EntryState.STORED, make_id("a", entry_id("0")), story_id("0"))
    assert (own.copy, own.relation, own.others) == (False, Relation.NEW, ())
    assert {one.outlet for one in own.sightings} == {"rasid", "qabas"}
    copy = filled.by_url("https://qabas.example/0")
    assert copy is not None
    assert (copy.copy, copy.relation, copy.article) == (True, Relation.EXACT, own.article)
    pending = filled.by_url("https://rasid.example/4")
    assert pending is not None
    assert (pending.entry.state, pending.article, pending.story) == (EntryState.PENDING, None, None)
    filled.fail(run, entry_id("4"), reason=Reason.REFUSED_BY_ROBOTS, detail="/4", next_try_at=None)
    failed = filled.by_url("https://rasid.example/4")
    assert failed is not None
    assert (failed.entry.state, failed.entry.reason, failed.entry.detail) == (
        EntryState.FAILED,
        Reason.REFUSED_BY_ROBOTS,
        "/4",
    )


def test_an_address_that_a_page_ended_at_and_one_that_two_outlets_told(archive: Archive, run: str) -> None:
    for outlet in ("rasid", "qabas"):
        shot = snapshot(item("go?5"), outlet=outlet, url=f"https://{outlet}.example/rss.xml")
        archive.admit(run, shot, first_poll_max_age_s=WEEK_S)
    archive.store(run, worked("go?5", body("5"), final_url="https://rasid.example/full/5"), place=place)
    ended = archive.by_url("https://rasid.example/full/5")
    assert ended is not None
    assert ended.entry.id == entry_id("go?5")
    told = archive.by_url("https://rasid.example/go?5")
    assert told is not None
    assert told.entry.outlet == "rasid", "the one that got furthest"
    assert [(other.outlet, other.state) for other in told.others] == [("qabas", EntryState.PENDING)]


def test_outlets_are_counted(filled: Archive, run: str) -> None:
    filled.fail(run, entry_id("4"), reason=Reason.GONE, detail=None, next_try_at=None)
    counts = filled.outlet_counts()
    assert list(counts) == ["qabas", "rasid"]
    rasid, qabas = counts["rasid"], counts["qabas"]
    assert (rasid.pending, rasid.stored, rasid.failed, rasid.noted, rasid.articles, rasid.entries) == (0, 4, 1, 0, 4, 5)
    assert (qabas.pending, qabas.stored, qabas.articles) == (4, 1, 0)


def test_no_question_reads_a_whole_table(filled: Archive, run: str) -> None:
    """Every statement of the crawl's way and of the reading pages is served by an index."""
    asked: list[tuple[str, object]] = []

    @event.listens_for(filled._reader, "before_cursor_execute")
    def note(conn: object, cursor: object, statement: str, parameters: object, context: object, many: bool) -> None:
        if not many and statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
            asked.append((statement, parameters))

    new = TALKS + "\n" + body("النهر")
    filled.admit(run, snapshot(item("4", "عنوان آخر"), item("5")), first_poll_max_age_s=WEEK_S)
    filled.store(run, worked("5", new, verdicts=[verdict(new)]), place=place)
    filled.store(run, worked("5", new + "\nتحديث", verdicts=[verdict(new, flagged=False)]), place=place)
    filled.fail(run, entry_id("4"), reason=Reason.DNS, detail=None, next_try_at=NOON)
    rolled = snapshot(item("6", "سادس"), item("7", "سابع"), at=NOON + timedelta(hours=1))
    assert filled.admit(run, rolled, first_poll_max_age_s=WEEK_S).gap, "the look for known items is made too"
    filled.admit_each(run, [no_answer(Reason.DNS)])
    filled.feed_state("rasid", FEED)
    filled.feed_states(["rasid"])
    filled.item_hashes(["rasid"])
    filled.host("https://rasid.example:443")
    filled.run_outlets(run)
    filled.due("rasid", now=NOON)
    filled.is_due(entry_id("4"), NOON)
    filled.copy_of("x")
    filled.signatures.mark(5)
    filled.signatures.all_signed(NOON)
    filled.signatures.between(NOON.date(), NOON.date(), after=1)
    filled.reports.around(NOON)
    filled.reports.texts(["a1"])
    filled.marks.unmade(10)
    filled.marks.made({"a1": "5f1b"})
    filled.marks.lost_since(NOON)
    filled.runs(5)
    filled.outlet_counts()
    filled.flagged(since=NOON, limit=50)
    filled.flagged(topic=TOPIC[0], theatre="العراق", limit=50)
    filled.story(story_id("0"))
    filled.find("s1")
    filled.by_url("https://rasid.example/0")
    assert len(asked) > 50
    scans = []
    with filled._reading() as conn:
        for statement, parameters in asked:
            plan = conn.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)  # type: ignore[arg-type]
            steps = [row.detail for row in plan]
            if any(re.match(r"SCAN (?!.*USING (COVERING )?INDEX)(?!unconfirmed)", step) for step in steps):
                scans.append((statement, steps))
            # sorting is for a handful of rows, never for the list of flags or of entries
            if "FROM flags JOIN" in statement or "FROM entries" in statement:
                assert not any("USE TEMP B-TREE FOR ORDER BY" in step for step in steps), (statement, steps)
    assert scans == []

"""The storing transaction: one article a text, one flag a story and topic, whatever is repeated."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mirqab.archive import Archive, ArticleDetail
from mirqab.copies import signature
from mirqab.errors import ArchiveError
from mirqab.stories import place
from mirqab.types import EntryState, FlagState, Relation, Stored, Verdict, Worked, make_id
from tests.archive.making import NOON, TALKS, TOPIC, WEEK_S, body, entry_id, item, snapshot, verdict, worked

SLUGS = ("1", "2", "3", "4")


@pytest.fixture(autouse=True)
def entries(archive: Archive, run: str) -> None:
    """Two outlets carry four entries each."""
    for outlet in ("rasid", "qabas"):
        host = f"{outlet}.example"
        shot = snapshot(
            *(item(slug, host=host) for slug in SLUGS), outlet=outlet, url=f"https://{host}/rss.xml", at=NOON
        )
        archive.admit(run, shot, first_poll_max_age_s=WEEK_S)


def store(archive: Archive, run: str, page: Worked) -> Stored:
    return archive.store(run, page, place=place)


def article(archive: Archive, slug: str, **of: str) -> ArticleDetail:
    found = archive.article(make_id("a", entry_id(slug, **of)))
    assert found is not None
    return found


def test_a_page_becomes_an_article_in_a_story_of_its_own(archive: Archive, run: str) -> None:
    page = worked("1", body("الماء"))
    stored = store(archive, run, page)
    assert page.article is not None
    assert stored.article == page.article.id
    assert stored.placement is not None
    assert (stored.placement.story, stored.placement.relation) == (make_id("s", page.article.id), Relation.NEW)
    assert (stored.raised, stored.already) == ((), False)
    detail = article(archive, "1")
    assert detail.article == page.article
    assert (detail.raw, detail.judged, detail.versions) == (page.raw, (TOPIC,), 0)
    entry = archive.entry(page.entry)
    assert entry is not None
    assert (entry.state, entry.article) == (EntryState.STORED, page.article.id)
    assert archive.copy_of(page.article.fingerprint) == page.article.id


def test_storing_again_changes_nothing(archive: Archive, run: str) -> None:
    text = TALKS + "\n" + body("المحادثات")
    page = worked("1", text, verdicts=[verdict(text)])
    assert store(archive, run, page).raised == (TOPIC[0],)
    before = archive.story(make_id("s", make_id("a", page.entry)))
    again = store(archive, run, page)
    assert (again.already, again.raised) == (True, ())
    assert archive.story(make_id("s", make_id("a", page.entry))) == before
    assert len(archive.flagged()) == 1


def test_the_same_text_elsewhere_is_a_sighting_of_the_first(archive: Archive, run: str) -> None:
    text = TALKS + "\n" + body("المحادثات")
    first = store(archive, run, worked("1", text, verdicts=[verdict(text)]))
    copy = worked("1", text, headline="عنوان آخر", outlet="qabas", host="qabas.example", verdicts=[verdict(text)])
    second = store(archive, run, copy)
    assert second.article == first.article
    assert second.placement is not None
    assert first.placement is not None
    assert second.placement.story == first.placement.story
    assert (second.placement.relation, second.placement.nearest) == (Relation.EXACT, first.article)
    assert (second.raised, second.already) == ((), False)
    story = archive.story(first.placement.story)
    assert story is not None
    assert [(one.outlet, one.relation, one.headline) for one in story.sightings] == [
        ("rasid", Relation.NEW, "عنوان الخبر"),
        ("qabas", Relation.EXACT, "عنوان آخر"),
    ]
    assert len(story.articles) == 1
    (flagged,) = archive.flagged()
    assert flagged.outlets == ("qabas", "rasid")  # in one minute: by name
    assert store(archive, run, copy).already


def test_two_addresses_that_end_at_one_page_are_one_article(archive: Archive, run: str) -> None:
    final = "https://rasid.example/full/1"
    store(archive, run, worked("1", body("الماء"), final_url=final))
    second = store(archive, run, worked("2", body("الماء والكهرباء"), final_url=final, minutes=5))
    first = article(archive, "1")
    assert second.article == first.article.id
    assert (first.article.body, first.versions) == (body("الماء والكهرباء"), 1), "the page's text is brought up to date"
    assert archive.article(make_id("a", entry_id("2"))) is None


def test_a_changed_page_keeps_its_former_text(archive: Archive, run: str, archive_url: str) -> None:
    store(archive, run, worked("1", body("الماء")))
    stored = store(archive, run, worked("1", body("النار"), headline="عنوان محدث", minutes=9))
    assert stored.placement is not None
    assert (stored.already, stored.placement.relation) == (False, Relation.UPDATE)
    detail = article(archive, "1")
    assert (detail.article.headline, detail.article.body, detail.versions) == ("عنوان محدث", body("النار"), 1)
    assert detail.raw is not None
    assert detail.raw.offset == 19
    with sqlite3.connect(archive_url.removeprefix("sqlite:///")) as db:
        assert db.execute("SELECT number, headline, body, raw_offset FROM versions").fetchall() == [
            (1, "عنوان الخبر", body("الماء"), 10)
        ]
    db.close()
    store(archive, run, worked("1", body("النار"), headline="عنوان محدث ثان", minutes=10))
    assert article(archive, "1").versions == 2, "a new headline over the same body is a new text too"


def test_a_changed_text_is_judged_afresh_and_its_flag_withdrawn_or_opened_again(archive: Archive, run: str) -> None:
    talks = TALKS + "\n" + body("المحادثات")
    store(archive, run, worked("1", talks, verdicts=[verdict(talks)]))
    store(archive, run, worked("1", body("الطقس"), verdicts=[]))
    assert archive.flagged() == []
    (withdrawn,) = archive.flagged(states=tuple(FlagState))
    assert withdrawn.state is FlagState.WITHDRAWN
    assert article(archive, "1").verdicts == ()
    stored = store(archive, run, worked("1", talks + "\nتحديث", verdicts=[verdict(talks, score=9.0)]))
    assert stored.raised == (), "a flag is raised once"
    (flagged,) = archive.flagged()
    assert (flagged.state, flagged.score) == (FlagState.OPEN, 9.0)


def test_a_persons_decision_outlives_the_text(archive: Archive, run: str, archive_url: str) -> None:
    talks = TALKS + "\n" + body("المحادثات")
    store(archive, run, worked("1", talks, verdicts=[verdict(talks)]))
    with sqlite3.connect(archive_url.removeprefix("sqlite:///")) as db:
        db.execute("UPDATE flags SET state = 'relevant'")
    db.close()
    store(archive, run, worked("1", body("الطقس")))
    (flagged,) = archive.flagged()
    assert flagged.state is FlagState.RELEVANT


def test_a_storys_flag_follows_the_best_verdict_of_its_articles(archive: Archive, run: str) -> None:
    former = TALKS + "\n" + body("المحادثات")
    store(archive, run, worked("1", former, verdicts=[verdict(former, score=6.0)]))
    store(archive, run, worked("1", former + "\nتحديث", verdicts=[verdict(former, score=5.5)], minutes=5))
    # another outlet carries the former text: an article of the same story
    late = worked("1", former, outlet="qabas", host="qabas.example", verdicts=[verdict(former, score=6.0)], minutes=9)
    assert late.article is not None
    made = signature(late.article.headline, former)
    stored = store(archive, run, replace(late, article=replace(late.article, signature=made)))
    assert stored.placement is not None
    assert (stored.placement.relation, stored.raised) == (Relation.UPDATE, ())
    (flagged,) = archive.flagged()
    assert (flagged.score, flagged.outlet, flagged.outlets) == (6.0, "qabas", ("rasid", "qabas"))
    story = archive.story(flagged.story)
    assert story is not None
    assert [one.article.outlet for one in story.articles] == ["rasid", "qabas"], "the lead is the one stored first"


def test_a_page_that_became_a_copy_of_another_article_keeps_its_own(archive: Archive, run: str) -> None:
    store(archive, run, worked("1", body("عاجل")))
    wire = store(archive, run, worked("2", body("البرقية")))
    stored = store(archive, run, worked("1", body("البرقية"), minutes=7))
    own = article(archive, "1")
    assert stored.article == own.article.id
    assert (own.article.body, own.versions) == (body("البرقية"), 1)
    assert wire.placement is not None
    story = archive.story(wire.placement.story)
    assert story is not None
    assert [(one.relation, one.url) for one in story.sightings if one.article == wire.article] == [
        (Relation.NEW, "https://rasid.example/2"),
        (Relation.EXACT, "https://rasid.example/1"),
    ]
    assert store(archive, run, worked("1", body("البرقية"), minutes=8)).already
    # and the page may have a text of its own again
    store(archive, run, worked("1", body("تحقيق"), minutes=9))
    assert (article(archive, "1").article.body, article(archive, "1").versions) == (body("تحقيق"), 2)


def test_a_new_topic_version_replaces_the_verdict_of_an_unchanged_text(archive: Archive, run: str) -> None:
    text = TALKS + "\n" + body("المحادثات")
    store(archive, run, worked("1", text, verdicts=[verdict(text, flagged=False, score=3.0)]))
    better: Verdict = verdict(text, topic=(TOPIC[0], "v2"))
    stored = store(archive, run, worked("1", text, verdicts=[better], version="v2"))
    assert stored.raised == (TOPIC[0],)
    detail = article(archive, "1")
    assert (detail.verdicts, detail.judged) == ((better,), ((TOPIC[0], "v2"),))


def test_verdicts_come_back_as_they_went_in(archive: Archive, run: str) -> None:
    text = TALKS + "\n" + body("المحادثات")
    every = [verdict(text), verdict(text, topic=("economy", "v7"), flagged=False, score=1.5)]
    store(archive, run, worked("1", text, verdicts=every))
    assert article(archive, "1").verdicts == tuple(sorted(every, key=lambda one: one.topic))
    (flagged,) = archive.flagged()
    assert (flagged.theatres, flagged.facets["act"], flagged.top_evidence) == (("العراق", "سوريا"), ("talks",), TALKS)


def test_nul_and_lone_surrogates_keep_offsets(archive: Archive, run: str) -> None:
    text = "\x00\ud83d" + TALKS + "\n" + body("المحادثات")
    store(archive, run, worked("1", text, headline="عنوان\x00", verdicts=[verdict(text)]))
    detail = article(archive, "1")
    assert detail.article.headline == "عنوان\ufffd"
    assert detail.article.body == text.replace("\x00", "\ufffd").replace("\ud83d", "\ufffd")
    (sentence,) = detail.verdicts[0].sentences
    assert detail.article.body[sentence.evidence[0].span.start : sentence.evidence[0].span.stop] == (
        sentence.evidence[0].text
    )
    assert store(archive, run, worked("1", text, headline="عنوان\x00", verdicts=[verdict(text)])).already


def test_unconfirmed_articles_are_known_until_they_are_marked(archive: Archive, run: str) -> None:
    one, two = (store(archive, run, worked(slug, body(slug))).article for slug in ("1", "2"))
    assert one is not None
    assert two is not None
    store(archive, run, worked("3", body("1")))  # a copy adds no mark
    unmade = archive.marks.unmade(10)
    texts = {article.article: article.fingerprint for article in unmade}
    assert texts.keys() == {one, two}
    assert all(archive.copy_of(text) == article for article, text in texts.items())
    archive.marks.made(texts)
    assert archive.marks.unmade(10) == []
    store(archive, run, worked("2", body("نص جديد")))
    archive.marks.made(texts)
    (unmade_again,) = archive.marks.unmade(10)
    assert unmade_again.article == two, "a new text has a new mark"
    archive.marks.made({two: unmade_again.fingerprint})
    archive.marks.lost_since(datetime.now(UTC) + timedelta(hours=1))
    assert archive.marks.unmade(10) == []
    archive.marks.lost_since(datetime.now(UTC) - timedelta(hours=1))
    assert {article.article for article in archive.marks.unmade(10)} == {one, two}


def test_an_unknown_entry_is_an_error_and_leaves_nothing(archive: Archive, run: str, archive_url: str) -> None:
    with pytest.raises(ArchiveError, match=entry_id("9")):
        store(archive, run, worked("9", body("9")))
    with sqlite3.connect(archive_url.removeprefix("sqlite:///")) as db:
        assert db.execute("SELECT count(*) FROM articles").fetchone() == (0,)
    db.close()


def test_the_database_itself_refuses_a_second_article_of_one_text(archive: Archive, run: str, archive_url: str) -> None:
    store(archive, run, worked("1", body("1")))
    path = Path(archive_url.removeprefix("sqlite:///"))
    db = sqlite3.connect(path)
    for column, value in (("url_key", "other.example/"), ("fingerprint", "other")):
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            db.execute(
                f"INSERT INTO articles SELECT 'a9', entry, story, relation, nearest, similarity, outlet, url, "
                f"{'?' if column == 'url_key' else 'url_key'}, {'?' if column == 'fingerprint' else 'fingerprint'}, "
                "headline, published, published_raw, updated, updated_raw, authors, language, extractor, quality, "
                "fetched_at, stored_at, raw_file, raw_offset, raw_length, body, embeds, agencies, "
                "placed_by FROM articles",
                (value,),
            )
    db.close()


def test_a_flag_may_have_neither_a_sentence_nor_a_headline_for_its_evidence(archive: Archive, run: str) -> None:
    archive.admit(run, snapshot(item("1")), first_poll_max_age_s=WEEK_S)
    silent = replace(verdict(TALKS), sentences=())
    stored = archive.store(run, worked("1", TALKS, headline="", verdicts=[silent]), place=place)
    assert stored.raised == (TOPIC[0],)
    (flagged,) = archive.flagged()
    assert flagged.top_evidence == ""

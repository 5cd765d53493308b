"""Kept pages worked anew by real workers: what is shown, what is written, and what is left alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mirqab.archive import Archive, RawWriter
from mirqab.fingerprints import fingerprint
from mirqab.intake.telling import WEIGHTS
from mirqab.reextraction import Change, Kind, Progress, reextract
from mirqab.stories import place
from mirqab.types import EntryState, FlagState, Page, PageHints, Reason, Worked
from mirqab.work import WorkPlan
from mirqab.workers import Workers
from tests.archive.making import NOON, WEEK_S, entry_id, item, snapshot, unworked, verdict, worked
from tests.workbench import bridges

HEADLINE = "افتتاح جسر النخيل الجديد بعد عامين من العمل"
LINES = [
    f"قالت بلدية النخيل إن المرحلة {number} من جسر المدينة الجديد انتهت قبل موعدها بأسابيع، "
    "وإن حركة السير عليه تبدأ يوم الأحد."
    for number in ("الأولى", "الثانية", "الثالثة", "الرابعة", "الخامسة")
]
BODY = "\n".join(LINES)


def html(lines: list[str], *, headline: str = HEADLINE) -> bytes:
    paragraphs = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f'<html lang="ar"><head><title>{headline}</title><meta charset="utf-8">'
        '<meta property="article:published_time" content="2026-11-22T12:00:00+00:00"></head>'
        f"<body><article><h1>{headline}</h1>{paragraphs}</article></body></html>"
    ).encode()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'archive.sqlite3'}"


@pytest.fixture
def archive(tmp_path: Path, url: str) -> Iterator[Archive]:
    opened = Archive.open(url, raw_folder=tmp_path / "raw")
    yield opened
    opened.close()


@pytest.fixture
def run(archive: Archive) -> str:
    return archive.start_run("reextract", topics=[])


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    pool = Workers(WorkPlan(), count=1, page_time_s=20, page_memory_mb=500, feed_time_s=10)
    yield pool
    pool.close_now()


def keep(archive: Archive, outcome: Worked, page: bytes) -> Worked:
    """Store what was once made of a page, and the page."""
    assert archive.raw_folder is not None
    writer = RawWriter(archive.raw_folder)
    raw = writer.append(
        Page(
            entry=outcome.entry,
            outlet=outcome.outlet,
            url=outcome.page_url,
            final_url=outcome.final_url,
            status=200,
            headers=(("Content-Type", "text/html; charset=utf-8"),),
            body=page,
            content_encoding="",
            fetched_at=outcome.fetched_at,
            hints=PageHints(),
        )
    )
    writer.close()
    crawl = archive.start_run("crawl", topics=[])
    archive.admit(crawl, snapshot(item(outcome.page_url.rpartition("/")[2])), first_poll_max_age_s=WEEK_S)
    if outcome.article is None:
        assert outcome.problem is not None
        archive.fail(
            crawl, outcome.entry, reason=outcome.problem, detail=None, next_try_at=None, answered=True, raw=raw
        )
    else:
        archive.store(crawl, replace(outcome, raw=raw), place=place)
    archive.end_run(crawl, exit_code=0, finish="finished")
    return replace(outcome, raw=raw)


def once(slug: str, text: str, *, flagged: bool = False, authors: tuple[str, ...] = (), minutes: int = 0) -> Worked:
    """Return what was once taken out of a page."""
    made = worked(slug, text, headline=HEADLINE, verdicts=[verdict(text)] if flagged else [], minutes=minutes)
    assert made.article is not None
    return replace(made, article=replace(made.article, authors=authors))


def work(archive: Archive, workers: Workers, *, run: str | None, progress: Progress | None = None) -> list[Change]:
    steps = reextract(archive, workers, {}, progress or Progress(), only=None, since=None, run=run)
    return [change for batch in steps for change in batch]


def test_a_page_that_gives_the_same_changes_nothing(archive: Archive, workers: Workers, run: str) -> None:
    keep(archive, once("1", BODY), html(LINES))
    progress = Progress()
    assert work(archive, workers, run=run, progress=progress) == []
    assert (progress.pages, progress.unreadable, progress.undecided) == (1, 0, 0)


def test_a_dry_run_shows_the_change_and_writes_nothing(archive: Archive, workers: Workers, url: str) -> None:
    menu = "اقرأ أيضاً: أخبار أخرى من المدينة"
    kept = keep(archive, once("1", f"{BODY}\n{menu}", authors=("قائمة",)), html(LINES))
    before = sqlite3.connect(url.removeprefix("sqlite:///")).execute("SELECT * FROM articles").fetchall()
    (change,) = work(archive, workers, run=None)
    assert (change.kind, change.removed, change.added, change.written) == (Kind.CHANGED, (menu,), (), False)
    assert change.fields == {"authors": ("قائمة", "")}
    assert change.entry == kept.entry
    assert sqlite3.connect(url.removeprefix("sqlite:///")).execute("SELECT * FROM articles").fetchall() == before


def test_a_new_text_is_a_new_version_of_the_same_fetch(archive: Archive, workers: Workers, run: str) -> None:
    old = f"{BODY}\nشارك الخبر"
    kept = keep(archive, once("1", old, flagged=True), html(LINES))
    assert kept.article is not None
    (change,) = work(archive, workers, run=run)
    assert (change.written, change.lost, change.gained) == (True, ("troop-withdrawal-talks",), ())
    detail = archive.article(kept.article.id)
    assert detail is not None
    assert (detail.article.body, detail.versions, detail.raw) == (BODY, 1, kept.raw)
    assert detail.article.fetched_at == kept.fetched_at
    assert archive.flagged() == []
    assert [story.state for story in archive.flagged(states=tuple(FlagState))] == ["withdrawn"]
    assert work(archive, workers, run=run) == [], "the second time there is nothing to do"
    assert archive.page_facts(since=NOON)["rasid"][0].length == len(old), "what runs took out is not counted twice"
    assert archive.runs()[-1].fetched + archive.runs()[0].fetched == 1


def test_a_person_s_decision_stays(archive: Archive, workers: Workers, run: str, url: str) -> None:
    keep(archive, once("1", f"{BODY}\nشارك الخبر", flagged=True), html(LINES))
    db = sqlite3.connect(url.removeprefix("sqlite:///"))
    db.execute("UPDATE flags SET state = 'relevant'")
    db.commit()
    db.close()
    work(archive, workers, run=run)
    assert [story.state for story in archive.flagged()] == ["relevant"]


def test_pages_become_articles_and_cease_to_be(archive: Archive, workers: Workers, run: str) -> None:
    keep(archive, unworked("1"), html(LINES))
    gone = keep(archive, once("2", BODY + "\nقائمة", flagged=True), b"<html><body><p>menu</p></body></html>")
    keep(archive, unworked("3", Reason.WRONG_LANGUAGE), b"<html><body><p>menu</p></body></html>")
    found = {change.entry: change for change in work(archive, workers, run=run)}
    assert {entry: change.kind for entry, change in found.items()} == {
        entry_id("1"): Kind.BECOMES_ARTICLE,
        entry_id("2"): Kind.NO_ARTICLE,
        entry_id("3"): Kind.OTHER_REASON,
    }
    became = archive.entry(entry_id("1"))
    assert became is not None
    assert became.article is not None
    assert became.state is EntryState.STORED
    assert gone.article is not None
    detail, entry = archive.article(gone.article.id), archive.entry(gone.entry)
    assert detail is not None
    assert entry is not None
    assert detail.verdicts == ()
    assert detail.article.body.startswith(BODY), "the text stays, as that of a page that went away does"
    assert entry.reason in (Reason.NO_ARTICLE, Reason.EMPTY)
    assert archive.flagged() == []
    assert work(archive, workers, run=run) == []


def test_a_page_that_becomes_a_flagged_article_is_asked_for_its_event(
    archive: Archive, run: str, tmp_path: Path
) -> None:
    keep(archive, unworked("1"), html([*LINES, bridges.DECIDED]))
    plan = WorkPlan(topics=(bridges.compiled(tmp_path, bridges.BRIDGES),))
    pool = Workers(plan, count=1, page_time_s=20, page_memory_mb=500, feed_time_s=10)
    try:
        (change,) = work(archive, pool, run=run)
    finally:
        pool.close_now()
    assert (change.kind, change.written, change.gained) == (Kind.BECOMES_ARTICLE, True, ("bridges",))
    assert archive.reports.weights(WEIGHTS) is not None


def test_a_copy_that_is_none_becomes_an_article(archive: Archive, workers: Workers, run: str) -> None:
    shell = "نص قصير تكرر في كل الصفحات حين كانت القراءة خاطئة، وهو ليس خبراً بل وصف للموقع لا غير."
    keep(archive, once("1", shell), html(LINES))
    keep(archive, once("2", shell, minutes=1), html([line.replace("النخيل", "الصفصاف") for line in LINES]))
    kinds = sorted(change.kind for change in work(archive, workers, run=run))
    assert kinds == [Kind.BECOMES_ARTICLE, Kind.CHANGED]
    trail = archive.by_url("https://rasid.example/2")
    assert trail is not None
    assert not trail.copy


def test_what_waits_to_be_fetched_goes_on_waiting(archive: Archive, workers: Workers, run: str) -> None:
    keep(archive, once("1", BODY + "\nشارك"), html(LINES))
    archive.add_entry("rasid", "https://rasid.example/1")
    (change,) = work(archive, workers, run=run)
    assert change.written
    entry = archive.entry(entry_id("1"))
    assert entry is not None
    assert entry.state is EntryState.PENDING


def test_a_page_fetched_again_meanwhile_is_left(archive: Archive, workers: Workers, run: str) -> None:
    keep(archive, once("1", BODY + "\nشارك"), html(LINES))
    ((kept,), _) = archive.kept_entries()
    assert kept.article is not None
    newer = once("1", BODY + "\nمستجدات", minutes=30)
    keep(archive, newer, html(LINES))
    text = replace(kept.article, body=BODY, fingerprint=fingerprint(HEADLINE, BODY))
    assert archive.rework(run, kept, replace(newer, article=text), place=place) is None
    detail = archive.article(kept.article.id)
    assert detail is not None
    assert detail.article.body.endswith("مستجدات")


def test_it_goes_on_where_it_was(archive: Archive, workers: Workers, run: str) -> None:
    for number in range(4):
        keep(
            archive,
            once(str(number), f"{BODY}\nشارك {number}"),
            html([*LINES, f"خاتمة الخبر رقم {number} من الجريدة المحلية في المدينة."]),
        )
    last = sorted(entry_id(str(number)) for number in range(4))[1]
    assert len(work(archive, workers, run=None, progress=Progress(after=last))) == 2


def test_a_record_that_cannot_be_read_is_counted(archive: Archive, workers: Workers, run: str) -> None:
    kept = keep(archive, once("1", BODY), html(LINES))
    assert archive.raw_folder is not None
    assert kept.raw is not None
    (archive.raw_folder / kept.raw.file).unlink()
    progress = Progress()
    assert work(archive, workers, run=run, progress=progress) == []
    assert progress.unreadable == 1

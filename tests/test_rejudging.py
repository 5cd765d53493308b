"""Stored articles judged anew: which flags open and close, what persons said stays, and a kill costs nothing."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mirqab.archive import Archive, Chosen, Marked
from mirqab.cli.rematch_command import progress_line
from mirqab.documents import read_document
from mirqab.rejudging import Kind, Outcome, Progress, rejudge, withdraw
from mirqab.stories import place
from mirqab.topics import Judge, Topic, compile_topic, worth_keeping
from mirqab.types import Decision, FlagState, RaisedBy, Reason, Worked, make_id
from mirqab.work import WorkPlan
from mirqab.workers import Workers
from tests.archive.making import NOON, WEEK_S, body, entry_id, item, snapshot, worked

TOPIC = """
معرّف: exchange
موضوع: تبادل الأسرى
عتبة: {threshold}
مفاهيم:
  تبادل: [تبادل, إطلاق سراح]
  أسرى: [أسرى, أسير]
  كلام: [محادثات, مفاوضات]
تراكيب:
- اسم: تبادل_أسرى
  أي:
  - [تبادل, أسرى, 3, بعده]
قواعد:
- {{اسم: تبادل مع كلام, معا: [تبادل_أسرى, كلام], ضمن: 12, نقاط: 4}}
- {{اسم: تبادل وحده, معا: [تبادل_أسرى], نقاط: 2}}
"""
TALKS = "استؤنفت في مدينة النخيل المفاوضات على تبادل الأسرى بين الجانبين."
ALONE = "شهد معبر الصفصاف اليوم إطلاق سراح أسير بعد عام من الغياب."
STRICT, USUAL, LAX = 5, 3, 1


def topic(folder: Path, threshold: int) -> Topic:
    file = folder / f"exchange-{threshold}.yaml"
    file.write_text(TOPIC.format(threshold=threshold), encoding="utf-8")
    return compile_topic(read_document(file))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("topics")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'archive.sqlite3'}"


@pytest.fixture
def archive(url: str) -> Iterator[Archive]:
    opened = Archive.open(url)
    yield opened
    opened.close()


Rematch = Callable[..., list[Outcome]]


@pytest.fixture(scope="module")
def pools(folder: Path) -> Iterator[Callable[[Topic], Workers]]:
    made: dict[str, Workers] = {}

    def of(judging: Topic) -> Workers:
        if judging.version not in made:
            made[judging.version] = pool(judging)
        return made[judging.version]

    yield of
    for workers in made.values():
        workers.close_now()


def pool(judging: Topic) -> Workers:
    plan = WorkPlan(topics=(judging,))
    return Workers(plan, count=1, page_time_s=20, page_memory_mb=500, feed_time_s=10)


@pytest.fixture
def rematch(archive: Archive, folder: Path, pools: Callable[[Topic], Workers]) -> Rematch:
    """Judges the archive anew by the topic with this threshold."""

    def run(threshold: int, *, keep: bool = True, progress: Progress | None = None, **narrow: object) -> list[Outcome]:
        judging = topic(folder, threshold)
        chosen = replace(Chosen(topics={judging.id: judging.version}), **narrow)  # type: ignore[arg-type]
        steps = rejudge(archive, pools(judging), chosen, progress or Progress(), keep=keep)
        return [outcome for step in steps for outcome in step]

    return run


def page(slug: str, text: str, judging: Topic, *, outlet: str = "rasid", minutes: int = 0) -> Worked:
    """Return a page as a crawl with this topic hands it over."""
    made = worked(slug, text, outlet=outlet, headline=f"خبر {slug}", minutes=minutes)
    assert made.article is not None
    said = Judge([judging]).judge(title=made.article.headline, text=text, published=NOON)
    return replace(made, verdicts=tuple(filter(worth_keeping, said)), judged=((judging.id, judging.version),))


def fill(archive: Archive, judging: Topic, *texts: str, outlet: str = "rasid", first: int = 0) -> list[str]:
    """Store these texts as a crawl would have, under numbers from `first` on; return their stories."""
    run = archive.start_run("crawl", topics=[])
    slugs = [str(first + number) for number in range(len(texts))]
    archive.admit(run, snapshot(*map(item, slugs), outlet=outlet), first_poll_max_age_s=WEEK_S)
    for slug, text in zip(slugs, texts, strict=True):
        archive.store(run, page(slug, text, judging, outlet=outlet), place=place)
    archive.end_run(run, exit_code=0, finish="finished")
    return [make_id("s", make_id("a", entry_id(slug, outlet=outlet))) for slug in slugs]


def states(archive: Archive) -> dict[str, FlagState]:
    return {line.story: line.state for line in archive.flagged(states=tuple(FlagState))}


def decide(archive: Archive, story: str, decision: Decision, judging: Topic) -> Marked:
    detail = archive.story(story)
    assert detail is not None
    text = detail.articles[0].article
    (said,) = Judge([judging]).judge(title=text.headline, text=text.body, published=None)
    return archive.decide(story, decision, by="سلمى", note=None, fallback=(text.id, said))


def contents(url: str) -> list[object]:
    """Return all that the archive holds, apart from when it was written."""
    db = sqlite3.connect(url.removeprefix("sqlite:///"))
    db.execute("PRAGMA query_only = 1")
    rows: list[object] = []
    for query in (
        "SELECT story, topic, state, article, topic_version, score, earned, raised_by FROM flags ORDER BY 1, 2",
        "SELECT article, topic, version, flagged, score, verdict FROM verdicts ORDER BY 1, 2",
        "SELECT article, topics FROM judged ORDER BY 1",
        "SELECT * FROM flag_facets ORDER BY 1, 2, 3, 4",
    ):
        rows.append(db.execute(query).fetchall())
    db.close()
    return rows


# -------------------------------------------------------------------------------------------------- flags


def test_flags_open_and_close_as_the_topic_says_now(archive: Archive, folder: Path, rematch: Rematch) -> None:
    talks, alone, other = fill(archive, topic(folder, USUAL), TALKS, ALONE, body("الجسر"))
    (opened,) = [one for one in rematch(LAX) if one.kind is not Kind.KEPT]
    assert (opened.kind, opened.change.story, opened.change.evidence) == (Kind.OPENED, alone, ALONE.rstrip("."))
    assert opened.verdict is not None
    assert {item.rule for item in opened.verdict.evidence} == {"تبادل وحده"}
    assert {line.story: line.raised_by for line in archive.flagged()} == {
        talks: RaisedBy.CRAWL,
        alone: RaisedBy.REMATCH,
    }
    kinds = {outcome.change.story: outcome for outcome in rematch(STRICT)}
    assert {one.kind for one in kinds.values()} == {Kind.WITHDRAWN}
    assert kinds[talks].change.evidence == TALKS.rstrip(".")
    said = kinds[talks].verdict
    assert said is not None
    assert said.missing, "it is told what is missing now"
    assert states(archive) == dict.fromkeys((talks, alone), FlagState.WITHDRAWN)
    assert other not in states(archive)
    assert [one.kind for one in rematch(USUAL)] == [Kind.OPENED]
    assert archive.article(make_id("a", entry_id("2"))).judged == (("exchange", topic(folder, USUAL).version),)  # type: ignore[union-attr]


def test_what_the_present_version_judged_is_not_judged_again(archive: Archive, folder: Path, rematch: Rematch) -> None:
    fill(archive, topic(folder, USUAL), TALKS, ALONE)
    progress = Progress()
    assert rematch(USUAL, progress=progress) == []
    assert (progress.total, progress.judged) == (0, 0)
    assert [one.kind for one in rematch(USUAL, progress=progress, everything=True)] == [Kind.KEPT]
    assert (progress.total, progress.judged) == (2, 2)


def test_a_dry_run_shows_the_same_and_writes_nothing(
    archive: Archive, url: str, folder: Path, rematch: Rematch
) -> None:
    fill(archive, topic(folder, USUAL), TALKS, ALONE, body("الجسر"))
    before = contents(url)
    shown = rematch(LAX, keep=False)
    assert contents(url) == before
    assert shown == rematch(LAX)
    assert contents(url) != before


def test_a_story_is_settled_once_by_all_its_articles(archive: Archive, folder: Path, rematch: Rematch) -> None:
    judging = topic(folder, USUAL)
    (story,) = fill(archive, judging, TALKS)
    run = archive.start_run("crawl", topics=[])
    archive.admit(run, snapshot(item("9"), outlet="sadeem"), first_poll_max_age_s=WEEK_S)
    other = page("9", ALONE, judging, outlet="sadeem")
    archive.store(run, other, place=lambda found, _: replace(place(found, None), story=story))
    (kept,) = rematch(LAX)
    assert (kept.kind, kept.change.score) == (Kind.KEPT, 4.0)
    # the second article alone would not keep it, the first one not read again does
    assert [one.kind for one in rematch(USUAL, outlets=["sadeem"])] == [Kind.KEPT]
    assert [one.kind for one in rematch(STRICT, outlets=["rasid"])] == [Kind.WITHDRAWN]


def test_only_some_outlets_and_stories_since(archive: Archive, folder: Path, rematch: Rematch) -> None:
    fill(archive, topic(folder, USUAL), TALKS, ALONE)
    fill(archive, topic(folder, USUAL), TALKS + " ثانية", outlet="sadeem", first=5)
    assert len(rematch(STRICT, keep=False)) == 2
    assert len(rematch(STRICT, keep=False, outlets=["sadeem"])) == 1
    first = min(line.first_seen_at for line in archive.flagged())
    assert len(rematch(STRICT, keep=False, since=first)) == 2
    assert rematch(STRICT, keep=False, since=NOON.replace(year=2100)) == []


def test_a_page_that_is_no_article_any_more_raises_nothing(archive: Archive, folder: Path, rematch: Rematch) -> None:
    run = archive.start_run("crawl", topics=[])
    archive.admit(run, snapshot(item("1")), first_poll_max_age_s=WEEK_S)
    kept = page("1", TALKS, topic(folder, USUAL))
    archive.store(run, kept, place=place)
    ((entry,), _) = archive.kept_entries()
    archive.rework(run, entry, replace(kept, article=None, verdicts=(), problem=Reason.NO_ARTICLE), place=place)
    progress = Progress()
    assert rematch(LAX, progress=progress, everything=True) == []
    assert progress.total == 0
    assert archive.flagged() == []


def test_each_topic_s_version_is_known_though_they_are_judged_apart(
    archive: Archive, folder: Path, rematch: Rematch
) -> None:
    fill(archive, topic(folder, USUAL), TALKS, ALONE)
    lax, strict = topic(folder, LAX), topic(folder, STRICT)
    both = Chosen(topics={"exchange": lax.version, "other": "v1"})
    assert archive.count_stale(both) == 2
    batch = archive.stale(Chosen(topics={"other": "v1"}), after="", limit=10)
    assert batch is not None
    # beside it, another process judges the same articles by another topic
    rematch(LAX)
    done = archive.rejudge(Chosen(topics={"other": "v1"}), batch, {one.id: () for one in batch.articles}, keep=True)
    assert done.left == 0
    detail = archive.article(make_id("a", entry_id("0")))
    assert detail is not None
    assert detail.judged == (("exchange", lax.version), ("other", "v1"))
    assert archive.count_stale(both) == 0
    assert archive.count_stale(Chosen(topics={"exchange": strict.version})) == 2


def test_an_article_that_a_person_moves_meanwhile_is_settled_where_it_is(archive: Archive, folder: Path) -> None:
    alone, bridge = fill(archive, topic(folder, USUAL), ALONE, body("الجسر"))
    lax = topic(folder, LAX)
    chosen = Chosen(topics={lax.id: lax.version})
    batch = archive.stale(chosen, after="", limit=10)
    assert batch is not None
    archive.merge_stories(bridge, alone, by="سلمى", note=None)
    said = {
        one.id: Judge([lax]).judge(title=one.text.headline, text=one.text.body, published=None)
        for one in batch.articles
    }
    done = archive.rejudge(chosen, batch, said, keep=True)
    assert [(one.story, one.after) for one in done.changes] == [(bridge, FlagState.OPEN)]
    assert states(archive) == {bridge: FlagState.OPEN}


# ------------------------------------------------------------------------------------------------ persons


def test_what_a_person_said_stays_and_the_verdict_beside_it_is_the_new_one(
    archive: Archive, folder: Path, rematch: Rematch
) -> None:
    judging = topic(folder, USUAL)
    talks, alone, other = fill(archive, judging, TALKS, ALONE, body("الجسر"))
    decide(archive, talks, Decision.RELEVANT, judging)
    decide(archive, alone, Decision.IRRELEVANT, judging)
    decide(archive, other, Decision.TO_CHECK, judging)
    said = {talks: FlagState.RELEVANT, alone: FlagState.IRRELEVANT, other: FlagState.TO_CHECK}
    for threshold, turned in ((STRICT, {talks}), (LAX, {talks, alone}), (USUAL, {alone})):
        outcomes = rematch(threshold)
        assert {one.kind for one in outcomes} == {Kind.KEPT}
        assert {one.change.story for one in outcomes if one.against_a_person} == turned
        assert states(archive) == said
        version = topic(folder, threshold).version
        lines = archive.flagged(states=tuple(FlagState))
        assert {line.topic_version for line in lines} == {version}
        assert {line.story: line.earned for line in lines} == {
            talks: threshold != STRICT,
            alone: threshold == LAX,
            other: False,
        }
    rematch(LAX)
    decided = decide(archive, alone, Decision.UNDONE, topic(folder, LAX))
    assert decided.after is FlagState.OPEN, "undone, the flag stands where the topic puts it"
    assert [one.topic_version for one in archive.decisions()] == [judging.version] * 2


def test_flags_of_a_topic_that_is_gone_are_withdrawn_and_judged_anew_when_it_returns(
    archive: Archive, url: str, folder: Path, rematch: Rematch
) -> None:
    judging = topic(folder, LAX)
    talks, alone, other = fill(archive, judging, TALKS, ALONE, body("الجسر"))
    decide(archive, alone, Decision.RELEVANT, judging)
    before = contents(url)
    progress = Progress()
    (shown,) = next(withdraw(archive, ["exchange"], progress, keep=False))
    assert contents(url) == before
    ((gone,),) = withdraw(archive, ["exchange"], progress, keep=True)
    assert gone == shown
    assert (gone.kind, gone.change.story, gone.undeclared) == (Kind.WITHDRAWN, talks, True)
    assert (gone.change.earned, gone.change.evidence) == (False, TALKS.rstrip("."))
    assert states(archive) == {talks: FlagState.WITHDRAWN, alone: FlagState.RELEVANT}
    assert list(withdraw(archive, ["exchange"], progress, keep=True)) == []
    # it comes back as it was: what was withdrawn is judged anew, and nothing else
    progress = Progress()
    assert [(one.kind, one.change.story) for one in rematch(LAX, progress=progress)] == [(Kind.OPENED, talks)]
    assert progress.total == 1
    assert contents(url) == before
    assert other not in states(archive)


def test_withdrawing_goes_on_where_it_was(archive: Archive, folder: Path) -> None:
    fill(archive, topic(folder, LAX), *many())
    flags = len(archive.flagged())
    assert flags > 100
    progress = Progress()
    steps = withdraw(archive, ["exchange"], progress, keep=True)
    assert len(next(steps)) == 100
    assert len(archive.flagged()) == flags - 100
    assert sum(map(len, withdraw(archive, ["exchange"], progress, keep=True))) == flags - 100
    assert archive.flagged() == []


def test_it_is_told_how_far_it_is_how_fast_and_how_long_it_will_take() -> None:
    progress = Progress(total=100_000, judged=24_990, left=10)
    progress.kinds[Kind.OPENED] = 7
    told = "25,000 of 100,000 articles (25%), 500 a second, 2 min left; 7 opened, 0 withdrawn, 0 kept"
    assert progress_line(progress, 50.0) == told
    assert "(100%), 0 a second, 0 s left" in progress_line(Progress(), 0.0)


# ---------------------------------------------------------------------------------------- kills and company


CHILD = """
import sys
from pathlib import Path
from mirqab.archive import Archive, Chosen
from mirqab.rejudging import Progress, rejudge
from tests.test_rejudging import pool, topic

if __name__ == "__main__":
    judging = topic(Path(sys.argv[2]), int(sys.argv[3]))
    archive, workers, progress = Archive.open(sys.argv[1]), pool(judging), Progress()
    for step in rejudge(archive, workers, Chosen(topics={judging.id: judging.version}), progress, keep=True):
        print(len(step), flush=True)
    print("judged", progress.judged)
    workers.close_now()
"""
STORIES = 230  # two batches and a piece


def many() -> list[str]:
    return [f"{(TALKS, ALONE, body('الجسر'))[number % 3]} وكان ذلك في اليوم {number}." for number in range(STORIES)]


@pytest.mark.parametrize(
    ("point", "done"), [pytest.param("rejudging:2", 100, marks=pytest.mark.full), ("rejudged:2", 200)]
)
def test_killed_it_goes_on_where_it_was(
    url: str, archive: Archive, folder: Path, tmp_path: Path, point: str, done: int, rematch: Rematch,
    child_environ: Callable[..., dict[str, str]],
) -> None:  # fmt: skip
    fill(archive, topic(folder, USUAL), *many())
    untouched = tmp_path / "untouched.sqlite3"
    sqlite3.connect(url.removeprefix("sqlite:///")).execute("VACUUM INTO ?", (str(untouched),))
    script = tmp_path / "child.py"
    script.write_text(CHILD, encoding="utf-8")
    command = [sys.executable, str(script), url, str(folder), str(LAX)]
    killed = subprocess.run(
        command, env=child_environ(MIRQAB_TEST_KILL_AT=point), capture_output=True, start_new_session=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    judging = topic(folder, LAX)
    assert archive.count_stale(Chosen(topics={judging.id: judging.version})) == STORIES - done
    progress = Progress()
    rematch(LAX, progress=progress)
    assert progress.judged == STORIES - done, "what was written is not done again"
    again = subprocess.run(
        [*command[:2], f"sqlite:///{untouched}", *command[3:]], env=child_environ(), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert again.stdout.splitlines()[-1] == f"judged {STORIES}", again.stderr
    assert contents(url) == contents(f"sqlite:///{untouched}"), "as if nothing had happened"


def test_a_crawl_beside_it_loses_nothing_and_what_changed_is_left(
    url: str, archive: Archive, folder: Path, pools: Callable[[Topic], Workers]
) -> None:
    usual, lax = topic(folder, USUAL), topic(folder, LAX)
    fill(archive, usual, *many()[:120])
    other = Archive.open(url)
    crawl = other.start_run("crawl", topics=[])
    other.admit(crawl, snapshot(*(item(f"new{n}") for n in range(40))), first_poll_max_age_s=WEEK_S)

    def go_on() -> None:
        for number in range(40):
            text = f"{TALKS} وهذا خبر جديد {number}."
            other.store(crawl, page(f"new{number}", text, lax, minutes=number), place=place)

    chosen, progress = Chosen(topics={lax.id: lax.version}), Progress()
    batch = archive.stale(chosen, after="", limit=100)
    assert batch is not None
    # between the reading and the writing, one article gets another text, and another is judged by somebody else
    changed, judged = batch.articles[0], batch.articles[1]
    for article, text in ((changed, f"{TALKS} نص جديد تماماً."), (judged, judged.text.body)):
        slug = article.text.headline.removeprefix("خبر ")
        other.add_entry("rasid", f"https://rasid.example/{slug}")
        by = usual if article is changed else lax
        other.store(crawl, page(slug, text, by, minutes=50), place=place)
    verdicts = {one.id: () for one in batch.articles}
    assert archive.rejudge(chosen, batch, verdicts, keep=False).left == 2
    crawling = threading.Thread(target=go_on)
    crawling.start()
    for _ in rejudge(archive, pools(lax), chosen, progress, keep=True):
        pass
    crawling.join()
    other.close()
    assert (progress.judged, progress.left, archive.count_stale(chosen)) == (119, 0, 0)
    assert len(archive.flagged()) == 40 + 40 + 40 + (TALKS not in changed.text.body and ALONE not in changed.text.body)


def test_a_text_that_breaks_a_worker_is_told_and_the_others_are_judged(
    archive: Archive, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judging = topic(folder, LAX)
    fill(archive, topic(folder, USUAL), ALONE, body("الجسر"), TALKS + "كلمة " * 200_000)
    chosen = Chosen(topics={judging.id: judging.version})
    workers = Workers(WorkPlan(topics=(judging,)), count=1, page_time_s=20, page_memory_mb=24, feed_time_s=10)
    progress = Progress()
    try:
        outcomes = [one for step in rejudge(archive, workers, chosen, progress, keep=True) for one in step]
    finally:
        workers.close_now()
    assert (progress.judged, progress.unjudged) == (2, 1)
    assert [one.kind for one in outcomes] == [Kind.OPENED]
    assert archive.count_stale(chosen) == 1, "it is tried again"

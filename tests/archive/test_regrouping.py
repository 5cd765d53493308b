"""Stories that a person joins and parts: nothing is lost, all of it can be taken back, and no algorithm changes it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mirqab.archive import Archive, Chosen, Known, Regrouped
from mirqab.copies import signature
from mirqab.errors import NotFoundError, UsageError
from mirqab.stories import place
from mirqab.types import Decision, FlagState, Placement, RaisedBy, Relation, Worked, make_id
from tests.archive.making import TALKS, TOPIC, WEEK_S, body, entry_id, item, snapshot, verdict, worked

ROOT = Path(__file__).resolve().parents[2]


def article(slug: str) -> str:
    return make_id("a", entry_id(slug))


def story(slug: str) -> str:
    return make_id("s", article(slug))


def near(slug: str) -> Callable[..., Placement]:
    """Place a page into the story of the talks, as a copy of the article of a slug; a page that is known as always."""

    def placed(page: Worked, known: Known | None) -> Placement:
        if known is not None:
            return place(page, known)
        return Placement(story=story("talks"), relation=Relation.NEAR, nearest=article(slug), similarity=0.9)

    return placed


# the talks and two copies of them; a report of a bridge with the same talks; the bridge's own story; a third story
TEXTS = {
    "talks": TALKS + "\n" + body("المحادثات"),
    "copy": TALKS + "\n" + body("المحادثات", sentences=5),
    "copied": TALKS + "\n" + body("المحادثات", sentences=6),
    "bridge": TALKS + "\n" + body("الجسر"),
    "other": body("الجسر", sentences=9),
}
OF = {"copy": "talks", "copied": "copy", "bridge": "talks"}


def page(slug: str, *, text: str | None = None, score: float = 7.0, minutes: int | None = None) -> Worked:
    said = text or TEXTS[slug]
    verdicts = [verdict(said, score=score)] if TALKS in said else []
    when = list(TEXTS).index(slug) if minutes is None else minutes
    return worked(slug, said, headline=f"عنوان {slug}", verdicts=verdicts, minutes=when)


def keep(archive: Archive, run: str, *slugs: str) -> None:
    archive.admit(run, snapshot(*map(item, slugs)), first_poll_max_age_s=WEEK_S)
    for slug in slugs:
        how = near(OF[slug]) if slug in OF else place
        archive.store(run, page(slug), place=how)


@pytest.fixture
def stored(archive: Archive, run: str) -> Archive:
    keep(archive, run, *TEXTS)
    return archive


def members(archive: Archive, slug_or_story: str) -> list[str]:
    """Return the slugs of a story's articles."""
    detail = archive.story(story(slug_or_story) if slug_or_story in TEXTS else slug_or_story)
    assert detail is not None
    return [one.article.headline.removeprefix("عنوان ") for one in detail.articles]


def decide(archive: Archive, of: str, decision: Decision, *, slug: str) -> None:
    archive.decide(of, decision, by="سلمى", note=None, fallback=(article(slug), verdict(TALKS, flagged=False)))


def states(archive: Archive) -> dict[str, FlagState]:
    """Return story → state of its listed flag."""
    return {line.story: line.state for line in archive.flagged(states=tuple(FlagState))}


def picture(archive: Archive) -> Any:
    """Return all that a reader is shown of stories and flags, whatever was written to get there."""
    told = []
    for slug in TEXTS:
        own_article = archive.article(article(slug))
        assert own_article is not None
        detail = archive.story(own_article.story)
        assert detail is not None
        raised = [(f.topic, f.state, f.earned, f.raised_at, f.raised_by, f.article, f.facets) for f in detail.flags]
        own = [(one.article.id, one.story) for one in detail.articles]
        told.append((detail.id, detail.first_seen_at, own, raised, [f.decided for f in detail.flags]))
    lines = [(line.story, line.state, line.headline, line.outlets) for line in archive.flagged()]
    return told, lines, archive.decisions(), archive.open_flags()


def split(archive: Archive, *slugs: str, of: str = "talks", **options: Any) -> Regrouped:
    return archive.split_story(story(of), [article(slug) for slug in slugs], by="سلمى", note="خبران", **options)


def merge(archive: Archive, one: str, other: str, **options: Any) -> Regrouped:
    return archive.merge_stories(one, other, by="سلمى", note=None, **options)


# -------------------------------------------------------------------------------------------------- splitting


def test_each_part_has_the_flag_that_its_members_earn(stored: Archive) -> None:
    before = states(stored)
    done = split(stored, "bridge")
    part = done.regrouping.story
    assert part == story("bridge")
    assert members(stored, "talks") == ["talks", "copy", "copied"]
    assert members(stored, part) == ["bridge"]
    assert states(stored) == before | {part: FlagState.OPEN}
    by_story = {line.story: line for line in stored.flagged()}
    assert by_story[part].headline == "عنوان bridge"
    assert by_story[part].raised_at == by_story[story("talks")].raised_at
    assert by_story[part].raised_by is RaisedBy.CRAWL, "it is as old as the flag that it was part of"
    assert [(one.story, one.before, one.after) for one in done.flags] == [
        (one, before.get(one), FlagState.OPEN) for one in sorted([part, story("talks")])
    ]


def test_copies_of_a_split_article_go_with_it(stored: Archive) -> None:
    done = split(stored, "copy")
    assert set(done.regrouping.articles) == {article("copy"), article("copied")}
    assert members(stored, "talks") == ["talks", "bridge"]


def test_the_founder_of_a_story_can_go_and_not_all_of_it(stored: Archive) -> None:
    with pytest.raises(UsageError, match="Nothing would be left"):
        split(stored, "talks")
    merge(stored, story("talks"), story("other"))
    part = split(stored, "talks").regrouping.story
    assert part not in (story("talks"), story("other"))
    assert members(stored, part) == ["talks", "copy", "copied", "bridge"]
    assert members(stored, "talks") == ["other"]
    assert states(stored) == {part: FlagState.OPEN, story("talks"): FlagState.WITHDRAWN}


def test_a_part_that_earns_no_flag_has_none(stored: Archive) -> None:
    merge(stored, story("talks"), story("other"))
    part = split(stored, "other").regrouping.story
    assert part not in states(stored)
    assert members(stored, part) == ["other"]


def test_a_decision_stays_and_goes_with_the_article_that_it_names(stored: Archive) -> None:
    decide(stored, story("talks"), Decision.RELEVANT, slug="talks")  # the verdict of «talks» is the best
    split(stored, "bridge")
    assert states(stored) == {story("talks"): FlagState.RELEVANT, story("bridge"): FlagState.OPEN}
    merge(stored, story("talks"), story("bridge"))
    assert states(stored) == {story("talks"): FlagState.RELEVANT}


def test_what_is_not_in_the_story_is_told(stored: Archive) -> None:
    with pytest.raises(UsageError, match=article("other")):
        split(stored, "other")
    with pytest.raises(NotFoundError, match="no story"):
        stored.split_story("sffffffffffffff", [article("copy")], by="سلمى", note=None)


# ---------------------------------------------------------------------------------------------------- merging


def test_merging_keeps_one_flag_the_older_one_and_raises_none(stored: Archive, run: str) -> None:
    keep_late = page("late", text=TALKS + "\n" + body("وصول متأخر"), score=9.0, minutes=30)
    stored.admit(run, snapshot(item("late")), first_poll_max_age_s=WEEK_S)
    stored.store(run, keep_late, place=place)
    older = next(line for line in stored.flagged() if line.story == story("talks"))
    merge(stored, story("late"), story("talks"))
    (line,) = stored.flagged()
    assert line.story == story("late")
    assert (line.raised_at, line.first_seen_at) == (older.raised_at, older.first_seen_at)
    assert line.headline == "عنوان late", "the best verdict speaks for it"
    assert stored.open_flags() == {TOPIC[0]: 1}


def test_the_id_of_a_story_that_was_merged_away_leads_to_the_other(stored: Archive) -> None:
    merge(stored, story("other"), story("talks"))
    detail = stored.story(story("talks"))
    assert detail is not None
    assert detail.id == story("other")
    trail = stored.by_url("https://rasid.example/copy")
    assert trail is not None
    assert trail.story == story("other")
    with pytest.raises(UsageError, match="one story already"):
        merge(stored, story("talks"), story("other"))


@pytest.mark.parametrize(
    ("mine", "theirs", "stands"),
    [
        (Decision.RELEVANT, None, FlagState.RELEVANT),
        (None, Decision.IRRELEVANT, FlagState.IRRELEVANT),
        (Decision.RELEVANT, Decision.TO_CHECK, FlagState.TO_CHECK),  # the later word
        (None, None, FlagState.OPEN),
    ],
)
def test_the_last_word_of_a_person_stands_on_what_was_merged(
    stored: Archive, mine: Decision | None, theirs: Decision | None, stands: FlagState
) -> None:
    split(stored, "bridge")
    for decision, slug in ((mine, "talks"), (theirs, "bridge")):
        if decision:
            decide(stored, story(slug), decision, slug=slug)
    merge(stored, story("talks"), story("bridge"))
    assert states(stored) == {story("talks"): stands}
    assert [one.decision.value for one in stored.decisions()] == ([stands.value] if mine or theirs else [])


def test_a_flag_moves_to_a_story_that_had_none(stored: Archive) -> None:
    merge(stored, story("other"), story("talks"))
    assert states(stored) == {story("other"): FlagState.OPEN}
    assert stored.flagged(theatre="العراق")[0].story == story("other")


# --------------------------------------------------------------------------------------------------- undoing


@pytest.mark.parametrize("decided", [None, Decision.RELEVANT, Decision.IRRELEVANT])
@pytest.mark.parametrize(
    "change",
    [
        lambda archive: split(archive, "bridge"),
        lambda archive: split(archive, "copy"),
        lambda archive: merge(archive, story("talks"), story("other")),
        lambda archive: merge(archive, story("other"), story("talks")),
    ],
    ids=["split", "split with copies", "merge", "merge into one without a flag"],
)
def test_undoing_leaves_everything_as_it_was(
    stored: Archive, change: Callable[[Archive], Regrouped], decided: Decision | None
) -> None:
    if decided:
        decide(stored, story("talks"), decided, slug="talks")
    before = picture(stored)
    done = change(stored)
    assert picture(stored) != before
    undone = stored.undo_regrouping(done.regrouping.id or 0)
    assert undone.regrouping.undone_at is not None
    assert picture(stored) == before
    with pytest.raises(UsageError, match="undone already"):
        stored.undo_regrouping(done.regrouping.id or 0)


def test_a_withdrawn_flag_has_its_own_score_again(archive: Archive, run: str) -> None:
    keep(archive, run, "talks", "other")
    archive.store(run, page("other", text=TALKS + "\n" + TEXTS["other"], minutes=8), place=place)
    archive.store(run, page("other", minutes=9), place=place)
    before = [(f.state, f.earned, f.score) for f in archive.story(story("other")).flags]  # type: ignore[union-attr]
    assert before == [(FlagState.WITHDRAWN, False, 0.0)]
    done = merge(archive, story("other"), story("talks"))
    assert states(archive)[story("other")] is FlagState.OPEN
    archive.undo_regrouping(done.regrouping.id)  # type: ignore[arg-type]
    assert [(f.state, f.earned, f.score) for f in archive.story(story("other")).flags] == before  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "change",
    [lambda archive: split(archive, "bridge"), lambda archive: merge(archive, story("other"), story("talks"))],
    ids=["split", "merge"],
)
def test_a_decided_flag_that_no_topic_raises_any_more_tells_again_what_once_raised_it(
    archive: Archive, run: str, change: Callable[[Archive], Regrouped]
) -> None:
    keep(archive, run, "talks", "other")
    archive.admit(run, snapshot(item("bridge")), first_poll_max_age_s=WEEK_S)
    archive.store(run, page("bridge", score=9.0), place=near("talks"))
    decide(archive, story("talks"), Decision.RELEVANT, slug="bridge")
    for slug in ("talks", "bridge"):
        text = TEXTS[slug]
        not_so = verdict(text, flagged=False, score=1.0, topic=(TOPIC[0], "v2"))
        archive.store(
            run, worked(slug, text, headline=f"عنوان {slug}", verdicts=[not_so], version="v2"), place=near("talks")
        )

    def told() -> list[Any]:
        listed = archive.flagged(theatre="العراق", states=(FlagState.RELEVANT,))
        return [(line.story, line.earned, line.article, line.facets, line.top_evidence) for line in listed]

    before = told()
    assert [(of, earned, by) for of, earned, by, *_ in before] == [(story("talks"), False, article("bridge"))]
    archive.undo_regrouping(change(archive).regrouping.id or 0)
    assert told() == before


def test_a_story_that_is_empty_when_a_merge_is_undone_has_no_open_flag(archive: Archive, run: str) -> None:
    keep(archive, run, "talks", "other")
    archive.admit(run, snapshot(item("bridge")), first_poll_max_age_s=WEEK_S)
    archive.store(run, page("bridge"), place=place)
    done = merge(archive, story("talks"), story("other"))
    overtaken = page("talks", text=TEXTS["bridge"], minutes=9)
    assert overtaken.article is not None
    made = signature(overtaken.article.headline, overtaken.article.body)
    archive.store(run, replace(overtaken, article=replace(overtaken.article, signature=made)), place=place)
    assert members(archive, "bridge") == ["talks", "bridge"]
    archive.undo_regrouping(done.regrouping.id or 0)
    assert members(archive, "other") == ["other"]
    assert archive.open_flags() == {TOPIC[0]: 1}
    assert states(archive) == {story("bridge"): FlagState.OPEN}


def test_what_a_person_says_meanwhile_is_kept(stored: Archive) -> None:
    done = split(stored, "bridge")
    decide(stored, story("bridge"), Decision.IRRELEVANT, slug="bridge")
    stored.undo_regrouping(done.regrouping.id or 0)
    assert states(stored) == {story("talks"): FlagState.IRRELEVANT}
    assert [one.decision for one in stored.decisions()] == [Decision.IRRELEVANT]


def test_what_a_person_said_of_a_part_stands_when_it_is_a_story_again(archive: Archive, run: str) -> None:
    keep(archive, run, "talks")
    archive.admit(run, snapshot(item("other")), first_poll_max_age_s=WEEK_S)
    archive.store(run, page("other", text=f"{TALKS}\n{TEXTS['other']}"), place=place)
    joined = merge(archive, story("talks"), story("other"))
    parted = split(archive, "other")
    assert parted.regrouping.story == story("other")
    decide(archive, story("other"), Decision.IRRELEVANT, slug="other")
    for done in (parted, joined):
        archive.undo_regrouping(done.regrouping.id or 0)
    assert members(archive, "other") == ["other"]
    assert {one.story: one.decision for one in archive.decisions()}[story("other")] is Decision.IRRELEVANT
    assert states(archive)[story("other")] is FlagState.IRRELEVANT


def test_a_later_regrouping_of_the_same_story_is_undone_first(stored: Archive) -> None:
    before = picture(stored)
    first = split(stored, "bridge").regrouping.id or 0
    second = merge(stored, story("other"), story("bridge")).regrouping.id or 0
    with pytest.raises(UsageError, match=str(second)):
        stored.undo_regrouping(first)
    stored.undo_regrouping(second)
    stored.undo_regrouping(first)
    assert picture(stored) == before
    assert [(one.id, one.decision) for one in stored.regroupings(story("bridge"))] == [
        (second, "merge"),
        (first, "split"),
    ]
    assert stored.regroupings(story("copy")) == []
    with pytest.raises(NotFoundError):
        stored.undo_regrouping(99)


def test_a_part_of_which_a_person_had_spoken_before_is_what_that_person_said(stored: Archive) -> None:
    split(stored, "bridge")
    decide(stored, story("bridge"), Decision.IRRELEVANT, slug="bridge")
    decide(stored, story("talks"), Decision.RELEVANT, slug="talks")
    merge(stored, story("talks"), story("bridge"))
    assert states(stored) == {story("talks"): FlagState.RELEVANT}
    split(stored, "bridge")
    assert states(stored) == {story("talks"): FlagState.RELEVANT, story("bridge"): FlagState.IRRELEVANT}
    assert [one.decision for one in stored.decisions()] == [Decision.IRRELEVANT, Decision.RELEVANT]


@pytest.mark.parametrize("seed", range(4))
def test_any_regroupings_can_be_undone_one_after_the_other(stored: Archive, seed: int) -> None:
    draw = random.Random(seed)
    for slug in draw.sample(["talks", "other"], k=draw.randrange(3)):
        decide(stored, story(slug), draw.choice([Decision.RELEVANT, Decision.IRRELEVANT]), slug=slug)
    pictures = [picture(stored)]
    numbers: list[int] = []
    while len(numbers) < 6:
        held = stories(stored)
        try:
            if len(held) > 1 and draw.random() < 0.5:
                done = merge(stored, *draw.sample(sorted(held), 2))
            else:
                of = draw.choice(sorted(held))
                done = stored.split_story(of, [article(draw.choice(held[of]))], by="سلمى", note=None)
        except UsageError:  # nothing would be left
            continue
        numbers.append(done.regrouping.id or 0)
        pictures.append(picture(stored))
    while numbers:
        assert picture(stored) == pictures.pop()
        stored.undo_regrouping(numbers.pop())
    assert picture(stored) == pictures.pop()


def stories(archive: Archive) -> dict[str, list[str]]:
    """Return the slugs that each story holds."""
    held: dict[str, list[str]] = {}
    for slug in TEXTS:
        one = archive.article(article(slug))
        assert one is not None
        held.setdefault(one.story, []).append(slug)
    return held


def test_a_trial_changes_nothing(stored: Archive) -> None:
    before = picture(stored)
    for trial in (split(stored, "bridge", keep=False), merge(stored, story("talks"), story("other"), keep=False)):
        assert trial.regrouping.articles
        assert picture(stored) == before
    assert stored.regroupings() == []


# -------------------------------------------------------------------------------------- it outlives the algorithm


@pytest.fixture
def parted(stored: Archive) -> Archive:
    split(stored, "bridge")
    return stored


def test_a_page_fetched_again_stays_where_a_person_put_it(parted: Archive, run: str) -> None:
    for minutes, text in ((60, None), (61, TALKS + "\n" + body("الجسر الجديد"))):
        parted.store(run, page("bridge", text=text, minutes=minutes), place=near("talks"))
        assert members(parted, "bridge") == ["bridge"]
    assert members(parted, "talks") == ["talks", "copy", "copied"]


def test_a_page_worked_anew_stays_there(parted: Archive, run: str) -> None:
    kept, _ = parted.kept_entries()
    (entry,) = [one for one in kept if one.entry.id == entry_id("bridge")]
    parted.rework(run, entry, page("bridge", text=TALKS + "\n" + body("الجسر القديم")), place=near("talks"))
    assert members(parted, "bridge") == ["bridge"]


def test_articles_judged_anew_stay_there(parted: Archive) -> None:
    chosen = Chosen(topics={TOPIC[0]: "v2"})
    batch = parted.stale(chosen, after="", limit=100)
    assert batch is not None
    said = {one.id: [verdict(one.text.body, topic=(TOPIC[0], "v2"))] for one in batch.articles}
    parted.rejudge(chosen, batch, said, keep=True)
    assert members(parted, "bridge") == ["bridge"]
    assert set(states(parted)) >= {story("talks"), story("bridge")}


def test_a_new_copy_joins_its_nearest_where_that_is_now(parted: Archive, run: str) -> None:
    part = story("bridge")

    def beside(_page: Worked, _known: Known | None) -> Placement:
        return Placement(story=part, relation=Relation.NEAR, nearest=article("bridge"), similarity=0.9)

    parted.admit(run, snapshot(item("new")), first_poll_max_age_s=WEEK_S)
    parted.store(run, worked("new", body("الجسر", sentences=7), headline="عنوان new", minutes=80), place=beside)
    assert members(parted, "bridge") == ["bridge", "new"]
    (regrouping,) = parted.regroupings()
    parted.undo_regrouping(regrouping.id or 0)
    assert members(parted, "talks") == ["talks", "copy", "copied", "bridge", "new"], "it goes back with its nearest"


# ------------------------------------------------------------------------------------------------- a kill

KILLED = """
import sys
from mirqab.archive import Archive
archive = Archive.open(sys.argv[1])
if sys.argv[2] == "split":
    archive.split_story(sys.argv[3], [sys.argv[4]], by="سلمى", note=None)
elif sys.argv[2] == "merge":
    archive.merge_stories(sys.argv[3], sys.argv[4], by="سلمى", note=None)
else:
    archive.undo_regrouping(int(sys.argv[3]))
"""


@pytest.mark.parametrize("what", ["split", "merge", "undo"])
def test_a_kill_in_the_middle_leaves_nothing_half_done(stored: Archive, archive_url: str, what: str) -> None:
    arguments = {
        "split": [story("talks"), article("bridge")],
        "merge": [story("talks"), story("other")],
        "undo": ["1"],
    }[what]
    if what == "undo":
        split(stored, "bridge")
    before = picture(stored)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, archive_url, what, *arguments],
        env={**os.environ, "MIRQAB_TEST_KILL_AT": "regrouping", "PYTHONPATH": str(ROOT)},
        start_new_session=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == -signal.SIGKILL
    assert picture(stored) == before
    assert [one.undone_at for one in stored.regroupings()] == ([None] if what == "undo" else [])

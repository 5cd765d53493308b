"""An edit of a topic beside the topic as saved: what is gained, lost and changed, and by which points."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mirqab.types import FlagState
from mirqab.work import WorkPlan
from mirqab.workbench import (
    Change,
    JudgedStory,
    Kind,
    Shown,
    Story,
    Text,
    Totals,
    compare,
    judge_stories,
    point_changes,
)
from mirqab.workbench import judging as judging_module
from mirqab.workers import Workers
from tests.workbench import bridges


def story(number: int, *texts: str, decision: FlagState | None = None, counted: bool = True) -> Story:
    return Story(
        id=number, texts=tuple(Text(title="", text=text) for text in texts), decision=decision, counted=counted
    )


def no_workers() -> Workers:
    raise AssertionError("few texts need no workers")


def edited(folder: Path, edit: str, *stories: Story, base: str | None = bridges.BRIDGES) -> tuple[list[Change], Totals]:
    topics = [] if base is None else [bridges.compiled(folder, base, "base.yaml")]
    topics.append(bridges.compiled(folder, edit))
    totals = Totals()
    judged = judge_stories(stories, topics, no_workers)
    return list(compare(judged, totals, with_base=base is not None)), totals


def test_a_looser_edit_gains_with_evidence(tmp_path: Path) -> None:
    (change,), totals = edited(
        tmp_path, bridges.LOOSER, story(1, bridges.DECIDED), story(2, bridges.ALONE), story(3, bridges.OTHER)
    )
    assert (change.kind, change.story.id) == (Kind.GAINED, 2)
    assert change.before is not None
    assert not change.before.flagged
    words = [item.text for item in change.after.evidence]
    assert words == ["إغلاق", "الجسر"]
    assert (totals.stories, totals.flagged_before, totals.flagged_after) == (3, 1, 2)
    assert (totals.gained, totals.lost, totals.changed) == (1, 0, 0)
    assert totals.per_10_000(totals.gained) == pytest.approx(3333.3)


def test_a_loss_names_the_points_that_went(tmp_path: Path) -> None:
    (change,), totals = edited(tmp_path, bridges.STRICTER, story(1, bridges.DECIDED), story(2, bridges.COAST))
    assert change.kind is Kind.LOST
    assert change.before is not None
    assert change.after.missing
    points = {(one.name, one.before, one.after) for one in point_changes(change.before, change.after)}
    assert ("إغلاق مع قرار", 4.0, None) in points
    assert ("إغلاق وحده", None, 2.0) in points
    assert totals.lost == 1


def test_a_penalty_that_takes_a_flag_is_named(tmp_path: Path) -> None:
    without = bridges.BRIDGES.replace("نقاط: -3", "نقاط: -0.5")
    (change,), _ = edited(tmp_path, bridges.BRIDGES, story(1, bridges.FILM), base=without)
    assert change.before is not None
    assert next((one.name, one.before, one.after) for one in point_changes(change.before, change.after)) == (
        "عمل فني",
        -0.5,
        -3.0,
    )


def test_another_theatre_and_another_grade_are_changes(tmp_path: Path) -> None:
    moved = bridges.BRIDGES.replace("الوادي: [الوادي]", "الوادي: [المرج]")
    changes, totals = edited(tmp_path, moved, story(1, bridges.DECIDED), story(2, bridges.COAST))
    assert [(change.story.id, change.theatres, change.grades) for change in changes] == [(1, (("الوادي",), ()), None)]
    assert (totals.moved, totals.regraded, totals.changed) == (1, 0, 1)
    assert totals.flagged_before == totals.flagged_after == 2


def test_a_new_topic_gains_everything(tmp_path: Path) -> None:
    changes, totals = edited(tmp_path, bridges.BRIDGES, story(1, bridges.DECIDED), story(2, bridges.ALONE), base=None)
    assert [(change.kind, change.story.id, change.before) for change in changes] == [(Kind.GAINED, 1, None)]
    assert totals.gained == totals.flagged_after == 1


def test_the_threshold_of_an_outlet_counts(tmp_path: Path) -> None:
    strict = bridges.BRIDGES.replace("عتبة: 3\n", "عتبة: 3\nعتبات: {sadeem: 9}\n")
    told = Text(title="", text=bridges.DECIDED, outlet="sadeem")
    (change,), _ = edited(tmp_path, strict, Story(id=1, texts=(told,)), story(2, bridges.DECIDED))
    assert (change.kind, change.story.id, change.after.threshold) == (Kind.LOST, 1, 9)


def test_a_story_is_flagged_by_the_best_of_its_texts(tmp_path: Path) -> None:
    changes, totals = edited(
        tmp_path,
        bridges.STRICTER,
        story(1, bridges.OTHER, bridges.DECIDED, bridges.COAST),  # the third text still flags it
        story(2, bridges.ALONE, bridges.DECIDED),
    )
    assert [(change.kind, change.story.id, change.text.text) for change in changes if change.kind is Kind.LOST] == [
        (Kind.LOST, 2, bridges.DECIDED)
    ]
    assert (totals.stories, totals.texts, totals.flagged_after) == (2, 5, 1)


def test_what_a_person_found_relevant_and_an_edit_loses_comes_first(tmp_path: Path) -> None:
    changes, totals = edited(
        tmp_path,
        bridges.STRICTER,
        story(1, bridges.DECIDED),
        story(2, bridges.DECIDED, decision=FlagState.IRRELEVANT),
        story(3, bridges.COAST, decision=FlagState.RELEVANT),
        story(4, bridges.DECIDED, decision=FlagState.RELEVANT, counted=False),
    )
    shown = Shown(limit=1)
    for change in changes:
        shown.keep(change)
    assert [change.story.id for change in shown] == [4, 1]
    assert totals.decided == {
        (FlagState.IRRELEVANT, "lost"): 1,
        (FlagState.RELEVANT, "flagged"): 1,
        (FlagState.RELEVANT, "lost"): 1,
    }
    assert (totals.stories, totals.lost) == (3, 2)  # the old one is looked at for its decision alone


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    topics = (
        bridges.compiled(tmp_path, bridges.BRIDGES, "base.yaml"),
        bridges.compiled(tmp_path, bridges.LOOSER),
    )
    with ExitStack() as stack:
        found = Workers(WorkPlan(topics=topics), count=2, page_time_s=10, page_memory_mb=500, feed_time_s=20)
        stack.callback(found.close_now)
        yield found


def test_many_stories_are_judged_by_workers_alike(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics = [bridges.compiled(tmp_path, bridges.BRIDGES, "base.yaml"), bridges.compiled(tmp_path, bridges.LOOSER)]
    texts = [bridges.DECIDED, bridges.ALONE, bridges.OTHER]
    stories = [story(number, *texts[: number % 3 + 1]) for number in range(130)] + [story(130)]
    here = list(judge_stories(stories, topics, no_workers))
    monkeypatch.setattr(judging_module, "FEW", 20)
    there = list(judge_stories(iter(stories), topics, lambda: workers))
    assert there == here
    assert [one.story.id for one in there] == list(range(131))


@pytest.mark.full
def test_a_text_that_takes_too_long_does_not_take_its_neighbours_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics = [bridges.compiled(tmp_path, bridges.BRIDGES)]
    endless = " ".join([bridges.DECIDED] * 400_000)
    stories = [story(1, bridges.DECIDED), story(2, endless), story(3, bridges.OTHER)]
    monkeypatch.setattr(judging_module, "FEW", 1)
    hasty = Workers(WorkPlan(topics=tuple(topics)), count=1, page_time_s=2, page_memory_mb=2000, feed_time_s=20)
    try:
        found = list(judge_stories(iter(stories), topics, lambda: hasty))
    finally:
        hasty.close_now()
    assert [one.story.id for one in found] == [1, 2, 3]
    assert [one.verdicts is None for one in found] == [False, True, False]


def test_what_cannot_be_judged_is_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    judged = [JudgedStory(story=story(1, bridges.DECIDED))]
    totals = Totals()
    assert list(compare(judged, totals, with_base=True)) == []
    assert (totals.unjudged, totals.stories) == (1, 0)

"""`mirqab topic preview`: what an edit of a topic would do, before anything is saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mirqab.cli import deployment
from mirqab.cli.counting import Counting
from mirqab.cli.inputs import Complaints
from mirqab.cli.judging import topic_of
from mirqab.cli.paper import Paper
from mirqab.cli.terminal import moment, one_line, say, to_json, write_line
from mirqab.cli.topic.verdicts_shown import (
    brief,
    named,
    print_missing,
    print_points,
    print_strongest,
    strongest_json,
)
from mirqab.errors import UsageError
from mirqab.reader.queries import iso
from mirqab.topics import check_examples
from mirqab.types import DECIDED, FlagState
from mirqab.workbench import (
    Change,
    Kind,
    PointChange,
    Shown,
    Story,
    Totals,
    compare,
    judge_stories,
    point_changes,
    read_stories,
    stored_stories,
)

if TYPE_CHECKING:
    from mirqab.topics import Topic
    from mirqab.types import Verdict
    from mirqab.workers import Workers

STORED: Final = "stored"
LAST: Final = 10_000
CHANGES_SHOWN: Final = 8  # lines of the arithmetic, of one story


def preview_topic(file: Path, *, base: Path | None, against: str, last: int | None, limit: int, as_json: bool) -> int:
    """Judge texts by the saved topic and by a file, print what changes, and return the exit code."""
    if against != STORED and last is not None:
        raise UsageError("--last is for --against stored; a file is judged whole.")
    if not file.suffix and not file.exists():
        raise UsageError(f"{file} is no file: preview takes a topic file as you edited it, not the id of a topic.")
    topic = topic_of(_as_path(file))
    saved = _saved(topic) if base is None else topic_of(_as_path(base))
    complaints = Complaints()
    totals, shown = Totals(), Shown(limit)
    topics = [topic] if saved is None else [saved, topic]
    with stories_of(topic.id, against, last, complaints) as stories, ExitStack() as stack:
        judged = judge_stories(stories, topics, lambda: _workers(stack, topics))
        with Counting("stories judged") as counting:
            for change in compare(_counted(judged, counting), totals, with_base=saved is not None):
                shown.keep(change)
    if totals.unjudged:
        complaints.about(str(file), f"{totals.unjudged:,} stories could not be judged within the limits of a worker")
    if as_json:
        write_line(to_json(_json(file, topic, saved, against, totals, shown), indent=2))
    else:
        _print(file, topic, saved, against, totals, shown)
    return complaints.exit_code


def _as_path(file: Path) -> str:
    """Return a path that cannot be taken for an id."""
    return str(file) if file.is_absolute() else f"./{file}"


def _saved(topic: Topic) -> Topic | None:
    """Return the declared topic of the same id; None for a new one."""
    try:
        return topic_of(topic.id)
    except UsageError:
        return None


@contextmanager
def stories_of(topic: str, against: str, last: int | None, complaints: Complaints) -> Iterator[Iterator[Story]]:
    """Give the stories that a topic is tried on: the last stored ones, or those of a file."""
    if against != STORED:
        yield read_stories(against, lambda number, why: complaints.about(f"{against}:{number}", why))
        return
    with deployment.archive_if_any(deployment.settings()) as archive:
        if archive is None:
            say(f"{deployment.NOTHING_YET} --against FILE judges texts of your own.")
            yield iter(())
        else:
            yield stored_stories(archive, topic, LAST if last is None else last)


def _workers(stack: ExitStack, topics: list[Topic]) -> Workers:
    workers = deployment.workers(deployment.settings(), topics=topics)
    stack.callback(workers.close_now)
    return workers


def _counted(judged: Iterator[Any], counting: Counting) -> Iterator[Any]:
    for one in judged:
        counting.step()
        yield one


# ------------------------------------------------------------------------------------------------ for a person


def _print(file: Path, topic: Topic, saved: Topic | None, against: str, totals: Totals, shown: Shown) -> None:
    paper = Paper()
    paper.line(*_heading(file, topic, saved))
    what = "stored stories" if against == STORED else f"texts of {one_line(against)}"
    first_seen = ""
    if totals.newest is not None and totals.oldest is not None:
        first_seen = f", first seen from {moment(totals.oldest)} to {moment(totals.newest)}"
    paper.line(f"Judged: {totals.stories:,} {what}{first_seen}. Nothing is saved.")
    if failing := _failing_examples(topic):
        told = f"{failing:,} of its {len(topic.examples):,} examples"
        paper.line(f"{told} come out otherwise than the file says: ./run topic check {one_line(str(file))} names them.")
    paper.line()
    for line in _sums(totals, new=saved is None):
        paper.line(line)
    for line in _decisions(totals):
        paper.line(line)
    _section(paper, "Lost, though a person found them relevant", shown.against_persons(), len(shown.against_persons()))
    _section(
        paper, "Lost", shown.of(Kind.LOST), totals.lost - sum(one.story.counted for one in shown.against_persons())
    )
    _section(paper, "Gained", shown.of(Kind.GAINED), totals.gained)
    _section(paper, "Changed", shown.of(Kind.CHANGED), totals.changed)


def _failing_examples(topic: Topic) -> int:
    return len({mistake.line for mistake in check_examples(topic)})


def _heading(file: Path, topic: Topic, saved: Topic | None) -> Iterator[str]:
    yield f"{topic.id}: {one_line(str(file))} (version {topic.version})"
    if saved is None:
        yield "; no topic of this id is saved, so every flag is gained."
    elif saved.version == topic.version:
        yield f" judges as {one_line(saved.file)} does: nothing can change."
    else:
        yield f" beside {one_line(saved.file)} (version {saved.version})"


def _sums(totals: Totals, *, new: bool) -> Iterator[str]:
    counts = [("flagged now", totals.flagged_after), ("gained", totals.gained)]
    if not new:
        counts = [("flagged before", totals.flagged_before), *counts]
        counts += [("lost", totals.lost), ("another grade", totals.regraded), ("other theatres", totals.moved)]
    width = max(len(f"{count:,}") for _, count in counts)
    for name, count in counts:
        rate = totals.per_10_000(count)
        yield f"{name:<15} {count:>{width},}" + ("" if rate is None else f"  {rate:g} in 10,000")


def _decisions(totals: Totals) -> Iterator[str]:
    for state in DECIDED:
        counts = {what: count for (decision, what), count in totals.decided.items() if decision is state}
        if counts:
            parts = [f"{counts[what]:,} {word}" for what, word in _BECOMES.items() if counts.get(what)]
            yield f"marked {_STATES[state]}: {sum(counts.values()):,} ({', '.join(parts)})"


_STATES: Final = {
    FlagState.RELEVANT: "relevant",
    FlagState.IRRELEVANT: "irrelevant",
    FlagState.TO_CHECK: "to be checked",
}
_BECOMES: Final = {
    "lost": "lost",
    "gained": "gained",
    "flagged": "flagged before and now",
    "unflagged": "not flagged before nor now",
}


def _section(paper: Paper, title: str, changes: list[Change], total: int) -> None:
    if not total:
        return
    shown = "" if len(changes) == total else f", {len(changes)} of them shown" if changes else ", none of them shown"
    paper.line()
    paper.line(f"{title}: {total:,}{shown}")
    for change in changes:
        paper.line()
        _print_change(paper, change)


_SIGNS: Final = {Kind.GAINED: "+", Kind.LOST: "-", Kind.CHANGED: "~"}


def _print_change(paper: Paper, change: Change) -> None:
    story, text = change.story, change.text
    paper.line(f"{_SIGNS[change.kind]} {named(text)}")
    decided = f"  marked {_STATES[story.decision]}" if story.decision else ""
    published = moment(text.published) if text.published else "not told"
    paper.line(f"  {one_line(str(story.id))}  {one_line(text.outlet or '-')}  published {published}{decided}")
    paper.line(f"  {_turn(change)}")
    spoken = change.before if change.kind is Kind.LOST else change.after
    assert spoken is not None
    print_strongest(paper, spoken, title=text.title, text=text.text)
    if change.before is None or not change.before.sentences:
        print_points(paper, spoken)
    else:
        changes = point_changes(change.before, change.after)
        for one in changes[:CHANGES_SHOWN]:
            paper.line(f"    {_point_line(one)}")
        if len(changes) > CHANGES_SHOWN:
            paper.line(f"    and {len(changes) - CHANGES_SHOWN} more lines of the arithmetic")
    if change.kind is Kind.LOST:
        print_missing(paper, change.after)


def _turn(change: Change) -> str:
    """Return what a flag was and is, in one line."""
    before, after = change.before, change.after
    if change.kind is Kind.CHANGED and before is not None:
        turns = []
        if change.grades:
            turns.append(f"grade {change.grades[0]} → {change.grades[1]}")
        if change.theatres:
            then, now = ("، ".join(names) or "none" for names in change.theatres)
            turns.append(f"theatre {one_line(then)} → {one_line(now)}")
        return f"{before.score:g} → {after.score:g} points; {'; '.join(turns)}"
    was = "" if before is None else f"{_score(before)} before, "
    return f"{was}{_score(after)} now" + (f", {after.grade.value}" if after.flagged else "")


def _score(verdict: Verdict) -> str:
    return f"{verdict.score:g} of {verdict.threshold:g}"


def _point_line(change: PointChange) -> str:
    name = one_line(change.name)
    where = "story: " if change.span is None else ""
    if change.after is None:
        return f"{where}{change.before:+g}  {name}, no more"
    if change.before is None:
        return f"{where}{change.after:+g}  {name}, new"
    return f"{where}{change.after:+g}  {name}, {change.before:+g} before"


# -------------------------------------------------------------------------------------------------- for a pipe


def _json(file: Path, topic: Topic, saved: Topic | None, against: str, totals: Totals, shown: Shown) -> dict[str, Any]:
    counts = {
        "flagged_before": None if saved is None else totals.flagged_before,
        "flagged_after": totals.flagged_after,
        "gained": totals.gained,
        "lost": totals.lost,
        "grade_changed": totals.regraded,
        "theatre_changed": totals.moved,
    }
    decisions: dict[str, dict[str, int]] = {}
    for (state, what), count in sorted(totals.decided.items()):
        decisions.setdefault(state.value, dict.fromkeys(_BECOMES, 0))[what] = count
    return {
        "topic": topic.id,
        "file": str(file),
        "version": topic.version,
        "saved_file": None if saved is None else saved.file,
        "saved_version": None if saved is None else saved.version,
        "against": against,
        "stories": totals.stories,
        "texts": totals.texts,
        "oldest": iso(totals.oldest),
        "newest": iso(totals.newest),
        "unjudged": totals.unjudged,
        "failing_examples": _failing_examples(topic),
        **counts,
        "per_10000": {name: None if count is None else totals.per_10_000(count) for name, count in counts.items()},
        "decisions": decisions,
        "changes": [_change_json(change) for change in shown],
    }


def _change_json(change: Change) -> dict[str, Any]:
    story, text = change.story, change.text
    spoken = change.before if change.kind is Kind.LOST else change.after
    assert spoken is not None
    return {
        "kind": change.kind.value,
        "story": story.id,
        "article": text.article,
        "headline": text.title,
        "outlet": text.outlet,
        "url": text.url,
        "published": iso(text.published),
        "first_seen_at": iso(story.first_seen_at),
        "decision": None if story.decision is None else story.decision.value,
        "before": None if change.before is None else brief(change.before),
        "after": brief(change.after),
        "sentence": strongest_json(spoken, title=text.title, text=text.text),
        "points": [
            {
                "field": None if one.span is None else one.span.field,
                "start": None if one.span is None else one.span.start,
                "stop": None if one.span is None else one.span.stop,
                "name": one.name,
                "before": one.before,
                "after": one.after,
            }
            for one in ([] if change.before is None else point_changes(change.before, change.after))
        ],
        "missing": list(change.after.missing),
    }

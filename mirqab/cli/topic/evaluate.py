"""`mirqab topic evaluate`: how good a topic is on texts that a person labelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mirqab.cli import deployment
from mirqab.cli.counting import Counting
from mirqab.cli.inputs import Complaints
from mirqab.cli.judging import topic_of
from mirqab.cli.paper import Paper
from mirqab.cli.terminal import Column, Format, one_line, print_rows, to_json, write_line
from mirqab.cli.topic.verdicts_shown import (
    brief,
    named,
    print_missing,
    print_points,
    print_strongest,
    strongest_json,
)
from mirqab.errors import UsageError
from mirqab.proportions import Share
from mirqab.workbench import (
    THEATRE,
    Figures,
    Labelled,
    Outcome,
    Place,
    Scored,
    ValueNames,
    figures,
    judge_stories,
    read_groupings,
    read_labelled,
    read_names,
    score,
    split,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mirqab.topics import Topic
    from mirqab.workbench import JudgedStory

ERRORS: Final = 5
OPEN, BLIND, WHOLE = "open", "blind", "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class Blinding:
    """Which part of the texts is kept shut, and which parts are told."""

    share: float | None
    seed: str
    parts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    """The texts of one part with their verdicts."""

    name: str
    scored: Sequence[Scored]
    groups: Sequence[Figures]

    @property
    def errors(self) -> list[Scored]:
        """What went wrong, worst first; nothing of the blind part."""
        if self.name == BLIND:
            return []
        bad = [one for one in self.scored if _fault(one) is not None]
        return sorted(bad, key=lambda one: (_FAULTS.index(_fault(one) or ""), -one.verdict.score))


def blinding(blind: float | None, seed: str, *, only: bool, without: bool) -> Blinding:
    """Return what the options ask for; UsageError when they contradict each other."""
    if only and without:
        raise UsageError("--only-blind and --without-blind leave nothing.")
    if blind is None and not only and not without:
        return Blinding(share=None, seed=seed, parts=(WHOLE,))
    share = 1 / 3 if blind is None else blind
    if not 0 < share < 1:
        raise UsageError("--blind takes a share between 0 and 1, such as .33.")
    return Blinding(share=share, seed=seed, parts=(BLIND,) if only else (OPEN,) if without else (OPEN, BLIND))


def read_errors(text: str) -> int | None:
    """Return how many errors `5` or `all` asks for, None for all of them; UsageError otherwise."""
    if text == "all":
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    raise UsageError(f"--errors takes a number or all, not {text!r}.")


def evaluate_topic(
    wanted: str,
    *,
    labelled: str,
    by: str,
    names: Sequence[str],
    errors: int | None,
    shut: Blinding,
    as_json: bool,
) -> int:
    """Judge labelled texts by a topic, print how far both agree, and return the exit code."""
    groupings, meaning = read_groupings(by), read_names(names)
    topic = topic_of(wanted)
    complaints = Complaints()
    lines = read_labelled(labelled, lambda number, why: complaints.about(f"{labelled}:{number}", why))
    if not lines:
        raise UsageError(f"{labelled} holds no labelled text that can be used (see docs/workbench.md).")
    parts: list[_Part] = []
    for name, members in _parts(lines, shut):
        scored, unjudged = _scored(topic, members, meaning)
        if unjudged:
            complaints.about(labelled, f"{unjudged:,} texts could not be judged within the limits of a worker")
        parts.append(_Part(name=name, scored=scored, groups=figures(scored, groupings)))
    if as_json:
        write_line(to_json(_json(topic, labelled, parts, shut, errors), indent=2))
    else:
        for part in parts:
            _print(topic, labelled, part, errors)
    return complaints.exit_code


def _parts(lines: Sequence[Labelled], shut: Blinding) -> Iterator[tuple[str, Sequence[Labelled]]]:
    if shut.share is None:
        yield WHOLE, lines
        return
    visible, blind = split(lines, share=shut.share, seed=shut.seed)
    for name, members in ((OPEN, visible), (BLIND, blind)):
        if name in shut.parts:
            yield name, members


def _scored(topic: Topic, lines: Sequence[Labelled], names: Mapping[str, str]) -> tuple[list[Scored], int]:
    with ExitStack() as stack, Counting("texts judged", len(lines)) as counting:

        def workers() -> Any:
            found = deployment.workers(deployment.settings(), topics=[topic])
            stack.callback(found.close_now)
            return found

        def counted() -> Iterator[JudgedStory]:
            for one in judge_stories((line.story for line in lines), [topic], workers):
                counting.step()
                yield one

        return score(lines, counted(), names=ValueNames(topic, THEATRE, names))


# ------------------------------------------------------------------------------------------------ for a person


def _print(topic: Topic, labelled: str, part: _Part, errors: int | None) -> None:
    paper = Paper()
    whole = part.groups[0]
    which = "" if part.name == WHOLE else f", the {part.name} part"
    paper.line(f"{topic.id} (version {topic.version}) on {one_line(labelled)}{which}")
    aside = f" Those that count neither way: {whole.aside:,}, of which {whole.aside_flagged:,} flagged."
    counting = f"{whole.lines:,} texts count, {whole.recall.of:,} of them to be flagged."
    paper.line(counting + (aside if whole.aside else ""))
    paper.line()
    telling = [row for row in part.groups if row.group == whole.group or row.recall.of or row.precision.of]
    print_rows(map(_figures_json, telling), _COLUMNS, Format.TABLE, empty="")
    if quiet := [row for row in part.groups if row not in telling]:
        texts = sum(row.lines for row in quiet)
        counted = f"{len(quiet)}, with {texts:,} text" + ("" if texts == 1 else "s")
        paper.line(f"Left out are groups with nothing to be flagged in which nothing is: {counted}")
    paper.line()
    for label, (count, flagged) in _labels(part.scored).items():
        paper.line(f"{label}: {flagged:,} of {count:,} flagged")
    for line in _theatre_lines(part):
        paper.line(line)
    if part.name == BLIND:
        paper.line("Its errors stay shut: whoever reads them cannot be blind to them.")
    found = part.errors
    listed = found if errors is None else _first_of_each(found, errors)
    if found and len(listed) < len(found):
        paper.line(f"{len(found)} errors, {len(listed)} of them shown; --errors all shows the rest.")
    for one in listed:
        paper.line()
        _print_error(paper, one)
    paper.line()


def _first_of_each(found: Sequence[Scored], count: int) -> list[Scored]:
    """Return the first errors of each kind."""
    seen: Counter[str | None] = Counter()
    chosen: list[Scored] = []
    for one in found:
        seen[_fault(one)] += 1
        if seen[_fault(one)] <= count:
            chosen.append(one)
    return chosen


_FAULTS: Final = ("false flag", "miss", "another theatre")


def _fault(one: Scored) -> str | None:
    """Return what is wrong with a verdict, None when nothing is."""
    match one.outcome:
        case Outcome.FALSE_FLAG:
            return "false flag"
        case Outcome.MISS:
            return "miss"
        case _:
            return "another theatre" if one.place in (Place.WRONG, Place.NONE) else None


def _labels(scored: Iterable[Scored]) -> dict[str, tuple[int, int]]:
    counts: Counter[str] = Counter()
    flagged: Counter[str] = Counter()
    for one in scored:
        counts[one.line.label] += 1
        flagged[one.line.label] += one.verdict.flagged
    return {label: (count, flagged[label]) for label, count in counts.most_common()}


def _theatre_lines(part: _Part) -> Iterator[str]:
    whole = part.groups[0]
    if whole.theatre.of:
        yield f"first theatre right: {_share_cell(_share(whole.theatre))}"
    if whole.places[Place.UNKNOWN]:
        unknown = Counter(
            name for one in part.scored if one.place is Place.UNKNOWN for name in one.line.theatres
        ).most_common(5)
        named = ", ".join(one_line(name) for name, _ in unknown)
        yield (
            f"of a theatre that the topic does not name: {whole.places[Place.UNKNOWN]:,} ({named}); "
            "--names LABEL=THEATRE says which one is meant"
        )


def _print_error(paper: Paper, one: Scored) -> None:
    (text,) = one.line.story.texts
    verdict = one.verdict
    paper.line(f"{_fault(one)}: {named(text)}")
    source = f"  {one_line(one.line.source)}" if one.line.source else ""
    place = f"  {one_line('، '.join(one.line.theatres))}" if one.line.theatres else ""
    paper.line(f"  {one_line(str(one.line.story.id))}  line {one.line.line}  {one.line.label}{source}{place}")
    paper.line(
        f"  {verdict.score:g} of {verdict.threshold:g}" + (f", {verdict.grade.value}" if verdict.flagged else "")
    )
    if _fault(one) == "another theatre":
        paper.line(f"  read: {one_line('، '.join(verdict.facets.get(THEATRE, ()))) or 'none'}")
    print_strongest(paper, verdict, title=text.title, text=text.text)
    print_points(paper, verdict)
    print_missing(paper, verdict)


# -------------------------------------------------------------------------------------------------- for a pipe


def _json(topic: Topic, labelled: str, parts: Sequence[_Part], shut: Blinding, errors: int | None) -> dict[str, Any]:
    return {
        "topic": topic.id,
        "version": topic.version,
        "labelled": labelled,
        "blind": shut.share,
        "seed": None if shut.share is None else shut.seed,
        "parts": [
            {
                "part": part.name,
                "groups": [_figures_json(row) for row in part.groups],
                "labels": {
                    label: {"texts": count, "flagged": flagged}
                    for label, (count, flagged) in _labels(part.scored).items()
                },
                "error_count": sum(_fault(one) is not None for one in part.scored),
                "errors": [
                    _error_json(one) for one in (part.errors if errors is None else _first_of_each(part.errors, errors))
                ],
            }
            for part in parts
        ],
    }


def _figures_json(row: Figures) -> dict[str, Any]:
    return {
        "group": row.group,
        "texts": row.lines,
        "hits": row.hits,
        "false_flags": row.false_flags,
        "misses": row.misses,
        "passed_over": row.passed_over,
        "aside": row.aside,
        "aside_flagged": row.aside_flagged,
        "precision": _share(row.precision),
        "recall": _share(row.recall),
        "f1": _share(row.f1),
        "theatre": _share(row.theatre),
    }


def _share(found: Share) -> dict[str, Any]:
    told = {"part": found.part, "of": found.of}
    numbers = {"value": found.value, "low": found.low, "high": found.high}
    return {**told, **{name: None if number is None else round(number, 4) for name, number in numbers.items()}}


def _error_json(one: Scored) -> dict[str, Any]:
    (text,) = one.line.story.texts
    return {
        "fault": _fault(one),
        "id": one.line.story.id,
        "line": one.line.line,
        "label": one.line.label,
        "source": one.line.source,
        "theatres": list(one.line.theatres),
        "title": text.title,
        **brief(one.verdict),
        "sentence": strongest_json(one.verdict, title=text.title, text=text.text),
        "missing": list(one.verdict.missing),
    }


def _share_cell(found: Mapping[str, Any], *, counts: bool = True) -> str:
    if found["value"] is None:
        return "-"
    cell = f"{found['value']:.3f} ({found['low']:.3f}–{found['high']:.3f})"
    return f"{cell} {found['part']}/{found['of']}" if counts else cell


_COLUMNS: Final[list[Column]] = [
    ("group", lambda row: row["group"]),
    ("texts", lambda row: row["texts"]),
    ("precision, 95 %", lambda row: _share_cell(row["precision"])),
    ("recall, 95 %", lambda row: _share_cell(row["recall"])),
    ("theatre", lambda row: "-" if not row["theatre"]["of"] else f"{row['theatre']['part']}/{row['theatre']['of']}"),
    ("F1, 95 %", lambda row: _share_cell(row["f1"], counts=False)),
]

"""`rematch`: judging the stored articles by the topics as they are now, and bringing the flags in line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mirqab.cli import deployment
from mirqab.cli.counting import ProgressLine
from mirqab.cli.known import check_outlets, check_topic
from mirqab.cli.terminal import one_line, say, to_json, write_line
from mirqab.errors import UsageError
from mirqab.types import ExitCode, FlagState

if TYPE_CHECKING:
    from mirqab.archive import Archive, ArticleDetail
    from mirqab.rejudging import Outcome, Progress
    from mirqab.topics import Topic

WORKERS: Final = 2
WIDTH: Final = 300
"""Letters of a sentence that are shown: news writes shorter ones, a page without full stops does not."""


def rematch(
    topic: Annotated[
        list[str] | None, typer.Option("--topic", metavar="ID", help="Only by this topic; may be repeated.")
    ] = None,
    outlet: Annotated[
        list[str] | None, typer.Option("--outlet", metavar="ID", help="Only articles of this outlet; may be repeated.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only stories first seen by us since then: 7d, or a date.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was judged by the present version of a topic before.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what became of the flags as one JSON object.")] = False,
) -> int:
    """Judge the stored articles by the topics as they are now, and show which flags open or are withdrawn.

    Nothing is fetched. A person's decision stays. Flags that open say that it was this command that raised them: old
    stories are no news. Flags of a topic that is declared no more are withdrawn. A call that was interrupted goes on
    where it was.
    """
    from itertools import chain

    from mirqab.archive import Chosen
    from mirqab.reader.queries import since_moment
    from mirqab.rejudging import Progress, rejudge, withdraw
    from mirqab.work import WorkPlan
    from mirqab.workers import Workers

    deployed = deployment.settings()
    declared = deployment.load_topics(deployed)
    start = None if since is None else since_moment(since, datetime.now(UTC))
    with deployment.archive_if_any(deployed) as archive:
        undeclared = {} if archive is None else _undeclared(archive, declared)
        topics = _chosen(declared, topic, undeclared)
        if archive is None:
            write_line(deployment.NOTHING_YET)
            return ExitCode.WELL
        if outlet:
            check_outlets(outlet, deployment.outlets(deployed), archive)
        versions = {one.id: one.version for one in topics}
        chosen = Chosen(topics=versions, outlets=outlet, since=start, everything=everything)
        # a flag is the whole story's: a call for some outlets or some days leaves it
        gone = [one for one in undeclared if not outlet and start is None and (not topic or one in topic)]
        progress = Progress()
        workers = Workers(
            WorkPlan(topics=topics),
            count=min(WORKERS, deployed.workers_count),
            page_time_s=deployed.workers_page_time_s,
            page_memory_mb=deployed.workers_page_memory_mb,
            feed_time_s=deployed.workers_feed_time_s,
        )
        run = (
            None
            if dry_run
            else archive.start_run(_command(topic, outlet, since, everything), topics=[*versions.items()])
        )
        finish, code = "interrupted", ExitCode.FAILED
        try:
            with ProgressLine() as shown:
                keep = not dry_run
                withdrawn = withdraw(archive, gone, progress, keep=keep)
                judged = rejudge(archive, workers, chosen, progress, keep=keep) if topics else ()
                steps = _each(chain(withdrawn, judged), progress, shown)
                if as_json:
                    outcomes = [outcome_json(archive, outcome) for step in steps for outcome in step]
                    told = _object(outcomes, progress, versions, dry_run=dry_run)
                    write_line(to_json({**told, "undeclared": undeclared}, indent=2))
                else:
                    for outcome in (outcome for step in steps for outcome in step):
                        for line in outcome_lines(archive, outcome):
                            write_line(line)
                    sums = _sums(progress, dry_run=dry_run) if topics else ()
                    for line in (*sums, *_undeclared_lines(undeclared, gone, dry_run=dry_run)):
                        write_line(line)
            finish = "finished"
            code = ExitCode.SOME_FAILED if progress.unjudged else ExitCode.WELL
        except KeyboardInterrupt:
            if not dry_run:
                say(f"Interrupted: {progress.judged:,} articles are judged; the next call goes on with the others.")
            raise
        finally:
            workers.close_now()
            if run is not None:
                archive.end_run(run, exit_code=code, finish=finish)
    return code


def _chosen(topics: Sequence[Topic], wanted: Sequence[str] | None, undeclared: Mapping[str, int]) -> tuple[Topic, ...]:
    """Return the topics to judge by: those that were named, else all; none when only undeclared ones were named."""
    for name in wanted or ():
        check_topic(name, [*(topic.id for topic in topics), *undeclared])
    if not topics and not wanted:
        # rather a folder that was mistyped than all topics given up
        flags = f"; --topic ID withdraws the open flags of {' or '.join(undeclared)}" if undeclared else ""
        raise UsageError(f"No topic is declared in config/topics/{flags}.")
    return tuple(topic for topic in topics if not wanted or topic.id in wanted)


def _command(topics: list[str] | None, outlets: list[str] | None, since: str | None, everything: bool) -> str:
    words = ["rematch", *(f"--topic {name}" for name in topics or ()), *(f"--outlet {name}" for name in outlets or ())]
    return " ".join([*words, *([f"--since {since}"] if since else []), *(["--all"] if everything else [])])


# ------------------------------------------------------------------------------------------- how far it is


def _each(steps: Iterable[list[Outcome]], progress: Progress, shown: ProgressLine) -> Iterator[list[Outcome]]:
    """Pass the steps on; what is printed of one finds an empty line."""
    for step in steps:
        shown.clear()
        yield step
        shown.say(partial(progress_line, progress))


def progress_line(progress: Progress, seconds: float) -> str:
    """Return how far it is after so many seconds."""
    done = progress.judged + progress.left + progress.unjudged
    rate = done / seconds if seconds else 0.0
    left_s = (progress.total - done) / rate if rate else 0.0
    time_left = f"{left_s / 60:.0f} min" if left_s >= 90 else f"{max(left_s, 0):.0f} s"
    share = done / progress.total if progress.total else 1.0
    counts = ", ".join(f"{count} {kind}" for kind, count in progress.kinds.items())
    return f"{done:,} of {progress.total:,} articles ({share:.0%}), {rate:,.0f} a second, {time_left} left; {counts}"


# -------------------------------------------------------------------------------------------- what became


def outcome_lines(archive: Archive, outcome: Outcome) -> Iterator[str]:
    """Yield the lines that show a flag that opened, was withdrawn, or stays against the verdict by a person's word."""
    from mirqab.rejudging import Kind

    change = outcome.change
    if outcome.kind is Kind.KEPT and not outcome.against_a_person:
        return
    detail = archive.article(change.article)
    yield f"{_what(outcome)}  {change.story}  {change.topic}  {_points(outcome)}"
    if detail is not None:
        yield f"  {one_line(detail.article.headline)}  ({one_line(detail.article.outlet)})"
    earned = change.earned
    yield f"  {'evidence' if earned else 'was flagged for'}: {_short(change.evidence)}"
    if outcome.undeclared:
        yield "  the topic is not declared any more"
    if earned:
        terms = _terms(archive, detail, outcome)
        if terms:
            yield f"  {terms}"
    elif outcome.verdict is not None:
        for missing in outcome.verdict.missing:
            yield f"  missing now: {one_line(missing)}"


def _what(outcome: Outcome) -> str:
    change = outcome.change
    if outcome.against_a_person:
        now = "flagged now" if change.earned else "not flagged any more"
        return f"kept {_state(change.after)} ({now})"
    return outcome.kind.value


def _state(state: FlagState) -> str:
    return state.value.replace("_", " ")


def _points(outcome: Outcome) -> str:
    change = outcome.change
    before = "" if change.before is None else f"{change.score_before:g} → "
    threshold = "" if outcome.verdict is None else f" of {outcome.verdict.threshold:g} needed"
    return f"{before}{change.score:g} points{threshold}"


def _terms(archive: Archive, detail: ArticleDetail | None, outcome: Outcome) -> str:
    verdicts = () if detail is None else detail.verdicts
    verdict = outcome.verdict or next((one for one in verdicts if one.topic == outcome.change.topic), None)
    if verdict is None:
        return ""
    rules = dict.fromkeys(item.rule for item in verdict.evidence)
    words = dict.fromkeys(item.text for item in verdict.evidence)
    return one_line(f"rules: {'، '.join(rules)}; words: {'، '.join(words)}")


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def _sums(progress: Progress, *, dry_run: bool) -> Iterator[str]:
    from mirqab.rejudging import Kind

    if not progress.total:
        yield "Every stored article is judged by the present version of the topics; --all judges them again."
        return
    verb = "Flags would be" if dry_run else "Flags"
    kinds = progress.kinds
    yield (
        f"{progress.judged:,} articles judged anew. {verb}: {kinds[Kind.OPENED]} opened, "
        f"{kinds[Kind.WITHDRAWN]} withdrawn, {kinds[Kind.KEPT]} kept."
    )
    if progress.left:
        yield f"{progress.left:,} changed meanwhile and were left; call again."
    if progress.unjudged:
        yield f"{progress.unjudged:,} could not be judged within the limits and were left."


def _undeclared(archive: Archive, declared: Sequence[Topic]) -> dict[str, int]:
    """Return how many flags are open of each topic that is declared no more: nothing judges those."""
    known = {topic.id for topic in declared}
    return {topic: count for topic, count in archive.open_flags().items() if topic not in known}


def _undeclared_lines(undeclared: Mapping[str, int], gone: Sequence[str], *, dry_run: bool) -> Iterator[str]:
    for topic, count in undeclared.items():
        flags = "1 open flag" if count == 1 else f"{count:,} open flags"
        if topic in gone:
            end = f"{'would be' if dry_run else 'were' if count > 1 else 'was'} withdrawn"
            yield f"{topic} is not declared any more: {flags} {end}; once it is again, ./run rematch opens them."
        else:
            stay = "stays" if count == 1 else "stay"
            yield f"{topic} is not declared any more: {flags} {stay}; ./run rematch --topic {topic} withdraws them."


def _object(
    outcomes: list[dict[str, Any]], progress: Progress, versions: dict[str, str], *, dry_run: bool
) -> dict[str, Any]:
    from mirqab.rejudging import Kind

    return {
        "dry_run": dry_run,
        "topics": versions,
        "articles": progress.judged,
        "left": progress.left,
        "unjudged": progress.unjudged,
        **{kind.value: [one for one in outcomes if one["kind"] == kind.value] for kind in Kind},
    }


def outcome_json(archive: Archive, outcome: Outcome) -> dict[str, Any]:
    """Return what became of a flag (docs/feedback.md)."""
    change, verdict = outcome.change, outcome.verdict
    detail = archive.article(change.article)
    evidence = [] if verdict is None else verdict.evidence
    return {
        "kind": outcome.kind.value,
        "story": change.story,
        "topic": change.topic,
        "before": None if change.before is None else change.before.value,
        "after": change.after.value,
        "earned": change.earned,
        "score_before": change.score_before,
        "score": change.score,
        "article": change.article,
        "headline": None if detail is None else detail.article.headline,
        "outlet": None if detail is None else detail.article.outlet,
        "url": None if detail is None else detail.article.url,
        "top_evidence": change.evidence,
        "rules": list(dict.fromkeys(item.rule for item in evidence)),
        "words": list(dict.fromkeys(item.text for item in evidence)),
        "missing": [] if verdict is None else list(verdict.missing),
        "undeclared": outcome.undeclared,
    }

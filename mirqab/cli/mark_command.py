"""`mark`: what a person says of a story, which no crawl and no topic changes."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from mirqab.cli import deployment
from mirqab.cli.known import check_topic
from mirqab.cli.terminal import one_line, write_line
from mirqab.errors import UsageError
from mirqab.types import Decision, FlagState, Grade, Verdict

if TYPE_CHECKING:
    from mirqab.archive import ArticleDetail, Marked, StoryDetail
    from mirqab.topics import Topic

NOTE_LIMIT: Final = 2000
NAME_LIMIT: Final = 100


class Word(StrEnum):
    """What can be said of a story."""

    RELEVANT = "relevant"
    IRRELEVANT = "irrelevant"
    TO_CHECK = "to-check"
    UNDO = "undo"


_DECISIONS: Final = {
    Word.RELEVANT: Decision.RELEVANT,
    Word.IRRELEVANT: Decision.IRRELEVANT,
    Word.TO_CHECK: Decision.TO_CHECK,
    Word.UNDO: Decision.UNDONE,
}


def mark(
    identity: Annotated[str, typer.Argument(metavar="ID|URL", help="A story, an article, or an address.")],
    word: Annotated[
        Word,
        typer.Argument(metavar="WORD", help="What it is; undo takes the last word back."),
    ],
    topic: Annotated[
        str | None, typer.Option(metavar="ID", help="For which topic; needed when several come into question.")
    ] = None,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="Why.")] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Who says so; your login name unless told.")] = None,
) -> None:
    """Say whether a story is relevant. The word stays until you change it, whatever topics say later.

    For a story that is not flagged too: one that is relevant is listed from then on.
    """
    from mirqab.reader.queries import story_named

    who = limited("--by", by, NAME_LIMIT) or login_name()
    why = limited("--note", note, NOTE_LIMIT)
    deployed = deployment.settings()
    topics = deployment.load_topics(deployed)
    with deployment.archive(deployed) as archive:
        detail, article = story_named(archive, identity)
        chosen = _topic(topic, detail, topics)
        decision = _DECISIONS[word]
        flag = next((one for one in detail.flags if one.topic == chosen), None)
        standing = None if flag is None else flag.decided
        if decision is Decision.UNDONE and standing is None:
            write_line(f"Nobody has said anything of {detail.id} for {chosen}: there is nothing to undo.")
            return
        is_new = flag is not None and flag.state is FlagState.DEVELOPING
        same = standing is not None and (standing.decision, standing.note) == (decision, why or standing.note)
        if same and not is_new:
            assert standing is not None
            write_line(f"{detail.id} is {_word(decision)} for {chosen} already, as {standing.decided_by} said.")
            return
        marked = archive.decide(
            detail.id, decision, by=who, note=why, fallback=_fallback(detail, article, chosen, topics)
        )
    for line in lines(detail, marked):
        write_line(line)


def _topic(wanted: str | None, detail: StoryDetail, topics: Sequence[Topic]) -> str:
    """Return the topic that is meant: the named one, the only one whose flag stands, or the only one there is."""
    flagged = [flag.topic for flag in detail.flags]
    known = dict.fromkeys([*flagged, *(topic.id for topic in topics)])
    if wanted is not None:
        check_topic(wanted, known)
        return wanted
    standing = [flag.topic for flag in detail.flags if flag.state is not FlagState.WITHDRAWN]
    for among in (standing, flagged, [*known]):
        if len(among) == 1:
            return among[0]
        if among:
            raise UsageError(f"Say for which topic, with --topic: {', '.join(among)}.")
    raise UsageError("No topic is declared in config/topics/.")


def _fallback(
    detail: StoryDetail, wanted: ArticleDetail | None, topic: str, topics: Sequence[Topic]
) -> tuple[str, Verdict]:
    """Return an article of the story with what the topic says of it: as it is kept, else judged now."""
    from mirqab.reader.queries import strongest
    from mirqab.topics import Judge

    shown = wanted or strongest(detail)
    for verdict in shown.verdicts:
        if verdict.topic == topic:
            return shown.article.id, verdict
    text = shown.article
    for one in topics:
        if one.id == topic:
            (verdict,) = Judge([one]).judge(
                title=text.headline, text=text.body, published=text.published, outlet=text.outlet
            )
            return text.id, verdict
    # the topic is gone, and nothing of it is kept but a flag
    version = next(flag.topic_version for flag in detail.flags if flag.topic == topic)
    return text.id, nothing_said(topic, version)


def nothing_said(topic: str, version: str) -> Verdict:
    """Return the verdict of a topic that says nothing."""
    return Verdict(
        topic=topic,
        version=version,
        flagged=False,
        score=0.0,
        threshold=0.0,
        grade=Grade.BACKGROUND,
        sum=(),
        sentences=(),
        facets={},
    )


def lines(detail: StoryDetail, marked: Marked) -> list[str]:
    """Return what a decision changed, in lines for a person."""
    decided = marked.decided
    headline = next(one.article.headline for one in detail.articles if one.article.id == decided.article)
    said = [f"{detail.id}  {one_line(headline)}"]
    change = f"{_state(marked.before)} → {_state(marked.after)}"
    said.append(f"{decided.topic}: {change}, by {one_line(decided.decided_by)}")
    if decided.note:
        said.append(f"note: {one_line(decided.note)}")
    what = "flagged" if decided.flagged else "not flagged"
    said.append(f"the topic says: {what}, {decided.score:g} points (version {decided.topic_version})")
    if marked.after is FlagState.IRRELEVANT and marked.before in (None, FlagState.WITHDRAWN):
        said.append("It was not listed; ./run near leaves it out from now on.")
    elif marked.after is FlagState.IRRELEVANT:
        said.append("It is not listed any more; ./run flagged --state irrelevant lists such stories.")
    elif not decided.flagged and marked.after in (FlagState.RELEVANT, FlagState.TO_CHECK):
        said.append("It is listed from now on; ./run explain tells what the topic missed in it.")
    return said


def _state(state: FlagState | None) -> str:
    return "not flagged" if state is None else state.value.replace("_", " ")


def _word(decision: Decision) -> str:
    return decision.value.replace("_", " ")


def limited(option: str, text: str | None, limit: int) -> str | None:
    """Return what an option says, None for nothing; UsageError when it is too long."""
    if text is None or not text.strip():
        return None
    if len(text) > limit:
        raise UsageError(f"{option} takes at most {limit} letters.")
    return text.strip()


def login_name() -> str:
    """Return the name of whoever types."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "unknown"

"""What a reader asks for: since when, which story, and lists as plain JSON values."""

from __future__ import annotations

import re
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mirqab.addresses import clean_url, mask_credentials
from mirqab.errors import ArchiveError, NotFoundError, UsageError

if TYPE_CHECKING:
    from mirqab.archive import Archive, ArticleDetail, Decided, FlaggedStory, OutletSums, RunRow, StoryDetail, StoryFlag
    from mirqab.archive.runs import Sums

_SPAN = re.compile(r"(\d{1,5})\s*(m|h|d|w)")
_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_KINDS: dict[str, str] = {"s": "story", "a": "article", "e": "entry", "r": "run"}
_ID = re.compile(r"[saer][0-9a-f]{0,15}")


def open_if_any(url: str, *, raw_folder: Path) -> Archive | None:
    """Open the archive for reading; None when nothing has been crawled yet."""
    from mirqab.archive import Archive

    try:
        return Archive.open(url, raw_folder=raw_folder, create=False)
    except ArchiveError as error:
        if str(error).startswith("nothing crawled yet"):
            return None
        raise


def since_moment(text: str, now: datetime) -> datetime:
    """Return the moment that `7d`, `12h`, `30m`, `2w`, a date or a time in ISO 8601 means; UsageError otherwise.

    A date or time without an offset is this machine's.
    """
    match = _SPAN.fullmatch(text.strip().lower())
    try:
        if match:
            return now - timedelta(seconds=int(match[1]) * _SECONDS[match[2]])
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r} is no time: write 30m, 12h, 7d or 2w, or a date such as 2024-01-26.") from None


def looks_like_id(text: str) -> bool:
    """Say whether a text has the form of an id, or of its beginning."""
    return _ID.fullmatch(text) is not None


_STORIES_LISTED = "./run flagged lists the stories."
_RUNS_LISTED = "./run runs lists the runs."


def resolve(
    archive: Archive, text: str, *, wanted: Literal["story", "run"] = "story"
) -> tuple[Literal["story", "article", "entry", "run"], str]:
    """Return what an id, or the beginning of one, names; NotFoundError with what is near when it names nothing.

    `wanted` is what the message tells about when it is no id at all.
    """
    text = text.strip()
    if not looks_like_id(text):
        forms = "r2c0… (run)" if wanted == "run" else "s1f0… (story) or a93c… (article)"
        listed = _RUNS_LISTED if wanted == "run" else _STORIES_LISTED
        raise NotFoundError(f"{mask_credentials(text)!r} is no id: ids look like {forms}; {listed}")
    found = archive.find(text)
    if text in found or len(found) == 1:
        identity = text if text in found else found[0]
        return _KINDS[identity[0]], identity  # type: ignore[return-value]
    what = _KINDS[text[0]]
    if found:
        raise NotFoundError(f"{text} is the beginning of several: {', '.join(found)}.")
    # a slip of the pen is likelier at the end of an id than at its beginning
    near = next((near for length in range(len(text) - 1, 1, -1) if (near := archive.find(text[:length]))), [])
    hint = f"Did you mean {' or '.join(near[:3])}?" if near else _RUNS_LISTED if what == "run" else _STORIES_LISTED
    raise NotFoundError(f"There is no {what} {text}. {hint}")


def iso(at: datetime | None) -> str | None:
    """Return a moment as ISO 8601 with its offset."""
    return None if at is None else at.isoformat()


def flagged_json(story: FlaggedStory) -> dict[str, Any]:
    """Return one line of the list of flagged stories (docs/pipes.md)."""
    return {
        "story": story.story,
        "topic": story.topic,
        "topic_version": story.topic_version,
        "state": story.state.value,
        "raised_by": story.raised_by.value,
        "earned": story.earned,
        "decision": decision_json(story.decided),
        "score": story.score,
        "grade": story.grade.value,
        "headline": story.headline,
        "outlet": story.outlet,
        "url": story.url,
        "published": iso(story.published),
        "first_seen_at": iso(story.first_seen_at),
        "article": story.article,
        "facets": {name: list(values) for name, values in story.facets.items()},
        "outlets": list(story.outlets),
        "independent_texts": story.texts,
        "first_agency": story.agency,
        "top_evidence": story.top_evidence,
        **development_json(story),
    }


def development_json(flag: FlaggedStory | StoryFlag) -> dict[str, Any]:
    """Return what is new in a story since a person decided (docs/feedback.md)."""
    return {"developed_at": iso(flag.developed_at), "development": [asdict(one) for one in flag.development]}


def decision_json(decided: Decided | None) -> dict[str, Any] | None:
    """Return a decision: who made it, when, why, and what the topic said then (docs/feedback.md)."""
    if decided is None:
        return None
    return {
        "decision": decided.decision.value,
        "topic": decided.topic,
        "decided_by": decided.decided_by,
        "decided_at": iso(decided.decided_at),
        "note": decided.note,
        "topic_version": decided.topic_version,
        "flagged": decided.flagged,
        "score": decided.score,
        "rules": list(decided.rules),
        "terms": [list(term) for term in decided.terms],
    }


def run_json(run: RunRow) -> dict[str, Any]:
    """Return one line of the ledger of runs (docs/pipes.md)."""
    return {
        "run": run.id,
        "command": run.command,
        "started_at": iso(run.started_at),
        "ended_at": iso(run.ended_at),
        "state": run.state,
        "exit_code": run.exit_code,
        **_sums_json(run),
    }


def outlet_sums_json(sums: OutletSums) -> dict[str, Any]:
    """Return what one run got from one outlet (docs/pipes.md)."""
    return {"outlet": sums.outlet, **_sums_json(sums)}


def _sums_json(sums: Sums) -> dict[str, Any]:
    from mirqab.archive.runs import Sums

    told = {one.name: getattr(sums, one.name) for one in fields(Sums)}
    for name in ("feed_reasons", "backfill_reasons", "reasons"):
        told[name] = {reason.value: count for reason, count in told[name].items()}
    return told


def story_of(archive: Archive, text: str) -> tuple[StoryDetail, ArticleDetail | None]:
    """Return the story that an id of a story or an article names, and the article when it was one."""
    kind, identity = resolve(archive, text)
    article = None
    if kind == "article":
        article = archive.article(identity)
        identity = article.story if article else ""
    elif kind != "story":
        raise NotFoundError(f"{identity} is a {kind}; show takes a story or an article (./run explain {identity}).")
    detail = archive.story(identity)
    if detail is None or not detail.articles:
        raise NotFoundError(f"There is no story {text}.")
    return detail, article


def story_named(archive: Archive, text: str) -> tuple[StoryDetail, ArticleDetail | None]:
    """Return the story that an id or an address names, and the article when it named one; NotFoundError."""
    if "/" not in text and "." not in text:  # no id holds either
        return story_of(archive, text)
    url = clean_url(text if "://" in text else f"https://{text}")
    trail = None if url is None else archive.by_url(url)
    if trail is None or trail.article is None:
        raise NotFoundError(
            f"No article is stored of {mask_credentials(text)}; ./run explain ADDRESS tells what became of an address."
        )
    return story_of(archive, trail.article)


def strongest(detail: StoryDetail) -> ArticleDetail:
    """Return the story's article whose verdict is best, where its flag stands; the lead when none scored."""
    return max(detail.articles, key=lambda one: max((verdict.score for verdict in one.verdicts), default=0.0))


def story_json(detail: StoryDetail) -> dict[str, Any]:
    """Return a story with its articles, verdicts and sightings (docs/pipes.md)."""
    from mirqab.topics import verdict_to_json

    return {
        "story": detail.id,
        "first_seen_at": iso(detail.first_seen_at),
        "flags": [
            {"topic": flag.topic, "topic_version": flag.topic_version, "state": flag.state.value, "score": flag.score}
            | {"grade": flag.grade.value, "article": flag.article, "raised_at": iso(flag.raised_at)}
            | {"raised_by": flag.raised_by.value, "earned": flag.earned, "decision": decision_json(flag.decided)}
            | development_json(flag)
            for flag in detail.flags
        ],
        "decisions": [decision_json(decided) for decided in detail.decisions],
        "articles": [
            {
                "article": one.article.id,
                "outlet": one.article.outlet,
                "url": one.article.url,
                "headline": one.article.headline,
                "body": one.article.body,
                "authors": list(one.article.authors),
                "embeds": [asdict(embed) for embed in one.article.embeds],
                "published": iso(one.article.published),
                "published_raw": one.article.published_raw,
                "fetched_at": iso(one.article.fetched_at),
                "gone_at": iso(one.gone_at),
                "agencies": list(one.article.agencies),
                "relation": one.relation.value,
                "nearest": one.nearest,
                "similarity": one.similarity,
                "verdicts": [verdict_to_json(verdict) for verdict in one.verdicts],
            }
            for one in detail.articles
        ],
        "sightings": [
            {"outlet": one.outlet, "url": one.url, "seen_at": iso(one.seen_at), "relation": one.relation.value}
            | {"article": one.article, "headline": one.headline}
            | {"gone_at": iso(one.gone_at), "changed_at": iso(one.changed_at)}
            for one in detail.sightings
        ],
    }

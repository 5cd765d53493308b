"""Why something is flagged, or is not: the verdict of every topic, or what became of an address."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mirqab import developments
from mirqab.addresses import clean_url
from mirqab.errors import NotFoundError
from mirqab.reader.queries import resolve, strongest
from mirqab.types import EntryState, FeedEntry, FlagState, Reason, Relation, Verdict

if TYPE_CHECKING:
    from mirqab.archive import Archive, ArticleDetail, EntryTrail, Sighting, StoryFlag
    from mirqab.topics import Topic

Topics = Callable[[], Sequence["Topic"]]

REASONS = {
    Reason.BAD_URL: "its address cannot be used",
    Reason.REFUSED_ADDRESS: "its host is not on the public web",
    Reason.REFUSED_BY_ROBOTS: "the outlet's robots.txt asks not to read it",
    Reason.DNS: "its host has no address",
    Reason.CONNECTION: "no connection to its host",
    Reason.TLS: "its host has no valid certificate",
    Reason.TIMED_OUT: "it took too long",
    Reason.TOO_LARGE: "it is too large",
    Reason.TOO_MANY_REDIRECTS: "it redirects without end",
    Reason.NOT_FOUND: "the outlet has no such page (404)",
    Reason.GONE: "the outlet has removed it (410)",
    Reason.FORBIDDEN: "the outlet does not let us read it",
    Reason.TOO_MANY_REQUESTS: "the outlet asked to come less often",
    Reason.HTTP_ERROR: "the outlet answered with an error",
    Reason.BROKEN_ANSWER: "the answer was cut short or garbled",
    Reason.EMPTY: "the page is empty",
    Reason.NOT_HTML: "it is not a page of text",
    Reason.NO_ARTICLE: "there is no article on the page",
    Reason.WRONG_LANGUAGE: "it is not in Arabic",
    Reason.OUT_OF_MEMORY: "reading it took too much memory",
    Reason.WORKER_DIED: "the process that read it died",
    Reason.OUR_FAULT: "a mistake in Mirqab itself kept it from being read",
    Reason.GAVE_UP: "every try failed, and it was given up",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Opinion:
    """What one topic says of an article; `stored` is false when it was judged just now from the stored text."""

    verdict: Verdict
    stored: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """The answer: `answer` are plain sentences for a person; the rest is there when there is an article."""

    answer: tuple[str, ...]
    story: str | None = None
    article: ArticleDetail | None = None
    opinions: tuple[Opinion, ...] = ()


def explain(archive: Archive, topics: Topics, text: str) -> Explanation:
    """Explain an id (story, article, entry) or an address; NotFoundError for an id that names nothing."""
    if "/" in text or "." in text:  # no id holds either
        return _address(archive, topics, text)
    kind, identity = resolve(archive, text)
    if kind == "entry":
        entry = archive.entry(identity)
        return _address(archive, topics, entry.url) if entry else Explanation(answer=(f"There is no entry {text}.",))
    if kind == "article":
        return _article(archive, topics, identity, ())
    if kind == "run":
        raise NotFoundError(f"{identity} is a run; ./run runs lists what it brought.")
    detail = archive.story(identity)
    if detail is None or not detail.articles:
        raise NotFoundError(f"There is no story {text}.")
    others = len(detail.articles) - 1
    carried = f"Carried by {', '.join(dict.fromkeys(one.outlet for one in detail.sightings))}."
    more = f" The story has {others} more article{'' if others == 1 else 's'}; this one scores best." if others else ""
    return _article(archive, topics, strongest(detail).article.id, (carried + more,))


def _article(archive: Archive, topics: Topics, identity: str, answer: tuple[str, ...]) -> Explanation:
    detail = archive.article(identity)
    if detail is None:
        raise NotFoundError(f"There is no article {identity}.")
    judging = topics()
    opinions = _opinions(detail, judging)
    flagged = [opinion.verdict.topic for opinion in opinions if opinion.verdict.flagged]
    told = f"Flagged by {', '.join(flagged)}." if flagged else "Not flagged by any topic."
    story = archive.story(detail.story)
    flags = () if story is None else story.flags
    declared = {topic.id for topic in judging}
    answer = (*answer, *_decided(flags), told, *_listed_otherwise(flags, identity, opinions, declared))
    return Explanation(answer=answer, story=detail.story, article=detail, opinions=opinions)


def _decided(flags: Sequence[StoryFlag]) -> Iterator[str]:
    """Yield what persons decided on the story: no verdict changes that."""
    for flag in flags:
        if flag.decided is not None:
            word = flag.decided.decision.value.replace("_", " ")
            note = f": {flag.decided.note}" if flag.decided.note else "."
            yield f"{flag.decided.decided_by} decided that it is {word} for {flag.topic}{note}"
        if flag.development:
            yield f"The story told something new since then: {developments.told(flag.development)}."


def _listed_otherwise(
    flags: Sequence[StoryFlag], article: str, opinions: Sequence[Opinion], declared: Set[str]
) -> Iterator[str]:
    """Yield where the list of flagged stories does not say what the topics as they are now say of the article."""
    found = {flag.topic: flag for flag in flags}
    for verdict in (opinion.verdict for opinion in opinions if opinion.verdict.topic in declared):
        flag = found.get(verdict.topic)
        if flag is None or flag.state is FlagState.WITHDRAWN:
            if verdict.flagged:
                yield f"It is not listed for {verdict.topic}, which is newer than the list; ./run rematch lists it."
            elif flag is not None:
                yield f"{verdict.topic} flagged it once; the flag was withdrawn on {flag.changed_at:%Y-%m-%d}."
        elif flag.state is FlagState.OPEN and flag.article == article and not verdict.flagged:
            yield (
                f"It is still listed for {verdict.topic}, which has changed since; "
                "./run rematch brings the list in line."
            )
    for flag in flags:
        if flag.topic in declared:
            continue
        if flag.state is FlagState.OPEN:
            yield f"It is still listed for {flag.topic}, which is not declared any more; ./run rematch withdraws it."
        elif flag.state is FlagState.WITHDRAWN:
            yield (
                f"{flag.topic}, which is not declared any more, flagged it once; "
                f"the flag was withdrawn on {flag.changed_at:%Y-%m-%d}."
            )


def _opinions(detail: ArticleDetail, topics: Sequence[Topic]) -> tuple[Opinion, ...]:
    """Return the stored verdict of every topic as it is now; where none was kept, judge the stored text again."""
    from mirqab.topics import Judge

    kept = {(verdict.topic, verdict.version): verdict for verdict in detail.verdicts}
    again = [topic for topic in topics if (topic.id, topic.version) not in kept]
    article = detail.article
    judged = (
        Judge(again).judge(
            title=article.headline, text=article.body, published=article.published, outlet=article.outlet
        )
        if again
        else ()
    )
    opinions = [Opinion(verdict=verdict, stored=False) for verdict in judged]
    current = {topic.id for topic in topics}
    for (topic, version), verdict in kept.items():
        if topic not in current or any((topic, version) == (one.id, one.version) for one in topics):
            opinions.append(Opinion(verdict=verdict, stored=True))
    return tuple(sorted(opinions, key=lambda opinion: (-opinion.verdict.score, opinion.verdict.topic)))


# ------------------------------------------------------------------------------------------- an address


def _address(archive: Archive, topics: Topics, text: str) -> Explanation:
    url = clean_url(text if "://" in text else f"https://{text}")
    if url is None:
        return Explanation(answer=(f"{text!r} is no address of the web.",))
    trail = archive.by_url(url)
    if trail is None:
        return Explanation(
            answer=(
                "Unknown: no feed that was read has told this address, and nobody gave it by hand.",
                _read_by_hand(url),
            )
        )
    if trail.article is None:
        return Explanation(answer=(_without_article(trail.entry), *_told_by(trail)))
    answer = (*_copy(trail), *_told_by(trail))
    return _article(archive, topics, trail.article, answer)


def _without_article(entry: FeedEntry) -> str:
    reason = entry.reason
    why = f"{REASONS.get(reason, reason.value)} ({reason.value})" if reason else "no reason was kept"
    if entry.detail and reason:
        why += f": {entry.detail}"
    match entry.state:
        case EntryState.PENDING if entry.attempts == 0:
            return "Pending: known, not fetched yet; the next crawl reads it."
        case EntryState.PENDING:
            again = f" It is tried again from {entry.next_try_at:%Y-%m-%d %H:%M} UTC." if entry.next_try_at else ""
            times = "once" if entry.attempts == 1 else f"{entry.attempts} times"
            return f"Pending: tried {times}, {why}.{again}"
        case EntryState.NOTED:
            when = f" ({entry.published:%Y-%m-%d})" if entry.published else ""
            return (
                f"Noted as old{when}: it was in the feed when the feed was first read, and is not fetched."
                f" {_read_by_hand(entry.url)}"
            )
        case _ if reason is Reason.REFUSED_BY_ROBOTS:
            return f"Refused: {why}."
        case _ if reason in (Reason.NO_ARTICLE, Reason.EMPTY, Reason.NOT_HTML, Reason.WRONG_LANGUAGE):
            return f"Read, but no article: {why}."
        case _:
            return f"Failed: {why}. It is not tried again."


def _read_by_hand(url: str) -> str:
    return f"To read it all the same: ./run scrapy crawl page -a url={shlex.quote(url)}"


def _copy(trail: EntryTrail) -> tuple[str, ...]:
    if not trail.copy:
        return ()
    original = _original(trail)
    where = f" of {original.url} ({original.outlet})" if original else ""
    kinds = {Relation.EXACT: "An exact copy", Relation.NEAR: "A near copy", Relation.UPDATE: "An update"}
    return (
        f"{kinds.get(trail.relation or Relation.EXACT, 'A copy')}{where}; what follows is the article stored first.",
    )


def _original(trail: EntryTrail) -> Sighting | None:
    return next((one for one in trail.sightings if one.relation is Relation.NEW), None)


def _told_by(trail: EntryTrail) -> tuple[str, ...]:
    if not trail.others:
        return ()
    outlets = ", ".join(dict.fromkeys(entry.outlet for entry in trail.others))
    return (f"Told by {trail.entry.outlet}, and also by {outlets}.",)

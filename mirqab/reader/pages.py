"""What the reading pages show, as plain values for the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from mirqab.reader import words
from mirqab.reader.carried import Carried, Summary, ToldOf, carried, summary
from mirqab.reader.marks import Piece, paragraphs, pieces
from mirqab.reader.plain import When, safe_link, when
from mirqab.reader.queries import strongest
from mirqab.reader.told import told
from mirqab.types import Decision, Embed, Evidence, Sentence, Verdict

if TYPE_CHECKING:
    from mirqab.archive import ArticleDetail, FlaggedStory, StoryDetail, StoryFlag


@dataclass(frozen=True, kw_only=True, slots=True)
class MarkedPiece:
    """A piece of text; `title` says what marked it, empty for plain text."""

    text: str
    title: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One flagged story in the list."""

    story: str
    headline: str
    score: str
    grade: str
    main: bool
    theatres: tuple[str, ...]
    outlets: tuple[str, ...]
    summary: Summary
    published: When | None
    seen: When
    quote: str
    state: str | None
    topic: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """One sentence that counted: its marked text, and the arithmetic of its points."""

    pieces: tuple[MarkedPiece, ...]
    points: str
    parts: tuple[tuple[str, str], ...]
    in_title: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """What one topic says of the article shown."""

    topic: str
    version: str
    flagged: bool
    score: str
    threshold: str
    grade: str
    sum: tuple[tuple[str, str], ...]
    sentences: tuple[Counted, ...]
    facets: tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]  # name → values, each with its words


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """A post of a network that the article shows: whose it is, its date as the page gave it, its lines, its address."""

    handle: str
    date: str
    lines: tuple[str, ...]
    url: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Where a topic's flag stands; who decided that, when and why, where a person did. `turned` is what the topic
    says now against the decision, in words, or None. `news` is what the story told since: which kind, what, and where
    it says so."""

    topic: str
    state: str
    by: str | None
    at: When | None
    note: str
    turned: str | None
    news: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryPage:
    """One story, opened at one of its articles."""

    story: str
    article: str
    headline: tuple[MarkedPiece, ...]
    plain_headline: str
    body: tuple[tuple[MarkedPiece, ...], ...]
    posts: tuple[Post, ...]
    outlet: str
    url: str | None
    authors: tuple[str, ...]
    published: When | None
    fetched: When
    standing: tuple[Standing, ...]
    judged: tuple[Judged, ...]
    summary: Summary
    carried: tuple[Carried, ...]


FACETS = {"theatre": "المسرح", "act": "الفعل", "force": "القوة"}


def line(story: FlaggedStory, names: Mapping[str, str], topics: Mapping[str, str], now: datetime) -> Line:
    """Return one flagged story for the list. `names` and `topics` give outlets and topics their names."""
    return Line(
        story=story.story,
        headline=story.headline,
        score=words.number(story.score),
        grade=words.GRADES[story.grade],
        main=story.grade == "main",
        theatres=tuple(story.theatres),
        outlets=tuple(names.get(outlet, outlet) for outlet in story.outlets),
        summary=summary(story.outlets, story.texts, story.agency),
        published=when(story.published, now) if story.published else None,
        seen=when(story.first_seen_at, now),
        quote="" if story.top_evidence in story.headline else story.top_evidence,
        state=None if story.state == "open" else words.STATES[story.state],
        topic=topics.get(story.topic, story.topic),
    )


def opened_article(detail: StoryDetail, wanted: str | None) -> ArticleDetail:
    """Return the article to show: the one asked for, else the one whose verdict is best, else the lead."""
    for article in detail.articles:
        if article.article.id == wanted:
            return article
    return strongest(detail)


def story_page(
    detail: StoryDetail,
    told_of: ToldOf,
    names: Mapping[str, str],
    topics: Mapping[str, str],
    now: datetime,
    *,
    wanted: str | None,
) -> StoryPage:
    """Return a story, opened at one of its articles; `told_of` is what they changed, and why they are together."""
    story = told(detail)
    shown = opened_article(detail, wanted)
    article = shown.article
    verdicts = sorted(shown.verdicts, key=lambda verdict: (not verdict.flagged, -verdict.score))
    # only what flagged it is marked: a word that did not count would mislead the eye
    evidence = tuple(item for verdict in verdicts if verdict.flagged for item in verdict.evidence)
    return StoryPage(
        story=detail.id,
        article=article.id,
        headline=marked(pieces(article.headline, evidence, field="title")),
        plain_headline=article.headline,
        body=tuple(marked(paragraph) for paragraph in paragraphs(article.body, evidence)),
        posts=tuple(map(post, article.embeds)),
        outlet=names.get(article.outlet, article.outlet),
        url=safe_link(article.url),
        authors=article.authors,
        published=when(article.published, now) if article.published else None,
        fetched=when(article.fetched_at, now),
        standing=tuple(standing(flag, topics, now) for flag in detail.flags),
        judged=tuple(judged(verdict, article.headline, article.body, topics) for verdict in verdicts),
        summary=summary(story.outlets, len(story.texts), story.agency),
        carried=carried(detail, story, told_of, names, now),
    )


def post(embed: Embed) -> Post:
    """Return a post that an article shows."""
    return Post(
        handle=embed.handle,
        date=embed.date_raw or "",
        lines=tuple(embed.text.splitlines()),
        url=safe_link(embed.url) if embed.url else None,
    )


def standing(flag: StoryFlag, topics: Mapping[str, str], now: datetime) -> Standing:
    """Return where a flag stands, with the decision on it."""
    decided = flag.decided
    against = decided is not None and flag.earned != (decided.decision is not Decision.IRRELEVANT)
    return Standing(
        topic=topics.get(flag.topic, flag.topic),
        state=words.STATES[flag.state],
        by=None if decided is None else decided.decided_by,
        at=None if decided is None else when(decided.decided_at, now),
        note="" if decided is None else decided.note or "",
        turned=words.EARNED[flag.earned] if against else None,
        news=tuple((*words.news(one), one.sentence) for one in flag.development),
    )


def marked(cut: Sequence[Piece]) -> tuple[MarkedPiece, ...]:
    """Return pieces with the words that say why each is marked."""
    return tuple(MarkedPiece(text=piece.text, title=" ؛ ".join(map(_why, piece.evidence))) for piece in cut)


def _why(evidence: Evidence) -> str:
    return f"{evidence.rule}: {evidence.concept} ({words.number(evidence.points)})"


def judged(verdict: Verdict, headline: str, body: str, topics: Mapping[str, str]) -> Judged:
    """Return a verdict with its arithmetic and the sentences that counted, strongest first."""
    return Judged(
        topic=topics.get(verdict.topic, verdict.topic),
        version=verdict.version,
        flagged=verdict.flagged,
        score=words.number(verdict.score),
        threshold=words.number(verdict.threshold),
        grade=words.GRADES[verdict.grade],
        sum=tuple((name, words.number(points)) for name, points in verdict.sum),
        sentences=tuple(
            _counted(sentence, headline, body) for sentence in sorted(verdict.sentences, key=lambda one: -one.points)
        ),
        facets=tuple(
            (FACETS.get(facet, facet), tuple((value, verdict.words_for(facet, value)) for value in values))
            for facet, values in verdict.facets.items()
            if values
        ),
    )


def _counted(sentence: Sentence, headline: str, body: str) -> Counted:
    field = sentence.span.field
    text = headline if field == "title" else body
    cut = pieces(text, sentence.evidence, field=field, start=sentence.span.start, stop=sentence.span.stop)
    return Counted(
        pieces=marked(cut),
        points=words.number(sentence.points),
        parts=tuple((name, words.number(points)) for name, points in sentence.parts),
        in_title=field == "title",
    )

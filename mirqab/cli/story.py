"""A story or an explanation, printed for a person: the evidence marked in the text, the points added up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mirqab.cli.paper import Paper, points_of
from mirqab.cli.story_shown import RELATIONS
from mirqab.cli.terminal import moment, one_line
from mirqab.developments import told
from mirqab.reader.marks import paragraphs, pieces
from mirqab.reader.queries import strongest
from mirqab.types import Decision, Embed, Verdict

if TYPE_CHECKING:
    from mirqab.archive import ArticleDetail, Decided, StoryDetail, StoryFlag
    from mirqab.reader.explaining import Explanation, Opinion


def print_story(detail: StoryDetail, wanted: ArticleDetail | None) -> None:
    """Print a story, opened at the article that was asked for, else at the one that scores best."""
    paper = Paper()
    shown = wanted or strongest(detail)
    verdicts = sorted(shown.verdicts, key=lambda verdict: -verdict.score)
    evidence = [item for verdict in verdicts if verdict.flagged for item in verdict.evidence]
    article = shown.article
    _head(paper, detail.id, shown, evidence)
    paper.line()
    for paragraph in paragraphs(article.body, evidence):
        paper.line(paper.marked(paragraph))
    if article.embeds:
        paper.line()
        paper.line("Posts that the article shows")
        for embed in article.embeds:
            _embed(paper, embed)
    for flag in detail.flags:
        if flag.decided is not None:
            paper.line()
            _decision(paper, flag)
    for verdict in verdicts:
        paper.line()
        _verdict(paper, verdict, shown)
    if not verdicts:
        paper.line()
        paper.line(f"No topic found anything in this text; ./run explain {article.id} tells what was missing.")
    paper.line()
    paper.line("Carried by")
    for sighting in detail.sightings:
        which = "" if sighting.article == article.id else f"  article {sighting.article}"
        outlet, url = one_line(sighting.outlet), one_line(sighting.url)
        since = "" if sighting.gone_at is None else f"  gone since {moment(sighting.gone_at)}"
        since += "" if sighting.changed_at is None else f"  another text since {moment(sighting.changed_at)}"
        paper.line(f"  {moment(sighting.seen_at)}  {RELATIONS[sighting.relation]:<10}  {outlet}  {url}{which}{since}")


def _head(paper: Paper, story: str, detail: ArticleDetail, evidence: Sequence[object]) -> None:
    from mirqab.types import Evidence

    article = detail.article
    marks = [item for item in evidence if isinstance(item, Evidence)]
    headline = paper.marked(pieces(article.headline, marks, field="title"))
    headline.stylize("bold")
    paper.line(headline)
    paper.line(f"story {story}  article {article.id}")
    published = moment(article.published) if article.published else "not told"
    paper.line(f"{one_line(article.outlet)}  published {published}  fetched {moment(article.fetched_at)}")
    if article.authors:
        paper.line(one_line("، ".join(article.authors)))
    paper.line(one_line(article.url))
    if detail.gone_at is not None:
        paper.line(f"the page is gone since {moment(detail.gone_at)}")


def _embed(paper: Paper, embed: Embed) -> None:
    """Print a post that the article shows: whose and when, then what it says."""
    told = (embed.handle or "a post", embed.date_raw or "", embed.url or "")
    paper.line("  " + one_line(" ".join(part for part in told if part)))
    for line in embed.text.splitlines():
        paper.line(f"  | {one_line(line)}")


def _verdict(paper: Paper, verdict: Verdict, detail: ArticleDetail) -> None:
    """Print a verdict: score, facets, the sum, and each sentence that counted with its points."""
    said, grade = ("flagged", f", {verdict.grade.value}") if verdict.flagged else ("not flagged", "")
    paper.line(f"{verdict.topic}: {said}, {points_of(verdict.score)} of {verdict.threshold:g} needed{grade}")
    for facet, values in verdict.facets.items():
        told = {value: one_line("، ".join(verdict.words_for(facet, value))) for value in values}
        if not any(told.values()):
            told = {"، ".join(values): ""} if values else {}
        for value, words in told.items():
            paper.line(f"  {facet}: {one_line(value)}" + (f"  ←  {words}" if words else ""))
    for name, points in verdict.sum:
        paper.line(f"  {points:+g}  {one_line(name)}")
    article = detail.article
    for sentence in sorted(verdict.sentences, key=lambda sentence: -sentence.points):
        span = sentence.span
        text = paper.sentence(sentence, title=article.headline, text=article.body)
        where = "headline" if span.field == "title" else "text"
        paper.line()
        paper.line(f"  {points_of(sentence.points)}, in the {where}: ", text)
        for name, points in sentence.parts:
            paper.line(f"    {points:+g}  {one_line(name)}")
        for item in sentence.evidence:
            paper.line(f"    {one_line(item.text)}  ←  {one_line(item.concept)}, rule {one_line(item.rule)}")


def _decision(paper: Paper, flag: StoryFlag) -> None:
    """Print what a person decided, and what the topic says of it now."""
    assert flag.decided is not None
    for line in decision_lines(flag.decided):
        paper.line(line)
    if flag.development:
        paper.line(f"  developing, {moment(flag.developed_at)}: {one_line(told(flag.development))}")
        for sentence in dict.fromkeys(one.sentence for one in flag.development):
            paper.line(f"    {one_line(sentence)}")
    if flag.earned != (flag.decided.decision is not Decision.IRRELEVANT):
        now = "flagged" if flag.earned else "not flagged"
        paper.line(f"  the topic says now: {now}, {points_of(flag.score)}")


def decision_lines(decided: Decided) -> Iterator[str]:
    """Yield what a person decided: for which topic, who and when, and the note."""
    word = decided.decision.value.replace("_", " ")
    yield f"{decided.topic}: {word}, decided by {one_line(decided.decided_by)}, {moment(decided.decided_at)}"
    if decided.note:
        yield f"  note: {one_line(decided.note)}"


def print_explanation(explanation: Explanation) -> None:
    """Print why something is flagged, or is not."""
    paper = Paper()
    for sentence in explanation.answer:
        paper.line(one_line(sentence))
    if explanation.article is None or explanation.story is None:
        return
    paper.line()
    _head(paper, explanation.story, explanation.article, [])
    for opinion in explanation.opinions:
        paper.line()
        _opinion(paper, opinion, explanation.article)


def _opinion(paper: Paper, opinion: Opinion, article: ArticleDetail) -> None:
    verdict = opinion.verdict
    _verdict(paper, verdict, article)
    if not opinion.stored and verdict.score > 0:
        paper.line(f"  (judged now from the stored text, by version {verdict.version} of the topic)")
    if verdict.flagged:
        return
    if not verdict.sentences:
        paper.line("  found: nothing that counts")
    for what in verdict.missing:
        paper.line(f"  missing: {one_line(what)}")

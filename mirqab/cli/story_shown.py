"""How a story was told, printed for a person: who carried it, why it is one story, and what each outlet changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from mirqab.changes import Change, Kind
from mirqab.cli.paper import Paper
from mirqab.cli.terminal import moment, one_line
from mirqab.reader.told import names_of
from mirqab.reader.words import whole_percent
from mirqab.telling import COPIES
from mirqab.types import Relation

if TYPE_CHECKING:
    from mirqab.archive import Archive, FlagMoved, Regrouped, Regrouping, StoryDetail
    from mirqab.reader.told import Carrier, Edited, Told, Why

RELATIONS: Final = {
    Relation.NEW: "new",
    Relation.EXACT: "exact copy",
    Relation.NEAR: "near copy",
    Relation.UPDATE: "update",
    Relation.SAME_EVENT: "same event",
}
_AS: Final = {relation: "as" if relation is Relation.SAME_EVENT else "of" for relation in Relation}
_KINDS: Final = {
    Kind.REWORDED: "reworded",
    Kind.ADDED: "added",
    Kind.REMOVED: "removed",
    Kind.SPELLED: "spelled otherwise",
}


def print_told(
    detail: StoryDetail,
    told: Told,
    reasons: Sequence[Why],
    changed: Sequence[Edited] | None,
    regrouped: Sequence[Regrouping],
) -> None:
    """Print who told a story, why its articles are together, what was changed, and what persons regrouped."""
    paper = Paper()
    paper.line(one_line(detail.articles[0].article.headline))
    paper.line(f"story {detail.id}  first seen {moment(detail.first_seen_at)}")
    paper.line(summary(len(told.outlets), len(told.texts), told.agency))
    paper.line()
    paper.line("Carried by")
    outlets = {one.article.id: one.article.outlet for one in detail.articles}
    for carrier in told.carriers:
        paper.line("  " + _carrier(carrier, outlets))
        paper.line(f"      {one_line(carrier.url)}  article {carrier.article}")
    if reasons:
        paper.line()
        paper.line("Why together")
    for reason in reasons:
        for line in _reason(reason, outlets):
            paper.line(line)
    if changed is not None:
        paper.line()
        paper.line("What changed" if changed else "Nothing was changed: there is one text, and it has one version.")
        for edited in changed:
            _edited(paper, edited, outlets)
    if regrouped:
        paper.line()
        paper.line("Joined and parted by hand")
        for one in regrouped:
            paper.line("  " + _regrouping(one))


def summary(outlets: int, texts: int, agency: str | None) -> str:
    """Return in one line how many outlets carried a story, in how many independent texts, and which agency first."""
    told = f"{_count(outlets, 'outlet')} · {_count(texts, 'independent text')}"
    return told if agency is None else f"{told} · first agency: {names_of([agency], english=True)[agency]}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _carrier(carrier: Carrier, outlets: dict[str, str]) -> str:
    parts = [moment(carrier.at), one_line(carrier.outlet), f"text {carrier.text + 1}"]
    said = RELATIONS[carrier.relation]
    if carrier.relation is Relation.NEW and not carrier.is_first:
        said = "seen first"
    if carrier.nearest is not None:
        said += f" {_AS[carrier.relation]} {one_line(outlets.get(carrier.nearest, carrier.nearest))}"
    if carrier.similarity is not None:
        said += f" ({whole_percent(carrier.similarity)}% alike)"
    parts.append(said)
    if carrier.is_first and carrier.relation in COPIES:
        parts.append("published first")
    if carrier.agencies:
        parts.append("credits " + ", ".join(names_of(carrier.agencies, english=True).values()))
    if carrier.placed_by:
        parts.append(f"put here by {one_line(carrier.placed_by)}")
    if carrier.gone_at is not None:
        parts.append(f"its page is gone since {moment(carrier.gone_at)}")
    if carrier.changed_at is not None:
        parts.append(f"its page has another text since {moment(carrier.changed_at)}")
    return "  ".join(parts)


def _reason(reason: Why, outlets: dict[str, str]) -> Iterator[str]:
    mine = one_line(outlets[reason.article])
    theirs = one_line(outlets.get(reason.nearest, "")) or "an article of another story"
    alike = "" if reason.similarity is None else f", {whole_percent(reason.similarity)}% alike"
    shared = (
        f"; {whole_percent(reason.shared)}% of its words stand in passages that both have" if reason.passages else ""
    )
    yield f"  {mine}: {RELATIONS[reason.relation]} {_AS[reason.relation]} {theirs}{alike}{shared}"
    for passage in reason.passages:
        yield f"    | {one_line(passage.text)}  ({passage.words} words)"
    if reason.terms:
        yield f"    both have: {one_line('، '.join(reason.terms))}"


def _edited(paper: Paper, edited: Edited, outlets: dict[str, str]) -> None:
    found = edited.changes
    which = f"against {one_line(outlets.get(edited.against, edited.against))}"
    if edited.version is not None:
        which = f"version {edited.version} to {edited.version + 1}, {moment(edited.at)}"
    paper.line(f"  {one_line(outlets[edited.article])}, {which} ({edited.article})")
    if found.is_none:
        paper.line("    nothing but white space")
        return
    counts = [f"{len(found.of(kind))} {name}" for kind, name in _KINDS.items() if found.of(kind)]
    counts += [f"{found.moved} moved"] if found.moved else []
    counts += [f"{found.kept} as they were"]
    paper.line(f"    sentences: {'; '.join(counts)}{'' if found.is_material else ' (nothing of meaning)'}")
    for number in found.numbers:
        what = f"{one_line(number.before)} → {one_line(number.after)} {one_line(number.of)}"
        paper.line(f"    {number.figure.value}: {what.rstrip()}")
    if found.headline is not None:
        paper.line("    headline: ", _marked(paper, found.headline))
    for change in found.sentences:
        if change.kind is not Kind.SPELLED:
            paper.line(f"    {_KINDS[change.kind]}: ", _marked(paper, change))


def _marked(paper: Paper, change: Change) -> Any:
    if change.kind in (Kind.ADDED, Kind.REMOVED):
        return paper.changed([(change.text or change.former, None)])
    return paper.changed([(piece.text, piece.op) for piece in change.pieces()])


def _regrouping(one: Regrouping) -> str:
    what = "joined here" if one.decision == "merge" else "parted"
    told = f"{one.id}  {moment(one.decided_at)}  {_count(len(one.articles), 'article')} {what}"
    told += f": {one.other} → {one.story}, by {one_line(one.decided_by)}"
    told += f" ({one_line(one.note)})" if one.note else ""
    return told if one.undone_at is None else f"{told}; undone {moment(one.undone_at)}"


def regrouping_json(one: Regrouping) -> dict[str, Any]:
    """Return a regrouping as plain JSON values (docs/stories.md)."""
    return {
        "number": one.id,
        "decision": one.decision,
        "story": one.story,
        "other": one.other,
        "articles": list(one.articles),
        "decided_at": one.decided_at.isoformat(),
        "decided_by": one.decided_by,
        "note": one.note,
        "undone_at": None if one.undone_at is None else one.undone_at.isoformat(),
    }


def regrouped_lines(archive: Archive, done: Regrouped, *, dry_run: bool) -> Iterator[str]:
    """Yield what a regrouping, or taking one back, changed; of a dry run, what it would change."""
    one = done.regrouping
    is_back = one.undone_at is not None
    came, went = (one.story, one.other) if not is_back else (one.other, one.story)
    yield f"{_count(len(one.articles), 'article')}: {went} → {came}" + (
        " (dry run: nothing is changed)" if dry_run else ""
    )
    for article in one.articles:
        detail = archive.article(article)
        if detail is not None:
            yield f"  {article}  {one_line(detail.article.outlet)}  {one_line(detail.article.headline)}"
    for flag in done.flags:
        yield f"{flag.story}, {flag.topic}: {_state(flag, 'before')} → {_state(flag, 'after')}"
    if one.decision == "merge" and not is_back:
        yield f"{one.other} leads to {one.story} from now on."
    if not dry_run:
        yield f"./run story undo {one.id} takes it back." if not is_back else f"Regrouping {one.id} is undone."


def _state(flag: FlagMoved, when: str) -> str:
    state = getattr(flag, when)
    return "not flagged" if state is None else state.value.replace("_", " ")

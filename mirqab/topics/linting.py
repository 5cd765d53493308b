"""What looks wrong in a topic that compiles: words that collide, blocks that nothing uses, rules that never fire.

A finding is a hint with its place, not a mistake: the topic works, but perhaps not as its author thinks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mirqab.arabic import Kind, fold, forms, words
from mirqab.topics.examples import JudgedExample, judge_examples
from mirqab.topics.frequent import FREQUENT
from mirqab.topics.judge import Judge
from mirqab.topics.language import Term, Topic, Word
from mirqab.types import Document

_OFTEN: Final = 0.01  # of the stories: a form printed so often, and seldom as this word, is another word
_TIMES: Final = 5  # and in so many stories at least: a form in one of forty tells nothing
_SHOWN: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One hint: where, under which key, and what looks wrong in plain words. `kind` is a short name for scripts."""

    kind: str
    file: str
    line: int | None
    key: str
    text: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.key}: {self.text}"


def lint(
    topic: Topic,
    document: Document,
    *,
    corpus: Iterable[tuple[str, str]] | None = None,
    examples: Sequence[JudgedExample] | None = None,
) -> list[Finding]:
    """Return what looks wrong in a topic, in the order of its lines.

    `document` is what it was compiled from. `corpus` holds headline and text of stories that are asked for rules that
    never fire and words that are printed all the time; without it the topic's own examples tell of the rules. They are
    judged here unless they are given.
    """
    linter = _Linter(topic, document)
    stories = None if corpus is None else list(corpus)
    found = [
        *linter.unused(),
        *linter.doubled_terms(),
        *linter.colliding(stories or ()),
        *linter.mixed_keys(),
        *linter.without_effect(),
        *linter.never_firing(stories, judge_examples(topic) if examples is None else examples),
    ]
    return sorted(found, key=lambda finding: (finding.line or 0, finding.kind, finding.text))


def shown_forms(term: Term) -> tuple[tuple[str, ...], ...]:
    """Return the folded forms that each word of a term stands for, sorted."""
    return tuple(tuple(sorted(forms(word.text, word.kind))) for word in term)


class _Linter:
    def __init__(self, topic: Topic, document: Document) -> None:
        self.topic, self.document = topic, document
        content = document.content if isinstance(document.content, dict) else {}
        self._keys = {fold(str(key)): key for key in content}
        self.own = {name: topic.concepts[name] for name in self._block("مفاهيم", "concepts") if name in topic.concepts}

    def _key(self, arabic: str, english: str) -> str:
        return str(self._keys.get(fold(arabic)) or self._keys.get(english) or arabic)

    def _block(self, arabic: str, english: str) -> dict[str, object]:
        found = self.document.content.get(self._key(arabic, english))
        return found if isinstance(found, dict) else {}

    def _finding(self, kind: str, path: tuple[str | int, ...], text: str) -> Finding:
        return Finding(
            kind=kind,
            file=self.document.path,
            line=self.document.line(*path),
            key=".".join(map(str, path)),
            text=text,
        )

    def _concept(self, name: str) -> tuple[str | int, ...]:
        return (self._key("مفاهيم", "concepts"), name)

    def _at(self, arabic: str, english: str, index: int) -> tuple[str | int, ...]:
        return (self._key(arabic, english), index)

    # ---- blocks that nothing uses

    def unused(self) -> Iterator[Finding]:
        """Yield concepts and compositions that nothing names."""
        topic = self.topic
        named = {*topic.named_concepts}
        for concept in self.own.values():
            named |= {included.name for included in concept.included}
        for facet in topic.facets:
            for value in facet.values.values():
                named |= {included.name for included in topic.concepts[value].included}
        for name in self.own:
            if name not in named:
                yield self._finding("unused", self._concept(name), "no composition, rule, penalty or facet names it")
        used = {part for way in topic.compositions for pair in way.pairs for part in (pair.first, pair.second)}
        used |= {name for rule in topic.rules for name in rule.together}
        used |= {name for penalty in topic.penalties for name in (penalty.concept, *penalty.unless) if name}
        for index, composition in enumerate(topic.compositions):
            if composition.name not in used:
                path = self._at("تراكيب", "compose", index)
                text = f"no composition, rule or penalty names the composition «{composition.name}»"
                yield self._finding("unused", path, text)
        if topic.filler and not any(pair.filled for way in topic.compositions for pair in way.pairs):
            yield self._finding("unused", (self._key("حشو", "filler"),), "no composition asks for filler words")

    # ---- words

    def doubled_terms(self) -> Iterator[Finding]:
        """Yield terms that another term of the same concept finds anyway."""
        for name, concept in self.own.items():
            terms = sorted(concept.terms, key=len)
            index: dict[tuple[frozenset[str], ...], Term] = {}
            singles = [(term, _forms(term)[0]) for term in terms if len(term) == 1]
            for term in terms:
                known = _forms(term)
                same = index.setdefault(known, term)
                if same is not term:
                    text = f"«{_written(term)}» finds what «{_written(same)}» finds"
                    yield self._finding("doubled", self._concept(name), text)
                    continue
                for other, wider in singles:
                    if known != (wider,) and any(word <= wider for word in known):
                        text = f"where «{_written(term)}» stands, «{_written(other)}» is found anyway"
                        yield self._finding("doubled", self._concept(name), text)
                        break

    def colliding(self, stories: Sequence[tuple[str, str]]) -> Iterator[Finding]:
        """Yield generated forms that are other, frequent words, with what to strike out."""
        printed = Counter(word for title, text in stories for word in {*words(fold(title)), *words(fold(text))})
        least = max(_TIMES, _OFTEN * len(stories))
        for name, concept in self.own.items():
            if name == self.topic.filler:
                continue  # it finds nothing: frequent words may stand between as well
            meant = {part for term in concept.terms if len(term) == 1 for part in fold(term[0].text).split("/")}
            for term in concept.terms:
                if len(term) != 1:
                    continue
                known = {
                    form
                    for form in _forms_anywhere(term[0]) - concept.struck
                    if not _is_plainly(form, term[0]) and meant.isdisjoint(_without_preposition(form))
                }
                common = FREQUENT & known
                total = sum(printed[form] for form in _forms(term)[0])
                if stories and len(known) > 1:
                    common |= {form for form in known if printed[form] >= least and printed[form] > 0.9 * total}
                if common:
                    shown = ", ".join(sorted(common)[:_SHOWN])
                    text = f"forms of «{_written(term)}» are frequent words of their own; strike out: لا: [{shown}]"
                    yield self._finding("collides", self._concept(name), text)

    # ---- keys

    def mixed_keys(self) -> Iterator[Finding]:
        """Yield a hint where Arabic and English keys stand side by side."""
        english = [str(key) for key in self.document.content if str(key).isascii()]
        if english and len(english) < len(self.document.content):
            yield self._finding("mixed", (english[0],), "an English key among Arabic ones: write one language")

    # ---- what never bears on a verdict

    def without_effect(self) -> Iterator[Finding]:
        """Yield penalties and facet values that can never be read, and rules that others always beat."""
        topic = self.topic
        for index, penalty in enumerate(topic.penalties):
            names = [*penalty.unless]
            if penalty.concept and penalty.concept in names:
                path = self._at("خصومات", "penalties", index)
                yield self._finding("no effect", path, f"«{penalty.name}» is lifted by the concept that it looks for")
        for index, rule in enumerate(topic.rules):
            for other in topic.rules:
                easier = set(other.together) < set(rule.together) and other.together[0] == rule.together[0]
                wide = other.gap is None or (rule.gap is not None and rule.gap <= other.gap)
                if easier and wide and other.times <= rule.times and other.points >= rule.points:
                    path = self._at("قواعد", "rules", index)
                    text = f"«{rule.name}» gives no more than the easier «{other.name}»"
                    yield self._finding("no effect", path, text)
                    break
        for facet in topic.facets:
            seen: dict[frozenset[tuple[object, ...]], str] = {}
            for value, concept in facet.values.items():
                terms = frozenset(term for group in topic.concepts[concept].worded.values() for term in group)
                first = seen.setdefault(terms, value)
                if first != value:
                    path = (self._key("أوجه", "facets"), facet.name)
                    yield self._finding("no effect", path, f"«{value}» has the very words of «{first}»")

    def never_firing(
        self, stories: Sequence[tuple[str, str]] | None, examples: Sequence[JudgedExample]
    ) -> Iterator[Finding]:
        """Yield rules that give no evidence, in the stories or else in the examples."""
        if not stories and not examples:
            return
        judge = Judge([self.topic])
        fired = {rule for judged in examples for rule in judged.rules}
        fired |= {
            item.rule
            for title, text in stories or ()
            for verdict in judge.scored(title=title, text=text, published=None)
            for item in verdict.evidence
        }
        where = "the examples" if stories is None else f"{len(stories):,} stories and the examples"
        for index, rule in enumerate(self.topic.rules):
            if rule.name not in fired:
                path = self._at("قواعد", "rules", index)
                yield self._finding("never fires", path, f"«{rule.name}» is the best rule of no sentence in {where}")


def _is_plainly(form: str, word: Word) -> bool:
    """Say whether a form is what anybody takes for the word: itself, with its article or case, or a past tense."""
    own = fold(word.text)
    if word.kind is Kind.VERB:
        past, present = own.split("/")
        return form.startswith(past) or form == present
    return word.kind is Kind.PARTICLE or form in {own, f"ال{own}", f"{own}ا"}


def _without_preposition(form: str) -> set[str]:
    """Return a form, and what is left of it when it begins with a preposition written together: «بقرار», «للقرار»."""
    left = {form, form[1:]} if form[:1] in {"ب", "ل", "ك"} else {form}
    return left | {f"ال{form[2:]}", form[2:]} if form.startswith("لل") else left


@lru_cache(maxsize=20_000)
def _forms(term: Term) -> tuple[frozenset[str], ...]:
    return tuple(forms(word.text, word.kind) for word in term)


def _forms_anywhere(word: Word) -> frozenset[str]:
    """Return the forms of a word that count without a negation before them."""
    return forms(word.text, word.kind, negated=False)


def _written(term: Term) -> str:
    return " ".join(word.text for word in term)

"""From a topic's YAML document to a `Topic`, with every mistake of the author reported at once."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

from mirqab.arabic import fold
from mirqab.errors import ConfigurationError, Mistake
from mirqab.topics import limits
from mirqab.topics.blocks import ARABIC_COMMA, Block, UnreadableError, in_digits, instead_of, note, unknown
from mirqab.topics.language import (
    Composition,
    Concept,
    Drop,
    Example,
    Facet,
    Grading,
    Pair,
    Penalty,
    Rule,
    Scope,
    Topic,
)
from mirqab.topics.version import version_of
from mirqab.topics.vocabulary import Vocabulary
from mirqab.types import Document

_TOPIC = {
    "topic": "موضوع",
    "id": "معرّف",
    "imports": "يستورد",
    "threshold": "عتبة",
    "title_weight": "وزن_العنوان",
    "rest_weight": "وزن_بقية_الجمل",
    "rest_cap": "سقف_بقية_الجمل",
    "concepts": "مفاهيم",
    "filler": "حشو",
    "compose": "تراكيب",
    "drop": "إسقاط",
    "rules": "قواعد",
    "penalties": "خصومات",
    "facets": "أوجه",
    "examples": "أمثلة",
    "grades": "درجات",
    "active": "نافذة_نشر",
    "outlet_thresholds": "عتبات",
}
_GRADES = {"lead": "مطلع", "sentences": "جمل", "share": "نصيب"}
_ACTIVE = {"from": "من", "to": "إلى"}
_COMPOSITION = {"name": "اسم", "any": "أي", "anaphora": "إحالة"}
_DROP = {"name": "اسم", "concept": "مفهوم", "within": "ضمن", "of": "من"}
_RULE = {"name": "اسم", "together": "معا", "within": "ضمن", "points": "نقاط", "times": "مرات"}
_PENALTY = {
    "name": "اسم",
    "concept": "مفهوم",
    "past_year": "سنة_ماضية",
    "within": "ضمن",
    "before": "قبل",
    "unless": "إلا",
    "points": "نقاط",
    "scope": "نطاق",
    "density": "كثافة",
    "words": "كلمات",
    "evidence": "أدلة",
}
_SCOPES = {fold(name): scope for name, scope in [("جملة", "sentence"), ("عنوان", "title"), ("مقال", "story")]}
_FACET = {
    "id": "معرّف",
    "within": "ضمن",
    "share": "أقل_نسبة",
    "fallback": "احتياط",
    "values": "قيم",
    "names": "أسماء_أخرى",
}
_EXAMPLES = {"flagged": "يجب_أن_يُرفع", "not_flagged": "يجب_ألّا_يُرفع"}
_EXAMPLE = {"text": "نص", "facets": "أوجه", "why": "لماذا"}
_FLAGS = {"بعده": "after", "قبله": "before", "حشو": "filled"}
_FLAGS |= {"after": "after", "before": "before", "filler": "filled"}
_PAIR = 5  # two names, a distance, a direction and حشو
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

Path = tuple[str | int, ...]


def compile_topic(document: Document) -> Topic:
    """Return the topic that a document declares.

    Raises ConfigurationError with every mistake in it: file, line, key and what was expected. The examples in the
    file are not judged here; see `check_examples`.
    """
    reader = _Reader(document)
    topic = None
    with suppress(UnreadableError):
        topic = reader.topic()
    if reader.mistakes or topic is None:
        raise ConfigurationError(sorted(reader.mistakes, key=lambda mistake: mistake.line or 0))
    return topic


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.mistakes: list[Mistake] = []
        self.vocabulary = Vocabulary(document, self.mistakes)
        self.concepts: dict[str, Concept] = {}
        self.composed: dict[str, Composition] = {}
        self.deep: dict[str, int] = {}  # composition → how many lie below it
        self.ways = 0
        self.to_compose: frozenset[str] = frozenset()  # the names of all compositions, those below as well
        self.rules: set[str] = set()

    def topic(self) -> Topic:
        block = self._block((), self.document.content, _TOPIC)
        vocabulary = self.vocabulary
        vocabulary.take_imports(block)
        for path, name, item in block.entries("concepts", most=limits.CONCEPTS, required=not vocabulary.imported):
            vocabulary.own(path, name, item)
        for path, name, item in block.entries("facets", most=limits.FACETS):
            self._facet(path, name, item)
        vocabulary.resolve()
        self.concepts = {**vocabulary.imported, **vocabulary.concepts}
        filler = block.text("filler")
        if filler:
            self._known(block.at("filler"), filler, self.concepts)
        self.to_compose = _names_in(block.raw("compose"))
        compositions = tuple(
            self._composition(path, item)
            for path, item in block.items("compose", most=limits.COMPOSITIONS, required=True)
        )
        identity = block.text("id", required=True) or ""
        if identity and not _ID.fullmatch(identity):
            block.wrong("id", "lower-case Latin letters and digits joined by hyphens")
        topic = Topic(
            id=identity,
            name=block.text("topic", required=True) or "",
            version="",
            file=self.document.path,
            threshold=block.number("threshold", 1.0, required=True),
            title_weight=block.number("title_weight", 1.0),
            rest_weight=block.number("rest_weight", 0.0),
            rest_cap=block.number("rest_cap", float("inf")),
            concepts=self.concepts,
            filler=filler,
            compositions=compositions,
            drops=tuple(self._drop(path, item) for path, item in block.items("drop", most=limits.DROPS)),
            rules=tuple(
                self._rule(path, item) for path, item in block.items("rules", most=limits.RULES, required=True)
            ),
            penalties=tuple(
                self._penalty(path, item) for path, item in block.items("penalties", most=limits.PENALTIES)
            ),
            facets=tuple(vocabulary.facets.values()),
            examples=self._examples(block),
            grading=self._grading(block),
            outlet_thresholds=self._outlet_thresholds(block),
            **self._active(block),
        )
        used = topic.named_concepts
        terms = sum(len(terms) for name in used for terms in self.concepts[name].worded.values())
        if terms > limits.ALL_TERMS:
            self._note((), f"at most {limits.ALL_TERMS:,} terms in all concepts together, not {terms:,}")
        for name in vocabulary.imported:  # of a library only what is used travels with the topic
            if name not in used and name not in vocabulary.concepts:
                del self.concepts[name]
        return replace(topic, version=version_of(topic))

    def _block(self, path: Path, content: Any, keys: dict[str, str]) -> Block:
        return Block(self.document, path, content, keys, self.mistakes)

    def _note(self, path: Path, expected: str) -> None:
        note(self.mistakes, self.document, path, expected)

    def _known(self, path: Path, name: str, *among: dict[str, Any]) -> str:
        if any(name in names for names in among):
            return name
        if name in self.to_compose and any(names is self.composed for names in among):
            self._note(path, f"a name that is known here: the composition «{name}» must be written above")
        else:
            self._note(path, unknown(name, sorted((known for names in among for known in names), key=self._foreign)))
        return name

    def _foreign(self, name: str) -> int:
        """Return how far a name is from what the author wrote: its own, a facet's value, an imported one."""
        own = self.vocabulary.concepts
        if name not in own:
            return 2 if name in self.vocabulary.imported else 0
        return 1 if any(name in facet.values.values() for facet in self.vocabulary.facets.values()) else 0

    # -------------------------------------------------------------------------------- compositions

    def _composition(self, path: Path, item: Any) -> Composition:
        block = self._block(path, item, _COMPOSITION)
        name = block.text("name", required=True) or ""
        if name in self.concepts or name in self.composed:
            block.wrong("name", f"a name of its own: «{name}» is taken")
        pairs = tuple(
            pair for at, way in block.items("any", most=limits.WAYS, required=True) if (pair := self._pair(at, way))
        )
        deep = 1 + max(
            (self.deep.get(part, 0) for pair in pairs for part in (pair.first, pair.second or "")), default=0
        )
        self.deep[name] = deep
        if deep > limits.COMPOSED_DEEP:
            block.wrong("any", f"compositions of compositions at most {limits.COMPOSED_DEEP} deep")
        self.ways += len(pairs)
        if self.ways - len(pairs) <= limits.ALL_WAYS < self.ways:
            block.wrong("any", f"at most {limits.ALL_WAYS:,} lines in all compositions together")
        anaphora = block.text("anaphora")
        if anaphora:
            self._known(block.at("anaphora"), anaphora, self.concepts)
        found = Composition(name=name, pairs=pairs, anaphora=anaphora)
        self.composed[name] = found
        return found

    def _pair(self, path: Path, way: Any) -> Pair | None:
        if isinstance(way, str):
            return Pair(first=self._known(path, way, self.concepts, self.composed))
        if isinstance(way, list) and len(way) == 1 and isinstance(way[0], str):
            hint = ARABIC_COMMA if "،" in way[0] else "a name, or [first, second, number of words between]"
            self._note(path, hint)
            return None
        if not (isinstance(way, list) and len(way) >= 3 and isinstance(way[0], str) and isinstance(way[1], str)):
            self._note(path, "a name, or [first, second, number of words between], then بعده, قبله or حشو")
            return None
        gap = in_digits(way[2])
        if not isinstance(gap, int) or isinstance(gap, bool) or gap < 0:
            self._note((*path, 2), f"a whole number from 0, the words between{instead_of(gap)}")
            return None
        if gap > limits.DISTANCE:
            self._note((*path, 2), f"at most {limits.DISTANCE} words between: a sentence is cut at so many")
        if len(way) > _PAIR:
            self._note(path, f"at most {_PAIR} items in a line")
        flags = {}
        for index, flag in enumerate(way[3:_PAIR], start=3):
            name = _FLAGS.get(fold(str(flag)))
            if name is None:
                self._note((*path, index), unknown(str(flag), list(_FLAGS)))
            else:
                flags[name] = True
        if flags.get("after") and flags.get("before"):
            self._note(path, "بعده or قبله, not both")
        return Pair(
            first=self._known((*path, 0), way[0], self.concepts, self.composed),
            second=self._known((*path, 1), way[1], self.concepts, self.composed),
            gap=gap,
            **flags,
        )

    def _drop(self, path: Path, item: Any) -> Drop:
        block = self._block(path, item, _DROP)
        of = block.names("of") or tuple(self.composed)
        for name in of:
            self._known(block.at("of"), name, self.composed)
        gap = block.count("within")
        return Drop(
            name=block.text("name", required=True) or "",
            concept=self._concept_named(block, required=True) or "",
            gap=0 if gap is None else gap,
            compositions=frozenset(of),
        )

    def _concept_named(self, block: Block, *, required: bool = False, composed: bool = False) -> str | None:
        name = block.text("concept", required=required)
        among = (self.concepts, self.composed) if composed else (self.concepts,)
        return self._known(block.at("concept"), name, *among) if name else None

    # --------------------------------------------------------------------------- rules, penalties

    def _rule(self, path: Path, item: Any) -> Rule:
        block = self._block(path, item, _RULE)
        together = block.names("together", most=limits.TOGETHER, required=True)
        for name in together:
            self._known(block.at("together"), name, self.composed, self.concepts)
        if together and together[0] in self.concepts:
            block.wrong("together", "a composition first, then concepts")
        points = block.number("points", 0.0, required=True)
        if block.has("points") and points <= 0:
            block.wrong("points", "a number above 0")
        name = block.text("name", required=True) or ""
        if name and name in self.rules:
            block.wrong("name", f"a name of its own: another rule is called «{name}»")
        self.rules.add(name)
        return Rule(
            name=name,
            together=together,
            points=points,
            gap=block.count("within"),
            times=self._times(block),
        )

    def _times(self, block: Block) -> int:
        times = block.count("times", most=limits.TIMES)
        if times == 0:
            block.wrong("times", "a whole number from 1")
        return times or 1

    def _penalty(self, path: Path, item: Any) -> Penalty:
        block = self._block(path, item, _PENALTY)
        scope = self._scope(block)
        points = block.number("points", 0.0, required=True)
        if block.has("points") and points >= 0:
            block.wrong("points", "a number below 0")
        concept = self._concept_named(block, composed=scope is Scope.SENTENCE)
        past_year, words = block.truth("past_year"), block.count("words", most=limits.AMOUNT)
        if sum((concept is not None, past_year, words is not None)) != 1:
            self._note(path, "one condition: مفهوم (concept), سنة_ماضية (past_year), or كلمات (words)")
        allowed = {
            Scope.SENTENCE: {"concept", "past_year", "within", "before", "unless"},
            Scope.TITLE: {"concept", "unless"},
            Scope.STORY: {"concept", "density", "words", "evidence", "unless"},
        }[scope]
        for key in set(_PENALTY) - allowed - {"name", "points", "scope"}:
            if block.has(key):
                block.wrong(key, f"a key that has a meaning in the scope {scope.value}")
        unless = block.names("unless")
        for name in unless:
            self._known(block.at("unless"), name, self.concepts, self.composed)
        evidence = block.count("evidence", most=limits.TIMES)
        return Penalty(
            name=block.text("name", required=True) or "",
            points=points,
            scope=scope,
            concept=concept,
            gap=block.count("within"),
            before=block.truth("before"),
            past_year=past_year,
            unless=unless,
            density=block.number("density", 0.0) if block.has("density") else None,
            words=words,
            evidence=1 if evidence is None else evidence,
        )

    def _scope(self, block: Block) -> Scope:
        written = block.text("scope")
        if written is None:
            return Scope.SENTENCE
        value = _SCOPES.get(fold(written), written)
        if value not in set(Scope):
            block.wrong("scope", "جملة, عنوان or مقال (sentence, title, story)")
            return Scope.SENTENCE
        return Scope(value)

    # ------------------------------------------------------------------------- facets, examples

    def _facet(self, path: Path, name: str, item: Any) -> None:
        block = self._block(path, item, _FACET)
        values = {value: (at, terms) for at, value, terms in block.entries("values", most=limits.VALUES, required=True)}
        share = block.number("share", 0.0)
        if not 0 <= share <= 1:
            block.wrong("share", "a number from 0 to 1")
        facet = Facet(
            id=block.text("id", required=True) or "",
            name=name,
            values={value: f"{name}: {value}" for value in values},
            gap=block.count("within"),
            share=share,
            fallback=block.truth("fallback"),
            names=self._other_names(block, values),
        )
        self.vocabulary.facet(facet, values)

    def _other_names(self, block: Block, values: dict[str, Any]) -> dict[str, tuple[str, ...]]:
        """Return what else the values of a facet are called; a name is of one value alone."""
        found: dict[str, tuple[str, ...]] = {}
        taken: dict[str, str] = {}
        for path, value, item in block.entries("names", most=limits.VALUES):
            self._known(path, value, values)
            names = item if isinstance(item, list) else [item]
            if len(names) > limits.NAMES or not all(isinstance(name, str) and "،" not in name for name in names):
                self._note(path, f"a name, or a list of at most {limits.NAMES} names separated by «,»")
                continue
            found[value] = tuple(names)
            for name in names:
                if taken.setdefault(name, value) != value:
                    self._note(path, f"a name of its own: «{name}» is given to «{taken[name]}»")
        return found

    def _grading(self, block: Block) -> Grading:
        usual = Grading()
        if not block.has("grades"):
            return usual
        own = self._block(block.at("grades"), block.raw("grades"), _GRADES)
        lead, sentences, share = (
            own.count("lead", most=limits.AMOUNT),
            own.count("sentences"),
            own.number("share", usual.share),
        )
        if not 0 <= share <= 1:
            own.wrong("share", "a number from 0 to 1")
        return Grading(
            lead=usual.lead if lead is None else lead,
            sentences=usual.sentences if sentences is None else sentences,
            share=share,
        )

    def _active(self, block: Block) -> dict[str, date | None]:
        if not block.has("active"):
            return {}
        own = self._block(block.at("active"), block.raw("active"), _ACTIVE)
        ends: dict[str, date | None] = {}
        for key in _ACTIVE:
            written = own.text(key)
            try:
                ends[key] = date.fromisoformat(written) if written else None
            except ValueError:
                own.wrong(key, "a day such as 2026-01-31")
        first, last = ends.get("from"), ends.get("to")
        if first and last and first > last:
            own.wrong("to", f"a day from {first.isoformat()} on")
        return {"active_from": first, "active_to": last}

    def _outlet_thresholds(self, block: Block) -> dict[str, float]:
        found = {}
        for path, outlet, value in block.entries("outlet_thresholds", most=limits.OUTLETS):
            value = in_digits(value)
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= limits.AMOUNT:
                found[outlet] = float(value)
            else:
                self._note(path, f"a number of points above 0, at most {limits.AMOUNT:,}")
        return dict(sorted(found.items()))

    def _examples(self, block: Block) -> tuple[Example, ...]:
        if not block.has("examples"):
            return ()
        both = self._block(block.at("examples"), block.raw("examples"), _EXAMPLES)
        found = []
        for key, flagged in (("flagged", True), ("not_flagged", False)):
            for path, item in both.items(key, most=limits.EXAMPLES):
                example = self._block(path, item, _EXAMPLE)
                facets = {}
                for at, facet, value in example.entries("facets", most=limits.FACETS):
                    if isinstance(value, str):
                        facets[facet] = value
                    else:
                        self._note(at, "one value of the facet")
                found.append(
                    Example(
                        text=example.text("text", required=True, most=limits.EXAMPLE) or "",
                        flagged=flagged,
                        facets=facets,
                        why=example.text("why", most=limits.EXAMPLE),
                        line=self.document.line(*path),
                    )
                )
        return tuple(found)


def _names_in(items: Any) -> frozenset[str]:
    """Return the names that the items of a list give themselves, as far as they are of that shape."""
    called = {fold(_COMPOSITION["name"]), "name"}
    blocks = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return frozenset(str(value) for block in blocks for key, value in block.items() if fold(str(key)) in called)

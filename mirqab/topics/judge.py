"""The judge: one text, all topics, one verdict each.

A text is folded once and its distinct words looked up once for all topics. The ways in which the topics' rules can
begin are kept by their rarest concept, so that a text costs what its own words can fulfil, not what is declared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, date, datetime
from functools import cached_property

from mirqab.arabic import fold, sentences, words
from mirqab.topics.composing import Plan
from mirqab.topics.facets import Fields
from mirqab.topics.fields import StoryField, Written, parts_of, shortened
from mirqab.topics.gate import Gate
from mirqab.topics.language import Topic
from mirqab.topics.lexicon import Lexicon
from mirqab.topics.many import uncollected
from mirqab.topics.summing import Place, empty, sum_up
from mirqab.topics.verdicts import worth_keeping
from mirqab.types import Verdict


class Judge:
    """Judges texts by several topics over one lexicon. Not for several threads at once."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        self.topics = tuple(topics)
        self._lexicon = Lexicon()
        with uncollected():
            self._numbers = [
                {name: self._lexicon.add(topic.concepts[name]) for name in sorted(topic.named_concepts)}
                for topic in self.topics
            ]
            self._gates = [Gate(topic, numbers) for topic, numbers in zip(self.topics, self._numbers, strict=True)]
            self._ways = _by_rarest(self._gates)
        self._words: dict[int, frozenset[int]] = {}
        self._plans: dict[int, Plan] = {}  # of the topics that a text was read for: most of thousands never are

    def judge(
        self, *, title: str, text: str, published: datetime | None, outlet: str | None = None
    ) -> tuple[Verdict, ...]:
        """Return the verdict of every topic, in their order.

        `published` tells a past year from a present one, and whether a topic is active; without it no year is past and
        every topic is. `outlet` is the id of who publishes, which may have a threshold of its own.
        """
        story = _Story(self._lexicon, title, text)
        opened: dict[int, Set[Place]] = {**self._opened(story)}
        for at, gate in enumerate(self._gates):
            if at not in opened and gate.composes(story.present):
                opened[at] = frozenset()  # no rule is fulfilled, and it is told what the nearest one lacks
        story.wanted = self._concepts_of(opened)
        return tuple(self._verdict(at, story, published, outlet, opened) for at in range(len(self.topics)))

    def scored(
        self, *, title: str, text: str, published: datetime | None, outlet: str | None = None
    ) -> tuple[Verdict, ...]:
        """Return the verdicts that are worth keeping, in the order of the topics.

        Topics of which the text has nothing cost nothing here: thousands can be asked. See `judge`.
        """
        story = _Story(self._lexicon, title, text)
        opened = self._opened(story)
        story.wanted = self._concepts_of(opened)
        verdicts = [self._verdict(at, story, published, outlet, opened) for at in sorted(opened)]
        return tuple(verdict for verdict in verdicts if worth_keeping(verdict))

    def _verdict(
        self, at: int, story: _Story, published: datetime | None, outlet: str | None, opened: Mapping[int, Set[Place]]
    ) -> Verdict:
        topic, gate = self.topics[at], self._gates[at]
        threshold = topic.threshold if outlet is None else topic.outlet_thresholds.get(outlet, topic.threshold)
        if published is not None and not topic.is_active(_day(published)):
            return empty(topic, (_outside(topic, published),), threshold)
        if at not in opened:
            return empty(topic, gate.missing(story.present, threshold), threshold)
        present, fields = story.read_for(self._words_of(at))
        year = published.year if published else None
        return sum_up(topic, gate, self._plan(at), present, fields, opened[at], year=year, threshold=threshold)

    def _opened(self, story: _Story) -> dict[int, set[Place]]:
        """Return the topics of which a rule can be fulfilled inside one sentence of the story, and those sentences."""
        found: dict[int, set[Place]] = {}
        if self._candidates(story.possible):
            # most long texts hold the words of a rule, but far apart
            for name, written in (("title", story.title_written), ("text", story.text_written)):
                for number, sentence in enumerate(written):
                    for at in self._candidates(sentence.possible):
                        found.setdefault(at, set()).add((name, number))
        return found

    def _concepts_of(self, topics: Iterable[int]) -> frozenset[int]:
        return frozenset().union(*(self._numbers[at].values() for at in topics))

    def _candidates(self, present: set[int]) -> set[int]:
        """Return the topics that have a way to fulfil a rule with these concepts."""
        found: set[int] = set()
        for number in self._ways.keys() & present:
            begun = self._ways[number]
            for second in begun.keys() & present:
                if len(found) == len(self.topics):
                    return found
                for way, topics in begun[second].items():
                    if way <= present and not found.issuperset(topics):
                        found.update(topics)
        return found

    def _plan(self, at: int) -> Plan:
        if at not in self._plans:
            self._plans[at] = Plan(self.topics[at], self._numbers[at])
        return self._plans[at]

    def _words_of(self, at: int) -> frozenset[int]:
        if at not in self._words:
            self._words[at] = self._lexicon.words_of(self._numbers[at].values())
        return self._words[at]


def _by_rarest(gates: Sequence[Gate]) -> dict[int, dict[int, dict[frozenset[int], list[int]]]]:
    """Return the ways of all topics by their two concepts that the fewest topics begin with: way → topics.

    A way of one concept stands under that one twice.
    """
    used = Counter(number for gate in gates for number in set().union(*gate.ways))
    rank = {number: at for at, number in enumerate(sorted(used, key=lambda number: (used[number], number)))}
    found: dict[int, dict[int, dict[frozenset[int], list[int]]]] = {}
    for at, gate in enumerate(gates):
        for way in gate.ways:
            rarest, *others = sorted(way, key=rank.__getitem__)
            begun = found.setdefault(rarest, {}).setdefault(others[0] if others else rarest, {})
            begun.setdefault(way, []).append(at)
    return found


class _Story:
    """One text, folded and looked up as far as anybody asks."""

    def __init__(self, lexicon: Lexicon, title: str, text: str) -> None:
        self._lexicon = lexicon
        self._original = {"title": title, "text": text}
        self._title, self._text = shortened(fold(title)), shortened(fold(text))
        distinct = {*words(self._title), *words(self._text)}
        self._known = lexicon.known(distinct)
        self._glued = lexicon.glued(distinct)
        self.wanted: frozenset[int] = frozenset()
        """The concepts of which the places are asked for."""
        self._fields: dict[tuple[tuple[str, tuple[int, ...]], ...], tuple[set[int], Fields]] = {}

    @cached_property
    def present(self) -> set[int]:
        """The concepts that the text can name with its words as they are printed."""
        return self._lexicon.present(self._known)

    @cached_property
    def possible(self) -> set[int]:
        """The same, and those it may name when glued words are cut, wherever they might be."""
        return self._lexicon.present(self._known.union(*self._glued.values())) if self._glued else self.present

    @cached_property
    def title_written(self) -> list[Written]:
        """The headline, as one sentence."""
        return [self._written(self._title, 0, len(self._title))]

    @cached_property
    def text_written(self) -> list[Written]:
        """The sentences of the text."""
        return [self._written(self._text, start, stop) for start, stop in sentences(self._text)]

    def _written(self, folded: str, start: int, stop: int) -> Written:
        read = words(folded[start:stop])
        known = self._known.intersection(read)
        if self._glued:
            known = known.union(*(self._glued[word] for word in self._glued.keys() & set(read)))
        return Written(start, stop, read, self._lexicon.present(known))

    def read_for(self, topic_words: frozenset[int]) -> tuple[set[int], Fields]:
        """Return the concepts that the text can name to a topic of these words, and its fields.

        Whether a word is taken for two glued ones depends on the topic's own words alone, so that a verdict does not
        depend on what else is declared.
        """
        cuts = self._lexicon.cuts(self._glued, topic_words) if self._glued else {}
        key = tuple(sorted(cuts.items()))
        if key not in self._fields:
            present = self.present
            if cuts:
                present = self._lexicon.present(self._known.union(*(parts_of(word, at) for word, at in cuts.items())))
            read = (self._lexicon, self.wanted)
            self._fields[key] = (
                present,
                (
                    StoryField("title", self._original["title"], self._title, self.title_written, cuts, *read),
                    StoryField("text", self._original["text"], self._text, self.text_written, cuts, *read),
                ),
            )
        return self._fields[key]


def _day(published: datetime) -> date:
    return published.astimezone(UTC).date() if published.tzinfo else published.date()


def _outside(topic: Topic, published: datetime) -> str:
    ends = [f"{word} {at.isoformat()}" for word, at in (("من", topic.active_from), ("إلى", topic.active_to)) if at]
    return f"نُشر في {_day(published).isoformat()}، والموضوع لما يُنشر {' '.join(ends)}"

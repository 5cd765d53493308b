"""The examples that an author wrote into a topic file, run as tests of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mirqab.errors import Mistake
from mirqab.topics.judge import Judge
from mirqab.topics.language import Example, Topic
from mirqab.types import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedExample:
    """An example with what its topic says of it; `mistakes` are none when that is what the author says."""

    example: Example
    verdict: Verdict
    mistakes: tuple[Mistake, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that gave it points, the first in the text first."""
        return tuple(dict.fromkeys(item.rule for item in self.verdict.evidence))


def judge_examples(topic: Topic) -> list[JudgedExample]:
    """Return every example of the topic with its verdict, in the file's order."""
    judge = Judge([topic])
    found = []
    for example in topic.examples:
        (verdict,) = judge.judge(title="", text=example.text, published=None)
        mistakes = tuple(
            Mistake(file=topic.file, line=example.line, key=example.text, expected=f"expected {expected}")
            for expected in _expected(topic, example, verdict)
        )
        found.append(JudgedExample(example=example, verdict=verdict, mistakes=mistakes))
    return found


def check_examples(topic: Topic) -> list[Mistake]:
    """Return one mistake for every example of the topic that comes out otherwise than its author says."""
    return [mistake for judged in judge_examples(topic) for mistake in judged.mistakes]


def _expected(topic: Topic, example: Example, verdict: Verdict) -> Iterator[str]:
    """Yield what the author expected and did not get."""
    if verdict.flagged != example.flagged:
        wanted = "flagged" if example.flagged else "not flagged"
        reasons = "; ".join(verdict.missing) or ", ".join(f"{name} {points:+g}" for name, points in verdict.sum)
        words = ", ".join(dict.fromkeys(f"«{item.text}»" for item in verdict.evidence))
        told = f"{reasons}; found: {words}" if verdict.flagged else reasons
        yield f"the example to be {wanted}, but it scores {verdict.score:g} of {topic.threshold:g} ({told})"
    for name, value in example.facets.items():
        identity = next((facet.id for facet in topic.facets if name in (facet.id, facet.name)), None)
        if identity is None:
            yield f"a facet of this topic; «{name}» is not one"
        elif value not in verdict.facets.get(identity, ()):
            got = "، ".join(verdict.facets.get(identity, ())) or "nothing"
            yield f"the facet «{name}» to be «{value}», but it reads {got}"

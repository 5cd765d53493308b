"""The examples that an author wrote into a topic file, run as tests of it."""

from __future__ import annotations

from mirqab.errors import Mistake
from mirqab.topics.judge import Judge
from mirqab.topics.language import Topic


def check_examples(topic: Topic) -> list[Mistake]:
    """Return one mistake for every example of the topic that comes out otherwise than its author says."""
    judge = Judge([topic])
    mistakes = []
    for example in topic.examples:
        (verdict,) = judge.judge(title="", text=example.text, published=None)
        found = []
        if verdict.flagged != example.flagged:
            wanted = "flagged" if example.flagged else "not flagged"
            reasons = "; ".join(verdict.missing) or ", ".join(f"{name} {points:+g}" for name, points in verdict.sum)
            words = ", ".join(dict.fromkeys(f"«{item.text}»" for item in verdict.evidence))
            told = f"{reasons}; found: {words}" if verdict.flagged else reasons
            found.append(f"the example to be {wanted}, but it scores {verdict.score:g} of {topic.threshold:g} ({told})")
        for name, value in example.facets.items():
            identity = next((facet.id for facet in topic.facets if name in (facet.id, facet.name)), None)
            if identity is None:
                found.append(f"a facet of this topic; «{name}» is not one")
            elif value not in verdict.facets.get(identity, ()):
                got = "، ".join(verdict.facets.get(identity, ())) or "nothing"
                found.append(f"the facet «{name}» to be «{value}», but it reads {got}")
        mistakes += [
            Mistake(file=topic.file, line=example.line, key=example.text, expected=f"expected {expected}")
            for expected in found
        ]
    return mistakes

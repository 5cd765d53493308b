"""Made topics in any number: library concepts that all share, and anchor words of their own from the stories judged."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence

from mirqab.arabic import fold, words
from mirqab.types import Document

SHARED = 60  # concepts of the library, of which each topic uses some thirty
ANCHORS = 12  # own concepts of a topic, each of two words
_RARE, _FREQUENT = 0.0002, 0.002  # share of the stories: a word printed more often is none to begin a topic with


def made_documents(count: int, texts: Sequence[str], library: Document) -> Iterator[Document]:
    """Yield `count` topic documents that import `library` (a file of concepts) and begin with words of `texts`."""
    chance = random.Random(7)
    printed = Counter(word for text in texts for word in set(words(fold(text))) if len(word) > 3 and word.isalpha())
    known = sorted(word for word, times in printed.items() if _RARE <= times / len(texts) <= _FREQUENT)
    shared = list(library.content["concepts"])[:SHARED]
    for number in range(count):
        own = {f"anchor{place}": chance.sample(known, 2) for place in range(ANCHORS)}
        used = chance.sample(shared, 30)
        compose = [
            {"name": f"pair{place}", "any": [[anchor, used[place], 4], [anchor, used[place + 1], 8, "after"], anchor]}
            for place, anchor in enumerate(own)
        ]
        rules = [
            {"name": f"rule{place}", "together": [f"pair{place}", used[place + 14]], "within": 12, "points": 3}
            for place in range(ANCHORS)
        ]
        penalties = [{"name": f"penalty{at}", "concept": used[at], "within": 3, "points": -2} for at in (28, 29)]
        yield Document(
            path=f"made-{number}.yaml",
            content={
                "topic": f"made {number}",
                "id": f"made-{number}",
                "imports": ["library"],
                "threshold": 3,
                "concepts": own,
                "compose": compose,
                "rules": rules,
                "penalties": penalties,
            },
            lines={},
            digest=str(number),
            imports={"library": library},
        )


def library_of(document: Document) -> Document:
    """Return the concepts of a topic that stands alone as a library file."""
    concepts = document.content["مفاهيم"]
    alone = {name: terms for name, terms in concepts.items() if isinstance(terms, list)}
    return Document(path="library.yaml", content={"concepts": alone}, lines={}, digest="library")

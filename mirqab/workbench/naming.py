"""What labels call the values of a topic's facet: in its language or another, with or without an article."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from mirqab.arabic import Kind, fold
from mirqab.topics import Topic

_ARTICLES: Final = {"the"}
_BETWEEN: Final = re.compile(r"[\s\-_.'’]+")
_ARABIC_ARTICLE: Final = "ال"


class ValueNames:
    """Finds which values of a facet a name means, whatever its case, its articles and its hyphens.

    A name that `given` holds means what is given there. Else it is compared with the values themselves, with the names
    that the topic file gives them (`names`), and last with the words by which the topic finds them, as long as one
    value alone has them.
    """

    def __init__(self, topic: Topic, facet_id: str, given: Mapping[str, str]) -> None:
        self._given = given
        self._named: defaultdict[str, set[str]] = defaultdict(set)
        self._worded: defaultdict[str, set[str]] = defaultdict(set)
        self.values: frozenset[str] = frozenset()
        """All values of the facet; none when the topic has no such facet."""
        for facet in topic.facets:
            if facet.id != facet_id:
                continue
            self.values |= {*facet.values}
            for value, concept in facet.values.items():
                for name in (value, *facet.names.get(value, ())):
                    self._named[_plain(name)].add(value)
                for terms in topic.concepts[concept].worded.values():
                    for term in terms:
                        if all(word.kind is not Kind.VERB for word in term):
                            self._worded[_plain(" ".join(word.text for word in term))].add(value)

    def meant(self, name: str) -> frozenset[str]:
        """Return the values that a name means; none for one that the topic does not know.

        «A/B» that is no name of its own means what its parts do.
        """
        name = self._given.get(name, name)
        whole = self._known(name)
        return whole or frozenset().union(*map(self._known, name.split("/")))

    def _known(self, name: str) -> frozenset[str]:
        plain = _plain(name)
        found = self._named.get(plain) or self._worded.get(plain, set())
        return frozenset(found) if plain in self._named or len(found) == 1 else frozenset()


def _plain(name: str) -> str:
    """Return a name without what one author writes and another does not: case, articles, hyphens, marks."""
    words = _BETWEEN.split(fold(name).casefold())
    return " ".join(word.removeprefix(_ARABIC_ARTICLE) for word in words if word and word not in _ARTICLES)
